"""Polynomial chaos: exact on its basis, near the best approximation of its degree, sparse in many inputs."""

import itertools

import jax
import numpy as np
import pytest
from scipy.stats import norm

from sgmbench.core.clock import Clock
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.progress import silent
from sgmbench.core.runs import Pairs
from sgmbench.errors import CellError
from sgmbench.problems.ishigami import Ishigami
from sgmbench.surrogates import orthogonal_least_squares as ols
from sgmbench.surrogates.polynomial_chaos import PolynomialChaos, total_effects
from sgmbench.surrogates.tensor_polynomials import grown, products, total_degree, transported

PAIR = Layout((Field("y", "m", (Axis("x", "m", (0.0, 1.0)),)),))
SCALAR = Layout((Field("y", "-"),))


def expand(chaos, given, germ, y, layout=SCALAR):
    """(fit, map)."""
    fit = chaos.fit(Pairs(given, y, germ), layout, key=jax.random.key(0), clock=Clock(), progress=silent)
    return fit, chaos.prepare_map(fit, clock=Clock())


def inputs(n, q, k, seed):
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (n, q)), rng.standard_normal((n, k))


def ishigami(germ, a=7.0, b=0.1):
    z = np.pi * (2 * norm.cdf(germ) - 1)
    return np.sin(z[:, :1]) + a * np.sin(z[:, 1:2]) ** 2 + b * z[:, 2:] ** 4 * np.sin(z[:, :1])


@pytest.mark.parametrize("hermite", [True, False])
def test_polynomials_are_orthonormal_for_the_law_of_their_inputs(hermite):
    """By Gauss quadrature, which is exact for their products."""
    u, v = np.polynomial.legendre.leggauss(8)
    xi, w = np.polynomial.hermite_e.hermegauss(8)
    if not hermite:
        xi, w = norm.ppf((u + 1) / 2), v
    x = np.array(list(itertools.product(u, xi)))
    weights = np.array([a * b for a, b in itertools.product(v / v.sum(), w / w.sum())])
    features = products(transported(x, 1, hermite=hermite), total_degree(2, 5))
    gram = features.T @ (weights[:, None] * features)
    np.testing.assert_allclose(gram, np.eye(21), atol=1e-12)


def test_indices_of_total_degree_are_all_that_there_are():
    found = total_degree(4, 3)
    expected = {k for k in itertools.product(range(4), repeat=4) if sum(k) <= 3}
    assert len(found) == len(expected) == 35
    assert set(map(tuple, found.tolist())) == expected
    assert total_degree(100, 2).shape == (5151, 100)
    np.testing.assert_array_equal(total_degree(0, 3), np.zeros((1, 0)))


def test_candidates_are_kept_ones_and_their_neighbors():
    kept, whole = np.array([[0, 0, 0], [1, 0, 2]]), total_degree(3, 1)
    found = set(map(tuple, grown(kept, whole, degree=4, most=1_000).tolist()))
    alone = {tuple(k) for i in range(3) for k in (np.eye(3, dtype=int)[i], 2 * np.eye(3, dtype=int)[i])}
    beside = {(1, 0, 2), (2, 0, 2), (1, 1, 2), (1, 0, 3)}  # (3, 0, 2), (1, 2, 2) and (1, 0, 4) are above the degree
    assert found == {(0, 0, 0)} | alone | beside
    few = grown(kept, whole, degree=4, most=4)
    np.testing.assert_array_equal(few, [[0, 0, 0], [1, 0, 2], [1, 0, 0], [2, 0, 0]])


@pytest.mark.parametrize("basis", ["hermite", "legendre", None])
def test_a_polynomial_of_the_basis_is_recovered_to_rounding(basis):
    """With conditions and germ, two outputs on one support; without a choice the right basis is found."""

    def polynomial(u, xi):
        t = 2 * norm.cdf(xi) - 1 if basis == "legendre" else xi
        first = 3 + 2 * u[:, 0] - t[:, 0] * t[:, 1] + u[:, 0] * (t[:, 1] ** 2 - 1)
        second = 5 - 4 * t[:, 0] + t[:, 0] ** 3 * u[:, 0]
        return np.stack([first, second], axis=1)

    (given, germ), (new_given, new_germ) = (inputs(n, 1, 2, seed) for n, seed in ((100, 0), (1_000, 1)))
    fit, predict = expand(PolynomialChaos(basis=basis), given, germ, polynomial(given, germ), PAIR)
    exact = polynomial(new_given, new_germ)
    np.testing.assert_allclose(predict(new_given, new_germ), exact, atol=1e-10 * exact.std())
    assert bool(fit["hermite"]) == (basis != "legendre")
    assert fit["error"] < 1e-20


