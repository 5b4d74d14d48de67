"""A solver that speaks UM-Bridge, for configs/umbridge.yaml: heat in a rod whose conductivity is random.

    -(k u')' = load,   u(0) = 0,   u'(length) = 0,   log k(x) = spread sum_j xi_j sqrt(2) cos(pi j x / length) / j

Start it with `python configs/umbridge_server.py` (pip install 'sgmbench[umbridge]'). A solver in any other language
does the same with the UM-Bridge library of that language.
"""

import numpy as np
import umbridge

NODES, MODES = 31, 8


class Rod(umbridge.Model):
    """Temperature at the nodes, and once more at the tip."""

    def __init__(self):
        super().__init__("rod")

    def get_input_sizes(self, config):
        return [3 + MODES]

    def get_output_sizes(self, config):
        return [NODES, 1]

    def supports_evaluate(self):
        return True

    def __call__(self, parameters, config):
        length, load, spread, *xi = parameters[0]
        x = np.linspace(0, length, NODES)
        middle = (x[1:] + x[:-1]) / 2
        j = np.arange(1, MODES + 1)
        k = np.exp(spread * np.sqrt(2) * np.cos(np.pi * np.outer(middle, j) / length) @ (xi / j))
        u = np.concatenate([[0.0], np.cumsum(load * (length - middle) / k * np.diff(x))])
        return [u.tolist(), [u[-1].item()]]


if __name__ == "__main__":
    umbridge.serve_models([Rod()], port=4242)
