"""Where the seconds of each method went, stacked: solver runs, compilation, training, sampling."""

from pathlib import Path

from matplotlib.ticker import MaxNLocator

from sgmbench.report.figures.style import PALETTE, figure, head, legend_below
from sgmbench.report.format import count, seconds
from sgmbench.report.summary import Line

PHASES = {
    "simulate": ("solver runs", PALETTE[0], ""),
    "compile": ("compilation", PALETTE[4], "///"),
    "train": ("training", PALETTE[1], "..."),
    "sample": ("sampling", PALETTE[2], "xxx"),
}


def draw_costs(path: Path, lines: list[Line], *, title: str) -> None:
    """A bar for each method at each budget, its total beside it; means over replicates, all conditions together."""
    with figure(path, size=(7.2, 0.9 + 0.26 * len(lines))) as drawing:
        panel = drawing.subplots()
        at, left = range(len(lines)), [0.0] * len(lines)
        for phase, (words, hue, pattern) in PHASES.items():
            width = [line.seconds.get(phase, 0.0) for line in lines]
            look = {"color": hue, "hatch": pattern, "edgecolor": "white", "linewidth": 0.0}
            panel.barh(at, width, left=left, height=0.72, label=words, **look)
            left = [a + b for a, b in zip(left, width, strict=True)]
        for y, total in zip(at, left, strict=True):
            panel.annotate(seconds(total), (total, y), (3, 0), textcoords="offset points", va="center", fontsize=8)
        panel.set_yticks(at, [f"{line.method}, {count(line.budget)}" for line in lines])
        panel.set(ylim=(len(lines) - 0.4, -0.6), xlim=(0, 1.12 * max([*left, 1e-9])))
        panel.set_xlabel("seconds")
        panel.xaxis.set_major_locator(MaxNLocator(6))
        panel.tick_params(axis="y", length=0)
        legend_below(drawing, panel)
        head(drawing, title)
