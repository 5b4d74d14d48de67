"""Who is best, and is it sure: exact ratios, the rate of false claims, and what takes part."""

import csv
import dataclasses

import by_hand
import numpy as np
import pytest

from sgmbench.core.reference import Reference
from sgmbench.core.result import Result
from sgmbench.core.samples import Samples
from sgmbench.metrics.energy import Energy
from sgmbench.problems.gaussian import PowerLawGaussian
from sgmbench.report.contest import Claim, contests, family, settle
from sgmbench.report.contest_words import claim_sentences, contest_sentences
from sgmbench.report.csv import write_contests
from sgmbench.report.summary import Summary
from sgmbench.statistics.holm import holm

WEIGHTS = np.arange(1, 31) ** -2.0 / np.sum(np.arange(1, 31) ** -2.0)
MANY = 2_000


def skew(rng, *shape, modes=1):
    """Energy distances of N runs over their mean: chi-squares with weights, of sd .9 for one mode, less for more."""
    return rng.chisquare(modes, size=(*shape, len(WEIGHTS))) @ WEIGHTS / modes


def errors_of(rng, factors, *, replicates=5, conditions=2, modes=1):
    """Expected errors `factors` of methods that share half of their error, as methods with the same runs do."""
    shared = skew(rng, replicates, conditions, modes=modes)
    own = [skew(rng, replicates, conditions, modes=modes) for _ in factors]
    return {f"m{i}": f * (shared + each) / 2 for i, (f, each) in enumerate(zip(factors, own, strict=True))}


def settled(errors):
    return settle(errors, target="conditional", budget=100, metric="energy")


def test_a_method_against_a_multiple_of_itself():
    errors = skew(np.random.default_rng(0), 5, 3)
    contest = settled({"triple": 3 * errors, "once": errors, "double": 2 * errors})
    assert (contest.winner, [duel.rival for duel in contest.duels]) == ("once", ["double", "triple"])
    for duel, ratio in zip(contest.duels, (1 / 2, 1 / 3), strict=True):
        assert (duel.ratio, duel.low, duel.high) == pytest.approx((ratio, ratio, ratio))
        assert duel.p < 1e-12


def test_a_method_is_not_better_than_itself():
    errors = skew(np.random.default_rng(1), 7, 2)
    for replicates in (5, 7):
        (duel,) = settled({"a": errors[:replicates], "b": errors[:replicates]}).duels
        assert (duel.ratio, duel.low, duel.high, duel.p) == (1.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize("replicates", [4, 7, 17])
def test_units_orders_and_common_difficulty_change_nothing(replicates):
    rng = np.random.default_rng(2)
    errors = errors_of(rng, [1.0, 1.5, 2.0], replicates=replicates)
    contest = settled(errors)
    harder = settled({method: each[::-1] * [1e-4, 1e3] for method, each in reversed(errors.items())})
    assert harder.winner == contest.winner
    assert [duel.rival for duel in harder.duels] == [duel.rival for duel in contest.duels]
    for one, other in zip(contest.duels, harder.duels, strict=True):
        assert dataclasses.astuple(one)[1:] == pytest.approx(dataclasses.astuple(other)[1:])
    assert contest.p == max(duel.p for duel in contest.duels)


def test_the_sign_flips_are_exchanges_of_the_two_methods():
    """With seven replicates all won by one method, p is 2 / 2^7, whatever their spread; above 16 it is t."""
    a = np.random.default_rng(3).lognormal(sigma=2.0, size=(7, 1))
    contest = settled({"a": a, "b": a * 10.0 ** np.arange(1, 8)[:, None]})
    assert (contest.test, contest.p) == ("sign flips", 2 / 2**7)
    tests = {R: settled(errors_of(np.random.default_rng(R), [1, 2], replicates=R)).test for R in (2, 5, 6, 16, 17)}
    assert tests == {2: "t", 5: "t", 6: "sign flips", 16: "sign flips", 17: "t"}


@pytest.mark.parametrize(("methods", "replicates"), [(2, 5), (3, 5), (2, 7), (2, 3)])
def test_of_equal_laws_one_is_called_the_best_in_five_of_a_hundred_cases_at_most(methods, replicates):
    """Every claim is false then; of two methods the rate is the level, of more it is below."""
    rng = np.random.default_rng(10 * methods + replicates)
    p = np.array([settled(errors_of(rng, [1.0] * methods, replicates=replicates)).p for _ in range(MANY)])
    assert np.mean(p <= 0.05) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / MANY)


