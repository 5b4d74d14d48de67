"""A signal ends a process that computes outside Python, where no handler of Python's runs."""

import signal
import subprocess
import sys

import pytest

COMMAND = """
import hashlib
import typer
from sgmbench.cli.orderly import orderly

@orderly
def command():
    print("begun", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)  # some minutes, in one call

try:
    command()
except typer.Exit as end:  # before the call has begun
    raise SystemExit(end.exit_code)
"""


@pytest.mark.parametrize(
    ("sent", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_a_signal_ends_a_command_that_computes_elsewhere(sent, code, word):
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    signal.signal(signal.SIGINT, inherited)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(sent)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == code
    assert stderr == f"sgmbench: {word}\n"  # nothing is resumed but a run
