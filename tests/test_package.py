"""`sgmbench.compare` and `sgmbench.report` are packages, whatever is imported first; their functions are of the API."""

import pkgutil
import subprocess
import sys
from types import ModuleType

import pytest

import sgmbench
from sgmbench import api

PACKAGES_FIRST = "import sgmbench.compare, sgmbench.report; answer = sgmbench.run"
FUNCTIONS_FIRST = "from sgmbench.api import compare, report; import sgmbench; answer = sgmbench.run"
BOTH = """
import sgmbench.compare.markdown as markdown
from sgmbench.report.format import seconds
from sgmbench import api, compare, report
print(compare.__name__, report.__name__, markdown.__name__, seconds(90), api.compare.__module__, api.report.__module__)
"""


@pytest.mark.parametrize("package", [sgmbench, api], ids=lambda package: package.__name__)
def test_no_function_has_the_name_of_a_module_beside_it(package):
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    functions = {name for name in dir(package) if not isinstance(getattr(package, name), ModuleType)}
    assert "run" in functions
    assert modules & functions == set()


@pytest.mark.parametrize("first", [PACKAGES_FIRST, FUNCTIONS_FIRST])
def test_the_order_of_imports_decides_nothing(first):
    done = subprocess.run([sys.executable, "-c", first + BOTH], capture_output=True, text=True, check=False)
    assert done.stdout.split() == [
        *("sgmbench.compare", "sgmbench.report", "sgmbench.compare.markdown", "90", "s"),
        *("sgmbench.api.comparing", "sgmbench.api.reporting"),
    ], done.stderr
