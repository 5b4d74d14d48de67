"""A figure on the page: its SVG inside the page, and in words what it shows, with numbers."""

import base64
import re
from pathlib import Path

from sgmbench.report.page.markup import Markup, tag

NARROW = 400  # points: legible on a phone as it is
PIXELS = 4 / 3  # of a point


def drawing(path: Path, alt: str, *, caption: str = "") -> Markup:
    """The figure at `path`, nothing where it was not drawn.

    Args:
        path: an SVG file.
        alt: what it shows, for those who do not see it.
        caption: how it is read.
    """
    if not path.exists():
        return Markup()
    content = path.read_bytes()
    width, height = size_of(content)
    image = tag(
        "img",
        src=f"data:image/svg+xml;base64,{base64.b64encode(content).decode()}",
        alt=alt,
        width=round(PIXELS * width),
        height=round(PIXELS * height),
        class_="narrow" if width <= NARROW else None,
    )
    said = [tag("figcaption", caption)] if caption else []
    return tag("figure", tag("div", image, class_="scroll"), *said)


def size_of(svg: bytes) -> tuple[float, float]:
    """Width and height in points."""
    head = svg[: svg.index(b">", svg.index(b"<svg"))].decode()
    width, height = (re.search(rf'\b{side}="([\d.]+)pt"', head) for side in ("width", "height"))
    if width is None or height is None:
        raise ValueError(f"an SVG of matplotlib has a width and a height in pt; this one begins {head[:80]!r}")
    return float(width[1]), float(height[1])
