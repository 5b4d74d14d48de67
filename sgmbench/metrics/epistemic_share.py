"""Squared error of the epistemic share of each field's variance, without the part of it that is the reference's.

    (S_Q - S_P)^2 - e^2,      S = V / (V + A) as in `variance_shares`

What e^2 estimates is the variance of what is not to be blamed on Q. A finite nested set is held to what it delivers: e
is the standard error of S_P, and the score has the mean square error of S_Q as its mean. A law could be sampled forever
and is asked at the reference's own z, which then hardly matter: e is the standard error of S_Q - S_P over these, and
the score has the squared bias as its mean. Both are the jackknife's over z, and the score may be negative.

N runs of nested Monte Carlo have the mean v / N (`statistics.share_variance`): equivalent runs are v over the score.
Cost: one pass over the rows, each z left out of the sums in turn.
"""

from dataclasses import dataclass
from typing import ClassVar

from sgmbench.core.metric import Judgment, NestedScore
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.fields import varying_fields
from sgmbench.metrics.variance_shares import groups_of, groups_of_reference
from sgmbench.statistics.variance_components import components, components_without_each, jackknife_error


@dataclass(frozen=True)
class EpistemicShare(NestedScore):
    """Unbiased squared error of each field's epistemic share, counted in runs of a decomposition."""

    unit: ClassVar[str] = "squared ratio"
    judged_by: ClassVar[Judgment | None] = "square"

    def score_nested(self, samples: Samples, reference: Reference) -> dict[str, float]:
        scores = {}
        for scaled in varying_fields(reference):
            P, Q = groups_of_reference(reference, scaled), groups_of(samples, reference, scaled)
            blameless = components_without_each(P).share
            if samples.is_law:
                blameless = components_without_each(Q).share - blameless
            error = float(components(Q).share - components(P).share)
            scores[scaled.field.name] = error**2 - jackknife_error(blameless) ** 2
        return scores
