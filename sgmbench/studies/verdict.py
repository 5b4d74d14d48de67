"""Verdict: which part of a model's error is the largest, and what would mend it.

In D2 / mu, which is 1 / N_eq, what samples are off by as they are delivered is a sum over the rungs of the ladder,

    initialization    exact score, fine grid; counted under learning where there is no exact score
    learning          learned score, fine grid       less  exact score, fine grid
    discretization    learned score as it is used    less  learned score, fine grid
    calibration       calibrated samples             less  learned score as it is used

each rung scored against the same reference and made from the same noise.
"""

from typing import Any

import numpy as np

from sgmbench.diffusion.method import Diffusion
from sgmbench.studies.closeness import Closeness
from sgmbench.studies.resolution import finer, setting

EXACT = "exact samples"
EXACT_FINE = "exact score, fine grid"
EXACT_USED = "exact score, grid as used"
KERNEL = "kernel score of the training set"
LEARNED_FINE = "learned score, fine grid"
LEARNED_USED = "learned score, grid as used"
DELIVERED = "as delivered, calibrated"

GAP = 0.1  # of held-out loss above training loss: what a few hundred held-out rows may show by chance


def verdict(rungs: dict[str, Closeness], method: Diffusion, diagnostics: dict[str, Any]) -> str:
    """One sentence about the rungs of one condition."""
    if broken := [name for name, closeness in rungs.items() if np.isnan(closeness.d2)]:
        return f"none: {broken[0]} gave NaN or infinity"
    delivered = rungs.get(DELIVERED, rungs[LEARNED_USED])
    if delivered.equivalent.at_least:
        return f"nothing that this reference can resolve: samples are worth {worth(delivered)} runs"
    parts = contributions(rungs)
    largest = max(parts, key=lambda name: parts[name])
    sentences = {
        "initialization": _initialization,
        "learning": _learning,
        "discretization": _discretization,
        "calibration": _calibration,
    }
    return f"{largest} makes most of the error: {sentences[largest](rungs, method, diagnostics)}"


def contributions(rungs: dict[str, Closeness]) -> dict[str, float]:
    """D2 / mu of each part; parts that mend what others spoil are negative."""
    d2 = {name: closeness.d2 for name, closeness in rungs.items()}
    parts = {"discretization": d2[LEARNED_USED] - d2[LEARNED_FINE], "learning": d2[LEARNED_FINE]}
    if EXACT_FINE in d2:
        parts["initialization"] = d2[EXACT_FINE]
        parts["learning"] -= d2[EXACT_FINE]
    if DELIVERED in d2:
        parts["calibration"] = d2[DELIVERED] - d2[LEARNED_USED]
    return parts


def worth(closeness: Closeness) -> str:
    """Equivalent runs, in three digits."""
    runs = closeness.equivalent
    return f"{'at least ' if runs.at_least else ''}{float(f'{runs.value:.3g}'):,.10g}"


def _initialization(rungs: dict[str, Closeness], method: Diffusion, diagnostics: dict[str, Any]) -> str:
    return (
        f"on a fine grid the exact score is worth {worth(rungs[EXACT_FINE])} runs; a wider range of noise would mend "
        "it, more at the beginning of sampling or less at its end"
    )


def _discretization(rungs: dict[str, Closeness], method: Diffusion, diagnostics: dict[str, Any]) -> str:
    used, fine = setting(method.sampler), setting(finer(method.sampler))
    return (
        f"with {used} samples are worth {worth(rungs[LEARNED_USED])} runs, with {fine} {worth(rungs[LEARNED_FINE])}; "
        f"{'more steps' if 'step' in used else 'a smaller tolerance'} would mend it"
    )


def _calibration(rungs: dict[str, Closeness], method: Diffusion, diagnostics: dict[str, Any]) -> str:
    return (
        f"samples are worth {worth(rungs[DELIVERED])} runs with it, {worth(rungs[LEARNED_USED])} without; "
        "calibration: 0 would mend it"
    )


def _learning(rungs: dict[str, Closeness], method: Diffusion, diagnostics: dict[str, Any]) -> str:
    others = {EXACT_FINE: "the exact one", DELIVERED: "calibrated"}
    beside = "".join(f", {words} {worth(rungs[name])}" for name, words in others.items() if name in rungs)
    said = f"on a fine grid the learned score is worth {worth(rungs[LEARNED_FINE])} runs{beside}"
    steps, planned = diagnostics["steps"], diagnostics["planned_steps"]
    training, held_out = (float(np.mean(diagnostics["losses"][rows])) for rows in ("training", "held_out"))
    losses = f"its held-out loss of {held_out:.3g} is above the {training:.3g} of training"
    if steps < planned:
        early = f"training stopped early, at step {steps:,} of {planned:,}"
        return f"{said}; more runs would mend it: {early}{f', and {losses}' if held_out > training else ''}"
    if held_out > (1 + GAP) * training:
        return f"{said}; more runs would mend it: {losses}"
    return f"{said}; more training would mend it: it ran to its last step, {steps:,}, and did not overfit"
