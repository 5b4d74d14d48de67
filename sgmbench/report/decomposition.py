"""What is said of a decomposition: whose variance is how much epistemic, and which method finds that from few runs.

Equivalent runs are by the epistemic share: how many runs nested Monte Carlo needs for a mean square error as small,
with the number of runs at each z that serves it best (`statistics.share_variance`). Over fields the fewest count.

A Generator of N runs that is worth R > N costs less than nested Monte Carlo from (its seconds) / (R - N) a run on; R is
the lower end of its interval over replicates, where there is one.
"""

from math import ceil, log10
from typing import Any

import numpy as np
from rich.table import Table

from sgmbench.report.format import count, percent, seconds, several, together
from sgmbench.report.frame import framed
from sgmbench.report.summary import Line, Summary, TargetSummary
from sgmbench.report.worth import BY_SHARE
from sgmbench.statistics.equivalent_runs import EquivalentRuns

SHARE, LAW = "variance_shares/{}/share", "exceedance_law/{}"


def decomposition(target: TargetSummary) -> str:
    """The shares, the probabilities over z, and what the best Generator and the Samplers are worth."""
    truth = _truth(target)
    sentences = [_shares(truth), *_events(truth), _from_runs(target, truth)]
    usable = [line for line in target.lines if line.is_usable and _worst(line)]
    generators = [line for line in usable if line.kind == "generator"]
    samplers = {line.method: line for line in sorted(usable, key=lambda li: li.budget) if line.kind == "sampler"}
    best = max(generators, key=lambda line: _value(line), default=None)
    told = [_told(target, line) for line in [*([best] if best else []), *samplers.values()]]
    if told:
        sentences.append(f"By the share, {several(told)}.")
    return " ".join([*sentences, *_costs(generators)])


