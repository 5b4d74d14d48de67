"""The instrument tested on itself: the rates of intervals and tests, and instruments that are wrong on purpose."""

import json
import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import typer
from scipy.stats import betabinom, binom, kstest, norm, t
from typer.testing import CliRunner

from sgmbench import api
from sgmbench.cli.calibrate import calibrate as command
from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.cvar import CVaR
from sgmbench.metrics.energy import Energy
from sgmbench.metrics.mean import Mean
from sgmbench.metrics.mmd import MMD2
from sgmbench.metrics.quantiles import Quantiles
from sgmbench.metrics.sliced_wasserstein import SlicedWasserstein
from sgmbench.metrics.standard_deviation import StandardDeviation
from sgmbench.metrics.tail_probability import TailProbability
from sgmbench.report.calibrate import calibration_lines, calibration_tables
from sgmbench.report.terminal import wide_console
from sgmbench.statistics.equivalent_runs import EquivalentRuns
from sgmbench.statistics.normal_samples import sd_power
from sgmbench.studies.calibrate import Calibration, Effort, calibrate, finding
from sgmbench.studies.centering import centers_of, off_center
from sgmbench.studies.defects import CORRELATED, DEFECTS, NONE, PinnedNoise, defects_of, generator
from sgmbench.studies.expected_worth import expected_worth
from sgmbench.studies.power import NullLaw, Power, null_errors, powers, rank_of_threshold
from sgmbench.studies.recovery import holds, recover, trusts_of

TELLING = {
    "energy": Energy(),
    "energy_standardized": Energy(norm="standardized"),
    "mean": Mean(),
    "standard_deviation": StandardDeviation(),
    "mmd": MMD2(),
}
SMALL = {"runs": (16, 64), "replicates": 16, "seed": 1}
TINY = Effort(dimensions=(1, 8), runs=(8, 32), replicates=10, trials=4, samples=40, null=19)


class Wrong(Metric):
    """The energy distance with a mistake."""

    judged_by = "equivalent_runs"

    def score(self, samples, reference):
        return self.mistaken(Energy(), samples, reference)


class Doubled(Wrong):
    def mistaken(self, energy, samples, reference):
        scores = energy.score(samples, reference)
        return scores | {"d2": 2 * scores["d2"]}


class Swapped(Wrong):
    def mistaken(self, energy, samples, reference):
        return energy.score(replace(samples, is_law=not samples.is_law), reference)


@pytest.fixture(scope="module")
def recovered():
    """Many small trials by every metric that tells runs."""
    return [each for d in (1, 16) for each in recover(TELLING, dimension=d, trials=8, **SMALL)]


def test_intervals_hold_n_at_their_rate(recovered):
    """95 %, and 91 % at least where laws are skewed, within the binomial law; no metric is called biased."""
    for trust in trusts_of(recovered):
        assert trust.intervals == 2 * 2 * 8
        assert trust.held >= binom.ppf(1e-3, trust.intervals, 0.91), trust
        assert trust.probability == pytest.approx(
            binom.sf(trust.intervals - trust.held - 1, trust.intervals, 0.05), rel=1e-12
        )
        assert not trust.is_biased
    assert sum(trust.held for trust in trusts_of(recovered)) < 5 * 32  # and they are not too wide to miss


@pytest.mark.parametrize("label", TELLING)
def test_equivalent_runs_of_n_runs_are_n(recovered, label):
    """1 / N_eq is unbiased for 1 / N: its mean over trials is within four standard errors, no trial left out."""
    trials = [
        (each.expected, run) for each in recovered if (each.metric, each.dimension) == (label, 16) for run in each.found
    ]
    ratios = [expected / run.value for expected, run in trials if not run.at_least]
    assert len(ratios) == len(trials) == 16
    error = np.std(ratios, ddof=1) / np.sqrt(len(ratios))
    assert abs(np.mean(ratios) - 1) < 4 * error
    assert error < 0.05


