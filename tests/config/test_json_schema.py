"""The JSON Schema refuses nothing that the loader takes, and of single values what the loader refuses."""

import math
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from mutations import CONFIGS, documents

from sgmbench import registry
from sgmbench.config import ConfigError, load, load_series
from sgmbench.config.document import read, write
from sgmbench.config.json_schema import DRAFT, json_schema

jsonschema = pytest.importorskip("jsonschema")
WHERE = {"networks": "networks", "samplers": "samplers", "problems": "problems", "methods": "MethodEntry"}
EXAMPLES = 150


@pytest.fixture(scope="module", autouse=True)
def toys():
    """What is installed, in the place of toys."""


@pytest.fixture(scope="module")
def schema():
    return json_schema()


@pytest.fixture(scope="module")
def validator(schema):
    return jsonschema.Draft202012Validator(schema)


def plain(name):
    return read(next(path for path in CONFIGS if path.stem == name).read_text()).value


def test_it_is_a_schema_of_the_draft_it_names(schema):
    assert schema["$schema"] == DRAFT
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_shipped_configuration_is_taken(path, validator):
    assert [error.message for error in validator.iter_errors(read(path.read_text()).value)] == []


@pytest.fixture
def loads(tmp_path, monkeypatch):
    """Whether the loader takes plain data."""
    monkeypatch.chdir(tmp_path)

    def takes(document):
        path = Path("a.yaml")
        path.write_text(write(document))
        try:
            load_series(path) if "problems" in document else load(path)
        except ConfigError:
            return False
        return True

    return takes


KDE = {"kind": "kde"}
DIFFUSION = {"kind": "diffusion", "label": "other"}
MEAN = {"kind": "mean", "label": "second_mean"}
AT = {"correlation_length": 0.1, "equilibrium_potential": 0, "boundary_flux": 25}

# What to write for a key of the quickstart; of methods and metrics, further entries.
TAKEN = {
    "name": ["other"],
    "problem": ["burgers", {"kind": "burgers"}, "toys:Decay", {"kind": "toys:Decay", "steps": 5}],
    "targets": [["marginal"], [{"kind": "conditional", "drawn": 2}]],
    "methods": [KDE, {**KDE, "label": "other", "budgets": [5]}, {**KDE, "budgets": []}, "toys:Draws"],
    "budgets": [[1], [10**30]],
    "replicates": [1, 20],
    "reference": [{}, {"held_out": None}, {"size": 50}],
    "ask": [{}, [{}], [{}, {"tolerance": 0.5}], {"cost_per_run": [60, "measured", 0.5]}],
    "keep_samples": ["none"],
    "hide_germ": [True],
    "metrics": [MEAN],
    "compare": [{}, {"margins": {"energy": 1}}, {"margins": {}}],
    "timeout": [None, 5, 0.5],
}
REFUSED = {
    "name": [5, None, ["a"]],
    "problem": [
        "",
        None,
        [],
        {},
        ["burgers"],
        5,
        {"kind": "burgers", "anything": 1},
        {"kind": None},
        "a.b",
        ":B",
        "a:",
    ],
    "targets": ["marginal", {"kind": "marginal"}, [], None, [[]], [{"kind": "marginal", "drawn": 3}]],
    "methods": [None, 5, [], "", {}, [KDE], {"label": "x"}, {"kind": None}, {"kind": ["kde"]}, {**KDE, "label": None}],
    "budgets": [2500, "2500", ["2500"], [0], [2500.5], [True], {}, [[5]], [None], None, []],
    "replicates": ["3", 0, True, None, [3], 1.5],
    "reference": [4000, [4000], [], None, {"size": 49}, {"sizes": 100}, {"held_out": 9}, {"size": "100"}],
    "ask": ["mean", [], [[]], None, {"tolerance": 0}, {"tolerance": 1}, {"quantities": "mean"}, {"quantities": []}],
    "keep_samples": ["some", True, None, ["none"]],
    "hide_germ": ["yes", 1, None],
    "metrics": [None, "enrgy", {**MEAN, "label": 5}, [MEAN]],
    "compare": [{"margins": {"energy": 0}}, {"margins": [0.1]}, {"margin": 0.1}, {"time": True}, []],
    "timeout": [0, -1, "5", True, [5]],
    "problems": [["burgers"]],
    "unknown": [1],
}
MORE_REFUSED = [
    ("targets", [{"kind": "conditional", "drawn": -1}]),
    ("targets", [{"kind": "conditional", "conditions": AT}]),
    ("targets", [{"kind": "conditional", "conditions": [AT | {"boundary_flux": "25"}]}]),
    ("methods", {**KDE, "budgets": 5}),
    ("methods", {**KDE, "method": "kde"}),
    ("methods", {"kind": "toys:Draws", "budgets": "five"}),
    ("methods", {**DIFFUSION, "training": 5}),
    ("methods", {**DIFFUSION, "training": {"steps": 0}}),
    ("methods", {**DIFFUSION, "network": {"kind": "mlp", "widths": 3}}),
    ("methods", {**DIFFUSION, "network": ["mlp"]}),
    ("methods", {**DIFFUSION, "sampler": None}),
    ("methods", {**DIFFUSION, "noise": "edmm"}),
    ("methods", {**DIFFUSION, "representation": "standardize"}),
    ("methods", {**DIFFUSION, "representation": {"kind": "standardize"}}),
    ("ask", {"cost_per_run": "measured"}),
    ("ask", {"cost_per_run": ["guessed"]}),
    ("ask", {"cost_per_run": [0]}),
    ("ask", {"conditions": 1}),
]


