"""`ladder` and `work-precision` on white noise: their tables, what is known of the numbers, files and refusals.

A network without training is the denoiser of white noise, so that the learned score errs as the exact one.
"""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jax
import pytest
import yaml
from models import METHOD, PLAIN
from typer.testing import CliRunner

from sgmbench.cli import app
from sgmbench.studies.verdict import EXACT, EXACT_FINE, EXACT_USED, KERNEL, LEARNED_FINE, LEARNED_USED

FLOOR = (600 / 3) ** -0.5  # of 600 samples against 600 runs
RUNG = r"^ {} +([\d,]*) +(<?)([\d.]+) +(>?)([\d.,]+) "
LADDER = Path("results/small/ladder/ladder.json")
WORK = Path("results/small/work-precision/work-precision.json")
POINT = r"(\d+) +(\d\.\de[+-]\d\d) +(<?)([\d.]+)"


def write(file: str, **changes: Any) -> str:
    """The experiment to learn white noise in four steps, with other settings."""
    method = METHOD | {"sampler": {"kind": "heun", "steps": 4}}
    document = {**PLAIN, "budgets": [100], "reference": {"size": 600}, "methods": [method], **changes}
    Path(file).write_text(yaml.safe_dump(document))
    return file


@pytest.fixture(scope="module")
def call(tmp_path_factory):
    """A command in a folder of this module; compiled in haste, for each program runs but once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("studies"))
        jax.config.update("jax_disable_most_optimizations", True)
        yield lambda *words: CliRunner().invoke(app, [str(word) for word in words])
        jax.config.update("jax_disable_most_optimizations", False)


def succeeded(done):
    """What the command printed."""
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def laddered(call):
    """Table and verdict."""
    return succeeded(call("ladder", write("white.yaml")))


@pytest.fixture(scope="module")
def worked(call):
    """Table and verdicts."""
    return succeeded(call("work-precision", write("white.yaml"), "--samplers", "heun", "--evaluations", "17, 9"))


def rungs_of(file):
    """Closeness by rung, in order."""
    return {rung["name"]: rung["closeness"] for rung in json.loads(file.read_text())["conditions"][0]["rungs"]}


def works_of(file):
    """Points by score."""
    return {work["score"]: work["points"] for work in json.loads(file.read_text())["works"]}


def test_each_rung_is_a_line_of_the_table_with_the_numbers_of_the_file(laddered):
    found = rungs_of(LADDER)
    assert list(found) == [EXACT, EXACT_FINE, EXACT_USED, KERNEL, LEARNED_FINE, LEARNED_USED]
    for name, closeness in found.items():
        line = re.search(RUNG.format(name), laddered, re.MULTILINE)
        assert line is not None, laddered
        bounds = ("<", ">") if closeness["equivalent"]["at_least"] else ("", "")
        assert (line[2], line[4]) == bounds
        assert float(line[3]) == pytest.approx(closeness["error"], abs=0.005)
        assert float(line[5]) == pytest.approx(closeness["equivalent"]["value"], rel=0.005)
    assert laddered.endswith("\n\nresults/small/ladder\n")


def test_exact_samples_and_fine_grids_are_at_the_floor_and_four_steps_are_not(laddered):
    found = rungs_of(LADDER)
    for name in (EXACT, EXACT_FINE):
        assert found[name]["error"] == pytest.approx(FLOOR)
        assert found[name]["equivalent"]["at_least"]
    for fine, used in ((EXACT_FINE, EXACT_USED), (LEARNED_FINE, LEARNED_USED)):
        assert found[used]["error"] > 2 * found[fine]["error"]
    assert found[LEARNED_USED]["error"] == pytest.approx(found[EXACT_USED]["error"], rel=0.1)
    assert "\nverdict: discretization makes most of the error: with 4 steps samples are worth" in laddered


def test_a_law_without_a_known_score_has_no_rungs_of_it(call):
    done = call("ladder", write("unsaid.yaml", name="unsaid", problem="solvers:Unsaid"), "--json")
    file = Path("results/unsaid/ladder/ladder.json")
    assert list(rungs_of(file)) == [EXACT, KERNEL, LEARNED_FINE, LEARNED_USED]
    assert json.loads(succeeded(done)) == json.loads(file.read_text())


def test_each_point_is_in_the_table_with_both_errors_of_both_scores(worked):
    works = works_of(WORK)
    assert list(works) == ["exact", "learned"]
    for i, setting in enumerate(("4 steps", "8 steps")):
        line = next(line for line in worked.splitlines() if setting in line)
        found = re.findall(POINT, line.split(setting)[1])
        assert len(found) == 2, line
        for (evaluations, path, bound, energy), points in zip(found, works.values(), strict=True):
            closeness = points[i]["closeness"]
            assert int(evaluations) == points[i]["evaluations"] == (9, 17)[i]
            assert float(path) == pytest.approx(points[i]["path_error"], rel=0.06)
            assert bound == ("<" if closeness["equivalent"]["at_least"] else "")
            assert float(energy) == pytest.approx(closeness["error"], abs=0.005)
    assert worked.endswith("\n\nresults/small/work-precision\n")


def test_path_errors_fall_at_the_order_of_heun(worked):
    """By 4 and somewhat more: with so few steps the order hardly shows yet."""
    works = works_of(WORK)
    for coarse, fine in works.values():
        assert 3.5 < coarse["path_error"] / fine["path_error"] < 6
        assert fine["closeness"]["error"] < coarse["closeness"]["error"]
    assert works["learned"][0]["path_error"] == pytest.approx(works["exact"][0]["path_error"], rel=0.1)


def test_the_same_sampler_has_the_same_energy_in_both_studies(laddered, worked):
    """Heun's four steps are the method's own, and the noise is the same."""
    found, works = rungs_of(LADDER), works_of(WORK)
    for name, score, precision in ((EXACT_USED, "exact", 1e-9), (LEARNED_USED, "learned", 1e-4)):
        assert works[score][0]["closeness"]["d2"] == pytest.approx(found[name]["d2"], rel=precision)


def test_figures_are_svg_with_paths(laddered, worked):
    for file in (LADDER, WORK):
        root = ET.parse(file.with_suffix(".svg")).getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.findall(".//{http://www.w3.org/2000/svg}path")


REFUSED = [
    (["plain.yaml"], "plain.yaml: no diffusion method; {purpose}"),
    (["whit.yaml"], "whit.yaml: no such file (did you mean white.yaml?)"),
    (
        ["white.yaml", "--method", "difusion"],
        "--method difusion: no such diffusion method in white.yaml (did you mean diffusion?); write diffusion",
    ),
]


@pytest.mark.parametrize(("words", "message"), REFUSED)
@pytest.mark.parametrize(
    ("command", "purpose"),
    [("ladder", "the ladder takes a diffusion model apart"), ("work-precision", "work-precision samples one")],
)
def test_what_both_refuse(call, command, purpose, words, message):
    write("white.yaml")
    write("plain.yaml", methods=["bootstrap"])
    done = call(command, *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"sgmbench: {message.format(purpose=purpose)}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--samplers", "hein"],
            "sampler: no sampler is named 'hein' (did you mean heun?); registered samplers: dpmpp_2m, dpmpp_2m_sde, "
            "euler_maruyama, exponential_euler, heun, predictor_corrector, shark, sra1, tsit5; code of your own is "
            "named my_module:MyClass",
        ),
        (
            ["--evaluations", "2,8"],
            "--evaluations 2,8: write whole numbers of 3 and more with commas between: 8,16,32",
        ),
        (
            ["--set", "methods.0.noise=flow", "--samplers", "heun,shark"],
            "--samplers: shark solves the reverse SDE, and flow has none, only a probability flow; write heun, "
            "dpmpp_2m, exponential_euler or tsit5, or another noise",
        ),
    ],
)
def test_what_work_precision_refuses(call, words, message):
    done = call("work-precision", write("white.yaml"), *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"sgmbench: {message}\n"
