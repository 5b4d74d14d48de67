"""What fits say against themselves: training runs that come back, and sampling that begins where training did not end.

A fit with nothing against it is silent here; every number is in its result.json under `diagnostics`.
"""

from collections import defaultdict
from typing import Any

from sgmbench.core.result import Result
from sgmbench.report.format import count
from sgmbench.report.summary import Summary

SUSPECT = ("copies training runs", "leans on training runs")
LARGEST_KL = 0.01  # nats: a tenth of a standard deviation in one coordinate is half of it


def diagnostic_notes(summary: Summary) -> list[str]:
    """One line for each method and budget that something is held against."""
    groups: dict[tuple[str, str, int], list[Result]] = defaultdict(list)
    for result in summary.results:
        if result.diagnostics:
            groups[result.target, result.method, result.budget].append(result)
    said = []
    for (target, method, budget), results in groups.items():
        who = f"note: {target}, {method} at {count(budget)} runs"
        said += [f"{who}: {what}" for what in (_memorization(results), _terminal(results)) if what]
    return said


def _memorization(results: list[Result]) -> str:
    found = [result.diagnostics["memorization"] for result in results if "memorization" in result.diagnostics]
    for verdict in SUSPECT:
        if suspect := [each for each in found if each["verdict"] == verdict]:
            of = f" in {len(suspect)} of {len(found)} replicates" if len(found) > 1 else ""
            return f"{verdict}{of}: {_numbers(suspect)}{_nearer(suspect)}"
    return ""


def _numbers(suspect: list[dict[str, Any]]) -> str:
    """Of the nearest; a ratio that is no number is null in JSON."""
    worst = min(suspect, key=lambda each: each["nearest_ratio"] or 0.0)
    copies = f"{100 * worst['copies']:.1f} %"
    held_out = f"copies (held-out runs {100 * worst['copies_held_out']:.1f} %)"
    if worst["nearest_ratio"] is None:
        return f"{copies} of its samples are {held_out}"
    far = f"{worst['nearest_ratio']:.2f} times as far from them as held-out runs"
    return f"its samples are {far}, and {copies} are {held_out}"


def _nearer(suspect: list[dict[str, Any]]) -> str:
    """Told where training runs lie nearer to the samples than held-out runs do beyond chance."""
    smallest = min((each["membership"] for each in suspect if each.get("membership") is not None), default=1.0)
    return f"; they lie nearer to training than to held-out runs (p = {smallest:.1g})" if smallest < 0.01 else ""


def _terminal(results: list[Result]) -> str:
    largest = max((result.diagnostics.get("prior_kl") or 0.0 for result in results), default=0.0)
    if largest <= LARGEST_KL:
        return ""
    return (
        f"sampling begins {largest:.2g} nats from where training ended; "
        "write more noise at the end, or initial: gaussian"
    )
