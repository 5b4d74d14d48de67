"""From a network F to the denoiser D: what F predicts, and what it sees.

    D(x; alpha, sigma, u) = c_skip x + c_out F(c_in x; log(sigma / alpha) / 4, u),    c_in = (alpha^2 + sigma^2)^(-1/2)

                 F predicts                              c_skip                     c_out
    edm          what is left to unit variance           alpha / (alpha^2+sigma^2)  sigma / (alpha^2+sigma^2)^(1/2)
    noise        n                                       1 / alpha                  -sigma / alpha
    score        -n, sigma times the score               1 / alpha                  sigma / alpha
    data         y                                       0                          1
    velocity     (a y + b n) / h, h^2 = a^2 + b^2        -b / (sigma a - alpha b)   h sigma / (sigma a - alpha b)

For data of unit variance, whatever their law, each of these targets has unit variance at every level of noise, so that
the squared errors of F at all levels weigh alike. Song et al. train the score in this scale, too, as sigma^2 times its
squared error; it is `noise` but for the sign. The velocity of vp and vp_cosine has h = 1, that of flow h = 2^(1/2), and
where data are never scaled, under edm and ve, a = 0 and the velocity is the noise.

An error of F is one of c_out times as much in D: at most as much under edm and data, but sigma / alpha times as much
under noise and score. So these need a long training, or an end of noise that is not far: from 400 runs of a mixture and
600 steps samples are worth 174, 16 and 4 runs where sigma / alpha ends at 20, 50 and 150, and 1,030 with edm.

a, b and h are those on the noise's own path at the same lambda, where the network was trained: elsewhere x is scaled
differently, and F must not know. With F = 0, edm is the exact denoiser of N(0, I). Sources: T. Karras et al.,
"Elucidating the Design Space of Diffusion-Based Generative Models" (2022), table 1 with sigma_data = 1 and any alpha;
J. Ho et al. (2020); Y. Song et al. (2021); T. Salimans, J. Ho, "Progressive Distillation for Fast Sampling of Diffusion
Models" (2022).

The loss of one sample is w |D - y|^2 with, for each choice of `weight`,

    output    w = c_out^-2: the squared error of F itself
    noise     w = (alpha / sigma)^2: that of the noise
    data      w = 1
    min_snr   w = min((alpha / sigma)^2, 5), after T. Hang et al. (2023)
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from sgmbench.diffusion.noise import Level, Noise, Time

Parameterization = Literal["edm", "noise", "score", "data", "velocity"]
Weight = Literal["output", "noise", "data", "min_snr"]

Network = Callable[[Float[Array, "n k"], Float[Array, " n"], Float[Array, "n q"]], Float[Array, "n k"]]
Denoiser = Callable[[Float[Array, "n k"], Level, Any], Float[Array, "n k"]]
"""(x, level, given) -> D; alpha and sigma of the level are scalars or one number a row."""


class Coefficients(NamedTuple):
    """c_skip, c_out, c_in."""

    skip: Time
    out: Time
    inside: Time


def coefficients(parameterization: Parameterization, noise: Noise, level: Level) -> Coefficients:
    """At one level of noise, on the noise's own path or off it."""
    alpha, sigma = level
    total = alpha**2 + sigma**2
    inside = total**-0.5
    match parameterization:
        case "edm":
            return Coefficients(alpha / total, sigma * inside, inside)
        case "noise":
            return Coefficients(1 / alpha, -sigma / alpha, inside)
        case "score":
            return Coefficients(1 / alpha, sigma / alpha, inside)
        case "data":
            return Coefficients(jnp.zeros_like(total), jnp.ones_like(total), inside)
        case "velocity":
            return _of_velocity(noise, level, inside)


def _of_velocity(noise: Noise, level: Level, inside: Time) -> Coefficients:
    """x is scaled to what it is on the noise's own path at the same lambda."""
    t = noise.time(jnp.log(level.alpha) - jnp.log(level.sigma))
    own, (a, b) = noise.level(t), noise.velocity(t)
    determinant = own.sigma * a - own.alpha * b
    out = own.sigma * jnp.hypot(a, b) / determinant
    return Coefficients(-b / determinant * (own.alpha / level.alpha), out, inside)


def denoiser(network: Network, parameterization: Parameterization, noise: Noise) -> Denoiser:
    """D from F."""

    def denoise(x, level, given):
        level = Level(*(jnp.broadcast_to(part, (len(x),)) for part in level))
        c = Coefficients(*(part[:, None] for part in coefficients(parameterization, noise, level)))
        F = network(c.inside * x, jnp.log(level.ratio) / 4, given)
        return c.skip * x + c.out * F

    return denoise


def loss_weight(weight: Weight, parameterization: Parameterization, noise: Noise, level: Level) -> Time:
    """w."""
    snr = level.ratio**-2
    match weight:
        case "output":
            return coefficients(parameterization, noise, level).out ** -2
        case "noise":
            return snr
        case "data":
            return jnp.ones_like(snr)
        case "min_snr":
            return jnp.minimum(snr, 5.0)
