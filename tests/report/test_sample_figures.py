"""What the figures of kept samples are made of: places, modes and spectra of laws that are known."""

import numpy as np
import pytest
import xarray as xr

from sgmbench.report.figures.columns import column, fields_of, places_of
from sgmbench.report.figures.distributions import distribution_words, thinned
from sgmbench.report.figures.maps import draw_maps
from sgmbench.report.figures.modes import mode_coordinates, mode_words
from sgmbench.report.figures.spectra import has_spectrum, powers

X = np.linspace(0.05, 0.95, 16)


def dataset(values, **beside):
    """A field c along x at one condition, and what stands beside its rows."""
    variables = {"c": (["condition", "sample", "x"], values[None], {"units": "V"})}
    variables |= {name: (["condition", "sample"], rows[None]) for name, rows in beside.items()}
    return xr.Dataset(variables, {"condition": ["c1"], "x": ("x", X, {"units": "m"})})


def test_a_place_is_where_a_field_varies_most_and_its_column_has_the_finite_rows():
    values = np.outer([3.0, 1.0, 2.0, np.nan], np.r_[np.ones(5), 4.0, np.ones(10)])
    found = dataset(values, row_weight=np.ones(4))
    (place,) = places_of(found, "c1")
    assert (place.index, place.label) == (5, f"c(x = {X[5]:.3g}) [V]")
    assert column(found, place, "c1").tolist() == [4.0, 8.0, 12.0]
    assert fields_of(found) == ["c"]
    assert places_of(dataset(np.ones((4, 16))), "c1") == []
    assert (
        distribution_words(found, {}, "c1")
        == "Quantiles 0.01 / 0.5 / 0.99 of c(x = 0.35) [V]: the truth 4.08 / 8 / 11.9."
    )


def test_thinned_ranks_are_symmetric_and_have_both_ends():
    for n in (1, 2, 7, 1000):
        ranks = thinned(n)
        assert (ranks[0], ranks[-1]) == (1, n)
        assert np.array_equal(np.sort(n + 1 - ranks), ranks)


def test_modes_of_the_truth_are_uncorrelated_with_unit_variance_and_a_wider_law_shows():
    """Three cosines of known sizes; a method with half of the second one's spread has sd 1, 0.5, 1 there."""
    rng = np.random.default_rng(0)
    shapes = np.array([np.cos(k * np.pi * X) for k in (1, 2, 3)])
    a = rng.standard_normal((400, 3))
    truth = dataset(a * [4.0, 2.0, 1.0] @ shapes)
    narrow = dataset((a * [1.0, 0.5, 1.0]) * [4.0, 2.0, 1.0] @ shapes)
    found = mode_coordinates(truth, {"narrow": narrow}, "c1")
    assert np.allclose(np.cov(found["truth"].T, bias=True), np.eye(3), atol=1e-10)
    assert found["narrow"].std(axis=0) == pytest.approx([1.0, 0.5, 1.0], abs=0.05)
    assert mode_words(found).startswith(
        "The truth has unit standard deviations and no correlation; narrow has standard deviations 1 / 0.5"
    )


def test_the_spectrum_of_a_cosine_is_one_mode_and_keeps_the_power():
    k, amplitudes = 3, np.array([1.0, -2.0, 0.5])
    rows = np.outer(amplitudes, np.cos(np.pi * k * (np.arange(16) + 0.5) / 16))
    found = powers(rows, np.zeros(16), 16)
    assert found[:, k] == pytest.approx(np.square(rows).sum(axis=1))
    assert np.delete(found, k, axis=1) == pytest.approx(0, abs=1e-20)


def test_a_spectrum_takes_a_uniform_axis_and_a_field_that_varies():
    rows = np.random.default_rng(0).standard_normal((5, 16))
    assert has_spectrum(dataset(rows), "c", "c1")
    assert not has_spectrum(dataset(np.ones((5, 16))), "c", "c1")
    assert not has_spectrum(dataset(rows).assign_coords(x=X**2), "c", "c1")


def test_maps_are_of_fields_with_two_axes_and_the_same_bytes_again(tmp_path):
    """The image of the mean has the mean in it: two data sets of one mean and one deviation give one picture."""
    rows = np.random.default_rng(0).standard_normal((6, 16, 16))
    axes = {"x": ("x", X, {"units": "m"}), "y": ("y", X, {"units": "m"})}
    first, mirrored = (
        xr.Dataset(
            {"u": (["condition", "sample", "x", "y"], values[None], {"units": "V"})}, {"condition": ["c1"], **axes}
        )
        for values in (rows, rows[::-1])
    )
    drawn = []
    for i, truth in enumerate((first, first, mirrored, dataset(rows[0]))):
        draw_maps(tmp_path / f"{i}.svg", truth, {}, "c1", title="", methods=[])
        drawn.append((tmp_path / f"{i}.svg").read_bytes() if (tmp_path / f"{i}.svg").exists() else None)
    assert drawn[0] == drawn[1] == drawn[2]
    assert drawn[0].count(b"<image") == 4  # mean and deviation, each with its scale of colors
    assert drawn[3] is None
