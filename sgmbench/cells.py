"""An Experiment as cells, each with a serialized description that it can be computed from.

A cell is one (target, method, budget, replicate) of the experiment's problem. It names the shared inputs that it needs
(references, runs, a fit) by descriptions of their own, so that whoever computes it, here or on another host, finds
them in the store or makes them. Two identities: the `name` pairs cells across versions of the code, the `content`
(SHA-256 of the description, source digests in it) says what exactly is computed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any

from sgmbench.config.dump import dump
from sgmbench.core.experiment import Experiment, MethodEntry
from sgmbench.core.germs import Germs
from sgmbench.core.inverse import Inverse
from sgmbench.core.method import Generator, Method, Surrogate
from sgmbench.core.part import Part
from sgmbench.core.prepare import simulation_class
from sgmbench.core.problem import Problem, Recorded
from sgmbench.core.target import Decomposition, Posterior, Target
from sgmbench.montecarlo.nested import NestedRuns
from sgmbench.montecarlo.posterior_runs import PosteriorRuns
from sgmbench.sources import digest

Description = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """One entry of the comparison."""

    target: str
    method: str
    budget: int
    replicate: int
    description: Description

    @property
    def name(self) -> str:
        """Also the name of its folder."""
        return f"{self.target}.{self.method}.{self.budget}.r{self.replicate}"


def cells_of(experiment: Experiment) -> list[Cell]:
    """All cells, those of one target together and in it those of one replicate."""
    problem = {**dump(experiment.problem), "digest": _problem_digests(experiment.problem)}
    metrics = {entry.label: {**dump(entry.metric), "digest": digests(entry.metric)} for entry in experiment.metrics}
    cells = []
    for target in experiment.targets:
        conditions = target.scored_at(experiment.problem, evaluation_seed=experiment.evaluation_seed)
        shared = {
            "schema": 1,
            "problem": problem,
            "target": target.name,
            "conditions": [asdict(condition) for condition in conditions],
            "seed": experiment.seed,
            "reference": _sizes(experiment),
            "metrics": metrics,
            **_own(target),
        }
        for replicate in range(experiment.replicates):
            for entry in experiment.methods:
                cells += [
                    _cell(experiment, shared, entry, budget, replicate)
                    for budget in entry.budgets or experiment.budgets
                ]
    return cells


def _own(target: Target) -> Description:
    """What one target alone has: by what data are drawn and posteriors sampled, or how its truth is nested."""
    if isinstance(target, Posterior):
        return {"inverse": [digest(Inverse), digest(PosteriorRuns)]}
    if isinstance(target, Decomposition):
        return {"nested": {"inner": target.inner, "digest": [digest(NestedRuns)]}}
    return {}


def _problem_digests(problem: Problem) -> list[str]:
    """What a problem's runs are made by, and of what data where they are recorded."""
    code = [*digests(problem), digest(simulation_class(problem))]
    return [*code, digest(Part), problem.content] if isinstance(problem, Recorded) else code


def _method_digests(method: Method) -> list[str]:
    """What a method works by; a Surrogate also by what it sees of a germ."""
    return [*digests(method), *([digest(Germs)] if isinstance(method, Surrogate) else [])]


def _sizes(experiment: Experiment) -> Description:
    """Runs of the truth; of recorded ones no more than are held out, and of the floor no more than are left.

    Where runs are held out, every budget is part of the largest: `training` is how many runs a replicate makes.
    """
    plan, problem = dump(experiment.reference), experiment.problem
    held_out, kept = plan.pop("held_out"), plan.pop("kept")
    plan = plan if kept is None else plan | {"kept": kept}
    if not isinstance(problem, Recorded):
        return plan if held_out is None else plan | {"held_out": held_out, "training": experiment.training_runs}
    n, left = problem.held_out_runs, len(problem.pool.y) - problem.held_out_runs
    return {"size": min(n, experiment.reference.size), "drawn_size": n, "floor_size": left}


