import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from textwrap import dedent

import pytest

from sgmbench import registry, sources
from sgmbench.errors import UsageError


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Writes modules into a working directory and forgets them afterwards."""
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield lambda name, text: _write(tmp_path / name, text)
    for name in set(sys.modules) - before:
        del sys.modules[name]


def _write(file, text):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(text), encoding="utf-8")


@pytest.fixture
def entries(monkeypatch):
    """Registers name=value pairs as the problems."""

    def register(**values):
        found = tuple(EntryPoint(name, value, "sgmbench.problems") for name, value in values.items())
        monkeypatch.setattr(registry, "entries", lambda group: found)

    return register


def refused(kind, group="problems"):
    with pytest.raises(UsageError) as caught:
        registry.load(group, kind)
    return str(caught.value)


def test_listing_imports_no_numerics():
    code = (
        "import sys; from sgmbench import registry\n"
        "found = {group: registry.names(group) for group in registry.GROUPS}\n"
        "assert found['targets']['marginal'] == 'P(y): epistemic and aleatoric together.', found\n"
        "assert not {'jax', 'numpy', 'pydantic', 'yaml'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_name_and_its_class_are_inverse():
    cls = registry.load("targets", "conditional")
    assert (cls.__name__, registry.kind_of("targets", cls)) == ("Conditional", "conditional")


def test_every_registered_class_has_a_name_and_a_summary():
    for group in registry.GROUPS:
        assert registry.builtin(group), group
        summaries = registry.names(group).values()
        assert all(summary and not summary.startswith("(broken") for summary in summaries), summaries


def test_unknown_names_get_the_nearest_and_the_list(entries):
    entries(decay="m:Decay", heat="m:Heat")
    assert refused("deca") == (
        "no problem is named 'deca' (did you mean decay?); registered problems: decay, heat; code of your own is named "
        "my_module:MyClass"
    )
    entries()
    assert refused("deca") == (
        "no problem is named 'deca'; registered problems: none: is sgmbench installed with pip?; code of your own is "
        "named my_module:MyClass"
    )


def test_a_broken_entry_is_listed_and_refused_by_name(here, entries, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    entries(gone="sgm_gone.sub:Gone", half="sgm_half:Half", text="sgm_text:Text")
    here("sgm_half.py", "import sgm_missing\nclass Half:\n    '''A half.'''\n")
    here("sgm_text.py", "class Text\n")
    names = registry.names("problems")
    assert names["gone"] == "(broken: sgm_gone.sub:Gone has no sgm_gone.sub:Gone)"
    assert names["half"] == "A half."
    assert names["text"].startswith("(broken: sgm_text of sgm_text:Text is not Python: ")
    assert refused("gone") == (
        "the problem 'gone', registered by sgm_gone.sub:Gone as sgm_gone.sub:Gone, cannot be loaded: "
        "ModuleNotFoundError: No module named 'sgm_gone'; mend or reinstall sgm_gone.sub:Gone"
    )
    assert "cannot be loaded: ModuleNotFoundError: No module named 'sgm_missing'" in refused("half")


def test_a_name_registered_twice_is_refused(monkeypatch):
    found = tuple(EntryPoint("x", value, "sgmbench.problems") for value in ("a:X", "b:X"))
    monkeypatch.setattr(registry, "entries", lambda group: found)
    assert refused("x") == "the problem 'x' is registered by a:X and b:X; uninstall one of them"


def test_own_code_comes_from_the_working_directory(here):
    here("sgm_mine.py", "class Mine:\n    pass\n")
    path = list(sys.path)
    cls = registry.load("problems", "sgm_mine:Mine")
    assert cls.__name__ == "Mine"
    assert sys.path == path
    assert registry.kind_of("problems", cls) == "sgm_mine:Mine"


def test_own_code_that_cannot_be_loaded(here):
    here("sgm_own.py", "class Mine:\n    pass\nvalue = 3\n")
    here("sgm_bad.py", "raise RuntimeError('no device')\n")
    here("sgm_needs.py", "import sgm_missing\n")
    assert refused("sgm_none:Mine") == (
        f"no module 'sgm_none' in {Path.cwd()} or the Python environment; run from the folder that has it"
    )
    assert refused("sgm_own:Mind") == "sgm_own has no class 'Mind' (did you mean Mine?)"
    assert refused("sgm_own:value") == "sgm_own:value is not a class"
    assert refused("sgm_bad:Mine") == "importing sgm_bad failed: RuntimeError: no device"
    assert refused("sgm_needs:Mine") == "importing sgm_needs failed: No module named 'sgm_missing'"
    assert refused("my module:Mine") == "'my module:Mine' is no class; write it as my_module:MyClass"


MINE = """\
import math
from .deep import helper