def test_n_runs_of_a_normal_law_tell_the_standard_deviation_of_n_less_seven_eighths():
    """E (s - sigma)^2 = 2 sigma^2 (1 - c_4(N)), by the gamma function, against sigma^2 / 2 / (N - 7/8)."""
    told = {"reference": 4 * 512, "dimension": 1}
    for N in (8, 32, 128, 512):
        worth = expected_worth(StandardDeviation(), None, runs=N, **told)
        assert 2 * (1 - sd_power(N, 1)) == pytest.approx(0.5 / worth, rel=0.5 / N**2)
    assert expected_worth(Energy(), None, runs=32, **told) == 32


TAILS = {"quantiles": Quantiles((0.2, 0.5)), "cvar": CVaR((0.8,)), "tail_probability": TailProbability(level=0.8)}


def test_few_runs_are_worth_by_quantiles_and_tails_what_theory_says():
    """Of one interval over 800 replicates twice the half width, some four standard errors."""
    found = {each.metric: each for each in recover(TAILS, dimension=8, runs=(64,), replicates=800, trials=1, seed=0)}
    assert list(found) == ["quantiles/0.2", "quantiles/0.5", "cvar", "tail_probability"]
    for name, each in found.items():
        (runs,) = each.found
        factor = (runs.high / runs.value) ** 2
        assert runs.value / factor < each.expected < runs.value * factor, name
        assert factor < 1.3


@pytest.mark.parametrize(("metric", "level"), [(TAILS["quantiles"], 0.2), (TAILS["cvar"], 0.8)])
def test_many_runs_are_worth_their_number_by_quantiles_and_tails(metric, level):
    """Against a reference so large that neither its own error nor the finite width of a slope is left."""
    for N, off in ((64, 0.1), (4_096, 0.01)):
        worth = expected_worth(metric, level, runs=N, reference=10_000_000, dimension=1)
        assert worth == pytest.approx(N, rel=off)


def test_a_tail_probability_by_the_reference_s_own_ranks_errs_most_in_many_dimensions():
    """By 1 / (n + 1) whatever d is, beside an error that falls with d: without it N runs are worth N."""
    n, N = 512, 128
    few, many = (expected_worth(TAILS["tail_probability"], 0.8, runs=N, reference=n, dimension=d) for d in (1, 4_096))
    assert few == pytest.approx(N, rel=0.01)
    v = (1 - 103 / 512) / (103 / 512) / 4_096
    assert many == pytest.approx(v / (v / N + (n + 1) ** -2), rel=0.02)


def test_of_fewer_than_ten_rows_beyond_a_level_nothing_is_expected():
    told = {"reference": 400, "dimension": 1}
    assert expected_worth(Quantiles((0.1,)), 0.1, runs=99, **told) is None
    assert expected_worth(Quantiles((0.1,)), 0.1, runs=100, **told) is not None
    assert expected_worth(CVaR((0.9,)), 0.9, runs=99, **told) is None
    assert recover({"q": Quantiles((0.01,))}, dimension=1, runs=(8, 32), replicates=2, trials=1, seed=0) == []


@pytest.mark.parametrize("mistake", [Doubled, Swapped])
def test_a_metric_that_is_wrong_is_caught(mistake):
    """A factor of two halves N_eq; U for a finite set makes it all but infinite."""
    found = calibrate(TINY, metrics={"energy": mistake(), "mean": Mean()})
    wrong, right = found.trusts
    assert (wrong.metric, right.metric) == ("energy", "mean")
    assert wrong.is_biased
    assert not right.is_biased
    assert not found.is_sound
    assert found.verdict.partition("; ")[0] == (
        f"by energy N runs are worth N in only {wrong.held} of 16 intervals, of which chance makes "
        f"{wrong.probability:.1g}: the reference, the metric or its inversion is biased"
    )


def test_a_square_that_is_not_centered_is_caught():
    """A law scored as a set has mu / M on average, mu = E|Y - Y'| of a thousand runs."""
    d, M = 16, 40
    metrics = {"energy": Energy(), "swapped": Swapped(), "sliced_wasserstein": SlicedWasserstein(), "mean": Mean()}
    nulls = null_errors(metrics, dimension=d, samples=M, null=59, seed=0)
    right, wrong, sliced = centers = centers_of(metrics, nulls, dimension=d)
    assert [each.metric for each in centers] == ["energy", "swapped", "sliced_wasserstein"]
    assert off_center(centers) == [wrong]
    assert max(abs(right.in_errors), abs(sliced.in_errors)) < 4
    problem = PinnedNoise(d)
    truth = Reference(problem.draw(1_000, generator(0, "mu")), problem, None)
    mu = Energy().score(Samples.equally_weighted(truth.values[:2], problem.layout, is_law=True), truth)["mu"]
    assert abs(wrong.mean - mu / M) < 4 * wrong.standard_error
    assert wrong.probability == pytest.approx(2 * t.sf(wrong.in_errors, 58), rel=1e-12)


