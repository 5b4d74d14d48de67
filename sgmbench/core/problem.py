"""Problem: a deterministic map y = G(z, xi) under uncertainty.

    z = T(zeta), zeta ~ N(0, I_p)   named parameters: what is not known (epistemic)
    xi ~ N(0, I_m)                  the germ: what varies (aleatoric)

All randomness of a model enters through z and xi; G itself is deterministic. A `Traceable` problem is written in JAX, a
`Hosted` one is evaluated outside of it, and the runs of a `Recorded` one exist already. What else a problem can do it
declares by deriving from the capability classes below, from those of `core.knowledge` (what is exactly known) and from
`core.observation.Observed`; a method that needs one says so.
"""

from abc import ABC, abstractmethod
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtri
from jaxtyping import Array, Float

from sgmbench.core.layout import Layout
from sgmbench.core.prior import Parameter


class Problem(ABC):
    """A model under uncertainty: what goes in and what comes out."""

    @property
    @abstractmethod
    def parameters(self) -> tuple[Parameter, ...]:
        """The entries of z, in order."""

    @property
    @abstractmethod
    def germ_dimension(self) -> int:
        """m, the length of xi; 0 where y is a function of z alone, or where no xi can be drawn any more."""

    @property
    @abstractmethod
    def layout(self) -> Layout:
        """The fields of y."""


class Traceable(Problem):
    """A problem written for one run in pure JAX: it compiles, batches and differentiates."""

    @abstractmethod
    def simulate(self, z: Float[Array, " p"], xi: Float[Array, " m"]) -> dict[str, Array]:
        """One run: every field of the layout by name, NaN where the solver failed."""


class Hosted(Problem):
    """A problem whose runs happen outside JAX, in another process or on another machine."""

    @abstractmethod
    def simulate_batch(self, z: Float[np.ndarray, "n p"], xi: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "n d"]:
        """Rows of y, NaN in the whole row of a failed run; raises CellError where no run can be made at all."""

    def check(self) -> None:
        """Asks, before anything is spent, whether runs can be made; raises UsageError with the remedy where not."""

    @property
    def batch(self) -> int:
        """How many runs are handed over at a time; progress is reported after each batch."""
        return 64


class Pool(NamedTuple):
    """Recorded runs, a row each."""

    z: Float[np.ndarray, "n p"]
    y: Float[np.ndarray, "n d"]


class Recorded(Problem):
    """A problem whose runs exist already: none can be added, and none can be had at a z of one's choice.

    What varied from run to run is hidden in the rows. Some of these are held out: they are the truth, and nothing else.
    """

    @property
    def germ_dimension(self) -> int:
        """No germ can be drawn."""
        return 0

    @property
    @abstractmethod
    def pool(self) -> Pool:
        """All runs in random order, the held-out ones first; NaN in the whole row of y of a failed one."""

    @property
    @abstractmethod
    def held_out_runs(self) -> int:
        """How many are held out."""

    @property
    @abstractmethod
    def samples_a_pair(self) -> int:
        """How many samples a conditional target is scored with at the z of each held-out run."""

    @property
    @abstractmethod
    def content(self) -> str:
        """A checksum of the recorded data: other data, other results."""


class Leveled(ABC):
    """A problem with coarser versions of itself: same layout, same germ, a cheaper run.

    Each level doubles the mesh width or the time step of the finer one.
    """

    @abstractmethod
    def coarser(self) -> "Leveled | None":
        """The next coarser level, None at the coarsest."""

    def why_single(self) -> str:
        """Why a problem that is its own coarsest level has no other, and what to write instead."""
        return f"this {type(self).__name__} is its own coarsest level; choose a finer one"

    @property
    @abstractmethod
    def relative_cost(self) -> float:
        """Cost of one run in runs of the finest level."""


class Constrained(ABC):
    """A problem whose every output meets exact constraints."""

    @abstractmethod
    def constraints(self, fields: dict[str, Array]) -> dict[str, Array]:
        """Residuals by name, in the unit of the field they concern, zero for every run of the solver."""


class Recomputable(ABC):
    """A problem some of whose output fields determine the others."""

    @abstractmethod
    def recompute(self, z: Float[Array, " p"], fields: dict[str, Array]) -> dict[str, Array]:
        """The dependent fields that the solver gives for the independent ones of one sample."""


class Featured(ABC):
    """A problem with a better input for surrogates than its germ: fields or numbers through which alone xi acts."""

    @abstractmethod
    def features(self, z: Float[Array, " p"], xi: Float[Array, " m"]) -> Float[Array, " k"]:
        """What a network is shown in the place of xi, of order one."""


def transport(problem: Problem, zeta: Float[Array, " p"]) -> Float[Array, " p"]:
    """z = T(zeta), entry by entry."""
    if not problem.parameters:
        return jnp.zeros(0)
    return jnp.stack([parameter.prior.from_normal(zeta[i]) for i, parameter in enumerate(problem.parameters)])


def uniform_coordinates(problem: Problem, z: Float[Array, "*n p"]) -> Float[Array, "*n p"]:
    """2 F(z) - 1 in [-1, 1]: the coordinates in which the prior is uniform."""
    if not problem.parameters:
        return jnp.zeros((*z.shape[:-1], 0))
    columns = [2 * parameter.prior.cdf(z[..., i]) - 1 for i, parameter in enumerate(problem.parameters)]
    return jnp.stack(columns, axis=-1)


def from_uniform_coordinates(problem: Problem, u: Float[Array, " p"]) -> Float[Array, " p"]:
    """The inverse for one z: T(Phi^-1((u + 1) / 2))."""
    return transport(problem, ndtri((u + 1) / 2))