def test_the_basis_of_the_smaller_error_is_chosen():
    _, germ = inputs(200, 0, 1, 2)
    none = np.zeros((200, 0))
    bounded, _ = expand(PolynomialChaos(), none, germ, np.sin(3 * norm.cdf(germ)))
    unbounded, _ = expand(PolynomialChaos(), none, germ, np.exp(germ / 2))
    assert not bounded["hermite"]
    assert unbounded["hermite"]
    each = [expand(PolynomialChaos(basis=b), none, germ, np.exp(germ / 2))[0]["error"] for b in ("hermite", "legendre")]
    assert unbounded["error"] == min(each)


def test_mean_and_variance_of_ishigami_come_from_the_coefficients():
    """Mean a/2, variance 1/2 + a^2/8 + b pi^4/5 + b^2 pi^8/18, from 600 runs; inputs' shares are the known ones."""
    _, germ = inputs(600, 0, 3, 3)
    fit, _ = expand(PolynomialChaos(), np.zeros((600, 0)), germ, ishigami(germ))
    standard, modes = fit["representation"]["0"], fit["representation"]["1"]
    scale = (standard["unit"] * modes["basis"][:, 0])[0]
    constant = ~fit["indices"].any(axis=1)
    mean = standard["center"] + standard["unit"] * (modes["center"] + modes["basis"] @ fit["coefficients"][constant][0])
    variance = scale**2 * np.sum(fit["coefficients"][~constant] ** 2)
    known = Ishigami().moments(None)["y"]
    assert not fit["hermite"]
    assert mean[0] == pytest.approx(float(known.mean), rel=1e-5)
    assert variance == pytest.approx(float(known.sd) ** 2, rel=1e-5)
    first, second, both = (1 + 0.1 * np.pi**4 / 5) ** 2 / 2, 49 / 8, 0.01 * np.pi**8 * (1 / 18 - 1 / 50)
    effects = total_effects(fit["indices"], fit["coefficients"])
    np.testing.assert_allclose(effects, np.array([first + both, second, both]) / float(known.sd) ** 2, atol=1e-5)


def test_the_error_is_near_that_of_the_best_approximation_and_decays_spectrally():
    """Of total degree at most m = 4 ... 10 on ishigami; the best one is the projection, by quadrature."""
    x, w = np.polynomial.legendre.leggauss(30)
    grid = norm.ppf((np.array(list(itertools.product(x, x, x))) + 1) / 2)
    weights = np.prod(np.array(list(itertools.product(w / 2, w / 2, w / 2))), axis=1)
    y = ishigami(grid)[:, 0]
    _, germ = inputs(800, 0, 3, 4)
    everywhere = transported(grid, 0, hermite=False)
    errors = []
    for degree in (4, 6, 8, 10):
        features = products(everywhere, total_degree(3, degree))
        best = np.sqrt(weights @ (y - features @ (features.T @ (weights * y))) ** 2)
        _, predict = expand(PolynomialChaos(basis="legendre", degree=degree), germ[:, :0], germ, ishigami(germ))
        found = np.sqrt(weights @ (y - predict(grid[:, :0], grid)[:, 0]) ** 2)
        assert best * (1 - 1e-9) <= found <= 1.5 * best
        errors.append(found)
    assert all(later < earlier / 3 for earlier, later in itertools.pairwise(errors))
    assert errors[-1] < errors[-2] / 8  # each step gains more than the last


def test_few_of_a_hundred_inputs_are_found():
    """One of them acts through an interaction alone; from 200 runs, fewer than there are candidates."""

    def sparse(germ):
        return (2 + germ[:, 3] + germ[:, 3] * germ[:, 50] - 0.5 * (germ[:, 77] ** 2 - 1) + 0.3 * germ[:, 9])[:, None]

    (given, germ), (_, new) = inputs(200, 0, 100, 5), inputs(500, 0, 100, 6)
    fit, predict = expand(PolynomialChaos(basis="hermite"), given, germ, sparse(germ))
    effects = total_effects(fit["indices"], fit["coefficients"])
    np.testing.assert_array_equal(np.flatnonzero(effects > 1e-6), [3, 9, 50, 77])
    np.testing.assert_allclose(effects[[3, 9, 50, 77]], np.array([2, 0.09, 1, 0.5]) / 2.59, atol=1e-9)
    np.testing.assert_allclose(predict(new[:, :0], new), sparse(new), atol=1e-9)


