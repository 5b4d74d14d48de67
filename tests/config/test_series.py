"""One file, several problems: what each becomes, what is left out, and where an error is."""

from dataclasses import fields
from pathlib import Path
from textwrap import dedent

import pytest
import toys

from sgmbench.config import ConfigError, is_series, load, load_series
from sgmbench.core.experiment import Experiment
from sgmbench.core.target import Conditional, Marginal

SERIES = """\
name: cup
problems:
  - decay
  - {kind: noise, steps: 5, label: hiss, budgets: [5]}
targets: [marginal]
methods: [draws, levels, "toys:Chains", learner]
budgets: [10, 20]
replicates: 1
"""


@pytest.fixture
def series(tmp_path, monkeypatch):
    """The experiments of a text."""
    monkeypatch.chdir(tmp_path)

    def of(text, *overrides):
        Path("a.yaml").write_text(dedent(text), encoding="utf-8")
        return load_series("a.yaml", overrides)

    return of


@pytest.fixture
def faults(series):
    """The lines that a series is refused with."""

    def of(text, *overrides):
        with pytest.raises(ConfigError) as caught:
            series(text, *overrides)
        return list(caught.value.lines)

    return of


def test_each_problem_is_an_experiment_under_a_name_of_its_own(series):
    decay, hiss = series(SERIES)
    assert [each.label for each in (decay, hiss)] == ["decay", "hiss"]
    assert [each.experiment.name for each in (decay, hiss)] == ["cup_decay", "cup_hiss"]
    assert (decay.experiment.problem, hiss.experiment.problem) == (toys.Decay(), toys.Noise(steps=5))
    assert (decay.experiment.budgets, hiss.experiment.budgets) == ((10, 20), (5,))


def test_an_experiment_of_a_series_is_the_one_of_a_file_of_its_own(series, loaded):
    own = """
    name: cup_hiss
    problem: {kind: noise, steps: 5}
    targets: [marginal]
    methods: [draws, learner]
    budgets: [5]
    replicates: 1
    """
    assert series(SERIES)[1].experiment == loaded(own).experiment


def test_what_may_be_a_problems_own(series):
    text = """
    name: cup
    problems:
      - noise
      - kind: decay
        targets: [{kind: conditional, drawn: 2}]
        reference: {size: 60}
        ask: {tolerance: .1}
        hide_germ: true
    targets: [marginal]
    methods: [draws, "toys:Sees"]
    budgets: [10]
    reference: {size: 70}
    ask: {tolerance: .2}
    """
    noise, decay = (each.experiment for each in series(text))
    assert (noise.targets, decay.targets) == ((Marginal(),), (Conditional(drawn=2),))
    assert (noise.reference.size, decay.reference.size) == (70, 60)
    assert (noise.ask[0].tolerance, decay.ask[0].tolerance) == (0.2, 0.1)
    assert (noise.hide_germ, decay.hide_germ) == (False, True)
    assert [[entry.label for entry in each.methods] for each in (noise, decay)] == [["draws", "Sees"], ["draws"]]


def test_methods_that_do_not_fit_are_left_out_and_the_reason_is_kept(series):
    text = """
    name: cup
    problems: [decay, "toys:Wide", {kind: "toys:Watched", targets: [{kind: posterior, drawn: 1}], hide_germ: true}]
    targets: [marginal]
    methods: [draws, levels, "toys:Chains", learner, {kind: learner, label: deep, network: deep}]
    budgets: [10]
    """
    decay, wide, watched = series(text)
    assert decay.left_out == {
        "levels": "Levels needs a problem that is Leveled; Decay is not",
        "Chains": "Chains needs a problem that is Observed; Decay is not",
    }
    assert wide.left_out == {
        "levels": "Levels needs a problem that is Leveled; Wide is not",
        "Chains": "Chains needs a problem that is Observed; Wide is not",
        "learner": "small has a width of 9 at least (write width: 9)",
    }
    assert watched.left_out == {
        "draws": "draws does not sample a posterior (marginal and conditional only)",
        "levels": "Levels needs a problem that is Leveled; Watched is not",
    }
    kept = [[entry.label for entry in each.experiment.methods] for each in (decay, wide, watched)]
    assert kept == [["draws", "learner", "deep"], ["draws", "deep"], ["Chains", "learner", "deep"]]


def test_a_single_experiment_is_still_refused_what_a_series_leaves_out(errors):
    text = "name: a\nproblem: decay\ntargets: [marginal]\nmethods: [draws, levels]\nbudgets: [1]\n"
    assert errors(text) == [
        "a.yaml:4:18: methods.1: Levels needs a problem that is Leveled; Decay is not; remove the method or choose "
        "another problem"
    ]


def test_no_method_is_left(faults):
    text = SERIES.replace('[draws, levels, "toys:Chains", learner]', "[levels]")
    assert faults(text) == [
        "a.yaml:3:5: problems.0: no method is left for decay (levels: Levels needs a problem that is Leveled; Decay is "
        "not); remove it, or add a method",
        "a.yaml:4:5: problems.1: no method is left for hiss (levels: Levels needs a problem that is Leveled; Noise is "
        "not); remove it, or add a method",
    ]


