"""Lost: what the old run has measured and the new one does not show, row by row.

    a method or budget   that the new run is not asked for
    a metric             that has other settings in the new run, or is not among its metrics
    an error             of which the new run has no number at any replicate that both have

A gate that no longer covers what it covered must not open: these rows are not comparable, and each says why.
"""

import math
from collections.abc import Iterator, Mapping

from sgmbench.compare.margins import label_of
from sgmbench.compare.rows import Groups, Row
from sgmbench.compare.side import Group

GONE = "no longer asked for"


def lost_rows(gone: Mapping[Group, str], metrics: Mapping[str, str], groups: Groups, *, path: str) -> Iterator[Row]:
    """Rows of all that is lost.

    Args:
        gone: why, of each method and budget.
        metrics: why, of each label.
        groups: pairs of valid cells.
        path: of the new run.
    """
    for group, why in gone.items():
        yield Row(*group, GONE, "cell", math.nan, None, None, 0.0, 0, "not comparable", why=why)
    for group, pairs in groups.items():
        told = dict.fromkeys(name for old, _ in pairs for name in old.errors)
        for label in dict.fromkeys(map(label_of, told)):
            if label in metrics:
                yield _lost(group, label, metrics[label])
        for name in told:
            if label_of(name) not in metrics and not any(name in a.errors and name in b.errors for a, b in pairs):
                yield _lost(group, name, f"it has no number in {path}")


def _lost(group: Group, error: str, why: str) -> Row:
    return Row(*group, error, "error", math.nan, None, None, 0.0, 0, "not comparable", why=why)
