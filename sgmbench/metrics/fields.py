"""The fields that have a scale in which errors can be measured.

A field that is constant in the reference is a constraint, not a random quantity: errors cannot be measured in its
standard deviation, and metrics in that unit leave it out.

Metrics get finite rows only: the runner counts rows with NaN or infinity as failed and passes the others.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sgmbench.core.layout import Field
from sgmbench.core.reference import Reference


class ScaledField(NamedTuple):
    """A field that varies, where it lies in y, and its rms standard deviation."""

    field: Field
    where: slice
    sd: float

    def rms(self, error: Float[np.ndarray, " size"]) -> float:
        """Root mean square over the grid, in standard deviations of the field."""
        return float(np.sqrt(self.field.quadrature @ error**2)) / self.sd


def varying_fields(reference: Reference) -> Iterator[ScaledField]:
    """The fields that are not constant in the reference."""
    for field in reference.layout.fields:
        where = reference.layout.slices[field.name]
        if reference.varies[where].any():
            yield ScaledField(field, where, float(reference.field_sd[where][0]))


def standardized_rms(error: Float[np.ndarray, " d"], reference: Reference) -> Iterator[tuple[str, float]]:
    """For each varying field, the root mean square over its varying coordinates of error_i / sd_i."""
    for scaled in varying_fields(reference):
        varies = reference.varies[scaled.where]
        standardized = error[scaled.where][varies] / reference.sd[scaled.where][varies]
        yield scaled.field.name, float(np.sqrt(np.mean(standardized**2)))


def uniform_fields(reference: Reference) -> Iterator[ScaledField]:
    """Varying fields on a grid whose every axis is uniform, so that differences and spectra have a meaning."""
    for scaled in varying_fields(reference):
        axes = scaled.field.axes
        if axes and all(axis.is_uniform for axis in axes):
            yield scaled
