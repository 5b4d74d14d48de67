"""Records of every schema are read as this version would have written them."""

import json
from copy import deepcopy

import pytest

from sgmbench.config.load import build_experiment
from sgmbench.core.experiment import MethodEntry
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
from sgmbench.store.upgrades import SCHEMA, upgraded
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