def changed(key, value):
    """The quickstart with a value for a key."""
    document = deepcopy(plain("quickstart"))
    if key in ("methods", "metrics"):
        default = ["energy", "mean", "standard_deviation"] if key == "metrics" else document[key]
        return document | {key: [*default, value]}
    if key in ("problem", "hide_germ"):  # of another problem there may be no coarser level, and no germ to see
        document["methods"] = [each for each in document["methods"] if "control_variate" not in str(each)]
    if key == "problem":
        document["targets"] = ["marginal"]
    return document | {key: value}


@pytest.mark.parametrize("key", TAKEN)
def test_both_take_what_is_right(key, validator, loads):
    documents = [changed(key, value) for value in TAKEN[key]]
    assert [(validator.is_valid(each), loads(each)) for each in documents] == [(True, True)] * len(documents)


@pytest.mark.parametrize("key", REFUSED)
def test_both_refuse_what_is_wrong_with_a_single_value(key, validator, loads):
    values = [*REFUSED[key], *(value for name, value in MORE_REFUSED if name == key)]
    taken = [value for value in values if validator.is_valid(changed(key, value)) or loads(changed(key, value))]
    assert taken == []


@pytest.mark.parametrize("key", ["targets", "methods", "metrics"])
def test_a_list_of_names_is_a_list(key, validator, loads):
    """A mapping may stand without its dash where each entry is one; a name may not."""
    name = {"targets": "marginal", "methods": "bootstrap", "metrics": "energy"}[key]
    for value, is_right in ((name, False), ([name], True), ({"kind": name}, key != "targets")):
        document = plain("quickstart") | {key: value}
        assert (validator.is_valid(document), loads(document)) == (is_right, is_right)


@pytest.mark.parametrize("key", ["name", "problem", "targets", "methods", "budgets"])
def test_both_miss_what_is_missing(key, validator, loads):
    document = plain("quickstart")
    del document[key]
    assert (validator.is_valid(document), loads(document)) == (False, False)


def test_both_refuse_a_series_with_a_wrong_value(validator, loads):
    shared = {key: value for key, value in plain("quickstart").items() if key not in ("problem", "targets")}
    series = {**shared, "targets": ["marginal"], "problems": ["porous_electrode", {"kind": "burgers", "budgets": [50]}]}
    own = [{"kind": "burgers", "budgets": [50]}]
    assert (validator.is_valid(series), loads(series)) == (True, True)
    wrong = [
        {"problems": []},
        {"problems": "burgers"},
        {"problems": {"kind": "burgers"}},
        {"problems": [{"kind": "burgers", "label": 5}]},
        {"problems": [{"kind": "toys:Decay", "budgets": "five"}]},
        {"problems": own, "budgets": []},  # though no experiment has them
        {"problem": "burgers"},
    ]
    assert [each for each in wrong if validator.is_valid(series | each) or loads(series | each)] == []


def test_code_of_ones_own_may_have_any_name_that_python_takes(validator, loads):
    Path("größe_2.py").write_text("from toys import Decay\n\n\nclass Würfel(Decay):\n    pass\n")
    for kind, is_right in (("größe_2:Würfel", True), ("2größe:Würfel", False), ("größe-2:Würfel", False)):
        for problem in (kind, {"kind": kind}):
            document = changed("problem", problem)
            assert (validator.is_valid(document), loads(document)) == (is_right, is_right)


def test_what_no_schema_tells_apart_the_loader_refuses(validator, loads):
    for key, value in (("budgets", [2500.0]), ("ask", {"tolerance": math.nan}), ("ask", {"cost_per_run": [math.inf]})):
        assert (validator.is_valid(changed(key, value)), loads(changed(key, value))) == (True, False)


def test_what_the_schema_refuses_the_loader_refuses(validator, loads):
    counts = {"schema": 0, "loader": 0}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(documents())
    def holds(document):
        if not validator.is_valid(document):
            assert not loads(document)
            counts["schema"] += 1
        elif not loads(document):
            counts["loader"] += 1

    holds()
    assert counts["schema"] > 4 * counts["loader"] > 0, counts


def test_every_registered_member_is_described_with_its_bounds(schema):
    for group, name in (("networks", "mlp"), ("samplers", "heun"), ("problems", "burgers"), ("methods", "kde")):
        (found,) = [
            each
            for each in schema["$defs"][WHERE[group]]["oneOf"]
            if each.get("properties", {}).get("kind") == {"const": name}
        ]
        assert found["description"] == registry.load(group, name).__doc__.partition("\n\n")[0].replace("\n    ", " ")
        assert found["additionalProperties"] is False
    training = schema["$defs"]["Training"]["properties"]
    assert training["steps"] == {
        "type": "integer",
        "minimum": 1,
        "description": "minibatches at most.",
        "default": 10000,
    }
    assert training["held_out"] | {"description": ""} == {
        "type": "number",
        "exclusiveMinimum": 0,
        "exclusiveMaximum": 1,
        "description": "",
        "default": 0.05,
    }
