"""Polynomial chaos: the map from conditions and germ to the output, expanded in orthonormal polynomials.

    a(u, xi) = sum_k c_k f_k(u, xi)

f_k are products of Legendre polynomials of the conditions and Hermite polynomials of the germ, or Legendre polynomials
of 2 Phi(xi) - 1, which do better where the germ is transported to bounded parameters (see `tensor_polynomials`). Mean
and variance of a are c_0 and the sum of the other c_k^2. a are Karhunen-Loeve coordinates of the standardized output,
all on one support.

The support grows in rounds. Candidates are the polynomials of the largest total degree that a quarter of the runs
affords, those kept, and their neighbors; orthogonal least squares keeps what cross-validation can tell (see
`orthogonal_least_squares`); a round that gains less than a hundredth is the last. Least angle regression, the usual
choice, is longer to write; a threshold would have to know how large the noise is, and there is none.

The error falls faster than any power of the degree for analytic maps of few inputs, and hardly at all for kinks. A fit
costs n p^2 operations for p candidates, twice a round; a sample costs one product for each feature.

Sources: N. Wiener, "The homogeneous chaos", Amer. J. Math. 60 (1938) 897-936; G. Blatman, B. Sudret, "Adaptive sparse
polynomial chaos expansion based on least angle regression", J. Comput. Phys. 230 (2011) 2345-2367; B. Sudret, "Global
sensitivity analysis using polynomial chaos expansions", Reliab. Eng. Syst. Saf. 93 (2008) 964-979, for total effects.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge
from jaxtyping import Float, Int

from sgmbench.core.checkpoints import no_checkpoints
from sgmbench.core.method import Fit, Surrogate
from sgmbench.core.progress import Progress
from sgmbench.errors import CellError
from sgmbench.learning.polynomials import largest_degree
from sgmbench.learning.representation import Representation, decode, encode, fit_representation
from sgmbench.learning.representations.karhunen_loeve import KarhunenLoeve
from sgmbench.learning.representations.standardize import Standardize
from sgmbench.surrogates.orthogonal_least_squares import fit as least_squares
from sgmbench.surrogates.orthogonal_least_squares import leave_one_out, select
from sgmbench.surrogates.rows import inputs_of, without_repeats
from sgmbench.surrogates.tensor_polynomials import Inputs, grown, products, total_degree, transported

FEWEST_RUNS = 10
ROUNDS = 20
GAIN = 0.01  # of the squared error, what a round has to gain
EXACT = 1e-24  # of the variance: a squared error that is rounding
BLOCK = 4096

Basis = Literal["hermite", "legendre"]


@dataclass(frozen=True)
class PolynomialChaos(Surrogate):
    """Sparse polynomial chaos by least squares, its support grown adaptively.

    Attributes:
        representation: how outputs become coordinates, one transform after another.
        basis: polynomials in the germ; by default those of the smaller cross-validated error.
        degree: largest total degree.
        candidates: most polynomials tried in a round; cost is quadratic in them.
        runs_a_feature: runs for each polynomial kept, at least.
    """

    representation: Representation = (Standardize("field"), KarhunenLoeve(lost_variance=1e-6))
    basis: Basis | None = None
    degree: Annotated[int, Ge(1)] = 20
    candidates: Annotated[int, Ge(2)] = 1_000
    runs_a_feature: Annotated[float, Ge(1)] = 2.0

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=no_checkpoints):
        if len(pairs.learned) < FEWEST_RUNS:
            raise CellError(
                f"polynomial_chaos learns from {FEWEST_RUNS} runs at least; it was given {len(pairs.learned)}"
            )
        representation, a = fit_representation(self.representation, pairs.given, pairs.learned, layout)
        x, q = inputs_of(pairs), pairs.given.shape[1]
        bases = (self.basis == "hermite",) if self.basis or q == x.shape[1] else (True, False)
        expansions = [
            {"hermite": np.array(hermite), **self._expand(transported(x, q, hermite=hermite), a, progress)}
            for hermite in bases
        ]
        best = min(expansions, key=lambda each: float(each["error"]))
        return {"representation": representation, **best}

    def prepare_map(self, fit, *, clock):
        def predict(given, germ):
            x = np.hstack([given, germ])
            blocks = (x[start : start + BLOCK] for start in range(0, len(x), BLOCK))
            a = [_features(block, given.shape[1], fit) @ fit["coefficients"] for block in blocks]
            return decode(self.representation, fit["representation"], without_repeats(given), np.concatenate(a))

        return predict

    def diagnose(self, fit, pairs, *, key):
        """The basis, how many features, errors over the variance, and each input's share of the variance.

        The leave-one-out error is of the features kept, as if they had been chosen without the runs.
        """
        a = encode(self.representation, fit["representation"], pairs.given, pairs.learned)
        features = _features(inputs_of(pairs), pairs.given.shape[1], fit)
        variance = np.sum((a - a.mean(axis=0)) ** 2)
        return {
            "basis": "hermite" if fit["hermite"] else "legendre",
            "features": len(fit["indices"]),
            "degree": int(fit["indices"].sum(axis=1).max()),
            "cross_validation": float(fit["error"]),
            "leave_one_out": float(np.sum(leave_one_out(features, a) ** 2) / variance) if variance > 0 else 0.0,
            "total_effects": total_effects(fit["indices"], fit["coefficients"]).tolist(),
        }

    def _expand(self, inputs: Inputs, a: Float[np.ndarray, "n r"], progress: Progress) -> dict[str, Any]:
        """Support, coefficients and cross-validated error of the last round that gained something."""
        n, p = inputs.values.shape
        affordable = min(n, self.candidates) // 4
        whole = total_degree(p, largest_degree(p, most_features=affordable, at_most=self.degree))
        best: dict[str, Any] = {"error": np.array(np.inf), "indices": np.zeros((1, p), int)}
        for number in range(ROUNDS):
            indices = grown(best["indices"], whole, degree=self.degree, most=self.candidates)
            features = products(inputs, indices)
            order, error = select(features, a, runs_a_feature=self.runs_a_feature)
            progress("rounds", number + 1, ROUNDS, f"error {error:.2g}")
            if error > (1 - GAIN) * best["error"]:
                break
            coefficients = least_squares(features[:, order], a)
            largest_first = np.argsort(-np.sum(coefficients**2, axis=1), kind="stable")
            best = {
                "error": np.array(error),
                "indices": indices[order[largest_first]],
                "coefficients": coefficients[largest_first],
            }
            if error < EXACT:
                break
        return best


def total_effects(indices: Int[np.ndarray, "s p"], coefficients: Float[np.ndarray, "s r"]) -> Float[np.ndarray, " p"]:
    """Share of the variance, summed over coordinates, of all polynomials that an input takes part in."""
    squares = np.sum(coefficients**2, axis=1) * indices.any(axis=1)
    variance = squares.sum()
    return (indices > 0).T @ squares / (variance if variance > 0 else 1.0)


def _features(x: Float[np.ndarray, "n p"], q: int, fit: Fit) -> Float[np.ndarray, "n s"]:
    return products(transported(x, q, hermite=bool(fit["hermite"])), fit["indices"])
