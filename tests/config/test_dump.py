import json

import toys
from hypothesis import given, settings
from hypothesis import strategies as st

from sgmbench.config import build, build_experiment, dump
from sgmbench.config.checks import SAFE_NAME
from sgmbench.config.document import read, write
from sgmbench.core.experiment import Ask, Experiment, MethodEntry, MetricEntry, ReferencePlan
from sgmbench.core.target import Conditional, Marginal

LABELS = st.from_regex(SAFE_NAME, fullmatch=True)
POSITIVE = st.integers(1, 10**9)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
SHARES = st.floats(0, 1, exclude_min=True, exclude_max=True)
TOLERANCES = st.floats(1e-9, 1, exclude_max=True)


def tuples(of, low=0, high=3):
    return st.lists(of, min_size=low, max_size=high).map(tuple)


NETWORKS = st.builds(toys.Small, POSITIVE) | st.builds(toys.Deep, tuples(st.integers()))
LEARNERS = st.builds(
    toys.Learner,
    steps=POSITIVE,
    ema=st.booleans(),
    note=st.text(),
    clip=st.none() | st.floats(0, exclude_min=True, allow_infinity=False),
    weights=st.dictionaries(st.text(), NUMBERS, max_size=3),
    network=NETWORKS,
    schedule=st.builds(toys.Schedule, SHARES, st.tuples(st.integers(), NUMBERS)),
    noise=tuples(NUMBERS, 1),
)
ENTRIES = st.builds(
    MethodEntry,
    LABELS,
    LEARNERS | st.just(toys.Draws()),
    st.lists(POSITIVE, max_size=3, unique=True).map(tuple),
)
CONDITIONS = st.fixed_dictionaries({"rate": NUMBERS, "amplitude": NUMBERS})
EXPERIMENTS = st.builds(
    Experiment,
    name=LABELS,
    problem=st.builds(toys.Decay, st.integers(1, 1000), order=st.sampled_from([1, 2])),
    targets=st.sampled_from([(Marginal(),), (Marginal(), Conditional(drawn=3))])
    | st.builds(lambda conditions: (Conditional(conditions),), tuples(CONDITIONS, 1)),
    methods=st.lists(ENTRIES, min_size=1, max_size=3, unique_by=lambda entry: entry.label).map(tuple),
    budgets=st.lists(POSITIVE, min_size=1, max_size=3, unique=True).map(tuple),
    metrics=st.sampled_from([(), (MetricEntry("e", toys.Energy("standardized")), MetricEntry("m", toys.Mean()))]),
    seed=st.integers(0),
    reference=st.builds(ReferencePlan, st.integers(50), st.integers(50)),
    ask=tuples(st.builds(Ask, tolerance=TOLERANCES, cost_per_run=st.just(("measured", 2.0))), 1),
    keep_samples=st.sampled_from(["all", "first_replicate", "none"]),
)


@settings(max_examples=40)
@given(EXPERIMENTS)
def test_yaml_of_a_dump_gives_the_experiment_again(experiment):
    assert build_experiment(read(write(dump(experiment))).value, "dump").experiment == experiment


@settings(max_examples=40)
@given(EXPERIMENTS)
def test_json_of_a_dump_gives_the_experiment_again(experiment):
    assert build_experiment(json.loads(json.dumps(dump(experiment))), "dump").experiment == experiment


@given(LEARNERS)
def test_parts_come_back(learner):
    assert build("methods", dump(learner)) == learner


def test_a_dump_has_every_kind_and_hyperparameter(loaded):
    text = "name: a\nproblem: decay\ntargets: [marginal]\nmethods: [learner]\nbudgets: [1]\nmetrics: [mean]\n"
    plain = dump(loaded(text).experiment)
    assert plain["problem"] == {"kind": "decay", "steps": 10, "scheme": "implicit", "order": 1}
    assert plain["methods"][0] == {
        "kind": "learner",
        "steps": 100,
        "ema": True,
        "note": "",
        "clip": None,
        "weights": {},
        "network": {"kind": "small", "width": 8},
        "schedule": {"peak": 1e-3, "span": [0, 1.0]},
        "noise": [0.0],
        "label": "learner",
        "budgets": [],
    }
    assert list(plain) == list(dump(loaded(text).experiment))
    assert dump(loaded(text).experiment.reference) == {
        "size": 10_000,
        "drawn_size": 4_000,
        "held_out": None,
        "kept": None,
    }


def test_whole_and_decimal_numbers_of_a_float_field_dump_alike():
    whole, decimal = toys.Learner(clip=1, noise=(2,)), toys.Learner(clip=1.0, noise=(2.0,))
    assert json.dumps(dump(whole)) == json.dumps(dump(decimal))


def test_the_order_of_a_condition_does_not_matter():
    first, second = ({"rate": 1.0, "amplitude": 0.0}, {"amplitude": 0.0, "rate": 1.0})
    assert json.dumps(dump(Conditional((first,)))) == json.dumps(dump(Conditional((second,))))


def test_own_code_is_named_by_module_and_class():
    assert dump(toys.Arrays())["kind"] == "toys:Arrays"
