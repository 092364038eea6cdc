"""Every query of the corpus becomes a tree with the columns that PostgreSQL names, however it is formatted."""

from __future__ import annotations

import re

import pytest

from kpictl.diagnostics import Place
from kpictl.ir.serialize import canonical, to_data
from kpictl.sql.frontdoor import query
from tests.corpus.corpus import Query, queries
from tests.sql.scopes import scope

PLACE = Place("analyses/x.sql")
_QUOTED = re.compile(r"('(?:[^']|'')*'|\"[^\"]*\")")


@pytest.mark.parametrize("case", queries(), ids=lambda q: q.id)
def test_converts(case: Query) -> None:
    tree = query(case.sql, scope(), PLACE)
    assert tuple(name for name, _ in tree.outputs) == case.columns
    assert to_data(tree)["node"] == "Query"


@pytest.mark.parametrize("case", queries(), ids=lambda q: q.id)
def test_formatting_changes_nothing(case: Query) -> None:
    parts = _QUOTED.split(case.sql)
    other = "".join(p if i % 2 else p.upper().replace(" ", "  \n ") for i, p in enumerate(parts))
    other = "-- a comment\n" + other.replace(",", " , ") if "'" not in case.sql else other
    plain, changed = query(case.sql, scope(), PLACE), query(other, scope(), PLACE)
    assert plain == changed
    assert canonical(plain) == canonical(changed)
