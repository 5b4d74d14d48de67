"""Score-based diffusion: noise, preconditioning, training loss, Diffrax solvers, sampling; `method` joins them."""
