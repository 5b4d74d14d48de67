"""What each metric is for: the defects that it must see, in standard deviations of chance.

Sets are of 1,000 rows in 16 dimensions, of 500 pairs, or of 10 rows at 200 z (100 rows for exceedances), see `worlds`.
z is the mean over repeats of the score under the defect less that under the right law, in standard deviations of the
latter: how far a defect moves a score beyond its own chance. Scores of pairs are compared between methods on the same
runs, held out or at one condition, so that there it is in standard deviations of the difference.
"""

from typing import NamedTuple

import numpy as np
import pytest
from worlds import World, nested, pairs, rows, solved

from sgmbench import registry
from sgmbench.core.metric import Metric, PairScore
from sgmbench.metrics.c2st import C2ST
from sgmbench.metrics.constraints import Constraints
from sgmbench.metrics.covariance_product import CovarianceProduct
from sgmbench.metrics.coverage import Coverage
from sgmbench.metrics.crps import CRPS
from sgmbench.metrics.cvar import CVaR
from sgmbench.metrics.energy import Energy
from sgmbench.metrics.energy_score import EnergyScore
from sgmbench.metrics.epistemic_share import EpistemicShare
from sgmbench.metrics.exceedance_law import ExceedanceLaw
from sgmbench.metrics.faithfulness import Faithfulness
from sgmbench.metrics.mean import Mean
from sgmbench.metrics.mmd import MMD2
from sgmbench.metrics.quantiles import Quantiles
from sgmbench.metrics.roughness import Roughness
from sgmbench.metrics.sliced_wasserstein import SlicedWasserstein
from sgmbench.metrics.spectrum import Spectrum
from sgmbench.metrics.standard_deviation import StandardDeviation
from sgmbench.metrics.tail_probability import TailProbability, Threshold
from sgmbench.metrics.variance_shares import VarianceShares
from sgmbench.metrics.wasserstein import Wasserstein
from sgmbench.metrics.wasserstein_2 import Wasserstein2

ROUNDING = 1e-12
ROWS, PAIRS, NESTED = rows(1_000, 1_000, 16), pairs(500, 8, 16), nested(200, 10)


class Seen(NamedTuple):
    """What a metric must see.

    Attributes:
        metric: with its hyperparameters.
        world: what is scored.
        part: of the score.
        bounds: that z of each law is beyond, on its side.
        repeats: that z is from.
    """

    metric: Metric
    world: World
    part: str
    bounds: dict[str, float]
    repeats: int


SEEN = {
    "c2st": Seen(C2ST(steps=150, width=48), ROWS, "all", {"correlated": 4}, 5),
    "constraints": Seen(Constraints(), solved(100), "u.first", {"shifted": 10}, 4),
    "covariance_product": Seen(CovarianceProduct(), ROWS, "all", {"narrow": 4, "correlated": 20}, 12),
    "coverage/pairs": Seen(Coverage(), PAIRS, "u/0.9", {"narrow": -8}, 8),
    "coverage/rows": Seen(Coverage(), ROWS, "u/0.9", {"narrow": -8}, 8),
    "crps/pairs": Seen(CRPS(), PAIRS, "u", {"narrow": 2, "shifted": 2}, 8),
    "crps/rows": Seen(CRPS(), ROWS, "u", {"narrow": 4, "shifted": 4}, 8),
    "cvar": Seen(CVaR(), ROWS, "u/0.95", {"narrow": 4, "heavy": 4}, 12),
    "energy": Seen(Energy(), ROWS, "d2", {"narrow": 4, "shifted": 7}, 12),
    "energy/standardized": Seen(Energy(norm="standardized"), ROWS, "d2", {"narrow": 4, "shifted": 7}, 12),
    "energy_score/pairs": Seen(EnergyScore(), PAIRS, "all", {"narrow": 2, "shifted": 2}, 8),
    "energy_score/rows": Seen(EnergyScore(), ROWS, "all", {"narrow": 4, "shifted": 4}, 8),
    "epistemic_share": Seen(EpistemicShare(), NESTED, "u", {"narrow": 3}, 20),
    "exceedance_law": Seen(
        ExceedanceLaw((Threshold("u", above=1.0),)), nested(200, 100), "u/above 1", {"shifted": 4}, 20
    ),
    "faithfulness": Seen(Faithfulness(), solved(100), "u", {"narrow": 10}, 4),
    "mean": Seen(Mean(), ROWS, "u", {"shifted": 5}, 20),
    "mmd": Seen(MMD2(), ROWS, "all", {"narrow": 4, "shifted": 8}, 12),
    "quantiles": Seen(Quantiles(), ROWS, "u/0.975", {"narrow": 4}, 20),
    "quantiles/tail": Seen(Quantiles(), ROWS, "u/0.995", {"heavy": 3}, 20),
    "roughness": Seen(Roughness(), ROWS, "u", {"narrow": -8, "correlated": -8}, 20),
    "sliced_wasserstein": Seen(SlicedWasserstein(), ROWS, "all", {"narrow": 5, "shifted": 5}, 12),
    "spectrum": Seen(Spectrum(), ROWS, "u", {"narrow": 8, "correlated": 8}, 20),
    "standard_deviation": Seen(StandardDeviation(), ROWS, "u", {"narrow": 8}, 20),
    "tail_probability": Seen(TailProbability(), ROWS, "u/0.99", {"narrow": -3, "heavy": 3}, 20),
    "variance_shares": Seen(VarianceShares(), NESTED, "u/aleatoric", {"narrow": -3}, 20),
    "wasserstein": Seen(Wasserstein(), ROWS, "u", {"narrow": 4, "shifted": 4, "heavy": 4}, 12),
    "wasserstein_2": Seen(Wasserstein2(), ROWS, "all", {"correlated": 6}, 8),
}


def z_values(seen: Seen) -> dict[str, float]:
    """z of each law that must be seen."""
    rng, laws = np.random.default_rng(0), ("right", *seen.bounds)
    scores = []
    for _ in range(seen.repeats):
        truth, drawn = seen.world(rng, laws)
        scores.append([seen.metric.score(drawn[law], truth)[seen.part] for law in laws])
    right, *wrong = np.array(scores).T
    found = {}
    for law, values in zip(seen.bounds, wrong, strict=True):
        by_chance = values - right if isinstance(seen.metric, PairScore) else right
        found[law] = float((values - right).mean() / max(by_chance.std(ddof=1), ROUNDING))
    return found


@pytest.mark.parametrize("name", SEEN)
def test_a_metric_sees_what_it_is_for(name):
    found = z_values(SEEN[name])
    for law, bound in SEEN[name].bounds.items():
        assert found[law] * np.sign(bound) > abs(bound), f"{law}: {found[law]:.1f}"


def test_every_metric_has_a_defect_that_it_sees():
    assert {name.partition("/")[0] for name in SEEN} == set(registry.builtin("metrics"))
