"""Checks every shape and type annotation at run time: the hook must be in place before sgmbench is imported."""

import jaxtyping

FLOORS = ("core", "problems", "montecarlo", "surrogates", "diffusion", "learning", "metrics", "statistics")

jaxtyping.install_import_hook(
    [f"sgmbench.{floor}" for floor in FLOORS], "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))"
)