def test_the_verdict_says_by_which_metric_exact_samples_are_not_at_zero():
    found = calibrate(replace(TINY, dimensions=(8,)), metrics={"energy": Swapped()})
    (center,) = found.centers
    assert found.verdict.endswith(
        f"by energy exact samples score {center.mean:.2g} +- {center.standard_error:.1g} at d = 8, of which chance "
        f"makes {center.probability:.1g}: the metric is biased"
    )


def test_where_a_dimension_is_dear_fewer_runs_are_tried_once():
    found = calibrate(replace(TINY, dear=8, dear_runs=(8,), dear_null=39), metrics={"mean": Mean()})
    tried = {(each.dimension, each.runs, len(each.found)) for each in found.recoveries}
    assert tried == {(1, 8, 4), (1, 32, 4), (8, 8, 1)}
    assert {(each.dimension, each.null) for each in found.powers} == {(1, 19), (8, 39)}
    recovery, _ = calibration_tables(found)
    assert list(recovery.columns[-1].cells)[1] == "-"


def test_a_right_metric_is_sound_and_the_seed_decides_alone():
    first, again, other = (calibrate(TINY, metrics={"mean": Mean()}, seed=seed) for seed in (0, 0, 1))
    assert first.is_sound
    assert first.verdict == (
        f"sound: N runs are worth N in {first.trusts[0].held} of 16 intervals of 95 %, which chance explains by every "
        "metric"
    )
    assert first == again
    assert [each.found for each in first.recoveries] != [each.found for each in other.recoveries]


@pytest.mark.parametrize(
    ("found", "inside"),
    [
        (EquivalentRuns(100.0, 90.0, 111.0, at_least=False, cap=np.inf), True),
        (EquivalentRuns(120.0, 108.0, 133.0, at_least=False, cap=np.inf), False),
        (EquivalentRuns(70.0, None, None, at_least=True, cap=np.inf), True),
        (EquivalentRuns(101.0, None, None, at_least=True, cap=np.inf), False),
        (EquivalentRuns(np.nan, None, None, at_least=False, cap=np.inf), False),
    ],
)
def test_an_interval_or_a_bound_holds_100(found, inside):
    assert holds(found, 100.0) == inside


def unit_rows(defect, n=40_000, d=6):
    """u of y = x^1/2 u."""
    y = PinnedNoise(d).draw(n, generator(0, "rows", defect), defect=defect)
    return y / np.sqrt((np.arange(d) + 0.5) / d)


@pytest.mark.parametrize("defect", DEFECTS)
def test_each_law_has_its_mean_and_its_variance(defect):
    """Within four standard errors, whatever else is wrong with it."""
    u = unit_rows(defect)
    mean = {"mean + 0.1 sd": np.full(6, 0.1), "end + 0.3 sd": np.array([0.3, 0, 0, 0, 0, 0])}.get(defect, np.zeros(6))
    variance = 0.81 if defect == "sd x 0.9" else 1.0
    squares = (u - mean) ** 2
    assert np.all(np.abs(u.mean(axis=0) - mean) < 4 * np.sqrt(variance / len(u)))
    assert np.all(np.abs(squares.mean(axis=0) - variance) < 4 * squares.std(axis=0) / np.sqrt(len(u)))


