"""Normalizing flow: rational-quadratic spline coupling layers, learned by maximum likelihood.

    a = c + L b,    b = f^-1(e; u),    e ~ N(0, I_r),    L L' = covariance of a
    log p(a given u) = log N(f(b; u); 0, I) + log |det df/db| - log |det L|

a are coordinates of the representation, by default residuals of the conditional mean over the conditional scale in
Karhunen-Loeve modes, c and L L' their mean and covariance, of rank r. f (see `spline_coupling`) begins as a
permutation, so the flow begins as the Gaussian of the coordinates and learns what is not Gaussian about them, and how
that depends on u; log p of held-out runs ends its training.

It is the one rival here with a density in closed form. Its bias is what layers, training and early stopping leave; its
support is all of R^r, so it bridges what is not connected, and splines end at 5 standard deviations. Each layer asks
about 28 numbers of its network for every second coordinate, and n runs do not determine them where there are many:
more than 64 coordinates are refused. Cost: one pass through the layers a training row and step, and one a sample.

Sources: C. Durkan, A. Bekasov, I. Murray, G. Papamakarios, "Neural Spline Flows", NeurIPS (2019); G. Papamakarios et
al., "Normalizing flows for probabilistic modeling and inference", J. Mach. Learn. Res. 22 (2021) 1-64.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Ge
from jaxtyping import Array, Float, Int, Key

from sgmbench.core.checkpoints import no_checkpoints
from sgmbench.core.clock import Clock
from sgmbench.core.devices import gathered, spread, spread_within
from sgmbench.core.memory import Halving
from sgmbench.core.method import Fit, Generator
from sgmbench.core.place import Place
from sgmbench.errors import CellError
from sgmbench.learning.calibration import sobol_normal
from sgmbench.learning.compatibility import planned_geometry
from sgmbench.learning.membership import membership
from sgmbench.learning.memorization import Memorization, memorization
from sgmbench.learning.representation import (
    DEFAULT,
    Representation,
    check_calibration,
    condition_features,
    decode,
    decode_calibrated,
    encode,
    fit_representation,
    log_det,
)
from sgmbench.learning.space import varying
from sgmbench.learning.training import Training, split_held_out, told_of_training, train

FEWEST_RUNS = 4
MOST_COORDINATES = 64
MOST_QUERIES = 1_000
CHUNK = 1_024
MISSING = "flowjax is not installed; pip install 'sgmbench[flow]'"

Data = tuple[Float[Array, "n r"], Float[Array, "n q"]]
"""(b, condition features), float32."""

Parameters = dict[str, Array]


@dataclass(frozen=True)
class Flow(Generator):
    """Normalizing flow: spline coupling layers that turn the Gaussian of the runs into their law.

    Attributes:
        representation: how outputs become coordinates, one transform after another.
        layers: coupling layers.
        knots: inner knots of a spline.
        width: of the hidden layer of each layer's network.
        training: how long and how fast it learns.
        calibration: draws at each condition that moments are calibrated with, a power of two; 0 switches it off.
    """

    representation: Representation = DEFAULT
    layers: Annotated[int, Ge(2)] = 6
    knots: Annotated[int, Ge(2)] = 8
    width: Annotated[int, Ge(8)] = 64
    training: Training = field(default_factory=Training)
    calibration: Annotated[int, Ge(0)] = 2048

    def __post_init__(self) -> None:
        check_calibration(self.calibration, self.representation)
        if self.training.precision != "float32":
            raise ValueError(f"training: a flow multiplies in float32; leave out precision: {self.training.precision}")

    def evaluations(self):
        return self.layers

    def extra_samples(self):
        return self.calibration

    def refusals(self, layout):
        reasons: dict[Place, str] = {} if _is_installed() else {"kind": MISSING}
        if reason := _too_many(planned_geometry(self.representation, layout).size):
            reasons["representation"] = reason
        return reasons

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=no_checkpoints):
        _check(pairs.learned)
        keys = dict(zip(("split", "order", "network", "train", "noise"), jax.random.split(key, 5), strict=True))
        representation, a = fit_representation(self.representation, pairs.given, pairs.learned, layout)
        if reason := _too_many(a.shape[1]):
            raise CellError(f"flow: {reason}")
        center, root = frame_of(a)
        features = _features(pairs.given)
        data = _standard(a, center, root), jnp.asarray(features, jnp.float32)

        orders = permutations(self.layers, root.shape[1], keys["order"])
        coupling = self._coupling(orders, features.shape[1])
        rows, held_out = split_held_out(len(a), self.training.held_out, keys["split"])
        trained = train(
            training_loss(coupling, batch=self.training.batch),
            mean_nats(coupling),
            coupling.initial(keys["network"]),
            (data[0][rows], data[1][rows]),
            (data[0][held_out], data[1][held_out]),
            plan=self.training,
            key=keys["train"],
            clock=clock,
            progress=progress,
            checkpoints=checkpoints,
        )
        return {
            "representation": representation,
            "center": center,
            "root": root,
            "features": np.array(features.shape[1]),
            "orders": orders,
            "parameters": {name: np.asarray(values) for name, values in trained.parameters.items()},
            **trained.record,
            "held_out": np.asarray(held_out),
            "noise": sobol_normal(self.calibration, root.shape[1], keys["noise"]),
        }

    def prepare(self, fit, *, clock):
        push, arrays = self._push(fit, clock), fit["representation"]

        def sample(given, n, key):
            u, features = given[None], _features(given[None])
            a = push(_normal(key, n, fit["root"].shape[1]), features)
            if not self.calibration:
                return decode(self.representation, arrays, u, a)
            return decode_calibrated(self.representation, arrays, u, a, push(fit["noise"], features))

        return sample

    def log_density(
        self, fit: Fit, given: Float[np.ndarray, "#n q"], y: Float[np.ndarray, "n d"]
    ) -> Float[np.ndarray, " n"]:
        """log p(y given u) in nats, over the entries of y that vary; of the flow before its samples are calibrated.

        Raises:
            CellError: the representation leaves modes out, so that y has no density.
        """
        arrays, (center, root) = fit["representation"], (fit["center"], fit["root"])
        outer = log_det(self.representation, arrays, given, y)
        a = encode(self.representation, arrays, given, y)
        if outer is None or root.shape[1] < np.sum(np.any(root, axis=1)):
            raise CellError("flow: the representation leaves modes out; write one that keeps all, standardize say")
        features = np.broadcast_to(_features(given), (len(y), int(fit["features"])))
        values = {name: jnp.asarray(each) for name, each in fit["parameters"].items()}
        inner = nats(self._fitted(fit), values, (_standard(a, center, root), jnp.asarray(features, jnp.float32)))
        return outer - np.asarray(inner, "float64") - np.log(np.linalg.norm(root, axis=0)).sum()

    def diagnose(self, fit, pairs, *, key):
        """Steps taken and planned, negative log densities of b in nats, and signs of memorization."""
        a = encode(self.representation, fit["representation"], pairs.given, pairs.learned)
        features, held_out = _features(pairs.given), fit["held_out"]
        training = np.setdiff1d(np.arange(len(a)), held_out)
        b = _standard(a, fit["center"], fit["root"])
        loss = jax.jit(mean_nats(self._fitted(fit)))
        rows = {"training": training[:MOST_QUERIES], "held_out": held_out}
        return {
            **told_of_training(fit),
            "losses": {
                name: float(loss(fit["parameters"], (b[at], jnp.asarray(features[at], jnp.float32))))
                for name, at in rows.items()
            },
            "memorization": asdict(self._memorization(fit, a, features, training, held_out, key)),
        }

    def _fitted(self, fit: Fit) -> Any:
        """The map that a fit has parameters of."""
        return self._coupling(fit["orders"], int(fit["features"]))

    def _coupling(self, orders: Int[np.ndarray, "layers r"], features: int) -> Any:
        """A `SplineCoupling` of these permutations."""
        if not _is_installed():
            raise CellError(f"flow: {MISSING}")
        from sgmbench.surrogates.spline_coupling import SplineCoupling

        return SplineCoupling(orders, features=features, knots=self.knots, width=self.width)

    def _push(self, fit: Fit, clock: Clock) -> Callable[..., Float[np.ndarray, "n k"]]:
        """(noise, condition features in one row or one each) -> coordinates, in chunks of one size."""
        carry, halving = clock.jit(self._fitted(fit).from_noise, "sample"), Halving(clock)

        def chunk(rows: np.ndarray, size: int) -> np.ndarray | Array:
            return spread(np.resize(rows, (size, rows.shape[1])).astype(np.float32))

        def in_chunks(noise, features, size):
            each = [slice(start, start + size) for start in range(0, len(noise), size)]
            own = [features if len(features) == 1 else features[rows] for rows in each]
            both = [(chunk(noise[rows], size), chunk(at, size)) for rows, at in zip(each, own, strict=True)]
            return np.concatenate([gathered(carry(fit["parameters"], *of)) for of in both])[: len(noise)]

        def push(noise, features):
            b = halving(lambda size: in_chunks(noise, features, size), CHUNK)
            return fit["center"] + b.astype("float64") @ fit["root"].T

        return push

    def _memorization(self, fit: Fit, a, features, training, held_out, key) -> Memorization:
        """Of samples at the conditions of held-out runs, and at those of training runs, each beside its conditions."""
        members, others = training[:MOST_QUERIES], held_out[:MOST_QUERIES]
        each = max(1, MOST_QUERIES // (len(members) + len(others)))
        at = np.resize(others, max(each * len(others), min(MOST_QUERIES, len(training))))
        where = np.concatenate([at, np.tile(members, each)])
        drawn = self._push(fit, Clock())(_normal(key, len(where), fit["root"].shape[1]), features[where])
        rows, generated = np.hstack([a, features]), np.hstack([drawn, features[where]])
        evenly = np.r_[: each * len(others), len(at) : len(where)]
        p = membership(generated[evenly], rows[members], rows[others])
        return memorization(generated[: len(at)], rows[others], rows[training], membership=p)


def frame_of(a: Float[np.ndarray, "n k"]) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, "k r"]]:
    """(c, L) of n rows, L of orthogonal columns, the longest first, none of length zero; constants stay as they are."""
    varies = varying(a)
    center = np.where(varies, a.mean(axis=0), a[0])
    rest = (a - center) * varies
    variance, vectors = np.linalg.eigh(rest.T @ rest / len(a))
    kept = variance > 1e-12 * variance[-1]
    return center, (varies[:, None] * vectors[:, kept] * np.sqrt(variance[kept]))[:, ::-1]


def permutations(layers: int, r: int, key: Key[Array, ""]) -> Int[np.ndarray, "layers r"]:
    """Independent random ones of r coordinates."""
    return np.stack([np.asarray(jax.random.permutation(each, r)) for each in jax.random.split(key, layers)])


def nats(coupling: Any, parameters: Parameters, data: Data) -> Float[Array, " n"]:
    """-log p(b given u) of each row."""
    z, change = coupling.to_noise(parameters, *data)
    return jnp.sum(z**2 + np.log(2 * np.pi), axis=1) / 2 - change


def mean_nats(coupling: Any) -> Callable[[Parameters, Data], Float[Array, ""]]:
    """Their mean over all rows."""
    return lambda parameters, data: jnp.mean(nats(coupling, parameters, data))


def training_loss(coupling: Any, *, batch: int) -> Callable[[Parameters, Data, Key[Array, ""]], Float[Array, ""]]:
    """Their mean over one random minibatch, drawn by its key."""

    def of_minibatch(parameters: Parameters, data: Data, key: Key[Array, ""]) -> Float[Array, ""]:
        rows = spread_within(jax.random.randint(key, (batch,), 0, len(data[0])))
        return jnp.mean(nats(coupling, parameters, (data[0][rows], data[1][rows])))

    return of_minibatch


def _standard(
    a: Float[np.ndarray, "n k"], center: Float[np.ndarray, " k"], root: Float[np.ndarray, "k r"]
) -> Float[Array, "n r"]:
    """b."""
    return jnp.asarray((a - center) @ (root / np.sum(root**2, axis=0)), jnp.float32)


def _features(u: Float[np.ndarray, "n q"]) -> Float[np.ndarray, "n p"]:
    """What the networks see of u; where nothing is given, one 0."""
    features = condition_features(u)
    return features if features.shape[1] else np.zeros((len(u), 1))


def _normal(key: Key[Array, ""], n: int, r: int) -> np.ndarray:
    return np.asarray(jax.random.normal(key, (n, r), jnp.float32))


def _is_installed() -> bool:
    return find_spec("flowjax") is not None


def _too_many(coordinates: int) -> str | None:
    if coordinates <= MOST_COORDINATES:
        return None
    remedy = f"add karhunen_loeve with modes: {MOST_COORDINATES}, or fewer"
    return f"{coordinates} coordinates are too many for a flow, which learns {MOST_COORDINATES} at most; {remedy}"


def _check(learned: Float[np.ndarray, "n d"]) -> None:
    n, failed = len(learned), int(np.sum(~np.isfinite(learned).all(axis=1)))
    if n < FEWEST_RUNS:
        raise CellError(f"flow learns from {FEWEST_RUNS} runs at least; it was given {n}")
    if failed:
        raise CellError(f"flow learns from finite runs; {failed} of {n} are NaN or infinite: leave them out")
    if not varying(learned).any():
        raise CellError("flow learns a density, and these runs are all equal; take bootstrap")
