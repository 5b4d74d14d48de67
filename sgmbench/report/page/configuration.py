"""The YAML that repeats the run: every value written out, so that no default of a later version changes it."""

from typing import Any

import yaml

from sgmbench.report.page.markup import joined, tag
from sgmbench.report.page.reported import Reported
from sgmbench.report.page.section import Section

FIRST = ("kind", "label", "name", "problem", "targets", "methods", "budgets", "replicates", "metrics", "ask")
SAID = "Saved as experiment.yaml it is run again by sgmbench run experiment.yaml, with the same seeds."


def configuration_section(reported: Reported) -> Section:
    """The resolved configuration."""
    text = yaml_of(reported.summary.record["configuration"])
    code = tag("pre", tag("code", text), tabindex=0, role="region", aria_label="Configuration")
    return Section("configuration", "Configuration", joined([tag("p", SAID), code]))


def yaml_of(configuration: dict[str, Any]) -> str:
    """As YAML, what matters most first."""
    return yaml.safe_dump(_ordered(configuration), sort_keys=False, allow_unicode=True, width=100)


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (FIRST.index(key) if key in FIRST else len(FIRST), key))
        return {key: _ordered(value[key]) for key in keys}
    return [_ordered(item) for item in value] if isinstance(value, list) else value
