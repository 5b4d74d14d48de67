import os
from dataclasses import replace
from pathlib import Path

import pytest
import toys

from sgmbench.config import ConfigError, build, build_experiment, load
from sgmbench.core.experiment import Ask, MethodEntry, MetricEntry, ReferencePlan
from sgmbench.core.target import Conditional, Marginal

BASE = """\
name: test
problem: decay
targets: [marginal]
methods: [draws]
budgets: [10]
"""
KEYS = (
    "name, problem, targets, methods, budgets, metrics, primary, replicates, seed, evaluation_seed, reference, ask, "
    "keep_samples, samples_kept, hide_germ, compare, timeout"
)


def test_a_full_configuration(loaded):
    text = """\
    name: test
    problem: {kind: decay, steps: 5, order: 2}
    targets:
      - marginal
      - {kind: conditional, conditions: [{rate: 1e-3, amplitude: 0}], drawn: 3}
    methods:
      - draws
      - kind: learner
        label: big
        budgets: [100]
        steps: 5
        ema: false
        note: 'no'
        clip: 1
        weights: {c: 2}
        network: {kind: deep, widths: [4]}
        schedule: {peak: .5, span: [1, 2]}
        noise: [.1, 2]
    budgets: [10, 20]
    metrics: [mean, energy, {kind: energy, label: other, norm: standardized}]
    replicates: 1
    reference: {size: 60}
    ask: {tolerance: .1, cost_per_run: [measured, 2]}
    """
    result = loaded(text)
    experiment = result.experiment
    assert result.warnings == ()
    assert experiment.problem == toys.Decay(steps=5, order=2)
    assert experiment.targets == (Marginal(), Conditional(conditions=({"rate": 1e-3, "amplitude": 0.0},), drawn=3))
    learner = toys.Learner(
        steps=5,
        ema=False,
        note="no",
        clip=1.0,
        weights={"c": 2.0},
        network=toys.Deep((4,)),
        schedule=toys.Schedule(0.5, (1, 2.0)),
        noise=(0.1, 2.0),
    )
    assert experiment.methods == (MethodEntry("draws", toys.Draws()), MethodEntry("big", learner, (100,)))
    assert experiment.metrics == (
        MetricEntry("mean", toys.Mean()),
        MetricEntry("energy", toys.Energy()),
        MetricEntry("other", toys.Energy("standardized")),
    )
    assert experiment.reference == ReferencePlan(size=60)
    assert experiment.ask == (Ask(tolerance=0.1, cost_per_run=("measured", 2.0)),)
    assert (experiment.replicates, experiment.seed) == (1, 0)


def test_all_built_in_metrics_by_default_and_energy_in_both_norms(loaded):
    assert loaded(BASE).experiment.metrics == (
        MetricEntry("energy", toys.Energy()),
        MetricEntry("energy_standardized", toys.Energy("standardized")),
        MetricEntry("mean", toys.Mean()),
    )


def test_several_asks(loaded):
    assert loaded(BASE + "ask: [{tolerance: .1}, {quantities: [sd]}]").experiment.ask == (
        Ask(tolerance=0.1),
        Ask(quantities=("sd",)),
    )


