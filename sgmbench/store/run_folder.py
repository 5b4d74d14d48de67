"""One run on disk: `<results>/<experiment>/<time>-<hash>/`.

Below it:

    run.json            resolved configuration, cells, environment, status, schema version
    cells/<name>/       result.json, samples.nc
    references/         what is known of each target's truth, with some of its rows
    summary.csv, contests.csv, figures/*.svg, report.html, written when the run ends
    manifest.json       written last: the checksum of every other file
    .lock               held while a process is at work (`store.lock`)
"""

import dataclasses
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sgmbench.core.cost import Cost
from sgmbench.core.findings import Finding
from sgmbench.core.result import Result
from sgmbench.errors import StoreError, UsageError
from sgmbench.store.atomic import read_json, write_json
from sgmbench.store.cache import content_of
from sgmbench.store.manifest import MANIFEST, inspect, remove_manifest, renew_in_manifest, write_manifest
from sgmbench.store.upgrades import RESULT_SCHEMA, RESULT_UPGRADES, SCHEMA, upgraded


class RunFolder:
    """Reads and writes the files of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, results: Path, experiment: str, record: dict[str, Any]) -> "RunFolder":
        """A new folder for a run that is about to start.

        Args:
            results: the results root.
            experiment: its name.
            record: what goes into run.json, "configuration" included.
        """
        started, code = datetime.now(UTC), content_of(record["configuration"])[:8]
        while (path := results / experiment / f"{started:%Y%m%dT%H%M%S}-{code}").exists():
            started += timedelta(seconds=1)  # a run of this configuration began in the same second
        folder = cls(path)
        folder.write_record({**record, "schema": SCHEMA, "status": "running", "started": f"{started:%Y%m%dT%H%M%S}"})
        return folder

    @property
    def record(self) -> dict[str, Any]:
        """run.json, of an older version as this one would have written it.

        Raises:
            StoreError: it cannot be read, or is of a newer version.
        """
        found = read_json(self.path / "run.json")
        record = upgraded(found)
        if record is None:
            raise StoreError(
                f"{self.path}: written by schema {found.get('schema')}, this version reads 1 to {SCHEMA}; use the "
                "version of sgmbench that wrote it, or run the experiment again"
            )
        return record

    @property
    def is_readable(self) -> bool:
        """Whether run.json is whole, and of this schema or an older one."""
        try:
            return isinstance(self.record, dict)
        except StoreError:
            return False

    def write_record(self, record: dict[str, Any]) -> None:
        """Replaces run.json; a manifest of what was before is removed."""
        remove_manifest(self.path)
        write_json(self.path / "run.json", record)

    def finish(self, status: str) -> None:
        """Notes how the run ended: "complete", "failed cells", both with a manifest to come, or "interrupted"."""
        to_come = {} if status == "interrupted" else {"manifest": MANIFEST}
        self.write_record({**self.record, "status": status, **to_come})

    def seal(self) -> None:
        """Writes the manifest: nothing is to change from here on."""
        write_manifest(self.path)

    def renew(self, file: str) -> None:
        """A file that anybody may make again, a page or a figure, was: its checksum in the manifest is now another."""
        renew_in_manifest(self.path, file)

    def reopen(self) -> None:
        """Drops the results and references that have changed since the run was sealed, so that they are made again.

        Raises:
            StoreError: run.json has changed, so that it is not known what the run is.
        """
        found = inspect(self.path)
        for damage in found.damages if found else ():
            if damage.file == "run.json":
                raise StoreError(
                    f"{self.path / damage.file}: {damage.what}; restore it from a copy, or run the experiment again"
                )
            kind, _, rest = damage.file.partition("/")
            if kind == "cells":
                (self.cell(rest.rpartition("/")[0]) / "result.json").unlink(missing_ok=True)
            elif kind == "references":
                (self.path / damage.file).with_suffix(".json").unlink(missing_ok=True)

    def cell(self, name: str) -> Path:
        """The folder of one cell."""
        return self.path / "cells" / name

    def write_result(self, result: Result) -> None:
        """Writes result.json, with its validity and the checksums of the files beside it."""
        folder = self.cell(result.name)
        files = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.glob("*.nc"))}
        beside = {"schema": RESULT_SCHEMA, "files": files, "validity": result.validity}
        write_json(folder / "result.json", beside | dataclasses.asdict(result))

    def read_result(self, name: str) -> Result | None:
        """The result of one cell; None where there is none yet, or where it or a file beside it is damaged."""
        folder = self.cell(name)
        if not (folder / "result.json").exists():
            return None
        try:
            content = read_json(folder / "result.json")
            intact = all(
                hashlib.sha256((folder / file).read_bytes()).hexdigest() == checksum
                for file, checksum in content.pop("files").items()
            )
            content = upgraded(content, RESULT_UPGRADES)
            if not intact or content is None:
                return None
            for beside in ("schema", "validity"):
                content.pop(beside, None)
            content["cost"] = Cost(**content["cost"])
            for held in ("reasons", "marks"):
                content[held] = tuple(Finding(**each) for each in content[held])
            return Result(**content)
        except (StoreError, OSError, KeyError, TypeError, AttributeError):
            return None

    def results(self) -> list[Result]:
        """The results of all cells of the run, in its order, as far as they exist."""
        found = (self.read_result(name) for name in self.record["cells"])
        return [result for result in found if result is not None]


def runs_of(results: Path, experiment: str | None = None) -> list[RunFolder]:
    """All readable runs below a results root, of one experiment or all, oldest first."""
    paths = sorted(results.glob(f"{experiment or '*'}/*/run.json"), key=lambda path: path.parent.name)
    return [folder for folder in map(RunFolder, (path.parent for path in paths)) if folder.is_readable]


def find_run(results: Path, name: str) -> RunFolder:
    """A run by its folder, by the name of its folder, or the newest of an experiment by its name or its folder.

    Raises:
        UsageError: there is none; says which there are.
    """
    if (Path(name) / "run.json").exists():
        return RunFolder(Path(name))
    every = runs_of(results)
    named = [run for run in every if run.path.name == name] or [
        run for run in every if run.path.parent.name == name or run.path.parent == Path(name)
    ]
    if not named:
        known = ", ".join(sorted({run.path.parent.name for run in every})) or "none yet"
        raise UsageError(f"{name}: no such run below {results}/ (experiments with runs: {known})")
    return named[-1]
