"""An exception is told with the innermost line of a user's code; that of Python, packages and sgmbench is not."""

import json

import pytest

from sgmbench import raised, registry
from sgmbench.errors import UsageError

MINE = """
import json
def outer(text):
    return inner(text)
def inner(text):
    return json.loads(text)
"""


def raised_by(function, *arguments):
    """What a call raises, without the line of this test."""
    with pytest.raises(Exception) as caught:  # noqa: PT011
        function(*arguments)
    return caught.value.with_traceback(caught.value.__traceback__.tb_next)


def test_the_line_is_the_users_innermost_though_others_are_below_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    defined = {}
    exec(compile(MINE, tmp_path / "mine.py", "exec"), defined)
    error = raised_by(defined["outer"], "{")
    assert raised.is_users(error)
    assert raised.told(error).endswith("(char 1) (mine.py:6, in inner)")
    assert raised.told(error).startswith("JSONDecodeError: Expecting property name")


def test_of_python_there_is_no_line_and_of_sgmbench_its_own():
    of_python, of_ours = raised_by(json.loads, "{"), raised_by(registry.load, "problems", "no")
    assert not raised.is_users(of_python)
    assert raised.told(of_python).endswith("(char 1)")
    assert not raised.is_users(of_ours)
    assert "registry.py:" in raised.told(of_ours)
    assert isinstance(of_ours, UsageError)


def test_a_package_that_registers_parts_is_a_users(monkeypatch):
    monkeypatch.setattr(raised, "_registering", lambda: frozenset({"json"}))
    error = raised_by(json.loads, "{")
    assert raised.is_users(error)
    assert "decoder.py:" in raised.told(error)


def test_what_a_callback_raised_is_found_in_the_message():
    text = 'INTERNAL: Traceback (most recent call last):\n  File "/a/b.py", line 8, in fail\nOSError: no mesh'
    assert raised.told(RuntimeError(text)) == "RuntimeError: OSError: no mesh (/a/b.py:8, in fail)"


def test_what_is_told_is_one_line_of_some_length():
    assert raised.told(ValueError("first\nsecond")) == "ValueError: first"
    assert raised.told(ValueError()) == "ValueError"
    assert raised.told(ValueError("long " * 100)) == f"ValueError: {'long ' * 100}"[:300] + "..."
