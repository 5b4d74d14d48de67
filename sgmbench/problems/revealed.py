"""A problem with part of its germ revealed: what was hidden in xi becomes a named parameter.

    y = G(z, xi),    xi = R (eta, xi'),        z' = (z, eta),        y = G'(z', xi')

eta in R^k are the first k coordinates of the germ, parameters xi_1 ... xi_k with standard normal priors; xi' is what
stays hidden. P(y) is the same for every k, P(y given z') narrows with it, and for k = m it is a single point. So one
problem can be asked anywhere between two extremes: a germ that is known, where a surrogate of the deterministic map is
the right tool, and one that is not, where y given z is a law and has to be learned as such.

R = I keeps the germ as its problem orders it: by variance where it is a Karhunen-Loeve or a Fourier expansion, in time
where it is a path, and where a Cholesky factor makes a field of it (`porous_electrode`), by cells: that factor is
triangular, so that k coordinates are the field's values in the first k cells, as a probe would see them. R of order
"sensitivity" is orthogonal, so that the law is the same again, and has the right singular vectors of a Jacobian,

    dG/dxi (z_0, 0) = U S R',      z_0 the prior's median,      s_1 >= s_2 >= ...,

each field in its rms over the columns of J: the directions that move the output most, to first order and at one point,
come first. It is the Karhunen-Loeve order where G is linear, and costs m tangents once, of any differentiable problem;
directions without effect (s_i of round-off) are arbitrary.

Source: P. G. Constantine, "Active Subspaces" (2015), chapter 1, for the directions, with one gradient for many.
"""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Annotated, Literal

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Ge
from jaxtyping import Array, Float

from sgmbench.core.experiment import Kind
from sgmbench.core.prior import Normal, Parameter
from sgmbench.core.problem import Constrained, Featured, Leveled, Problem, Recomputable, Traceable, transport
from sgmbench.errors import CellError
from sgmbench.problems.burgers import Burgers


@dataclass(frozen=True)
class Revealed(Traceable, Leveled, Constrained, Recomputable, Featured):
    """Another problem, some coordinates of whose germ are named parameters.

    What the wrapped problem declares of levels, constraints, outputs that determine others and features holds here too;
    where it declares nothing there is none.

    Attributes:
        problem: the wrapped one.
        modes: k, how many coordinates are revealed, from the first.
        order: of the germ's coordinates: its own, or by their effect on the output.
    """

    problem: Annotated[Problem, Kind("problems")] = field(default_factory=Burgers)
    modes: Annotated[int, Ge(0)] = 2
    order: Literal["germ", "sensitivity"] = "germ"

    def __post_init__(self) -> None:
        kind = type(self.problem).__name__
        if isinstance(self.problem, Revealed):
            raise ValueError("problem: is a revealed one; wrap its own problem, and reveal all modes at once")
        if not isinstance(self.problem, Traceable):
            raise ValueError(f"problem: {kind} is not traced by JAX, its germ cannot be taken apart; choose another")
        if self.modes > self.problem.germ_dimension:
            m = self.problem.germ_dimension
            raise ValueError(f"modes: {self.modes} of a germ of {m} coordinates; write at most {m}")

    @property
    def parameters(self):
        return (
            *self.problem.parameters,
            *(Parameter(f"xi_{i}", "-", Normal(0.0, 1.0)) for i in range(1, self.modes + 1)),
        )

    @property
    def germ_dimension(self):
        return self.problem.germ_dimension - self.modes

    @property
    def layout(self):
        return self.problem.layout

    def simulate(self, z, xi):
        return self._traceable.simulate(*self.wrapped_inputs(z, xi))

    def wrapped_inputs(
        self, z: Float[Array, " q"], xi: Float[Array, " hidden"]
    ) -> tuple[Float[Array, " p"], Float[Array, " m"]]:
        """What the wrapped problem is given."""
        p = len(self.problem.parameters)
        germ = jnp.concatenate([z[p:], xi])
        if self.order == "sensitivity":
            germ = jnp.asarray(sensitive_directions(self._traceable), germ.dtype) @ germ
        return z[:p], germ

    def coarser(self) -> "Leveled | None":
        """None in the order of sensitivity, which another level would have its own of."""
        if not isinstance(self.problem, Leveled) or self.order == "sensitivity":
            return None
        level = self.problem.coarser()
        return level if level is None else replace(self, problem=level)

    def why_single(self):
        kind = type(self.problem).__name__
        if not isinstance(self.problem, Leveled):
            return f"{kind} has no levels that Revealed could take over; choose another problem"
        if self.problem.coarser() is None:
            return self.problem.why_single()
        return f"in the order of sensitivity every level of {kind} has a germ of its own; write order: germ"

    @property
    def relative_cost(self):
        return self.problem.relative_cost if isinstance(self.problem, Leveled) else 1.0

    def constraints(self, fields):
        return self.problem.constraints(fields) if isinstance(self.problem, Constrained) else {}

    def recompute(self, z, fields):
        known = z[: len(self.problem.parameters)]
        return self.problem.recompute(known, fields) if isinstance(self.problem, Recomputable) else {}

    def features(self, z, xi):
        """Of the whole germ where the wrapped problem has any, else what stays hidden of it."""
        return self.problem.features(*self.wrapped_inputs(z, xi)) if isinstance(self.problem, Featured) else xi

    @property
    def _traceable(self) -> Traceable:
        assert isinstance(self.problem, Traceable)
        return self.problem


@lru_cache(maxsize=8)
def sensitive_directions(problem: Traceable) -> Float[np.ndarray, "m m"]:
    """R: in columns, orthonormal, the most effective first; the largest entry of each is positive.

    Raises:
        CellError: the problem has no finite derivatives at the prior's median.
    """
    with jax.enable_x64(True), jax.ensure_compile_time_eval():
        z_0 = transport(problem, jnp.zeros(len(problem.parameters)))
        run = jax.jacfwd(lambda xi: problem.layout.ravel(problem.simulate(z_0, xi)))
        J = np.asarray(jax.jit(run)(jnp.zeros(problem.germ_dimension)))
    if not np.isfinite(J).all():
        raise CellError(f"{type(problem).__name__} has no finite derivatives at its median; write order: germ")
    parts = [np.sqrt(f.quadrature)[:, None] * J[problem.layout.slices[f.name]] for f in problem.layout.fields]
    scaled = [part / norm for part in parts if (norm := np.linalg.norm(part)) > 0]
    R = np.linalg.svd(np.concatenate([np.zeros((1, J.shape[1])), *scaled]))[2].T
    return R * np.sign(R[np.argmax(np.abs(R), axis=0), np.arange(len(R))])
