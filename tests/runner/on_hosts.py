"""The command line as one of many processes, in haste: programs are kept between tests, no figures and pages are made.

python on_hosts.py run a.yaml --coordinator 127.0.0.1:12345 --process-id 0 --num-processes 2
"""

import importlib
import os
import socket
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path


def on_hosts(count, *words, folders, job=None):
    """So many of them, each in a folder of its own: what each printed, and its exit code.

    Args:
        count: processes.
        words: of the command line.
        folders: theirs.
        job: the environment that a launcher makes for a process of this number, in place of options.
    """
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    own = ["--distributed"] if job else ["--coordinator", f"127.0.0.1:{free_port()}", "--num-processes", str(count)]
    begun = [
        subprocess.Popen(
            [sys.executable, __file__, *words, *own, *([] if job else ["--process-id", str(i)])],
            cwd=folders[i],
            env=os.environ | {"PYTHONPATH": paths} | (job(i) if job else {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for i in range(count)
    ]
    said = [each.communicate(timeout=600) for each in begun]
    return [(*both, each.returncode) for both, each in zip(said, begun, strict=True)]


def free_port():
    """Of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def is_free(port):
    """Whether nobody listens there."""
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) != 0


def main():
    """Runs the command line."""
    from sgmbench import cli

    for name in ("draw_figures", "write_page"):
        setattr(importlib.import_module("sgmbench.api.running"), name, lambda *arguments: None)
    for name in ("run", "hosts"):
        importlib.import_module(f"sgmbench.runner.{name}").without_compilation_cache = nullcontext
    importlib.import_module("sgmbench.core.hosts").PATIENCE = 5
    cli.main()


if __name__ == "__main__":
    main()
