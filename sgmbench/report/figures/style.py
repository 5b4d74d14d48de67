"""One look for all figures: color-blind-safe, the same color for a method everywhere, the same bytes every time."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from sgmbench.store.atomic import write_bytes

TRUTH = "#555555"
# Okabe and Ito's palette (2008), yellow left out for lack of contrast on white.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "osD^vP*"
HATCHES = ("", "...", "xxx", "ooo")
DASHES = ("-", "--", ":", "-.")
POINTS = 72  # an inch
HEAD = 10.0  # points, of the title of a figure

_SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "sgmbench",
    "svg.fonttype": "path",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "axes.formatter.limits": (-3, 4),
    "axes.formatter.use_mathtext": True,
}


def legend_below(drawing: Figure, panel: Axes) -> None:
    """The legend of one panel, for all of them, where it hides nothing, in as many columns as there is room for."""
    handles, labels = panel.get_legend_handles_labels()
    for columns in range(min(len(labels), 4), 0, -1):
        legend = drawing.legend(handles, labels, loc="outside lower center", ncols=columns, fontsize=8)
        if columns == 1 or legend.get_window_extent().width <= drawing.bbox.width:
            return
        legend.remove()


def head(drawing: Figure, words: str) -> None:
    """The title of a figure, in as many lines as it takes; of a name nothing is read as mathematics."""
    inches = 0.97 * float(drawing.get_size_inches()[0])
    drawing.suptitle(wrapped(words, inches=inches, size=HEAD), fontsize=HEAD, parse_math=False)


def literal(name: str) -> str:
    """A name as matplotlib shows it sign by sign: between two dollars it would read mathematics."""
    return name.replace("$", r"\$")


def wrapped(words: str, *, inches: float, size: float) -> str:
    """Words in lines that are no wider at a size in points; a word that is wider by itself is broken."""
    return "\n".join("\n".join(_lines(line, POINTS * inches, size)) for line in words.split("\n"))


def _lines(words: str, width: float, size: float) -> list[str]:
    lines = [""]
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}".lstrip(" ")
        if width_of(longer, size) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if width_of(lines[-1] + letter, size) > width:
                lines.append("")
            lines[-1] += letter
    return lines


def width_of(text: str, size: float) -> float:
    """Of a line of text in points."""
    return text_to_path.get_text_width_height_descent(text, FontProperties(size=size), ismath=False)[0]


@contextmanager
def figure(path: Path, *, size: tuple[float, float]) -> Iterator[Figure]:
    """A figure of `size` inches, written to `path` when the block ends."""
    with mpl.rc_context(_SETTINGS):
        drawing = Figure(figsize=size)
        yield drawing
        buffer = io.BytesIO()
        drawing.savefig(buffer, format="svg", metadata={"Date": None, "Creator": "sgmbench"})
    write_bytes(path, buffer.getvalue())


def color(methods: list[str], label: str) -> str:
    """The color of a method among those of its experiment."""
    return PALETTE[methods.index(label) % len(PALETTE)]


def marker(methods: list[str], label: str) -> str:
    """The marker of a method among those of its experiment; of two methods of one color it is not the same."""
    i = methods.index(label)
    return MARKERS[(i + i // len(PALETTE)) % len(MARKERS)]


def hatch(methods: list[str], label: str) -> str:
    """The hatch of a method's area among those of its experiment, "" of the first of each color."""
    return HATCHES[methods.index(label) // len(PALETTE) % len(HATCHES)]


def dash(methods: list[str], label: str) -> str:
    """The dashes of a method's line among those of its experiment, "-" of the first of each color."""
    return DASHES[methods.index(label) // len(PALETTE) % len(DASHES)]
