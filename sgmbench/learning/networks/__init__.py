"""Networks: hyperparameters as a dataclass that builds a Flax NNX module."""
