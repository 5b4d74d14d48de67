"""Upgrades: run.json and result.json of older versions as this version would have written them.

run.json

    1 -> 2    a representation is a list of transforms, and diffusion has a noise with its ends and a sampler with its
              steps: what was a mapping and what were numbers become these, of the same effect
    2 -> 3    a reference says how many runs are held out: none were
    3 -> 4    a reference says how many of its runs are kept: all were; and an experiment how long a cell may take

Later files of schemas 1 and 2 have these already.

result.json

    1 -> 2    what is held against a cell is no diagnostic any more: its chains' faults and copies of training runs are
              reasons, other traces of these and a mismatched start marks; what was not asked then is not known now
    2 -> 3    a cost says what a run and its gradient count as in runs: it was not measured
    3 -> 4    a cost has the operations of the method's programs: they were not counted; and of how many runs at once
              memory sufficed for no more: none was found out. What failed for want of something was final
    4 -> 5    a cost says how many others were at work on the machine: there were none
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sgmbench.core.findings import Findings, of_fit, of_method

Plain = dict[str, Any]


def _to_2(record: Plain) -> Plain:
    configuration = record.get("configuration", {})
    methods = [_sampler(_representation(method)) for method in configuration.get("methods", [])]
    return record | {"configuration": configuration | ({"methods": methods} if methods else {})}


def _representation(method: Plain) -> Plain:
    """Its own regression, modes unless switched off, and the scale of each."""
    old = method.get("representation")
    if not isinstance(old, dict):
        return method
    modes = {"kind": "karhunen_loeve", "lost_variance": old["lost_variance"], "modes": old["modes"]}
    transforms = [
        {"kind": "residual", "moments": old["moments"], "scale": True},
        *([modes] if old["karhunen_loeve"] else []),
        {"kind": "conditional_scale", "degree": old["mode_degree"]},
    ]
    return method | {"representation": transforms}


def _sampler(method: Plain) -> Plain:
    """eta was 0 for the probability flow."""
    if method["kind"] != "diffusion" or "sigma_max" not in method:
        return method
    kept = {name: value for name, value in method.items() if name not in ("sigma_max", "sigma_min", "steps", "eta")}
    noise = {"kind": "edm", "sigma_max": method["sigma_max"], "sigma_min": method["sigma_min"]}
    sampler = {"kind": "dpmpp_2m", "steps": method["steps"]}
    if method["eta"]:
        sampler |= {"kind": "dpmpp_2m_sde", "eta": method["eta"]}
    return kept | {"noise": noise, "sampler": sampler}


def _to_3(record: Plain) -> Plain:
    configuration = record.get("configuration", {})
    if not isinstance(reference := configuration.get("reference"), dict):
        return record
    return record | {"configuration": configuration | {"reference": {"held_out": None} | reference}}


def _to_4(record: Plain) -> Plain:
    configuration = record.get("configuration", {})
    if not isinstance(reference := configuration.get("reference"), dict):
        return record
    more = {"timeout": None} | configuration | {"reference": reference_of_all_runs(reference)}
    return record | {"configuration": more}


def reference_of_all_runs(reference: Plain) -> Plain:
    """The sizes of a reference of a time when there was no choice but to keep its runs; also of a baseline."""
    return {"held_out": None, "kept": None} | reference


def _result_to_2(result: Plain) -> Plain:
    """Of the methods of that time those that trained a network tell their steps; the others resample."""
    diagnostics = dict(result.get("diagnostics", {}))
    said: dict[str, list[str]] = {}
    for each in diagnostics.pop("invalid", []):
        condition, _, sentence = each.partition(": ")
        said.setdefault(condition, []).append(sentence)
    found: Findings = of_method(said) + of_fit(diagnostics, resamples="steps" not in diagnostics)
    return result | {"diagnostics": diagnostics, **asdict(found)}


def _result_to_3(result: Plain) -> Plain:
    return result | {"cost": {"runs_a_gradient": None} | result.get("cost", {})}


def _result_to_4(result: Plain) -> Plain:
    return {"is_outage": False} | result | {"cost": {"operations": None, "chunk": None} | result.get("cost", {})}


def _result_to_5(result: Plain) -> Plain:
    return result | {"cost": {"beside": 0} | result.get("cost", {})}


Upgrades = dict[int, Callable[[Plain], Plain]]
"""By the schema that each takes to the next."""

UPGRADES: Upgrades = {1: _to_2, 2: _to_3, 3: _to_4}
RESULT_UPGRADES: Upgrades = {1: _result_to_2, 2: _result_to_3, 3: _result_to_4, 4: _result_to_5}
SCHEMA, RESULT_SCHEMA = 1 + max(UPGRADES), 1 + max(RESULT_UPGRADES)


def is_newer(record: Any, upgrades: Upgrades = UPGRADES) -> bool:
    """Whether a file is of a schema that only a later version of sgmbench knows."""
    schema = record.get("schema") if isinstance(record, dict) else None
    return isinstance(schema, int) and schema > 1 + max(upgrades)


def refusal(record: Plain, upgrades: Upgrades = UPGRADES) -> str:
    """Why a file of another schema is not read, and what to do."""
    return (
        f"written by schema {record.get('schema')}, this version reads 1 to {1 + max(upgrades)}; use the version of "
        "sgmbench that wrote it, or run the experiment again"
    )


def upgraded(record: Plain, upgrades: Upgrades = UPGRADES) -> Plain | None:
    """A file of any schema up to this one as one of this schema; None of another."""
    schema, last = record.get("schema"), 1 + max(upgrades)
    while schema in upgrades:
        record, schema = upgrades[schema](record), schema + 1
    return record | {"schema": last} if schema == last else None
