"""What every registered problem, method and metric promises."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small

from sgmbench import registry
from sgmbench.config.dump import dump
from sgmbench.config.load import build
from sgmbench.core.clock import Clock
from sgmbench.core.germs import Germs
from sgmbench.core.knowledge import KnownDensity, KnownMoments, raveled_moments
from sgmbench.core.method import Generator, Surrogate, refusal
from sgmbench.core.metric import PairScore
from sgmbench.core.problem import Constrained, Leveled, Traceable, transport, uniform_coordinates
from sgmbench.core.progress import silent
from sgmbench.core.reference import Reference
from sgmbench.core.rng import draw_normal, stream
from sgmbench.core.runs import Pairs
from sgmbench.core.samples import Samples
from sgmbench.core.simulation import Simulation
from sgmbench.studies.evaluate import error_in_sd, evaluate
from sgmbench.studies.refinement import rms

PROBLEMS, METHODS, METRICS = (registry.builtin(group) for group in ("problems", "methods", "metrics"))
TRACEABLE = [name for name in PROBLEMS if issubclass(registry.load("problems", name), Traceable)]
SUMMARIES = {group: registry.names(group) for group in registry.GROUPS}
MEMBERS = [(group, name) for group in registry.GROUPS for name in registry.builtin(group)]
QUICK = {
    "diffusion": {
        "network": {"kind": "mlp", "width": 8, "blocks": 1},
        "training": {"steps": 20, "warmup": 5, "batch": 16, "evaluate_every": 10},
        "sampler": {"kind": "dpmpp_2m", "steps": 3},
        "calibration": 16,
    },
    "copula": {"calibration": 16},
    "energy_score": {
        "network": {"kind": "mlp", "width": 8, "blocks": 1},
        "training": {"steps": 20, "warmup": 5, "batch": 16, "evaluate_every": 10},
        "draws": 2,
        "calibration": 16,
    },
    "flow": {
        "layers": 2,
        "knots": 2,
        "width": 8,
        "training": {"steps": 20, "warmup": 5, "batch": 16, "evaluate_every": 10},
        "calibration": 16,
    },
    "gaussian": {"calibration": 16},
    "kde": {"calibration": 16},
    "network": {"training": {"steps": 20, "warmup": 5, "batch": 16, "evaluate_every": 10}},
}
LAW_SCORES = [name for name in METRICS if not issubclass(registry.load("metrics", name), PairScore)]
BELOW_IDEAL = ("covariance_product", "mmd")  # of a set against itself: V forms, which keep their own diagonal


@pytest.mark.parametrize(("group", "name"), MEMBERS)
def test_every_class_is_its_own_schema(group, name):
    cls = registry.load(group, name)
    assert dataclasses.is_dataclass(cls)
    if not is_complete_by_default(cls):
        pytest.skip(f"{name} says nothing without settings of its own; its tests build it")
    part = cls() if group != "targets" else build(group, name)
    with pytest.raises(dataclasses.FrozenInstanceError):
        part.anything = 1
    summary = SUMMARIES[group][name]
    assert summary.endswith(".")
    assert 10 < len(summary) <= 100
    plain = {"kind": name} | dump(part)  # parts that no experiment names itself are written without
    assert plain["kind"] == name
    assert build(group, plain) == part
    assert hash(part) == hash(build(group, plain)) if group != "targets" else True


def is_complete_by_default(cls):
    unset = (dataclasses.MISSING, dataclasses.MISSING)
    return all((field.default, field.default_factory) != unset for field in dataclasses.fields(cls))


@pytest.fixture(scope="module", params=TRACEABLE)
def problem(request):
    return build("problems", request.param)


@pytest.fixture(scope="module")
def inputs(problem):
    """z and xi of four runs."""
    p = len(problem.parameters)
    normal = jnp.stack(
        [draw_normal(stream(0, "contract"), jnp.asarray(i), p + problem.germ_dimension) for i in range(4)]
    )
    return jax.vmap(lambda zeta: transport(problem, zeta))(normal[:, :p]), normal[:, p:]


@pytest.fixture(scope="module")
def batch(problem, inputs):
    return jax.jit(jax.vmap(problem.simulate))(*inputs)


def test_a_problem_gives_finite_float64_fields_of_its_layout(problem, batch):
    for field in problem.layout.fields:
        assert batch[field.name].shape == (4, *field.shape)
        assert batch[field.name].dtype == "float64"
        assert bool(jnp.isfinite(batch[field.name]).all())
        assert field.unit
    assert problem.layout.size == sum(field.size for field in problem.layout.fields)
    y = jax.vmap(problem.layout.ravel)(batch)
    assert float(jnp.max(jnp.var(y, axis=0))) > 0


def check_alone(simulate, inputs, batch):
    """The first two runs, each by itself, are those of the batch."""
    for i, (z, xi) in enumerate(zip(*(rows[:2] for rows in inputs), strict=True)):
        for name, values in simulate(z, xi).items():
            scale = float(jnp.max(jnp.abs(batch[name])))
            np.testing.assert_allclose(values, batch[name][i], rtol=1e-9, atol=1e-9 * scale)


def test_a_problem_gives_the_same_one_by_one(problem, inputs, batch):
    check_alone(jax.jit(problem.simulate), inputs, batch)


@pytest.mark.slow
def test_a_problem_gives_the_same_without_compilation(problem, inputs, batch):
    check_alone(problem.simulate, inputs, batch)


def test_a_problem_gives_the_same_for_the_same_key(problem):
    simulation = Simulation(problem, Clock(), at_condition=False)
    first, again, other = (simulation(3, key=stream(0, label)) for label in ("a", "a", "b"))
    np.testing.assert_array_equal(first.y, again.y)
    np.testing.assert_array_equal(first.z, again.z)
    assert not np.any(first.z == other.z)
    assert not np.array_equal(first.y, other.y)
    assert (first.executed, first.failed) == (3 * len(jax.devices()), 0)
    for column, parameter in zip(first.z.T, problem.parameters, strict=True):
        low, high = parameter.prior.support
        assert np.all((low <= column) & (column <= high))


def test_a_problem_runs_in_float32_where_it_is_asked_to(problem, inputs, batch):
    y = evaluate(problem, tuple(map(np.asarray, inputs)), precision="float32")
    exact = np.asarray(jax.vmap(problem.layout.ravel)(batch))
    assert np.isfinite(y).all()
    assert not np.array_equal(y, exact)
    np.testing.assert_array_equal(y, y.astype("float32"))


def test_coarser_levels_are_cheaper_and_take_the_same_input_to_the_same_output(problem, inputs, batch):
    """Each level is nearer to the finest one than the runs are to each other (a chaotic one, not farther)."""
    if not isinstance(problem, Leveled):
        pytest.skip("one level only")
    coarser = problem.coarser()
    assert 0 < coarser.relative_cost < problem.relative_cost
    assert coarser.parameters == problem.parameters
    assert coarser.germ_dimension == problem.germ_dimension
    assert coarser.layout == problem.layout
    fine, coarse = (
        np.asarray(jax.vmap(problem.layout.ravel)(each))
        for each in (batch, jax.jit(jax.vmap(coarser.simulate))(*inputs))
    )
    assert not np.array_equal(fine, coarse)
    differences = error_in_sd(problem, fine - coarse, fine)
    between = error_in_sd(problem, fine - np.roll(fine, 1, axis=0), fine)
    for name, difference in differences.items():
        assert rms(difference) < 1.1 * rms(between[name]), name


def median_condition(problem):
    """None for the marginal where nothing is held fixed, else z at the prior's median."""
    return tuple(float(value) for value in transport(problem, jnp.zeros(len(problem.parameters)))) or None


