"""Errors of what is epistemic and what is aleatoric: the variance of each field with z, and beside it.

    (V_Q - V_P) / (V_P + A_P),      (A_Q - A_P) / (V_P + A_P),      S_Q - S_P,      S = V / (V + A)

with V = sum_i q_i Var_z E[y_i given z] and A = sum_i q_i E_z Var[y_i given z] of the field's quadrature q, estimated by
analysis of variance from samples Q and reference P (`statistics.variance_components`): the first two without bias, the
third up to O(1/K) for K values of z. Errors have a sign, so that their mean over replicates tends to the bias. Cost:
one pass over the rows.
"""

from dataclasses import dataclass
from typing import ClassVar

from sgmbench.core.metric import NestedScore
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.fields import ScaledField, varying_fields
from sgmbench.statistics.variance_components import Groups, components, grouped


@dataclass(frozen=True)
class VarianceShares(NestedScore):
    """Errors of each field's epistemic and aleatoric variance and of their share, for a decomposition."""

    unit: ClassVar[str] = "ratio"

    def score_nested(self, samples: Samples, reference: Reference) -> dict[str, float]:
        scores: dict[str, float] = {}
        for scaled in varying_fields(reference):
            true = components(groups_of_reference(reference, scaled))
            found = components(groups_of(samples, reference, scaled))
            total = true.epistemic + true.aleatoric
            errors = {
                "epistemic": (found.epistemic - true.epistemic) / total,
                "aleatoric": (found.aleatoric - true.aleatoric) / total,
                "share": found.share - true.share,
            }
            scores |= {f"{scaled.field.name}/{name}": float(error) for name, error in errors.items()}
        return scores


def groups_of_reference(reference: Reference, scaled: ScaledField) -> Groups:
    """The rows of the reference by z, gathered once."""
    return reference.prepared(f"groups/{scaled.field.name}", lambda: groups_of(reference, reference, scaled))


def groups_of(rows: Samples | Reference, reference: Reference, scaled: ScaledField) -> Groups:
    """Rows of samples or of the reference by z, of one field."""
    assert rows.outer is not None
    where = scaled.where
    return grouped(rows.values[:, where], rows.outer, quadrature=scaled.field.quadrature, center=reference.mean[where])
