"""One run on disk: `<results>/<experiment>/<time>-<hash>/`.

Below it:

    run.json            resolved configuration, cells, environment, status, schema version
    cells/<name>/       result.json, samples.nc
    references/         what is known of each target's truth, with some of its rows
    summary.csv, contests.csv, figures/*.svg, report.html, written when the run ends
    manifest.json       written last: the checksum of every other file
    .lock               held while a process is at work (`store.lock`)
    .deaths.json        what has ended processes that were at work (`runner.wary`); gone when the run ends well
"""

import dataclasses
import hashlib
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sgmbench.core.cost import Cost
from sgmbench.core.findings import Finding
from sgmbench.core.result import Result
from sgmbench.errors import StoreError, UsageError
from sgmbench.store.atomic import REMEDY, unwritable
from sgmbench.store.checksummed import content_of, read_checksummed, write_checksummed
from sgmbench.store.links import check_experiment, check_links
from sgmbench.store.lock import LOCK, claimed
from sgmbench.store.manifest import MANIFEST, inspect, remove_manifest, renew_in_manifest, write_manifest
from sgmbench.store.names import component
from sgmbench.store.parts import part_folder, remove_stale
from sgmbench.store.upgrades import RESULT_SCHEMA, RESULT_UPGRADES, SCHEMA, is_newer, refusal, upgraded

