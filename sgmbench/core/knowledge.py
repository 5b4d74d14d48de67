"""Knowledge: what is exactly known about a problem, so that methods and metrics can be tested against it.

Each class is one kind of knowledge, and a problem declares what it has by deriving from it. Asked at z, the answer is
about P(y given z); at z = None about the marginal P(y); None is the answer to a question that has no closed form.
"""

from abc import ABC, abstractmethod
from typing import NamedTuple

from jaxtyping import Array, Float, Key

from sgmbench.core.layout import Layout

Condition = tuple[float, ...] | None


class Moments(NamedTuple):
    """Mean and standard deviation of one field, each of the field's shape."""

    mean: Float[Array, "*shape"]
    sd: Float[Array, "*shape"]


class Tail(NamedTuple):
    """The exact probability that a scalar field falls below a threshold."""

    field: str
    below: float
    probability: float


class KnownMoments(ABC):
    """A problem whose means and standard deviations are known."""

    @abstractmethod
    def moments(self, z: Condition) -> dict[str, Moments] | None:
        """Exact moments by field, of all fields or of some."""


class KnownDensity(ABC):
    """A problem whose law is known, also with Gaussian noise of standard deviation sigma added to every coordinate.

    The noisy law is what a diffusion model passes through: its score is the exact one at that noise level.
    """

    @abstractmethod
    def log_density(self, y: Float[Array, " d"], z: Condition, *, sigma: float | Array = 0.0) -> Float[Array, ""]:
        """log p(y) of y + sigma n, n ~ N(0, I); -inf where a law of points is asked without noise."""

    @abstractmethod
    def score(self, y: Float[Array, " d"], z: Condition, *, sigma: float | Array = 0.0) -> Float[Array, " d"]:
        """Its gradient in y, in closed form."""


class KnownTail(ABC):
    """A problem with a known probability of a rare event."""

    @property
    @abstractmethod
    def tail(self) -> Tail:
        """The event of the marginal law and its probability."""


class KnownPosterior(ABC):
    """A problem whose posterior P(z given data) can be sampled exactly."""

    @abstractmethod
    def sample_posterior(self, data: Float[Array, " k"], *, n: int, key: Key[Array, ""]) -> Float[Array, "n p"]:
        """Independent exact posterior draws of z."""


def raveled_moments(known: KnownMoments, layout: Layout, z: Condition) -> Moments | None:
    """Exact moments of y as vectors, where those of every field are known."""
    moments = known.moments(z)
    if moments is None or any(field.name not in moments for field in layout.fields):
        return None
    return Moments(*(layout.ravel({name: each[i] for name, each in moments.items()}) for i in (0, 1)))
