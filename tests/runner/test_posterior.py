"""Posteriors from beginning to end: which pairs teach, what is true, and what samples are scored as."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import small
from scipy.stats import kstest

from sgmbench import api
from sgmbench.config.load import load
from sgmbench.core.clock import Clock
from sgmbench.core.inverse import data_of, normal_scores, parameters_of
from sgmbench.core.progress import silent
from sgmbench.core.rng import stream
from sgmbench.core.simulation import Simulation
from sgmbench.errors import CellError, UsageError
from sgmbench.learning.conditional_moments import ConditionalMoments
from sgmbench.learning.representations.residual import Residual
from sgmbench.problems.linear_gaussian import LinearGaussian
from sgmbench.problems.two_moons import TwoMoons
from sgmbench.runner.question import PosteriorQuestion
from sgmbench.runner.run import continue_run, start
from sgmbench.store.atomic import read_json
from sgmbench.store.samples import read_samples
from sgmbench.surrogates.gaussian import Gaussian
from sgmbench.surrogates.polynomial_chaos import PolynomialChaos

POSTERIOR = {"kind": "sgmbench.core.target:Posterior", "observations": [[0, 0]], "drawn": 1}
MCMC = {"kind": "sgmbench.montecarlo.mcmc:MCMC", "label": "mcmc", "budgets": [1500], "depth": 6}
LINEAR = LinearGaussian(dimension=2, coupling=0.6)


TIMED: list[tuple[float, ...]] = []


def price(problem, data, position, *, seconds_a_row):
    """Of a gradient, as if it had been measured; notes the data of the chains."""
    assert seconds_a_row > 0
    TIMED.append(data)
    return 4.5


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of two generators that note what they see, and of chains, at two observations of two moons."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("posterior"))
        patch.setattr("sgmbench.montecarlo.mcmc.price_of_gradient", price)
        TIMED.clear()
        small.SEEN.clear()
        watching = [{"kind": "small:Watching", "label": name, "name": name} for name in ("first", "second")]
        config = small.write(
            Path("a.yaml"),
            problem="two_moons",
            targets=[POSTERIOR],
            methods=[*watching, MCMC],
            budgets=[800],
            reference={"size": 300, "drawn_size": 300},
        )
        experiment = load(config).experiment
        folder = start(experiment, Path.cwd() / "results")
        continue_run(folder, experiment, Path.cwd() / "results")
        yield folder, list(small.SEEN)


def test_all_methods_learn_the_same_pairs_of_the_runs_that_every_target_has(run):
    """zeta given the scores of the data, whose noise is a stream of its own."""
    _, seen = run
    (_, given, learned), (_, again, same) = seen
    np.testing.assert_array_equal(given, again)
    np.testing.assert_array_equal(learned, same)
    problem = TwoMoons()
    runs = Simulation(problem, Clock(), at_condition=False)(800, key=stream(0, "runs", 0))
    np.testing.assert_allclose(parameters_of(problem, learned), runs.z, atol=1e-12)
    data = data_of(problem, runs, key=stream(0, "observation noise", "runs", 0))
    np.testing.assert_allclose(given, normal_scores(data)(data), atol=1e-12)


def test_the_truth_is_the_exact_posterior_and_samples_are_parameters(run):
    folder, seen = run
    truth = read_samples(folder.path / "references" / "posterior.nc")
    exact = TwoMoons().sample_posterior(jnp.zeros(2), n=300, key=stream(0, "reference", "posterior", "c1"))
    found = np.stack([truth[name].to_numpy()[0] for name in ("t_1", "t_2")], axis=1)
    np.testing.assert_allclose(found, exact, atol=1e-12)
    delivered = read_samples(folder.cell("posterior.first.800.r0") / "samples.nc")
    resampled = parameters_of(TwoMoons(), seen[0][2][:300])
    np.testing.assert_allclose(delivered["t_1"].to_numpy()[0], resampled[:, 0], atol=1e-12)
    assert delivered["t_1"].attrs == truth["t_1"].attrs


def test_scores_and_floors_are_of_parameters_at_each_observation(run):
    folder, _ = run
    truth = read_json(folder.path / "references" / "posterior.json")["conditions"]
    assert list(truth) == ["c1", "d01"]
    assert (truth["c1"]["data"], truth["c1"]["z"], truth["c1"]["seconds"]) == ([0.0, 0.0], None, None)
    assert truth["c1"]["variances"].keys() == {"t_1", "t_2"}
    first, *_ = folder.results()
    assert first.samples_each == {"c1": 300, "d01": 300}
    assert first.scores["c1"]["mean"].keys() == {"t_1", "t_2"}
    # The prior in the place of the posterior: both have mean 0, and the wrong law is seen far above the floor.
    assert first.scores["c1"]["energy"]["d2"] > 10 * abs(truth["c1"]["floors"]["energy"]["d2"])


def test_chains_that_do_not_mix_are_scored_and_marked(run):
    """Chains of two moons stay in the moon in which they began."""
    folder, _ = run
    chains = folder.results()[-1]
    assert (chains.status, chains.method, chains.kind) == ("ok", "mcmc", "sampler")
    assert chains.cost.solver_runs >= 3_000
    assert chains.cost.gradients == chains.cost.solver_runs - 2 * 4 * 16  # draws of each chain at each observation
    assert (chains.cost.runs_a_gradient, TIMED) == (4.5, [(0.0, 0.0)])  # once a cell
    assert any(
        reason.says.startswith("c1: the chains have not mixed: R-hat of t_")
        and reason.says.endswith(", above 1.05; give more runs")
        for reason in chains.reasons
    )
    assert chains.diagnostics["c1"]["r_hat"].keys() == {"t_1", "t_2"}
    assert chains.validity == "invalid"
    assert all(result.validity == "valid" for result in folder.results()[:-1])


@pytest.fixture(scope="module")
def learned():
    """4,000 runs of a linear model, and a generator whose law is exact where its regressions are."""
    runs = Simulation(LINEAR, Clock(), at_condition=False)(4_000, key=stream(0, "runs"))
    question = PosteriorQuestion(LINEAR)
    lesson = question.lesson(runs, noise=stream(0, "noise"))
    method = Gaussian(representation=(Residual(ConditionalMoments()),), calibration=0)
    options = {"key": stream(0, "fit"), "clock": Clock(), "progress": silent}
    sample = method.prepare(method.fit(lesson.pairs, question.answer.layout, **options), clock=Clock())

    def draw(data, n, *, seed=0):
        return lesson.values(sample(lesson.coordinates(np.array([data]))[0], n, stream(seed, "sample")))

    return draw


@pytest.mark.parametrize("data", [(0.0, 0.0), (0.6, -0.3), (-1.0, -0.5)])
def test_a_gaussian_law_is_learned_at_each_observation(learned, data):
    """To a tenth of the posterior's standard deviation, which is what 4,000 ranks and a regression on them can tell."""
    z = learned(data, 20_000)
    sd = np.sqrt(np.diag(LINEAR.posterior_covariance()))
    mean = np.asarray(LINEAR.posterior_mean(jnp.asarray(data)))
    assert np.all(np.abs(z.mean(axis=0) - mean) < 0.15 * sd)
    np.testing.assert_allclose(z.std(axis=0), sd, rtol=0.1)
    correlation = LINEAR.posterior_covariance()[0, 1] / sd.prod()
    assert np.corrcoef(z.T)[0, 1] == pytest.approx(correlation, abs=0.1)