def test_cross_validation_sees_through_features_that_the_runs_chose():
    """Outputs that depend on nothing: of 300 features hardly one is kept, whereas leave-one-out errors keep falling."""
    rng = np.random.default_rng(7)
    features, y = rng.standard_normal((120, 300)), rng.standard_normal((120, 1))
    features[:, 0] = 1
    selection = ols.select(features, y, runs_a_feature=2.0)
    assert len(selection.order) <= 3
    assert 0.9 < selection.error < 1.1
    path = ols.choose(features.T @ features, features.T @ y, float(np.sum(y**2)), 40).order
    left = [np.mean(ols.leave_one_out(features[:, path[:s]], y) ** 2) for s in (1, 10, 20, 40)]
    assert all(later < 0.8 * earlier for earlier, later in itertools.pairwise(left))


def test_leave_one_out_errors_are_those_of_refitting():
    rng = np.random.default_rng(8)
    features, y = rng.standard_normal((20, 6)), rng.standard_normal((20, 3))
    rest = [np.arange(20) != i for i in range(20)]
    refitted = [y[i] - features[i] @ ols.fit(features[r], y[r]) for i, r in enumerate(rest)]
    np.testing.assert_allclose(ols.leave_one_out(features, y), refitted, rtol=1e-10)


def test_each_choice_takes_most_from_the_residual():
    """As does brute force over all features by least squares, step by step."""
    rng = np.random.default_rng(9)
    features, y = rng.standard_normal((40, 12)) @ rng.standard_normal((12, 12)), rng.standard_normal((40, 2))
    path = ols.choose(features.T @ features, features.T @ y, float(np.sum(y**2)), 6)
    chosen = [0]
    for _ in range(5):
        left = [np.inf if j in chosen else residual(features[:, [*chosen, j]], y) for j in range(12)]
        chosen.append(int(np.argmin(left)))
    np.testing.assert_array_equal(path.order, chosen)
    np.testing.assert_allclose(path.R.T @ path.R, features[:, chosen].T @ features[:, chosen], rtol=1e-9, atol=1e-9)
    explained = np.sum(y**2) - np.sum(path.projected**2)
    assert explained == pytest.approx(residual(features[:, chosen], y), rel=1e-9)


def residual(features, y):
    return np.sum((y - features @ ols.fit(features, y)) ** 2)


@pytest.mark.parametrize(("runs_a_feature", "most"), [(2.0, 40), (10.0, 8)])
def test_there_are_never_more_features_than_runs_afford(runs_a_feature, most):
    """Of the four fifths of 100 runs that a fold learns from; a kink would take all of them."""
    _, germ = inputs(100, 0, 2, 10)
    chaos = PolynomialChaos(runs_a_feature=runs_a_feature)
    fit, _ = expand(chaos, germ[:, :0], germ, np.abs(germ[:, :1] + germ[:, 1:] - 0.3))
    assert 2 < len(fit["indices"]) <= most


def test_what_it_says_of_itself():
    _, germ = inputs(100, 0, 2, 11)
    chaos, y = PolynomialChaos(basis="hermite"), 1 + germ[:, :1] + 2 * germ[:, :1] * germ[:, 1:]
    fit, _ = expand(chaos, germ[:, :0], germ, y)
    told = chaos.diagnose(fit, Pairs(germ[:, :0], y, germ), key=jax.random.key(0))
    assert (told["basis"], told["features"], told["degree"]) == ("hermite", 3, 2)
    assert max(told["cross_validation"], told["leave_one_out"]) < 1e-20
    np.testing.assert_allclose(told["total_effects"], [1, 0.8], atol=1e-10)


def test_a_constant_output_is_that_constant():
    given, germ = inputs(30, 1, 2, 12)
    _, predict = expand(PolynomialChaos(), given, germ, np.full((30, 1), 273.15))
    np.testing.assert_array_equal(predict(given, germ), np.full((30, 1), 273.15))


def test_refuses_fewer_than_ten_runs():
    given, germ = inputs(9, 0, 2, 13)
    with pytest.raises(CellError, match=r"^polynomial_chaos learns from 10 runs at least; it was given 9$"):
        expand(PolynomialChaos(), given, germ, germ[:, :1])
