"""Have Markov chains mixed, and how many independent draws are theirs worth?

Each chain of N draws is cut into halves, and draws are replaced by normal scores of their ranks among all,
Phi^-1((rank - 3/8) / (S + 1/4)). Of M such chains, W the mean variance within, B/N the variance of their means:

    R-hat = (((N - 1)/N W + B/N) / W)^1/2      the larger of that of the draws and of |draw - median|: place and spread
    ESS   = M N / tau,   tau = -1 + 2 sum_t P_t,   P_t = rho_2t + rho_2t+1,   rho_t = 1 - (W - mean cov_t) / var+

var+ the numerator of R-hat^2. The sum ends where P_t turns negative, and is made monotone (Geyer), so ESS is that of a
reversible chain. Bulk ESS is that of the normal scores, tail ESS the smaller one of the indicators of the 5 % and the
95 % quantile. All of it is invariant under increasing affine maps, ESS under any increasing map, and defined for laws
without moments. R-hat below 1.01 and ESS above 400 are what the source asks for. NaN where chains stand still.

Cost S log S for S draws.

Source: A. Vehtari, A. Gelman, D. Simpson, B. Carpenter, P.-C. Buerkner, "Rank-normalization, folding, and localization:
an improved R-hat for assessing convergence of MCMC", Bayesian Analysis 16 (2021) 667-718.
"""

import numpy as np
from jaxtyping import Float
from scipy.fft import next_fast_len
from scipy.special import ndtri
from scipy.stats import rankdata

FEWEST = 4
"""Draws a chain with which anything can be told."""


def r_hat(chains: Float[np.ndarray, "m n"]) -> float:
    """Rank-normalized split R-hat, of place and of spread; NaN with fewer than 4 draws a chain."""
    if chains.shape[1] < FEWEST:
        return float("nan")
    halves = _split(chains)
    folded = np.abs(halves - np.median(halves))
    return float(np.max([_plain_r_hat(_normal_scores(each)) for each in (halves, folded)]))


def ess_bulk(chains: Float[np.ndarray, "m n"]) -> float:
    """Effective sample size of the center of the law; NaN with fewer than 4 draws a chain."""
    return _ess(_normal_scores(_split(chains))) if chains.shape[1] >= FEWEST else float("nan")


def ess_tail(chains: Float[np.ndarray, "m n"]) -> float:
    """Effective sample size of the 5 % and the 95 % quantile, the smaller one."""
    if chains.shape[1] < FEWEST:
        return float("nan")
    halves = _split(chains)
    return float(np.min([_ess((halves <= q).astype(float)) for q in np.quantile(halves, (0.05, 0.95))]))


def _split(chains: Float[np.ndarray, "m n"]) -> Float[np.ndarray, "halves h"]:
    """First and second halves as chains of their own; the middle draw of an odd number belongs to none."""
    h = chains.shape[1] // 2
    return np.concatenate([chains[:, :h], chains[:, -h:]])


def _normal_scores(chains: Float[np.ndarray, "m n"]) -> Float[np.ndarray, "m n"]:
    ranks = rankdata(chains, axis=None).reshape(chains.shape)
    return ndtri((ranks - 3 / 8) / (chains.size + 1 / 4))


def _plain_r_hat(chains: Float[np.ndarray, "m n"]) -> float:
    within, total = _variances(chains)
    return float(np.sqrt(total / within)) if within > 0 else float("nan")


def _variances(chains: Float[np.ndarray, "m n"]) -> tuple[float, float]:
    """W, and the estimate var+ of the variance of the law, which chains that disagree make larger."""
    n = chains.shape[1]
    within = float(np.mean(np.var(chains, axis=1, ddof=1)))
    return within, (n - 1) / n * within + float(np.var(chains.mean(axis=1), ddof=1))


def _ess(chains: Float[np.ndarray, "m n"]) -> float:
    m, n = chains.shape
    within, total = _variances(chains)
    if not within > 0:
        return float("nan")
    rho = 1 - (within - _autocovariance(chains).mean(axis=0)) / total
    rho[0] = 1.0
    pairs = rho[: n // 2 * 2].reshape(-1, 2).sum(axis=1)
    positive = int(np.argmax(pairs < 0)) if np.any(pairs < 0) else len(pairs)
    tau = -1 + 2 * float(np.sum(np.minimum.accumulate(pairs[:positive])))
    return m * n / max(tau, 1 / np.log10(m * n))  # antithetic chains are worth more than their draws, within reason


def _autocovariance(chains: Float[np.ndarray, "m n"]) -> Float[np.ndarray, "m n"]:
    """Of each chain at all lags, with divisor n."""
    n = chains.shape[1]
    padded = next_fast_len(2 * n)
    spectrum = np.fft.rfft(chains - chains.mean(axis=1, keepdims=True), padded, axis=1)
    return np.fft.irfft(np.abs(spectrum) ** 2, padded, axis=1)[:, :n] / n
