"""Numbers and lists as people write them."""

from math import floor, log10


def count(value: float) -> str:
    """Three significant digits and thousands separators: 1250 -> 1,250; 24983 -> 25,000."""
    if value != value:
        return "-"
    if value < 1000:
        return f"{value:.3g}"
    digits = floor(log10(value)) - 2
    return f"{round(value / 10**digits) * 10**digits:,}"


def percent(value: float) -> str:
    """0.02 -> 2 %."""
    return f"{100 * value:.2g} %"


def seconds(value: float) -> str:
    """A duration in its natural unit."""
    for limit, unit, factor in ((1e-3, "us", 1e6), (1, "ms", 1e3), (120, "s", 1), (7200, "min", 1 / 60)):
        if value < limit:
            return f"{value * factor:.3g} {unit}"
    return f"{value / 3600:.3g} h"


def number(value: float, digits: int = 3) -> str:
    """A score with a few significant digits, without exponents where it can be."""
    if value != value:
        return "-"
    return f"{value:.{digits - 1}e}" if value and abs(value) < 1e-3 else f"{value:.{digits}g}"


def several(items: list[str]) -> str:
    """a, b and c."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
