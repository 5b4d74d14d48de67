import warnings

import numpy as np
import pytest
from matplotlib.figure import Figure

from sgmbench.report.figures.density import draw_density


@pytest.mark.parametrize(("shift", "share"), [(0.0, 1.0), (0.5, 0.5), (3.0, 0.0)])
def test_an_outline_has_the_area_of_the_share_of_its_values_within_the_bins(shift, share):
    panel, edges = Figure().subplots(), np.linspace(0.0, 1.0, 31)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_density(panel, np.linspace(0.0, 1.0, 3_001) + shift, edges)
    (drawn,) = panel.patches
    heights, *_ = drawn.get_data()
    assert heights.sum() / 30 == pytest.approx(share, abs=1e-3)
