"""Quantity: what is asked of a law, in a word.

    mean, sd                 of every field that varies, in its standard deviation (sd relative to itself); std is sd
    q0.975                   the quantile of that level, likewise
    c.mean, c.sd, c.q0.975   of the field c alone
    P(c>0.3), P(c<0.1)       the probability that c lies above, or below, a value anywhere on its grid; relative to it
    energy                   the whole law, by its energy distance D2

A tolerance eps is met by energy where D2 / mu <= eps^2, which is as good as 1 / eps^2 runs.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Literal

FORM = re.compile(r"(?:(?P<field>.+)\.)?(?P<statistic>mean|sd|std|energy|q(?P<level>0?\.[0-9]+))")
EVENT = re.compile(r"P\((?P<field>[^<>]*[^<>\s])\s*(?P<side>[<>])(?P<threshold>[^<>]+)\)")
REMEDY = (
    "write mean, sd, a quantile such as q0.975, one of them of a field as c.sd, a tail probability such as P(c>0.3), "
    "or energy"
)
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")  # needs no quotes in YAML
METRICS = {"sd": "standard_deviation", "quantile": "quantiles", "probability": "tail_probability"}


@dataclass(frozen=True)
class Quantity:
    """One thing that is asked.

    Attributes:
        statistic: "mean", "sd", "quantile", "probability" or "energy".
        field: of which field; "" of every field that varies.
        level: of a quantile.
        side: of a probability: whether the field lies above or below its threshold.
        threshold: of a probability, in the field's unit.
    """

    statistic: str
    field: str = ""
    level: float = 0.0
    side: Literal["", "above", "below"] = ""
    threshold: float = 0.0

    @classmethod
    def parse(cls, text: str) -> "Quantity":
        """A quantity from its word.

        Raises:
            ValueError: it is none.
        """
        event = EVENT.fullmatch(text)
        if event is not None and math.isfinite(threshold := _number(event["threshold"])):
            side = "above" if event["side"] == ">" else "below"
            return cls("probability", event["field"].strip(), side=side, threshold=threshold + 0.0)  # no -0
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
        return METRICS.get(self.statistic, self.statistic)

    @property
    def key(self) -> str:
        """By what the variance of one run is found in the truth of a field."""
        return variance_key(self.metric, self._which)

    @property
    def noun(self) -> str:
        """What it is called in a sentence, without its field; a probability with it."""
        words = {
            "sd": "standard deviation",
            "quantile": f"quantile {self.level}",
            "probability": f"the probability that {self.event}",
            "energy": "the whole law by energy",
        }
        return words.get(self.statistic, self.statistic)

    @property
    def event(self) -> str:
        """What a probability is of, in a sentence."""
        return f"{self.field} {'exceeds' if self.side == 'above' else 'falls below'} {self.threshold:g}"

    def unscored(self, *, has_metric: bool, elsewhere: str = "") -> str:
        """That a probability has no score, and what to write among the metrics: the threshold where its metric is.

        Args:
            has_metric: whether a metric has the label that is read.
            elsewhere: the label of another one that has the threshold, "" where there is none.
        """
        if elsewhere:
            said = f"{self.of(self.field)} is scored by the metric {elsewhere}, and an ask reads the one labeled"
            return f"{said} {self.metric}; write label: {self.metric} there"
        field = self.field if PLAIN.fullmatch(self.field) else json.dumps(self.field)
        threshold = f"{{field: {field}, {self.side}: {self.threshold:g}}}"
        if not has_metric:
            entry = f"{{kind: {self.metric}, thresholds: [{threshold}]}}"
            return f"no metric scores {self.of(self.field)}; write {entry} among the metrics"
        override = f"--set 'metrics.{self.metric}.thresholds=[{threshold}]'"
        said = f"{self.of(self.field)} is of no threshold of the metric {self.metric}"
        return f"{said}; add {threshold} to its thresholds, as by {override}"

    def of(self, field: str) -> str:
        """What it is called in brackets, with a field."""
        if self.statistic == "probability":
            return f"P({field}{'>' if self.side == 'above' else '<'}{self.threshold:g})"
        return "energy distance" if self.statistic == "energy" else f"{self.noun} of {field}"

    def part(self, field: str) -> str:
        """The score of a field, as "metric/part"."""
        if self.statistic == "energy":
            return "energy/d2"
        return "/".join(filter(None, (self.metric, field, self._which)))

    @property
    def _which(self) -> str:
        """How the score's name ends behind the field."""
        ends = {"quantile": f"{self.level}", "probability": f"{self.side} {self.threshold:g}"}
        return ends.get(self.statistic, "")


def variance_key(kind: str, which: str = "", *, tail: str = "upper") -> str:
    """By what the variance of one run is found in the truth of a field; "" where none is known.

    Args:
        kind: of the metric whose errors have it.
        which: how the score's name ends behind the field, a level or an event.
        tail: of a conditional value at risk.
    """
    keys = {
        "mean": "mean",
        "standard_deviation": "sd",
        "quantiles": f"q{which}",
        "tail_probability": f"P {which}",
        "cvar": f"{tail} cvar {which}",
    }
    return keys.get(kind, "")


def _number(text: str) -> float:
    """NaN of what is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan
