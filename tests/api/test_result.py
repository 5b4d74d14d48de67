"""An answer as Python has it: loaded late, as rows, as figures; and the example that shows it."""

import contextlib
import dataclasses
import io
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sgmbench
from sgmbench import api
from sgmbench.errors import UsageError
from sgmbench.report.rows import COLUMNS

EXAMPLE = Path(__file__).parents[2] / "examples" / "quick.py"


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The example in an empty folder: its answer, what it printed, where it wrote."""
    folder, printed = tmp_path_factory.mktemp("example"), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.chdir(folder)
        answer = runpy.run_path(str(EXAMPLE))["answer"]
    summary = dataclasses.replace(answer.summary, run=str(folder / answer.summary.run))
    return dataclasses.replace(answer, summary=summary), printed.getvalue(), folder


@pytest.fixture
def answer(example):
    return example[0]


def test_the_package_loads_no_numerics_until_it_is_asked_for_some():
    code = """
import sys, sgmbench
from sgmbench import errors, registry
print([name for name in ("jax", "numpy", "xarray", "sgmbench.api") if name in sys.modules], sgmbench.__version__)
print("run" in dir(sgmbench), hasattr(sgmbench, "fly"))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[] 0.1.0", "True False"]


def test_every_name_of_the_package_is_one_of_the_api():
    stub = Path(sgmbench.__file__).with_name("__init__.pyi").read_text()
    for name in sgmbench._OF_API:
        assert getattr(sgmbench, name) is getattr(api, name)
        assert f"from sgmbench.api import {name} as {name}\n" in stub


def test_a_missing_attribute_is_named():
    with pytest.raises(AttributeError, match=r"^module 'sgmbench' has no attribute 'fly'$"):
        _ = sgmbench.fly


def test_rows_are_means_over_replicates_of_what_the_cells_scored(answer):
    rows = {(row["method"], row["budget"], row["score"]): row for row in answer.table()}
    assert all(tuple(row) == COLUMNS for row in rows.values())
    for method in ("monte_carlo", "bootstrap", "gaussian"):
        for budget in (100, 400):
            cells = [r for r in answer.summary.results if (r.method, r.budget) == (method, budget)]
            row = rows[method, budget, "mean/y"]
            assert row["mean"] == np.mean([cell.scores["all"]["mean"]["y"] for cell in cells])
            assert row["replicates"] == len(cells) == 2
            assert rows[method, budget, "cost/solver_runs"]["mean"] == budget


def test_arrays_and_rows_agree(answer):
    arrays = answer.to_xarray()["marginal"]
    assert dict(arrays.sizes) == {"label": 3, "budget": 2, "replicate": 2, "condition": 1}
    for row in answer.table():
        name = row["score"].replace("/", ".")
        if name in arrays and row["condition"]:
            at = arrays[name].sel(label=row["method"], budget=row["budget"], condition=row["condition"])
            assert float(at.mean()) == pytest.approx(row["mean"], rel=1e-14)


def test_figures_are_those_of_the_run(example):
    answer, _, folder = example
    for name in ("frontier", "decision_map"):
        drawn = (folder / f"{name}.svg").read_bytes()
        assert drawn == (answer.folder / "figures" / f"marginal_{name}.svg").read_bytes()


def test_what_cannot_be_drawn_is_refused(answer, tmp_path):
    with pytest.raises(UsageError) as caught:
        answer.plot_frontier(tmp_path / "a.svg", target="posterior")
    assert str(caught.value) == "posterior: no such target; this run has marginal"


def test_a_shown_run_is_the_answer_that_it_gave(answer):
    assert api.show(str(answer.folder)) == answer


def test_the_example_tells_who_is_best(example):
    """The modes of a mixture are beyond one Gaussian, and not beyond its own runs."""
    _, printed, _ = example
    assert printed.startswith("Marginal: bootstrap from 400 runs is worth ")
    assert printed.endswith("frontier.svg decision_map.svg\nintact\n")
