"""Operations: how many numbers a program computes, counted on what is written, before it is compiled.

A program is a list of equations (a jaxpr), some with programs inside. One equation counts

    dot_general, convolution     2 k for each number of the result, k the terms of its sum
    fft                          5 n log2 n for each transform of length n
    sort                         n log2 n for each row
    cholesky, lu, qr, eigh, svd  c m n min(m, n) for each matrix of m x n, c of `FACTORIZATIONS`
    triangular_solve             n^2 for each right-hand side
    scan                         its body, as often as it is long
    while                        its condition and body once: how often is known to no one before
    cond                         the dearest of its branches
    moves                        nothing: shapes, parts, copies, types, constants
    anything else                one for each number of its largest operand or result

No compiler has a say in it: it is the same number on every processor and in every run, as long as the packages that
write programs are the same. What a compiler would leave out is counted too. XLA's own count (`cost_analysis`) takes
the body of a scan once, however long it is, so that twice as many steps of a solver or of a training cost the same
there; nor does it know what LAPACK does (a triangular solve is -1), and what it fuses depends on the processor.

Source: G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th edition (2013), for the factorizations and fft.
"""

import math
from collections.abc import Callable
from typing import Any

from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn

Program = Jaxpr | ClosedJaxpr

FACTORIZATIONS = {"cholesky": 1 / 3, "lu": 2 / 3, "qr": 4 / 3, "householder_product": 4 / 3, "eigh": 9.0, "svd": 20.0}

MOVES = {
    *("bitcast_convert_type", "broadcast_in_dim", "concatenate", "convert_element_type", "copy", "copy_p"),
    *("create_token", "device_put", "dynamic_slice", "dynamic_update_slice", "empty", "empty2", "gather", "iota"),
    *("name", "optimization_barrier", "pad", "platform_index", "random_unwrap", "random_wrap", "reshape", "reshard"),
    *("rev", "sharding_constraint", "slice", "split", "squeeze", "stack", "stop_gradient", "tile", "transpose"),
    "unstack",
}


def operations_of(program: Program) -> float:
    """Of one execution."""
    return float(sum(map(_of_equation, program.eqns)))


def _of_equation(equation: JaxprEqn) -> float:
    name = equation.primitive.name
    if name in MOVES:
        return 0.0
    if name in FACTORIZATIONS:
        matrix = _shape(equation.invars[0])
        return FACTORIZATIONS[name] * math.prod(matrix) * min(matrix[-2:])
    if name in _RULES:
        return _RULES[name](equation)
    inner = equation.params.get("jaxpr", equation.params.get("call_jaxpr"))
    if isinstance(inner, Program) and not name.startswith("reduce"):  # of which it is what two numbers become
        return operations_of(inner)
    return float(_largest(equation))


def _of_product(equation: JaxprEqn) -> float:
    (contracted, _), _ = equation.params["dimension_numbers"]
    left = _shape(equation.invars[0])
    return 2.0 * _size(equation.outvars[0]) * math.prod(left[axis] for axis in contracted)


def _of_convolution(equation: JaxprEqn) -> float:
    kernel = _shape(equation.invars[1])
    channels = kernel[equation.params["dimension_numbers"].rhs_spec[0]]
    return 2.0 * _size(equation.outvars[0]) * math.prod(kernel) / channels


def _of_fft(equation: JaxprEqn) -> float:
    return 5 * _largest(equation) * math.log2(math.prod(equation.params["fft_lengths"]))


def _of_sort(equation: JaxprEqn) -> float:
    return _largest(equation) * math.log2(max(1, _shape(equation.invars[0])[equation.params["dimension"]]))


def _of_triangular_solve(equation: JaxprEqn) -> float:
    matrix, right = equation.invars
    return float(_shape(matrix)[-1] * _size(right))


def _of_scan(equation: JaxprEqn) -> float:
    return equation.params["length"] * operations_of(equation.params["jaxpr"])


def _of_while(equation: JaxprEqn) -> float:
    return sum(operations_of(equation.params[part]) for part in ("cond_jaxpr", "body_jaxpr"))


def _of_cond(equation: JaxprEqn) -> float:
    return max(map(operations_of, equation.params["branches"]))


def _of_linear_solve(equation: JaxprEqn) -> float:
    return operations_of(equation.params["jaxprs"].solve)  # the others are there for its derivatives


_RULES: dict[str, Callable[[JaxprEqn], float]] = {
    "dot_general": _of_product,
    "conv_general_dilated": _of_convolution,
    "fft": _of_fft,
    "sort": _of_sort,
    "triangular_solve": _of_triangular_solve,
    "scan": _of_scan,
    "while": _of_while,
    "cond": _of_cond,
    "custom_linear_solve": _of_linear_solve,
}


def _shape(variable: Any) -> tuple[int, ...]:
    return getattr(variable.aval, "shape", ())


def _size(variable: Any) -> int:
    return math.prod(_shape(variable))


def _largest(equation: JaxprEqn) -> int:
    return max((_size(each) for each in (*equation.invars, *equation.outvars)), default=0)
