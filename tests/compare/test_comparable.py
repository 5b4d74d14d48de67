"""What two runs must ask alike."""

from types import SimpleNamespace

import pytest

from sgmbench.compare.comparable import check_comparable
from sgmbench.errors import IncomparableError


def side(path, **reference):
    return SimpleNamespace(path=path, asked={"reference": reference, "budgets": {}})


def test_an_option_of_a_later_version_that_is_not_set_changes_nothing():
    check_comparable(side("old", size=4_000), side("new", size=4_000, kept=None))
    check_comparable(side("new", size=4_000, kept=None), side("old", size=4_000))


def test_one_that_is_set_does():
    with pytest.raises(IncomparableError, match=r"^not comparable: reference\.kept is none in old and 500 in new; "):
        check_comparable(side("old", size=4_000), side("new", size=4_000, kept=500))
