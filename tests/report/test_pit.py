"""Probability integral transforms: uniform, exactly, for a further draw of the law of the samples."""

from itertools import permutations

import numpy as np
import pytest
import xarray as xr

from sgmbench.report.figures.columns import places_of
from sgmbench.report.figures.pit import bins_of, draw_pit, intervals_of, pit_words, shares


def dataset(values, **beside):
    """A scalar q at one condition, and what stands beside its rows."""
    variables = {"q": (["condition", "sample"], np.asarray(values, float)[None], {"units": "W"})}
    variables |= {name: (["condition", "sample"], np.asarray(rows)[None]) for name, rows in beside.items()}
    return xr.Dataset(variables, {"condition": ["c1"]})


def intervals(true, found):
    (place,) = places_of(true, "c1")
    return intervals_of(true, found, place, "c1")


@pytest.mark.parametrize("draws", [(1, 2, 3, 4), (1, 2, 2, 5), (1, 1, 1, 2)])
def test_over_all_orders_of_exchangeable_draws_each_bin_has_its_share(draws):
    """One draw is true and three are samples; ties are exact, too. Bins need not be as many as ranks."""
    found = [of_first(*order) for order in permutations(draws)]
    low, high = (np.concatenate(ends) for ends in zip(*found, strict=True))
    for bins in (2, 4, 10):
        assert shares(low, high, bins) == pytest.approx(np.full(bins, 1 / bins))


def of_first(y, *x):
    """The interval of y; a second true value makes the field vary."""
    return [ends[:1] for ends in intervals(dataset([y, y + 9]), dataset(x))]


def test_each_held_out_run_is_ranked_among_the_samples_at_its_own_condition():
    """Rows in turns, as they are kept: of the first run 1, 3 and 5, of the second 20 and 40, of the third none."""
    true = dataset([4.0, 10.0, 7.0])
    found = dataset([1, 20, 3, 40, 5, np.nan], row_pair=[0, 1, 0, 1, 0, -1])
    low, high = intervals(true, found)
    assert low == pytest.approx([2 / 4, 0 / 3])
    assert high == pytest.approx([3 / 4, 1 / 3])
    assert bins_of((low, high)) == 4


def test_a_law_of_half_the_width_has_a_cup_of_three_fifths_in_the_outer_tenths():
    """Of a uniform law those below .25 + .05 and above .75 - .05."""
    true, narrow = dataset((np.arange(4000) + 0.5) / 4000), dataset(0.25 + (np.arange(999) + 0.5) / 1998)
    found = shares(*intervals(true, narrow), 10)
    assert found == pytest.approx([0.3, *[0.05] * 8, 0.3], abs=2e-3)
    assert bins_of(intervals(true, narrow)) == 10
    assert pit_words(true, {"narrow": narrow}, "c1") == (
        "of the true values of q [W] 60 % lie in the outer tenths of narrow; of a calibrated method's 20 %."
    )
    assert pit_words(true, {}, "c1") == ""


def test_without_a_method_nothing_is_drawn_and_with_one_the_same_bytes_again(tmp_path):
    rng, path = np.random.default_rng(0), tmp_path / "pit.svg"
    true, found = (dataset(rng.standard_normal(200)) for _ in range(2))
    draw_pit(path, true, {}, "c1", title="t", methods=["a"])
    assert not path.exists()
    drawn = []
    for _ in range(2):
        draw_pit(path, true, {"a": found}, "c1", title="t", methods=["a"])
        drawn.append(path.read_bytes())
    assert drawn[0] == drawn[1]
