"""Lanes: how many runs a device makes at once, as memory and measured throughput have it.

It begins with a size that suits most solvers on the platform. Where it may grow, and has been at work for
`WORTH_A_TRIAL` times the seconds of a compilation, four times as many lanes are tried, so that a trial in vain costs
little beside what came before it. They stay where the best of some chunks makes a run in `GAIN` of the time, and are
tried fourfold likewise; else the size before them is the last. No chunk is tried that would take longer than `LONGEST`:
before the end of one no progress is heard of.

What is left of a call when no chunk of the last size fits is made in those before it, whose programs are there.

A first size for which memory does not suffice is halved, down to a single run. One that takes too long, as of a dear
solver, is followed by a smaller one, of `FEWEST` lanes at least. Both are for good.
"""

import jax

from sgmbench.core.clock import Clock
from sgmbench.core.memory import fewer

FIRST = {"cpu": 256}
FIRST_ELSEWHERE = 4_096  # accelerators are idle below some thousands
FEWEST = 2
MOST = 65_536
GROWTH = 4
GAIN = 0.9
TRIES = 3  # chunks
WORTH_A_TRIAL = 10.0  # compilations
LONGEST = 2.0  # s


class Lanes:
    """The numbers of lanes that one simulation uses.

    Args:
        clock: notes a number that is not the first.
        first: what to begin with; by the platform where it is None.
        grows: whether larger ones are tried.
    """

    def __init__(self, clock: Clock, first: int | None = None, *, grows: bool = False) -> None:
        self._clock = clock
        self._sizes = [first or FIRST.get(jax.default_backend(), FIRST_ELSEWHERE)]
        self._is_trial, self._is_settled = False, not grows
        self._begin()

    @property
    def most(self) -> int:
        """Lanes of the longest chunks."""
        return self._sizes[-1]

    def of(self, left: int, n: int) -> int:
        """Lanes of the next chunk of a call for n runs a device, of which so many are left to be made."""
        return max((size for size in self._sizes if size <= left), default=min(self._sizes[0], n))

    def lacked_memory(self, lanes: int, error: BaseException) -> None:
        """Memory did not suffice for a chunk; raises the error of a single lane."""
        if lanes > self._sizes[0]:
            self._settle()
        else:
            self._limit(fewer(lanes, error))

    def took(self, lanes: int, seconds: float, compilation: float) -> None:
        """A chunk was made in so many seconds, after those of its compilation, 0 where it had been compiled before."""
        if seconds > LONGEST and lanes > FEWEST:
            if lanes > self._sizes[0]:
                self._settle()
            else:
                self._limit(max(_power_of_two(lanes * LONGEST / seconds), FEWEST))
        elif lanes == self.most and not self._is_settled:
            self._chunks, self._spent = self._chunks + 1, self._spent + seconds
            self._fastest, self._compilation = min(self._fastest, seconds / lanes), self._compilation + compilation
            self._grow(seconds)

    def _grow(self, seconds: float) -> None:
        """Tries more lanes, or judges those on trial."""
        if self._is_trial and self._chunks == TRIES:
            if self._fastest > GAIN * self._before:
                self._settle()
                return
            self._is_trial = False
            self._clock.note_chunk(self.most, grown_from=self._sizes[-2])
        is_worth_it = self._spent >= WORTH_A_TRIAL * self._compilation and GROWTH * seconds <= LONGEST
        if not self._is_trial and self._chunks >= TRIES and is_worth_it and GROWTH * self.most <= MOST:
            self._before = self._fastest
            self._sizes.append(GROWTH * self.most)
            self._is_trial = True
            self._begin()

    def _begin(self) -> None:
        """Nothing is known of a size yet."""
        self._chunks, self._spent, self._fastest, self._compilation = 0, 0.0, float("inf"), 0.0

    def _settle(self) -> None:
        """The largest size is given up, and no other is tried."""
        self._sizes.pop()
        self._is_trial, self._is_settled = False, True

    def _limit(self, lanes: int) -> None:
        self._sizes, self._is_settled = [lanes], True
        self._clock.note_chunk(lanes)


def _power_of_two(lanes: float) -> int:
    """The largest that is not above; 1 of less than 1."""
    return 1 << max(int(lanes), 1).bit_length() - 1
