"""Code of a user's own that goes wrong is told with its line, before anything is spent, or fails its cells alone.

It runs in a process without the checks of types that these tests have: there is no traceback there either.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import small

RUNNER = Path(small.__file__).parent
TUPLE = "must be a tuple of Parameter(name, unit, prior); it is"
COORDINATES = "must be a tuple of finite numbers, as tuple(x.tolist()), as coordinates of the axis 'x' of 'u'; it is"
AT = "at zeta = -1, 0, 1"
ILL_MADE = {
    "Unmade": "Unmade cannot be made: TypeError: no mesh (wayward.py, in __post_init__)",
    "Speechless": "ValueError (wayward.py, in __post_init__)",
    "Divided": "Divided.parameters failed: ZeroDivisionError: division by zero (wayward.py, in parameters)",
    "Worded": f"Worded.parameters {TUPLE} str 'a'",
    "Fixed": "Fixed.parameters must be a Prior for 'a'; it is float 3.0",
    "Twins": "Twins.parameters must be named each by a name of its own; it is str 'a'",
    "HalfAGerm": "HalfAGerm.germ_dimension must be a whole number of at least 0; it is float 2.5",
    "ByArray": f"ByArray.layout {COORDINATES} ndarray array([0.  , 0.25, 0.5 , 0.75, 1.  ])",
    "Placeless": f"Placeless.layout {COORDINATES} tuple (0.0, nan)",
    "Fieldless": "Fieldless.layout must be a Layout of a tuple of one Field or more; it is tuple ()",
    "Endless": "Endless.layout failed: RecursionError: maximum recursion depth exceeded (wayward.py, in layout)",
    "Mapped": "Mapped is no key of a dictionary (unhashable type: 'dict'); put @dataclass(frozen=True) on it, and "
    "field(hash=False) on what is a dictionary in it",
    "Unread": "Blind.size must be a whole number of at least 1; it is int 0",
    "Free": "Free.relative_cost must be a positive number; it is float 0.0",
}
NOT_RUNNABLE = {
    "Reversed": f"Reversed: the prior of 'a', Uniform(low=2.0, high=1.0), gives 1.84, 1.5, 1.16 {AT}, which does not "
    "increase; write the lower bound first",
    "Unbounded": f"Unbounded: the prior of 'a', Normal(mean=nan, sd=1.0), gives nan, nan, nan {AT}; write numbers for "
    "which it is finite",
    "OfNothing": "OfNothing: the prior of 'a', LogUniform(low=0.0, high=1.0), failed: ValueError: ",
    "InWords": "InWords: the prior of 'a', Uniform(low='low', high='high'), failed: TypeError: ",
    "Mismatched": f"Mismatched: the prior of 'a', Cubed(), has F(T(zeta)) = 0.5, 0.5, 0.5 {AT}, not 0.159, 0.5, 0.841; "
    "mend cdf or from_normal",
    "Imaginary": "Imaginary.simulate must return 'u' of shape (5,), of real numbers; it returns complex128: take its "
    "real part",
    "Recursive": "Recursive.simulate cannot be traced by JAX: RecursionError: maximum recursion depth exceeded "
    "(wayward.py, in simulate)",
    "Empty": "Empty.simulate must return a dictionary of fields; it returns NoneType",
    "Listed": "Listed.simulate must return 'u' of shape (5,); it returns list",
    "Misread": "Misread.observation.mean must return numbers of shape (2,); it returns (5,)",
    "Bottomless": "Bottomless.coarser has no end after 100 levels; return None at the coarsest",
    "Changing": "Changing.coarser must return a problem that is Leveled, or None; it returns Line",
    "Unconstrained": "Unconstrained.constraints must return a dictionary; it returns ShapeDtypeStruct",
    "Featureless": "Featureless.features must return one row of numbers; it returns ()",
}
UNREACHABLE = {"OffTheHook": "OffTheHook.check failed: ConnectionError: nobody is there (wayward.py, in check)"}
PARTS = {
    "Elsewhere": "targets.0: Elsewhere.name must be one of marginal, conditional, posterior, predictive, "
    "decomposition; it is str 'elsewhere'",
    "Aimless": "methods.0: Aimless.targets must be a tuple of names, as ('marginal',); it is NoneType None",
    "Mute": "methods.0: Mute.refusals must return a dictionary; it returns None",
    "Refusing": "methods.0: Refusing.refusals failed: IndexError: tuple index out of range (wayward.py, in refusals)",
    "Unsuiting": "methods.0: Unsuiting.unsuited failed: LookupError: nobody knows (wayward.py, in unsuited); "
    "remove the method or choose another problem",
    "Idealless": "metrics.0: Idealless.ideal must be a number; it is str 'none'",
    "Stubborn": "methods.0: Diffusion.refusals failed: KeyError: 'channels' (wayward.py, in refusal)",
}
CELLS = {
    "Unlearned": "IndexError: index 21 is out of bounds for axis 0 with size 20 (wayward.py, in fit)",
    "Fitless": "AttributeError: 'numpy.ndarray' object has no attribute 'items' (",
    "Short": "Short must draw (60, 6) real numbers; it gave (59, 6) of float64",
    "Complex": "Complex must draw (60, 6) real numbers; it gave (60, 6) of complex128",
    "Proud": "the diagnostics of Proud are no JSON: Object of type float32 is not JSON serializable; write float(x)",
    "Lost": "condition all: all 60 samples are NaN or infinite",
    "Bare": "Bare must deliver a Delivery of Samples; it delivers ndarray",
}
SCORES = {
    "Unscored": "the metric Unscored failed: AttributeError: 'Samples' object has no attribute 'missing' "
    "(wayward.py, in score)",
    "ManyScores": "the metric ManyScores must give one real number a part; it gave (6,) of float64",
}
SOLVERS = {
    "Narrow": "Narrow.simulate_batch must return (20, 6) real numbers; it returns (20, 5) of float64",
    "CalledBack": "CalledBack.simulate failed: JaxRuntimeError: FileNotFoundError: mesh.msh (wayward.py, in fail)",
}

CHILD = """
import contextlib, io, json, sys, traceback
from sgmbench.api import running
from sgmbench.cli import app
running.draw_figures = running.write_page = lambda *arguments: None

