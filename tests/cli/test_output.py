"""What goes where: a result alone on standard output, escape codes to terminals that want them, words to the shell."""

import json
import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import small

from sgmbench.cli import app

COLOR = re.compile(r"\x1b\[(?:\d+;)*(?:3\d|4\d|9\d|10[0-7])[;\dm]")
LOUD = """
import os
import jax
import small

print("imported")


class Loud(small.Line):
    '''A line that says all it does.'''

    def simulate(self, z, xi):
        print("traced")
        os.write(1, b"below Python\\n")
        jax.debug.print("lane {}", xi[0])
        return super().simulate(z, xi)
"""


def test_what_is_printed_while_a_command_computes_goes_to_standard_error():
    """By Python, by C, which keeps it until its buffer is full, and past both; after an error as well."""
    code = """
import ctypes, os
from sgmbench.cli.aside import aside
try:
    with aside():
        print("python")
        ctypes.CDLL(None).puts(b"c")
        os.write(1, b"descriptor\\n")
        raise ValueError
except ValueError:
    print("{}")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "{}\n"
    assert sorted(done.stderr.split()) == ["c", "descriptor", "python"]


def test_json_is_all_of_standard_output_whatever_a_model_and_jax_print(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    for name in ("draw_figures", "write_page"):
        monkeypatch.setattr(f"sgmbench.api.running.{name}", lambda *arguments: None)
    Path("loud.py").write_text(LOUD)
    small.write(Path("a.yaml"), problem="loud:Loud", methods=["monte_carlo"])
    said = []
    for words in (["validate", "a.yaml"], ["show", "loud:Loud"], ["run", "a.yaml"]):
        assert app([*words, "--json"], standalone_mode=False) == 0
        out, err = capfd.readouterr()
        assert json.loads(out)
        said.append(err)
    assert set(said[0].splitlines()) == {"imported", "traced", "below Python"}
    assert {"traced", "below Python"} <= set(said[2].splitlines())
    assert re.search(r"^lane -?\d+\.\d+$", said[2], re.MULTILINE)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_standard_output_that_takes_no_more_is_told(unbuffered):
    """Also where Python has kept it until the end."""
    code, env = "from sgmbench.cli import main; main()", os.environ | {"PYTHONUNBUFFERED": unbuffered}
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", code, "list"], stdout=full, stderr=subprocess.PIPE, text=True, env=env, check=False
        )
    said = "sgmbench: standard output cannot be written (No space left on device); send it elsewhere\n"
    assert (done.returncode, done.stderr) == (7, said)


def on_a_terminal(*words, **variables):
    """What a command sends to a terminal."""
    removed = ("NO_COLOR", "FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS", "TTY_COMPATIBLE")
    env = {name: value for name, value in os.environ.items() if name not in removed} | variables
    ours, theirs = pty.openpty()
    code = "import sys; from sgmbench.cli import main; sys.argv[0] = 'sgmbench'; main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, *words], stdin=theirs, stdout=theirs, stderr=theirs, env=env
    ) as process:
        os.close(theirs)
        said = b""
        with suppress(OSError):  # the end of what there is
            while piece := os.read(ours, 4096):
                said += piece
    os.close(ours)
    return process.returncode, said.decode()


@pytest.mark.parametrize(
    ("variables", "has_codes", "has_colors"),
    [
        ({"TERM": "xterm-256color"}, True, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, True, False),  # bold is no color
        ({"TERM": "dumb"}, False, False),
    ],
    ids=["able", "no_color", "dumb"],
)
def test_help_has_colors_on_terminals_that_want_them(variables, has_codes, has_colors):
    code, said = on_a_terminal("list", "--help", **variables)
    assert code == 0
    assert "Example: sgmbench list methods" in re.sub(r"\x1b\[[\d;]*m", "", said)
    assert ("\x1b" in said, bool(COLOR.search(said))) == (has_codes, has_colors)


def test_the_shell_completes_commands_options_and_choices(tmp_path):
    """By the script that --show-completion prints for the shell it is asked in."""
    script = tmp_path / "sgmbench"
    script.write_text(f"#!{sys.executable}\nfrom sgmbench.cli import main\nmain()\n")
    script.chmod(0o755)
    asked = """
eval "$(sgmbench --show-completion)"
of() { COMP_WORDS=(sgmbench "$@"); COMP_CWORD=$#; _sgmbench_completion sgmbench; echo ${COMPREPLY[@]}; }
of ver
of run --res
of list net
"""
    env = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", asked], env=env, capture_output=True, text=True, check=False)
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["verify"],
        ["--resume", "--results"],
        ["networks"],
    ], done.stderr
