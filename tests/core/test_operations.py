"""What programs of which the number of operations is known count."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from sgmbench.core.operations import operations_of


def count(function, *arguments):
    return operations_of(jax.make_jaxpr(function)(*arguments))


def of(*shape, dtype="float32"):
    return jax.ShapeDtypeStruct(shape, dtype)


def test_each_number_is_one_operation_and_moving_it_none():
    assert count(lambda x, y: jnp.sum(jnp.sin(x) * y), of(5, 7), of(5, 7)) == 3 * 35
    assert count(lambda x: x.T.reshape(5, 7)[::-1, 2:].astype("float64"), of(7, 5)) == 0


def test_products_of_matrices():
    assert count(jnp.matmul, of(3, 5), of(5, 7)) == 2 * 3 * 5 * 7
    assert count(jnp.matmul, of(11, 3, 5), of(11, 5, 7)) == 11 * 2 * 3 * 5 * 7
    assert count(jax.vmap(jnp.dot), of(11, 3, 5), of(11, 5)) == 11 * 2 * 3 * 5


@pytest.mark.parametrize("groups", [1, 3])
def test_a_convolution_is_a_product_at_each_place(groups):
    def convolve(x, kernel):
        return lax.conv_general_dilated(x, kernel, (1,), "VALID", feature_group_count=groups)

    assert count(convolve, of(2, 6, 20), of(9, 6 // groups, 5)) == 2 * (2 * 9 * 16) * (6 // groups) * 5


def test_a_straight_program_counts_what_the_compiler_counts():
    """An independent count, where there are neither loops nor LAPACK."""

    def layers(x, v, w):
        return jnp.maximum(jnp.maximum(x @ v + 1, 0) @ w, 0)

    shapes = of(16, 32), of(32, 64), of(64, 8)
    analysis = jax.jit(layers).lower(*shapes).cost_analysis()
    assert count(layers, *shapes) == analysis["flops"] == 2 * 16 * 32 * 64 + 2 * 16 * 64 + 2 * 16 * 64 * 8 + 16 * 8


def test_loops_count_as_often_as_they_are_known_to_go_round():
    """Which is where the compiler's count stays the same."""

    def scanned(length):
        return count(lambda x: lax.scan(lambda x, _: (jnp.tanh(x @ x), None), x, None, length)[0], of(8, 8))

    assert scanned(7) == 7 * (2 * 8**3 + 64)
    nested = count(lambda x: lax.map(lambda y: lax.fori_loop(0, 3, lambda _, z: z * y, y), x), of(5, 4))
    assert nested == 5 * 3 * (4 + 1)  # and the number of the turn
    unknown = [count(lambda n: lax.while_loop(lambda i: i < n, lambda i: i + 1, 0), bound) for bound in (3, 1_000)]
    assert unknown == [2, 2]


def test_of_branches_the_dearest_counts():
    def choose(is_dear, x):
        return lax.cond(is_dear, lambda x: (x @ x) * x, lambda x: 2 * x, x)

    assert count(choose, True, of(9)) == 2 * 9 + 9


@pytest.mark.parametrize(
    ("function", "shapes", "expected"),
    [
        (lambda a: lax.linalg.cholesky(a, symmetrize_input=False), [(2_000, 2_000)], 2_000**3 / 3),
        (lambda a: lax.linalg.lu(a)[0], [(2_000, 2_000)], 2 * 2_000**3 / 3),
        (lambda a, b: lax.linalg.triangular_solve(a, b, left_side=True), [(2_000, 2_000), (2_000, 7)], 7 * 2_000**2),
        (lambda a, b: lax.linalg.triangular_solve(a, b), [(2_000, 2_000), (7, 2_000)], 7 * 2_000**2),
        (jnp.fft.fft, [(3, 1_024)], 3 * 5 * 1_024 * 10),
        (jnp.sort, [(3, 1_024)], 3 * 1_024 * 10),
    ],
    ids=["cholesky", "lu", "left", "right", "fft", "sort"],
)
def test_what_lapack_and_libraries_do_is_known_to_leading_order(function, shapes, expected):
    assert count(function, *(of(*shape) for shape in shapes)) == pytest.approx(expected, rel=0.01)


def test_a_gradient_is_three_times_its_function():
    """Reverse mode through products: one on the way there and two on the way back."""

    def loss(w, x):
        return jnp.sum(jnp.tanh(x @ w) @ w)

    shapes = of(300, 300), of(200, 300)
    assert count(jax.value_and_grad(loss, argnums=(0, 1)), *shapes) / count(loss, *shapes) == pytest.approx(3, rel=0.02)


def test_programs_inside_are_entered_once():
    """By whichever door: jit, checkpoint, custom derivatives, linear solves."""
    square = jax.custom_jvp(lambda x: x * x)
    square.defjvp(lambda primals, tangents: (square(*primals), 2 * primals[0] * tangents[0]))
    halved = jax.custom_vjp(lambda x: x / 2)
    halved.defvjp(lambda x: (x / 2, None), lambda _, g: (g / 2,))
    for wrapped in (jax.jit(jnp.sin), jax.checkpoint(jnp.sin), square, halved):
        assert count(wrapped, of(6)) == 6

    def solve(b):
        return lax.custom_linear_solve(lambda x: 4 * x, b, lambda _, b: b / 4, lambda _, b: b / 4)

    assert count(solve, of(6)) == 6


def test_reducers_are_no_programs_of_one_operation():
    assert count(lambda x: lax.reduce(x, np.float32(0), lax.add, (0,)), of(10, 4)) == 40
    assert count(lambda x: lax.reduce_window(x, -math.inf, lax.max, (2,), (2,), "VALID"), of(10)) == 10


def test_the_count_is_that_of_the_program_and_not_of_its_arguments():
    function = jax.vmap(lambda x: jnp.linalg.solve(jnp.eye(4) + x[:, None] * x, x))
    assert count(function, np.zeros((3, 4))) == count(function, np.random.default_rng(0).normal(size=(3, 4))) > 0
