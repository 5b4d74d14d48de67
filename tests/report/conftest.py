"""Shares the small problems of the runner's tests."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "runner"))  # where `small:Class` is found
