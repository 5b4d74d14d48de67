"""The words for what is asked."""

import pytest

from sgmbench.core.experiment import Ask
from sgmbench.core.quantity import Quantity


@pytest.mark.parametrize(
    ("text", "statistic", "field", "level", "key", "part"),
    [
        ("mean", "mean", "", 0.0, "mean", "mean/f"),
        ("std", "sd", "", 0.0, "sd", "standard_deviation/f"),
        ("c.sd", "sd", "c", 0.0, "sd", "standard_deviation/f"),
        ("q0.975", "quantile", "", 0.975, "q0.975", "quantiles/f/0.975"),
        ("c.q.50", "quantile", "c", 0.5, "q0.5", "quantiles/f/0.5"),
        ("a.b.mean", "mean", "a.b", 0.0, "mean", "mean/f"),
        ("energy", "energy", "", 0.0, "energy", "energy/d2"),
    ],
)
def test_a_word_is_taken_apart(text, statistic, field, level, key, part):
    quantity = Quantity.parse(text)
    assert (quantity.statistic, quantity.field, quantity.level) == (statistic, field, level)
    assert (quantity.key, quantity.part("f")) == (key, part)


@pytest.mark.parametrize("text", ["median", "c.energy", "q1.5", "c.q", "", ".mean", "mean.c"])
def test_what_is_no_quantity_is_refused_with_what_to_write(text):
    with pytest.raises(ValueError) as raised:  # noqa: PT011, word for word below
        Quantity.parse(text)
    assert str(raised.value) == (
        f"{text!r} is no quantity; write mean, sd, a quantile such as q0.975, one of them of a field as c.sd, or energy"
    )


def test_the_level_of_nothing_is_no_quantile():
    with pytest.raises(ValueError, match=r"^'q0\.0' is no quantity; write a level above 0 and below 1$"):
        Quantity.parse("q0.0")


def test_an_ask_holds_quantities_only():
    assert Ask(quantities=("c.q0.5", "energy")).workers == 1
    with pytest.raises(ValueError, match=r"^'var' is no quantity; "):
        Ask(quantities=("mean", "var"))
