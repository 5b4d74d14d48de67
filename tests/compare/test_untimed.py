"""Times of cells beside which others computed are not compared."""

from dataclasses import replace
from pathlib import Path

import pytest

from sgmbench import api
from sgmbench.store.run_folder import RunFolder

OLD, NEW = (1.0, 1.1, 1.05), (1.6, 1.75, 1.7)


def spend(run, seconds, beside):
    folder = RunFolder(Path("results/line") / run)
    for result in folder.results():
        if result.method == "bootstrap":
            cost = replace(result.cost, seconds={"train": seconds[result.replicate]}, beside=beside[result.replicate])
            folder.write_result(replace(result, cost=cost))


@pytest.mark.parametrize(
    ("before", "after", "pairs"),
    [((0, 0, 0), (0, 0, 0), [3]), ((0, 0, 0), (0, 0, 1), [2]), ((0, 1, 1), (0, 0, 0), []), ((1, 1, 1), (1, 1, 1), [])],
    ids=["all are timed", "all but one", "one alone is timed", "none"],
)
def test_pairs_of_timed_cells_are_compared(results, before, after, pairs):
    """By no fewer than two: one pair has no interval."""
    spend("1-old", OLD, before)
    spend("2-new", NEW, after)
    found = api.compare()
    assert [row.replicates for row in found.rows if row.kind == "time"] == pairs
    said = (
        "seconds of bootstrap are not compared: one replicate alone has them, since a sweep makes the others beside "
        "each other; to compare seconds make both runs by sgmbench run"
    )
    assert found.notes == ([said] if (before, after) == ((0, 1, 1), (0, 0, 0)) else [])
