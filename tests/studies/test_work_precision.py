"""Slopes of the path error are the orders of the samplers; verdicts on errors that are made up."""

import numpy as np
import pytest
from models import case_of, method

from sgmbench.config.load import build
from sgmbench.diffusion.samplers.dpmpp_2m import DPMpp2M
from sgmbench.diffusion.samplers.exponential_euler import ExponentialEuler
from sgmbench.diffusion.samplers.heun import Heun
from sgmbench.diffusion.samplers.tsit5 import Tsit5
from sgmbench.statistics.equivalent_runs import equivalent_runs
from sgmbench.studies import work_precision
from sgmbench.studies.closeness import Closeness
from sgmbench.studies.score_models import exact
from sgmbench.studies.work_precision import Point, distance, measure, verdict

ORDERS = {"heun": 2, "dpmpp_2m": 2, "exponential_euler": 1}


def test_the_slope_of_the_path_error_is_the_order(monkeypatch):
    monkeypatch.setattr(work_precision, "TOLERANCES", (1e-3,))
    problem = build("problems", {"kind": "gaussian", "dimension": 2})
    case = case_of(problem, 256)
    noise = {"kind": "edm", "sigma_max": 10.0, "sigma_min": 0.05}
    score = exact(problem, method(noise=noise), case)
    samplers = {"heun": Heun(), "dpmpp_2m": DPMpp2M(), "exponential_euler": ExponentialEuler()}
    assert score is not None
    points = list(measure(score, case, samplers | {"tsit5": Tsit5()}, [129, 65]))
    errors = {kind: [point.path_error for point in points if point.sampler == kind] for kind in samplers}
    for kind, order in ORDERS.items():
        assert np.log2(errors[kind][0] / errors[kind][1]) == pytest.approx(order, abs=0.15)
    evaluations = {kind: [p.evaluations for p in points if p.sampler == kind] for kind in samplers}
    assert evaluations == {kind: [65, 129] for kind in samplers}
    assert (points[-1].sampler, points[-1].setting) == ("tsit5", "tolerance 0.001")
    assert points[-1].evaluations % 6 == 1
    assert 1e-6 < points[-1].path_error < 1e-2


def test_a_distance_is_in_standard_deviations():
    case = case_of(build("problems", {"kind": "gaussian", "dimension": 4}), 100)
    y = case.independent
    rms = np.sqrt(np.mean(case.reference.sd**2))
    assert distance(y + 0.3 * rms, y, case.reference) == pytest.approx(0.3)


def point(kind, evaluations, d2):
    equivalent = equivalent_runs(np.array([d2]), mu=1.0, cap=100.0)
    return Point(kind, "5 steps", evaluations, None, Closeness(d2, equivalent.value**-0.5, equivalent))


def test_the_cheapest_is_within_a_tenth_of_the_floor_or_of_the_least_error():
    points = [point("a", 8, 0.04), point("b", 16, 0.0119), point("c", 16, 0.001), point("d", 4, np.nan)]
    assert verdict(points, 0.1) == (
        "c with 5 steps is the cheapest within a tenth of the floor, 0.1: 16 evaluations a sample"
    )
    assert verdict(points[:2], 0.05) == (
        "b with 5 steps is the cheapest within a tenth of the least error of all, 0.11: 16 evaluations a sample"
    )
    assert verdict(points[3:], 0.1) == "no sampler gave numbers"
