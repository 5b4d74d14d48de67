"""Margins that A/A runs propose: noise from numbers made by hand, and the rates that are promised, by simulation."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import small
import yaml
from interpreters import interpreter
from scipy.stats import nct
from scipy.stats import t as student
from typer.testing import CliRunner

from sgmbench import api
from sgmbench.cli import app
from sgmbench.compare.drawn import drawn_alarms, is_alarmed
from sgmbench.compare.errors_of import Error
from sgmbench.compare.family import ACCURACY_LEVEL, TIME_LEVEL
from sgmbench.compare.judge import judge, judge_rounds, judge_squares
from sgmbench.compare.looks import looks
from sgmbench.compare.margins import Margins
from sgmbench.compare.noise import Noise, check_enough, noise_of_errors, noise_of_times
from sgmbench.compare.proposal import LOSS, as_yaml, pairs_needed, propose_margins, reaches_of
from sgmbench.compare.reach import Reach
from sgmbench.compare.rows import Timing
from sgmbench.compare.side import CellRecord, Side
from sgmbench.compare.versions import Version
from sgmbench.config.load import load
from sgmbench.errors import UsageError

DEFAULT = Margins(accuracy=0.1, time=0.25, of_metric={})
GROUP = ("marginal", "kde", 10)


def side(errors, *, seconds=1.0, **changes):
    """A run of which each replicate has errors by name."""
    cells = {
        f"r{r}": CellRecord("marginal", "kde", 10, r, "ok", "", each, {}, seconds, seconds)
        for r, each in enumerate(errors)
    }
    cells = {name: replace(cell, **changes) for name, cell in cells.items()}
    return Side("", "", {"budgets": {}}, {}, "energy", {}, {}, cells)


def positive(*values):
    return Error({str(i): value for i, value in enumerate(values)}, scatters=False)


def square(*values):
    return Error({str(i): value for i, value in enumerate(values)}, scatters=True)


def test_the_spread_of_an_error_is_that_of_replicates_in_their_round():
    """Two rounds of two replicates: what a round has in common, as its reference, is no spread."""
    logs = [[0.1, 0.3], [5.0, 5.4]]
    (noise,) = noise_of_errors(
        [side([{"energy": positive(math.exp(x - 1), math.exp(x + 1))} for x in each]) for each in logs]
    )
    assert (noise.group, noise.error, noise.freedom, noise.mean) == (GROUP, "energy", 2, None)
    assert noise.values == pytest.approx([-0.1, 0.1, -0.2, 0.2])
    assert noise.spread == pytest.approx(math.sqrt(0.1 / 2))


def test_single_replicates_spread_around_the_mean_of_all_rounds():
    (noise,) = noise_of_errors([side([{"energy": positive(math.exp(x))}]) for x in (0.0, 1.0, 2.0)])
    assert (noise.values.tolist(), noise.freedom) == (pytest.approx([-1.0, 0.0, 1.0]), 2)


def test_the_spread_of_a_square_is_relative_and_has_no_bound_where_its_mean_is_not_positive():
    rounds = [side([{"mmd": square(a, a + 0.2)} for a in each]) for each in ((0.9, 1.1), (1.0, 1.2))]
    (noise,) = noise_of_errors(rounds)
    assert noise.mean == pytest.approx(1.15)
    assert noise.spread == pytest.approx(math.sqrt(0.04 / 2) / 1.15)
    assert replace(noise, mean=-1.0).spread == math.inf


def test_rows_that_do_not_vary_lack_a_number_or_are_invalid_have_no_noise():
    every = {"a": positive(2.0), "b": positive(1e-12), "c": positive(math.nan)}
    assert noise_of_errors([side([every | {"d": positive(x)} for x in (1.0, 2.0)], status="failed")]) == []
    assert noise_of_errors([side([every | {"d": positive(x)} for x in (1.0, 2.0)], invalid_because="few")]) == []
    found = noise_of_errors([side([every | {"d": positive(x)} for x in (1.0, 2.0)])])
    assert [noise.error for noise in found] == ["d"]


def test_the_noise_of_a_time_is_that_of_rounds_and_short_ones_have_none():
    a = [side([{}] * 3, seconds=1.0) for _ in range(3)]
    b = [side([{}] * 3, seconds=seconds) for seconds in (1.0, 1.1, 1.21)]
    (noise,) = noise_of_times(a, b)
    assert (noise.is_time, noise.freedom) == (True, 2)
    assert noise.values == pytest.approx(np.log(1.1) * np.array([-1, 0, 1]))
    short = [[side([{}] * 3, seconds=seconds) for _ in range(3)] for seconds in (0.01, 0.04)]
    assert noise_of_times(*short) == []


def test_reach_without_a_family_is_the_power_of_students_test():
    """Against SciPy's noncentral law: found beyond a margin, and equal code within it."""
    reach = Reach(spread=0.1, is_log=True, confidence=0.95, level=0.5)
    for pairs in (3, 5, 20):
        quantile = student.ppf(0.975, pairs - 1)
        shift = math.sqrt(pairs) * np.log([1.3 / 1.1, 1.1]) / 0.1
        beyond, within = nct.sf(quantile, pairs - 1, shift)
        assert reach.found(1.3, margin=0.1, pairs=pairs) == pytest.approx(beyond, abs=2e-3)
        assert reach.passes(margin=0.1, pairs=pairs) == pytest.approx(within, abs=2e-3)


