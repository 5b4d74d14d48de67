"""The nouns that everything else is built from.

Loading this package loads JAX and switches it to 64-bit: solvers, references and statistics are float64, networks ask
for float32 by name. The porous electrode shows why: in float32 its reaction term vanishes beside the conductivity, and
the result is wrong without any sign of it.
"""

import jax

jax.config.update("jax_enable_x64", True)
