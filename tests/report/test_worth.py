"""Equivalent runs by every error whose variance is known: exact numbers, plain Monte Carlo's own, and what has none."""

from typing import Literal

import numpy as np
import pytest

from sgmbench.core.cost import Cost
from sgmbench.core.reference import Reference
from sgmbench.core.result import Result
from sgmbench.core.samples import Samples
from sgmbench.metrics.cvar import CVaR
from sgmbench.metrics.quantiles import Quantiles
from sgmbench.metrics.tail_probability import TailProbability, Threshold
from sgmbench.problems.gaussian import PowerLawGaussian
from sgmbench.report.summary import Line
from sgmbench.report.worth import by_metric
from sgmbench.runner.variances import variances_of

MANY = 10**15
VARIANCES = {
    "c": {"mean": 1.0, "sd": 0.5, "q0.9": 3.0, "P above 2": 40.0, "P 0.99": 99.0, "upper cvar 0.95": 6.0},
    "a/b": {"mean": 1.0, "sd": 0.5, "P below -1": 5.0, "lower cvar 0.9": 4.0, "P above 3": None},
}
TRUTH = {"all": {"variances": VARIANCES, "size": MANY}}
METRICS = [
    {"label": "quantiles", "kind": "quantiles", "levels": [0.9]},
    {"label": "events", "kind": "tail_probability", "thresholds": []},
    {"label": "tail_probability", "kind": "tail_probability", "level": 0.99},
    {"label": "cvar", "kind": "cvar", "tail": "upper"},
    {"label": "best", "kind": "cvar", "tail": "lower"},
    {"label": "second", "kind": "mean"},
]


def result_of(kind: Literal["sampler", "generator"] = "sampler", samples=MANY):
    return Result(
        name="x",
        content="",
        target="marginal",
        method="x",
        kind=kind,
        budget=10,
        replicate=0,
        status="ok",
        samples_each={"all": samples},
        cost=Cost(),
    )


def worth(part, error, *, truth=TRUTH, metrics=METRICS, result=None):
    return by_metric({part: {"all": np.atleast_1d(error).tolist()}}, truth, result or result_of(), metrics)


@pytest.mark.parametrize(
    ("part", "v"),
    [
        ("quantiles/c/0.9", 3.0),
        ("events/c/above 2", 40.0),
        ("events/a/b/below -1", 5.0),
        ("tail_probability/c/0.99", 99.0),
        ("cvar/c/0.95", 6.0),
        ("best/a/b/0.9", 4.0),
        ("second/a/b", 1.0),
        ("standard_deviation/c", 0.5),
    ],
)
def test_an_error_of_one_tenth_is_worth_a_hundred_times_the_variance_of_one_run(part, v):
    assert worth(part, 0.1)[part]["all"].value == pytest.approx(100 * v)


def test_a_law_is_worth_more_than_the_samples_that_stand_for_it():
    """Of M = 4,000 samples of a law 0.2 off with v = 40 the mean square is 0.04 + 40 / 4,000."""
    found = worth("events/c/above 2", 0.05**0.5, result=result_of("generator", samples=4_000))
    assert found["events/c/above 2"]["all"].value == pytest.approx(40 / 0.04)


@pytest.mark.parametrize(
    "part",
    [
        "events/a/b/above 3",  # happened in no run of the reference
        "quantiles/c/0.5",  # of an older run
        "cvar/a/b/0.9",  # of the other tail
        "wasserstein/c",  # of no known variance
        "mine/c/0.9",  # of a metric of the user's own
        "quantiles/elsewhere/0.9",
    ],
)
def test_where_no_variance_is_known_there_is_none(part):
    assert worth(part, 0.1) == {}


def test_runs_of_a_time_when_metrics_had_no_entry_are_read_by_their_labels():
    assert worth("quantiles/c/0.9", 0.1, metrics=[])["quantiles/c/0.9"]["all"].value == pytest.approx(300)
    assert worth("events/c/above 2", 0.1, metrics=[]) == {}


def test_a_squared_discrepancy_is_worth_its_unit_over_it_and_no_more_than_a_third_of_the_reference():
    truth = {"all": {"variances": VARIANCES, "kernel_units": {"mmd": 0.5}, "size": MANY}}
    found = worth("mmd/all", [0.004, 0.005, 0.006], truth=truth)["mmd"]["all"]
    assert (found.value, found.at_least) == (pytest.approx(100), False)
    of_few = worth("mmd/all", [0.004, 0.005, 0.006], truth={"all": truth["all"] | {"size": 150}})["mmd"]["all"]
    assert of_few.at_least
    assert of_few.value <= 50
    assert worth("mmd/all", [0.004]) == {}


def test_the_worst_moment_is_no_tail():
    parts = {"mean/c": 0.1, "standard_deviation/c": 0.2, "quantiles/c/0.9": 0.9, "tail_probability/c/0.99": 9.0}
    found = {part: worth(part, error)[part] for part, error in parts.items()}
    line = Line("marginal", "x", "sampler", 10, 1, 0, "", 0, equivalent=found)
    moment = line.worst_moment()
    assert moment is not None
    assert (moment[0], moment[1].value) == ("standard_deviation/c", pytest.approx(12.5))


def test_plain_monte_carlo_is_worth_its_number_by_every_tail():
    """250 sets of 500 correlated runs against 10,000: mean square errors within four standard errors, and 3 %."""
    rng, N, n, repeats = np.random.default_rng(0), 500, 10_000, 250
    problem = PowerLawGaussian(dimension=2)
    metrics = {
        "quantiles": Quantiles((0.5, 0.9)),
        "events": TailProbability((Threshold("y", above=1.2),)),
        "tail_probability": TailProbability(level=0.9),
        "cvar": CVaR((0.9,)),
        "best": CVaR((0.9,), "lower"),
    }

    def draw(rows):
        return 0.6 * rng.standard_normal((rows, 1)) + 0.8 * rng.standard_normal((rows, 2))

    reference, errors = Reference(draw(n), problem, None), {}
    for _ in range(repeats):
        samples = Samples.equally_weighted(draw(N), problem.layout, is_law=False)
        for label, metric in metrics.items():
            for end, error in metric.score(samples, reference).items():
                errors.setdefault(f"{label}/{end}", []).append(error)
    truth = {"all": {"variances": variances_of(reference, metrics), "size": n}}
    found = by_metric({part: {"all": each} for part, each in errors.items()}, truth, result_of(), METRICS)
    assert found.keys() == errors.keys()
    assert len(found) == 6
    for part, each in errors.items():
        runs, spread = found[part]["all"], float(np.std(np.square(each)) / np.mean(np.square(each)) / repeats**0.5)
        print(part, runs.value, runs.low, runs.high, spread)  # noqa: T201
        assert abs(N / runs.value - 1) < 4 * spread + 0.03
