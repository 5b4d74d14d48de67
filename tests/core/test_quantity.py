"""The words for what is asked."""

import pytest

from sgmbench.core.experiment import Ask
from sgmbench.core.quantity import Quantity
from sgmbench.metrics.tail_probability import Threshold


@pytest.mark.parametrize(
    ("text", "statistic", "field", "level", "key", "part"),
    [
        ("mean", "mean", "", 0.0, "mean", "mean/f"),
        ("std", "sd", "", 0.0, "sd", "standard_deviation/f"),
        ("c.sd", "sd", "c", 0.0, "sd", "standard_deviation/f"),
        ("q0.975", "quantile", "", 0.975, "q0.975", "quantiles/f/0.975"),
        ("c.q.50", "quantile", "c", 0.5, "q0.5", "quantiles/f/0.5"),
        ("a.b.mean", "mean", "a.b", 0.0, "mean", "mean/f"),
        ("energy", "energy", "", 0.0, "", "energy/d2"),
    ],
)
def test_a_word_is_taken_apart(text, statistic, field, level, key, part):
    quantity = Quantity.parse(text)
    assert (quantity.statistic, quantity.field, quantity.level) == (statistic, field, level)
    assert (quantity.key, quantity.part("f")) == (key, part)


@pytest.mark.parametrize(
    "text",
    [
        "median",
        "c.energy",
        "q1.5",
        "c.q",
        "",
        ".mean",
        "mean.c",
        "P(c)",
        "P(>1)",
        "P(c>=1)",
        "P(0<c<1)",
        "P(c>inf)",
        "P(c>x)",
    ],
)
def test_what_is_no_quantity_is_refused_with_what_to_write(text):
    with pytest.raises(ValueError) as raised:  # noqa: PT011, word for word below
        Quantity.parse(text)
    assert str(raised.value) == (
        f"{text!r} is no quantity; write mean, sd, a quantile such as q0.975, one of them of a field as c.sd, a tail "
        "probability such as P(c>0.3), or energy"
    )


@pytest.mark.parametrize(
    ("text", "field", "key", "part", "event"),
    [
        ("P(c>0.3)", "c", "P above 0.3", "tail_probability/c/above 0.3", "c exceeds 0.3"),
        ("P(c<.1)", "c", "P below 0.1", "tail_probability/c/below 0.1", "c falls below 0.1"),
        ("P(c > -1e-3)", "c", "P above -0.001", "tail_probability/c/above -0.001", "c exceeds -0.001"),
        ("P(a.b (c)/d>2)", "a.b (c)/d", "P above 2", "tail_probability/a.b (c)/d/above 2", "a.b (c)/d exceeds 2"),
        ("P(c>-0)", "c", "P above 0", "tail_probability/c/above 0", "c exceeds 0"),
    ],
)
def test_a_tail_probability_is_of_any_field_and_is_named_as_its_metric_does(text, field, key, part, event):
    quantity = Quantity.parse(text)
    assert (quantity.statistic, quantity.field, quantity.key, quantity.event) == ("probability", field, key, event)
    assert quantity.part(field) == part
    side = {quantity.side: quantity.threshold}
    assert part == f"{quantity.metric}/{Threshold(field, **side).name}"
    assert Quantity.parse(quantity.of(field)) == quantity


def test_what_scores_a_probability_can_be_copied():
    assert Quantity.parse("P(c>0.3)").unscored(has_metric=False) == (
        "no metric scores P(c>0.3); write {kind: tail_probability, thresholds: [{field: c, above: 0.3}]} among the "
        "metrics"
    )
    assert Quantity.parse("P(c: d<0.3)").unscored(has_metric=True) == (
        'P(c: d<0.3) is of no threshold of the metric tail_probability; add {field: "c: d", below: 0.3} to its '
        "thresholds, as by --set 'metrics.tail_probability.thresholds=[{field: \"c: d\", below: 0.3}]'"
    )


def test_a_metric_of_another_label_is_named():
    assert Quantity.parse("P(c>0.3)").unscored(has_metric=True, elsewhere="tails") == (
        "P(c>0.3) is scored by the metric tails, and an ask reads the one labeled tail_probability; write "
        "label: tail_probability there"
    )


def test_the_level_of_nothing_is_no_quantile():
    with pytest.raises(ValueError, match=r"^'q0\.0' is no quantity; write a level above 0 and below 1$"):
        Quantity.parse("q0.0")


def test_an_ask_holds_quantities_only():
    assert Ask(quantities=("c.q0.5", "energy")).workers == 1
    with pytest.raises(ValueError, match=r"^'var' is no quantity; "):
        Ask(quantities=("mean", "var"))


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"tolerance": 1e-300}, "tolerance 1e-300 is finer than any run tells; write at least 1e-09"),
        ({"cost_per_run": ("measured", 1e300)}, r"cost_per_run 1e\+300 is beyond all use; write at most 1e\+12"),
        ({"conditions": (1, 10**15)}, r"conditions 1e\+15 is beyond all use; write at most 1e\+12"),
    ],
)
def test_an_ask_is_of_numbers_that_somebody_means(numbers, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        Ask(**numbers)
