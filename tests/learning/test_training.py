"""Training on losses whose optimum, average and end are known."""

import itertools
import re

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from sgmbench.core import clock as clock_module
from sgmbench.core.checkpoints import no_checkpoints
from sgmbench.core.clock import Clock
from sgmbench.core.findings import of_fit
from sgmbench.core.progress import silent
from sgmbench.errors import CellError
from sgmbench.learning import work
from sgmbench.learning.stepping import chunk_of_steps, first_state
from sgmbench.learning.training import Training, split_held_out, told_of_training, train

KEY = jax.random.key(0)
START = {"theta": jnp.zeros(3, jnp.float32)}
MINIMUM = jnp.array([0.5, -0.3, 0.1], jnp.float32)


class Ramp(Training):
    """Gradient descent with step 1: under a linear loss the parameters move by the same amount every step."""

    def optimizer(self):
        return optax.sgd(1.0)

    def rates(self, steps, planned):
        return jnp.ones(len(steps), jnp.float32)


class Remembered:
    """Checkpoints in memory: (step, state), of which the last is the latest."""

    def __init__(self, kept=()):
        self.kept = list(kept)

    def save(self, step, state):
        self.kept.append((step, state))

    def latest(self, like):
        return self.kept[-1][1] if self.kept else None

    @property
    def place(self):
        return "memory" if self.kept else ""


def quadratic(parameters, data, key=None):
    return jnp.sum((parameters["theta"] - data) ** 2)


def noisy_quadratic(parameters, data, key):
    return jnp.sum((parameters["theta"] - data - 0.3 * jax.random.normal(key, (3,), jnp.float32)) ** 2)


def linear(parameters, data, key=None):
    return -jnp.sum(parameters["theta"] * data)


def run(loss, validate, plan, *, data=MINIMUM, held_out=MINIMUM, progress=silent, key=KEY, **options):
    options = {"clock": Clock(), "progress": progress, "checkpoints": no_checkpoints} | options
    return train(loss, validate, START, data, held_out, plan=plan, key=key, **options)


def assert_bitwise_equal(one, two):
    """Parameters, scores, history and numbers of steps."""
    np.testing.assert_array_equal(one.parameters["theta"], two.parameters["theta"], strict=True)
    assert (one.best, one.history, one.steps, one.planned) == (two.best, two.history, two.steps, two.planned)


@pytest.fixture
def at_once(monkeypatch):
    """Every validation is worth a checkpoint."""
    monkeypatch.setattr(work, "SAVE_EVERY", 0.0)


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
    trained = run(linear, lambda p, _: -jnp.sum(p["theta"]), plan, data=jnp.ones(3, jnp.float32))
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
    assert (trained.steps, trained.planned, trained.stopped_early) == (steps[-1], 1_000, True)


def leaving(held_out=0.0, **options):
    """A ramp that begins at the optimum of what is held out, and leaves it at once."""
    plan = Ramp(steps=1_000, evaluate_every=10, patience=3)
    ends = {"data": jnp.ones(3, jnp.float32), "held_out": jnp.full(3, held_out, jnp.float32)}
    return run(linear, quadratic, plan, **ends, **options)


def test_where_no_step_betters_the_initial_parameters_they_are_returned():
    """Patience counts from step 0; one step towards an optimum at 0.6 of the average at 10 is better than none."""
    trained = leaving()
    np.testing.assert_array_equal(trained.parameters["theta"], START["theta"])
    assert (trained.best, trained.steps, trained.stopped_early) == (0.0, 30, True)
    assert [step for step, _, _ in trained.history] == [10, 20, 30]
    first = trained.parameters["theta"] + 10 - np.sum((np.arange(1, 10) / 10) ** 7.94)
    near, far = leaving(0.6 * float(first[0])), leaving(0.4 * float(first[0]))
    np.testing.assert_allclose(near.parameters["theta"], first, rtol=1e-5)
    np.testing.assert_array_equal(far.parameters["theta"], START["theta"])


def test_the_initial_parameters_are_kept_over_an_interruption(at_once):
    checkpoints = Remembered()
    whole = leaving(checkpoints=checkpoints)
    assert [step for step, _ in checkpoints.kept] == [10, 20, 30]
    assert_bitwise_equal(leaving(checkpoints=Remembered(checkpoints.kept[:2])), whole)