def test_ranks_of_the_parameters_behind_fresh_data_are_uniform(learned):
    """Simulation-based calibration (Talts et al. 2018): data of 200 fresh parameters, 99 samples at each."""
    runs = Simulation(LINEAR, Clock(), at_condition=False)(200, key=stream(1, "fresh"))
    data = data_of(LINEAR, runs, key=stream(1, "fresh noise"))
    ranks = np.array(
        [np.mean(learned(d, 99, seed=i) < z, axis=0) for i, (d, z) in enumerate(zip(data, runs.z, strict=True))]
    )
    for column in ranks.T:
        assert kstest(column, "uniform").pvalue > 0.01
        assert abs(column.mean() - 1 / 2) < 4 / np.sqrt(12 * 200)
        assert abs(np.mean((column - 1 / 2) ** 2) - 1 / 12) < 4 / np.sqrt(180 * 200)


def test_what_sees_the_germ_and_what_samples_outputs_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        api.run(small.write(Path("a.yaml"), problem="two_moons", targets=[POSTERIOR]))
    assert str(caught.value) == (
        "a.yaml:10:3: methods.0: monte_carlo does not sample a posterior (marginal and conditional only); remove one "
        "of them"
    )
    with pytest.raises(UsageError) as caught:
        api.ladder(small.write(Path("b.yaml"), problem="two_moons", targets=[POSTERIOR], methods=["diffusion"]))
    assert str(caught.value) == (
        "b.yaml: the first target is a posterior, whose score is not known; write another target before it"
    )
    assert not Path("results").exists()


def test_a_surrogate_of_outputs_has_no_germ_to_see():
    said = r"^PolynomialChaos predicts y from inputs that data do not give; remove one of them$"
    with pytest.raises(CellError, match=said):
        PosteriorQuestion(LINEAR).germs(PolynomialChaos(), clock=Clock(), phase="sample")
