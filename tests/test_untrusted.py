"""Nothing that a file holds is run: no module of the package can unpickle, evaluate or load YAML's objects."""

import ast
from pathlib import Path

import pytest

import sgmbench

PACKAGE = Path(sgmbench.__file__).parent
TREES = {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text()) for path in PACKAGE.rglob("*.py")}
MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
BUILTINS = {"eval", "exec", "__import__"}
METHODS = {
    *("yaml.load", "yaml.load_all", "yaml.full_load", "yaml.unsafe_load", "yaml.Loader", "yaml.FullLoader"),
    *("yaml.UnsafeLoader", "os.system", "os.popen", "np.memmap", "np.fromfile"),
}
PICKLING = {"np.load", "np.save", "np.lib.format.read_array", "np.lib.format.write_array"}


def found(source):
    """What a module does that could run what a file holds, as words with its line."""
    for node in ast.walk(source):
        if isinstance(node, ast.Import):
            yield from (f"{node.lineno}: import {a.name}" for a in node.names if a.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in MODULES:
            yield f"{node.lineno}: from {node.module}"
        elif isinstance(node, ast.Name) and node.id in BUILTINS:
            yield f"{node.lineno}: {node.id}"
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in METHODS:
            yield f"{node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Call):
            given = {each.arg: ast.unparse(each.value) for each in node.keywords}
            if ast.unparse(node.func) in PICKLING and given.get("allow_pickle") != "False":
                yield f"{node.lineno}: {ast.unparse(node.func)} without allow_pickle=False"
            if given.get("shell", "False") != "False":
                yield f"{node.lineno}: a shell"


def test_the_package_can_run_nothing_that_a_file_holds():
    assert len(TREES) > 300
    assert {name: said for name, tree in TREES.items() if (said := list(found(tree)))} == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import pickle", "1: import pickle"),
        ("from joblib import load", "1: from joblib"),
        ("eval('1')", "1: eval"),
        ("x = __import__('os')", "1: __import__"),
        ("yaml.load(text)", "1: yaml.load"),
        ("class A(yaml.FullLoader): pass", "1: yaml.FullLoader"),
        ("np.load(path)", "1: np.load without allow_pickle=False"),
        ("np.load(path, allow_pickle=mine)", "1: np.load without allow_pickle=False"),
        ("subprocess.run(text, shell=True)", "1: a shell"),
    ],
)
def test_each_way_to_run_it_would_be_seen(text, said):
    assert list(found(ast.parse(text))) == [said]


def test_modules_by_name_are_imported_in_one_place():
    """By `registry`, which imports nothing that only the record of a run names."""
    having = set()
    for name, tree in TREES.items():
        calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
        named = [each for each in calls if ast.unparse(each.func).rpartition(".")[2] == "import_module"]
        having |= {name for each in named if not isinstance(each.args[0], ast.Constant)}
    assert having == {"registry.py"}
