"""Finer and coarser samplers."""

from sgmbench.diffusion.samplers.dpmpp_2m import DPMpp2M
from sgmbench.diffusion.samplers.heun import Heun
from sgmbench.diffusion.samplers.tsit5 import Tsit5
from sgmbench.studies.resolution import at_evaluations, finer, setting


def test_finer_is_ten_times_the_steps_or_a_hundredth_of_the_tolerance():
    assert finer(Heun(7, "uniform", churn=2.0)) == Heun(70, "uniform", churn=2.0)
    assert finer(Tsit5(1e-3)) == Tsit5(1e-5)
    assert finer(Tsit5(1e-5)) == Tsit5(1e-6)


def test_as_many_steps_as_the_evaluations_pay_for():
    """The last evaluation is at the smallest noise."""
    assert at_evaluations(Heun(grid="uniform"), 9) == at_evaluations(Heun(grid="uniform"), 10) == Heun(4, "uniform")
    assert at_evaluations(DPMpp2M(), 9) == DPMpp2M(8)
    assert at_evaluations(Heun(), 2) is None


def test_settings_in_words():
    assert [setting(each) for each in (Heun(1), Heun(2), Tsit5(1e-2))] == ["1 step", "2 steps", "tolerance 0.01"]
