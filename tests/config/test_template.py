"""A first configuration of any problem is short, valid as it stands, and asks what the problem can answer."""

import numpy as np
import pytest

from sgmbench import registry
from sgmbench.config.load import load
from sgmbench.config.template import template
from sgmbench.core.problem import Recorded
from sgmbench.errors import UsageError

PROBLEMS = [entry.name for entry in registry.entries("problems")]


@pytest.fixture(scope="module", autouse=True)
def toys():
    """What is installed, in the place of toys."""


@pytest.fixture(params=PROBLEMS)
def made(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    np.savez("runs.npz", z=rng.random(1000), y=rng.random((1000, 3)), x=np.arange(3.0))
    text = template(request.param)
    if request.param == "dataset":  # which variables of a file are what, nobody can guess
        text = text.replace("path: runs.npz", "path: runs.npz\n  z: [z]\n  y: [y]\n  axes: {y: [x]}\n  #")
    (tmp_path / "a.yaml").write_text(text)
    return request.param, text, load("a.yaml")


def test_it_loads_without_a_warning_and_asks_what_can_be_answered(made):
    kind, text, loaded = made
    problem = loaded.experiment.problem
    assert registry.kind_of("problems", type(problem)) == kind
    is_conditional = bool(problem.parameters) and problem.germ_dimension > 0
    assert [target.name for target in loaded.experiment.targets] == ["conditional" if is_conditional else "marginal"]
    assert [w for w in loaded.warnings if "outside the prior" in w] == []
    assert len(text.splitlines()) <= 45
    labels = [entry.label for entry in loaded.experiment.methods]
    assert labels == [*([] if isinstance(problem, Recorded) else ["monte_carlo"]), "bootstrap", "gaussian", "diffusion"]


def test_conditions_are_the_medians(tmp_path):
    (tmp_path / "a.yaml").write_text(template("burgers"))
    loaded = load(tmp_path / "a.yaml")
    (parameter,) = loaded.experiment.problem.parameters
    (at,) = loaded.experiment.targets[0].conditions
    assert float(parameter.prior.cdf(at[parameter.name])) == pytest.approx(0.5, abs=1e-3)


def test_the_strongest_rival_is_one_character_away(tmp_path):
    """Not so of recorded runs, of which the germ is not known."""
    rival = "{kind: control_variate, control: polynomial_chaos}"
    text = template("burgers")
    (tmp_path / "a.yaml").write_text(text.replace(f"# - {rival}", f"- {rival}"))
    assert [entry.label for entry in load(tmp_path / "a.yaml").experiment.methods][:2] == [
        "monte_carlo",
        "control_variate",
    ]
    assert rival not in template("dataset")


def test_code_of_ones_own(tmp_path):
    text = template("small:Line")
    assert "\nname: line # the folder below results/\n" in text
    assert "\n  kind: small:Line\n" in text
    (tmp_path / "a.yaml").write_text(text)
    assert load(tmp_path / "a.yaml").experiment.problem.slope == 1.0


def test_what_is_no_problem_is_refused():
    with pytest.raises(UsageError, match=r"^no problem is named 'burger' \(did you mean burgers\?\); registered "):
        template("burger")
    with pytest.raises(UsageError, match=r"^small:Watching is no problem; derive Watching from Problem, as a frozen d"):
        template("small:Watching")
