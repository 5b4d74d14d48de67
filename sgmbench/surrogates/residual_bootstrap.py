"""Residual bootstrap: conditional mean and scale, and the residuals of the nearest training runs, resampled.

    y = m(u) + s_f(u) (y_i - m(u_i)) / s_f(u_i),    i among the training runs whose conditions are nearest to u

The neighbors' own mean and standard deviation are replaced by those of the regressions (see `learning.calibration`). It
assumes only that the shape of the residual changes slowly with the conditions, and has nothing to train beyond the
regressions.
"""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import jax
import numpy as np
from annotated_types import Ge

from sgmbench.core.checkpoints import no_checkpoints
from sgmbench.core.method import Generator
from sgmbench.learning.calibration import calibrate
from sgmbench.learning.conditional_moments import ConditionalMoments
from sgmbench.learning.representations.residual import Residual
from sgmbench.learning.space import space_of
from sgmbench.surrogates.neighbors import nearest, neighbor_count


@dataclass(frozen=True)
class ResidualBootstrap(Generator):
    """Conditional mean and scale, residuals of the nearest training runs resampled.

    Attributes:
        moments: regression of mean and standard deviation on the conditions.
        neighbors: how many runs lend their residuals; n^(4/(4+q)) by default.
        calibrated: whether the neighbors' mean and standard deviation are replaced.
    """

    resamples: ClassVar[bool] = True

    moments: ConditionalMoments = field(default_factory=ConditionalMoments)
    neighbors: Annotated[int, Ge(1)] | None = None
    calibrated: bool = True

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=no_checkpoints):
        transform = Residual(self.moments)
        arrays = transform.fit(pairs.given, pairs.learned, space_of(layout))
        residual = transform.encode(arrays, pairs.given, pairs.learned)
        return {"transform": arrays, "given": pairs.given, "residual": residual}

    def prepare(self, fit, *, clock):
        transform, arrays = Residual(self.moments), fit["transform"]
        given, residual = fit["given"], fit["residual"]
        count = neighbor_count(len(given), given.shape[1], self.neighbors)

        def sample(at, n, key):
            rows = nearest(given, at, count)
            drawn = np.asarray(jax.random.randint(key, (n,), 0, len(rows)))
            lent = transform.decode(arrays, at[None], residual[rows])
            if self.calibrated:
                lent = calibrate(arrays["moments"], arrays["kernel"], at, lent, lent)
            return lent[drawn]

        return sample
