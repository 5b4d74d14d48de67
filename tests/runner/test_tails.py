"""A rare event from beginning to end: what its variance is in the truth, what samples are worth, what an ask costs."""

import re
from pathlib import Path

import pytest
import small

from sgmbench import api
from sgmbench.problems.four_branch import FourBranch
from sgmbench.store.atomic import read_json
from sgmbench.store.samples import read_samples

SIZE = 120_000
EVENT = {"field": "g", "below": 0.0}
PART = "tail_probability/g/below 0"
IMPORTANCE = {"kind": "importance", "field": "g", "below": 0.0}


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    """A structure that fails 2.2 times in a thousand runs, by plain runs and by runs that seek the failure."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("tails"))
        patch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
        config = small.write(
            Path("a.yaml"),
            problem="four_branch",
            methods=["monte_carlo", IMPORTANCE],
            budgets=[3_000],
            replicates=5,
            reference={"size": SIZE},
            samples_kept=SIZE,
            metrics=["mean", {"kind": "tail_probability", "thresholds": [EVENT]}, {"kind": "cvar", "tail": "lower"}],
            primary="tail_probability",
            ask={"quantities": ["P(g<0)"], "tolerance": 0.1, "cost_per_run": [1]},
        )
        yield api.run(config)


def test_the_truth_knows_what_one_run_contributes(answer):
    folder = Path(answer.summary.run) / "references"
    g = read_samples(folder / "marginal.nc")["g"].to_numpy()
    known = read_json(folder / "marginal.json")["conditions"]["all"]["variances"]["g"]
    P = (g < 0).mean()
    assert g.size == SIZE
    assert abs(P - FourBranch().tail.probability) < 4 * (P / SIZE) ** 0.5
    assert known["P below 0"] == pytest.approx((1 - P) / P, rel=1e-9)
    assert known.keys() == {"mean", "sd", "P below 0", "lower cvar 0.95"}


def test_runs_that_seek_the_failure_are_worth_more_than_their_number(answer):
    (target,) = answer.summary.targets
    plain, seeking = target.lines
    v = target.conditions["all"]["variances"]["g"]["P below 0"]
    for line in (plain, seeking):
        errors = line.replicate_errors[PART]["all"]
        runs = line.equivalent[PART]["all"]
        print(line.method, errors, runs)  # noqa: T201
        exact = v / (sum(e**2 for e in errors) / len(errors) - v / SIZE)
        assert runs.at_least or runs.value == pytest.approx(exact, rel=1e-9)
        assert ("cvar/g/0.95" in line.equivalent) == (line is plain)  # weighted runs have no score
    (row,) = [r for r in answer.table() if (r["method"], r["score"]) == ("importance", f"equivalent_runs/{PART}")]
    assert (row["mean"], row["validity"]) == (seeking.equivalent[PART]["all"].value, "valid")
    assert seeking.equivalent[PART]["all"].value > 3 * 3_000
    assert plain.equivalent[PART]["all"].value < 3 * 3_000


def test_it_is_asked_and_answered_in_one_sentence(answer):
    (said,) = [each for each in answer.sentences if "the probability that g falls below 0 to 10 %" in each]
    worth = re.search(r"\(([0-9,]+) runs' worth\)", said)
    v = answer.summary.targets[0].conditions["all"]["variances"]["g"]["P below 0"]
    assert worth is not None
    assert float(worth[1].replace(",", "")) == pytest.approx(100 * v, rel=0.01)
    assert "At 1 s a run importance is cheapest" in said


def test_an_event_that_was_not_scored_is_refused_with_what_to_write(answer):
    run = Path(answer.summary.run)
    (said,) = api.ask(str(run), quantities=["P(g<-1)"]).sentences
    assert said == (
        "Marginal: no answer, since P(g<-1) is of no threshold of the metric tail_probability; add {field: g, below: "
        "-1} to its thresholds, as by --set 'metrics.tail_probability.thresholds=[{field: g, below: -1}]', and run "
        "again."
    )
