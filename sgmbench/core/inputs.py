"""What goes into a run: a standard normal vector, and the (z, xi) that the problem makes of it.

    (zeta, xi) ~ N(0, I_(p+m)),  z = T(zeta)      where z is drawn from the prior
    xi ~ N(0, I_m)                                at a condition z

At a condition a run of a stream has the xi that it has beside a z from the prior.
"""

from jaxtyping import Array, Float, Int, Key

from sgmbench.core.problem import Problem, transport
from sgmbench.core.rng import draw_normal


def dimension(problem: Problem, *, at_condition: bool) -> int:
    """k, the length of the standard normal vector behind a run."""
    return problem.germ_dimension + (0 if at_condition else len(problem.parameters))


def normal_of_run(
    problem: Problem, key: Key[Array, ""], index: Int[Array, ""], *, at_condition: bool
) -> Float[Array, " k"]:
    """The standard normal vector of run `index` of the stream `key`."""
    p = len(problem.parameters)
    return draw_normal(key, index, p + problem.germ_dimension)[p if at_condition else 0 :]


def parameters_and_germ(
    problem: Problem, normal: Float[Array, " k"], z: Float[Array, " given"], *, at_condition: bool
) -> tuple[Float[Array, " p"], Float[Array, " m"]]:
    """(z, xi) of a standard normal vector; z is the condition's where there is one."""
    p = len(problem.parameters)
    return (z, normal) if at_condition else (transport(problem, normal[:p]), normal[p:])


def check_dimension(problem: Problem, columns: int, *, at_condition: bool) -> None:
    """Refuses standard normal vectors of another length, by a ValueError."""
    if columns != (k := dimension(problem, at_condition=at_condition)):
        what = "xi alone" if at_condition else "zeta, then xi"
        raise ValueError(f"normal: rows of {columns} entries; a run of {type(problem).__name__} takes {k}, {what}")
