"""Platform: which kind of device all is computed on, chosen before the first computation.

The choice is left in the environment, too, where child processes find it.
"""

import os
from typing import Literal, get_args

import jax

from sgmbench.errors import UsageError

Platform = Literal["cpu", "gpu", "tpu"]


def use_platform(platform: Platform | None) -> None:
    """Computes there from now on; None leaves it to JAX.

    Where the choice is "cpu" no other device is looked for, so that accelerators are left to other processes.

    Raises:
        UsageError: there is no such device; names those that there are.
    """
    if platform is None:
        return
    _choose(platform)
    if not _is_here(platform):
        _choose(None)
        here = " or ".join(filter(_is_here, get_args(Platform)))
        raise UsageError(
            f"--platform {platform}: JAX finds no {platform} here; write {here}, or install JAX for {platform}"
        )


def _choose(platform: Platform | None) -> None:
    """By JAX's own settings."""
    settings = {"jax_platforms": "cpu" if platform == "cpu" else "", "jax_platform_name": platform or ""}
    for name, value in settings.items():
        jax.config.update(name, value)
        os.environ[name.upper()] = value


def _is_here(platform: Platform) -> bool:
    try:
        return bool(jax.devices(platform))
    except RuntimeError:
        return False
