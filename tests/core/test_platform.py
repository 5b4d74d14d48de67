"""The choice of a platform: where it is, it is left to child processes; where it is not, what there is is named."""

import os

import jax
import pytest
from typer.testing import CliRunner

from sgmbench.cli import app
from sgmbench.core import platform
from sgmbench.errors import UsageError

pytestmark = pytest.mark.skipif(jax.default_backend() != "cpu", reason="of a host without accelerators")
ABSENT = "--platform tpu: JAX finds no tpu here; write cpu, or install JAX for tpu"


@pytest.fixture(autouse=True)
def _left_as_it_was(monkeypatch):
    for name in ("JAX_PLATFORMS", "JAX_PLATFORM_NAME"):
        monkeypatch.setenv(name, "")
    yield
    platform._choose(None)


def chosen():
    """By this process, and for its children."""
    return jax.config.jax_platforms, os.environ["JAX_PLATFORMS"], os.environ["JAX_PLATFORM_NAME"]


def test_a_platform_that_is_here_is_chosen_for_children_too():
    platform.use_platform("cpu")
    assert chosen() == ("cpu", "cpu", "cpu")


def test_without_a_choice_nothing_is_set(monkeypatch):
    monkeypatch.setenv("JAX_PLATFORMS", "of a user")
    before = jax.config.jax_platforms
    platform.use_platform(None)
    assert chosen() == (before, "of a user", "")


def test_a_platform_that_is_not_here_is_refused_by_those_that_are_and_nothing_stays_chosen():
    with pytest.raises(UsageError) as refused:
        platform.use_platform("tpu")
    assert str(refused.value) == ABSENT
    assert chosen() == ("", "", "")


@pytest.mark.parametrize("given", ["option", "environment"])
@pytest.mark.parametrize(
    "command",
    [
        *("run a.yaml", "sweep a.yaml", "plan a.yaml", "check-problem burgers", "ladder a.yaml"),
        *("work-precision a.yaml", "reproduce a b", "calibrate", "verify a"),
    ],
)
def test_every_command_that_computes_takes_it_before_anything_else(command, given):
    options, env = (["--platform", "tpu"], {}) if given == "option" else ([], {"SGMBENCH_PLATFORM": "tpu"})
    ended = CliRunner().invoke(app, [*command.split(), *options], env=env)
    assert (ended.exit_code, ended.stderr) == (2, f"sgmbench: {ABSENT}\n")
