from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm

from sgmbench.problems.geometric_brownian_motion import GeometricBrownianMotion
from sgmbench.problems.numerics.brownian_bridge import brownian_bridge

R, SIGMA, T, S_0, K = 0.05, 0.2, 1.0, 100.0, 100.0


def run(problem, xi):
    return jax.jit(jax.vmap(lambda each: problem.simulate(jnp.zeros(0), each)))(jnp.asarray(xi))


def levels(problem):
    while problem is not None:
        yield problem
        problem = problem.coarser()


def exact_value(xi):
    """S(T) of the equation on the same path."""
    return S_0 * np.exp((R - SIGMA**2 / 2) * T + SIGMA * np.sqrt(T) * xi[:, 0])


@pytest.mark.parametrize("scheme", ["milstein", "euler"])
def test_the_moments_are_those_of_the_runs(assert_moments, scheme):
    assert_moments(GeometricBrownianMotion(scheme=scheme))


def test_the_moments_are_those_of_black_and_scholes():
    known = GeometricBrownianMotion().moments(None)
    payoffs = {"stock": lambda s: s, "call": lambda s: max(s - K, 0), "digital": lambda s: K * (s > K)}
    at_the_money = -(R / SIGMA - SIGMA / 2) * np.sqrt(T)
    for name, payoff in payoffs.items():
        discount = 1 if name == "stock" else np.exp(-R * T)

        def moment(k, payoff=payoff, discount=discount):
            def integrand(n):
                return (discount * payoff(exact_value(np.array([[n]]))[0])) ** k * norm.pdf(n)

            parts = [quad(integrand, *ends, epsabs=1e-12) for ends in ((-12, at_the_money), (at_the_money, 12))]
            return sum(part[0] for part in parts)

        np.testing.assert_allclose(known[name].mean, moment(1), rtol=1e-9)
        np.testing.assert_allclose(known[name].sd, np.sqrt(moment(2) - moment(1) ** 2), rtol=1e-9)
    np.testing.assert_allclose(known["call"].mean, 10.450583572, rtol=1e-9)
    np.testing.assert_allclose(known["digital"].mean, 53.232481545, rtol=1e-9)


def test_the_moments_of_a_smoothed_digital_are_those_of_prices_that_part():
    """P(two prices of one path up to T - d both above K) by SciPy's bivariate normal law, and of the runs."""
    indicator = GeometricBrownianMotion().moments(None)["digital"]
    for steps in (1, 4, 64):
        known = GeometricBrownianMotion(steps=steps, smoothed=True).moments(None)["digital"]
        d_0, rho = (R / SIGMA - SIGMA / 2) * np.sqrt(T), 1 - 1 / steps
        both = multivariate_normal(cov=[[1, rho], [rho, 1]]).cdf([d_0, d_0])
        second = (np.exp(-R * T) * K) ** 2 * both
        assert known.mean == indicator.mean
        np.testing.assert_allclose(known.sd**2, second - known.mean**2, rtol=1e-9, atol=1e-9)
    assert known.sd < indicator.sd


def test_the_moments_of_a_smoothed_digital_are_those_of_the_runs(assert_moments):
    assert_moments(GeometricBrownianMotion(steps=64, smoothed=True))


@pytest.mark.parametrize("steps", [2, 4])
def test_a_smoothed_digital_in_one_step_has_the_mean_of_an_euler_step(steps):
    """Whatever d: E Phi(...) over W(T - d) is P(1 + r T + sigma W(T) > 1), here by Gauss and Hermite's rule."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    ends = [2 * n - 1 for n in (1, 2) if n < steps]  # midpoints that lie before T alone
    axes = np.meshgrid(*[nodes] * (1 + len(ends)), indexing="ij")
    xi = np.zeros((axes[0].size, steps))
    xi[:, [0, *ends]] = np.stack([axis.ravel() for axis in axes], axis=1)
    weight = np.prod(np.meshgrid(*[weights / weights.sum()] * len(axes), indexing="ij"), axis=0).ravel()
    coarsest = list(levels(GeometricBrownianMotion(steps=steps, smoothed=True)))[-1]
    mean = weight @ np.asarray(run(coarsest, xi)["digital"])
    np.testing.assert_allclose(mean, np.exp(-R * T) * K * norm.cdf(R / SIGMA), rtol=1e-10)


@pytest.mark.parametrize(("scheme", "order"), [("milstein", 1.0), ("euler", 0.5)])
def test_the_strong_order(scheme, order):
    xi = np.random.default_rng(0).standard_normal((5_000, 1024))
    steps, errors = [], []
    for problem in levels(GeometricBrownianMotion(steps=1024, scheme=scheme)):
        if problem.steps >> problem.level >= 8:
            steps.append(problem.steps >> problem.level)
            errors.append(np.sqrt(np.mean((run(problem, xi)["stock"] - exact_value(xi)) ** 2)))
    assert len(steps) == 8
    assert -np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(order, abs=0.03)


@pytest.mark.parametrize("scheme", ["milstein", "euler"])
def test_the_weak_order_is_one(scheme):
    """For the mean it is known besides: S(0) (1 + r h)^n by either scheme."""
    xi = np.random.default_rng(1).standard_normal((400_000, 8))
    steps, errors = [], []
    for problem in levels(GeometricBrownianMotion(steps=8, scheme=scheme)):
        n = problem.steps >> problem.level
        difference = np.asarray(run(problem, xi)["stock"] - exact_value(xi))
        error = S_0 * ((1 + R * T / n) ** n - np.exp(R * T))
        assert abs(difference.mean() - error) < 4 * difference.std() / np.sqrt(len(xi))
        steps.append(n)
        errors.append(abs(difference.mean()))
    assert -np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("scheme", ["milstein", "euler"])
def test_a_coarse_increment_is_the_sum_of_two_fine_ones(scheme):
    xi = jnp.asarray(np.random.default_rng(2).standard_normal(64))
    dW = np.diff(brownian_bridge(xi, T))
    for problem in levels(GeometricBrownianMotion(steps=64, scheme=scheme)):
        h, S = T / len(dW), S_0
        for increment in dW:
            correction = SIGMA**2 / 2 * (increment**2 - h) if scheme == "milstein" else 0
            S *= 1 + R * h + SIGMA * increment + correction
        y = {name: values[0] for name, values in run(problem, xi[None]).items()}
        np.testing.assert_allclose(y["stock"], S, rtol=1e-13)
        np.testing.assert_allclose(y["call"], np.exp(-R * T) * max(S - K, 0), atol=1e-11)
        assert y["digital"] == (np.exp(-R * T) * K if S > K else 0)
        dW = dW.reshape(-1, 2).sum(axis=1) if len(dW) > 1 else dW


def test_the_levels_go_from_the_finest_to_one_step_with_the_same_germ():
    hierarchy = list(levels(GeometricBrownianMotion(steps=2**12)))
    assert [problem.steps >> problem.level for problem in hierarchy] == [2**k for k in range(12, -1, -1)]
    assert [problem.relative_cost for problem in hierarchy] == [2.0**-k for k in range(13)]
    assert {problem.germ_dimension for problem in hierarchy} == {2**12}


def test_steps_and_levels_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="steps: 48 cannot be halved down to 1; give a power of two"):
        GeometricBrownianMotion(steps=48)
    with pytest.raises(ValueError, match="level: 8 steps can be halved 3 times at most"):
        replace(GeometricBrownianMotion(steps=8), level=4)
