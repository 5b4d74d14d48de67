"""Terminal mismatch: how far the law of x at the largest noise is from what sampling begins with.

For data with mean m and covariance C = V diag(v) V' the law at the end is N(alpha m, alpha^2 C + sigma^2 I) where the
data are Gaussian, and against the prior N(0, sigma^2 I)

    KL = sum_i [ r_i - log(1 + r_i) ] / 2 + alpha^2 |m|^2 / (2 sigma^2),    r_i = alpha^2 v_i / sigma^2

A schedule that ends too early biases every sample and shows in nothing else. Sampling from the fitted Gaussian instead
(`initial: gaussian`) leaves only what is not Gaussian about the data at that noise.
"""

import numpy as np
from jaxtyping import Float

from sgmbench.diffusion.noise import Level


def terminal_kl(mean: Float[np.ndarray, " k"], variances: Float[np.ndarray, " k"], level: Level) -> float:
    """KL(p_T || prior) in nats for Gaussian data.

    Args:
        mean: m.
        variances: v, the eigenvalues of the covariance.
        level: alpha and sigma at the largest noise.
    """
    alpha, sigma = float(level.alpha), float(level.sigma)
    r = (alpha / sigma) ** 2 * variances
    return float(np.sum(r - np.log1p(r)) / 2 + (alpha / sigma) ** 2 * np.sum(mean**2) / 2)
