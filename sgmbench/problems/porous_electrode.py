"""A porous battery electrode with random porosity.

Electrolyte concentration c and potential phi on x in [0, L], L = 1e-4 m, in finite volumes of width dx:

    -(k phi')' = a k_rn (phi_s - phi - U0),            phi'(0) = 0,  k phi'(L) = F,    then phi := phi - phi(x_0)
    eps dc/dt  = (D c')' + (1 - t+)/Fa a j,            c'(0) = 0,    c = 1000 in the last cell,  c(0, x) = 1000

    k = eps^1.5,   D = 3e-11 eps^1.5,   a = 5e5 (1 - eps),   j = k_rn (phi_s - phi - U0),   phi_s = -1000 x.

phi does not depend on c and is solved once; c takes 1,000 implicit Euler steps of 0.1 s to T = 100 s (all at once, see
`resolvent_power`), or is steady. Face values of k and D are harmonic means.

Porosity eps(x) = 0.2 + 0.3 sigmoid(g(x)), g a Gaussian process of covariance exp(-(x - x')^2 / 2 l^2) + 1e-4 delta,
g = chol(K) xi: xi in R^100 is the germ. z = (l/L, U0, F).

Observation: c and phi in five cells with noise of 0.5 mol/m^3 and 0.5 mV, or one of them alone. The equations know
phi + U0 only and phi is grounded: it tells of F and the porosity, and leaves U0 at its prior; what is known of U0 comes
from c. Chains sample l, U0, F and xi; the posterior is of z, with the germ integrated out.

Coarser levels average the same porosity over 2 or 4 cells and interpolate the solution back to the 100 centers.

Source: H. Vandecasteele, "Generative AI for Computational Science by Example" (2026), with the sign of F of its
published code, OpenNumerics/SGM-for-porous-media.
"""

from dataclasses import dataclass, replace
from typing import Annotated, Literal

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Len
from jax.lax.linalg import tridiagonal_solve
from jaxtyping import Array, Float

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.observation import Observed
from sgmbench.core.prior import LogUniform, Parameter, Uniform
from sgmbench.core.problem import Constrained, Featured, Leveled, Recomputable, Traceable
from sgmbench.problems.numerics.probes import Probes
from sgmbench.problems.numerics.resolvent_power import implicit_euler

L = 1e-4  # m
CELLS = 100
X = (np.arange(CELLS) + 0.5) * L / CELLS
FARADAY = 96485.33212  # C/mol
TRANSFERENCE = 0.4
RATE = 0.1  # k_rn
C_0 = 1000.0  # mol/m^3
STEPS, DURATION = 1000, 100.0  # s
UNITS = {"c": "mol/m^3", "phi": "V", "porosity": "-"}
PROBED = (9, 29, 49, 69, 89)
PROBE_NOISE = {"c": 0.5, "phi": 5e-4}


