"""Static condensation: a linear system, affine in the coefficients of its subdomains, reduced to their interfaces.

    (K_0 + sum_n a_n K_n) u = f,        outputs P u,

K_0 a background, K_n one subdomain each, coupled to the background by its interface dofs only; f and P live in the
background and on the interfaces or, P, also inside. Eliminating the background's interior B and each subdomain's
interior I_n leaves the interfaces' values w:

    (S_0 + diag(a_n S_n)) w = f_w - K_wB K_BB^-1 f_B,        S = K_ww - K_wX K_XX^-1 K_Xw   (Schur complements)

and since a_n cancels inside its own subdomain, u_X = (K_BB^-1 f_B on B) - K_XX^-1 K_Xw w, so that P u = p + E w with p
and E fixed. Nothing is approximated: per coefficient vector only one dense positive definite solve remains.
"""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import cho_factor, cho_solve
from jaxtyping import Array, Float, Int
from scipy.sparse import csr_array
from scipy.sparse.linalg import SuperLU, splu

COLUMNS = 256  # interface dofs eliminated at once; bounds the memory


@dataclass(frozen=True, eq=False)
class Condensed:
    """What is left of the system: S_0, the S_n, the right-hand side on the interfaces, p and E."""

    background: Float[np.ndarray, "w w"]
    subdomains: Float[np.ndarray, "n m m"]
    load: Float[np.ndarray, " w"]
    offset: Float[np.ndarray, " r"]
    extension: Float[np.ndarray, "r w"]

    def __call__(self, a: Float[Array, " n"]) -> Float[Array, " r"]:
        """P u for one vector of coefficients."""
        n, m, _ = self.subdomains.shape
        S_0, S, load, offset, extension = (jnp.asarray(each, a.dtype) for each in self._arrays)
        own = jnp.arange(n)
        matrix = S_0.reshape(n, m, n, m).at[own, :, own, :].add(a[:, None, None] * S).reshape(n * m, n * m)
        w = cho_solve(cho_factor(matrix, lower=True), load)
        return offset + extension @ w

    @property
    def _arrays(self) -> tuple[np.ndarray, ...]:
        return self.background, self.subdomains, self.load, self.offset, self.extension


def condense(
    background: csr_array,
    subdomains: list[csr_array],
    *,
    interfaces: list[Int[np.ndarray, " m"]],
    interiors: list[Int[np.ndarray, " _"]],
    exterior: Int[np.ndarray, " b"],
    load: Float[np.ndarray, " dofs"],
    outputs: csr_array,
) -> Condensed:
    """Eliminates everything but the interfaces; dofs in none of the index sets are zero (Dirichlet).

    Args:
        background: K_0.
        subdomains: the K_n.
        interfaces: dofs that each subdomain shares with the background, as many for each.
        interiors: dofs of each subdomain alone.
        exterior: dofs of the background alone.
        load: f.
        outputs: P, one functional a row.
    """
    w = np.concatenate(interfaces)
    factor = _factor(background, exterior)
    particular = factor.solve(load[exterior])
    S_0, E = _eliminate(background, factor, exterior, w, outputs)
    E = E + outputs[:, w].toarray()
    S = []
    for n, (K, interior, interface) in enumerate(zip(subdomains, interiors, interfaces, strict=True)):
        S_n, E_n = _eliminate(K, _factor(K, interior), interior, interface, outputs)
        S.append(S_n)
        E[:, n * len(interface) : (n + 1) * len(interface)] += E_n
    g = load[w] - background[w][:, exterior] @ particular
    return Condensed(S_0, np.stack(S), g, outputs[:, exterior] @ particular, E)


def _factor(K: csr_array, interior: Int[np.ndarray, " i"]) -> SuperLU:
    """Of a positive definite block, in an order that keeps it sparse."""
    block = K[interior][:, interior].tocsc()
    return splu(block, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})


def _eliminate(
    K: csr_array,
    factor: SuperLU,
    interior: Int[np.ndarray, " i"],
    interface: Int[np.ndarray, " w"],
    outputs: csr_array,
) -> tuple[Float[np.ndarray, "w w"], Float[np.ndarray, "r w"]]:
    """(Schur complement of K on the interface, outputs of the interior for unit values on the interface)."""
    coupling = K[interior][:, interface].tocsc()
    S, P = K[interface][:, interface].toarray(), outputs[:, interior]
    E = np.zeros((P.shape[0], len(interface)))
    for start in range(0, len(interface), COLUMNS):
        columns = slice(start, start + COLUMNS)
        solved = factor.solve(coupling[:, columns].toarray())
        S[:, columns] -= coupling.T @ solved
        E[:, columns] = -(P @ solved)
    return (S + S.T) / 2, E
