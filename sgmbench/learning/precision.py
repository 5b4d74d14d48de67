"""Precision of the products of matrices in a network.

    float32     W h
    bfloat16    r(r(W) r(h)),     r rounding to 8 significant bits, at float32's range

The products of the gradient are rounded alike. Parameters, their averages and the optimizer, biases, normalization and
activations, the loss, and what is sampled are float32 in both. On a device that multiplies bfloat16 by itself, as GPUs
and TPUs do, such a product is several times faster; CPUs gain little or nothing.
"""

from typing import Any, Literal

import jax.numpy as jnp
from flax import nnx
from jax import lax
from jaxtyping import Array, Float

Precision = Literal["float32", "bfloat16"]


def with_precision(module: Any, precision: Precision) -> Any:
    """An NNX module just built, whose layers multiply so; what has no `dot_general`, as Fourier modes, as it did."""
    layers: Any = nnx.iter_modules(module) if precision == "bfloat16" else ()
    for _, layer in layers:
        if hasattr(layer, "dot_general"):
            layer.dot_general = product_in_bfloat16
    return module


def product_in_bfloat16(
    left: Float[Array, "..."], right: Float[Array, "..."], dimensions: Any, **options: Any
) -> Float[Array, "..."]:
    """In the place of `lax.dot_general`."""
    factors = (rounded(each).astype(jnp.bfloat16) for each in (left, right))
    product: Any = lax.dot_general(*factors, dimension_numbers=dimensions, **options)
    return rounded(product.astype(jnp.float32))


def rounded(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """To bfloat16's bits, and so is the gradient: XLA leaves conversions out where a device has no such products."""
    return lax.reduce_precision(x, exponent_bits=8, mantissa_bits=7)
