"""Looks: after how many rounds versions that take turns are judged, and how sure each judgment has to be.

Rounds are made until every time is decided, N of them at most. They are looked at after n_1 < ... < n_L = N. Were each
look to err with probability alpha, one of L would do so more often. So look l may err with probability

    alpha_l = alpha (n_l - n_{l-1}) / N,      n_0 = 0,

which is what its new rounds are of all. The sum is alpha: intervals of level 1 - alpha_l contain the truth at all
looks together with probability 1 - alpha, whatever depends on what. The price: at the last look half of alpha is left,
which takes a fifth more rounds than one look would.

There are looks after a quarter, a half and all of the rounds, none before the fourth round.

Source: K. K. G. Lan and D. L. DeMets, "Discrete sequential boundaries for clinical trials", Biometrika 70 (1983)
659-663, whose third spending function this is.
"""

from itertools import pairwise
from typing import NamedTuple

ROUNDS = 24
FEWEST = 4
"""Rounds before the first look, unless fewer are asked for."""

EQUAL_ROUNDS = 6
"""Of equal code, by which margins are proposed (`noise`)."""


class Look(NamedTuple):
    """After so many rounds, with what share of the probability to err."""

    rounds: int
    share: float


def looks(rounds: int) -> tuple[Look, ...]:
    """All looks at a comparison of so many rounds at most."""
    after = sorted({n for n in (rounds // 4, rounds // 2) if n >= FEWEST} | {rounds})
    return tuple(Look(n, (n - before) / rounds) for before, n in pairwise((0, *after)))
