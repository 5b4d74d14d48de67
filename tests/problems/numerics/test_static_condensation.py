import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.sparse import csr_array

from sgmbench.problems.numerics.static_condensation import condense

DOFS = 20
INTERFACES = [np.array([3, 11]), np.array([7, 16])]
INTERIORS = [np.array([0, 5, 12]), np.array([2, 19])]
EXTERIOR = np.array([1, 4, 6, 9, 10, 13, 15])  # 8, 14, 17 and 18 are fixed to zero


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="module")
def system():
    """(K_0, the K_n, f, P) of a random system with a background and two subdomains."""
    rng = np.random.default_rng(0)

    def definite(*dofs):
        dofs = np.concatenate(dofs)
        root = np.zeros((DOFS, DOFS))
        root[np.ix_(dofs, dofs)] = rng.standard_normal((len(dofs), len(dofs)))
        return csr_array(root @ root.T)

    background = definite(EXTERIOR, *INTERFACES, np.array([8, 14]))
    subdomains = [definite(i, w) for i, w in zip(INTERIORS, INTERFACES, strict=True)]
    f = np.where(np.isin(np.arange(DOFS), np.concatenate([EXTERIOR, *INTERFACES])), rng.standard_normal(DOFS), 0.0)
    return background, subdomains, f, csr_array(rng.standard_normal((6, DOFS)))


@pytest.fixture(scope="module")
def condensed(system):
    background, subdomains, f, P = system
    return condense(
        background, subdomains, interfaces=INTERFACES, interiors=INTERIORS, exterior=EXTERIOR, load=f, outputs=P
    )


@pytest.mark.parametrize("a", [(1.0, 1.0), (0.01, 3.0), (50.0, 0.2)])
def test_the_outputs_are_those_of_the_full_system(system, condensed, a):
    background, subdomains, f, P = system
    free = np.concatenate([EXTERIOR, *INTERFACES, *INTERIORS])
    K = (background + sum(a_n * K_n for a_n, K_n in zip(a, subdomains, strict=True))).toarray()
    u = np.zeros(DOFS)
    u[free] = np.linalg.solve(K[np.ix_(free, free)], f[free])
    np.testing.assert_allclose(condensed(jnp.asarray(a)), P @ u, rtol=1e-9)


def test_the_derivative_is_that_of_finite_differences(condensed):
    a, step = jnp.asarray([0.7, 2.0]), 1e-6
    differences = [(condensed(a + step * e) - condensed(a - step * e)) / (2 * step) for e in np.eye(2)]
    np.testing.assert_allclose(jax.jacrev(condensed)(a).T, differences, rtol=1e-6)
