"""Crossover: what an answer costs by each method, and from where one method is cheaper than another.

Asked are quantities to a tolerance eps at Q conditions, with solver runs of c seconds. A Sampler makes n runs for each
condition, a Generator of N training runs makes M samples, each as many as bring its worst quantity to eps:

    Sampler      cost = upfront + Q n (p c + s)        n = v / (eps^2 - bias^2)
    Generator    cost = N c + upfront + Q (M + M_0) s  M = v / (eps^2 - bias^2)

v is the variance of the quantity by one run or sample, s the seconds of a sample (of a Sampler: of weighing a run), M_0
the samples that each condition takes beyond those delivered, upfront the seconds of compilation and training; n and M
are rounded up and at least 2. c is the cost of the forward model, and p what a run counts as: 1, and more where it is
differentiated too (chains). Monte Carlo is the Sampler of bias 0. Of another Sampler v is n times the mean square error
that it had with n runs: from there on its error falls at least as n^-1/2, and with fewer than these, the `fewest`, it
may be larger than v / n, so that fewer are not offered. Where bias^2 >= eps^2 no number of samples helps: the method is
infeasible and costs infinity.

What is offered is a promise, and the best of many estimates is too good by chance (the winner's curse). So bias^2 and v
of a method whose errors were measured are the upper ends of their intervals; beside them stands what is `expected`, the
estimate. Nor is a squared bias offered below what the reference tells from none, the `limit`: what cannot be seen
cannot be promised. Monte Carlo's v is known.

Cost is linear in Q and in c, so a crossover is where two lines meet. On W workers c is the cost of a run over W, as
long as there are many more runs than workers: that the last of them idle is left out.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

INFINITE = float("inf")


@dataclass(frozen=True, eq=False)
class Offer:
    """A method at one budget, as far as its cost matters; offers are told apart by identity.

    Attributes:
        label: what it is called.
        budget: N, the training runs of a Generator; a Sampler makes as many as it needs.
        is_sampler: whether it spends solver runs for each condition, instead of training runs once.
        bias2: squared bias by quantity, in the unit of the tolerance squared, that it surely does not exceed.
        variance: by quantity, of one run (Sampler) or one sample (Generator).
        upfront: seconds of compilation and training.
        seconds_a_sample: s.
        extra_samples: M_0, of a Generator.
        fewest: runs or samples from which on the variance holds.
        limit: by quantity the least squared bias that the reference tells from none; 0 where all is known.
        expected: the squared bias by quantity as estimated, at least the limit; `bias2` where it is not told.
        least: the squared bias by quantity that it surely has; `expected` where it is not told.
        price: p, of a Sampler.
        expected_variance: of a Sampler the variance by quantity as estimated; `variance` where it is known.
    """

    label: str
    budget: int
    is_sampler: bool
    bias2: dict[str, float]
    variance: dict[str, float]
    upfront: float = 0.0
    seconds_a_sample: float = 0.0
    extra_samples: int = 0
    fewest: float = 2.0
    limit: dict[str, float] = field(default_factory=dict)
    expected: dict[str, float] = field(default_factory=dict)
    least: dict[str, float] = field(default_factory=dict)
    price: float = 1.0
    expected_variance: dict[str, float] = field(default_factory=dict)

    @property
    def worst_quantity(self) -> str:
        """Of which quantity the expected bias is largest."""
        expected = self.expected or self.bias2
        return max(expected, key=expected.__getitem__)

    def is_seen(self, quantity: str) -> bool:
        """Whether the expected bias of a quantity is larger than the least that the reference tells from none."""
        return (self.expected or self.bias2)[quantity] > self.limit.get(quantity, 0.0)

    @property
    def smallest_tolerance(self) -> float:
        """The worst bias: the largest tolerance that no number of samples surely reaches."""
        return math.sqrt(max(self.bias2.values()))

    @property
    def expected_tolerance(self) -> float:
        """The same as expected: below it no number of samples helps, as far as is known."""
        return math.sqrt(max((self.expected or self.bias2).values()))

    @property
    def hopeless_tolerance(self) -> float:
        """Below it surely no number of samples helps; 0 where the reference sees no bias."""
        seen = [b for quantity, b in (self.least or self.expected or self.bias2).items() if self.is_seen(quantity)]
        return math.sqrt(max([0.0, *seen]))

    def is_feasible(self, tolerance: float) -> bool:
        """Whether enough samples surely meet the tolerance in every quantity."""
        return all(bias2 < tolerance**2 for bias2 in self.bias2.values())

    def samples_each(self, tolerance: float) -> float:
        """n or M: runs or samples at each condition; infinite where infeasible."""
        if not self.is_feasible(tolerance):
            return INFINITE
        return self._samples(self.variance, tolerance)

    def samples_expected(self, tolerance: float) -> float:
        """The same with the variance as estimated, which fewer or as many samples meet."""
        if not self.is_feasible(tolerance):
            return INFINITE
        return self._samples(self.expected_variance or self.variance, tolerance)

    def _samples(self, variance: dict[str, float], tolerance: float) -> float:
        needed = max(v / (tolerance**2 - self.bias2[quantity]) for quantity, v in variance.items())
        # 1 / 0.02^2 must not become 2,501 by rounding.
        return float(max(self.fewest, math.ceil(needed * (1 - 1e-12))))


@dataclass(frozen=True)
class CostLine:
    """Cost as a linear function of Q or of c: fixed + slope x, in seconds; infinite where infeasible."""

    fixed: float
    slope: float

    def __call__(self, x: float) -> float:
        return self.fixed + self.slope * x


INFEASIBLE = CostLine(INFINITE, 0.0)


def by_conditions(offer: Offer, *, tolerance: float, cost_per_run: float) -> CostLine:
    """Cost against the number of conditions Q."""
    if not offer.is_feasible(tolerance):
        return INFEASIBLE
    each = offer.samples_each(tolerance)
    if offer.is_sampler:
        return CostLine(offer.upfront, each * (offer.price * cost_per_run + offer.seconds_a_sample))
    return CostLine(offer.upfront + offer.budget * cost_per_run, (each + offer.extra_samples) * offer.seconds_a_sample)


def by_cost_per_run(offer: Offer, *, tolerance: float, conditions: int) -> CostLine:
    """Cost against the seconds of a solver run c."""
    if not offer.is_feasible(tolerance):
        return INFEASIBLE
    each = offer.samples_each(tolerance)
    if offer.is_sampler:
        runs = conditions * each
        return CostLine(offer.upfront + runs * offer.seconds_a_sample, runs * offer.price)
    samples = conditions * (each + offer.extra_samples)
    return CostLine(offer.upfront + samples * offer.seconds_a_sample, float(offer.budget))


def cost(offer: Offer, *, tolerance: float, conditions: int, cost_per_run: float) -> float:
    """Seconds that the answer takes, infinite where infeasible."""
    return by_conditions(offer, tolerance=tolerance, cost_per_run=cost_per_run)(float(conditions))


def cheapest(offers: Iterable[Offer], *, tolerance: float, conditions: int, cost_per_run: float) -> Offer | None:
    """The feasible offer of least cost, the first of equal ones; None where none is feasible."""
    return min(
        (offer for offer in offers if offer.is_feasible(tolerance)),
        key=lambda offer: cost(offer, tolerance=tolerance, conditions=conditions, cost_per_run=cost_per_run),
        default=None,
    )


def takes_over(line: CostLine, rival: CostLine) -> float:
    """The x >= 0 beyond which `line` is below its rival for good; infinite where there is none, 0 where always."""
    if math.isinf(line.fixed) or math.isinf(rival.fixed):
        return INFINITE if math.isinf(line.fixed) else 0.0
    extra, saving = line.fixed - rival.fixed, rival.slope - line.slope
    if saving > 0:
        return max(extra / saving, 0.0)
    return 0.0 if saving == 0 and extra < 0 else INFINITE


def crossover_conditions(offer: Offer, rival: Offer, *, tolerance: float, cost_per_run: float) -> float:
    """The least whole Q >= 1 at which the offer costs less than its rival; infinite where there is none.

    1 is "from the first condition on". From a later Q on it stays cheaper; at Q = 1 a small upfront cost may win alone.
    """
    mine, other = (by_conditions(o, tolerance=tolerance, cost_per_run=cost_per_run) for o in (offer, rival))
    if mine(1.0) < other(1.0):
        return 1.0
    meeting = takes_over(mine, other)
    return meeting if math.isinf(meeting) else math.floor(meeting) + 1.0


@dataclass(frozen=True)
class Reign:
    """The tolerances around one at which the same method is cheapest, whatever its budget.

    Attributes:
        low: its finest tolerance, 0 where it is cheapest down to 0.01 %; `below` is cheapest beyond, None where no
            method is feasible there.
        high: its coarsest, infinite where it is cheapest up to 1, and who is cheapest `above`.
    """

    low: float
    high: float
    below: Offer | None
    above: Offer | None


FINEST = 1e-4  # no tolerance below is looked at
FACTOR = 1.05  # from one tolerance looked at to the next; a reign shorter than that may be overlooked
BISECTIONS = 20


def reign(
    offers: Iterable[Offer], *, tolerance: float, conditions: int, cost_per_run: float, label: str | None = None
) -> Reign | None:
    """From which to which tolerance the cheapest method at one stays so, up to 1.

    None where no method is feasible at that one, or where the cheapest is not of the label that is given.
    """
    offers = list(offers)

    def best(eps: float) -> Offer | None:
        return cheapest(offers, tolerance=eps, conditions=conditions, cost_per_run=cost_per_run)

    winner = best(tolerance)
    if winner is None or label not in (None, winner.label):
        return None

    def is_own(eps: float) -> bool:
        offer = best(eps)
        return offer is not None and offer.label == winner.label

    def end(step: float) -> tuple[float, Offer | None]:
        inside, outside = tolerance, tolerance * step
        while is_own(outside):
            if not FINEST < outside < 1:
                return (0.0 if step < 1 else INFINITE), None
            inside, outside = outside, outside * step
        for _ in range(BISECTIONS):
            middle = math.sqrt(inside * outside)
            inside, outside = (middle, outside) if is_own(middle) else (inside, middle)
        return inside, best(outside)

    (low, below), (high, above) = end(1 / FACTOR), end(FACTOR)
    return Reign(low, high, below, above)


def crossover_cost_per_run(offer: Offer, rival: Offer, *, tolerance: float, conditions: int) -> float:
    """The c above which the offer costs less than its rival; infinite where there is none, 0 where it always does."""
    mine, other = (by_cost_per_run(o, tolerance=tolerance, conditions=conditions) for o in (offer, rival))
    return takes_over(mine, other)
