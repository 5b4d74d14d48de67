"""Records of every schema are read as this version would have written them."""

import json
from copy import deepcopy
from dataclasses import replace

import pytest

from sgmbench.config.load import build_experiment
from sgmbench.core.experiment import MethodEntry
from sgmbench.core.findings import Finding
from sgmbench.diffusion.method import Diffusion
from sgmbench.diffusion.noises.edm import EDM
from sgmbench.diffusion.samplers.dpmpp_2m import DPMpp2M
from sgmbench.diffusion.samplers.dpmpp_2m_sde import DPMpp2MSDE
from sgmbench.learning.conditional_moments import ConditionalMoments
from sgmbench.learning.networks.mlp import MLP
from sgmbench.learning.representations.conditional_scale import ConditionalScale
from sgmbench.learning.representations.karhunen_loeve import KarhunenLoeve
from sgmbench.learning.representations.residual import Residual
from sgmbench.learning.training import Training
from sgmbench.store.run_folder import RunFolder
from sgmbench.store.upgrades import RESULT_SCHEMA, SCHEMA, upgraded
from sgmbench.surrogates.gaussian import Gaussian

REPRESENTATION = {
    "karhunen_loeve": True,
    "lost_variance": 1e-4,
    "mode_degree": 3,
    "modes": 40,
    "moments": {"mean_degree": 2, "variance_degree": 1},
}
TRAINING = {
    "average": 6.94,
    "batch": 64,
    "clip": 1.0,
    "evaluate_every": 500,
    "held_out": 0.05,
    "learning_rate": 0.002,
    "patience": 4,
    "steps": 100,
    "warmup": 500,
    "weight_decay": 0.01,
}
DIFFUSION = {
    "budgets": [],
    "calibration": 2048,
    "eta": 0.0,
    "kind": "diffusion",
    "label": "diffusion",
    "log_sigma_mean": -0.8,
    "log_sigma_sd": 1.6,
    "network": {"blocks": 2, "kind": "mlp", "width": 32},
    "representation": REPRESENTATION,
    "sigma_max": 30.0,
    "sigma_min": 0.02,
    "steps": 20,
    "training": TRAINING,
}
GAUSSIAN = {"budgets": [], "calibration": 0, "kind": "gaussian", "label": "gaussian", "representation": REPRESENTATION}
FIRST = {
    "schema": 1,
    "status": "complete",
    "cells": [],
    "configuration": {
        "name": "old",
        "problem": "porous_electrode",
        "targets": ["marginal"],
        "methods": [
            {"budgets": [], "kind": "monte_carlo", "label": "monte_carlo"},
            DIFFUSION,
            DIFFUSION | {"label": "sde", "eta": 0.5},
            GAUSSIAN | {"representation": REPRESENTATION | {"karhunen_loeve": False}},
        ],
        "budgets": [10],
    },
}
MOMENTS = ConditionalMoments(mean_degree=2, variance_degree=1)
MODES = (Residual(MOMENTS), KarhunenLoeve(lost_variance=1e-4, modes=40), ConditionalScale(degree=3))


def read(tmp_path, record):
    (tmp_path / "run.json").write_text(json.dumps(record))
    return RunFolder(tmp_path).record


def test_a_run_of_the_first_schema_is_the_experiment_that_it_was(tmp_path):
    record = read(tmp_path, FIRST)
    methods = build_experiment(record["configuration"], "run.json").experiment.methods
    old = Diffusion(
        representation=MODES,
        network=MLP(width=32, blocks=2),
        training=Training(steps=100, batch=64),
        noise=EDM(sigma_max=30.0, sigma_min=0.02),
        sampler=DPMpp2M(steps=20),
    )
    assert methods[1:] == (
        MethodEntry("diffusion", old),
        MethodEntry("sde", Diffusion(**vars(old) | {"sampler": DPMpp2MSDE(steps=20, eta=0.5)})),
        MethodEntry("gaussian", Gaussian(representation=(MODES[0], MODES[2]), calibration=0)),
    )
    assert (record["schema"], record["status"], record["cells"]) == (SCHEMA, "complete", [])


def test_what_needs_no_upgrade_stays_as_it_is(tmp_path):
    """The last files of schema 1, and upgraded ones."""
    once = read(tmp_path, FIRST)
    assert read(tmp_path, once) == once
    assert read(tmp_path, once | {"schema": 1}) == once
    RunFolder(tmp_path).finish("interrupted")
    assert RunFolder(tmp_path).record == once | {"status": "interrupted"}


def test_an_upgrade_leaves_what_it_was_given():
    given = deepcopy(FIRST)
    upgraded(given)
    assert given == FIRST