def test_known_moments_are_those_of_many_runs(problem):
    """Within five standard errors, over the prior and at a fixed z, wherever a closed form is claimed."""
    if not isinstance(problem, KnownMoments):
        pytest.skip("no moments are known")
    n, asked = 20_000, 0
    for z in dict.fromkeys([None, median_condition(problem)]):
        exact = raveled_moments(problem, problem.layout, z)
        if exact is None:
            continue
        asked += 1
        y = Simulation(problem, Clock(), at_condition=z is not None)(n, key=stream(0, "moments"), z=z or ()).y
        mean, variance = y.mean(axis=0), y.var(axis=0, ddof=1)
        error_of_variance = np.sqrt(np.maximum(np.mean((y - mean) ** 4, axis=0) - variance**2, 0) / n)
        assert np.all(np.abs(mean - exact.mean) <= 5 * np.sqrt(variance / n) + 1e-12), z
        assert np.all(np.abs(variance - exact.sd**2) <= 5 * error_of_variance + 1e-12), z
    assert asked


def test_a_known_score_is_the_gradient_of_the_log_density(problem):
    """To 1e-10, at several noise levels, wherever a closed form is claimed."""
    if not isinstance(problem, KnownDensity):
        pytest.skip("no density is known")
    asked = 0
    for z in dict.fromkeys([None, median_condition(problem)]):
        y = Simulation(problem, Clock(), at_condition=z is not None)(3, key=stream(0, "score"), z=z or ()).y
        for sigma in (0.1, 2.0):
            log_density = partial(problem.log_density, z=z, sigma=sigma)
            try:
                scores = jax.jit(jax.vmap(partial(problem.score, z=z, sigma=sigma)))(y + 0.01)
            except NotImplementedError:
                continue
            asked += 1
            gradients = jax.jit(jax.vmap(jax.grad(log_density)))(y + 0.01)
            for score, gradient in zip(scores, gradients, strict=True):
                scale = float(jnp.max(jnp.abs(gradient)))
                np.testing.assert_allclose(score, gradient, rtol=1e-10, atol=1e-10 * scale)
    assert asked


