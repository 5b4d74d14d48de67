"""Command lines that are written down (each `--help`, README, workflow, Makefile) are those that the command takes.

What stands in a `--help`, or in the README behind a $, is run, in a folder with a finished quickstart. What would take
long is run in miniature: with the words of `IN_MINIATURE` behind those that stand there. Of `AS_A_WHOLE_ELSEWHERE`,
which other tests run on files of their own, the words and the file that they name are valid.
"""

import json
import re
import shlex
import shutil
import subprocess
from functools import cache
from itertools import product
from pathlib import Path

import jax
import pytest
import typer
import yaml
from typer.testing import CliRunner

from sgmbench.cli import app
from sgmbench.studies.calibrate import Effort

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
GROUP = typer.main.get_command(app)
COMMANDS = GROUP.commands

OF_HELP = [
    line
    for command in COMMANDS.values()
    for line in re.findall(r"^Example: (sgmbench .+)$", command.help, re.MULTILINE)
]
TYPED = re.findall(r"^\$ (sgmbench .+)$", README, re.MULTILINE)
IN_TEXT = [" ".join(line.split()) for line in re.findall(r"`(sgmbench\s[^`]+)`", README)]
SYNOPSIS = re.findall(r"^(sgmbench .+)$", README, re.MULTILINE)

MEANT = {"[GROUP]": "methods"}  # what stands for one of several words
EFFORT = Effort(dimensions=(1, 8), runs=(8, 32), trials=2, samples=40, null=19)


def to_set(*overrides):
    return [word for each in overrides for word in ("--set", each)]


SMALL_MODEL = to_set(
    "methods.diffusion.representation=[{kind: standardize, by: all}]",
    "methods.diffusion.network={kind: mlp, width: 8, blocks: 1}",
    "methods.diffusion.training.steps=4",
    "methods.diffusion.sampler={kind: heun, steps: 2}",
    "methods.diffusion.calibration=0",
)
SMALL_RUN = [
    *SMALL_MODEL,
    *to_set("problem.cells=50", "reference={size: 200, drawn_size: 200}", "targets.0.drawn=1", "replicates=1"),
    *to_set("metrics=[energy, mean, standard_deviation]"),
]
IN_MINIATURE = {
    "run": SMALL_RUN,
    "plan": SMALL_RUN,
    "check-problem": ["--runs", "8"],
    "calibrate": ["--replicates", "4"],  # and by EFFORT
    "clean": ["--yes"],  # there is no terminal to ask at
}
AS_A_WHOLE_ELSEWHERE = ("ladder", "sweep", "work-precision")
SAYS = {
    "init": r"first\.yaml: written; see what it takes with sgmbench plan first\.yaml\n$",
    "validate": r"configs/quickstart\.yaml: valid\nquickstart: 18 cells in 3 replicates\n",
    "plan": r"\n +in all +[\d,]+ ",
    "run": r"quickstart: conditional \(medians over 2 conditions\) *\n",
    "sweep": r"^configs/quickstart\.yaml: valid\n",
    "list": r"methods\n  bootstrap +Training runs at the nearest conditions, resampled\.\n",
    "show": r"quickstart: conditional \(medians over 2 conditions\) *\n",
    "schema": r'\{\n  "\$schema": "https://json-schema.org/draft/2020-12/schema",\n',
    "ask": r"Conditional: for .* to 10 % \([\d.,]+ runs' worth\): At 60 s a run ",
    "compare": r"\nverdict: (pass|inconclusive) \(",
    "baseline": r"results/baselines/quickstart\.json\n$",
    "report": r"results/quickstart/\S+/report\.html\n$",
    "export": r"quickstart-\S+\.csv\n$",
    "verify": r"^(ok  .+\n)+verdict: intact\n",
    "reproduce": r"verdict: conditional\.diffusion\.2500\.r0 is reproduced: ",
    "clean": r"^(.+ MB\n)+deleted [\d,]+ bytes below results/\.cache\n$",
    "calibrate": r"\nverdict: .+\n$",
    "check-problem": r"\nverdict: (sound|limited)\n$",
    "ladder": r"^configs/ladder\.yaml: valid\n",
    "work-precision": r"^configs/ladder\.yaml: valid\n",
}


def words_of(line):
    """The words behind `sgmbench`, without what a shell would take of the line."""
    words = shlex.split(line, comments=True)[1:]
    return words[: words.index(">")] if ">" in words else words


def options_of(command):
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


def parse(words):
    """Refuses, as the command line does, what is no command or no option of it, or lacks an argument."""
    if words[0].startswith("-"):
        assert words[0] in options_of(GROUP) | {"--help"}
    else:
        COMMANDS[words[0]].make_context(words[0], words[1:])


def each_way(line):
    """The lines that a synopsis stands for: with all that is in brackets, and each of what is between bars."""
    words = [MEANT.get(word, word.strip("[]")) for word in words_of(line)]
    return [list(way) for way in product(*(word.split("|") for word in words))]


