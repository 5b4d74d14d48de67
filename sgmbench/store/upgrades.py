"""Upgrades: run.json of older versions as this version would have written it.

    1 -> 2    a representation is a list of transforms, and diffusion has a noise with its ends and a sampler with its
              steps: what was a mapping and what were numbers become these, of the same effect

Later files of schema 1 have them already.
"""

from collections.abc import Callable
from typing import Any

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


UPGRADES: dict[int, Callable[[Plain], Plain]] = {1: _to_2}
"""By the schema that each takes to the next."""

SCHEMA = 1 + max(UPGRADES)


def upgraded(record: Plain) -> Plain | None:
    """A record of any schema up to this one as one of this schema; None of another."""
    schema = record.get("schema")
    while schema in UPGRADES:
        record, schema = UPGRADES[schema](record), schema + 1
    return record | {"schema": SCHEMA} if schema == SCHEMA else None