def test_only_the_planted_defect_is_there():
    """Marginals by Kolmogorov and Smirnov; correlations of neighbors and of their neighbors, 0.3 and 0.09."""
    assert kstest(unit_rows("t5 tails").ravel() * np.sqrt(5 / 3), t(5).cdf).pvalue > 1e-3
    for defect in (NONE, CORRELATED):
        assert min(kstest(column, norm.cdf).pvalue for column in unit_rows(defect).T) > 1e-3
    for defect in DEFECTS:
        correlation = np.corrcoef(unit_rows(defect).T)
        for lag, expected in ((1, 0.3), (2, 0.09), (3, 0.027)):
            known = expected if defect == CORRELATED else 0.0
            assert np.all(np.abs(np.diag(correlation, lag) - known) < 4 / np.sqrt(40_000)), (defect, lag)


def test_one_value_has_no_neighbors():
    assert CORRELATED in defects_of(2)
    assert defects_of(1) == [name for name in defects_of(2) if name != CORRELATED]
    np.testing.assert_array_equal(
        *(PinnedNoise(1).draw(5, generator(0, "one"), defect=defect) for defect in (NONE, CORRELATED))
    )


@pytest.mark.parametrize("null", [19, 59, 199])
def test_exact_scores_are_found_once_in_twenty_whatever_their_law(null):
    """P = 1 - k / (B + 1), .05 for these B; the scores are exponential, whose upper twentieth is not a normal law's."""
    rng, repeats = np.random.default_rng(null), 4_000
    scores = rng.exponential(size=(repeats, null + 1, 1))
    found = np.mean([NullLaw.of(each[:-1]).is_exceeded_by(each[-1:])[0] for each in scores])
    assert rank_of_threshold(null) == 0.95 * (null + 1)
    assert abs(found - 0.05) < 4 * np.sqrt(0.05 * 0.95 / repeats)


def powers_of(metrics, *, dimension, samples, replicates, null, seed):
    nulls = null_errors(metrics, dimension=dimension, samples=samples, null=null, seed=seed)
    return powers(metrics, nulls, dimension=dimension, samples=samples, replicates=replicates, seed=seed)


def test_a_control_is_found_by_chance_alone():
    """By each metric the number found lies within the beta-binomial law that it has."""
    metrics = {"mean": Mean(), "quantiles": Quantiles(), "standard_deviation": StandardDeviation()}
    found = powers_of(metrics, dimension=4, samples=24, replicates=60, null=99, seed=3)
    for each in found:
        if each.defect == NONE:
            assert each.by_chance == pytest.approx(betabinom.sf(each.found - 1, 60, 5, 95), rel=1e-12)
            assert each.by_chance > 1e-3
            assert betabinom.cdf(each.found, 60, 5, 95) > 1e-3


def test_the_power_of_a_mean_is_that_of_the_two_sided_test():
    """Means of M rows differ by N(a, 2/M) in one dimension: P(|Z + a (M/2)^1/2| > 1.96), .17 and .85 here."""
    M, R = 200, 150
    found = {
        each.defect: each.share
        for each in powers_of({"mean": Mean()}, dimension=1, samples=M, replicates=R, null=199, seed=0)
    }
    for defect, a in (("mean + 0.1 sd", 0.1), ("end + 0.3 sd", 0.3)):
        shift = a * np.sqrt(M / 2)
        power = norm.sf(1.96 - shift) + norm.cdf(-1.96 - shift)
        error = np.sqrt(
            power * (1 - power) / R + (norm.pdf(1.96 - shift) / norm.pdf(1.96) / 2) ** 2 * 0.05 * 0.95 / 199
        )
        assert abs(found[defect] - power) < 4 * error, defect
    assert found["sd x 0.9"] < 0.15


def test_each_defect_is_found_by_the_metric_that_is_made_for_it():
    """And by no metric that cannot see it: a mean says nothing of a spread, a spread nothing of a mean."""
    metrics = {"mean": Mean(), "standard_deviation": StandardDeviation()}
    shares = {
        (each.defect, each.metric): each.share
        for each in powers_of(metrics, dimension=64, samples=200, replicates=20, null=59, seed=0)
    }
    for seen in (("mean + 0.1 sd", "mean"), ("sd x 0.9", "standard_deviation")):
        assert shares[seen] >= 0.95, seen
    for blind in (("mean + 0.1 sd", "standard_deviation"), ("sd x 0.9", "mean"), (CORRELATED, "standard_deviation")):
        assert shares[blind] < 0.35, blind


