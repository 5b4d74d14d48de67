"""Local: N child processes of this one, a thread beside each that waits for it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial

from sgmbench.runner.engines.crew import Ended, Heard, Said
from sgmbench.runner.engines.worker import attempted
from sgmbench.runner.maker import Errand, Maker
from sgmbench.runner.steps import Step


@dataclass(frozen=True)
class Local:
    """So many workers on this machine."""

    workers: int

    @contextmanager
    def crew(self, errand: Errand, heard: Heard) -> Iterator["Children"]:
        names = [str(i + 1) for i in range(self.workers)]
        makers = {name: Maker(errand, partial(_say, heard, name)) for name in names}
        with ThreadPoolExecutor(self.workers) as threads:
            try:
                yield Children(makers, threads, heard)
            finally:
                for maker in makers.values():
                    maker.end()


class Children:
    """The workers: each a child process, which begins with its first step."""

    def __init__(self, makers: dict[str, Maker], threads: ThreadPoolExecutor, heard: Heard) -> None:
        self._makers, self._threads, self._heard = makers, threads, heard

    def machines(self) -> dict[str, str]:
        return dict.fromkeys(self._makers, "this machine")

    def begin(self, worker: str, step: Step, *, beside: int) -> None:
        self._threads.submit(self._make, worker, step, beside)

    def _make(self, worker: str, step: Step, beside: int) -> None:
        error = attempted(self._makers[worker], step.what, asdict(step.cell), beside=beside)
        self._heard.put(Ended(worker, step, error))


def _say(heard: Heard, worker: str, phase: str, done: int, total: int, note: str = "") -> None:
    heard.put(Said(worker, phase, done, total, note))
