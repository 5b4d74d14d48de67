"""What is said of a conditional target that was scored over held-out pairs: a table, and the ranking in a sentence."""

from typing import Any

from rich.table import Table

from sgmbench.report.format import count, seconds, several, together
from sgmbench.report.frame import framed
from sgmbench.report.standings import ENERGY_SCORE, Standing
from sgmbench.report.summary import Line, Summary, TargetSummary

CRPS = "crps"


def table_of_pairs(summary: Summary, target: TargetSummary) -> Table:
    """Every method, best first, and what ignoring the conditions scores."""
    fields = _fields(target)
    title = f"{summary.record['configuration']['name']}: {target.name} ({_over(target)})"
    table = framed(title, _caption(summary, fields, _why(target)))
    table.add_column("method", no_wrap=True)
    for name in ("runs", "energy score", "behind the best", *(["CRPS"] if fields else []), "train", "a sample"):
        table.add_column(name, justify="right", no_wrap=True)
    for line, standing in _ranked(target):
        table.add_row(*_row(line, standing, fields))
    ignored = climatology(target)
    if ENERGY_SCORE in ignored:
        crps = [together(ignored[CRPS][field] for field in fields)] if fields else []
        table.add_row("conditions ignored", "", f"{ignored[ENERGY_SCORE]['all']:.3g}", "", *crps, "", "", style="dim")
    return table


def ranking(target: TargetSummary) -> str:
    """Who is best, who cannot be told from it, who is behind by how much; and why there are no equivalent runs."""
    if not target.standings:
        good = any(line.is_usable for line in target.lines)
        return f"no answer, since {f'{ENERGY_SCORE} is not among the metrics' if good else target.without_good}."
    best, *others = target.standings
    ignored = climatology(target)[ENERGY_SCORE]["all"]
    near = [_named(standing) for standing in others if not standing.is_told_apart]
    far = [_named(standing) for standing in others if standing.is_told_apart]
    sentences = [
        f"{_over(target)}, {best.method} from {count(best.budget)} runs has the best energy score, {best.score:.3g} "
        f"({ignored:.3g} where the conditions are ignored)."
    ]
    if near:
        sentences.append(f"Not told apart from it: {several(near)}.")
    if far:
        sentences.append(f"Behind it: {several(far)}.")
    return " ".join([*sentences, f"No equivalent runs and no costs can be given, because {_why(target)}."])


def climatology(target: TargetSummary) -> dict[str, dict[str, float]]:
    """The scores of a sampler that ignores the conditions."""
    return _truth(target)["climatology"]


def _over(target: TargetSummary) -> str:
    different = _truth(target)["different_conditions"]
    where = "each at its own condition" if different == target.pairs else f"at {different:,} different conditions"
    return f"over {target.pairs:,} held-out runs, {where}"


def _why(target: TargetSummary) -> str:
    """Why there are no equivalent runs."""
    if _truth(target)["different_conditions"] == target.pairs:
        return "no condition repeats: each held-out run is the only one at its condition"
    return "held-out runs are scored one by one, not as the law of those at one condition"


def _truth(target: TargetSummary) -> dict[str, Any]:
    return next(iter(target.conditions.values()))


def _fields(target: TargetSummary) -> list[str]:
    return list(climatology(target).get(CRPS, {}))


def _ranked(target: TargetSummary) -> list[tuple[Line, Standing | None]]:
    """Lines by rank, then those without one in the order of the configuration."""
    rank = {(standing.method, standing.budget): standing for standing in target.standings}
    lines = {(line.method, line.budget): line for line in target.lines}
    return [(lines[key], rank.get(key)) for key in [*rank, *(key for key in lines if key not in rank)]]


def _row(line: Line, standing: Standing | None, fields: list[str]) -> list[str]:
    if line.failed == line.replicates:
        return [line.method, count(line.budget), "failed", "", *([""] if fields else []), "", ""]
    mark = f" ({line.failed} of {line.replicates} failed)" if line.failed else " (invalid)" if line.invalid else ""
    score = [f"{standing.score:.3g}", _behind(standing)] if standing else [_unranked(line), ""]
    crps = [together(line.median_error(f"{CRPS}/{field}") for field in fields)] if fields else []
    times = [seconds(line.seconds["train"]), seconds(line.seconds_a_sample)]
    return [line.method + mark, count(line.budget), *score, *crps, *times]


def _unranked(line: Line) -> str:
    """The score of an invalid method stands, and has no rank."""
    score = line.median_error(f"{ENERGY_SCORE}/all")
    return "-" if score != score else f"{score:.3g}"


def _behind(standing: Standing) -> str:
    return f"{standing.behind:.2g} +- {standing.standard_error:.1g}" if standing.behind else "best"


def _named(standing: Standing) -> str:
    return f"{standing.method} from {count(standing.budget)} runs ({_behind(standing)})"


def _caption(summary: Summary, fields: list[str], why: str) -> str:
    crps = f", and CRPS of {several(fields)}" if fields else ""
    return (
        f"Energy score of all fields (field L2){crps}, in standard deviations: less is better, and exact samples do "
        "not score 0. Behind the best: mean difference over the held-out runs and its paired standard error. No "
        f"equivalent runs, since {why}.\n"
        f"{summary.record['environment']['device']}, {summary.record['started'][:8]}."
    )
