"""Numerical building blocks that several problems share, one algorithm a file."""

import sgmbench.core  # noqa: F401 (switches JAX to 64 bits)