@pytest.mark.parametrize("scatters", [False, True])
def test_a_loss_is_found_at_least_as_often_as_is_said(scatters):
    """Ten rows alike, of which one becomes 30 % worse, with five replicates and the judge's own verdicts."""
    rng, trials = np.random.default_rng(0), 400
    spread, replicates = 0.07, 8 if scatters else 5
    rows = [_noise(np.ones(4) * spread, mean=1.0 if scatters else None) for _ in range(10)]
    (reach, *_) = reaches_of(rows, confidence=0.95, level=ACCURACY_LEVEL)
    found = 0
    for _ in range(trials):
        x = spread * rng.standard_normal((2, 10, replicates))
        if scatters:
            old, new = 1 + x
            new[0] *= LOSS
            family = [judge_squares(*each, 0.05) for each in zip(old, new, strict=True)]
        else:
            x[1, 0] += math.log(LOSS)
            family = [judge(each, 0.05) for each in x[1] - x[0]]
        found += is_alarmed(family, ACCURACY_LEVEL) and family[0].place == "beyond"
    said = float(reach.found(LOSS, margin=0.05, pairs=replicates))
    assert 0.3 < said < 0.97
    assert found / trials > said - 4 * math.sqrt(said * (1 - said) / trials)


def test_margins_that_are_proposed_reach_the_stated_rates():
    """Errors and times too noisy for the margins there are: equal code alarms in 1 and 2 %, a loss is found in 90 %."""
    rng, trials = np.random.default_rng(1), 150
    errors = [_noise(0.062 * rng.standard_normal(2_000)) for _ in range(6)]
    times = [_noise(0.075 * rng.standard_normal(2_000), error="seconds") for _ in range(4)]
    study = propose_margins(errors, times, DEFAULT, primary="energy", replicates=5, rounds=2_000)
    energy, time = study.proposals
    assert (energy.label, time.label) == ("energy", "time")
    assert energy.proposed is not None
    assert time.proposed is not None
    assert 0.01 < energy.proposed < 0.1
    assert 0.1 < time.proposed < 0.25
    assert (energy.telling, time.telling) == (6, 4)
    found, alarms = np.zeros(2), np.zeros(2)
    for _ in range(trials):
        x = 0.062 * math.sqrt(2) * rng.standard_normal((6, 5))
        alarms[0] += is_alarmed([judge(each, energy.proposed) for each in x], ACCURACY_LEVEL)
        x[0] += math.log(LOSS)
        found[0] += is_alarmed([judge(each, energy.proposed) for each in x], ACCURACY_LEVEL)
        x = 0.075 * rng.standard_normal((4, study.most))
        alarms[1] += _alarmed_in_turns(x, time.proposed)
        x[0] += math.log(LOSS)
        found[1] += _alarmed_in_turns(x, time.proposed)
    assert np.all(alarms / trials <= [0.01, 0.02])
    assert np.all(found / trials >= 0.9 - 4 * math.sqrt(0.9 * 0.1 / trials))


def test_quiet_rows_keep_their_margins_and_rows_too_noisy_are_said_to_take_more():
    rng = np.random.default_rng(2)
    quiet = [_noise(0.01 * rng.standard_normal(60), error="energy") for _ in range(3)]
    loud = [_noise(0.5 * rng.standard_normal(60), error="mean/u")]
    study = propose_margins(quiet + loud, [], DEFAULT, primary="energy", replicates=5, rounds=12)
    energy, mean = study.proposals
    assert (energy.proposed, energy.telling, energy.passes > 0.999) == (0.1, 3, True)
    assert (mean.proposed, mean.telling) == (None, 0)
    assert yaml.safe_load(study.yaml) == {"compare": {"accuracy": 0.1, "time": 0.25}}
    (reach,) = reaches_of(loud, confidence=0.95, level=ACCURACY_LEVEL)
    assert mean.pairs == pairs_needed(reach, margin=0.1)
    assert mean.pairs is not None
    for pairs, enough in ((mean.pairs, True), (mean.pairs - 1, False)):
        assert (reach.found(LOSS, margin=0.1, pairs=pairs) >= 0.9) is np.bool_(enough)
    assert pairs_needed(reach, margin=0.3) is None  # it hides the loss


