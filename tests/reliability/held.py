"""What a results folder holds, by file, without what is of the moment: two that hold the same ended alike."""

import json

from sgmbench.runner.agreement import without_times
from sgmbench.store.atomic import read_json

OF_THE_MOMENT = ("run.json", "manifest.json", "summary.csv", "contests.csv", "report.html", ".lock")
"""Made at the end from all else, or written when the run begins; that they are there is seen."""


def held(results):
    """Content by the name of the file, the run's own folder called `run`."""
    (run,) = {path.parent for path in results.glob("line/*/run.json")}
    found = {}
    for path in sorted(path for path in results.rglob("*") if path.is_file()):
        name = path.relative_to(results).as_posix().replace(run.name, "run")
        found[name] = "" if path.name in OF_THE_MOMENT else content(path)
    return found


def content(path):
    """Bytes, of JSON those of all but times."""
    if path.suffix == ".json":
        return json.dumps(without_times(read_json(path)), sort_keys=True).encode()
    return path.read_bytes()
