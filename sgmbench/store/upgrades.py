"""Upgrades: run.json and result.json of older versions as this version would have written them.

run.json

    1 -> 2    a representation is a list of transforms, and diffusion has a noise with its ends and a sampler with its
              steps: what was a mapping and what were numbers become these, of the same effect
    2 -> 3    a reference says how many runs are held out: none were

Later files of schemas 1 and 2 have these already.

result.json

    1 -> 2    what is held against a cell is no diagnostic any more: its chains' faults and copies of training runs are
              reasons, other traces of these and a mismatched start marks; what was not asked then is not known now
    2 -> 3    a cost says what a run and its gradient count as in runs: it was not measured
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


Upgrades = dict[int, Callable[[Plain], Plain]]
"""By the schema that each takes to the next."""

UPGRADES: Upgrades = {1: _to_2, 2: _to_3}
RESULT_UPGRADES: Upgrades = {1: _result_to_2, 2: _result_to_3}
SCHEMA, RESULT_SCHEMA = 1 + max(UPGRADES), 1 + max(RESULT_UPGRADES)


def upgraded(record: Plain, upgrades: Upgrades = UPGRADES) -> Plain | None:
    """A file of any schema up to this one as one of this schema; None of another."""
    schema, last = record.get("schema"), 1 + max(upgrades)
    while schema in upgrades:
        record, schema = upgrades[schema](record), schema + 1
    return record | {"schema": last} if schema == last else None
