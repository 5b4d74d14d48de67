"""Seconds are those of the replicates beside which nobody else computed, where there are any."""

from dataclasses import replace

import pytest
from finished import write_run

from sgmbench.report.summary import summarize


@pytest.fixture
def line(tmp_path):
    """Plain Monte Carlo at 100 runs, of two replicates with these numbers of others beside them."""
    folder = write_run(tmp_path, samples=False)

    def of(*beside):
        for result, others, train in zip(folder.results(), beside, (1.0, 3.0), strict=False):
            assert (result.method, result.budget) == ("monte_carlo", 100)
            cost = replace(result.cost, beside=others, seconds={"train": train})
            folder.write_result(replace(result, cost=cost))
        return summarize(folder).targets[0].lines[0]

    return of


@pytest.mark.parametrize(
    ("beside", "seconds", "marks"),
    [
        ((0, 0), 2.0, ()),
        ((0, 1), 1.0, ()),
        ((3, 0), 3.0, ()),
        ((3, 1), 2.0, ("others computed on its machine meanwhile: its seconds tell little",)),
    ],
)
def test_seconds_are_of_the_timed_replicates(line, beside, seconds, marks):
    found = line(*beside)
    assert (found.seconds, found.marks, found.replicates) == ({"train": seconds}, marks, 2)
