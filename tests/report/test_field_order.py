"""Fields stand in the order of the layout, wherever they are listed, and what has no score has a dash in its place."""

import finished
import pytest
from by_hand import line, summary

from sgmbench.report.summary import summarize
from sgmbench.report.terminal import tables
from sgmbench.report.wanted import varying_fields
from sgmbench.store.atomic import read_json, write_json


@pytest.mark.parametrize("order", [["q", "c"], ["c", "q"]])
def test_json_is_sorted_and_the_summary_is_in_the_order_of_the_layout(tmp_path, order):
    folder = finished.write_run(tmp_path, samples=False)
    path = folder.path / "references" / "conditional.json"
    write_json(path, read_json(path) | {"fields": order})
    (target,) = (each for each in summarize(folder).targets if each.name == "conditional")
    assert varying_fields(target) == order
    assert list(target.conditions) == list(finished.CONDITIONS)
    means = [part for part in target.lines[0].errors if part.startswith("mean/")]
    assert means == [f"mean/{field}" for field in order]
    assert list(target.conditions["c1"]["floors"]["mean"]) == order


def test_a_run_that_does_not_know_the_order_has_the_alphabet(tmp_path):
    (target,) = (
        each for each in summarize(finished.write_run(tmp_path, samples=False)).targets if each.name == "conditional"
    )
    assert varying_fields(target) == ["c", "q"]


def test_a_field_without_a_score_has_a_dash_in_its_place():
    """Of u there is no roughness, since it is linear, and of v there is."""
    variances = {field: {"mean": 1.0, "sd": 0.5} for field in ("u", "v")}
    scored = line("learner", 100, parts={"mean/u": 0.25, "mean/v": 0.5, "roughness/v": 1.25})
    (table,) = tables(with_environment(summary(scored, variances=variances)))
    cells = {str(column.header): list(column.cells) for column in table.columns}
    assert cells["mean"] == [".25 .50", "- -"]
    assert cells["rough"] == ["- 1.25", "- -"]
    assert "sd" not in cells


def with_environment(made):
    made.record["environment"] = {"device": "1 x CPU"}
    made.record["started"] = "20260101T000000"
    made.record["configuration"]["replicates"] = 1
    return made