class Mine:
    '''A problem.'''
    value: int = 3
    '''Of the attribute.'''
"""


@pytest.fixture
def digest_of(here):
    """The digest of a class in a package whose module imports a helper, and not the other module."""

    def of(problem=MINE, helper="X = 1\n", other="Y = 1\n"):
        texts = {"__init__": "", "deep/__init__": "", "deep/helper": helper, "other": other, "problem": problem}
        for name, text in texts.items():
            here(f"sgm_pkg/{name}.py", text)
        digest = registry.digest(registry.load("problems", "sgm_pkg.problem:Mine"))
        for name in [name for name in sys.modules if name.startswith("sgm_pkg")]:
            del sys.modules[name]
        return digest

    return of


def test_only_code_changes_a_digest(digest_of):
    first = digest_of()
    assert digest_of(MINE.replace("3", "3  # seconds")) == first
    assert digest_of(MINE.replace("A problem", "Another").replace("attribute", "value")) == first
    assert digest_of(MINE.replace("= 3", "= (\n        3\n    )")) == first
    assert digest_of(other="Y = 2\n") == first
    assert digest_of(MINE.replace("3", "4")) != first
    assert digest_of(helper="X = 2\n") != first


def test_a_digest_follows_modules_beside_a_single_file(here):
    here("sgm_helper.py", "X = 1\n")
    here("sgm_single.py", "from sgm_helper import X\nclass Mine:\n    pass\n")
    first = registry.digest(registry.load("problems", "sgm_single:Mine"))
    here("sgm_helper.py", "X = 2\n")
    del sys.modules["sgm_single"], sys.modules["sgm_helper"]
    assert registry.digest(registry.load("problems", "sgm_single:Mine")) != first


def test_a_built_in_class_is_made_of_the_core_it_imports(monkeypatch):
    cls = registry.load("problems", "porous_electrode")
    first = sources.digest.__wrapped__(cls)
    read, layout = Path.read_bytes, sources.locate("sgmbench.core.layout")
    monkeypatch.setattr(Path, "read_bytes", lambda file: b"" if file == layout else read(file))
    assert sources.digest.__wrapped__(cls) != first


def test_unpackaged_code_of_plain_data_is_told_with_its_file_and_not_imported(here, tmp_path):
    here("sgm_told.py", "raise RuntimeError\n")
    here("sgm_pkg/deep.py", "raise RuntimeError\n")
    plain = {
        "problem": {"kind": "sgm_told:Mine", "url": "http://localhost:80"},
        "methods": [{"kind": "learner", "network": {"kind": "sgm_pkg.deep:Net"}}, {"kind": "sgm_none:Gone"}],
        "kind": 3,
    }
    assert registry.unpackaged(plain) == {
        "sgm_told:Mine": str(tmp_path / "sgm_told.py"),
        "sgm_pkg.deep:Net": str(tmp_path / "sgm_pkg" / "deep.py"),
        "sgm_none:Gone": "",
    }
    assert not {"sgm_told", "sgm_pkg", "sgm_pkg.deep"} & set(sys.modules)


def test_a_record_has_no_code_imported_but_what_is(here):
    """Also not a module of a package that is; trusting it is to import it."""
    here("sgm_theirs.py", "class Mine:\n    pass\n")
    here("sgm_known/__init__.py", "class Mine:\n    pass\n")
    here("sgm_known/other.py", "class Mine:\n    pass\n")
    registry.load("problems", "sgm_known:Mine")
    with registry.nothing_imported():
        assert registry.load("problems", "sgm_known:Mine").__name__ == "Mine"
        assert registry.load("targets", "marginal").__name__ == "Marginal"
        for module in ("sgm_theirs", "sgm_known.other"):
            assert refused(f"{module}:Mine") == (
                f"'{module}:Mine' is code that the record of a run names, which may be anybody's: it is not imported; "
                f"where you know it, write --trust, or in Python import {module} before"
            )
            assert module not in sys.modules
    registry.import_unpackaged([{"kind": "sgm_theirs:Mine"}])
    with registry.nothing_imported():
        assert registry.load("problems", "sgm_theirs:Mine").__name__ == "Mine"
    assert registry.load("problems", "sgm_known.other:Mine").__name__ == "Mine"
