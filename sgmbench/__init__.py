"""sgmbench: how many solver runs is a generative model worth?

Importing the package loads no numerics; `import sgmbench.api` does.
"""

__version__ = "0.1.0"