def test_alarms_that_are_drawn_are_those_of_the_noise():
    """Of 200 comparisons: none of normal noise; of a level without a family, as many as its intervals are wrong by."""
    rng = np.random.default_rng(3)
    errors = [_noise(0.1 * rng.standard_normal(60)) for _ in range(5)]
    times = [_noise(0.05 * rng.standard_normal(30), error="seconds") for _ in range(3)]
    alarms = drawn_alarms(errors, times, DEFAULT, primary="energy", replicates=5, rounds=24)
    assert alarms.comparisons == 200
    assert alarms.errors <= 2
    assert alarms.times == 0
    tiny = Margins(accuracy=1e-9, time=1e-9, of_metric={})
    alarms = drawn_alarms(errors, times, tiny, primary="energy", replicates=5, rounds=24)
    assert alarms.errors / 200 <= ACCURACY_LEVEL + 4 * math.sqrt(ACCURACY_LEVEL / 200)
    assert alarms.times / 200 <= TIME_LEVEL + 4 * math.sqrt(TIME_LEVEL / 200)


def test_the_section_of_a_configuration_is_read_back(tmp_path):
    written = as_yaml(Margins(accuracy=0.1, time=0.21, of_metric={"energy": 0.07}))
    assert written == "compare:\n  accuracy: 0.1\n  time: 0.21\n  margins:\n    energy: 0.07\n"
    config = small.write(tmp_path / "a.yaml", **yaml.safe_load(written))
    assert load(config, ()).experiment.compare.margins == {"energy": 0.07}


def test_the_command_runs_equal_code_in_turn_and_prints_what_it_found(results, monkeypatch):
    small.write(Path("c.yaml"), replicates=3)
    run = results / "line" / "1-old"
    python = interpreter(Path("a"), run, [1.0, 1.01, 1.02, 1.0, 1.01, 1.0, 1.0, 1.02, 1.0, 1.01])
    monkeypatch.setattr("sgmbench.compare.noise.Version", lambda name: Version(name, python))
    ended = CliRunner().invoke(app, ["calibrate", "--compare", "c.yaml", "--rounds", "2"])
    assert ended.exit_code == 0, ended.output
    assert ended.stderr.splitlines() == [
        f"round {j} of 2: {side}" for j, side in ((1, "A"), (1, "B"), (2, "B"), (2, "A"))
    ]
    lines = [line.strip() for line in ended.stdout.splitlines()]
    assert lines[0] == "line: 2 rounds of equal code, 3 replicates each"
    for label in ("energy", "mean", "standard_deviation", "time"):
        assert any(line.startswith(f"{label} ") for line in lines)
    at = next(i for i, line in enumerate(lines) if line.startswith("false alarms: "))
    assert re.fullmatch(
        r"false alarms: errors \d+\.\d%, times \d+\.\d% of 200 comparisons drawn from these runs", lines[at]
    )
    assert yaml.safe_load(ended.stdout.partition("these runs")[2])["compare"]["accuracy"] == 0.1
    ended = CliRunner().invoke(app, ["calibrate", "--compare", "c.yaml", "--rounds", "2", "--json"])
    assert json.loads(ended.stdout)["alarms"][0] == 200
    with pytest.raises(UsageError, match=r"drawn from 6 valid ones, and there are 3; write --rounds 2$"):
        api.calibrate_margins("c.yaml", rounds=1)


def test_comparisons_of_equal_code_take_an_old_and_a_new_run_of_valid_replicates():
    check_enough([_noise(np.ones(10))], replicates=5, rounds=2)
    check_enough([], replicates=5, rounds=2)  # nothing varies
    with pytest.raises(UsageError) as refused:
        check_enough([_noise(np.ones(10)), _noise(np.ones(6))], replicates=5, rounds=2)
    assert str(refused.value) == (
        "comparisons of 5 replicates are drawn from 10 valid ones, and there are 6; write --rounds 4"
    )


def test_margins_that_cannot_be_proposed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small.write(Path("c.yaml"), replicates=1)
    with pytest.raises(UsageError) as refused:
        api.calibrate_margins("c.yaml")
    assert str(refused.value) == "c.yaml: replicates is 1, and one tells no spread; write --replicates 5"
    ended = CliRunner().invoke(app, ["calibrate", "--compare", "c.yaml", "--quick"])
    assert (ended.exit_code, ended.stderr) == (
        2,
        "sgmbench: --compare runs one file, whose size and seed are its own; leave out --quick and --seed\n",
    )
    ended = CliRunner().invoke(app, ["calibrate", "--rounds", "2"])
    assert (ended.exit_code, ended.stderr) == (
        2,
        "sgmbench: --rounds says how often --compare runs a file; write --compare CONFIG, or leave it out\n",
    )


def _noise(values, *, error="energy", mean=None):
    return Noise(GROUP, error, np.asarray(values, float), len(values), mean)


def _alarmed_in_turns(x, margin):
    """Whether any row alarms at any look before all are decided."""
    for n, share in looks(x.shape[1]):
        family = [judge_rounds(each[:n], margin, confidence=Timing(share=share).confidence) for each in x]
        if is_alarmed(family, TIME_LEVEL * share):
            return True
        if all(each.place == "within" for each in family):
            return False
    return False