def told(shares):
    """Powers of 20 replicates from {(metric, d): share}."""
    return [Power("t5 tails", metric, d, round(20 * share), 20, 199) for (metric, d), share in shares.items()]


def test_a_finding_says_where_and_by_what_a_defect_is_found():
    shares = {
        ("energy", 1): 0.1,
        ("energy", 16): 0.8,
        ("energy", 4096): 1,
        ("crooked", 1): 0.75,
        ("crooked", 16): 0.9,
        ("crooked", 4096): 0.85,
        ("mean", 1): 0.05,
        ("mean", 16): 0.79,
        ("mean", 4096): 0.0,
    }
    shares |= {("spectrum", 16): 1.0}
    assert finding("t5 tails", told(shares)) == (
        "t5 tails: at d = 16, 4,096 by energy, crooked; at d = 16 by mean, spectrum; by none at d = 1"
    )
    assert finding("t5 tails", told({("energy", 1): 1, ("energy", 2): 1})) == "t5 tails: at every d by energy"


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    return calibrate(TINY, metrics={"energy": Energy(), "standard_deviation": StandardDeviation()})


def test_the_tables_have_every_number(calibration):
    """Of recovery theory's worth, the lower median of four trials and how many held; of power the control last."""
    console = wide_console()
    with console.capture() as capture:
        for table in calibration_tables(calibration):
            console.print(table)
    worth, power = capture.get().split("Power: which metric finds which defect")
    worth, centering = worth.split("Centering:")
    theory = [("8", "8"), ("32", "32"), ("8", "7.12"), ("32", "31.1")]
    assert re.findall(r"(\d+) +([\d.]+) +>?[\d.,]+, \d of 4 +>?[\d.,]+, \d of 4", worth) == theory
    (centers,) = re.findall(r"energy +([+-][\d.]+) +([+-][\d.]+)", centering)
    assert list(centers) == [f"{each.mean / each.standard_error:+.1f}" for each in calibration.centers]
    cells = [cell for line in worth.splitlines() for cell in re.findall(r"(>?)([\d.,]+), (\d) of 4", line)]
    by = {(each.metric, each.runs, each.dimension): each for each in calibration.recoveries}
    expected = [by[key] for key in product(("energy", "standard_deviation"), TINY.runs, TINY.dimensions)]
    for (bound, value, held), each in zip(cells, expected, strict=True):
        median = sorted(each.found, key=lambda run: run.value)[1]
        assert float(value.replace(",", "")) == pytest.approx(median.value, rel=0.006)
        assert (bound == ">", int(held)) == (median.at_least, each.held)
    rows = re.findall(r"(energy|standard_deviation) +([\d.]+|-) +([\d.]+) *\n", power)
    shares = {(each.defect, each.metric, each.dimension): each.share for each in calibration.powers}
    names = [*(name for name in DEFECTS if name != NONE), NONE]
    for (metric, *found), (defect, label) in zip(rows, product(names, ("energy", "standard_deviation")), strict=True):
        assert metric == label
        for share, d in zip(found, TINY.dimensions, strict=True):
            assert share == "-" if (defect, d) == (CORRELATED, 1) else float(share) == shares[defect, label, d]


def test_the_lines_are_a_finding_for_each_defect_and_the_verdict(calibration):
    assert calibration_lines(calibration) == [
        *(finding(name, calibration.powers) for name in defects_of(8)),
        f"verdict: {calibration.verdict}",
    ]


@pytest.mark.parametrize("is_sound", [True, False])
def test_the_exit_code_is_the_verdict(calibration, monkeypatch, is_sound):
    asked = {}

    def answer(**arguments):
        asked.update(arguments)
        return replace(calibration, is_sound=is_sound)

    monkeypatch.setattr(api, "calibrate", answer, raising=False)
    app = typer.Typer()
    app.command()(command)
    done = CliRunner().invoke(app, ["--quick", "--seed", "7", "--json"])
    assert done.exit_code == (0 if is_sound else 1), done.output
    assert json.loads(done.stdout)["is_sound"] is is_sound
    assert json.loads(done.stdout)["trusts"][0]["intervals"] == 16
    assert {key: asked[key] for key in ("quick", "replicates", "seed")} == {"quick": True, "replicates": 20, "seed": 7}
