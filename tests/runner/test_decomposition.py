"""Decompositions from beginning to end: how truth and samples are nested, what they score, and what is said.

Of the line u = a + x + b (e_0 + 0.3 e_1 sin 6x), a uniform in [-1, 1], b log-uniform in [1/2, 2]:
V = Var a = 1/3 and A = E b^2 (1 + 0.09 mean of sin^2 6x), E b^2 = 3.75 / (2 log 4).
"""

import re
from pathlib import Path

import numpy as np
import pytest
import small
from scipy.stats import t as student

from sgmbench import api
from sgmbench.cells import cells_of
from sgmbench.config.load import load
from sgmbench.core.progress import silent
from sgmbench.errors import UsageError
from sgmbench.report.answer import answers
from sgmbench.report.summary import summarize
from sgmbench.report.terminal import tables
from sgmbench.runner.artifacts import load_reference
from sgmbench.runner.nested import describe, values_of_z
from sgmbench.runner.run import continue_run, start
from sgmbench.statistics.variance_components import (
    components,
    components_without_each,
    grouped,
    jackknife_error,
)
from sgmbench.store.atomic import read_json
from sgmbench.store.cache import Cache
from sgmbench.store.samples import read_samples

TARGET = {"kind": "sgmbench.core.target:Decomposition", "inner": 10}
METRICS = [
    {"kind": f"sgmbench.metrics.{name}:{kind}", "label": name}
    for name, kind in (
        ("variance_shares", "VarianceShares"),
        ("epistemic_share", "EpistemicShare"),
        ("exceedance_law", "ExceedanceLaw"),
    )
]
NESTED = {"kind": "sgmbench.montecarlo.nested:Nested", "label": "nested", "budgets": [120]}
SIZE, INNER = 1_000, 10
CHANGES = {
    "targets": [TARGET],
    "budgets": [60],
    "reference": {"size": SIZE},
    "metrics": ["energy", *METRICS],
}


def exact_share():
    q = small.Line.layout.fields[0].quadrature
    x = np.array(small.X.coordinates)
    A = 3.75 / (2 * np.log(4)) * (1 + 0.09 * q @ np.sin(6 * x) ** 2)
    return (1 / 3) / (1 / 3 + A)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of the true law, of a surrogate, of what draws the same at each z, and of nested Monte Carlo."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("decomposition"))
        mine = [{"kind": f"small:{name}", "label": name.lower()} for name in ("Solving", "Watching")]
        methods = [*mine, "polynomial_chaos", NESTED]
        config = small.write(Path("a.yaml"), problem="small:Line", methods=methods, **CHANGES)
        experiment = load(config).experiment
        folder = start(experiment, Path.cwd() / "results")
        continue_run(folder, experiment, Path.cwd() / "results")
        yield folder


