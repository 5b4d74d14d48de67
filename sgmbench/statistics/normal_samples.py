"""Statistics of few normal runs, exactly: what their standard deviation, quantiles and tail means are on average.

Of n independent values of N(0, 1), nu = n - 1 and y_(k) the kth smallest,

    E sd^a = (2 / nu)^(a/2) Gamma((nu + a) / 2) / Gamma(nu / 2),      a = 1: c_4
    density of y_(k)  ~  Phi^(k-1) (1 - Phi)^(n-k) phi

Given y_(k) = t, the n - k larger values are independent and normal above t, of mean m = phi(t) / (1 - Phi(t)) and
variance 1 + t m - m^2, and y_(k+1) is the value z with 1 - Phi(z) = (1 - Phi(t)) exp(-e / (n - k)), e exponential. So
quantiles by linear interpolation and means of the largest values have moments by quadrature in t and e, which are good
to 1e-3 of two rows and to 1e-7 of eight. Of two quantiles far apart it is enough to interpolate the rank: with j > k,
1 - Phi(y_(j)) = (1 - Phi(t)) B, B ~ Beta(n + 1 - j, j - k), for any j and k.

Let q follow shifts and scales of its rows, as both do. Then (q(Y) - mean Y) / sd Y does not depend on mean and sd of Y
(Basu), and with m_n = E q, s_n = E q^2 of n rows, independent sets X of N and Y of n rows have

    E ((q(X) - q(Y)) / sd Y)^2 = (s_N + 1/n) E sd^-2 - 2 m_N m_n E sd^-1 / E sd + s_n - 1/n,      E sd^a of n rows.

Source: H. A. David, H. N. Nagaraja, "Order Statistics" (2003), sections 2.1 and 2.5; D. Basu, "On statistics
independent of a complete sufficient statistic", Sankhya 15 (1955) 377-380.
"""

from math import exp, floor
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import gammaln
from scipy.stats import beta, norm

NODES = 400
NEGLIGIBLE = 1e-13
WAITING, WAITING_WEIGHTS = np.polynomial.laguerre.laggauss(24)


class Moments(NamedTuple):
    """Mean and mean square of a statistic."""

    mean: float
    square: float


def sd_power(n: int, a: int) -> float:
    """E sd^a."""
    nu = n - 1
    return (2 / nu) ** (a / 2) * exp(gammaln((nu + a) / 2) - gammaln(nu / 2))


def quantile_moments(n: int, p: float) -> Moments:
    """Of the quantile of level p, by linear interpolation at (n - 1) p."""
    position = (n - 1) * p
    k = min(floor(position + 1e-9) + 1, n)
    above = max(position - (k - 1), 0.0)
    t, weights = _order_statistic(k, n)
    if above == 0 or k == n:
        return Moments(float(weights @ t), float(weights @ t**2))
    z = norm.isf(norm.sf(t)[:, None] * np.exp(-WAITING / (n - k)))
    value = (1 - above) * t[:, None] + above * z
    return Moments(*(float(weights @ power @ WAITING_WEIGHTS) for power in (value, value**2)))


def quantile_distance_square(n: int, low: float, high: float) -> float:
    """E (q_high - q_low)^2 of the quantiles of two levels, several rows apart."""
    k, j = 1 + (n - 1) * low, 1 + (n - 1) * high
    t, weights = _order_statistic(k, n)
    share = beta.ppf((np.arange(NODES) + 0.5) / NODES, n + 1 - j, j - k)
    distance = norm.isf(norm.sf(t)[:, None] * share) - t[:, None]
    return float(weights @ np.mean(distance**2, axis=1))


def cvar_moments(n: int, p: float) -> Moments:
    """Of the mean of the largest n (1 - p) values, of which one may count in part; n (1 - p) from 1 to n - 1."""
    largest = n * (1 - p)
    k = floor(largest + 1e-9)
    t, weights = _order_statistic(n - k, n)
    m = np.exp(norm.logpdf(t) - norm.logsf(t))
    mean = (max(largest - k, 0.0) * t + k * m) / largest
    variance = k * (1 + t * m - m**2) / largest**2
    return Moments(float(weights @ mean), float(weights @ (mean**2 + variance)))


def squared_difference(x: Moments, y: Moments) -> float:
    """E (q(X) - q(Y))^2 of independent sets."""
    return x.square + y.square - 2 * x.mean * y.mean


def standardized_difference(x: Moments, y: Moments, *, n: int) -> float:
    """E ((q(X) - q(Y)) / sd Y)^2 where q follows shifts and scales, and Y has n rows."""
    cross = 2 * x.mean * y.mean * sd_power(n, -1) / sd_power(n, 1)
    return (x.square + 1 / n) * sd_power(n, -2) - cross + y.square - 1 / n


def _order_statistic(k: float, n: int) -> tuple[Float[np.ndarray, " t"], Float[np.ndarray, " t"]]:
    """Values of the kth smallest and their probabilities, evenly spaced over all that matters."""
    low, high = norm.ppf(beta.ppf(NEGLIGIBLE, k, n + 1 - k)), norm.isf(beta.ppf(NEGLIGIBLE, n + 1 - k, k))
    t = np.linspace(low, high, NODES)
    log_density = (k - 1) * norm.logcdf(t) + (n - k) * norm.logsf(t) + norm.logpdf(t)
    density = np.exp(log_density - log_density.max())
    return t, density / density.sum()
