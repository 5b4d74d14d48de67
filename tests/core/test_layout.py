import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sgmbench.core.layout import Axis, Field, Layout

lengths = st.lists(st.integers(1, 4), max_size=3)


@st.composite
def layouts(draw):
    fields = []
    for i, shape in enumerate(draw(st.lists(lengths, min_size=1, max_size=4))):
        steps = [draw(st.lists(st.floats(0.01, 10), min_size=n, max_size=n)) for n in shape]
        axes = tuple(Axis(f"x{j}", "m", tuple(np.cumsum(s).tolist())) for j, s in enumerate(steps))
        fields.append(Field(f"f{i}", "-", axes))
    return Layout(tuple(fields))


@settings(max_examples=30)
@given(layouts(), st.lists(st.integers(1, 3), max_size=2))
def test_ravel_and_unravel_are_inverse(layout, batch):
    y = np.random.default_rng(0).standard_normal((*batch, layout.size))
    fields = layout.unravel(jnp.asarray(y))
    assert {name: field.shape for name, field in fields.items()} == {f.name: (*batch, *f.shape) for f in layout.fields}
    first = {name: field[(0,) * len(batch)] for name, field in fields.items()}
    np.testing.assert_array_equal(layout.ravel(first), y[(0,) * len(batch)])


@settings(max_examples=30)
@given(layouts())
def test_quadrature_weights_are_positive_and_sum_to_one(layout):
    for field in layout.fields:
        assert field.quadrature.shape == (field.size,)
        assert (field.quadrature > 0).all()
        assert field.quadrature.sum() == pytest.approx(1, rel=1e-12)


def test_the_midpoint_rule_integrates_on_a_uniform_grid():
    x = (np.arange(200) + 0.5) / 200
    field = Field("f", "-", (Axis("x", "m", tuple(x.tolist())), Axis("y", "m", tuple((2 * x).tolist()))))
    values = np.exp(x)[:, None] * np.sin(2 * x)[None, :]
    exact = (np.e - 1) * (1 - np.cos(2)) / 2
    assert field.quadrature @ values.ravel() == pytest.approx(exact, rel=1e-5)


def test_a_long_cell_weighs_more():
    graded = Axis("x", "m", (0.0, 1.0, 3.0, 7.0, 15.0))
    np.testing.assert_allclose(graded.quadrature, np.array([1, 1.5, 3, 6, 8]) / 19.5)


def test_the_direction_and_unit_of_an_axis_do_not_matter():
    x = np.cumsum(np.random.default_rng(2).uniform(0.1, 1, 10))
    weights = Axis("x", "m", tuple(x.tolist())).quadrature
    np.testing.assert_allclose(Axis("x", "mm", tuple((-1000 * x).tolist())).quadrature, weights, rtol=1e-12)


@pytest.mark.parametrize(
    ("coordinates", "uniform"),
    [((0.5e-6, 1.5e-6, 2.5e-6), True), ((3.0, 2.0, 1.0), True), ((0.0, 1.0, 3.0), False), ((0.0, 1.0), False)],
)
def test_an_axis_is_uniform_where_differences_make_sense(coordinates, uniform):
    assert Axis("x", "m", coordinates).is_uniform is uniform


def test_fields_lie_in_their_order():
    x = Axis("x", "m", (0.0, 1.0))
    layout = Layout((Field("a", "-", (x,)), Field("b", "V"), Field("c", "-", (x, x))))
    assert layout.slices == {"a": slice(0, 2), "b": slice(2, 3), "c": slice(3, 7)}
