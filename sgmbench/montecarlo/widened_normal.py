"""The standard normal law widened, so that a few points of it see regions far from the origin in every direction.

    N(0, tau^2 I),      int phi^2 / q = (tau^2 / (2 tau^2 - 1)^(1/2))^k = 1 + delta^2

n points of it represent phi by weights phi/q that are worth n/(1 + delta^2) equal ones. With a = (1 + delta^2)^(1/k)
that is tau^2 = a^2 + a (a^2 - 1)^(1/2): for delta = 1.5 tau is 2.4 in two dimensions and 1.09 in a hundred, where no
much wider law has anything to say of phi.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class WidenedNormal:
    """N(0, tau^2 I) in k dimensions.

    Attributes:
        dimension: k.
        delta: coefficient of variation of phi/q.
    """

    dimension: int
    delta: float

    @property
    def variance(self) -> float:
        """tau^2."""
        a = (1 + self.delta**2) ** (1 / self.dimension)
        return float(a**2 + a * np.sqrt(a**2 - 1))

    def sample(self, n: int, rng: np.random.Generator) -> Float[np.ndarray, "n k"]:
        """Independent points."""
        return np.sqrt(self.variance) * rng.standard_normal((n, self.dimension))

    def ratio(self, u: Float[np.ndarray, "n k"]) -> Float[np.ndarray, " n"]:
        """q / phi."""
        squares = np.sum(u**2, axis=1)
        return np.exp((1 - 1 / self.variance) * squares / 2 - self.dimension * np.log(self.variance) / 2)
