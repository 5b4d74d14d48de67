"""Quantity: what is asked of a law, in a word.

    mean, sd                 of every field that varies, in its standard deviation (sd relative to itself); std is sd
    q0.975                   the quantile of that level, likewise
    c.mean, c.sd, c.q0.975   of the field c alone
    energy                   the whole law, by its energy distance D2

A tolerance eps is met by energy where D2 / mu <= eps^2, which is as good as 1 / eps^2 runs.
"""

import re
from dataclasses import dataclass

FORM = re.compile(r"(?:(?P<field>.+)\.)?(?P<statistic>mean|sd|std|energy|q(?P<level>0?\.[0-9]+))")
REMEDY = "write mean, sd, a quantile such as q0.975, one of them of a field as c.sd, or energy"


@dataclass(frozen=True)
class Quantity:
    """One thing that is asked.

    Attributes:
        statistic: "mean", "sd", "quantile" or "energy".
        field: of which field; "" of every field that varies.
        level: of a quantile.
    """

    statistic: str
    field: str = ""
    level: float = 0.0

    @classmethod
    def parse(cls, text: str) -> "Quantity":
        """A quantity from its word.

        Raises:
            ValueError: it is none.
        """
        found = FORM.fullmatch(text)
        if found is None or (found["statistic"] == "energy" and found["field"]):
            raise ValueError(f"{text!r} is no quantity; {REMEDY}")
        if found["level"] is None:
            return cls({"std": "sd"}.get(found["statistic"], found["statistic"]), found["field"] or "")
        level = float(found["level"])
        if level == 0:
            raise ValueError(f"{text!r} is no quantity; write a level above 0 and below 1")
        return cls("quantile", found["field"] or "", level)

    @property
    def metric(self) -> str:
        """The label of the metric that scores it."""
        return {"sd": "standard_deviation", "quantile": "quantiles"}.get(self.statistic, self.statistic)

    @property
    def key(self) -> str:
        """By what the variance of one run is found in the truth of a field."""
        return f"q{self.level}" if self.statistic == "quantile" else self.statistic

    @property
    def noun(self) -> str:
        """What it is called in a sentence, without its field."""
        words = {"sd": "standard deviation", "quantile": f"quantile {self.level}", "energy": "the whole law by energy"}
        return words.get(self.statistic, self.statistic)

    def of(self, field: str) -> str:
        """What it is called in a sentence, with a field."""
        return "energy distance" if self.statistic == "energy" else f"{self.noun} of {field}"

    def part(self, field: str) -> str:
        """The score of a field, as "metric/part"."""
        if self.statistic == "energy":
            return "energy/d2"
        return f"{self.metric}/{field}/{self.level}" if self.statistic == "quantile" else f"{self.metric}/{field}"
