"""Values of a finite element function at given points of a mesh with curved elements.

A point is looked for in every element whose bounding box contains it, by Newton's method for x = F(X) from the center
of the reference element; the one that it lies deepest in has it. Points of the domain between a curved boundary and its
quadratic approximation lie in none by a little, and are extrapolated from the nearest.
"""

import numpy as np
from jaxtyping import Float
from scipy.sparse import csr_array
from skfem import Basis

ITERATIONS = 20


def point_evaluation(basis: Basis, points: Float[np.ndarray, "n 2"]) -> csr_array:
    """The matrix that takes a coefficient vector to the values at the points."""
    nodes = basis.mesh.doflocs[:, basis.mesh.dofs.element_dofs]
    low, high = nodes.min(axis=1), nodes.max(axis=1)
    margin = 0.1 * (high - low)
    inside = (points[:, :, None] >= low - margin) & (points[:, :, None] <= high + margin)
    owner, element = np.nonzero(inside.all(axis=1))
    X = _pull_back(basis, points[owner].T[:, :, None], element)
    outwardness = np.abs(X[:, :, 0] - 0.5).max(axis=0)
    order = np.lexsort((outwardness, owner))
    first = order[np.unique(owner[order], return_index=True)[1]]
    X, element = X[:, first], element[first]
    shape = [basis.elem.gbasis(basis.mapping, X, k, tind=element)[0][:, 0] for k in range(basis.Nbfun)]
    rows = np.tile(np.arange(len(points)), basis.Nbfun)
    columns = basis.element_dofs[:, element].ravel()
    return csr_array((np.concatenate(shape), (rows, columns)), shape=(len(points), basis.N))


def _pull_back(basis: Basis, x: Float[np.ndarray, "2 n 1"], element: np.ndarray) -> Float[np.ndarray, "2 n 1"]:
    """Reference coordinates X with F(X) = x, each in its element."""
    X = np.full(x.shape, 0.5)
    for _ in range(ITERATIONS):
        residual = x - basis.mapping.F(X, tind=element)
        X = X + np.einsum("ijkl,jkl->ikl", basis.mapping.invDF(X, tind=element), residual)
    return X
