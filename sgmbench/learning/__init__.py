"""What surrogates and diffusion share: representations of outputs, networks, training."""

import sgmbench.core  # noqa: F401  (64-bit JAX, also for those who load this package alone)
