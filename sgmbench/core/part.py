"""Parts of a recorded problem, each as a problem of its own: what is held out, and what replicates learn from.

    rows     0 ... H | H ............................ n
    part     held_out | training
                      | runs 0 | runs 1 | ... | runs R-1 |

The rows are in random order, so a part is a random subset, its first rows are independent runs, and plain Monte Carlo
on a part is subsampling. The parts of R replicates are disjoint, (n - H) // R rows each.
"""

from dataclasses import dataclass

from sgmbench.core.problem import Pool, Recorded


@dataclass(frozen=True)
class Part(Recorded):
    """The rows from start to stop of a recorded problem; its own rows are all there are."""

    whole: Recorded
    start: int
    stop: int

    @property
    def parameters(self):
        return self.whole.parameters

    @property
    def layout(self):
        return self.whole.layout

    @property
    def samples_a_pair(self):
        return self.whole.samples_a_pair

    @property
    def content(self):
        return self.whole.content

    @property
    def held_out_runs(self):
        return 0

    @property
    def pool(self):
        return Pool(*(rows[self.start : self.stop] for rows in self.whole.pool))


def held_out(problem: Recorded) -> Part:
    """The truth."""
    return Part(problem, 0, problem.held_out_runs)


def training(problem: Recorded) -> Part:
    """All that is not held out."""
    return Part(problem, problem.held_out_runs, len(problem.pool.y))


def runs(problem: Recorded, replicate: int, replicates: int) -> Part:
    """What one replicate may spend."""
    each = runs_each(problem, replicates)
    start = problem.held_out_runs + replicate * each
    return Part(problem, start, start + each)


def runs_each(problem: Recorded, replicates: int) -> int:
    """How many runs each replicate has."""
    return (len(problem.pool.y) - problem.held_out_runs) // replicates


def part_of(problem: Recorded, name: str, *numbers: int) -> Part:
    """A part by its name in the description of a cell: "held_out", "training", or "runs", replicate, replicates."""
    return {"held_out": held_out, "training": training, "runs": runs}[name](problem, *numbers)
