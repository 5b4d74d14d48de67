"""UM-Bridge: the HTTP protocol by which a model in any language is evaluated, from the client's side.

    GET  /Info                                {"protocolVersion": 1.0, "models": [name, ...]}
    POST /ModelInfo    {name}                 {"support": {"Evaluate": true, ...}}
    POST /InputSizes   {name, config}         {"inputSizes": [n_1, ...]}
    POST /OutputSizes  {name, config}         {"outputSizes": [m_1, ...]}
    POST /Evaluate     {name, input, config}  {"output": [[...], ...]}     input and output: one list for each vector

An error has status 400 where the request is at fault and 500 where the model is.

A server that dies may be started again, by whoever watches it. While none answers at its address, every run that is to
be asked for waits, with pauses that double up to 5 s; if none has come back within a bound, no run can be made. A run
that was in work when the connection broke is asked for again as after an error of the model, since it may be what the
server died of.

The `umbridge` package has a client, `HTTPModel`, that waits without end for a model that hangs, reads no status, and
asks for one run at a time; in the threads that would make it more, nothing can interrupt it. A benchmark needs all
four, so this is a client of our own, on aiohttp, the HTTP library that the package brings for its server. The requests
are tasks of one event loop in a daemon thread: an interruption of the main thread cancels them and closes their
connections, and no request in flight holds up the end of the process.

Source: L. Seelinger et al., "UM-Bridge: Uncertainty quantification and modeling bridge", Journal of Open Source
Software 8 (2023) 4748.
"""

import asyncio
import json
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from threading import Thread
from typing import Any

import aiohttp
import numpy as np
from jaxtyping import Float

from sgmbench.errors import OutageError, UsageError

PATIENCE = 30.0  # s, for a connection, and for an answer that needs no run
SHORTEST_PAUSE, LONGEST_PAUSE = 0.01, 5.0  # s, between two attempts to reach a server that is gone
UNREACHED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)

Vectors = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Client:
    """One model of one server.

    Attributes:
        url: where the server is.
        model: its name there.
        config: goes with every request.
        parallel: evaluations asked for at a time.
        timeout: seconds until an evaluation is given up.
        retries: how often one is asked for again after status 500 or a lost connection, not after a timeout: the
            server may still be at it.
        backoff: seconds before the first of these, doubled for each further one.
        outage: seconds that a server which cannot be reached is waited for.
    """

    url: str
    model: str
    config: dict[str, Any]
    parallel: int
    timeout: float
    retries: int
    backoff: float
    outage: float

    def ask(self, endpoint: str, **body: Any) -> dict[str, Any]:
        """What the server says to a question that needs no run.

        Raises:
            UsageError: there is no server, or it does not answer as the protocol has it.
        """
        return _wait(self._ask(endpoint, body))

    def evaluate(self, inputs: Sequence[Vectors]) -> list[Float[np.ndarray, " d"] | None]:
        """The output vectors of each run, laid end to end; None for a run that failed.

        Raises:
            OutageError: there is no server any more, and none came back in time.
        """
        return _wait(self._evaluate_all(inputs))

    def _session(self, timeout: float) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=0)  # the semaphore limits: waiting for a connection would use up time
        return aiohttp.ClientSession(
            connector=connector, timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=PATIENCE)
        )

    async def _ask(self, endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
        url, patience = f"{self.url}/{endpoint}", min(self.timeout, PATIENCE)
        try:
            async with (
                self._session(patience) as session,
                session.request("POST" if body else "GET", url, json=body or None) as response,
            ):
                status, text = response.status, await response.read()
        except TimeoutError:
            raise UsageError(f"{url} gives no answer in {patience:g} s; restart the server, or correct `url`") from None
        except aiohttp.ClientError:
            remedy = "start the UM-Bridge server there, or correct `url`"
            raise UsageError(f"no server answers at {self.url}; {remedy}") from None
        answer = _json(text)
        if status != 200 or not isinstance(answer, dict):
            remedy = "is a UM-Bridge server there, and do `model` and `config` suit it?"
            raise UsageError(f"{url} answers with status {status} and {text[:80].decode(errors='replace')!r}; {remedy}")
        return answer

    async def _evaluate_all(self, inputs: Sequence[Vectors]) -> list[Float[np.ndarray, " d"] | None]:
        slots = asyncio.Semaphore(self.parallel)
        try:
            async with self._session(self.timeout) as session, asyncio.TaskGroup() as group:
                runs = [group.create_task(self._evaluate(session, each, slots)) for each in inputs]
        except BaseExceptionGroup as every:
            raise every.exceptions[0] from None
        return [run.result() for run in runs]

    async def _evaluate(
        self, session: aiohttp.ClientSession, vectors: Vectors, slots: asyncio.Semaphore
    ) -> Float[np.ndarray, " d"] | None:
        """One run."""
        body = {"name": self.model, "input": vectors, "config": self.config}
        async with slots:
            for attempt in range(self.retries + 1):
                if attempt:
                    await asyncio.sleep(self.backoff * 2 ** (attempt - 1))
                try:
                    status, text = await self._post(session, body)
                except TimeoutError:
                    return None
                except aiohttp.ClientError:  # the connection broke: the server may come back
                    continue
                if status < 500:
                    return _numbers(text) if status == 200 else None
        return None

    async def _post(self, session: aiohttp.ClientSession, body: dict[str, Any]) -> tuple[int, bytes]:
        """Status and text of the answer to a run, once there is a server.

        Raises:
            OutageError: none has come in time.
        """
        clock = asyncio.get_running_loop().time
        until, pause = clock() + self.outage, max(self.backoff, SHORTEST_PAUSE)
        while True:
            try:
                async with session.post(f"{self.url}/Evaluate", json=body) as response:
                    return response.status, await response.read()
            except UNREACHED:
                left = until - clock()
                if left <= 0:
                    raise OutageError(
                        f"no server has answered at {self.url} for {self.outage:g} s; start it again, then --resume"
                    ) from None
                await asyncio.sleep(min(pause, LONGEST_PAUSE, left))
                pause *= 2


def _numbers(text: bytes) -> Float[np.ndarray, " d"] | None:
    """The output vectors in an answer, laid end to end; None where it has anything but lists of numbers."""
    try:
        return np.array([*chain(*_json(text)["output"])], float)
    except (KeyError, TypeError, ValueError):
        return None


def _json(text: bytes) -> Any:
    """The value that a text stands for; None where it is not JSON, as the NaN of a server in Python is not."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _wait(work: Coroutine[Any, Any, Any]) -> Any:
    """What the work gives; an interruption cancels it."""
    future = asyncio.run_coroutine_threadsafe(work, _loop())
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """The event loop of all requests, in a thread that ends with the process."""
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="um_bridge", daemon=True).start()
    return loop
