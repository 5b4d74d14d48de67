"""Where a run is dear: exactly the runs that were promised are made, and what a few hundred of them tell."""

import re
from pathlib import Path

import dear
import numpy as np
import pytest
import small
from scipy.spatial.distance import cdist

from sgmbench import api
from sgmbench.errors import CellError
from sgmbench.runner.artifacts import load_floor
from sgmbench.store.atomic import read_json
from sgmbench.store.cache import Cache
from sgmbench.store.run_folder import RunFolder
from sgmbench.store.samples import read_samples

TARGETS = ["marginal", {"kind": "conditional", "conditions": [{"a": 0.5}], "drawn": 3}]
HELD_OUT = {
    "problem": "dear:Dear",
    "targets": TARGETS,
    "methods": ["monte_carlo", "bootstrap", "small:Watching"],
    "budgets": [8, 20],
    "replicates": 2,
    "reference": {"held_out": 30, "size": 60, "drawn_size": 50},
    "metrics": ["energy", "mean", "standard_deviation", "wasserstein", "energy_score"],
    "ask": {"tolerance": 0.5, "cost_per_run": [1200], "workers": 8},
}
PROMISED = 5 * 30 + 2 * 20


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The answer, what was said before the first run, and how many runs had been made when it was said."""
    root = tmp_path_factory.mktemp("held_out")
    dear.MADE.clear()
    small.SEEN.clear()
    said = []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
        config = small.write(Path("a.yaml"), **HELD_OUT)
        answer = api.run(config, warn=lambda text: said.append((text, sum(dear.MADE))))
    return root, answer, said


def results(run):
    return {result.name: result for result in run[1].summary.results}


def test_exactly_the_promised_number_of_runs_is_made(run):
    assert sum(dear.MADE) == PROMISED
    (said,) = run[2]
    assert said == (
        "a.yaml:18:13: reference.held_out: 190 solver runs in all: 30 at each of 5 conditions as the truth and 20 in "
        "each of 2 replicates to learn from; at 1,200 s a run 63.3 h, 7.92 h on 8 workers; plain Monte Carlo is not "
        "run, since its errors are known",
        0,
    )


def test_asked_again_nothing_is_run(run, monkeypatch):
    monkeypatch.chdir(run[0])
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    before = sum(dear.MADE)
    (result_file,) = Path("results").glob("line/*/cells/marginal.bootstrap.8.r0/result.json")
    result_file.unlink()
    again = api.run(Path("a.yaml"), resume=True)
    assert sum(dear.MADE) == before
    assert results((None, again))["marginal.bootstrap.8.r0"].scores == results(run)["marginal.bootstrap.8.r0"].scores


def test_small_budgets_are_the_first_runs_of_the_largest(run):
    """And no run is both the truth and learned from, or learned from twice."""
    learned = {(len(y), i % 4 // 2): y for i, (_, _, y) in enumerate(small.SEEN)}
    assert sorted(learned) == [(8, 0), (8, 1), (20, 0), (20, 1)]
    folder = RunFolder(run[0] / run[1].summary.run)
    names = [folder.path / "references" / f"{name}.nc" for name in ("marginal", "conditional")]
    truth = [read_samples(name)["q"].to_numpy() for name in names]
    for replicate in (0, 1):
        np.testing.assert_array_equal(learned[8, replicate], learned[20, replicate][:8])
    every = [*(rows.ravel() for rows in truth), *(learned[20, r][:, -1] for r in (0, 1))]
    assert [len(rows) for rows in every] == [30, 120, 20, 20]
    assert len(np.unique(np.concatenate(every))) == PROMISED


def test_costs_are_those_of_the_budget_and_monte_carlo_executes_nothing(run):
    for name, result in results(run).items():
        conditions = 4 if result.target == "conditional" else 1
        spent = result.budget * (conditions if result.kind == "sampler" else 1)
        assert result.cost.solver_runs == spent, name
        assert result.cost.executed_runs == (0 if result.kind == "sampler" else spent)
        assert result.cost.seconds["simulate"] > 0


def test_monte_carlo_stands_in_the_table_at_its_known_worth(run):
    for result in results(run).values():
        if result.kind == "sampler":
            for scores in result.scores.values():
                assert scores["energy"]["d2"] == pytest.approx(scores["energy"]["mu"] / result.budget)
                assert scores["mean"]["q"] == pytest.approx(np.sqrt(1 / result.budget + 1 / 30))
                of_pairs = {"energy_score"} if result.target == "conditional" else set()
                assert scores.keys() == {"energy", "mean", "standard_deviation"} | of_pairs
                for label in of_pairs:
                    known = (scores["energy"]["d2"] + scores["energy"]["mu"]) / 2
                    assert scores[label]["all"] == pytest.approx(known, rel=1e-12)
            assert "not run" in [mark.name for mark in result.marks]
    text = " ".join(run[1].sentences)
    assert "At 20 min a run on 8 workers" in text
    assert re.search(r"monte_carlo is cheapest|overtakes monte_carlo|monte_carlo at Q", text)


def test_floors_are_of_halves_and_as_many_samples_are_scored_as_ever(run):
    folder = RunFolder(run[0] / run[1].summary.run)
    for target, sizes in (("marginal", {"all": 60}), ("conditional", {"c1": 60, "d01": 50, "d02": 50, "d03": 50})):
        truth = read_json(folder.path / "references" / f"{target}.json")["conditions"]
        rows = read_samples(folder.path / "references" / f"{target}.nc")["q"].to_numpy()
        for i, known in enumerate(truth.values()):
            assert (known["size"], known["floor_size"]) == (30, 15)
            q = rows[i]
            error = abs(q[:15].mean() - q[15:].mean()) / q[15:].std(ddof=1)
            assert known["floors"]["mean"]["q"] == pytest.approx(error)
        assert results(run)[f"{target}.bootstrap.8.r0"].samples_each == sizes


def test_what_the_runs_tell_apart_is_printed(run, capsys, monkeypatch):
    monkeypatch.chdir(run[0])
    api.print_answer(run[1])
    said = capsys.readouterr().out
    assert (
        "note: conditional: 30 held-out runs at each of 4 conditions tell about 60 equivalent runs apart, of which a "
        "third is claimed; on average over these bootstrap at 8 runs "
    ) in said
    assert "note: marginal: 30 held-out runs tell about 30 equivalent runs apart, of which a third is claimed\n" in said
    assert "floor: 15 runs" in said
    assert "monte_carlo at 8 runs and monte_carlo at 20 runs: not run: its errors are those of as many" in said


def test_no_run_is_made_for_a_floor(run):
    with pytest.raises(CellError, match=r"^no independent runs are made beside held-out ones; leave reference\."):
        load_floor({"reference": {"held_out": 30}}, {}, Cache(run[0]), lambda *arguments: None)


def test_failed_runs_are_part_of_the_promise(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    dear.MADE.clear()
    changes = {"problem": {"kind": "dear:Dear", "fails": -0.5}, "targets": ["marginal"], "metrics": ["mean"]}
    answer = api.run(small.write(Path("a.yaml"), **HELD_OUT | changes))
    assert sum(dear.MADE) == 30 + 2 * 20
    assert all(result.validity == "invalid" for result in answer.summary.results)
    assert 0 < answer.summary.targets[0].conditions["all"]["failed"] < 30


def test_n_runs_at_each_of_many_conditions_tell_about_n_root_k_apart():
    """Of exact samples D2 / mu scatters by about 1 / n, as a degenerate U-statistic does; its mean by n^-1 K^-1/2."""
    rng, M, draws, spread = np.random.default_rng(0), 300, 640, {}
    for n in (20, 80):
        scatter = [_relative_distance(rng.standard_normal((M, 3)), rng.standard_normal((n, 3))) for _ in range(draws)]
        assert abs(np.mean(scatter)) < 4 * np.std(scatter) / np.sqrt(draws)
        for K in (1, 16):
            spread[n, K] = float(np.std(np.reshape(scatter, (-1, K)).mean(axis=1), ddof=1))
    print({key: value * key[0] * key[1] ** 0.5 for key, value in spread.items()})  # noqa: T201
    for (n, K), value in spread.items():
        assert 0.3 < value * n * np.sqrt(K) < 1, (n, K)
    assert spread[20, 1] / spread[80, 1] == pytest.approx((1 / 20 + 1 / M) / (1 / 80 + 1 / M), rel=0.2)


def _relative_distance(x, y):
    """D2 / mu, by U-statistics."""
    (m, _), (n, _) = x.shape, y.shape
    own, mu = cdist(x, x).sum() / (m * (m - 1)), cdist(y, y).sum() / (n * (n - 1))
    return (2 * cdist(x, y).mean() - own - mu) / mu
