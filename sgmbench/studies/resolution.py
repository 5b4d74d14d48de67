"""How finely a sampler steps: by its field `steps`, or where its steps adapt by its field `tolerance`."""

from dataclasses import replace
from typing import Any

from sgmbench.diffusion.sampler import ReverseSampler

FINER = 10
FINEST = 1e-6  # tolerance: float32 has no more to give


def finer(sampler: Any) -> Any:
    """Ten times the steps, or a hundredth of the tolerance."""
    if is_adaptive(sampler):
        return replace(sampler, tolerance=max(sampler.tolerance / FINER**2, FINEST))
    return replace(sampler, steps=FINER * sampler.steps)


def at_evaluations(sampler: Any, evaluations: int) -> Any:
    """With as many steps as so many evaluations of the denoiser pay for; None where they pay for none."""
    steps = (evaluations - 1) // sampler.evaluations_a_step
    return replace(sampler, steps=steps) if steps else None


def setting(sampler: Any) -> str:
    """In words."""
    if is_adaptive(sampler):
        return f"tolerance {sampler.tolerance:g}"
    return f"{sampler.steps} step{'s' if sampler.steps > 1 else ''}"


def is_adaptive(sampler: ReverseSampler) -> bool:
    """Whether its steps adapt."""
    return sampler.evaluations is None