def typed(words):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = app(words, standalone_mode=False)
        except BaseException:
            code = traceback.format_exc()
    return code, out.getvalue(), err.getvalue()

print(json.dumps([typed(words) for words in json.load(sys.stdin)]))
"""


def unnumbered(said):
    """Without numbers of lines, and what Python did when recursion was too deep."""
    return re.sub(r"(?<=wayward\.py):\d+|(?<=recursion depth exceeded)[^(]*(?= \()", "", said)


def lines():
    """The command lines, by what they are asked for."""
    wanted = {}
    for name in (*ILL_MADE, *NOT_RUNNABLE, *UNREACHABLE, "Single"):
        small.write(Path(f"{name}.yaml"), problem=f"wayward:{name}")
        wanted |= {("validate", name): ["validate", f"{name}.yaml"]}
    for name in (*ILL_MADE, *NOT_RUNNABLE, *UNREACHABLE):
        wanted |= {("run", name): ["run", f"{name}.yaml"], ("plan", name): ["plan", f"{name}.yaml"]}
        wanted |= {("check", name): ["check-problem", f"wayward:{name}"]}
    wanted |= {("show", "Worded"): ["show", "wayward:Worded"], ("init", "InWords"): ["init", "wayward:InWords"]}
    for name in PARTS:
        part = {"kind": "diffusion", "network": f"wayward:{name}"} if name == "Stubborn" else f"wayward:{name}"
        where = {"Elsewhere": "targets", "Idealless": "metrics"}.get(name, "methods")
        small.write(Path(f"{name}.yaml"), **{where: [part]})
        wanted |= {("run", name): ["run", f"{name}.yaml"]}
    small.write(Path("cells.yaml"), methods=[*(f"wayward:{name}" for name in CELLS), "monte_carlo"])
    wanted |= {("cells", "cells"): ["run", "cells.yaml", "--json"]}
    for name in SOLVERS:
        small.write(Path(f"{name}.yaml"), problem=f"wayward:{name}", methods=["monte_carlo"])
        wanted |= {("cells", name): ["run", f"{name}.yaml", "--json"]}
    for name in SCORES:
        metrics = ["energy", f"wayward:{name}"]
        small.write(Path(f"{name}.yaml"), metrics=metrics, methods=["monte_carlo"])
        wanted |= {("cells", name): ["run", f"{name}.yaml", "--json"]}
    return wanted


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """Exit code, standard output and standard error of each command, without what the version of Python decides."""
    folder = tmp_path_factory.mktemp("own")
    shutil.copy(RUNNER / "wayward.py", folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        wanted = lines()
        env = os.environ | {"PYTHONPATH": os.pathsep.join([str(RUNNER), os.environ.get("PYTHONPATH", "")])}
        done = subprocess.run(
            [sys.executable, "-c", CHILD],
            input=json.dumps(list(wanted.values())),
            capture_output=True,
            text=True,
            env=env,
            check=True,
        )
    found = json.loads(done.stdout)
    return {key: (code, out, unnumbered(err)) for key, (code, out, err) in zip(wanted, found, strict=True)}


@pytest.mark.parametrize("name", ILL_MADE)
def test_a_problem_that_says_what_cannot_be_is_refused_at_its_place(said, name):
    for command in ("validate", "run", "plan"):
        code, out, err = said[command, name]
        assert (code, out) == (2, "")
        assert err == f"sgmbench: {name}.yaml:2:10: problem: {ILL_MADE[name]}\n"
    assert said["check", name] == (2, "", f"sgmbench: problem: {ILL_MADE[name]}\n")


@pytest.mark.parametrize("name", NOT_RUNNABLE)
def test_a_problem_that_cannot_be_traced_is_refused_before_anything_is_spent(said, name):
    for command in ("validate", "run", "plan", "check"):
        code, out, err = said[command, name]
        assert (code, out) == (2, "")
        assert err.startswith(f"sgmbench: {NOT_RUNNABLE[name]}")
        assert err.count("\n") == 1


def test_what_shows_or_begins_with_a_problem_says_the_same(said):
    assert said["show", "Worded"] == (2, "", f"sgmbench: problem: {ILL_MADE['Worded']}\n")
    code, out, err = said["init", "InWords"]
    assert (code, out) == (2, "")
    assert err.startswith(f"sgmbench: wayward:InWords with its settings by default: {NOT_RUNNABLE['InWords']}")


def test_a_host_that_is_away_is_told_of_where_it_is_asked(said):
    for command in ("run", "check"):
        assert said[command, "OffTheHook"] == (2, "", f"sgmbench: {UNREACHABLE['OffTheHook']}\n")
    assert [said[command, "OffTheHook"][0] for command in ("validate", "plan")] == [0, 0]


def test_float32_and_whole_numbers_are_numbers(said):
    assert said["validate", "Single"][0] == 0


@pytest.mark.parametrize("name", PARTS)
def test_a_method_or_metric_that_says_what_cannot_be_is_refused_at_its_place(said, name):
    code, _, err = said["run", name]
    assert code == 2
    assert re.fullmatch(rf"sgmbench: {name}\.yaml:\d+:\d+: {re.escape(PARTS[name])}\n", err), err


def results(said, name):
    code, out, err = said["cells", name]
    assert code == 5, (code, err)
    assert "sgmbench/" not in err  # of no traceback; JAX logs what a callback has raised
    (target,) = json.loads(out)["summary"]["targets"]
    return {line["method"]: line for line in target["lines"]}


def test_what_a_method_does_wrong_fails_its_cells_and_no_others(said):
    found = results(said, "cells")
    assert found["monte_carlo"]["failed"] == 0
    reasons = {name: unnumbered(found[name]["reason"]) for name in CELLS}
    assert {name: reason[: len(CELLS[name])] for name, reason in reasons.items()} == CELLS
    assert all(found[name]["failed"] == 1 for name in CELLS)


@pytest.mark.parametrize("name", SCORES)
def test_what_a_metric_does_wrong_fails_the_cells_that_it_scores(said, name):
    found = results(said, name)["monte_carlo"]
    assert unnumbered(found["reason"]) == SCORES[name]


@pytest.mark.parametrize("name", SOLVERS)
def test_what_a_solver_does_wrong_fails_the_cells(said, name):
    assert unnumbered(results(said, name)["monte_carlo"]["reason"]) == SOLVERS[name]
