"""How models outside JAX are reached."""
