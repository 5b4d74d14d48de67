"""Training on losses whose optimum, average and end are known."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from sgmbench.core.clock import Clock
from sgmbench.core.progress import silent
from sgmbench.errors import CellError
from sgmbench.learning.training import Training, split_held_out, train

KEY = jax.random.key(0)
START = {"theta": jnp.zeros(3, jnp.float32)}
MINIMUM = jnp.array([0.5, -0.3, 0.1], jnp.float32)


class Ramp(Training):
    """Gradient descent with step 1: under a linear loss the parameters move by the same amount every step."""

    def optimizer(self):
        return optax.sgd(1.0)


def quadratic(parameters, data, key=None):
    return jnp.sum((parameters["theta"] - data) ** 2)


def noisy_quadratic(parameters, data, key):
    return jnp.sum((parameters["theta"] - data - 0.3 * jax.random.normal(key, (3,), jnp.float32)) ** 2)


def linear(parameters, data, key=None):
    return -jnp.sum(parameters["theta"] * data)


def run(loss, validate, plan, *, data=MINIMUM, held_out=MINIMUM, progress=silent, key=KEY):
    clock = Clock()
    return train(loss, validate, START, data, held_out, plan=plan, key=key, clock=clock, progress=progress)


def test_a_quadratic_converges_to_its_minimum():
    plan = Training(steps=1_000, learning_rate=0.02, warmup=100, weight_decay=0, evaluate_every=100)
    trained = run(quadratic, quadratic, plan)
    np.testing.assert_allclose(trained.parameters["theta"], MINIMUM, atol=1e-4)
    assert trained.best < 1e-7
    assert trained.parameters["theta"].dtype == jnp.float32


def test_the_average_takes_out_the_noise_of_minibatches():
    plan = Training(steps=2_000, learning_rate=0.05, warmup=0, weight_decay=0, evaluate_every=2_000)
    trained = run(noisy_quadratic, quadratic, plan)
    np.testing.assert_allclose(trained.parameters["theta"], MINIMUM, atol=0.06)


@pytest.mark.parametrize(("gamma", "steps"), [(6.94, 60), (1.0, 40), (0.5, 10)])
def test_the_power_function_average_of_a_linear_ramp(gamma, steps):
    """Weights (s^p - (s-1)^p) / t^p, p = 1 + gamma, give t - sum_{s<t} (s/t)^p for theta_s = s."""
    plan = Ramp(steps=steps, average=gamma, evaluate_every=steps)
    trained = run(linear, lambda p, _: jnp.float32(0), plan, data=jnp.ones(3, jnp.float32))
    expected = steps - np.sum((np.arange(1, steps) / steps) ** (1 + gamma))
    np.testing.assert_allclose(trained.parameters["theta"], expected, rtol=1e-5)


def test_early_stopping_returns_the_best_and_not_the_last():
    """The ramp passes the held-out optimum once; three scores later training stops."""
    plan = Ramp(steps=1_000, evaluate_every=10, patience=3)
    optimum = jnp.full(3, 52.0, jnp.float32)
    trained = run(linear, quadratic, plan, data=jnp.ones(3, jnp.float32), held_out=optimum)
    steps, _, scores = np.array(trained.history).T
    np.testing.assert_array_equal(steps, 10 * np.arange(1, len(steps) + 1))
    best = int(np.argmin(scores))
    assert len(steps) == best + 1 + plan.patience < 100
    assert trained.best == scores[best] == pytest.approx(float(quadratic(trained.parameters, optimum)))


def test_no_early_stopping_while_scores_improve():
    plan = Training(steps=200, learning_rate=1e-3, warmup=0, weight_decay=0, evaluate_every=20, patience=1)
    steps, _, scores = np.array(run(quadratic, quadratic, plan).history).T
    assert steps[-1] == 200
    assert (np.diff(scores) < 0).all()


@pytest.mark.parametrize(("steps", "every"), [(30, 10), (200, 100), (250, 250), (300, 150), (90, 40)])
def test_steps_and_validations_are_as_planned(steps, every):
    """No more minibatches than `steps`; a score after every `evaluate_every` and at the end."""
    told = []
    plan = Training(steps=steps, warmup=0, evaluate_every=every, patience=100)
    trained = run(quadratic, quadratic, plan, progress=lambda phase, done, total, note="": told.append((done, total)))
    expected = sorted({*range(every, steps + 1, every), steps})
    assert [step for step, _, _ in trained.history] == expected
    assert told[-1] == (steps, steps)
    assert all(done <= total for done, total in told)


def test_a_loss_that_becomes_nan_names_the_step_and_what_to_try():
    def root(parameters, data, key=None):
        return jnp.sum(jnp.sqrt(25.5 - parameters["theta"]))

    message = "training diverged at step 30: the loss is nan; try a smaller learning_rate or clip"
    with pytest.raises(CellError, match=f"^{re.escape(message)}$"):
        run(
            lambda p, d, k: root(p, d) + linear(p, d),
            root,
            Ramp(steps=100, evaluate_every=10),
            data=jnp.ones(3, jnp.float32),
        )


def test_a_training_loss_that_becomes_nan_is_named_though_the_held_out_one_is_finite():
    message = "training diverged at step 10: the loss is nan; try a smaller learning_rate or clip"
    with pytest.raises(CellError, match=f"^{re.escape(message)}$"):
        run(lambda p, d, k: jnp.float32(jnp.nan) + 0 * jnp.sum(p["theta"]), lambda p, _: jnp.float32(1), Ramp(steps=10))


def test_same_key_gives_bitwise_equal_parameters_and_another_does_not():
    plan = Training(steps=100, learning_rate=0.02, warmup=10, evaluate_every=50)
    one, same, other = (run(noisy_quadratic, quadratic, plan, key=jax.random.key(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.parameters["theta"], same.parameters["theta"])
    assert one.history == same.history
    assert (one.parameters["theta"] != other.parameters["theta"]).all()


@pytest.mark.parametrize(("n", "fraction"), [(2, 0.01), (2, 0.99), (5, 0.5), (200, 0.05), (200, 0.001), (200, 0.999)])
def test_the_held_out_split_is_disjoint_and_complete(n, fraction):
    rows, held_out = map(np.asarray, split_held_out(n, fraction, jax.random.key(3)))
    np.testing.assert_array_equal(np.sort(np.concatenate([rows, held_out])), np.arange(n))
    assert len(rows) >= 1
    assert len(held_out) == min(max(1, round(fraction * n)), n - 1)