@dataclass(frozen=True)
class PorousElectrode(Traceable, Leveled, Constrained, Recomputable, Featured, Observed):
    """Concentration and potential in a battery electrode whose porosity is a random field.

    Attributes:
        outputs: fields of y, in order; with `porosity` among them the physics of each sample can be checked.
        horizon: c after 100 s, or steady.
        cells: finite volumes of the solver; outputs stay on the 100 centers.
        observed: outputs that the instrument probes; c and phi by default, as far as they are outputs.
    """

    outputs: Annotated[tuple[Literal["c", "phi", "porosity"], ...], Len(1)] = ("c", "phi")
    horizon: Literal["transient", "steady"] = "transient"
    cells: Literal[100, 50, 25] = 100
    observed: Annotated[tuple[Literal["c", "phi"], ...], Len(1)] | None = None

    def __post_init__(self) -> None:
        for name, named in (("outputs", self.outputs), ("observed", self.observed or ())):
            if len(set(named)) < len(named):
                raise ValueError(f"{name}: a field is named twice; name each once")
        for field in self.observed or ():
            if field not in self.outputs:
                raise ValueError(f"observed: {field} is no output; add it to outputs, or remove it here")

    @property
    def parameters(self):
        return (
            Parameter("correlation_length", "L", LogUniform(1 / 50, 1 / 5)),
            Parameter("equilibrium_potential", "V", Uniform(-0.2, 0.2)),
            Parameter("boundary_flux", "A/m^2", Uniform(0.0, 50.0)),
        )

    @property
    def germ_dimension(self):
        return CELLS

    @property
    def layout(self):
        x = Axis("x", "m", tuple(X.tolist()))
        return Layout(tuple(Field(name, UNITS[name], (x,)) for name in self.outputs))

    def simulate(self, z, xi):
        eps = porosity(z[0], xi)
        return {"porosity": eps, **self._solve(z, eps)} if "porosity" in self.outputs else self._solve(z, eps)

    def coarser(self) -> "Leveled | None":
        return None if self.cells == 25 else replace(self, cells=self.cells // 2)

    @property
    def relative_cost(self):
        return self.cells / CELLS

    def constraints(self, fields):
        residuals = {}
        if "c" in fields:
            residuals["c.last_cell"] = fields["c"][-1] - C_0
        if "phi" in fields:
            residuals["phi.first_cell"] = fields["phi"][0]
        return residuals

    def recompute(self, z, fields):
        return self._solve(z, fields["porosity"]) if "porosity" in fields else {}

    def features(self, z, xi):
        """The porosity, from -1 to 1 over its range: l and xi act through it alone."""
        return (porosity(z[0], xi) - 0.35) / 0.15

    @property
    def observation(self):
        seen = self.observed or self.outputs
        return Probes(tuple((name, s) for name, s in PROBE_NOISE.items() if name in seen), PROBED)

    def _solve(self, z: Float[Array, "3"], eps: Float[Array, "100"]) -> dict[str, Array]:
        """The wanted ones of c and phi on the 100 centers."""
        x = X.reshape(self.cells, -1).mean(axis=1)
        eps = eps.reshape(self.cells, -1).mean(axis=1)
        _, U0, F = z
        phi = potential(eps, x, U0, F)
        fields = {"phi": lambda: phi, "c": lambda: concentration(eps, phi, x, U0, steady=self.horizon == "steady")}
        return {name: self._on_centers(x, fields[name]()) for name in self.outputs if name != "porosity"}

    def _on_centers(self, x: Float[np.ndarray, " n"], field: Float[Array, " n"]) -> Float[Array, "100"]:
        return field if self.cells == CELLS else jnp.interp(X, x, field)


def porosity(relative_length: Float[Array, ""], xi: Float[Array, "100"]) -> Float[Array, "100"]:
    """eps on the 100 centers; `relative_length` is l/L."""
    distance = (X[:, None] - X[None, :]) / (relative_length * L)
    covariance = jnp.exp(-(distance**2) / 2) + 1e-4 * jnp.eye(CELLS)
    return 0.2 + 0.3 * jax.nn.sigmoid(jnp.linalg.cholesky(covariance) @ xi)


def potential(
    eps: Float[Array, " n"], x: Float[np.ndarray, " n"], U0: Float[Array, ""], F: Float[Array, ""]
) -> Float[Array, " n"]:
    """phi in V, zero in the first cell."""
    dx = L / len(x)
    reaction = 5e5 * (1 - eps) * RATE * dx**2
    lower, diagonal, upper = _diffusion(eps**1.5)
    load = (reaction * (-1000 * x - U0)).at[-1].add(F * dx)
    phi = _solve_tridiagonal(lower, diagonal + reaction, upper, load)
    return phi - phi[0]


def concentration(
    eps: Float[Array, " n"], phi: Float[Array, " n"], x: Float[np.ndarray, " n"], U0: Float[Array, ""], *, steady: bool
) -> Float[Array, " n"]:
    """c in mol/m^3 at the end of the horizon.

    v = c - 1000 meets eps v' + A v = s with v = 0 in the last cell, kept as an equation without mass; v minus its
    steady state decays from minus the steady state.
    """
    dx = L / len(x)
    interior = jnp.ones(len(x)).at[-1].set(0.0)
    j = RATE * (-1000 * x - phi - U0)
    source = (1 - TRANSFERENCE) / FARADAY * 5e5 * (1 - eps) * j * interior
    lower, diagonal, upper = (band / dx**2 for band in _diffusion(3e-11 * eps**1.5))
    lower, diagonal = lower * interior, jnp.where(interior > 0, diagonal, 1.0)
    v = _solve_tridiagonal(lower, diagonal, upper, source)
    if not steady:
        mass = eps * interior

        def solve_shifted(s, w):
            return _solve_tridiagonal(lower, diagonal + s * mass, upper, mass * w)

        v = v + implicit_euler(solve_shifted, -v, steps=STEPS, duration=DURATION)
    return C_0 + v


def _diffusion(k: Float[Array, " n"]) -> tuple[Float[Array, " n"], Float[Array, " n"], Float[Array, " n"]]:
    """Bands (lower, diagonal, upper) of -(k u')' times dx^2, harmonic means at faces, no flux at either end."""
    face = 2 * k[1:] * k[:-1] / (k[1:] + k[:-1])
    left, right = jnp.pad(face, (1, 0)), jnp.pad(face, (0, 1))
    return -left, left + right, -right


def _solve_tridiagonal(lower: Array, diagonal: Array, upper: Array, load: Array) -> Array:
    """One tridiagonal system, real or complex as its diagonal is."""
    lower, upper, load = (array.astype(diagonal.dtype) for array in (lower, upper, load))
    return tridiagonal_solve(lower, diagonal, upper, load[:, None])[:, 0]
