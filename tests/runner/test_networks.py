"""A network that does not fit the outputs is refused where it is written, before a run is made."""

from pathlib import Path

import pytest
import small

from sgmbench import api
from sgmbench.errors import UsageError


def diffusion(**changes):
    return {"kind": "diffusion", "calibration": 0, "representation": [{"kind": "standardize"}], **changes}


@pytest.mark.parametrize("command", [api.run, api.ladder, api.work_precision])
def test_nothing_is_spent_on_a_network_that_does_not_fit(tmp_path, monkeypatch, command):
    """`small:Counting` has a field of five values and a scalar: no common grid."""
    monkeypatch.chdir(tmp_path)
    networks = ["mlp", {"kind": "unet2d"}, {"kind": "fno", "modes": 1}]
    methods = [diffusion(network=network, label=f"m{i}") for i, network in enumerate(networks)]
    small.EXECUTED.clear()
    with pytest.raises(UsageError) as caught:
        command(small.write(Path("a.yaml"), problem="small:Counting", methods=methods))
    without = "6 coordinates without a grid (write network: mlp)"
    assert str(caught.value).splitlines() == [
        f"a.yaml:17:5: methods.1.network: unet2d needs fields on a 2-D grid; these are {without}",
        f"a.yaml:24:5: methods.2.network: fno needs fields on a 1-D or 2-D grid; these are {without}",
    ]
    assert (small.EXECUTED, Path("results").exists()) == ([], False)


def test_a_plane_network_on_a_line_and_modes_on_no_grid(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wide, modes = diffusion(network="unet2d", label="a"), {"kind": "diffusion", "network": "film_conv"}
    with pytest.raises(UsageError) as caught:
        api.run(small.write(Path("a.yaml"), problem="porous_electrode", methods=[wide, modes]))
    assert str(caught.value).splitlines() == [
        "a.yaml:10:12: methods.0.network: unet2d needs fields on a 2-D grid; these are fields on a 1-D grid, 100 "
        "points (write network: film_conv, unet1d, fno or mlp)",
        "a.yaml:13:12: methods.1.network: film_conv needs fields on a 1-D grid; these are at most 60 coordinates "
        "without a grid (write network: mlp); a representation that keeps the grid, without karhunen_loeve say, fits "
        "too",
    ]
