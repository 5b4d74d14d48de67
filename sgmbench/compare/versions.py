"""Versions: another version of this package, to be run beside this one.

    git:REF              the commit of the repository that this package was loaded from
    path/to/python       the interpreter of an environment that another version is installed in

The source of a commit is unpacked into a folder, and run by this interpreter with the packages that are installed here.
"""

import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sgmbench.errors import UsageError

PACKAGE = Path(__file__).parents[1]
GIT = "git:"


@dataclass(frozen=True)
class Version:
    """How a version is run.

    Attributes:
        name: as the user wrote it.
        python: interpreter.
        source: folder that holds the package, in place of what is installed.
    """

    name: str
    python: str = sys.executable
    source: Path | None = None

    def run(self, config: Path, results: Path, *, overrides: Sequence[str] = ()) -> None:
        """Runs a configuration in a process of its own; failed cells are results, too.

        Args:
            config: a YAML file.
            results: root of the results folders.
            overrides: `a.b=value` strings.

        Raises:
            UsageError: it did not come to its end.
        """
        command = [self.python, "-P", "-m", "sgmbench", "run", str(config), "--quiet", "--results", str(results)]
        command += [word for override in overrides for word in ("--set", override)]
        paths = [str(self.source) if self.source else "", os.environ.get("PYTHONPATH", "")]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
        try:
            ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        except OSError as error:
            raise UsageError(f"--ab {self.name}: cannot be run ({error.strerror})") from error
        if ended.returncode not in (0, 5):
            last = (ended.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise UsageError(f"--ab {self.name}: sgmbench run {config} ended with code {ended.returncode}: {last}")


def version_of(text: str, scratch: Path, *, package: Path = PACKAGE) -> Version:
    """The version that is meant; a commit is unpacked into `scratch`.

    Args:
        text: "git:REF" or the path of an interpreter.
        scratch: an empty folder.
        package: the folder of this package.

    Raises:
        UsageError: there is no such interpreter, repository or commit.
    """
    if not text.startswith(GIT):
        if shutil.which(text) is None:
            raise UsageError(f"--ab {text}: no such interpreter; write git:REF, or the path of a python")
        return Version(text, python=text)
    root, ref = package.parent, text.removeprefix(GIT)
    if ref.startswith("-"):
        raise UsageError(f"--ab {text}: no such commit in {root} (git would take it for an option)")
    try:
        archive = ["git", "-C", str(root), "archive", "--format=tar", ref, "--", package.name]
        packed = subprocess.run(archive, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        said = error.stderr.decode().strip() if isinstance(error, subprocess.CalledProcessError) else str(error)
        raise UsageError(f"--ab {text}: no such commit in {root} ({said})") from error
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        tar.extractall(scratch, filter="data")
    return Version(text, source=scratch)
