"""Observation: what an instrument sees of y.

    data = h(y) + noise

Measurement noise lives here and never in the germ: the germ is part of the model, the noise of the instrument. A
posterior target conditions on data.
"""

from abc import ABC, abstractmethod

from jaxtyping import Array, Float, Key


class Observation(ABC):
    """The law of data given one output; `fields` are those of the problem's layout."""

    @property
    @abstractmethod
    def size(self) -> int:
        """k, the length of the data."""

    @abstractmethod
    def mean(self, fields: dict[str, Array]) -> Float[Array, " k"]:
        """E[data given y]."""

    @abstractmethod
    def sample(self, key: Key[Array, ""], fields: dict[str, Array]) -> Float[Array, " k"]:
        """One draw of data."""

    @abstractmethod
    def log_density(self, data: Float[Array, " k"], fields: dict[str, Array]) -> Float[Array, ""]:
        """log p(data given y), normalized."""


class Observed(ABC):
    """A problem with an instrument."""

    @property
    @abstractmethod
    def observation(self) -> Observation:
        """What is measured."""
