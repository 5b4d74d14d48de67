"""Gaussian-process regression of the map from conditions and germ to the output.

    y = decode(a(x)),      a_j(x) = k_j(x, X) w_j,      x = (u, xi)

Karhunen-Loeve coordinates a_j of the standardized output are independent processes, each with a Matern-5/2 kernel of
its own (see `matern`). The map is the posterior mean, a deterministic function that interpolates its runs where the
nugget is small; the samples are its images of fresh germs. The mean varies less than the map does: what the runs do not
tell is left out, and the samples' spread is too small by as much. With `noise` each sample has an independent draw of
the posterior at its input added, which makes up for that spread, but not for its correlation from sample to sample.

Fitting costs some n^3 operations an iteration and coordinate, a sample n kernels a coordinate. The error falls as
h^(5/2 + p/2) for smooth maps of p inputs, h ~ n^(-1/p): it is a method of few runs and few inputs that matter.

Source: C. Rasmussen, C. Williams, "Gaussian Processes for Machine Learning" (2006); D. Higdon et al., "Computer model
calibration using high-dimensional output", J. Am. Stat. Assoc. 103 (2008) 570-583, for the coordinates.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Gt, Le
from jax.scipy.linalg import solve_triangular
from jaxtyping import Array, Float

from sgmbench.core.checkpoints import no_checkpoints
from sgmbench.core.clock import Clock
from sgmbench.core.memory import Halving
from sgmbench.core.method import Fit, Surrogate, no_germs
from sgmbench.errors import CellError
from sgmbench.learning.representation import Representation, decode, fit_representation
from sgmbench.learning.representations.karhunen_loeve import KarhunenLoeve
from sgmbench.learning.representations.standardize import Standardize
from sgmbench.surrogates.matern import Process, fit_process, kernel, profile, root
from sgmbench.surrogates.rows import in_chunks, inputs_of, without_repeats

FEWEST_RUNS = 4
NO_RUN = 2**32 - 1
"""The index of no run: folded into a stream it makes a key that is no run's."""


@dataclass(frozen=True)
class GaussianProcess(Surrogate):
    """Gaussian-process regression on conditions and germ, exact and of few runs.

    Attributes:
        representation: how outputs become coordinates, one transform after another.
        most_runs: how many runs it learns from at most, the first ones; the cost is cubic in them.
        nugget: variance of what the inputs do not tell, over that of the process; found by likelihood by default.
        iterations: of the search for lengths and nugget, at most.
        noise: whether samples have a draw of the posterior added.
    """

    representation: Representation = (Standardize("field"), KarhunenLoeve(lost_variance=1e-6, modes=20))
    most_runs: Annotated[int, Ge(FEWEST_RUNS)] = 1_000
    nugget: Annotated[float, Gt(0), Le(1)] | None = None
    iterations: Annotated[int, Ge(1)] = 100
    noise: bool = False

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=no_checkpoints):
        if len(pairs.learned) < FEWEST_RUNS:
            raise CellError(
                f"gaussian_process learns from {FEWEST_RUNS} runs at least; it was given {len(pairs.learned)}"
            )
        representation, a = fit_representation(self.representation, pairs.given, pairs.learned, layout)
        x, a = inputs_of(pairs)[: self.most_runs], a[: self.most_runs]
        value_and_gradient = clock.jit(jax.value_and_grad(profile, has_aux=True), "train")
        processes = []
        for j, outputs in enumerate(a.T):
            if outputs.any():
                found = fit_process(value_and_gradient, x, outputs, nugget=self.nugget, iterations=self.iterations)
            else:
                found = Process(np.ones(x.shape[1]), np.ones(()), np.zeros(()), outputs)
            processes.append(found)
            progress("coordinates", j + 1, a.shape[1])
        stacked = Process(*map(np.stack, zip(*processes, strict=True)))
        return {"representation": representation, "x": x, "processes": stacked._asdict()}

    def prepare_map(self, fit, *, clock):
        arrays = (_processes(fit), jnp.asarray(fit["x"]))
        means, halving = clock.jit(posterior_means, "sample"), Halving(clock)

        def predict(given, germ):
            a = in_chunks(lambda rows: means(*arrays, rows), np.hstack([given, germ]), halving)
            return decode(self.representation, fit["representation"], without_repeats(given), a)

        return predict

    def prepare(self, fit, *, clock, germs=no_germs):
        if not self.noise:
            return super().prepare(fit, clock=clock, germs=germs)
        posterior = prepare_posterior(fit, clock)

        def sample(given, n, key):
            x = np.hstack([np.tile(given, (n, 1)), germs(given, n, key)])
            mean, sd = np.moveaxis(posterior(x), 1, 0)
            normal = jax.random.normal(jax.random.fold_in(key, NO_RUN), mean.shape, "float64")
            return decode(self.representation, fit["representation"], given[None], mean + sd * np.asarray(normal))

        return sample

    def diagnose(self, fit, pairs, *, key):
        """Runs learned from, the nugget of each coordinate, and the lengths of the leading one."""
        found = fit["processes"]
        return {"runs": len(fit["x"]), "nugget": found["nugget"].tolist(), "lengths": found["lengths"][0].tolist()}


def prepare_posterior(fit: Fit, clock: Clock) -> Callable[[Float[np.ndarray, "n p"]], Float[np.ndarray, "n 2 k"]]:
    """A function of rows: posterior means and standard deviations."""
    processes, x = _processes(fit), jnp.asarray(fit["x"])
    roots = clock.jit(posterior_roots, "sample")(processes, x)

    def both(roots: Array, rows: Array) -> Array:
        return jnp.stack([posterior_means(processes, x, rows), posterior_sds(processes, roots, x, rows)], axis=1)

    compiled, halving = clock.jit(both, "sample"), Halving(clock)
    return lambda rows: in_chunks(lambda chunk: compiled(roots, chunk), rows, halving)


def posterior_roots(processes: Process, x: Float[Array, "n p"]) -> Float[Array, "k n n"]:
    """Triangular roots of all coordinates' covariances."""
    return jax.lax.map(lambda each: root(each.lengths, each.nugget, x), processes)


def posterior_means(processes: Process, x: Float[Array, "n p"], rows: Float[Array, "m p"]) -> Float[Array, "m k"]:
    """Of all coordinates at rows, given runs at x."""
    return jax.lax.map(lambda each: kernel(each.lengths, rows, x) @ each.weights, processes).T


def posterior_sds(
    processes: Process, roots: Float[Array, "k n n"], x: Float[Array, "n p"], rows: Float[Array, "m p"]
) -> Float[Array, "m k"]:
    """Of a new output of each coordinate, its nugget included."""

    def of_coordinate(each: tuple[Process, Array]) -> Array:
        process, lower = each
        explained = solve_triangular(lower, kernel(process.lengths, x, rows), lower=True)
        variance = 1 + process.nugget - jnp.sum(explained**2, axis=0)
        return jnp.sqrt(process.variance * jnp.maximum(variance, 0))

    return jax.lax.map(of_coordinate, (processes, roots)).T


def _processes(fit: Fit) -> Process:
    return Process(**{name: jnp.asarray(array) for name, array in fit["processes"].items()})
