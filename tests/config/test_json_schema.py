"""The JSON Schema takes every shipped configuration, and refuses what the loader refuses of single fields."""

from copy import deepcopy
from pathlib import Path

import pytest

from sgmbench import registry
from sgmbench.config.document import read
from sgmbench.config.json_schema import DRAFT, json_schema

jsonschema = pytest.importorskip("jsonschema")
WHERE = {"networks": "networks", "samplers": "samplers", "problems": "problems", "methods": "MethodEntry"}
CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))


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


def refused(validator, name, change):
    document = deepcopy(plain(name))
    change(document)
    return not validator.is_valid(document)


def test_what_the_loader_refuses_of_single_fields_is_refused(validator):
    changes = {
        "a misspelled key": lambda d: d.update(budget=d.pop("budgets")),
        "a misspelled setting": lambda d: d["methods"][2]["training"].update(step=5),
        "an unknown problem": lambda d: d.update(problem="porous_electrodes"),
        "another class's setting": lambda d: d["methods"].append({"kind": "gaussian", "training": {"steps": 5}}),
        "a number below its bound": lambda d: d.update(replicates=0),
        "text for a number": lambda d: d.update(seed="7"),
        "an empty list": lambda d: d.update(budgets=[]),
        "a missing key": lambda d: d.pop("name"),
        "an unknown choice": lambda d: d.update(keep_samples="some"),
        "both a problem and a list": lambda d: d.update(problems=["burgers"]),
    }
    assert [what for what, change in changes.items() if not refused(validator, "quickstart", change)] == []


def test_what_the_loader_takes_is_taken(validator):
    changes = [
        lambda d: d.update(problem={"kind": "my_module:MyProblem", "anything": 1}),
        lambda d: d["methods"].append("my_module:MyMethod"),
        lambda d: d.update(ask=[d["ask"], d["ask"]]),
        lambda d: d["methods"].append({"kind": "kde", "label": "other", "budgets": [5]}),
    ]
    assert [refused(validator, "quickstart", change) for change in changes] == [False] * len(changes)


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
