"""Scores of pairs at one condition: means over its runs of what each pair scores, whatever law and ties there are."""

import numpy as np
import pytest

from sgmbench.core.samples import Samples
from sgmbench.metrics.coverage import Coverage
from sgmbench.metrics.crps import CRPS
from sgmbench.metrics.energy_score import EnergyScore


@pytest.mark.parametrize(("metric", "rounding"), [(CRPS(), 1e-12), (EnergyScore(), 1e-5), (Coverage(), 1e-12)])
@pytest.mark.parametrize("M", [2, 7, 40])
def test_the_score_at_a_condition_is_the_mean_over_its_runs(reference, metric, rounding, M):
    """Held-out runs, each with the same samples, against the same runs at one condition; a third of rows are ties."""
    rng = np.random.default_rng(M)
    x, y = (np.round(rng.standard_normal((rows, 5)), 1) for rows in (M, 30))
    truth = reference(y, u=(2,), v=(3,))
    pair = np.repeat(np.arange(30), M)
    one_by_one = metric.each(Samples.equally_weighted(np.tile(x, (30, 1)), truth.layout, is_law=True, pair=pair), truth)
    together = metric.score(Samples.equally_weighted(x, truth.layout, is_law=True), truth)
    assert together == pytest.approx({part: values.mean() for part, values in one_by_one.items()}, rel=rounding)
    assert all(len(values) == 30 and np.ptp(values) > 0 for values in one_by_one.values())


@pytest.mark.parametrize("metric", [CRPS(), EnergyScore(), Coverage()])
def test_of_a_law_one_sample_says_nothing(reference, samples, metric):
    y = np.random.default_rng(4).standard_normal((3, 2))
    truth = reference(y)
    pairs = Samples.equally_weighted(y + 1, truth.layout, is_law=True, pair=np.arange(3))
    assert all(np.isnan(values).all() for values in metric.each(pairs, truth).values())
    assert np.isnan([*metric.score(samples(y[:1], truth), truth).values()]).all()
