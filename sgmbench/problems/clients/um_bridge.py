"""UM-Bridge: the HTTP protocol by which a model in any language is evaluated, from the client's side.

    GET  /Info                                {"protocolVersion": 1.0, "models": [name, ...]}
    POST /ModelInfo    {name}                 {"support": {"Evaluate": true, ...}}
    POST /InputSizes   {name, config}         {"inputSizes": [n_1, ...]}
    POST /OutputSizes  {name, config}         {"outputSizes": [m_1, ...]}
    POST /Evaluate     {name, input, config}  {"output": [[...], ...]}     input and output: one list for each vector

An error has status 400 where the request is at fault and 500 where the model is.

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

from sgmbench.errors import UsageError

PATIENCE = 30.0  # s, for a connection, and for an answer that needs no run
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
    """

    url: str
    model: str
    config: dict[str, Any]
    parallel: int
    timeout: float
    retries: int
    backoff: float

    def ask(self, endpoint: str, **body: Any) -> dict[str, Any]:
        """What the server says to a question that needs no run.

        Raises:
            UsageError: there is no server, or it does not answer as the protocol has it.
        """
        return _wait(self._ask(endpoint, body))

    def evaluate(self, inputs: Sequence[Vectors]) -> list[Float[np.ndarray, " d"] | None]:
        """The output vectors of each run, laid end to end; None for a run that failed.

        Where the retries of one run find no server, the runs that have not begun yet fail unsent.
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
        slots, gone = asyncio.Semaphore(self.parallel), asyncio.Event()
        async with self._session(self.timeout) as session:
            return await asyncio.gather(*(self._evaluate(session, each, slots, gone) for each in inputs))

    async def _evaluate(
        self, session: aiohttp.ClientSession, vectors: Vectors, slots: asyncio.Semaphore, gone: asyncio.Event
    ) -> Float[np.ndarray, " d"] | None:
        """One run; `gone` is set by the first that finds no server."""
        body = {"name": self.model, "input": vectors, "config": self.config}
        async with slots:
            for attempt in range(self.retries + 1):
                if attempt:
                    await asyncio.sleep(self.backoff * 2 ** (attempt - 1))
                if gone.is_set():
                    break
                try:
                    async with session.post(f"{self.url}/Evaluate", json=body) as response:
                        if response.status < 500:
                            return _numbers(await response.read()) if response.status == 200 else None
                except UNREACHED:
                    if attempt == self.retries:
                        gone.set()
                except TimeoutError:
                    break
                except aiohttp.ClientError:  # the connection broke: the server may come back
                    continue
        return None


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
