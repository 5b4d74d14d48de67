"""Injects faults and writes `results/benchmarks/reliability.md`.

make bench-reliability                           about twenty minutes on one core; no timings are taken
python benchmarks/reliability.py WORDS ...       those whose names have these words; the other rows stay

Each fault is a test that injects it and asserts what is promised, so that the command that reproduces a row is a test
alone. A test counts as one fault, or as what it records as `injected`; one that fails is lost. Kills are as many as
asked for (`SGMBENCH_KILLS`), at moments of one seed, yet of a process whose speed is its own.
"""

import os
import platform
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from sgmbench.runner.environment import environment

ROOT = Path(__file__).parents[1]
OUTPUT = ROOT / "results" / "benchmarks" / "reliability.md"


@dataclass(frozen=True)
class Fault:
    """What is done to a run, what is promised then, and the tests that do and assert it.

    Attributes:
        name: what is injected.
        promise: what becomes of the run.
        tests: as pytest selects them.
        environment: variables for them.
    """

    name: str
    promise: str
    tests: str
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def command(self) -> str:
        """Reproduces it; most tests that take minutes are marked `slow`, and left out without `-m ''`."""
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        return " ".join([*variables, f"pytest -m '' {self.tests}"])


@dataclass(frozen=True)
class Found:
    """What became of a fault: how often it was injected and lost, why not injected, and in which phases."""

    injected: int
    lost: int
    skipped: str
    phases: str


HERE = "tests/reliability"
FAULTS = [
    Fault(
        "SIGKILL at chosen moments",
        "byte-identical results; what was finished is not touched, training goes on at its checkpoint",
        f"{HERE}/test_kill.py -k chosen",
    ),
    Fault(
        "SIGKILL at random moments",
        "byte-identical results, no file too many and none missing",
        f"{HERE}/test_kill.py -k random",
        {"SGMBENCH_KILLS": "100"},
    ),
    Fault(
        "SIGKILL while a diffusion model trains or samples",
        "byte-identical results; training goes on at its checkpoint",
        f"{HERE}/test_kill.py -k diffusion",
        {"SGMBENCH_KILLS": "10"},
    ),
    Fault(
        "a worker of a sweep that dies",
        "its cell is tried once more elsewhere, then fails alone; byte-identical results",
        f"{HERE}/test_sweep.py -k 'dies or killed'",
    ),
    Fault(
        "one of many processes of a run that is killed",
        "all are ended and begun again, training goes on at its checkpoint; the same results",
        "tests/runner/test_hosts.py -k killed_process",
    ),
    Fault("Ctrl-C during a sweep", "ends every worker; goes on with `--resume`", "tests/cli/test_sweep.py -k ctrl_c"),
    Fault("SIGINT and SIGTERM", "ends at once, goes on with `--resume`", "tests/cli/test_interruption.py"),
    Fault(
        "a flipped bit in result, samples or truth",
        "found by `verify`; made again",
        f"{HERE}/test_bits.py -k computed",
    ),
    Fault("a flipped bit in the cache", "found by `verify`; made again", f"{HERE}/test_bits.py -k cache"),
    Fault(
        "a flipped bit in run.json, manifest or baseline",
        "found by `verify`, or when it is read; refused",
        f"{HERE}/test_bits.py -k 'record or manifest or baseline'",
    ),
    Fault(
        "a flipped bit in a checkpoint",
        "found by `verify`; training goes on at the one before it",
        f"{HERE}/test_bits.py -k checkpoint",
    ),
    Fault(
        "a checkpoint that is cut off or has lost files",
        "training goes on at the one before it",
        "tests/store/test_checkpoints.py -k 'not_whole or half_written'",
    ),
    Fault(
        "no room for a file (RLIMIT_FSIZE)",
        "exit code 7 by path and remedy; goes on",
        f"{HERE}/test_storage.py -k large",
    ),
    Fault("a full disk (tmpfs)", "exit code 7 by path and remedy; goes on", f"{HERE}/test_storage.py -k full"),
    Fault(
        "a read-only folder", "exit code 7 by path and remedy; verified all the same", f"{HERE}/test_storage.py -k read"
    ),
    Fault(
        "a lost cache, or one emptied under a run",
        "made again where it is needed; refused",
        f"{HERE}/test_lost_cache.py",
    ),
    Fault(
        "a second process in one run",
        "refused by the name of the first; a killed one holds nothing",
        "tests/store/test_lock.py",
    ),
    Fault(
        "two processes that make the same",
        "whole artifacts; checkpoints of the first alone",
        "tests/store/test_cache.py tests/store/test_checkpoints.py -k two_processes",
    ),
    Fault("clocks set back", "the same results; the newest run stays the newest", f"{HERE}/test_clock.py"),
    Fault(
        "a solver that dies, hangs, raises or finds no memory",
        "its cell fails with the reason, the others are made; `--resume` makes up for it",
        "tests/runner/test_outages.py -k 'cell_down or without_a_truth or (child and not twice)'",
    ),
    Fault(
        "a cell that takes the process of its run down",
        "after the second time it is made in a child, and fails alone; `--resume` makes up for it",
        "tests/runner/test_outages.py -k twice",
    ),
    Fault(
        "memory for fewer runs, or samples, at once",
        "halved until it suffices; the same runs bitwise, samples those of the smaller chunk, the number recorded",
        "tests/core/test_lanes.py tests/core/test_simulation.py tests/core/test_hosted_simulation.py "
        "tests/diffusion/test_model.py "
        "-k 'halve or does_not_suffice'",
    ),
    Fault(
        "a UM-Bridge server that dies",
        "waited for; without it the cell fails, and `--resume` makes what is missing",
        "tests/problems/test_umbridge.py -k 'dies or returned'",
    ),
    Fault("Ctrl-C during a long compiled chunk", "ends within 2 s", "tests/cli/test_in_time.py"),
    Fault(
        "YAML bombs, and names that lead elsewhere",
        "refused where they stand, before anything is read or written",
        "tests/config/test_untrusted.py",
    ),
    Fault(
        "mutated configurations",
        "each is valid, or refused with file, line and exit code 2; no traceback",
        "tests/config/test_fuzz.py -k mutated",
        {"SGMBENCH_EXAMPLES": "2000"},
    ),
    Fault(
        "a results folder that somebody sent",
        "no code of theirs is imported, nothing unpickled, nothing written through links or names",
        "tests/api/test_untrusted.py tests/store/test_untrusted.py",
    ),
    Fault(
        "files of an older version, or of a newer one",
        "read as what they were; refused by both versions and the remedy",
        "tests/store/test_golden.py tests/store/test_upgrades.py",
    ),
    Fault(
        "pickles and evaluated text anywhere in the package",
        "none: its syntax trees are searched",
        "tests/test_untrusted.py",
    ),
    Fault(
        "markup in names",
        "escaped on the page, in figures, Markdown and JUnit",
        "tests/report/test_escaping.py tests/compare/test_escaping.py",
    ),
]
HEADINGS = ("fault", "injected", "survived", "lost", "what happens", "reproduced by")


