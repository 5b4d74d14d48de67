"""What surrogates and diffusion share: representations of outputs, networks, training."""
