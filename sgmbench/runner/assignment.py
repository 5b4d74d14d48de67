"""Assignment: which idle worker begins which step now.

A timed step begins on a machine where nothing is at work, and nothing begins there until it has ended. Where no machine
is free, the one with the fewest workers at work, of equal ones the smallest, is kept for it: nothing begins there until
it is free. A step at which a worker has died goes to another one, as long as there is any.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from sgmbench.runner.steps import Step

Machines = Mapping[str, str]
"""worker -> the machine that it is on."""


def assigned(
    ready: Sequence[Step], at_work: Mapping[str, Step], machines: Machines, lost: Mapping[str, Sequence[str]]
) -> dict[str, Step]:
    """The steps that begin now, by worker.

    Args:
        ready: steps that wait for no other, in the order in which they are wanted.
        at_work: what workers are at, by worker.
        machines: of all workers that are there.
        lost: the workers that have died at a step, by its name.
    """
    size, busy = Counter(machines.values()), Counter(machines[worker] for worker in at_work if worker in machines)
    closed = {machines[worker] for worker, step in at_work.items() if step.is_timed and worker in machines}
    begun: dict[str, Step] = {}
    for step in sorted(ready, key=lambda step: not step.is_timed):
        able = [worker for worker in machines if worker not in lost.get(step.name, ())] or list(machines)
        free = {worker: machines[worker] for worker in able if machines[worker] not in closed}
        if step.is_timed and free:
            machine = min(free.values(), key=lambda name: (busy[name], size[name]))
            closed.add(machine)
            free = {} if busy[machine] else {worker: name for worker, name in free.items() if name == machine}
        idle = [worker for worker in free if worker not in at_work and worker not in begun]
        if idle:
            begun[idle[0]] = step
            busy[free[idle[0]]] += 1
    return begun
