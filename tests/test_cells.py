"""Which part of a configuration changes which cells."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent / "runner"))

import small

from sgmbench.cells import (
    cells_of,
    digests,
    fit_description,
    floor_description,
    reference_description,
    runs_description,
)
from sgmbench.config.load import build_experiment
from sgmbench.core.target import Conditional, Marginal
from sgmbench.diffusion.method import Diffusion
from sgmbench.learning.networks.mlp import MLP
from sgmbench.sources import digest
from sgmbench.store.cache import content_of

PLAIN = small.BASE | {"targets": [small.CONDITIONAL, "marginal"], "budgets": [5, 20], "replicates": 2}


def cells(**changes):
    """Content of each cell by name."""
    experiment = build_experiment(PLAIN | changes, "test").experiment
    return {cell.name: content_of(cell.description) for cell in cells_of(experiment)}


def changed(**changes):
    """Names of the cells that are there before and after and differ."""
    before, after = cells(), cells(**changes)
    return {name for name in before if name in after and before[name] != after[name]}


ALL = set(cells())


def test_a_cell_for_each_target_method_budget_and_replicate():
    assert {
        f"{target}.{method}.{budget}.r{replicate}"
        for target in ("conditional", "marginal")
        for method in ("monte_carlo", "bootstrap")
        for budget in (5, 20)
        for replicate in (0, 1)
    } == ALL
    assert len({*cells().values()}) == len(ALL)


def test_more_methods_budgets_replicates_and_targets_change_no_other_cell():
    assert not changed(methods=["gaussian", "monte_carlo", "bootstrap"])
    assert not changed(budgets=[20, 5, 40])
    assert not changed(replicates=3)
    assert not changed(targets=["marginal", small.CONDITIONAL])
    assert not changed(name="other", ask={"tolerance": 0.5})


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"metrics": ["energy", "mean"]},
        {"metrics": [{"kind": "energy", "norm": "standardized"}, "mean", "standard_deviation"]},
        {"reference": {"size": 61, "drawn_size": 50}},
        {"problem": {"kind": "small:Line", "slope": 2}},
        {"problem": "small:Counting"},
    ],
)
def test_what_concerns_everything_changes_every_cell(change):
    assert changed(**change) == ALL


def test_a_hyperparameter_changes_the_cells_of_its_method():
    found = changed(methods=["monte_carlo", {"kind": "bootstrap", "neighbors": 3}])
    assert found == {name for name in ALL if ".bootstrap." in name}


def test_evaluation_seed_and_conditions_change_the_cells_of_the_conditional_target():
    conditional = {name for name in ALL if name.startswith("conditional")}
    assert changed(evaluation_seed=5) == conditional
    assert changed(targets=[small.CONDITIONAL | {"drawn": 2}, "marginal"]) == conditional


def test_samples_kept_change_the_cells_that_keep_them():
    assert changed(samples_kept=10) == {name for name in ALL if name.endswith("r0")}
    assert changed(keep_samples="all") == {name for name in ALL if name.endswith("r1")}


def test_conditions_depend_on_the_evaluation_seed_alone():
    target = Conditional(conditions=({"b": 1.0, "a": 0.5},), drawn=3)
    one = target.scored_at(small.Line(), evaluation_seed=1)
    assert one == target.scored_at(small.Line(slope=7.0), evaluation_seed=1)
    assert one[0].z == (0.5, 1.0)
    assert [c.name for c in one] == ["c1", "d01", "d02", "d03"]
    assert one[:3] == replace(target, drawn=2).scored_at(small.Line(), evaluation_seed=1)
    other = target.scored_at(small.Line(), evaluation_seed=2)
    assert all(a.z != b.z for a, b in zip(one[1:], other[1:], strict=True))
    assert all(-1 <= c.z[0] <= 1 and 0.5 <= c.z[1] <= 2 for c in (*one, *other))


def test_a_marginal_has_one_law_and_no_condition():
    (only,) = Marginal().scored_at(small.Line(), evaluation_seed=1)
    assert (only.name, only.z) == ("all", None)


def test_the_seed_draws_the_same_conditions():
    found = [
        cells_of(build_experiment(PLAIN | {"seed": seed}, "test").experiment)[0].description["conditions"]
        for seed in (0, 1)
    ]
    assert found[0] == found[1]


def test_digests_cover_nested_parts():
    assert digests(small.Nested()) == [digest(small.Nested), digest(MLP)]
    assert digests(small.Nested(network=small.OwnNetwork())) == [digest(small.Nested), digest(small.OwnNetwork)]
    assert digest(MLP) in digests(Diffusion())
    assert digest(small.OwnNetwork) in digests(Diffusion(network=small.OwnNetwork()))


def test_generators_of_one_budget_and_replicate_share_runs_and_no_other_cells_do():
    every = cells_of(build_experiment(PLAIN | {"methods": ["bootstrap", "gaussian"]}, "test").experiment)
    shared = {}
    for cell in every:
        shared.setdefault(content_of(runs_description(cell.description)), set()).add((cell.budget, cell.replicate))
    assert sorted(shared.values(), key=str) == [{(b, r)} for b in (20, 5) for r in (0, 1)]
    fits = {content_of(fit_description(cell.description)) for cell in every}
    assert len(fits) == len(every)


def test_reference_floor_and_training_streams_are_different():
    cell = cells_of(build_experiment(PLAIN, "test").experiment)[0].description
    streams = [tuple(runs_description(cell)["stream"])]
    for condition in cell["conditions"]:
        streams += [tuple(d(cell, condition)["stream"]) for d in (reference_description, floor_description)]
    assert len(set(streams)) == len(streams)
    sizes = [reference_description(cell, condition)["size"] for condition in cell["conditions"]]
    assert sizes == [60, 60, 50]


POSTERIOR = {"kind": "sgmbench.core.target:Posterior", "observations": [[0, 0], [0.1, 0]], "drawn": 1}


def test_a_posterior_has_the_runs_of_the_other_targets_and_a_truth_for_each_observation():
    plain = PLAIN | {"problem": "two_moons", "targets": ["marginal", POSTERIOR], "methods": ["bootstrap"]}
    marginal, posterior = (
        cell.description
        for cell in cells_of(build_experiment(plain | {"budgets": [5], "replicates": 1}, "test").experiment)
    )
    assert runs_description(marginal) == runs_description(posterior)
    truths = [reference_description(posterior, condition) for condition in posterior["conditions"]]
    assert [truth["given"] for truth in truths[:2]] == [[0.0, 0.0], [0.1, 0.0]]
    streams = {
        tuple(d(posterior, c)["stream"])
        for d in (reference_description, floor_description)
        for c in posterior["conditions"]
    }
    assert len(streams) == 6
    assert "inverse" not in marginal
    assert all(truth["inverse"] == posterior["inverse"] for truth in (*truths, fit_description(posterior)))


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """Cells of an experiment on 50 recorded runs, 20 of them held out."""
    monkeypatch.chdir(tmp_path)
    small.record(50)

    def make(**changes):
        plain = PLAIN | {"problem": small.RECORDED | {"held_out": 0.4}, "methods": ["bootstrap"], "budgets": [5]}
        plain["targets"] = ["marginal", {"kind": "conditional", "drawn": 12}]
        return cells_of(build_experiment(plain | changes, "test").experiment)

    return make


def test_a_cell_of_recorded_runs_names_the_part_that_it_may_use(recorded):
    cells = recorded()
    assert [cell.description["part"] for cell in cells] == [["runs", r, 2] for _ in range(2) for r in range(2)]
    for cell in cells:
        (condition,) = cell.description["conditions"]
        assert runs_description(cell.description)["part"] == ["runs", cell.replicate, 2]
        assert reference_description(cell.description, condition)["part"] == ["held_out"]
        assert floor_description(cell.description, condition)["part"] == ["training"]
    assert "part" not in cells_of(build_experiment(PLAIN, "test").experiment)[0].description


def test_the_truth_of_recorded_runs_is_what_is_held_out_and_not_more_than_asked_for(recorded):
    def sizes(size):
        marginal, conditional = (cell.description for cell in recorded(reference={"size": size}, replicates=1))
        return [
            describe(cell, cell["conditions"][0])["size"]
            for cell in (marginal, conditional)
            for describe in (reference_description, floor_description)
        ]

    assert sizes(10_000) == [20, 20, 20, 20]
    small.record(500)
    assert sizes(150) == [150, 150, 200, 200]


def test_the_floor_has_no_more_runs_than_are_left(recorded):
    cell = recorded(problem=small.RECORDED | {"held_out": 0.8}, replicates=1)[0].description
    assert floor_description(cell, cell["conditions"][0])["size"] == 10


def test_a_conditional_target_of_recorded_runs_has_one_condition_of_many_pairs(recorded):
    cell = recorded()[-1].description
    assert cell["conditions"] == [{"name": "held_out", "z": None, "data": None, "is_listed": False, "pairs": 12}]


def test_another_file_or_another_split_changes_every_cell_of_recorded_runs(recorded):
    before = {content_of(cell.description) for cell in recorded()}
    assert {content_of(cell.description) for cell in recorded()} == before
    split = small.RECORDED | {"held_out": 0.4, "split_seed": 1}
    assert not before & {content_of(cell.description) for cell in recorded(problem=split)}
    small.record(50, seed=1)
    assert not before & {content_of(cell.description) for cell in recorded()}
