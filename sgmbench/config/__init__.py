"""YAML -> Experiment, with every error at once as `file:line:column`, and Experiment -> plain data.

`load.py` joins the rest: `document.py` reads text into plain data with positions, `overrides.py` applies `--set`,
`schema.py` builds the dataclasses by their own fields, `checks.py` asks what no single field can tell, `messages.py`
has the words, `faults.py` the places. `dump.py` is the way back. This package is the only importer of pydantic.
"""

from sgmbench.config.dump import dump
from sgmbench.config.faults import ConfigError
from sgmbench.config.load import Loaded, build, build_experiment, load

__all__ = ["ConfigError", "Loaded", "build", "build_experiment", "dump", "load"]