def main() -> None:
    """Injects what is named, or all, and writes the page."""
    for fault in FAULTS:
        if all(word in fault.name for word in sys.argv[1:]):
            sys.stderr.write(f"{datetime.now():%H:%M:%S} {fault.name}\n")
            rows = kept() | {fault.name: row(fault, inject(fault))}
            OUTPUT.write_text(page([rows[each.name] for each in FAULTS if each.name in rows]))
    sys.stdout.write(OUTPUT.read_text())


def kept() -> dict[str, str]:
    """The rows of the page that is there, by fault."""
    lines = OUTPUT.read_text().splitlines() if OUTPUT.exists() else []
    return {fault.name: line for fault in FAULTS for line in lines if line.startswith(f"| {fault.name} ")}


def inject(fault: Fault) -> Found:
    """Runs the tests of a fault."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        options = f"-p no:cacheprovider -o junit_family=legacy --junitxml {report} {fault.tests}"
        command, environment = (
            [sys.executable, "-m", "pytest", "-m", "", *shlex.split(options)],
            os.environ | fault.environment,
        )
        ended = subprocess.run(command, cwd=ROOT, env=environment, stdout=sys.stderr, check=False)
        if ended.returncode not in (0, 1):
            raise SystemExit(f"{fault.command}: cannot be run, or there is no such test")
        return found_in(list(ElementTree.parse(report).iter("testcase")))


def found_in(cases: list[ElementTree.Element]) -> Found:
    """Counts what each test records of itself."""
    told = [{each.get("name"): each.get("value", "") for each in case.iter("property")} for case in cases]
    skipped = [each.get("message", "") for case in cases for each in case.iter("skipped")]
    failed = [case for case in cases if [*case.iter("failure"), *case.iter("error")]]
    injected = sum(int(each.get("injected", 1)) for each in told) - len(skipped)
    phases = [each["phases"] for each in told if "phases" in each]
    return Found(injected, len(failed), "; ".join(skipped), "; ".join(phases))


def row(fault: Fault, found: Found) -> str:
    """One line of the table."""
    more = "".join(f" ({each})" for each in (found.phases, found.skipped) if each)
    counts = (found.injected, found.injected - found.lost, found.lost)
    cells = [fault.name + more, *map(str, counts), fault.promise, f"`{fault.command}`"]
    return f"| {' | '.join(cells)} |"


def page(rows: list[str]) -> str:
    """The table."""
    said = (
        f"Made by `make bench-reliability` on {datetime.now(UTC):%Y-%m-%d}, its last row at commit "
        f"{environment()['commit']}: {platform.system()}, {platform.machine()}. "
        "Each fault is injected by a test that asserts what is promised; `lost` counts the tests that failed."
    )
    head = [f"| {' | '.join(HEADINGS)} |", "|---|--:|--:|--:|---|---|"]
    return "\n".join(["# Faults and what became of them", "", said, "", *head, *rows]) + "\n"


if __name__ == "__main__":
    main()
