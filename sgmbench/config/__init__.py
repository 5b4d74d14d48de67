"""YAML -> Experiment, with every error at once as `file:line:column`, and Experiment -> plain data.

`load.py` joins the rest: `document.py` reads text into plain data with positions, `overrides.py` applies `--set`,
`schema.py` builds the dataclasses by their own fields, `checks.py` asks what no single field can tell, `messages.py`
has the words, `faults.py` the places. `series.py` makes several experiments of one file, `dump.py` is the way back.
This package is the only importer of pydantic.
"""

from sgmbench.config.dump import dump
from sgmbench.config.faults import ConfigError
from sgmbench.config.load import Loaded, build, build_experiment, load
from sgmbench.config.series import LoadedEntry, is_series, load_series

__all__ = [
    "ConfigError",
    "Loaded",
    "LoadedEntry",
    "build",
    "build_experiment",
    "dump",
    "is_series",
    "load",
    "load_series",
]
