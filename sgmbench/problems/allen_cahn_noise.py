"""The stochastic Allen-Cahn equation, also called the dynamic Phi^4_1 model: a field that falls into one of two wells.

    u_t = u_xx + 3 u - u^3 + sigma w,    0 <= x < 1 periodic,    0 <= t <= T,    w space-time white noise
    u(x, 0) = s (eta_0 + sqrt(2) sum_{k=1}^{10} (eta_{2k-1} cos 2 pi k x + eta_{2k} sin 2 pi k x) / (1 + k^2))

Bimodal: the reaction alone, u' = 3 u - u^3, takes every large value to sqrt(3) / sqrt(1 - exp(-6 t)) or its negative,
+-3.4 at t = 0.05, whence it would relax to the wells +-sqrt(3). An initial field of s = 5 arrives there in one sign or
the other. From a small one noise decides the sign, but only after a time of about 1: (duration: 2, initial_sd: 0.1).
z = (sigma). The law is symmetric under u -> -u, and homogeneous in x.

Mode k of the linear part is an Ornstein-Uhlenbeck process of rate r_k = (2 pi k)^2 - 3 and solved exactly. N(u) = -u^3,
of the lower half of the modes, goes by exponential Runge-Kutta steps of order 2 with the noise in their inner stage:

    u*      = e^(-r h) u_n + h phi_1(-r h) N(u_n) + sigma (Z_{n+1} - e^(-r h) Z_n),    phi_1(y) = (e^y - 1) / y
    u_{n+1} = u* + h phi_2(-r h) (N(u*) - N(u_n)),                                     phi_2(y) = (e^y - 1 - y) / y^2

This has strong order 1. With the noise added after the step, the stage would lack the variance of its fast modes, which
costs half an order.

Germ: the 21 entries of eta, then all 128 modes of Z(T), of Z(T/2), ... in bridge order. Each level doubles the step
along the same Z.

Source: equation, grid, T = 0.05 and the initial field's spectrum of C. Salvi, M. Lemercier, A. Gerasimovics, "Neural
stochastic PDEs", NeurIPS 2022, where u(x, 0) = x (1 - x) + eta/10 and the field stays in one mode; A. Jentzen, P. E.
Kloeden, Proc. R. Soc. A 465 (2009) 649-667 for exact noise in an exponential scheme; S. M. Cox, P.
C. Matthews, J. Comput. Phys. 176 (2002) 430-455 for the stages.
"""

from dataclasses import dataclass, replace
from typing import Annotated

import exponax
import jax
import numpy as np
from annotated_types import Ge, Gt
from jaxtyping import Array, Complex, Float

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.prior import LogUniform, Parameter
from sgmbench.core.problem import Leveled, Traceable
from sgmbench.problems.numerics.brownian_bridge import check_levels
from sgmbench.problems.numerics.fourier_series import spectrum
from sgmbench.problems.numerics.ornstein_uhlenbeck_bridge import ornstein_uhlenbeck_bridge

POINTS = 128
COARSEST = 32  # steps; with fewer the cubic reaction overshoots from the initial field's tail
WAVENUMBER = (np.arange(POINTS) + 1) // 2  # of each coefficient of a Fourier series
RATE = (2 * np.pi * WAVENUMBER) ** 2 - 3
DECAY = 1 / (1 + WAVENUMBER[:21] ** 2)


@dataclass(frozen=True)
class AllenCahnNoise(Traceable, Leveled):
    """A reacting field under space-time white noise that falls into one of two phases.

    Attributes:
        initial_sd: s, the standard deviation of the initial field's mean.
        duration: T.
        steps: time steps of the finest level, a power of two; the germ has 128 entries for each.
        level: how many times the step was doubled.
    """

    initial_sd: Annotated[float, Ge(0)] = 5.0
    duration: Annotated[float, Gt(0)] = 0.05
    steps: Annotated[int, Ge(COARSEST)] = 64
    level: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        check_levels(self.steps, self.level, coarsest=COARSEST)

    @property
    def parameters(self):
        return (Parameter("sigma", "-", LogUniform(0.1, 1.0)),)

    @property
    def germ_dimension(self):
        return len(DECAY) + POINTS * self.steps

    @property
    def layout(self):
        return Layout((Field("u", "-", (Axis("x", "-", tuple((np.arange(POINTS) / POINTS).tolist())),)),))

    def simulate(self, z, xi):
        n = self.steps >> self.level
        eta, noise = xi[: len(DECAY)], xi[len(DECAY) :][: POINTS * n]
        Z = ornstein_uhlenbeck_bridge(noise.reshape(n, POINTS), RATE, self.duration)
        kicks = z[0] * spectrum(Z[1:] - np.exp(-RATE * self.duration / n) * Z[:-1], POINTS)
        return {"u": evolve(spectrum(eta * (self.initial_sd * DECAY), POINTS), kicks, duration=self.duration)}

    def coarser(self) -> "Leveled | None":
        return None if self.steps >> self.level == COARSEST else replace(self, level=self.level + 1)

    @property
    def relative_cost(self):
        return 2.0**-self.level


def evolve(u_0: Complex[Array, "65"], kicks: Complex[Array, "n 65"], *, duration: float) -> Float[Array, "128"]:
    """u at T; u_0 is the initial field's spectrum, `kicks` what the noise adds to it in each step."""
    h = duration / len(kicks)
    y = h * (3 - (2 * np.pi * np.arange(POINTS // 2 + 1)) ** 2)
    E, phi_1, phi_2 = np.exp(y), np.expm1(y) / y, (np.expm1(y) - y) / y**2
    cubic = exponax.nonlin_fun.PolynomialNonlinearFun(
        1, POINTS, dealiasing_fraction=1 / 2, coefficients=(0.0, 0.0, 0.0, -1.0)
    )

    def step(u, kick):
        N = cubic(u)
        predicted = E * u + h * phi_1 * N + kick
        return predicted + h * phi_2 * (cubic(predicted) - N), None

    u, _ = jax.lax.scan(step, u_0[None], kicks[:, None])
    return exponax.ifft(u, num_spatial_dims=1, num_points=POINTS)[0]
