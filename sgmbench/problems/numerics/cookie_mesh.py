"""A mesh of [0, 1]^2 that conforms to eight discs and a square, for quadratic isoparametric elements.

Nine cells |x - c|_inf <= H = 0.15 around c in {.2, .5, .8}^2 and a strip of width 0.05 along the boundary. A cell is a
square core and rings between concentric squares |x - c|_inf = rho, four quadrilaterals a ring:

    around a disc of radius r:  rho = 0.06, r / sqrt 2, H;    around the source (the middle cell):  rho = 0.1, H.

Every quadrilateral is halved `level` times in both directions and its nodes are then moved, with e = (x - c) / rho:

    a disc's cell     x + w(rho) (r a(e) - r / sqrt 2 e),  w the hat function that is 1 at rho = r / sqrt 2 only
                      and a the concentric map from the unit square's boundary to the unit circle, equal angles for
                      equal lengths (Shirley and Chiu, J. Graphics Tools 2, 1997);
    the middle cell   graded towards the corners of the source, distance s to s^1.5: there u behaves as s^2 log s, just
                      too little smoothness for order 4 in a functional on even meshes.

The moves vanish on the cells' boundaries, and are smooth on each of the first quadrilaterals.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float
from skfem import MeshQuad, MeshQuad2

RADIUS = 0.13
H = 0.15
SOURCE = 0.1  # half the side of the source square
CORE, POLYGON = 0.06, RADIUS / np.sqrt(2)
GRADING = 1.5
MIDDLE = np.array([0.5, 0.5])
DISCS = np.array([(x, y) for y in (0.2, 0.5, 0.8) for x in (0.2, 0.5, 0.8) if (x, y) != (0.5, 0.5)])
CORNERS = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])


def cookie_mesh(level: int) -> MeshQuad2:
    """The mesh, with subdomains `disc0` to `disc7` (row by row from below), `source`, and `background` for the rest.

    The background includes the source: it is all that no disc covers.
    """
    straight = _first_mesh().refined(level)
    subdomains = _subdomains(straight.p[:, straight.t].mean(axis=1))
    graded = MeshQuad2.from_mesh(MeshQuad(_grade(straight.p), straight.t))
    return MeshQuad2(_bend(graded.doflocs), graded.t).with_subdomains(subdomains)


def _first_mesh() -> MeshQuad:
    """The straight quadrilaterals of level 0."""
    cells = [(c, (CORE, POLYGON, H)) for c in DISCS] + [(MIDDLE, (SOURCE, H))]
    corners = np.array([*(quad for c, radii in cells for quad in _rings(c, radii)), *_strips()]).reshape(-1, 2)
    _, first, vertex = np.unique(corners.round(9), axis=0, return_index=True, return_inverse=True)
    return MeshQuad(np.ascontiguousarray(corners[first].T), np.ascontiguousarray(vertex.reshape(-1, 4).T))


def _rings(c: Float[np.ndarray, "2"], radii: tuple[float, ...]) -> list[Float[np.ndarray, "4 2"]]:
    """The core square of a cell and the quadrilaterals of its rings, corners counterclockwise."""
    quads = [c + radii[0] * CORNERS]
    for inner, outer in pairwise(radii):
        for a, b in zip(CORNERS, np.roll(CORNERS, -1, axis=0), strict=True):
            quads.append(c + np.array([outer * a, outer * b, inner * b, inner * a]))
    return quads


def _strips() -> list[Float[np.ndarray, "4 2"]]:
    """Rectangles between the cells and the boundary."""
    lines = [0.0, 0.05, 0.35, 0.65, 0.95, 1.0]
    spans = list(pairwise(lines))
    edge = (spans[0], spans[-1])
    return [
        np.array([(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])])
        for x in spans
        for y in spans
        if x in edge or y in edge
    ]


def _subdomains(centers: Float[np.ndarray, "2 n"]) -> dict[str, Any]:
    """Elements by subdomain, from their centers in the straight mesh."""
    inside = [np.abs(centers.T - c).max(axis=1) < POLYGON for c in DISCS]
    discs = {f"disc{i}": np.flatnonzero(each) for i, each in enumerate(inside)}
    source = np.flatnonzero(np.abs(centers.T - MIDDLE).max(axis=1) < SOURCE)
    return {**discs, "source": source, "background": np.flatnonzero(~np.any(inside, axis=0))}


def _grade(points: Float[np.ndarray, "2 n"]) -> Float[np.ndarray, "2 n"]:
    """The middle cell drawn towards the corners of the source square."""
    offset = points.T - MIDDLE
    rho, e = _polar(offset)
    t = np.clip((rho - SOURCE) / (H - SOURCE), 0, 1)
    core = SOURCE * _towards_ends(offset / SOURCE)
    ring = (SOURCE + (H - SOURCE) * t**GRADING) * ((1 - t) * _towards_ends(e) + t * e)
    return np.ascontiguousarray((MIDDLE + np.where(rho <= SOURCE, core, np.where(rho < H, ring, offset))).T)


def _towards_ends(s: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
    """[-1, 1] onto itself, points denser at both ends."""
    return np.sign(s) * (1 - (1 - np.minimum(np.abs(s), 1)) ** GRADING)


def _bend(points: Float[np.ndarray, "2 n"]) -> Float[np.ndarray, "2 n"]:
    """The inscribed squares rounded to circles."""
    moved = points.T.copy()
    for c in DISCS:
        rho, e = _polar(points.T - c)
        w = np.interp(rho[:, 0], (CORE, POLYGON, H), (0.0, 1.0, 0.0))[:, None]
        moved += w * (RADIUS * _to_circle(e) - POLYGON * e)
    return np.ascontiguousarray(moved.T)


def _polar(offset: Float[np.ndarray, "n 2"]) -> tuple[Float[np.ndarray, "n 1"], Float[np.ndarray, "n 2"]]:
    """rho = |offset|_inf, and offset / rho on the boundary of the unit square (0 at the origin)."""
    rho = np.abs(offset).max(axis=1, keepdims=True)
    return rho, offset / np.where(rho > 0, rho, 1)


def _to_circle(e: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
    """The concentric map of the unit square's boundary to the unit circle: sin of the shorter side's angle."""
    x, y = e.T
    on_x = np.abs(x) >= np.abs(y)
    angle = np.pi / 4 * np.where(on_x, y, x)
    long = np.where(on_x, x, y) * np.cos(angle)
    return np.stack([np.where(on_x, long, np.sin(angle)), np.where(on_x, np.sin(angle), long)], axis=1)
