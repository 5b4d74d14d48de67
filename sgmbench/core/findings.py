"""Findings: what is held against a cell, one function a reason, each a sentence with its numbers and the remedy.

A *reason* makes a cell invalid: its samples are not of the law that was asked for, or the truth that they are scored
against is not. Its scores stand in the table and win nothing. A *mark* leaves a cell valid and limits what may be
claimed from it.

    reason                  more than 1 % of the solver runs failed, beyond chance: what is left is another law
                            more than 1 % of a Generator's samples are no numbers
                            a training whose losses are no numbers
                            more than 1 % of copies of training runs, beyond chance and beyond what held-out runs show
                            chains that have not mixed (told by the method)
                            a reference worth fewer than 50 runs
    mark                    traces of training runs; sampling that begins where training did not end
                            coordinates far from the unit size that a training takes for granted
                            a training that no held-out loss has rewarded
                            a budget above a third of the reference, beyond which nothing is claimed
                            equivalent runs above (sigma/delta)^2, beyond which the solver itself errs more: training
                            runs and truth have this error alike, so that methods are compared soundly all the same

"Beyond chance" is a binomial test at 5 %: one failure among 20 runs says nothing about 1 %. Methods that give training
runs back by construction, such as kernel densities, are marked and not invalid: all know it of them.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scipy.stats import binom

MOST = 0.01  # share of failed runs, of lost samples and of copies
LEVEL = 0.05
FEWEST_RUNS = 50  # the smallest reference that can be written
CLAIMED = 3  # no equivalent runs above a third of the reference's runs are claimed
UNIT_SIZES = (0.3, 3.0)  # what passes for 1
LARGEST_KL = 0.01  # nats: a tenth of a standard deviation in one coordinate is half of it

COPIES, LEANS = "copies training runs", "leans on training runs"


@dataclass(frozen=True)
class Finding:
    """Something held against a cell.

    Attributes:
        name: of the reason, the same in every replicate.
        says: what was found and what to do, a sentence without its full stop.
        size: how grave it is; of several replicates the gravest is told.
    """

    name: str
    says: str
    size: float = 0.0


@dataclass(frozen=True)
class Findings:
    """All that is held against a cell: what makes it invalid, and what limits its claims."""

    reasons: tuple[Finding, ...] = ()
    marks: tuple[Finding, ...] = ()

    def __add__(self, other: "Findings") -> "Findings":
        return Findings(self.reasons + other.reasons, self.marks + other.marks)


NOT_RUN = Finding(
    "not run",
    "not run: its errors are those of as many independent runs on average, its time is what these would take",
)


def told(replicates: Sequence[Iterable[Finding]]) -> list[str]:
    """A sentence for each finding, the gravest of all replicates, and in how many of them where not in all."""
    every = [finding for found in replicates for finding in found]
    sentences = []
    for name in dict.fromkeys(finding.name for finding in every):
        those = [finding for finding in every if finding.name == name]
        worst = max(those, key=lambda finding: finding.size)
        count = f"in {len(those)} of {len(replicates)} replicates: " if len(those) < len(replicates) else ""
        sentences.append(f"{count}{worst.says}")
    return sentences


def failed_runs(failed: int, runs: int, *, of: str = "") -> list[Finding]:
    """Solver runs that gave no number, too many of them."""
    if not _exceeds(failed, runs):
        return []
    whose = f"{of}: " if of else ""
    return [
        Finding(
            f"failed runs {of}",
            f"{whose}{_share(failed, runs)} of the solver runs gave NaN or infinity, more than {MOST:.0%}: what is "
            "left is the law of the runs that succeed; narrow the prior, mend the solver, or leave such runs out of "
            "the data",
            failed / runs,
        )
    ]


def lost_samples(lost: int, samples: int) -> list[Finding]:
    """Samples of a Generator that are no numbers, too many of them."""
    if not _exceeds(lost, samples):
        return []
    said = (
        f"{_share(lost, samples)} of its samples are NaN or infinite, more than {MOST:.0%}: what is left is another "
        "law; train with a smaller learning rate, or sample in smaller steps"
    )
    return [Finding("lost samples", said, lost / samples)]


def diverged_training(diagnostics: dict[str, Any]) -> list[Finding]:
    """Losses at the end of training that are no numbers; they are null in JSON."""
    losses = diagnostics.get("losses", {})
    every = [loss for rows in ("training", "held_out") for loss in _as_list(losses.get(rows, []))]
    broken = sum(loss is None or not math.isfinite(loss) for loss in every)
    if not broken:
        return []
    said = f"training diverged: {broken} of {len(every)} losses are not finite; write a smaller learning_rate"
    return [Finding("diverged training", said, broken)]


def _as_list(losses: Any) -> list[Any]:
    """Losses by noise level; one alone is a list, too."""
    return losses if isinstance(losses, list) else [losses]


def training_runs_again(diagnostics: dict[str, Any], *, resamples: bool) -> Findings:
    """Training runs that come back: invalid where it is more than 1 % and no construction, else a mark."""
    found = diagnostics.get("memorization")
    if found is None or found["verdict"] not in (COPIES, LEANS):
        return Findings()
    verdict = found["verdict"]
    excess = (found["copies"] or 0.0) - (found["copies_held_out"] or 0.0)
    is_invalid = verdict == COPIES and excess > MOST and not resamples
    remedy = ", as it does by construction" if resamples else "; train on more runs, or for fewer steps"
    finding = Finding(verdict, f"{verdict}: {_numbers(found)}{_nearer(found)}{remedy}", _nearness(found, verdict))
    return Findings(reasons=(finding,)) if is_invalid else Findings(marks=(finding,))


def _numbers(found: dict[str, Any]) -> str:
    """A ratio that is no number is null in JSON."""
    copies = f"{100 * found['copies']:.1f} %"
    held_out = f"copies (held-out runs {100 * found['copies_held_out']:.1f} %)"
    if found["nearest_ratio"] is None or math.isnan(found["nearest_ratio"]):
        return f"{copies} of its samples are {held_out}"
    far = f"{found['nearest_ratio']:.2f} times as far from them as held-out runs"
    return f"its samples are {far}, and {copies} are {held_out}"


def _nearer(found: dict[str, Any]) -> str:
    """Told where training runs lie nearer to the samples than held-out runs do beyond chance."""
    p = found.get("membership")
    return f"; they lie nearer to training than to held-out runs (p = {p:.1g})" if p is not None and p < MOST else ""


def _nearness(found: dict[str, Any], verdict: str) -> float:
    """Of copies their share, else how near."""
    p = found.get("membership")
    return float(found["copies"]) if verdict == COPIES else -float(1.0 if p is None else p)


def mismatched_start(diagnostics: dict[str, Any]) -> list[Finding]:
    """Sampling that begins where training did not end."""
    kl = diagnostics.get("prior_kl") or 0.0
    if kl <= LARGEST_KL:
        return []
    said = f"sampling begins {kl:.2g} nats from where training ended; write more noise at the end, or initial: gaussian"
    return [Finding("mismatched start", said, kl)]


def strange_scale(diagnostics: dict[str, Any]) -> list[Finding]:
    """Coordinates that are far from the unit size that noise and network are made for."""
    low, high = diagnostics.get("coordinate_sizes") or (1.0, 1.0)
    if low >= UNIT_SIZES[0] and high <= UNIT_SIZES[1]:
        return []
    said = (
        f"its coordinates have standard deviations from {low:.2g} and root mean squares to {high:.2g}, outside of "
        f"{UNIT_SIZES[0]:g} to {UNIT_SIZES[1]:g}, and noise and network are made for 1; write standardize by field or "
        "by coordinate in representation, or leave representation out"
    )
    return [Finding("strange scale", said, max(high, 1 / low))]


def learned_nothing(diagnostics: dict[str, Any]) -> list[Finding]:
    """A training after which held-out losses were never below that of the untrained network, which is kept."""
    found = diagnostics.get("validation")
    if found is None or found["trained"] <= found["kept"]:
        return []
    said = (
        f"training bettered nothing: the held-out loss is {found['kept']:.3g} untrained and {found['trained']:.3g} at "
        "best after training, so the untrained network is kept; write a smaller learning_rate, or train on more runs"
    )
    return [Finding("learned nothing", said, found["trained"])]


def of_fit(diagnostics: dict[str, Any], *, resamples: bool) -> Findings:
    """What a fit says against itself."""
    marks = (*mismatched_start(diagnostics), *strange_scale(diagnostics), *learned_nothing(diagnostics))
    return Findings(tuple(diverged_training(diagnostics)), marks) + training_runs_again(
        diagnostics, resamples=resamples
    )


def of_method(said: Mapping[str, Sequence[str]]) -> Findings:
    """What a Sampler says against what it delivers, by condition."""
    return Findings(
        tuple(
            Finding(f"method at {c}, {i}", f"{c}: {each}") for c, every in said.items() for i, each in enumerate(every)
        )
    )


def small_reference(runs: int, conditions: int, *, at: str) -> list[Finding]:
    """n runs at each of K conditions resolve about n sqrt(K) equivalent runs, on average over these."""
    worth = runs * math.sqrt(conditions)
    if worth >= FEWEST_RUNS:
        return []
    each = f"at each of {conditions} conditions " if conditions > 1 else ""
    said = (
        f"the reference has {runs} runs {each}without failure ({at}), which tell about {worth:.0f} equivalent runs "
        f"apart, fewer than {FEWEST_RUNS}; write a larger reference"
    )
    return [Finding("small reference", said, -worth)]


def large_budget(budget: int, runs: int, conditions: int, *, at: str) -> list[Finding]:
    """A budget above what the reference lets be claimed."""
    claimed = int(runs * math.sqrt(conditions) / CLAIMED)
    if budget <= claimed:
        return []
    each = f"at each of {conditions} conditions " if conditions > 1 else ""
    said = (
        f"from the {runs:,} runs of the reference {each}({at}) no more than {claimed:,} equivalent runs are claimed, "
        f"fewer than the budget: whether anything is gained is not seen; write a reference {CLAIMED} times as large as "
        "the budget"
    )
    return [Finding("large budget", said, budget)]


def coarse_solver(field: str, delta: tuple[float, float], *, at: str, claimed: float) -> Findings:
    """The law's discretization error, from low to high in standard deviations of a field.

    Args:
        field: whose error is largest.
        delta: its interval.
        at: the condition.
        claimed: the most equivalent runs that the reference lets be claimed.
    """
    low, high = delta
    if not (high > 0 and high**-2 < claimed):
        return Findings()
    said = (
        f"the solver's discretization error of {field} is {low:.2g} to {high:.2g} sd ({at}): equivalent runs above "
        f"{high**-2:,.0f} may tell methods apart and nothing of the model; refine the solver, or claim no more"
    )
    return Findings(marks=(Finding("coarse solver", said, high),))


def _exceeds(count: int, of: int) -> bool:
    """Whether a share is above 1 % beyond chance."""
    return count > 0 and bool(binom.sf(count - 1, of, MOST) < LEVEL)


def _share(count: int, of: int) -> str:
    return f"{count / of:.1%} ({count:,} of {of:,})"
