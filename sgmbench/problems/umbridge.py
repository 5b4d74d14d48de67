"""A model that speaks the UM-Bridge HTTP protocol: y = F(x; config).

F is the server's. x are its input vectors, filled from z, from xi and with fixed numbers (see `clients.inputs`); y are
its output vectors laid end to end and cut into fields (`clients.outputs`); how it is asked is in `clients.um_bridge`.

A run that gives NaN, an error, another number of values, or nothing within the timeout has failed, and is paid for. A
server that is gone is waited for; where it does not come back, the cell fails and no run is taken for a failed one.

Source: L. Seelinger et al., "UM-Bridge: Uncertainty quantification and modeling bridge", Journal of Open Source
Software 8 (2023) 4748.
"""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Le, Len

from sgmbench.core.layout import Layout
from sgmbench.core.prior import Parameter
from sgmbench.core.problem import Hosted, Leveled
from sgmbench.errors import UsageError
from sgmbench.problems.clients.inputs import Input, prior_of, vector_sizes, vectors_of
from sgmbench.problems.clients.outputs import Output

if TYPE_CHECKING:
    from sgmbench.problems.clients.um_bridge import Client

PROTOCOL = 1.0
ROUNDS = 16  # batches of so many runs a request: at the end of each some requests wait for the last

Config = dict[str, bool | int | float | str]


@dataclass(frozen=True)
class Level:
    """A coarser version of a model: what to change in `config`, and the cost of a run in runs of the finest."""

    config: Config = field(hash=False)
    relative_cost: Annotated[float, Gt(0), Le(1)]


@dataclass(frozen=True)
class UMBridge(Hosted, Leveled):
    """Any model behind the UM-Bridge HTTP protocol: a solver in any language, on any host.

    Attributes:
        url: address of the server.
        model: name of the model there.
        inputs: what its input vectors hold, in order.
        outputs: the fields that its output vectors hold, in order.
        config: settings that go to the model with every run.
        levels: coarser versions, each of twice the mesh width or time step of the one before.
        level: the version that is run; 0 is the finest.
        version: any text; a new one says that the model has changed, and that kept runs of the old one are no use.
        parallel: runs asked for at a time.
        timeout: seconds until a run is given up.
        retries: how often a run is asked for again after an error of the server or a lost connection.
        backoff: seconds before the first retry, doubled for each further one.
        outage: seconds that a server which cannot be reached any more is waited for.
    """

    url: str = "http://localhost:4242"
    model: str = "forward"
    inputs: Annotated[tuple[Input, ...], Len(1)] = (Input("x", parameter=("uniform", 0.0, 1.0)),)
    outputs: Annotated[tuple[Output, ...], Len(1)] = (Output("y"),)
    config: Config = field(default_factory=dict, hash=False)
    levels: tuple[Level, ...] = ()
    level: Annotated[int, Ge(0)] = 0
    version: str = ""
    parallel: Annotated[int, Ge(1)] = 1
    timeout: Annotated[float, Gt(0)] = 600.0
    retries: Annotated[int, Ge(0)] = 2
    backoff: Annotated[float, Ge(0)] = 0.5
    outage: Annotated[float, Ge(0)] = 300.0

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ValueError(f"url is {self.url!r}; begin it with http:// or https://")
        if self.level > len(self.levels):
            raise ValueError(f"level is {self.level}, and `levels` has {len(self.levels)}; write at most that")
        names = [name for entry in self.inputs for name in entry.names]
        for what, all_names in (("inputs", names), ("outputs", [output.name for output in self.outputs])):
            if repeated := sorted({name for name in all_names if all_names.count(name) > 1}):
                raise ValueError(f"{what}: {repeated[0]} is there twice; name each once")

    @property
    def parameters(self):
        return tuple(
            Parameter(name, entry.unit, prior_of(entry.parameter))
            for entry in self.inputs
            if entry.parameter
            for name in entry.names
        )

    @property
    def germ_dimension(self):
        return sum(entry.size for entry in self.inputs if entry.germ)

    @property
    def layout(self):
        return Layout(tuple(output.field for output in self.outputs))

    @property
    def batch(self):
        return ROUNDS * self.parallel

    def coarser(self) -> "UMBridge | None":
        return replace(self, level=self.level + 1) if self.level < len(self.levels) else None

    @property
    def relative_cost(self):
        return self.levels[self.level - 1].relative_cost if self.level else 1.0

    def simulate_batch(self, z, xi):
        y = np.full((len(z), self.layout.size), np.nan)
        for row, output in zip(y, self._client().evaluate(vectors_of(self.inputs, z, xi)), strict=True):
            if output is not None and output.shape == row.shape and np.isfinite(output).all():
                row[:] = output
        return y

    def check(self):
        client = self._client()
        info = client.ask("Info")
        if info.get("protocolVersion") != PROTOCOL:
            spoken = info.get("protocolVersion")
            raise UsageError(f"{self.url} speaks version {spoken} of UM-Bridge; sgmbench speaks {PROTOCOL}")
        if self.model not in (models := info.get("models", [])):
            raise UsageError(f"{self.url} has no model {self.model!r}; write `model` as one of {', '.join(models)}")
        if not client.ask("ModelInfo", name=self.model).get("support", {}).get("Evaluate"):
            raise UsageError(f"{self.url}: the model {self.model!r} cannot be evaluated; choose another")
        level: UMBridge | None = self
        while level is not None:
            level._check_sizes()
            level = level.coarser()

    def _check_sizes(self) -> None:
        """Compares what goes in and comes out with the sizes that the server declares at this level."""
        asked = {"name": self.model, "config": self._config}
        sizes = self._client().ask("InputSizes", **asked).get("inputSizes")
        what = f"{self.url}: the model {self.model!r}{f' with config {self._config}' if self._config else ''}"
        if sizes != vector_sizes(self.inputs):
            raise UsageError(
                f"{what} takes vectors of sizes {sizes}; `inputs` give {vector_sizes(self.inputs)}: "
                "add or remove entries, or move them by `size` and `vector`"
            )
        sizes = self._client().ask("OutputSizes", **asked).get("outputSizes")
        if sum(sizes or []) != self.layout.size:
            raise UsageError(
                f"{what} returns vectors of sizes {sizes}; `outputs` have {self.layout.size} values: "
                "mend the axes of the fields, or name what is missing"
            )

    @property
    def _config(self) -> dict[str, Any]:
        return self.config | (self.levels[self.level - 1].config if self.level else {})

    def _client(self) -> "Client":
        try:
            from sgmbench.problems.clients.um_bridge import Client
        except ModuleNotFoundError as error:
            raise UsageError("umbridge is not installed; pip install 'sgmbench[umbridge]'") from error
        return Client(
            url=self.url.rstrip("/"),
            model=self.model,
            config=self._config,
            parallel=self.parallel,
            timeout=self.timeout,
            retries=self.retries,
            backoff=self.backoff,
            outage=self.outage,
        )
