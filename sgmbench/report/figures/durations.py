"""An axis of seconds, marked at the durations that people have names for."""

from matplotlib.axis import Axis
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

NAMED = {
    1e-9: "1 ns",
    1e-6: "1 us",
    1e-3: "1 ms",
    1.0: "1 s",
    60.0: "1 min",
    3600.0: "1 h",
    86_400.0: "1 day",
    86_400.0 * 365.25: "1 year",
    86_400.0 * 365.25e3: "1,000 years",
}
BETWEEN = {
    1e-5: "10 us",
    1e-4: "100 us",
    1e-2: "10 ms",
    1e-1: "100 ms",
    10.0: "10 s",
    600.0: "10 min",
    36_000.0: "10 h",
    864_000.0: "10 days",
    86_400.0 * 100: "100 days",
    86_400.0 * 3652.5: "10 years",
    86_400.0 * 36525: "100 years",
}
FEW = 4


def label_durations(axis: Axis, low: float, high: float) -> None:
    """Ticks of a logarithmic axis from `low` to `high` seconds, closer ones where they would be few."""
    named = {value: name for value, name in NAMED.items() if low <= value <= high}
    if len(named) < FEW:
        named |= {value: name for value, name in BETWEEN.items() if low <= value <= high}
    axis.set_major_locator(FixedLocator(list(named)))
    axis.set_major_formatter(FixedFormatter(list(named.values())))
    axis.set_minor_locator(NullLocator())