def digests(part: Any) -> list[str]:
    """Source digests of the class of a part and of all parts nested in it: a network may be anybody's code."""
    return list(dict.fromkeys(digest(cls) for cls in _classes(part)))


def _classes(part: Any) -> Iterator[type]:
    if isinstance(part, tuple):
        for item in part:
            yield from _classes(item)
    elif is_dataclass(part):
        yield type(part)
        for each in fields(part):
            yield from _classes(getattr(part, each.name))


def _cell(experiment: Experiment, shared: Description, entry: MethodEntry, budget: int, replicate: int) -> Cell:
    keeps = experiment.keep_samples == "all" or (experiment.keep_samples == "first_replicate" and replicate == 0)
    description = {
        **shared,
        "method": {**dump(entry.method), "digest": _method_digests(entry.method)},
        "label": entry.label,
        "is_generator": isinstance(entry.method, Generator),
        "budget": budget,
        "replicate": replicate,
        "samples_kept": experiment.samples_kept if keeps else 0,
    }
    if isinstance(experiment.problem, Recorded):
        description["part"] = ["runs", replicate, experiment.replicates]
    return Cell(shared["target"], entry.label, budget, replicate, description)


def given_at(condition: Description) -> Sequence[float]:
    """What a condition gives: data, z, or nothing."""
    return condition["data"] or condition["z"] or ()


def reference_description(cell: Description, condition: Description) -> Description:
    """The truth at one condition: independent runs, or draws of a posterior; never the training runs."""
    size = cell["reference"].get("held_out") or _planned_size(cell, condition)
    stream_labels = ["reference", cell["target"], condition["name"]]
    shared = _of_part(cell, ["held_out"]) | _of_target(cell)
    kept = cell["reference"].get("kept", size)
    some = {"kept": kept} if kept < size else {}
    return {**shared, "given": list(given_at(condition)), "size": size, **some, "stream": stream_labels}


def scored_size(cell: Description, condition: Description) -> int:
    """Samples of a Generator that are scored at a condition, and runs of its truth that are kept, if not held out."""
    size = _planned_size(cell, condition)
    return min(size, cell["reference"].get("kept", size))


def _planned_size(cell: Description, condition: Description) -> int:
    return cell["reference"]["size" if condition["is_listed"] else "drawn_size"]


def floor_description(cell: Description, condition: Description) -> Description:
    """An independent Monte Carlo set as large as what is kept of the reference, whose distance from it is the floor.

    Recorded runs may not suffice for that; then it has all that are not held out.
    """
    reference = {**reference_description(cell, condition), **_of_part(cell, ["training"])}
    most = reference.pop("kept", reference["size"])
    size = min(most, cell["reference"].get("floor_size", most))
    return {**reference, "size": size, "stream": ["floor", cell["target"], condition["name"]]}


def runs_description(cell: Description) -> Description:
    """The training runs, the same for all Generators of one budget and replicate."""
    shared = _of_part(cell, cell.get("part"))
    return {**shared, "given": [], "size": cell["budget"], "stream": ["runs", cell["replicate"]]}


def all_runs_description(cell: Description) -> Description:
    """The runs that the training runs are the first of: their own number, or that of the largest budget."""
    return {**runs_description(cell), "size": cell["reference"].get("training", cell["budget"])}


def _of_part(cell: Description, part: list[Any] | None) -> Description:
    """What all runs of a cell have in common, and from which part of recorded ones they are."""
    shared = {key: cell[key] for key in ("schema", "problem", "seed")}
    return {**shared, "part": part} if "part" in cell else shared


def _of_target(cell: Description) -> Description:
    """What the cell's target alone has."""
    return {key: cell[key] for key in ("inverse", "nested") if key in cell}


def fit_description(cell: Description) -> Description:
    """What a Generator learned, the same for all conditions of a target."""
    labels = ["fit", cell["target"], cell["label"], cell["budget"], cell["replicate"]]
    learned = {"runs": runs_description(cell), "method": cell["method"], "target": cell["target"]}
    return {**learned, **_of_target(cell), "stream": labels}
