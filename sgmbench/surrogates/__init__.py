"""Generators without a generative network: the rivals that a diffusion model has to beat on the same runs."""
