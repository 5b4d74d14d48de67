"""Summaries made `by_hand`, importable by name."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
