"""Time left: of units of work, from what was planned for each and what those that are done took.

    left = W(rest) x (seconds since the first that was worked on + p) / (W(those worked on) + p)

W are the planned seconds of units, and p a tenth of those of all: a first unit that takes thrice its plan tells little
of the others. Where nothing was planned each unit counts the same and p is 0, so that nothing is said before the first
is done. Units that were found finished, as those of a run that goes on, take no time and tell none: they are left out.
"""

from collections.abc import Sequence

INSTANT = 0.05  # s: a unit done sooner was finished before
TRUST = 0.1  # of all that is planned: as much as that counts what was planned, beside what was found


class TimeLeft:
    """Told of progress, it says how long the rest will take."""

    def __init__(self, planned: Sequence[float] = ()) -> None:
        self._planned = planned
        self._done = 0
        self._worked = 0.0
        self._seconds = 0.0
        self._last: float | None = None

    def told(self, done: int, total: int, now: float) -> float | None:
        """Seconds that are left of `total` units when `done` are finished at a time; None where nothing tells yet."""
        planned = self._planned if len(self._planned) == total else ()
        if self._last is None or done < self._done:
            self._done, self._worked, self._seconds, self._last = done, 0.0, 0.0, now
        new, passed = done - self._done, now - self._last
        if new and passed >= INSTANT * new:
            self._worked += sum(planned[self._done : done]) if planned else new
            self._seconds += passed
        if new:
            self._done, self._last = done, now
        rest, prior = (sum(planned[done:]), TRUST * sum(planned)) if planned else (total - done, 0.0)
        worked = self._worked + prior
        return rest * (self._seconds + prior) / worked if worked else None
