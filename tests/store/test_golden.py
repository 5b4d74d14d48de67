"""Files of every schema are read by today's code as what they were: the same run, written as each version did it."""

import json
import shutil
from pathlib import Path

import pytest

from sgmbench.compare.baseline import read_baseline
from sgmbench.compare.compare import compare_sides
from sgmbench.compare.side import side_of
from sgmbench.config.load import build_experiment
from sgmbench.diffusion.noises.edm import EDM
from sgmbench.diffusion.samplers.dpmpp_2m import DPMpp2M
from sgmbench.learning.conditional_moments import ConditionalMoments
from sgmbench.learning.networks.mlp import MLP
from sgmbench.learning.representations.conditional_scale import ConditionalScale
from sgmbench.learning.representations.karhunen_loeve import KarhunenLoeve
from sgmbench.learning.representations.residual import Residual
from sgmbench.problems.linear_gaussian import LinearGaussian
from sgmbench.report.page.page import page_of
from sgmbench.report.page.reported import Reported
from sgmbench.report.summary import summarize
from sgmbench.store.run_folder import RunFolder
from sgmbench.store.upgrades import RESULT_SCHEMA, RESULT_UPGRADES, SCHEMA, UPGRADES

GOLDEN = Path(__file__).parent / "golden"
RUNS = {path.name: path for path in sorted(GOLDEN.glob("run*"))}
ENERGIES = {  # of the bootstrap and the diffusion model
    "run1_result1": (0.0035817125759565194, 0.020357480392617866),
    "run2_result1": (0.0035817125759565194, 0.0225373264759956),
    "run3_result2": (0.0035817125759565194, 0.024178439681813213),
    "run3_result3": (0.0035817225100627237, 0.02417846948413538),
    "run4_result4": (0.0035817225100627237, 0.02417846948413538),
    "run4_result5": (0.0035817225100627237, 0.02417846948413538),
}
MARKS = {
    "run1_result1": [],
    "run2_result1": [],
    "run3_result2": ["large budget"],
    "run3_result3": ["learned nothing", "large budget"],
    "run4_result4": ["learned nothing", "large budget"],
    "run4_result5": ["learned nothing", "large budget"],
}
MODES = {"run1_result1": (5, 4, 1e-5), "run2_result1": (6, 6, 1e-5), "run3_result2": (6, 6, None)}


@pytest.fixture(params=RUNS)
def run(request, tmp_path):
    """Copied, for a page is written beside it."""
    return RunFolder(shutil.copytree(RUNS[request.param], tmp_path / "golden" / request.param))


def test_there_is_a_run_of_every_schema():
    records = {json.loads((path / "run.json").read_text())["schema"] for path in RUNS.values()}
    results = {json.loads(path.read_text())["schema"] for path in GOLDEN.glob("*/cells/*/result.json")}
    assert records == {*UPGRADES, SCHEMA}
    assert results == {*RESULT_UPGRADES, RESULT_SCHEMA}


def test_scores_are_what_they_were(run):
    bootstrap, diffusion = (run.read_result(f"marginal.{name}.60.r0") for name in ("bootstrap", "diffusion"))
    (monte_carlo,) = (result for result in run.results() if result.kind == "sampler")
    assert (bootstrap.scores["all"]["energy"]["d2"], diffusion.scores["all"]["energy"]["d2"]) == ENERGIES[run.path.name]
    assert bootstrap.scores["all"]["mean"] == {"y": 0.09761502049902536}
    assert monte_carlo.scores["all"]["mean"] == {"y": 0.04212359908578176}
    assert [result.validity for result in run.results()] == ["valid"] * 3
    assert [mark.name for mark in diffusion.marks] == MARKS[run.path.name]
    assert (diffusion.cost.solver_runs, diffusion.cost.network_evaluations, diffusion.cost.samples) == (60, 26, 2108)
    assert diffusion.cost.runs_a_gradient is None
    assert (diffusion.cost.operations is None) == (run.path.name < "run4")
    assert diffusion.cost.beside == 0
    assert ("memorization" in diffusion.diagnostics) == (run.path.name != "run1_result1")


def test_the_experiment_is_what_it_was(run):
    experiment = build_experiment(run.record["configuration"], "run.json").experiment
    entry = experiment.methods[2]
    mean_degree, variance_degree, lost = MODES.get(run.path.name, MODES["run3_result2"])
    residual = Residual(ConditionalMoments(mean_degree=mean_degree, variance_degree=variance_degree))
    modes = KarhunenLoeve(lost_variance=lost, modes=60)
    assert experiment.problem == LinearGaussian(dimension=3)
    assert entry.method.representation == (residual, modes, ConditionalScale(degree=4))
    assert entry.method.network == MLP(width=16, blocks=1)
    assert (entry.method.noise, entry.method.sampler) == (EDM(sigma_max=20.0, sigma_min=0.01), DPMpp2M(steps=25))
    assert (experiment.reference.size, experiment.reference.held_out, experiment.budgets) == (60, None, (60,))


def test_its_report_has_every_method(run):
    summary = summarize(run)
    (target,) = summary.targets
    assert [line.method for line in target.lines] == ["monte_carlo", "bootstrap", "diffusion"]
    d2, mu = ENERGIES[run.path.name][1], 1.253899967266341
    assert target.lines[2].errors["energy/d2"] == {"all": d2}
    assert target.lines[2].median().value == pytest.approx(min(mu / d2, 20), rel=1e-6)  # a third of the reference
    page = page_of(Reported(run, summary, run.path / "figures"))
    assert f"<td>{summary.record['started'][:4]}" in page.replace(' class="long"', "")


def test_it_compares_with_every_other(run):
    """Of the bootstrap and of Monte Carlo no version has changed a number by more than rounding."""
    newest = side_of(RunFolder(RUNS["run4_result5"]))
    rows = compare_sides(side_of(run), newest).rows
    ratios = {row.ratio for row in rows if row.kind == "error" and row.method in ("bootstrap", "monte_carlo")}
    assert len(ratios) >= 1
    assert all(ratio == pytest.approx(1, rel=1e-4) for ratio in ratios)


def test_a_baseline_of_the_first_schema_is_the_run_that_it_was_taken_from():
    path = GOLDEN / "baseline1.json"
    assert json.loads(path.read_text())["schema"] == 1
    kept, run = read_baseline(path), side_of(RunFolder(RUNS["run4_result4"]))
    assert kept.cells["marginal.bootstrap.60.r0"].errors["mean/y"].at == {"all": 0.097615}
    assert (kept.asked, kept.metrics, kept.cells.keys()) == (run.asked, run.metrics, run.cells.keys())
    assert {row.ratio for row in compare_sides(kept, run).rows if row.kind == "error"} == {1.0}