def groups_of_u(path):
    """u of all rows by z: as many rows are kept as there are."""
    u = read_samples(path)["u"].to_numpy()[0]
    outer = np.arange(len(u)) % (len(u) // INNER)
    return grouped(u, outer, quadrature=small.Line.layout.fields[0].quadrature, center=np.zeros(5))


def test_the_truth_is_nested_and_its_shares_are_the_known_ones(run):
    truth = read_json(run.path / "references" / "decomposition.json")["conditions"]["all"]
    known, K = truth["decomposition"]["shares"]["u"], truth["decomposition"]["values_of_z"]
    assert (K, truth["decomposition"]["inner"], truth["size"]) == (SIZE // INNER, INNER, SIZE)
    found = groups_of_u(run.path / "references" / "decomposition.nc")
    error = jackknife_error(components_without_each(found).share)
    assert known["share"] == pytest.approx(float(components(found).share), rel=1e-9)
    assert known["standard_error"] == pytest.approx(error, rel=1e-9)
    assert abs(known["share"] - exact_share()) < 4 * error
    half = student.ppf(0.975, K - 1) * error
    assert (known["low"], known["high"]) == pytest.approx((max(known["share"] - half, 0), known["share"] + half))
    events = truth["decomposition"]["events"]
    assert {name.partition(" ")[0] for name in events} == {"u/above", "q/above"}
    assert all(event["probability"] == pytest.approx(0.1, abs=0.01) for event in events.values())
    assert truth["floors"].keys() == {"variance_shares", "epistemic_share", "exceedance_law"}


@pytest.mark.parametrize("method", ["solving", "polynomial_chaos"])
def test_generators_are_asked_at_the_z_of_the_truth(run, method):
    """Where the law is right, so is the share, within four standard errors of the difference at these z."""
    true = groups_of_u(run.path / "references" / "decomposition.nc")
    own = groups_of_u(run.cell(f"decomposition.{method}.60.r0") / "samples.nc")
    (result,) = (each for each in run.results() if each.method == method)
    scores = result.scores["all"]
    assert scores.keys() == {"variance_shares", "epistemic_share", "exceedance_law"}
    difference = float(components(own).share - components(true).share)
    error = jackknife_error(components_without_each(own).share - components_without_each(true).share)
    assert scores["variance_shares"]["u/share"] == pytest.approx(difference, rel=1e-6, abs=1e-9)
    assert scores["epistemic_share"]["u"] == pytest.approx(difference**2 - error**2, rel=1e-6, abs=1e-9)
    assert abs(difference) < 4 * error
    assert result.samples_each == {"all": int(true.sizes.sum())}
    at_middle = np.corrcoef(own.sums[:, 2] / own.sizes, true.sums[:, 2] / true.sizes)[0, 1]
    assert at_middle > 4 / np.sqrt(len(true.sizes))  # z by z


def test_what_draws_the_same_at_each_z_has_nothing_epistemic(run):
    """Equal means vary by nothing, which is less than chance makes of them: V^ = -A^ / n, and S^ = -1 / (n - 1)."""
    own = groups_of_u(run.cell("decomposition.watching.60.r0") / "samples.nc")
    assert float(components(own).share) == pytest.approx(-1 / (INNER - 1), rel=1e-9)


def test_nested_monte_carlo_spends_its_budget_over_z_of_its_own(run):
    (result,) = (each for each in run.results() if each.method == "nested")
    assert (result.cost.solver_runs, result.samples_each) == (120, {"all": 120})
    assert result.diagnostics["all"] == {"inner": 5, "outer": 24}
    assert result.scores["all"]["variance_shares"].keys() == {
        f"{field}/{part}" for field in "uq" for part in ("epistemic", "aleatoric", "share")
    }


def test_it_is_told_what_is_epistemic_and_what_each_method_is_worth(run):
    summary = summarize(run)
    truth = summary.targets[0].conditions["all"]["decomposition"]["shares"]
    said, *_ = answers(summary)
    u, q = (f"{100 * truth[field]['share']:.0f} %" for field in "uq")
    assert said.startswith(f"Decomposition: {u} of the variance of u is epistemic (from ")
    assert f" and {q} of the variance of q is epistemic (from " in said
    assert "; the rest is aleatoric. P(u above " in said
    assert re.search(r"By the share, \w+ from 60 runs is worth .* and nested from 120 runs is worth ", said)
    (table,) = tables(summary)
    headers = ["method", "runs", "epistemic", "N_eq", "W1", "train", "a sample"]
    assert [column.header for column in table.columns] == headers
    assert len(table.rows) == 5


def test_z_at_which_the_solver_fails_are_none_of_the_truth(tmp_path, monkeypatch):
    """a > 1/2 fails, at a quarter of the z; the others keep their rows and are numbered anew."""
    monkeypatch.chdir(tmp_path)
    config = small.write(Path("a.yaml"), problem="small:NaNAbove", methods=[NESTED], **CHANGES)
    cell = cells_of(load(config).experiment)[0].description
    (condition,) = cell["conditions"]
    reference, runs = load_reference(cell, condition, Cache(tmp_path / "cache"), silent)
    z, counts = values_of_z(reference, runs), np.bincount(reference.outer)
    assert np.all(z[:, 0] <= 0.5)
    assert counts.tolist() == [INNER] * len(z)
    assert runs.failed == SIZE - INNER * len(z)
    assert abs(len(z) - 75) < 4 * np.sqrt(100 * 3 / 16)
    np.testing.assert_array_equal(z[reference.outer], runs.z[runs.ok])
    left = describe(reference, {})
    assert (left["values_of_z"], left["inner"], left["events"]) == (len(z), INNER, {})


def test_plain_monte_carlo_and_a_ladder_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        api.run(small.write(Path("a.yaml"), methods=["monte_carlo"], **CHANGES))
    assert str(caught.value).endswith(
        "methods.0: monte_carlo does not sample a decomposition (marginal and conditional only); remove one of them"
    )
    with pytest.raises(UsageError) as caught:
        api.ladder(small.write(Path("b.yaml"), methods=["diffusion"], **CHANGES))
    assert str(caught.value) == (
        "b.yaml: the first target is a decomposition, which is of many laws; write another target before it"
    )
    assert not Path("results").exists()


def test_recorded_runs_cannot_be_taken_apart(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small.record(300)
    with pytest.raises(UsageError) as caught:
        api.run(small.write(Path("a.yaml"), problem=small.RECORDED, methods=["bootstrap"], **CHANGES))
    assert "targets.0: the runs of dataset are recorded, and none can be made again at one z; write marginal" in str(
        caught.value
    )
