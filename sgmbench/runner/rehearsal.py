"""Rehearsal: an experiment in miniature, so that the pace of each part of a run is known.

The run's own functions are called with fewer runs, at two conditions of each target, into a folder that is thrown
away: a run of the solver alone, which says how many can be afforded; the training runs, once for all fits; then of each
target its truth (`runner.rehearsed_truth`) and each of its methods (`runner.rehearsed_method`).

Bias: what grows otherwise than assumed (see `runner.plan_seconds`), and whatever else the machine does meanwhile. What
a process pays once, as for the small programs that JAX compiles beside the timed ones, counts in each cell of a method,
so that a plan of several replicates is rather too long.

Cost: compilation of all parts once, some dozen steps a network, and some thousand runs of the solver, or as many as
take `SOLVER_SECONDS`. Long chains as a truth are rehearsed where a set takes no longer than `CHAIN_SECONDS`. Recorded
runs are dealt out as in the run, again and again, since none is spent.
"""

from pathlib import Path

from sgmbench.cells import Cell, Description, scored_size
from sgmbench.core.clock import Clock
from sgmbench.core.memory import peak_memory
from sgmbench.core.prepare import prepare
from sgmbench.core.progress import Progress, silent
from sgmbench.core.rng import stream
from sgmbench.errors import CellError
from sgmbench.metrics.pairwise import BLOCK
from sgmbench.montecarlo.posterior_runs import CHAINS, THINNING
from sgmbench.runner.artifacts import load_training_runs, problem_of
from sgmbench.runner.miniature import Miniature, warmup_draws
from sgmbench.runner.pace import Paces, RunsPace, TruthPace
from sgmbench.runner.rehearsed_method import pace_of_method
from sgmbench.runner.rehearsed_truth import pace_of_truth
from sgmbench.runner.truth import Truth
from sgmbench.runner.uncached import without_compilation_cache
from sgmbench.store.cache import Cache

SIZE = BLOCK  # runs of a rehearsed reference
ROWS = 4_000  # runs that a rehearsed fit learns from, at most
SPENT = 20_000  # runs that a rehearsed Sampler spends, at most: few runs of chains are mostly their warm-up
FEWEST, FEWEST_Z = 64, 10  # runs, and values of z of a nested reference
SOLVER_SECONDS = 5.0  # of one rehearsed set of runs, at most
CHAIN_SECONDS = 10.0
RUNS_A_TRANSITION = 30  # some ten gradients, each as long as three runs
TOGETHER = 16  # runs
NOTHING = 1e-9  # s, of a recorded run


def rehearse(cells: list[Cell], folder: Path, progress: Progress = silent) -> Paces:
    """The paces of all cells of an experiment; `folder` is an empty one."""
    paces, targets = Paces(), list(dict.fromkeys(cell.target for cell in cells))
    with without_compilation_cache():
        run, cache = seconds_a_run(cells[0].description), Cache(folder / "cache")
        training = max((affordable(cell, run) for cell in cells if cell.description["is_generator"]), default=0)
        if training:
            paces.runs = _pace_of_runs(cells[0].description, training, run, cache)
        for i, target in enumerate(targets):
            progress("rehearsals", i, len(targets), target)
            of_target = [cell for cell in cells if cell.target == target]
            size = _size(of_target[0].description, run)
            miniature = Miniature(of_target[0], size, training, folder / target, cache, Truth(cache, silent))
            _rehearse_target(miniature, of_target, run, paces, progress)
    progress("rehearsals", len(targets), len(targets))
    return paces


def _rehearse_target(miniature: Miniature, cells: list[Cell], run: float, paces: Paces, progress: Progress) -> None:
    """Its truth and its methods, or why they are not rehearsed."""
    target = miniature.cell.target
    if why := _too_long(miniature, run):
        paces.unknown[target] = why
        if not warmup_draws(miniature.cell.description):
            paces.truths[target] = TruthPace(0.0, run, 0.0, 1, 1.0)
        return
    try:
        truth = paces.truths[target] = pace_of_truth(miniature)
    except CellError as error:
        paces.unknown[target] = str(error)
        return
    largest = {cell.method: cell for cell in sorted(cells, key=lambda cell: (cell.budget, -cell.replicate))}
    found = paces.methods.setdefault(target, {})
    for i, (label, cell) in enumerate(largest.items()):
        progress("methods", i, len(largest), label)
        found[label] = pace_of_method(miniature, cell, budget=affordable(cell, run), scores=truth.scores)
    progress("methods", len(largest), len(largest))


def affordable(cell: Cell, run: float) -> int:
    """The runs that a cell is rehearsed with."""
    most = ROWS if cell.description["is_generator"] else SPENT
    return min(cell.budget, most, max(int(SOLVER_SECONDS / run), FEWEST))


def _size(description: Description, run: float) -> int:
    """Runs of the rehearsed reference: a block of pairs, and some z of a nested one, as far as they are affordable."""
    plan = description["reference"]
    wanted = plan.get("held_out") or max(scored_size(description, each) for each in description["conditions"])
    nested = FEWEST_Z * description["nested"]["inner"] if "nested" in description else 0
    return min(wanted, max(SIZE, nested), max(int(SOLVER_SECONDS / run), nested, FEWEST))


def _too_long(miniature: Miniature, run: float) -> str:
    """Why a target is not rehearsed, from the seconds of one run; empty where it is."""
    extra, n = warmup_draws(miniature.cell.description), miniature.size
    if n * run > SOLVER_SECONDS:
        return f"one run takes {run:.3g} s, too long to rehearse what is made of {n:,} of them"
    chain = (n + extra) * THINNING / CHAINS * RUNS_A_TRANSITION * run
    if extra and chain > CHAIN_SECONDS:
        return f"the truth is long chains, of which a set takes some {chain:.3g} s, too long for a rehearsal"
    return ""


def _pace_of_runs(description: Description, n: int, run: float, cache: Cache) -> RunsPace:
    """Of n training runs, which stay in the cache; from one run where so many would take too long or all failed."""
    if n * run > SOLVER_SECONDS:
        return RunsPace(0.0, run)
    shared = {**description, "budget": n, "reference": {**description["reference"], "training": n}}
    with peak_memory() as peak:
        try:
            seconds = load_training_runs(shared, cache, silent).seconds
        except CellError:
            return RunsPace(0.0, run)  # each method says so
        return RunsPace(seconds["compile"], seconds["simulate"] / n, size=n, peak=peak())


def seconds_a_run(description: Description) -> float:
    """Of the solver without compilation: of one run alone, or where that is long of several at once."""
    make = prepare(problem_of(description), Clock(), at_condition=False)
    key = stream(description["seed"], "rehearsal")
    make(1, key=key)
    alone = make(1, key=key).seconds["simulate"]
    if not SOLVER_SECONDS / SIZE < alone < SOLVER_SECONDS / TOGETHER:
        return max(alone, NOTHING)
    make(TOGETHER, key=key)
    return make(TOGETHER, key=key).seconds["simulate"] / TOGETHER
