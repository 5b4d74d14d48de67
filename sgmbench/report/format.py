"""Numbers and lists as people write them."""

from collections.abc import Iterable
from math import floor, log10


def count(value: float) -> str:
    """Three significant digits and thousands separators: 1250 -> 1,250; 24983 -> 25,000."""
    if value != value:
        return "-"
    if value < 999.5:
        return f"{value:.3g}"
    digits = floor(log10(value)) - 2
    return f"{round(value / 10**digits) * 10**digits:,}"


def percent(value: float) -> str:
    """0.02 -> 2 %."""
    scaled = 100 * value
    return f"{scaled:.2g} %" if scaled < 99.5 else f"{scaled:,.0f} %"


def seconds(value: float) -> str:
    """A duration in its natural unit."""
    for limit, unit, factor in ((0.9995e-3, "us", 1e6), (0.9995, "ms", 1e3), (120, "s", 1), (7200, "min", 1 / 60)):
        if value < limit:
            return f"{value * factor:.3g} {unit}"
    return f"{value / 3600:.3g} h"


def short(value: float) -> str:
    """A score in two or three digits, without a leading zero: .028, 1.02, 13."""
    if value != value:
        return "-"
    text = f"{value:.3f}" if value < 0.1 else f"{value:.2f}" if value < 10 else f"{value:.0f}"
    return text.lstrip("0") if value < 1 else text


def several(items: list[str]) -> str:
    """a, b and c."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def together(scores: Iterable[float]) -> str:
    """The scores of all fields side by side, or below each other where there are many."""
    texts = [short(score) for score in scores]
    return (" " if len(texts) <= 2 else "\n").join(texts)
