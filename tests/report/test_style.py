from itertools import pairwise

import pytest

from sgmbench.report.figures.style import color, dash, figure, hatch, legend_below, marker, width_of, wrapped


def columns_of(tmp_path, names):
    """Columns of the legend of these lines in a figure of 4.8 inches, and whether it is inside."""
    with figure(tmp_path / "a.svg", size=(4.8, 3.2)) as drawing:
        panel = drawing.subplots()
        for name in names:
            panel.plot([0, 1], label=name)
        legend_below(drawing, panel)
        (legend,) = drawing.legends
        box = legend.get_window_extent()
    return legend._ncols, box.width <= drawing.bbox.width


def test_a_legend_has_as_many_columns_as_fit(tmp_path):
    assert columns_of(tmp_path, ["a", "b", "c", "d", "e"]) == (4, True)
    assert columns_of(tmp_path, ["residual_bootstrap, mean", "residual_bootstrap, 95 %"] * 2) == (2, True)


def test_twenty_methods_are_told_apart_by_color_and_marker():
    methods = [f"m{i}" for i in range(20)]
    for shape in (marker, dash, hatch):
        assert len({(color(methods, each), shape(methods, each)) for each in methods}) == 20


def test_words_are_broken_at_spaces_into_lines_that_fit():
    words = "mean and standard deviation of concentration and potential"
    lines = wrapped(words, inches=1.5, size=10).split("\n")
    assert " ".join(lines) == words
    assert len(lines) > 2
    assert all(width_of(line, 10) <= 1.5 * 72 for line in lines)
    assert all(width_of(f"{line} {after.split()[0]}", 10) > 1.5 * 72 for line, after in pairwise(lines))


@pytest.mark.parametrize("words", ["short", "two\nlines"])
def test_what_fits_stays_as_it_is(words):
    assert wrapped(words, inches=3, size=10) == words


def test_a_word_that_is_wider_than_a_line_is_broken():
    lines = wrapped("a " + 60 * "m", inches=1, size=10).split("\n")
    assert "".join(lines[1:]) == 60 * "m"
    assert all(width_of(line, 10) <= 72 for line in lines)
