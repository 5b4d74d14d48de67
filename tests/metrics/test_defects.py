"""What each metric is for: the defects that it must see at d = 16 from 1,000 rows, in standard deviations of chance."""

import pytest
from defects import z_values

from sgmbench.metrics.c2st import C2ST
from sgmbench.metrics.covariance_product import CovarianceProduct
from sgmbench.metrics.cvar import CVaR
from sgmbench.metrics.mmd import MMD2
from sgmbench.metrics.sliced_wasserstein import SlicedWasserstein
from sgmbench.metrics.tail_probability import TailProbability
from sgmbench.metrics.wasserstein_2 import Wasserstein2

SEEN = [
    (Wasserstein2(), "all", {"correlated": 6}, 8),
    (SlicedWasserstein(), "all", {"narrow": 5, "shifted": 5}, 20),
    (MMD2(), "all", {"narrow": 4, "shifted": 8}, 12),
    (CovarianceProduct(), "all", {"narrow": 4, "correlated": 20}, 20),
    (CVaR(), "u/0.95", {"narrow": 4, "heavy": 4}, 20),
    (TailProbability(), "u/0.99", {"narrow": -3, "heavy": 3}, 20),
    (C2ST(steps=150, width=48), "all", {"correlated": 4}, 5),
]


@pytest.mark.parametrize(
    ("metric", "part", "bounds", "repeats"), SEEN, ids=[type(metric).__name__ for metric, *_ in SEEN]
)
def test_a_metric_sees_what_it_is_for(reference, samples, metric, part, bounds, repeats):
    found = z_values(metric, reference, samples, defects=bounds, repeats=repeats)
    for defect, bound in bounds.items():
        z = found[defect][part]
        assert z * (1 if bound > 0 else -1) > abs(bound), f"{defect}: {z:.1f}"