def test_a_family_of_problems_has_a_false_claim_in_five_of_a_hundred_cases_at_most():
    rng = np.random.default_rng(4)
    p = np.array([[settled(errors_of(rng, [1.0] * 2)).p for _ in range(3)] for _ in range(MANY)])
    any_false = np.mean([holm(each).min() <= 0.05 for each in p])
    assert any_false < 0.05 + 4 * np.sqrt(0.05 * 0.95 / MANY)
    assert np.mean(p.min(axis=1) <= 0.05) > 0.10  # what Holm is for


def test_a_claim_that_is_false_for_one_of_many_rivals_is_as_rare():
    """Two of five methods are equal, three far behind: the case of most false claims."""
    rng = np.random.default_rng(5)
    p = [settled(errors_of(rng, [1.0, 1.0, 9.0, 9.0, 9.0])).p for _ in range(MANY // 2)]
    assert np.mean(np.array(p) <= 0.05) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / (MANY // 2))


def test_the_less_certain_of_two_equal_errors_is_not_preferred():
    """Means are compared: logs of single replicates would be sure that the chi-square is smaller in most cases."""
    rng = np.random.default_rng(6)
    certain, claims, by_logs = np.ones((5, 8)), [], []
    for _ in range(500):
        scattered = rng.chisquare(1, size=(5, 8))
        claims.append(settled({"certain": certain, "scattered": scattered}).p <= 0.05)
        logs = np.log(scattered).mean(axis=1)
        by_logs.append(logs.mean() + 2.776 * logs.std(ddof=1) / np.sqrt(5) < 0)
    assert np.mean(by_logs) > 0.75
    assert np.mean(claims) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 500)


@pytest.mark.parametrize(("modes", "found"), [(1, 0.15), (10, 0.75), (300, 0.98)])
def test_a_loss_of_thirty_percent_is_found_where_errors_scatter_little(modes, found):
    """Five replicates, two conditions: sd .9 of an error (one dimension), .3, or .05 (hundreds)."""
    rng = np.random.default_rng(7)
    claims = [settled(errors_of(rng, [1.0, 1.3], modes=modes)) for _ in range(200)]
    assert np.mean([claim.p <= 0.05 and claim.winner == "m0" for claim in claims]) > found
    assert np.mean([claim.p <= 0.05 and claim.winner == "m1" for claim in claims]) < 0.02


def test_no_set_has_less_error_than_the_reference_itself_whose_is_zero():
    """D2 / mu + 2 / n is positive for laws and for sets."""
    rng = np.random.default_rng(8)
    values = rng.standard_normal((50, 1))
    truth = Reference(values, PowerLawGaussian(dimension=1), None)

    def error(of, *, is_law):
        scores = Energy().score(Samples.equally_weighted(of, truth.layout, is_law=is_law), truth)
        return scores["d2"] / scores["mu"] + 2 / 50

    assert error(values, is_law=True) == pytest.approx(0, abs=1e-12)
    assert error(values, is_law=False) == pytest.approx(1 / 50)
    assert min(error(rng.standard_normal((50, 1)), is_law=law) for law in (True, False) for _ in range(100)) > 0


def run_of(scores, *, budget=100, failed=(), missing=(), invalid=(), names=("d01", "d02"), metric="energy", **more):
    """A run of these methods: D2 / mu by replicate, the same at every condition, or by condition and replicate."""
    lines, results = [], []
    for method, of in scores.items():
        by = of if isinstance(of, dict) else dict.fromkeys(names, of)
        replicates = len(next(iter(by.values())))
        lost = [r for m, r in failed if m == method]
        said = ("it is not what it should be",) if method in invalid else ()
        line = by_hand.line(method, budget, replicates=replicates, conditions=names, invalid=said)
        lines.append(dataclasses.replace(line, failed=len(lost)))
        results += [
            Result(
                f"conditional.{method}.{budget}.r{r}",
                "",
                "conditional",
                method,
                "generator",
                budget,
                r,
                "failed" if r in lost else "ok",
                scores={c: {metric: _parts(values[r])} for c, values in by.items() if values[r] is not None},
            )
            for r in range(replicates)
            if (method, r) not in missing
        ]
    target = by_hand.target_of(*lines, names=names, size=200)
    record = {"configuration": {"name": "toy", **more}}
    return Summary("results/x", record, [target], results)


def _parts(value):
    return value if isinstance(value, dict) else {"d2": 2.0 * value, "mu": 2.0, "mu_samples": 2.0}


GOOD, BAD = [0.010, 0.012, 0.011], [0.030, 0.035, 0.028]


def test_energy_enters_with_what_two_sets_of_the_references_size_have_on_average():
    """2 / 200 is added, so that a negative estimate takes part."""
    (contest,) = contests(run_of({"bad": BAD, "good": [-0.001, 0.002, 0.001]}))
    expected = settle(
        {"bad": np.array([BAD] * 2).T + 0.01, "good": np.array([[0.009, 0.012, 0.011]] * 2).T},
        target="conditional",
        budget=100,
        metric="energy",
    )
    assert (contest.winner, contest.replicates, contest.conditions) == ("good", 3, 2)
    assert dataclasses.astuple(contest.duels[0])[1:] == pytest.approx(dataclasses.astuple(expected.duels[0])[1:])


def test_another_metric_may_be_primary_and_is_the_mean_over_fields():
    scores = {"a": [{"u": 0.1, "q": 0.3}] * 2, "b": [{"u": 0.4, "q": 0.4}] * 2}
    (contest,) = contests(run_of(scores, metric="mean", primary="mean"))
    assert (contest.metric, contest.winner, contest.duels[0].ratio) == ("mean", "a", pytest.approx(0.5))
    assert contests(run_of(scores, metric="mean")) == []


def test_what_failed_or_is_invalid_or_lacks_a_score_does_not_take_part():
    scores = {"good": GOOD, "bad": BAD, "lost": GOOD, "wrong": GOOD, "half": {"d01": GOOD, "d02": [0.01, None, 0.01]}}
    (contest,) = contests(run_of(scores, failed=[("lost", 1)], invalid=["wrong"]))
    assert (contest.winner, [duel.rival for duel in contest.duels]) == ("good", ["bad"])


def test_replicates_are_paired_by_their_number_and_one_is_no_contest():
    scores = {"good": [0.1, 0.01, 0.02], "bad": [0.9, 0.2, 0.4]}
    (contest,) = contests(run_of(scores, missing=[("good", 0)]))
    (same,) = contests(run_of({method: each[1:] for method, each in scores.items()}))
    assert (contest.replicates, contest.duels) == (2, same.duels)
    assert contests(run_of(scores, missing=[("good", 0), ("bad", 1)])) == []
    assert contests(run_of({"good": GOOD})) == []


def test_a_condition_where_nothing_is_scored_is_left_out():
    nothing = [None] * 3
    (contest,) = contests(run_of({"a": {"d01": GOOD, "d02": nothing}, "b": {"d01": BAD, "d02": nothing}}))
    assert contest.conditions == 1


def test_the_largest_budget_of_each_target_is_primary_and_corrected_by_holm():
    small, large = run_of({"a": BAD, "b": GOOD}, budget=50), run_of({"a": GOOD, "b": BAD})
    lines = [*small.targets[0].lines, *large.targets[0].lines]
    both = dataclasses.replace(
        large,
        targets=[dataclasses.replace(large.targets[0], lines=lines)],
        results=[*small.results, *large.results],
    )
    other = run_of({"a": [0.02, 0.03, 0.02], "b": [0.03, 0.02, 0.03]})
    assert [contest.winner for contest in contests(both)] == ["b", "a"]
    first, second = family([both, other])
    assert (first.contest.budget, first.contest.winner, first.family) == (100, "a", 2)
    assert (first.p, second.p) == pytest.approx(tuple(holm(np.array([first.contest.p, second.contest.p]))))
    assert first.p == pytest.approx(2 * first.contest.p)
    assert (first.is_sure, second.is_sure) == (True, False)
    assert family([]) == []


def test_a_sure_claim_in_words():
    claims = family([run_of({"kde": BAD, "flow": [0.06, 0.08, 0.07], "diffusion": GOOD})])
    kde, flow = claims[0].contest.duels
    assert contest_sentences(claims) == [
        "Conditional: by energy at 100 runs, a sampler's at each condition, paired over 3 replicates, diffusion is "
        f"better than each of 2 others (p = {kde.p:.3f} by Student's t). Its error over theirs, exploratory: kde .51 "
        f"(.44 to .60), p = {kde.p:.3f}; flow .26 (.22 to .32), p = {flow.p:.3f}.".replace("= 0.", "= .")
    ]


def test_an_unsure_claim_names_who_is_near_and_one_rival_has_one_p():
    contest = settled({"a": np.array([[1.0], [2.0]]), "b": np.array([[1.5], [2.0]])})
    assert contest_sentences([Claim("toy", contest, contest.p, 1)]) == [
        "Conditional: by energy at 100 runs, paired over 2 replicates, a has the least error and is not told apart "
        "from b (p = .69 by Student's t). Its error over that of b: .90 (.068 to 12)."
    ]


def test_several_experiments_are_named_and_holm_is_said():
    contest = settled({"a": np.ones((6, 1)), "b": np.full((6, 1), 2.0)})
    claims = [Claim("one", contest, 0.0625, 2), Claim("two", contest, 0.04, 2)]
    unsure, sure = contest_sentences(claims)
    ratio = " Its error over that of b: .50 (.50 to .50)."
    assert [f"{short}{ratio}" for short in claim_sentences(claims)] == [unsure, sure]
    assert unsure == (
        "one, conditional: by energy at 100 runs, paired over 6 replicates, a has the least error and is not told "
        "apart from b (p = .031 by sign flips, .062 after Holm over 2 claims). Its error over that of b: .50 (.50 to "
        ".50)."
    )
    assert sure.startswith(
        "two, conditional: by energy at 100 runs, paired over 6 replicates, a is better than b (p = .031 by sign "
        "flips, .040 after Holm over 2 claims)."
    )


def test_ratios_that_nobody_reads_are_cut():
    (said,) = contest_sentences(
        [Claim("toy", contest := settled({"a": np.array([[1.0], [99.0]]), "b": np.full((2, 1), 1e6)}), contest.p, 1)]
    )
    assert said.endswith("Its error over that of b: under .001 (under .001 to over 1,000).")


def test_the_table_of_contests_has_a_row_for_each_rival_and_one_for_the_claim(tmp_path):
    summary = run_of({"kde": BAD, "flow": [0.06, 0.08, 0.07], "diffusion": GOOD})
    claims = family([summary])
    write_contests(tmp_path / "contests.csv", contests(summary), claims)
    with (tmp_path / "contests.csv").open(newline="") as file:
        claim, kde, flow = csv.DictReader(file)
    assert (claim["rival"], kde["rival"], flow["rival"]) == ("", "kde", "flow")
    assert {row["first"] for row in (claim, kde, flow)} == {"diffusion"}
    assert [row["status"] for row in (claim, kde, flow)] == ["primary", "exploratory", "exploratory"]
    assert float(claim["p"]) == pytest.approx(max(float(kde["p"]), float(flow["p"])))
    assert (float(claim["p_holm"]), kde["p_holm"]) == (pytest.approx(claims[0].p, rel=1e-5), "")
    assert float(kde["low"]) < float(kde["error_ratio"]) == pytest.approx(0.51, abs=0.005)
