from sgmbench.report.figures.style import color, figure, legend_below, marker


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
    assert len({(color(methods, each), marker(methods, each)) for each in methods}) == 20