def test_initial_parameters_without_a_finite_score_are_no_best():
    plan = Ramp(steps=20, evaluate_every=10)

    def validate(parameters, data):
        return jnp.where(parameters["theta"][0] > 0, quadratic(parameters, data), jnp.nan)

    trained = run(linear, validate, plan, data=jnp.ones(3, jnp.float32))
    assert trained.best == min(score for _, _, score in trained.history)


def test_no_early_stopping_while_scores_improve():
    plan = Training(steps=200, learning_rate=1e-3, warmup=0, weight_decay=0, evaluate_every=20, patience=1)
    trained = run(quadratic, quadratic, plan)
    steps, _, scores = np.array(trained.history).T
    assert steps[-1] == trained.steps == trained.planned == 200
    assert not trained.stopped_early
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


def root(parameters):
    """NaN as soon as a parameter exceeds 25.5."""
    return jnp.sum(jnp.sqrt(25.5 - parameters["theta"]))


LAST = "; the last checkpoint was of step 20"


@pytest.mark.parametrize(
    ("loss", "validate", "checkpoints", "message"),
    [
        (
            lambda p, d, k: root(jax.lax.stop_gradient(p)) + linear(p, d),
            quadratic,
            Remembered(),
            f"27: the training loss is nan{LAST}",
        ),
        (linear, lambda p, d: root(p), Remembered(), f"30: the held-out loss is nan{LAST}"),
        (linear, lambda p, d: root(p), no_checkpoints, "30: the held-out loss is nan"),
        (lambda p, d, k: linear(p, d) + jnp.inf, quadratic, Remembered(), "1: the training loss is inf"),
    ],
)
def test_divergence_names_step_checkpoint_and_remedy(at_once, loss, validate, checkpoints, message):
    """The ramp is at s after s steps: the loss of the 27th minibatch is that at 26."""
    full = f"training diverged at step {message}; try a smaller learning_rate or clip"
    with pytest.raises(CellError, match=f"^{re.escape(full)}$"):
        run(loss, validate, Ramp(steps=100, evaluate_every=10), data=jnp.ones(3), checkpoints=checkpoints)