def test_every_error_at_its_place_and_what_is_shared_once(faults):
    text = """\
    name: cup
    problems:
      - {kind: decay, steps: 0}
      - {kind: noise, target: [marginal]}
      - kind: decay
        label: told
        targets:
          - {kind: conditional, conditions: [{rate: 0.5, amplitud: 0}]}
      - decoy
    methods: [draws, draws]
    targets: [marginal]
    budgets: [0]
    replicate: 2
    """
    assert faults(text, "seed=x") == [
        "a.yaml:3:26: problems.0.steps: 0 is too small; write a whole number of at least 1 and of at most 1000",
        "a.yaml:4:19: problems.1.target: unknown key (did you mean targets?); write one of label, targets, budgets, "
        "reference, ask, hide_germ, steps, scheme, order",
        "a.yaml:8:42: problems.2.targets.0.conditions.0.amplitude: missing; every condition gives each parameter of "
        "the problem a number",
        "a.yaml:8:54: problems.2.targets.0.conditions.0.amplitud: unknown parameter (did you mean amplitude?); write "
        "rate, amplitude",
        "a.yaml:9:5: problems.3: no problem is named 'decoy' (did you mean decay?); registered problems: decay, noise; "
        "code of your own is named my_module:MyClass",
        "a.yaml:10:18: methods.1: the label 'draws' is used before; give this entry another `label`",
        "a.yaml:12:11: budgets.0: 0 is too small; write a whole number of at least 1",
        "a.yaml:13:1: replicate: unknown key (did you mean replicates?); write one of "
        f"{', '.join(field.name for field in fields(Experiment))}",
        "--set seed=x: seed: 'x' is text; write a whole number of at least 0",
    ]


def test_what_every_problem_has_its_own_of_is_checked_all_the_same(faults):
    text = SERIES.replace("- decay", "- {kind: decay, budgets: [3]}").replace("[10, 20]", "[10, many]")
    assert faults(text) == ["a.yaml:7:15: budgets.1: 'many' is text; write a whole number of at least 1"]


def test_a_shared_fault_of_some_problems_names_them(faults):
    text = SERIES.replace("targets: [marginal]", "targets: [{kind: conditional, drawn: 2}]")
    assert faults(text) == [
        "a.yaml:5:11: targets.0: noise has no parameters, so nothing can be held fixed; write marginal (for hiss)"
    ]


def test_what_only_some_miss(faults):
    text = SERIES.replace("targets: [marginal]\n", "").replace("label: hiss,", "label: hiss, targets: [marginal],")
    assert faults(text) == [
        "a.yaml:1:1: targets: missing; write a list of at least 1 entry, each entry the name of a target, or a mapping "
        "with `kind` and what belongs to it (for decay)"
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("label: hiss", "label: decay", "4:5: problems.1: the label 'decay' is used before; give this entry another"),
        ("label: hiss", "label: a/b", "4:5: problems.1: 'cup_a/b' cannot name a folder; write at most 80 letters, "),
        ("name: cup", "name: c/p", "1:7: name: 'c/p' cannot name a folder; write at most 80 letters, digits and _ . "),
        ("name: cup", "name: cup\nproblem: decay", "2:1: problem: stands beside `problems`; write it as one entry of"),
    ],
)
def test_names_and_labels(faults, old, new, said):
    (line,) = faults(SERIES.replace(old, new))
    assert line.startswith(f"a.yaml:{said}")


@pytest.mark.parametrize(("written", "said"), [("[]", "[] is too short"), ("decay", "'decay' is text")])
def test_the_list_of_problems(faults, written, said):
    assert faults(f"name: a\nproblems: {written}\ntargets: [marginal]\nmethods: [draws]\nbudgets: [1]\n") == [
        f"a.yaml:2:11: problems: {said}; write a list, each entry the name of a problem, or a mapping with `kind` and "
        "what belongs to it"
    ]


def test_overrides_reach_what_is_shared_and_each_problem(series, faults):
    decay, hiss = series(SERIES, "budgets=[3]", "problems.hiss.budgets=[7]", "problems.decay.steps=4", "seed=2")
    assert decay.experiment.problem == toys.Decay(steps=4)
    assert (decay.experiment.budgets, hiss.experiment.budgets) == ((3,), (7,))
    assert (decay.experiment.seed, hiss.experiment.seed) == (2, 2)
    assert faults(SERIES, "problems.hiss.budgets=[0]") == [
        "--set problems.hiss.budgets=[0]: problems.1.budgets.0: 0 is too small; write a whole number of at least 1"
    ]


def test_a_warning_names_its_place(series):
    own = "targets: [{kind: conditional, conditions: [{rate: 2, amplitude: 0}]}]"
    text = SERIES.replace("  - decay", f"  - {{kind: decay, {own}}}")
    decay, hiss = series(text)
    assert decay.warnings == (
        "a.yaml:3:69: problems.0.targets.0.conditions.0.rate: 2.0 is outside the prior, [0, 1]: no training run is "
        "near; expect extrapolation",
    )
    assert hiss.warnings == ()


def test_commands_for_one_experiment_refuse_a_series(errors):
    assert errors(SERIES) == [
        "a.yaml:2:1: problems: a series, which only sgmbench run takes; write `problem` for a single experiment"
    ]


def test_what_is_a_series(series, loaded, tmp_path):
    series(SERIES)
    assert is_series(Path("a.yaml"))
    loaded(
        SERIES.replace(SERIES[SERIES.index("problems") : SERIES.index("targets")], "problem: noise\n").replace(
            'levels, "toys:Chains", ', ""
        )
    )
    assert not is_series(Path("a.yaml"))
    with pytest.raises(ConfigError, match=r"^a\.yaml: a single experiment; write a list of `problems` in place"):
        load_series("a.yaml")
    Path("a.yaml").write_text("problems: [")
    assert not is_series(Path("a.yaml"))
    assert not is_series(tmp_path)
    assert not is_series(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match=r"^a\.yaml:1:12: "):
        load("a.yaml")
