"""Time left: of equal units of work, from what those that are done took.

    left = (total - done) x (seconds since the first that was worked on) / (units worked on)

Units that were found finished, as those of a run that goes on, take no time and tell none: they are left out.
"""

INSTANT = 0.05  # s: a unit done sooner was finished before


class TimeLeft:
    """Told of progress, it says how long the rest will take."""

    def __init__(self) -> None:
        self._done = 0
        self._worked = 0
        self._seconds = 0.0
        self._last: float | None = None

    def told(self, done: int, total: int, now: float) -> float | None:
        """Seconds that are left of `total` units when `done` are finished at a time; None where nothing tells yet."""
        if self._last is None or done < self._done:
            self._done, self._worked, self._seconds, self._last = done, 0, 0.0, now
            return None
        new, passed = done - self._done, now - self._last
        if new and passed >= INSTANT * new:
            self._worked += new
            self._seconds += passed
        if new:
            self._done, self._last = done, now
        return (total - done) * self._seconds / self._worked if self._worked else None