TIME = "%Y%m%dT%H%M%S"
RECORD_REMEDY = "restore it from a copy, or run the experiment again"


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

        Raises:
            StoreError: the folder cannot be made, or that of the experiment is a link, which leads elsewhere.
        """
        runs, code = results / experiment, content_of(record["configuration"])[:8]
        started = _next_time(runs)
        path = runs / f"{started}-{code}"
        check_experiment(runs)
        try:
            runs.mkdir(parents=True, exist_ok=True)
            remove_stale(runs)
            with part_folder(runs) as part:
                made = cls(Path(part) / path.name)
                made.write_record({**record, "schema": SCHEMA, "status": "running", "started": started})
                os.rename(made.path, path)
        except OSError as error:
            if path.is_dir():  # another process has begun a run of this configuration in this moment
                return cls.create(results, experiment, record)
            raise unwritable(path / "run.json", error) from error
        return cls(path)

    @property
    def record(self) -> dict[str, Any]:
        """run.json, of an older version as this one would have written it.

        Raises:
            StoreError: it cannot be read, is not as it was written, or is of a newer version.
        """
        found = read_checksummed(self.path / "run.json", remedy=RECORD_REMEDY)
        try:
            record = upgraded(found)
        except (AttributeError, KeyError, TypeError) as error:
            raise StoreError(f"{self.path / 'run.json'}: is no record of a run ({error}); {RECORD_REMEDY}") from error
        if record is None:
            raise StoreError(f"{self.path}: {refusal(found)}")
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
        write_checksummed(self.path / "run.json", record)

    def finish(self, status: str) -> None:
        """Notes how the run ended: "complete", "failed cells", both with a manifest to come, or "interrupted"."""
        to_come = {} if status == "interrupted" else {"manifest": MANIFEST}
        self.write_record({**self.record, "status": status, **to_come})

    def seal(self) -> None:
        """Writes the manifest: nothing is to change from here on."""
        write_manifest(self.path)

    def renew(self, file: str) -> None:
        """A file that anybody may make again, a page or a figure, was: its checksum in the manifest is now another."""
        with claimed(self.path / LOCK) as holder:
            if not holder:  # a process that is at work in the run will write a manifest of its own
                renew_in_manifest(self.path, file)

    def reopen(self) -> None:
        """Drops results and references that are not as they were written, so that they are made again.

        Raises:
            StoreError: run.json has changed, so that it is not known what the run is; or the folder is a link, or has
                one, through which files elsewhere would be written.
        """
        check_links(self.path)
        found = inspect(self.path)
        for damage in found.damages if found else ():
            if damage.file == "run.json":
                raise StoreError(f"{self.path / damage.file}: {damage.what}; {RECORD_REMEDY}")
            kind, _, rest = damage.file.partition("/")
            if kind == "cells":
                (self.cell(rest.rpartition("/")[0]) / "result.json").unlink(missing_ok=True)
            elif kind == "references":
                (self.path / damage.file).with_suffix(".json").unlink(missing_ok=True)
        for path in (self.path / "references").glob("*.json"):
            try:
                self.read_reference(path.stem)
            except (StoreError, OSError):
                path.unlink()

    def cell(self, name: str) -> Path:
        """The folder of one cell; raises StoreError where its name leads elsewhere."""
        return self.path / "cells" / component(name, of=self.path)

    def write_result(self, result: Result) -> None:
        """Writes result.json, with its validity and the checksums of the files beside it."""
        folder = self.cell(result.name)
        beside = {"schema": RESULT_SCHEMA, "files": _checksums(folder.glob("*.nc")), "validity": result.validity}
        write_checksummed(folder / "result.json", beside | dataclasses.asdict(result))

    def read_result(self, name: str) -> Result | None:
        """The result of one cell; None where there is none yet, or where it or a file beside it is damaged.

        Raises:
            StoreError: it is of a newer version, or the name leads elsewhere.
        """
        folder = self.cell(name)
        if not (folder / "result.json").exists():
            return None
        try:
            content = read_checksummed(folder / "result.json")
        except StoreError:
            return None
        if is_newer(content, RESULT_UPGRADES):
            raise StoreError(f"{folder / 'result.json'}: {refusal(content, RESULT_UPGRADES)}")
        try:
            is_intact = _are_intact(folder, content.pop("files"))
            content = upgraded(content, RESULT_UPGRADES)
            if not is_intact or content is None:
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

    def write_reference(self, target: str, known: dict[str, Any]) -> None:
        """Writes references/<target>.json, with the checksum of the rows beside it."""
        path = self._reference(target)
        files = _checksums([rows] if (rows := path.with_suffix(".nc")).exists() else [])
        write_checksummed(path, known | {"files": files})

    def read_reference(self, target: str) -> dict[str, Any] | None:
        """What is known of a target's truth; None where there is nothing yet.

        Raises:
            StoreError: it is not as it was written, or the rows beside it are not.
        """
        path = self._reference(target)
        if not path.exists():
            return None
        known = read_checksummed(path)
        if not isinstance(known, dict) or not _are_intact(path.parent, known.pop("files", {})):
            raise StoreError(f"{path}: is damaged (it is no truth, or of other rows than lie beside it); {REMEDY}")
        return known

    def _reference(self, target: str) -> Path:
        return self.path / "references" / component(f"{target}.json", of=self.path)


def _next_time(runs: Path) -> str:
    """Now, or the second after the newest run: that one is found by name, and clocks are set back."""
    begun = (_time_of(path.name) for path in runs.glob("*-*"))
    return f"{max([datetime.now(UTC), *(time + timedelta(seconds=1) for time in begun if time)]):{TIME}}"


def _time_of(name: str) -> datetime | None:
    """When a run began, by the name of its folder."""
    try:
        return datetime.strptime(name.partition("-")[0], TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _checksums(files: Iterable[Path]) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


def _are_intact(folder: Path, files: dict[str, str]) -> bool:
    """Whether files have the checksums that are told; raises StoreError where a name leads elsewhere."""
    paths = [folder / component(file, of=folder) for file in files]
    return all(path.is_file() for path in paths) and _checksums(paths) == files


def runs_of(results: Path, experiment: str | None = None) -> list[RunFolder]:
    """All readable runs below a results root, of one experiment or all, oldest first."""
    name = "*" if experiment is None else component(experiment, of=results)
    paths = sorted(results.glob(f"{name}/*/run.json"), key=lambda path: path.parent.name)
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