def table_of_decomposition(summary: Summary, target: TargetSummary) -> Table:
    """Every method's epistemic share of each field beside the true one, and its law of the probabilities over z."""
    truth = _truth(target)
    fields, events = list(truth["shares"]), list(truth["events"])
    title = f"{summary.record['configuration']['name']}: {target.name} ({truth['values_of_z']:,} z of the truth)"
    table = framed(title, _caption(summary, fields, events))
    table.add_column("method", no_wrap=True)
    for name in ("runs", "epistemic", "N_eq", *(["W1"] if events else []), "train", "a sample"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in target.lines:
        table.add_row(*_row(line, truth))
    true = _lines(["{} ({}-{})".format(*_percents(each)) for each in truth["shares"].values()])
    floor = [together(target.floor(LAW.format(event)) for event in events)] if events else []
    size = next(iter(target.conditions.values()))["size"]
    table.add_row("truth, and floor of W1", count(size), true, "", *floor, "", "", style="dim")
    return table


def _truth(target: TargetSummary) -> dict[str, Any]:
    return next(iter(target.conditions.values()))["decomposition"]


def _shares(truth: dict[str, Any]) -> str:
    said = []
    for field, each in truth["shares"].items():
        share, low, high = _percents(each)
        said.append(f"{share} of the variance of {field} is epistemic (from {low} to {high})")
    return f"{several(said)}; the rest is aleatoric." if said else "no field varies."


def _events(truth: dict[str, Any]) -> list[str]:
    """P(y > t) and how it differs from z to z."""
    said = [
        f"P({name.replace('/', ' ')}) is {percent(each['probability'])}, with a standard deviation of "
        f"{percent(each['sd'])} from z to z"
        for name, each in truth["events"].items()
    ]
    return [f"{several(said)}."] if said else []


def _from_runs(target: TargetSummary, truth: dict[str, Any]) -> str:
    size = next(iter(target.conditions.values()))["size"]
    asked = size // truth["inner"]
    failed = asked - truth["values_of_z"]
    lost = f" (at {failed:,} of them all failed)" if failed else ""
    return f"These are of {count(size)} runs, {truth['inner']:,} at each of {asked:,} z{lost}."


def _told(target: TargetSummary, line: Line) -> str:
    field, runs = _worst_of(line)
    errors = line.errors.get(SHARE.format(field), {})
    said = f" (it finds {_found(_truth(target), field, errors)} of {field})" if errors else ""
    return f"{line.method} from {count(line.budget)} runs is worth {_runs(runs)} of nested Monte Carlo{said}"


def _costs(generators: list[Line]) -> list[str]:
    """From which cost of a run on each Generator costs less than nested Monte Carlo for the same share, if ever."""
    pays, never = [], []
    for line in generators:
        saved = _surely(_worst_of(line)[1]) - line.budget
        who = f"{line.method} from {count(line.budget)} runs"
        if saved > 0:
            pays.append(f"{who} from {seconds(sum(_own_seconds(line)) / saved)} a run on")
        else:
            never.append(who)
    said = [f"Nested Monte Carlo of the same error costs more than {several(pays)}."] if pays else []
    return said + ([f"Nested Monte Carlo costs less than {several(never)}, whatever a run costs."] if never else [])


def _surely(runs: EquivalentRuns) -> float:
    return float(np.nan_to_num(runs.value if runs.low is None else runs.low))


def _own_seconds(line: Line) -> list[float]:
    """Beyond solver runs: compilation, training and sampling."""
    return [line.seconds.get(phase, 0.0) for phase in ("compile", "train", "sample")]


def _found(truth: dict[str, Any], field: str, errors: dict[str, float]) -> str:
    """The epistemic share that a method finds, from its mean error over replicates."""
    known = truth["shares"][field]
    return _percents(known | {"share": known["share"] + next(iter(errors.values()))})[0] if errors else "-"


def _percents(known: dict[str, Any]) -> list[str]:
    """A share and the ends of its interval in percent, to the digit that its standard error begins with."""
    digits = max(0, ceil(-log10(100 * known["standard_error"]))) if known["standard_error"] > 0 else 0
    return [f"{100 * known[name]:.{digits}f} %" for name in ("share", "low", "high")]


def _row(line: Line, truth: dict[str, Any]) -> list[str]:
    events = truth["events"]
    if line.failed == line.replicates:
        return [line.method, count(line.budget), "failed", *([""] * (4 if events else 3))]
    found = [_found(truth, field, line.errors.get(SHARE.format(field), {})) for field in truth["shares"]]
    law = [together(line.median_error(LAW.format(event)) for event in events)] if events else []
    train = seconds(line.seconds["train"]) if line.kind == "generator" else ""
    warm = line.seconds_a_sample if line.kind == "generator" else line.seconds["simulate"] / line.solver_runs
    mark = f" ({line.failed} of {line.replicates} failed)" if line.failed else " (invalid)" if line.invalid else ""
    worth = _interval(runs) if (runs := _worst(line)) else "-"
    return [line.method + mark, count(line.budget), _lines(found), worth, *law, train, seconds(warm)]


def _by_field(line: Line) -> dict[str, EquivalentRuns]:
    """Equivalent runs by the share of each field."""
    return {
        part.removeprefix(BY_SHARE): next(iter(by.values()))
        for part, by in line.equivalent.items()
        if part.startswith(BY_SHARE)
    }


def _worst_of(line: Line) -> tuple[str, EquivalentRuns]:
    """The field of which a method is worth the fewest runs, and these."""
    return min(_by_field(line).items(), key=lambda item: np.nan_to_num(item[1].value))


def _worst(line: Line) -> EquivalentRuns | None:
    return _worst_of(line)[1] if _by_field(line) else None


def _value(line: Line) -> float:
    return float(np.nan_to_num(_worst_of(line)[1].value))


def _runs(runs: EquivalentRuns) -> str:
    return f"{'at least ' if runs.at_least else ''}{count(runs.value)} runs"


def _interval(runs: EquivalentRuns) -> str:
    said = f"{'>' if runs.at_least else ''}{count(runs.value)}"
    return said if runs.low is None or runs.high is None else f"{said}\n{count(runs.low)}-{count(runs.high)}"


def _lines(items: list[str]) -> str:
    return "\n".join(items)


def _caption(summary: Summary, fields: list[str], events: list[str]) -> str:
    replicates = summary.record["configuration"]["replicates"]
    over = f"under it its 95 % t-interval over {replicates} replicates" if replicates > 1 else "one replicate"
    law = f" W1: of the law over z of P({several([event.replace('/', ' ') for event in events])})." if events else ""
    of = f" of {several(fields)}" if fields else ""
    return (
        f"Epistemic: share of the variance{of} that varies with z, the mean over replicates. N_eq: runs of nested "
        f"Monte Carlo, at its best number a z, with as small an error of it; {over}.{law}\n"
        f"{summary.record['environment']['device']}, {summary.record['started'][:8]}."
    )
