"""Why a network does not fit coordinates, and which networks do."""

from sgmbench.learning.geometry import Geometry

FITTING = {1: "film_conv, unet1d, fno or mlp", 2: "unet2d, fno or mlp"}


def without_grid(name: str, geometry: Geometry, dimensions: tuple[int, ...]) -> str | None:
    """The refusal of coordinates that are no fields on a grid of so many dimensions; None where they are."""
    if len(geometry.grid) in dimensions:
        return None
    wanted = " or ".join(f"{dimension}-D" for dimension in dimensions)
    if not geometry.grid:
        found = f"{'at most ' * geometry.at_most}{geometry.size} coordinates without a grid"
        remedy = "write network: mlp"
    else:
        points = " x ".join(map(str, geometry.grid))
        found = f"fields on a {len(geometry.grid)}-D grid, {points} points"
        remedy = f"write network: {FITTING.get(len(geometry.grid), 'mlp')}"
    return f"{name} needs fields on a {wanted} grid; these are {found} ({remedy})"


def require_odd(kernel: int) -> None:
    """Raises ValueError for a kernel that has no center."""
    if kernel % 2 == 0:
        raise ValueError(f"kernel: {kernel} is not odd; write {kernel - 1} or {kernel + 1}")
