"""Where the numbers come from: version, commit, device, packages, seeds, and the checksum of each cell."""

from typing import Any

from sgmbench.report.page.markup import Markup, joined, listed, tag
from sgmbench.report.page.reported import Reported
from sgmbench.report.page.section import Section
from sgmbench.report.page.tables import Grid, html_of
from sgmbench.store.cache import content_of

SETTINGS = ("seed", "evaluation_seed", "replicates", "keep_samples", "samples_kept", "primary")
CELLS = "The checksum is of all that determines a cell: its resolved configuration, classes, data and precision."


def provenance_section(reported: Reported) -> Section:
    """Facts, warnings, and a table of cells."""
    record = reported.summary.record
    said = [f"warning: {warning}" for warning in record.get("warnings", ())]
    said += [f"left out: {method}: {why}" for method, why in record.get("left_out", {}).items()]
    parts = [facts_table([facts_of(reported)], [""]), listed(said, class_="held"), _cells(reported)]
    return Section("provenance", "Provenance", joined(parts))


def facts_of(reported: Reported) -> dict[str, str]:
    """What is known of a run, by name."""
    record = reported.summary.record
    configuration, environment = record["configuration"], dict(record.get("environment", {}))
    versions = environment.pop("versions", {})
    started = record.get("started", "")
    facts = {
        "experiment": reported.name,
        "run": reported.run,
        "problem": configuration.get("problem", {}).get("kind", ""),
        "started": f"{started[:4]}-{started[4:6]}-{started[6:8]} {started[9:11]}:{started[11:13]}:{started[13:15]} UTC",
        "status": record.get("status", ""),
        "schema": record.get("schema", ""),
        **environment,
        **{key: configuration.get(key) for key in SETTINGS},
        "data": record.get("data"),
        "configuration (SHA-256)": content_of(configuration),
        **{f"version of {name}": version for name, version in versions.items()},
    }
    return {name: _text(value) for name, value in facts.items() if value not in (None, "")}


def facts_table(runs: list[dict[str, str]], names: list[str]) -> Markup:
    """A row for each fact, a column for each run, which has its name above it where there are several."""
    head = tag("tr", tag("td"), *(tag("th", name, scope="col") for name in names)) if len(runs) > 1 else Markup()
    known = dict.fromkeys(name for facts in runs for name in facts)
    rows = joined(
        tag("tr", tag("th", name, scope="row"), *(tag("td", facts.get(name, ""), class_="long") for facts in runs))
        for name in known
    )
    table = tag("table", tag("tbody", head, rows))
    return tag("div", table, class_="scroll", tabindex=0, role="region", aria_label="Provenance")


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    return ", ".join(map(_text, value)) if isinstance(value, list) else str(value)


def _cells(reported: Reported) -> Markup:
    rows = [[each.name, each.status, each.validity, each.content] for each in reported.summary.results]
    grid = Grid("Cells", ("cell", "status", "validity", "SHA-256"), rows, frozenset(range(4)), caption=CELLS)
    return tag("details", tag("summary", f"{len(rows):,} cells and their checksums"), html_of(grid))
