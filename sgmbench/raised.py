"""Raised: what an exception says, and the line of code that it came from.

A problem, a method or a metric of a user's own may raise whatever it likes wherever it is asked. It is the user's to
mend where code of the user's stands on the way to it: code that belongs neither to sgmbench, nor to Python, nor to an
installed package, unless this registers something under sgmbench's entry points.
"""

import re
import site
import sysconfig
import traceback
from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import FrameType

HERE = Path(__file__).parent
LONGEST = 300  # characters
FRAME = re.compile(r'^ *File "(.+)", line (\d+), in (\S+)$', re.MULTILINE)


def told(error: BaseException) -> str:
    """`ZeroDivisionError: division by zero (my_module.py:12, in simulate)`: its first line, and where it is to mend.

    JAX writes what a callback has raised into the message of an error of its own, whose last line that is then.
    """
    said, written = str(error).strip().splitlines(), FRAME.findall(str(error))
    words = ": ".join([type(error).__name__, *(said[-1:] if written else said[:1])])
    words = words if len(words) <= LONGEST else f"{words[:LONGEST]}..."
    if written:
        file, line, name = written[-1]
        return f"{words} ({_shown(Path(file))}:{line}, in {name})"
    lines = list(_lines(error))
    place = next((line for frame, line in lines if _is_users(frame)), None)
    place = place or next((line for frame, line in lines if _is_below(frame, HERE)), None)
    return f"{words} ({place})" if place else words


def is_users(error: BaseException) -> bool:
    """Whether code of the user's was on the way."""
    return any(_is_users(frame) for frame, _ in _lines(error))


def is_ours(cls: type) -> bool:
    """Whether a class belongs to sgmbench."""
    return cls.__module__.partition(".")[0] == __package__


def _lines(error: BaseException) -> Iterator[tuple[FrameType, str]]:
    """The frames on the way, innermost first, each with its place in words."""
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        code = frame.f_code
        yield frame, f"{_shown(Path(code.co_filename))}:{line}, in {code.co_name}"


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _is_users(frame: FrameType) -> bool:
    if str(frame.f_globals.get("__name__")).partition(".")[0] in _registering():
        return True
    path = Path(frame.f_code.co_filename)
    return path.suffix == ".py" and not any(path.is_relative_to(root) for root in _roots())


def _is_below(frame: FrameType, root: Path) -> bool:
    return Path(frame.f_code.co_filename).is_relative_to(root)


@cache
def _roots() -> tuple[Path, ...]:
    """Where sgmbench, Python and installed packages are."""
    known = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return (HERE, *map(Path, [*known, *site.getsitepackages(), site.getusersitepackages()]))


@cache
def _registering() -> frozenset[str]:
    """Packages that register parts of sgmbench, without itself."""
    groups = [group for group in entry_points().groups if group.startswith(f"{__package__}.")]
    found = {entry.module.partition(".")[0] for group in groups for entry in entry_points(group=group)}
    return frozenset(found - {__package__})