def test_constraints_hold_in_every_run(problem, batch):
    if not isinstance(problem, Constrained):
        pytest.skip("no constraints")
    for name, residual in jax.vmap(problem.constraints)(batch).items():
        scale = float(jnp.max(jnp.abs(batch[name.partition(".")[0]])))
        np.testing.assert_allclose(residual, 0, atol=1e-10 * scale, err_msg=name)


@pytest.fixture(scope="module")
def line():
    """64 runs of a line."""
    return Simulation(small.Line(), Clock(), at_condition=False)(64, key=stream(0, "line"))


@pytest.mark.parametrize("name", METHODS)
def test_a_method_gives_the_same_samples_for_the_same_key(name, line):
    """And runs the solver for what it claims: a Generator not at all, beyond the runs that it is given."""
    problem, executed = small.Counted(), 0
    jax.effects_barrier()
    small.LANES.clear()
    if not is_complete_by_default(registry.load("methods", name)):
        pytest.skip(f"{name} says nothing without settings of its own; its tests build it")
    method = build("methods", {"kind": name, **QUICK.get(name, {})})
    if "conditional" not in method.targets or refusal(method, problem):
        pytest.skip(f"{name} answers another question, or of another problem; its tests ask it")
    keys = [stream(0, label) for label in ("a", "a", "b")]
    if isinstance(method, Generator):
        given = np.asarray(uniform_coordinates(problem, jnp.asarray(line.z)))
        germs = Germs(problem, conditional=True, features=True, clock=Clock(), phase="sample")
        pairs = Pairs(given, line.y, germs.of_runs(64, key=stream(0, "line")) if method.sees_germ else None)
        fits = [
            method.fit(pairs, problem.layout, key=stream(1, "fit"), clock=Clock(), progress=silent) for _ in range(2)
        ]
        fresh = {"germs": germs} if isinstance(method, Surrogate) else {}
        samplers = [method.prepare(fit, clock=Clock(), **fresh) for fit in (fits[0], fits[1], fits[0])]
        made = [np.asarray(sample(np.zeros(2), 32, key)) for sample, key in zip(samplers, keys, strict=True)]
        assert all(isinstance(leaf, np.ndarray | jax.Array) for leaf in jax.tree.leaves(fits[0]))
    else:
        sample = method.prepare(problem, at_condition=True, clock=Clock())
        deliveries = [sample((0.0, 1.0), 32, key) for key in keys]
        made = [delivery.samples.values for delivery in deliveries]
        assert all(d.solver_runs <= d.executed_runs or d.solver_runs == 32 for d in deliveries)
        executed = sum(d.executed_runs for d in deliveries)
    jax.effects_barrier()
    assert len(small.LANES) == executed
    assert made[0].shape == (32, problem.layout.size)
    assert np.isfinite(made[0]).all()
    np.testing.assert_array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])


def test_methods_that_choose_the_germ_or_learn_from_it_say_so():
    """The others run a problem, and learn, without control of its randomness."""
    blind = {"monte_carlo", "nested", "bootstrap", "residual_bootstrap", "gaussian", "kde", "copula", "flow"}
    blind |= {"energy_score", "diffusion"}
    assert {name for name in METHODS if not registry.load("methods", name).sees_germ} == blind


@pytest.mark.parametrize("name", LAW_SCORES)
def test_a_metric_of_the_reference_against_itself_is_ideal(name, line):
    metric, problem = build("metrics", name), small.Line()
    reference = Reference(line.y, problem, None)
    samples = Samples.equally_weighted(line.y, problem.layout, is_law=False)
    scores = metric.score(samples, reference)
    for part, value in scores.items():
        if part.startswith("mu"):
            assert value > 0
        elif part == "reference_variance":  # nothing but each row's distance to itself, of which there are 64
            assert 0 <= value < 4 * scores["mu"] ** 2 / 64**3
        elif part == "d2":  # the finite set keeps its own diagonal: mu / n
            assert value == pytest.approx(-scores["mu"] / 64, rel=1e-3)
        elif name in BELOW_IDEAL:
            assert -0.1 < value < 0
        else:
            assert value == pytest.approx(metric.ideal, abs=1e-6), part


@pytest.mark.parametrize("name", LAW_SCORES)
def test_a_metric_sees_a_law_that_is_far_away(name, line):
    metric, problem = build("metrics", name), small.Line()
    reference = Reference(line.y, problem, None)
    rng = np.random.default_rng(0)
    far = line.y.mean(axis=0) + 5 * line.y.std(axis=0) * (1 + rng.normal(size=line.y.shape))
    scores = metric.score(Samples.equally_weighted(far, problem.layout, is_law=True), reference)
    for part, value in scores.items():
        if not part.startswith(("mu", "reference_variance")):
            assert abs(value - metric.ideal) > 0.4, part  # an accuracy ends at 1