@pytest.fixture(scope="module")
def call(tmp_path_factory):
    """A command in a folder with two runs of the quickstart in miniature; of equal words, what was found before."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("examples")
        for name in ("configs", "examples"):
            (folder / name).symlink_to(ROOT / name)
        patch.chdir(folder)
        patch.setattr("typer.testing._get_command", lambda app: GROUP)
        patch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
        patch.setattr("sgmbench.api.running.write_page", lambda *arguments: None)  # `report` writes it
        patch.setattr("sgmbench.api.studying.QUICK", EFFORT)
        for name in ("SIZE", "ROWS", "SPENT"):
            patch.setattr(f"sgmbench.runner.rehearsal.{name}", 64)
        jax.config.update("jax_disable_most_optimizations", True)

        @cache
        def run(*words):
            words = ("validate", words[1]) if words[0] in AS_A_WHOLE_ELSEWHERE else words
            return CliRunner().invoke(app, [*words, *IN_MINIATURE.get(words[0], [])])

        (line,) = (line for line in OF_HELP if words_of(line)[0] == "run")
        for each in (run, run.__wrapped__):
            ended = each(*words_of(line))
            assert ended.exit_code == 0, ended.output
        yield run
        jax.config.update("jax_disable_most_optimizations", False)


@pytest.mark.parametrize("line", [*OF_HELP, *TYPED])
def test_an_example_runs_and_says_what_it_is_for(call, line):
    words = words_of(line)
    parse(words)
    ended = call(*words)
    assert ended.exit_code == 0, ended.output
    assert re.search(SAYS[words[0]], ended.stdout), ended.stdout


def test_every_command_has_an_example_and_stands_in_the_readme():
    assert {words_of(line)[0] for line in OF_HELP} == set(COMMANDS) == set(SAYS)
    assert {words_of(line)[0] for line in SYNOPSIS} == set(COMMANDS)


@pytest.mark.parametrize("line", SYNOPSIS)
def test_a_synopsis_is_of_words_that_the_command_takes(line):
    for words in each_way(line):
        parse(words)


@pytest.mark.parametrize("line", IN_TEXT)
def test_a_command_in_the_text_is_one(line):
    parse(words_of(line))


def test_every_option_that_the_readme_names_is_one():
    known = {"--help"}.union(*map(options_of, [GROUP, *COMMANDS.values()]))
    named = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", README))
    assert "--set" in named
    assert named <= known


def test_what_the_readme_shows_of_a_check_are_the_findings_of_one(call):
    (line,) = (line for line in TYPED if "check-problem" in line)
    shown = README.partition(f"$ {line}\n")[2].partition("```")[0]
    finding = re.compile(r"^([a-z]\S*(?: \S+)*)  +\S", re.MULTILINE)
    found = finding.findall(call(*words_of(line)).stdout)
    assert finding.findall(shown) == found
    assert found[0] == "problem"


def made(*words):
    """What make would do for these words."""
    if shutil.which("make") is None:
        pytest.skip("there is no make")
    done = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_make_has_every_target_that_the_readme_names():
    named = re.findall(r"^make (\S+)", README, re.MULTILINE) + re.findall(r"`make\s+(\S+)`", README)
    assert {"run", "test", "bench-electrode"} <= set(named)
    made(*dict.fromkeys(named))


def test_the_command_lines_of_the_workflow_are_taken_and_name_files_that_are_there():
    workflow = yaml.safe_load((ROOT / ".github/workflows/sgmbench.yml").read_text())
    steps = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    lines = [line for step in steps for line in step.splitlines()]
    lines = [each for line in lines for each in (made(*shlex.split(line)[1:]) if line.startswith("make ") else [line])]
    found = [shlex.split(line) for line in lines if Path(line.split()[0]).name == "sgmbench"]
    assert [words[1] for words in found] == ["run", "compare"]
    for words in found:
        parse(words[1:])
        files = [word for word in words if word.endswith((".yaml", ".json"))]
        assert files
        assert all((ROOT / file).is_file() for file in files)
    assert found[1][-3:] == ["--github", "--junit", "compare.xml"]
    by_make = made("bench-ci", "COMPARE=--github --junit compare.xml")
    assert [shlex.join(words) for words in found] == [line for line in by_make if "/sgmbench " in line]
    given = [step["with"] for job in workflow["jobs"].values() for step in job["steps"] if "with" in step]
    assert found[1][-1] in [each.get("path") for each in given]


def test_the_baseline_of_the_workflow_is_of_the_run_before_it():
    baseline = json.loads((ROOT / "results/baselines/quickstart.json").read_text())
    config = yaml.safe_load((ROOT / "configs/quickstart.yaml").read_text())
    assert baseline["asked"]["problem"]["kind"] == config["problem"]
    assert config["reference"].items() <= baseline["asked"]["reference"].items()
    (set_,) = (words for words in map(shlex.split, made("bench-ci")) if "run" in words[1:2])
    replicates = int(set_[set_.index("--set") + 1].removeprefix("replicates="))
    assert {name.rpartition(".r")[2] for name in baseline["cells"]} == set(map(str, range(replicates)))