def test_same_key_gives_bitwise_equal_parameters_and_another_does_not():
    plan = Training(steps=100, learning_rate=0.02, warmup=10, evaluate_every=50)
    one, same, other = (run(noisy_quadratic, quadratic, plan, key=jax.random.key(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.parameters["theta"], same.parameters["theta"])
    assert one.history == same.history
    assert (one.parameters["theta"] != other.parameters["theta"]).all()


PLAN = Training(steps=230, learning_rate=0.02, warmup=20, evaluate_every=40, patience=100)


@pytest.fixture(scope="module")
def whole():
    """What the training of `PLAN` ends with."""
    return run(noisy_quadratic, quadratic, PLAN)


@pytest.mark.parametrize(("stop_at", "resumed_from"), [(120, 80), (230, 200)])
def test_an_interrupted_training_goes_on_bitwise(at_once, whole, stop_at, resumed_from):
    def interrupt(phase, done, total, note=""):
        if done >= stop_at:
            raise KeyboardInterrupt

    checkpoints, steps = Remembered(), []
    with pytest.raises(KeyboardInterrupt):
        run(noisy_quadratic, quadratic, PLAN, progress=interrupt, checkpoints=checkpoints)
    assert [step for step, _ in checkpoints.kept] == list(range(40, resumed_from + 1, 40))

    def note(phase, done, total, note=""):
        steps.append(done)

    assert_bitwise_equal(run(noisy_quadratic, quadratic, PLAN, progress=note, checkpoints=checkpoints), whole)
    assert steps == [*range(resumed_from + 40, 230, 40), 230]


def test_a_state_is_written_over_the_one_before_it_and_no_number_changes(monkeypatch, whole):
    """The initial parameters are the caller's, and stay."""
    jit = Clock.jit
    monkeypatch.setattr(Clock, "jit", lambda *each, donate_argnums=(), **options: jit(*each, **options))
    assert_bitwise_equal(run(noisy_quadratic, quadratic, PLAN), whole)
    assert not START["theta"].is_deleted()


W = {"in": np.random.default_rng(0).standard_normal((8, 64)), "out": np.zeros((64, 3))}


def regression(parameters, data, key=None):
    x = data if key is None else data[jax.random.randint(key, (32,), 0, len(data))]
    return jnp.mean((jnp.tanh(x[:, :8] @ parameters["in"]) @ parameters["out"] - x[:, 8:]) ** 2)


def test_chunks_that_take_long_are_made_in_parts_and_no_bit_changes(monkeypatch):
    """Of a network: the rest of a chunk is no part of one step."""
    rows = jnp.asarray(np.random.default_rng(1).standard_normal((256, 11)), jnp.float32)
    plan = Training(steps=235, learning_rate=0.02, warmup=20, evaluate_every=115, patience=100)
    parameters, steps = {name: jnp.asarray(each, jnp.float32) for name, each in W.items()}, []

    def trained(progress=silent):
        options = {"plan": plan, "key": KEY, "clock": Clock(), "progress": progress}
        return train(regression, regression, parameters, rows, rows[:64], **options)

    whole = trained()
    monkeypatch.setattr(work, "LONGEST", 0.0)
    assert trained().history == whole.history  # not worth a compilation
    monkeypatch.setattr(work, "OVERHEAD", np.inf)
    parts = trained(lambda phase, done, *_: steps.append(done))
    for name in W:
        np.testing.assert_array_equal(parts.parameters[name], whole.parameters[name])
    assert (parts.history, parts.best, parts.steps) == (whole.history, whole.best, 235)
    assert (steps[:4], steps[-2:]) == ([100, 102, 104, 106], [232, 235])
    assert {int(each) for each in np.diff(steps)} == {2, 3}


def test_parts_take_two_seconds_where_what_is_left_pays_for_compiling_them():
    for each, left, most in ((0.01, 100_000, 100), (0.1, 10_000, 16), (0.1, 900, 100), (5.0, 900, 2)):
        assert work.shorter(100, each, left=left, compiled=1.0) == most


def test_there_is_one_state_in_memory():
    """By XLA's own account: what is passed on is of the size of the state, and lies where the state was."""
    optimizer, steps = PLAN.optimizer(), jnp.arange(5)
    state = work.copied(first_state(START, optimizer))
    arguments = (state, MINIMUM, KEY, steps, PLAN.rates(steps, 5))
    chunk = jax.jit(chunk_of_steps(noisy_quadratic, optimizer, PLAN.average), donate_argnums=0)
    account = chunk.lower(*arguments).compile().memory_analysis()
    assert account.alias_size_in_bytes == sum(leaf.nbytes for leaf in jax.tree.leaves(state))
    after, _ = chunk(*arguments)
    assert all(leaf.is_deleted() for leaf in jax.tree.leaves(state))
    assert not any(leaf.is_deleted() for leaf in jax.tree.leaves((START, after)))


def test_patience_is_kept_over_an_interruption(at_once):
    """The ramp passes its optimum at 52: whichever state it goes on from, it stops at the same step."""
    plan, optimum = Ramp(steps=1_000, evaluate_every=10, patience=3), jnp.full(3, 52.0, jnp.float32)
    options = {"data": jnp.ones(3, jnp.float32), "held_out": optimum}
    checkpoints = Remembered()
    whole = run(linear, quadratic, plan, checkpoints=checkpoints, **options)
    assert whole.stopped_early
    for kept in checkpoints.kept[1], checkpoints.kept[-2]:
        assert_bitwise_equal(run(linear, quadratic, plan, checkpoints=Remembered([kept]), **options), whole)


def test_checkpoints_are_some_time_apart_and_change_no_number(monkeypatch, whole):
    """Each reading of the clock is a second later than the one before."""
    checkpoints, readings = Remembered(), itertools.count()
    monkeypatch.setattr(clock_module.time, "perf_counter", lambda: float(next(readings)))
    assert_bitwise_equal(run(noisy_quadratic, quadratic, PLAN, checkpoints=checkpoints), whole)
    seconds = [state.seconds.item() for _, state in checkpoints.kept]
    assert 1 <= len(seconds) < len(whole.history)
    assert all(later - earlier >= work.SAVE_EVERY for earlier, later in itertools.pairwise([0.0, *seconds]))


def test_seconds_before_an_interruption_are_paid_for(at_once):
    checkpoints, clock = Remembered(), Clock()
    run(noisy_quadratic, quadratic, PLAN, checkpoints=checkpoints)
    step, state = checkpoints.kept[2]
    earlier = state._replace(seconds=jnp.asarray(1_000.0))
    with clock("train"):
        run(noisy_quadratic, quadratic, PLAN, checkpoints=Remembered([(step, earlier)]), clock=clock)
    assert 1_000 < clock.seconds["train"] < 2_000


def test_operations_before_an_interruption_are_counted(at_once):
    """Those of the steps that are made twice once."""
    checkpoints, whole = Remembered(), Clock()
    run(noisy_quadratic, quadratic, PLAN, checkpoints=checkpoints, clock=whole)
    for kept in checkpoints.kept[0], checkpoints.kept[-2]:
        resumed = Clock()
        run(noisy_quadratic, quadratic, PLAN, checkpoints=Remembered([kept]), clock=resumed)
        assert resumed.operations == whole.operations > 0


def test_operations_of_a_training_that_the_clock_ends_are_not_counted():
    clock = Clock()
    run(quadratic, quadratic, Training(train_seconds=1e-3, evaluate_every=10), clock=clock)
    assert clock.operations is None


def test_seconds_become_steps_once(at_once, monkeypatch):
    """Readings of the clock are a second apart: so long takes a chunk of 40 steps, and its score as well."""
    plan = Training(train_seconds=100.0, learning_rate=0.02, warmup=20, evaluate_every=40, patience=10_000)
    checkpoints, readings = Remembered(), itertools.count()
    with monkeypatch.context() as patch:
        patch.setattr(clock_module.time, "perf_counter", lambda: float(next(readings)))
        first = run(noisy_quadratic, quadratic, plan, checkpoints=checkpoints)
    assert first.planned == 40 * (100 - 2) / 2
    assert_bitwise_equal(
        run(noisy_quadratic, quadratic, Training(**vars(plan) | {"steps": first.planned, "train_seconds": None})), first
    )
    assert [step for step, _ in checkpoints.kept][:2] == [0, 40]
    assert_bitwise_equal(run(noisy_quadratic, quadratic, plan, checkpoints=Remembered(checkpoints.kept[:1])), first)


def test_a_budget_is_in_steps_or_in_seconds():
    message = "train_seconds: 60.0 is a second budget beside steps: 500; leave one out"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Training(steps=500, train_seconds=60.0)


@pytest.mark.parametrize(
    ("n", "fraction"), [(2, 0.01), (2, 0.99), (3, 0.9), (4, 0.9), (5, 0.5), (200, 0.05), (200, 0.001), (200, 0.999)]
)
def test_the_held_out_split_is_disjoint_and_complete(n, fraction):
    rows, held_out = map(np.asarray, split_held_out(n, fraction, jax.random.key(3)))
    np.testing.assert_array_equal(np.sort(np.concatenate([rows, held_out])), np.arange(n))
    assert len(rows) >= min(2, n - 1)
    assert len(held_out) == max(1, min(round(fraction * n), n - 2))


def test_a_training_that_bettered_nothing_is_marked_in_whatever_was_trained():
    """Held-out losses of 0.9 and 0.7 after training, and 0.5 before: the untrained is kept, and that is said."""
    fit = {"steps": np.array([10, 20]), "best": np.array(0.5), "history": np.array([[5, 1.0, 0.9], [10, 0.8, 0.7]])}
    told = told_of_training(fit)
    assert told == {"steps": 10, "planned_steps": 20, "validation": {"kept": 0.5, "trained": 0.7}}
    assert [mark.name for mark in of_fit(told, resamples=False).marks] == ["learned nothing"]
    better = told_of_training(fit | {"best": np.array(0.7)})
    assert of_fit(better, resamples=False).marks == ()