# A change to the configuration above in one line, then what it is refused with.
CASES = (Path(__file__).parent / "messages.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(("change", "line"), list(zip(CASES[::2], map(str.strip, CASES[1::2]), strict=True)))
def test_what_is_wrong_and_what_to_write(errors, change, line):
    key = change.partition(":")[0]
    lines = [change if text.startswith(f"{key}:") else text for text in BASE.splitlines()]
    text = "\n".join(lines if change in lines else [*lines, change]) + "\n"
    assert errors(text) == [f"a.yaml:{line}"]


def test_every_error_at_once_in_the_order_of_the_file(errors):
    text = """\
    name: a b
    problem: {kind: decay, steps: 0}
    targets: [{kind: conditional, drawn: -1}]
    methods: [drawz, {kind: learner, steps: x}, {kind: draws, label: same}, {kind: draws, label: same}]
    budgets: [0, 1e3]
    budgets: [5]
    sed: 3
    """
    assert errors(text, "replicates=0", "nonsense") == [
        "a.yaml:1:7: name: 'a b' cannot name a folder; write at most 80 letters, digits and _ . -, beginning with a "
        "letter or digit, and no dot at the end",
        "a.yaml:2:31: problem.steps: 0 is too small; write a whole number of at least 1 and of at most 1000",
        "a.yaml:3:38: targets.0.drawn: -1 is too small; write a whole number of at least 0",
        "a.yaml:4:11: methods.0: no method is named 'drawz' (did you mean draws?); registered methods: absent, draws, "
        "learner, levels; code of your own is named my_module:MyClass",
        "a.yaml:4:41: methods.1.steps: 'x' is text; write a whole number of at least 1",
        "a.yaml:4:73: methods.3: the label 'same' is used before; give this entry another `label`",
        "a.yaml:5:11: budgets.0: 0 is too small; write a whole number of at least 1",
        "a.yaml:5:14: budgets.1: 1000.0 is a decimal number; write a whole number of at least 1",
        "a.yaml:6:1: budgets: this key is already on line 5; keep one of them",
        f"a.yaml:7:1: sed: unknown key (did you mean seed?); write one of {KEYS}",
        "--set replicates=0: replicates: 0 is too small; write a whole number of at least 1",
        "--set nonsense: not of the form a.b=value; write for example replicates=1 or methods.0.steps=5",
    ]


def test_a_hyperparameter_may_be_called_method(loaded, errors):
    entry = loaded(BASE.replace("[draws]", "[{kind: toys:Twofold, label: b, method: clever}]")).experiment.methods[0]
    assert entry == MethodEntry("b", toys.Twofold("clever"))
    assert errors(BASE.replace("[draws]", "[{kind: toys:Twofold, method: cleverer}]")) == [
        "a.yaml:4:40: methods.0.method: 'cleverer' is unknown (did you mean clever?); write plain or clever"
    ]


def test_a_hidden_germ_is_kept_from_methods_that_see_it(loaded, errors):
    text = BASE.replace("[draws]", "[draws, toys:Sees]")
    assert loaded(text).experiment.hide_germ is False
    assert errors(text + "hide_germ: true\n") == [
        "a.yaml:4:18: methods.1: Sees sees the germ, which hide_germ hides; remove one of them"
    ]


def test_methods_are_set_against_each_other_by_a_metric_that_is_listed_and_an_error(loaded, errors):
    roughness = "{kind: sgmbench.metrics.roughness:Roughness, label: roughness}"
    text = BASE + f"metrics: [mean, energy, {roughness}]\n"
    assert loaded(BASE + "metrics: [mean]").experiment.primary == "energy"  # where it is not listed there is no contest
    assert loaded(text + "primary: mean\n").experiment.primary == "mean"
    assert errors(text + "primary: enrgy\n") == [
        "a.yaml:7:10: primary: no metric is labeled 'enrgy' (did you mean energy?); write mean or energy"
    ]
    assert errors(text + "primary: roughness\n") == [
        "a.yaml:7:10: primary: the scores of roughness are no errors, which are zero at best; write mean or energy"
    ]
    assert errors(BASE + f"metrics: [{roughness}]\nprimary: roughness\n") == [
        "a.yaml:7:10: primary: the scores of roughness are no errors, which are zero at best; list energy among the "
        "metrics"
    ]


def test_a_quantity_is_asked_of_a_field_that_there_is(loaded, errors):
    scored = "metrics: [{kind: 'sgmbench.metrics.standard_deviation:StandardDeviation', label: standard_deviation}]\n"
    wide = BASE.replace("decay", "toys:Wide")
    found = loaded(wide + "ask: {quantities: [mean, y8.sd]}\nprimary: standard_deviation\n" + scored).experiment
    assert found.ask == (Ask(quantities=("mean", "y8.sd")),)
    several = ", ".join(f"y{i}" for i in range(8)) + " or y8"
    assert errors(wide + "ask: {quantities: [mean, w.sd]}") == [
        f"a.yaml:6:6: ask.0.quantities.1: there is no field 'w'; write one of {several}"
    ]
    assert errors(BASE + "ask: [{quantities: [yy.sd]}]") == [
        "a.yaml:6:21: ask.0.quantities.0: there is no field 'yy' (did you mean y?); write one of y"
    ]


def test_a_field_that_a_metric_or_a_sampler_names_is_one_that_there_is(loaded, errors):
    """At the value, or where its `--set` is written."""
    text = """\
    name: test
    problem: toys:Wide
    targets: [marginal]
    methods: [{kind: "sgmbench.montecarlo.importance:Importance", label: rare, field: y0, above: 1}]
    budgets: [10]
    metrics:
      - kind: sgmbench.metrics.tail_probability:TailProbability
        label: tail
        thresholds: [{field: y8, above: 1}, {field: y1, below: 0}]
    """
    assert loaded(text).experiment.metrics[0].metric.thresholds[1].field == "y1"
    several = ", ".join(f"y{i}" for i in range(9))
    assert errors(text.replace("y0", "w").replace("y8", "v").replace("y1", "y")) == [
        f"a.yaml:4:83: methods.0.field: there is no scalar field 'w'; write one of {several}",
        f"a.yaml:9:26: metrics.0.thresholds.0.field: there is no field 'v'; write one of {several}",
        f"a.yaml:9:48: metrics.0.thresholds.1.field: there is no field 'y'; write one of {several}",
    ]
    change = "methods.0.field=z"
    assert errors(text, change) == [
        f"--set {change}: methods.0.field: there is no scalar field 'z'; write one of {several}"
    ]


def test_a_quantile_is_asked_of_a_level_that_is_scored(loaded, errors):
    text = BASE + "ask: {quantities: [mean, q0.9, y.q0.5]}\nmetrics: "
    quantiles = '[{kind: "sgmbench.metrics.quantiles:Quantiles", label: quantiles, levels: [0.5, 0.95]}]'
    assert loaded(text + quantiles.replace("0.95", "0.9"))
    assert errors(text + quantiles) == [
        "a.yaml:6:6: ask.0.quantities.1: 0.9 is not among the levels of the metric quantiles, 0.5 and 0.95; add it "
        "there"
    ]


def test_what_is_asked_beyond_the_default_is_scored_by_a_metric_that_is_listed(loaded, errors):
    text = BASE + "ask: {quantities: [mean, y.sd, q0.9, energy]}\n"
    assert errors(text + "metrics: [{kind: 'sgmbench.metrics.mean:Mean', label: energy}]") == [
        f"a.yaml:6:6: ask.0.quantities.{i}: no metric is labeled {label}, which scores it; list it among the metrics"
        for i, label in ((1, "standard_deviation"), (2, "quantiles"))
    ]
    assert loaded(BASE + "ask: {quantities: [mean, sd]}\nmetrics: [energy]")


def test_a_probability_is_asked_of_a_threshold_that_is_scored(loaded, errors):
    text = BASE + "ask: {quantities: [mean, P(y>0.3), P(y < -1)]}\n"
    metric = "kind: 'sgmbench.metrics.tail_probability:TailProbability', label: tail_probability"
    events = "[{field: y, above: 0.3}, {field: y, below: -1}]"
    assert loaded(f"{text}metrics: [energy, {{{metric}, thresholds: {events}}}]")
    at = "a.yaml:6:6: ask.0.quantities"
    assert errors(text) == [
        f"{at}.{i}: no metric scores {name}; write {{kind: tail_probability, thresholds: [{{field: y, {event}}}]}} "
        "among the metrics"
        for i, name, event in ((1, "P(y>0.3)", "above: 0.3"), (2, "P(y<-1)", "below: -1"))
    ]
    for thresholds in ("[]", "[{field: y, above: 0.3}]"):
        *others, last = errors(f"{text}metrics: [energy, {{{metric}, thresholds: {thresholds}}}]")
        assert len(others) == (thresholds == "[]")
        assert last == (
            f"{at}.2: P(y<-1) is of no threshold of the metric tail_probability; add {{field: y, below: -1}} to its "
            "thresholds, as by --set 'metrics.tail_probability.thresholds=[{field: y, below: -1}]'"
        )
    change = f"metrics.tail_probability.thresholds={events}"
    assert loaded(f"{text}metrics: [energy, {{{metric}}}]", change)
    tails = metric.replace("label: tail_probability", "label: tails")
    assert errors(f"{text}metrics: [energy, {{{tails}, thresholds: {events}}}]") == [
        f"{at}.{i}: {name} is scored by the metric tails, and an ask reads the one labeled tail_probability; "
        "write label: tail_probability there"
        for i, name in ((1, "P(y>0.3)"), (2, "P(y<-1)"))
    ]


def test_a_probability_of_no_field_says_so_and_no_more(errors):
    text = BASE + "ask: {quantities: [P(yy>0.3)]}\n"
    assert errors(text) == ["a.yaml:6:6: ask.0.quantities.0: there is no field 'yy' (did you mean y?); write one of y"]


def test_missing_keys(errors):
    assert errors("problem: decay\ntargets: [marginal]\nmethods: [draws]\n") == [
        "a.yaml:1:1: name: missing; write text",
        "a.yaml:1:1: budgets: missing; write a list of at least 1 entry, each entry a whole number of at least 1",
    ]


def test_a_conditional_target_needs_parameters(errors):
    text = BASE.replace("decay", "noise").replace("[marginal]", "[{kind: conditional, drawn: 3}]")
    assert errors(text) == [
        "a.yaml:3:11: targets.0: noise has no parameters, so nothing can be held fixed; write marginal"
    ]


def test_a_conditional_target_needs_a_germ(errors):
    text = BASE.replace("decay", "toys:Certain").replace("[marginal]", "[{kind: conditional, drawn: 3}]")
    assert errors(text) == [
        "a.yaml:3:11: targets.0: toys:Certain has no germ, so y given z is a single point; write marginal"
    ]


def test_what_a_method_cannot_learn_the_outputs_with(errors):
    """At the line of the hyperparameter, or where its `--set` or the whole method is written."""
    wide, learner = BASE.replace("decay", "toys:Wide"), "methods:\n  - kind: learner\n    network: {kind: small}\n"
    said = "network: small has a width of 9 at least (write width: 9)"
    assert errors(wide.replace("methods: [draws]\n", learner)) == [f"a.yaml:6:14: methods.0.{said}"]
    assert errors(wide.replace("draws", "draws, learner")) == [f"a.yaml:4:18: methods.1.{said}"]
    change = "methods.0.network.kind=small"
    assert errors(wide.replace("draws", "{kind: learner}"), change) == [f"--set {change}: methods.0.{said}"]


def test_a_field_that_no_configuration_can_hold(errors):
    assert errors(BASE.replace("decay", "toys:Arrays")) == [
        "a.yaml:2:10: problem: a field of Arrays has a type that no configuration can hold: Net; use int, float, bool, "
        "str, Literal, tuple, dict or Kind"
    ]


def test_a_condition_outside_the_prior_is_a_warning(loaded):
    target = "[{kind: conditional, conditions: [{rate: 1, amplitude: 0}, {rate: 2, amplitude: -1.5}]}]"
    assert loaded(BASE.replace("[marginal]", target)).warnings == (
        "a.yaml:3:76: targets.0.conditions.1.rate: 2.0 is outside the prior, [0, 1]: no training run is near; expect "
        "extrapolation",
        "a.yaml:3:90: targets.0.conditions.1.amplitude: -1.5 is outside the prior, [-1, 1]: no training run is near; "
        "expect extrapolation",
    )


@pytest.mark.parametrize(
    ("files", "path", "message"),
    [
        (["quickstart.yaml"], "quickstat.yaml", "quickstat.yaml: no such file (did you mean quickstart.yaml?)"),
        (["a.yaml", "b.yml", "c.txt"], "zzzzzzzz", "zzzzzzzz: no such file; . has a.yaml, b.yml"),
        ([], "x.yaml", "x.yaml: no such file; . has no .yaml file"),
        ([], "no/x.yaml", "no/x.yaml: no such file; the folder no does not exist either"),
        ([], "..", "..: this is a folder; write the path of a .yaml file in it"),
    ],
)
def test_missing_files(tmp_path, monkeypatch, files, path, message):
    monkeypatch.chdir(tmp_path)
    for name in files:
        Path(name).touch()
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.yaml:1:1: the file is empty; write at least name, problem, targets, methods, budgets"),
        (b"# nothing\n", "a.yaml:1:1: the file is empty; write at least name, problem, targets, methods, budgets"),
        (b"name: x\nproblem: \xff\n", "a.yaml:2: not UTF-8 text; save the file in UTF-8"),
        (b"a: [1", "a.yaml:1:6: not valid YAML: expected ',' or ']', but got '<stream end>'; close the list with ]"),
        (
            b"- a",
            "a.yaml:1:1: ['a'] is a list; write a mapping with name, problem, targets, methods, budgets, metrics, "
            "primary, replicates, seed, evaluation_seed, reference, ask, keep_samples, samples_kept, hide_germ, "
            "compare and timeout",
        ),
    ],
)
def test_files_that_hold_no_configuration(tmp_path, monkeypatch, content, message):
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load("a.yaml")
    assert str(caught.value) == message
    assert caught.value.exit_code == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").touch(mode=0)
    with pytest.raises(ConfigError, match=r"^a\.yaml: cannot be read: Permission denied$"):
        load("a.yaml")


def test_a_byte_order_mark_does_no_harm(tmp_path):
    (tmp_path / "a.yaml").write_text(BASE, encoding="utf-8-sig")
    assert load(tmp_path / "a.yaml").experiment.name == "test"


def test_plain_data_are_checked_like_a_file():
    assert build("networks", {"kind": "small", "width": 3}) == toys.Small(3)
    with pytest.raises(ConfigError, match=r"^network: width: 0 is too small; write a whole number of at least 1$"):
        build("networks", {"kind": "small", "width": 0})
    with pytest.raises(ConfigError, match=r"^run\.json: name: missing; write text"):
        build_experiment({"problem": "decay"}, "run.json")


def test_own_code_is_labeled_by_its_class(loaded):
    experiment = loaded(BASE.replace("[draws]", "[toys:Draws]")).experiment
    assert experiment.methods == (MethodEntry("Draws", toys.Draws()),)
    assert replace(experiment, name="x") != experiment
