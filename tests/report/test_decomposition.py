"""Decompositions in sentences and numbers, of results made by hand."""

import io
import math

import numpy as np
import pytest
from by_hand import PHASES
from rich.console import Console

from sgmbench.core.cost import Cost
from sgmbench.core.layout import Field, Layout
from sgmbench.core.result import Result
from sgmbench.report.answer import answers
from sgmbench.report.decomposition import _percents
from sgmbench.report.draw import kept_samples
from sgmbench.report.summary import Summary, TargetSummary, _lines
from sgmbench.report.terminal import tables
from sgmbench.store.run_folder import RunFolder
from sgmbench.store.samples import write_samples

V = 0.5
SHARES = {
    "c": {"share": 0.63, "low": 0.6, "high": 0.66, "standard_error": 0.015, "unit": {"inner": 2, "variance": V}},
    "phi": {"share": 0.2, "low": 0.17, "high": 0.23, "standard_error": 0.01, "unit": {"inner": 4, "variance": 0.3}},
}
CONDITION = {
    "z": None,
    "data": None,
    "is_listed": True,
    "pairs": 0,
    "size": 10_000,
    "failed": 0,
    "seconds": {"simulate": 10.0},
    "floors": {"exceedance_law": {"c/above 0.3": 0.02}},
    "variances": {"c": {"mean": 1.0, "sd": 0.5}, "phi": {"mean": 1.0, "sd": 0.5}},
    "decomposition": {
        "values_of_z": 480,
        "inner": 20,
        "shares": SHARES,
        "events": {"c/above 0.3": {"probability": 0.1, "sd": 0.07}},
    },
}


def result(method, squares, *, kind="generator", budget=100, replicate=0, status="ok", errors=(0.02, 0.01)):
    return Result(
        name=f"decomposition.{method}.{budget}.r{replicate}",
        content="",
        target="decomposition",
        method=method,
        kind=kind,
        budget=budget,
        replicate=replicate,
        status=status,
        reason="" if status == "ok" else "why",
        samples_each={"all": 10_000},
        cost=Cost(solver_runs=float(budget), samples=10_000, seconds=PHASES | {"train": 3.0, "sample": 2.0}),
        scores={
            "all": {
                "epistemic_share": dict(zip(("c", "phi"), squares, strict=True)),
                "variance_shares": {"c/share": errors[0], "phi/share": errors[1]},
                "exceedance_law": {"c/above 0.3": 0.05, "c/above 0.3/sd": 0.01},
            }
        }
        if status == "ok"
        else {},
    )


def summary(*results):
    lines = _lines(list(results), {"all": CONDITION}, {})
    target = TargetSummary("decomposition", {"all": CONDITION}, lines)
    record = {
        "configuration": {"name": "toy", "ask": [], "replicates": 1, "methods": []},
        "environment": {"device": "a machine"},
        "started": "20260101-000000",
    }
    return Summary("results/x", record, [target], list(results))


def test_the_shares_come_first_then_what_methods_are_worth():
    """0.5 / 0.002 and 0.3 / 0.001: 250 runs by c; nested 0.5 / 0.01 = 50 by c, 0.3 / 0.01 = 30 by phi.

    The learner saves 150 runs by 3 s of training and 2 s of sampling: 5 / 150 s. The poor one is worth 6 runs.
    """
    found = summary(
        result("learner", (0.002, 0.001)),
        result("poor", (0.05, 0.05)),
        result("nested", (0.01, 0.01), kind="sampler", errors=(-0.03, 0.1)),
    )
    assert answers(found) == [
        "Decomposition: 63 % of the variance of c is epistemic (from 60 % to 66 %) and 20 % of the variance of phi is "
        "epistemic (from 17 % to 23 %); the rest is aleatoric. P(c above 0.3) is 10 %, with a standard deviation of "
        "7 % from z to z. These are of 10,000 runs, 20 at each of 500 z (at 20 of them all failed). By the share, "
        "learner from 100 runs is worth 250 runs of nested Monte Carlo (it finds 65 % of c) and nested from 100 runs "
        "is worth 30 runs of nested Monte Carlo (it finds 30 % of phi). Nested Monte Carlo of the same error costs "
        "more than learner from 100 runs from 33.3 ms a run on. Nested Monte Carlo costs less than poor from "
        "100 runs, whatever a run costs."
    ]


def test_shares_have_the_digits_that_are_known():
    near_one = {"share": 0.9783, "low": 0.9751, "high": 0.9816, "standard_error": 0.0016}
    assert _percents(near_one) == ["97.8 %", "97.5 %", "98.2 %"]
    assert _percents(SHARES["c"]) == ["63 %", "60 %", "66 %"]
    assert _percents(near_one | {"standard_error": 0.0})[0] == "98 %"


def test_no_more_is_claimed_than_a_third_of_what_the_reference_is_worth():
    """0.5 / 0.015^2 / 3 = 741 of c, 0.3 / 0.01^2 / 3 = 1,000 of phi."""
    line = summary(result("learner", (-1e-4, 1e-9))).targets[0].lines[0]
    c, phi = (line.equivalent[f"epistemic_share/{field}"]["all"] for field in ("c", "phi"))
    assert (c.at_least, phi.at_least) == (True, True)
    assert (c.value, phi.value) == (pytest.approx(V / 0.015**2 / 3), pytest.approx(1_000))


def test_squares_are_averaged_before_they_are_inverted():
    results = [result("learner", (s, s), replicate=r) for r, s in enumerate((0.004, -0.001, 0.003))]
    runs = summary(*results).targets[0].lines[0].equivalent["epistemic_share/c"]["all"]
    assert runs.at_least
    student, r = 4.302653 * np.std([0.004, -0.001, 0.003], ddof=1) / math.sqrt(3), 0.015**2
    half = math.hypot(student, 1.96 * math.sqrt(4 * 0.002 * r + 2 * r**2))
    assert runs.value == pytest.approx(V / (0.002 + half + 1.96**2 * r), rel=1e-5)


def test_samples_are_shown_of_what_is_worth_most_by_the_share_of_the_field_that_has_the_fewest_runs(tmp_path):
    """Of c one is worth 50 runs and the other 100, of phi 300 and 60: the other, and no Sampler."""
    found = summary(
        result("one", (0.01, 0.001)), result("other", (0.005, 0.005)), result("nested", (1e-4, 1e-4), kind="sampler")
    )
    for each in found.results:
        rows = {"all": np.zeros((1, 1))}
        write_samples(tmp_path / "cells" / each.name / "samples.nc", rows, Layout((Field("c", "V"),)))
    assert list(kept_samples(RunFolder(tmp_path), found.targets[0])) == ["other"]


def test_the_table_has_every_method_and_the_truth():
    found = summary(result("learner", (0.002, 0.001)), result("broken", (0, 0), status="failed"))
    console = Console(width=200, file=io.StringIO())
    for table in tables(found):
        console.print(table)
    text = console.file.getvalue()
    learner = next(row for row in text.splitlines() if row.startswith(" learner"))
    assert learner.split() == ["learner", "100", "65", "%", "250", ".050", "3", "s", "200", "us"]
    assert next(row for row in text.splitlines() if "broken" in row).split() == ["broken", "100", "failed"]
    truth = next(row for row in text.splitlines() if "truth, and" in row)
    assert truth.split()[-9:] == ["10,000", "63", "%", "(60", "%-66", "%)", ".020"] or ".020" in truth