@pytest.mark.parametrize("schema", [0, SCHEMA + 1, None, "1"])
def test_other_schemas_have_no_upgrade(schema):
    assert upgraded(FIRST | {"schema": schema}) is None


def test_references_of_older_runs_hold_nothing_out_and_keep_all(tmp_path):
    sizes = {"size": 60, "drawn_size": 50}
    plain = FIRST["configuration"] | {"methods": FIRST["configuration"]["methods"][:1], "reference": sizes}
    for schema in (1, 2, 3):
        held_out = {"held_out": None} if schema == 3 else {}
        old = FIRST | {"schema": schema, "configuration": plain | {"reference": sizes | held_out}}
        record = read(tmp_path, old)
        assert record["configuration"]["reference"] == sizes | {"held_out": None, "kept": None}
        experiment = build_experiment(record["configuration"], "run.json").experiment
        assert (experiment.reference.held_out, experiment.reference.kept, experiment.timeout) == (None, None, None)


MEMORIZATION = {
    "nearest_ratio": 0.4,
    "copies": 0.3,
    "copies_held_out": 0.0,
    "membership": 1e-9,
    "not_judged": 0.0,
    "verdict": "copies training runs",
}
CELL = {
    "name": "posterior.mcmc.20.r0",
    "content": "c",
    "target": "posterior",
    "method": "mcmc",
    "kind": "sampler",
    "budget": 20,
    "replicate": 0,
    "status": "ok",
    "reason": "",
    "failed_runs": 0,
    "samples_each": {"d01": 20},
    "cost": {"solver_runs": 20.0},
    "scores": {"d01": {"energy": {"d2": 0.1, "mu": 1.0, "mu_samples": None}}},
    "pair_scores": {},
}


def read_cell(tmp_path, schema=1, **changes):
    folder = tmp_path / "cells" / CELL["name"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "result.json").write_text(json.dumps({"schema": schema, "files": {}} | CELL | changes))
    return RunFolder(tmp_path).read_result(CELL["name"])


def test_what_a_method_said_against_itself_was_a_diagnostic_and_is_a_reason(tmp_path):
    said = ["d01: it has not mixed: R-hat is 2", "d02: one", "d02: two"]
    result = read_cell(tmp_path, diagnostics={"invalid": said, "d01": {"chains": 4}})
    assert [reason.says for reason in result.reasons] == said
    assert (result.validity, result.marks, result.diagnostics) == ("invalid", (), {"d01": {"chains": 4}})


def test_copies_in_an_older_fit_are_a_reason_where_it_was_trained(tmp_path):
    trained = read_cell(tmp_path, diagnostics={"memorization": MEMORIZATION, "steps": 7, "prior_kl": 0.5})
    assert [reason.name for reason in trained.reasons] == ["copies training runs"]
    assert [mark.name for mark in trained.marks] == ["mismatched start"]
    kernels = read_cell(tmp_path, diagnostics={"memorization": MEMORIZATION})
    assert (kernels.validity, [mark.name for mark in kernels.marks]) == ("valid", ["copies training runs"])


def test_a_result_with_nothing_against_it_is_valid_and_comes_back_as_it_is(tmp_path):
    result = read_cell(tmp_path, diagnostics={"steps": 7})
    assert (result.validity, result.scores, result.diagnostics) == ("valid", CELL["scores"], {"steps": 7})
    for found in (result, replace(result, reasons=(Finding("a", "b", 0.5),), marks=(Finding("c", "d"),))):
        RunFolder(tmp_path).write_result(found)
        plain = json.loads((tmp_path / "cells" / found.name / "result.json").read_text())
        assert (plain["schema"], plain["validity"]) == (RESULT_SCHEMA, found.validity)
        assert RunFolder(tmp_path).read_result(found.name) == found


def test_what_a_gradient_counts_as_was_not_measured_in_older_results(tmp_path):
    spent, held = {"solver_runs": 20.0, "gradients": 20.0}, {"diagnostics": {}, "reasons": [], "marks": []}
    for schema in (1, 2):
        cost = read_cell(tmp_path, schema=schema, cost=spent, **held).cost
        assert (cost.solver_runs, cost.gradients, cost.runs_a_gradient) == (20, 20, None)
    measured = read_cell(tmp_path, schema=3, cost=spent | {"runs_a_gradient": 4.5}, **held)
    assert measured.cost.runs_a_gradient == 4.5


@pytest.mark.parametrize("schema", [0, -1, None])
def test_results_of_other_schemas_are_not_read(tmp_path, schema):
    assert read_cell(tmp_path, schema=schema, diagnostics={}, reasons=[], marks=[]) is None
