"""Sources: what can be known of a class from its files alone, without importing anything.

A module's file is found below the directory of its top-level package, so that no parent package runs. The digest of a
class covers every module of its own package that its module imports, directly or not: a result whose digest is
unchanged was made by the same code, whatever the version number says.
"""

import ast
import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec, resolve_name
from pathlib import Path


def locate(module: str) -> Path | None:
    """The source file of a module, None where there is none; imports nothing."""
    loaded = getattr(sys.modules.get(module), "__file__", None)
    if loaded:
        return Path(loaded)
    top, *rest = module.split(".")
    spec = find_spec(top)
    if spec is None:
        return None
    if not rest:
        return Path(spec.origin) if spec.has_location and spec.origin else None
    roots = spec.submodule_search_locations or ()
    return next((file for root in roots for file in _candidates(Path(root, *rest)) if file.is_file()), None)


def summary(module: str, class_name: str) -> str | None:
    """First line of the docstring of a class, "" without one; None where there is no such module or class."""
    file = locate(module)
    if file is None:
        return None
    for node in ast.parse(file.read_bytes(), filename=str(file)).body:
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            return (ast.get_docstring(node) or "").partition("\n")[0]
    return None


@cache
def digest(cls: type) -> str:
    """SHA-256 of the code that a class is made of; comments, docstrings and layout do not count.

    Covers the module of the class and, transitively, the modules of its own top-level package that they import; a
    module outside any package counts the single-file modules beside it likewise. The same code has another digest
    under another minor version of Python, whose syntax trees differ.

    Raises:
        LookupError: the class has no source file.
    """
    trees: dict[str, str] = {}
    pending = [cls.__module__]
    while pending:
        module = pending.pop()
        file = locate(module)
        if module in trees or file is None:
            continue
        trees[module], imported = _code(module, file, file.read_bytes())
        pending += imported
    if not trees:
        raise LookupError(f"{cls.__module__}.{cls.__qualname__} has no source file")
    text = "\n".join([cls.__qualname__, *(f"{module} {trees[module]}" for module in sorted(trees))])
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _code(module: str, file: Path, text: bytes) -> tuple[str, tuple[str, ...]]:
    """The syntax tree of a module in words, and the modules that it imports of its own package.

    Kept, since most classes have most of their modules in common.
    """
    tree = _without_docstrings(ast.parse(text, filename=str(file)))
    return ast.dump(tree), tuple(_own_imports(tree, module, file))


def _candidates(path: Path) -> tuple[Path, Path]:
    return path.parent / f"{path.name}.py", path / "__init__.py"


def _without_docstrings(tree: ast.Module) -> ast.Module:
    """Drops every statement that is a bare string; docstrings of attributes are such, too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [statement for statement in node.body if not _is_string(statement)]
    return tree


def _is_string(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _own_imports(tree: ast.Module, module: str, file: Path) -> Iterator[str]:
    """Modules that a tree imports from its own top-level package, or from beside it where it has none."""
    is_package = file.name == "__init__.py"
    stands_alone = "." not in module and not is_package
    for name in _imported(tree, module if is_package else module.rpartition(".")[0]):
        is_beside = stands_alone and "." not in name and (file.parent / f"{name}.py").is_file()
        if is_beside or name.partition(".")[0] == module.partition(".")[0]:
            yield name


def _imported(tree: ast.Module, package: str) -> Iterator[str]:
    """Names that a tree imports; of `from a import b` both a and a.b, which need not be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
