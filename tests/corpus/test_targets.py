"""The law of the corpus: on every target a query answers as KPI semantics say, or is refused for a reason listed here.

From the author's text through the front door and the target's printer to the engine itself, at the corpus' as-of.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType

import pytest

from kpictl.diagnostics import Place, Refused
from kpictl.dialects.dialect import Dialect
from kpictl.dialects.duckdb import DUCKDB
from kpictl.dialects.postgres import POSTGRES
from kpictl.dialects.printer import render
from kpictl.model import types
from kpictl.model.types import Kind, Type
from kpictl.sql.frontdoor import query
from kpictl.sql.scope import Scope, Table
from tests.corpus import corpus
from tests.corpus.compare import difference
from tests.corpus.extended import extended
from tests.oracles.judge import base, precision
from tests.oracles.plugin import Counted

TARGETS = (DUCKDB, POSTGRES)
CORPORA: tuple[ModuleType, ...] = (corpus, extended)

# What no target of the corpus takes, with the code of the reason; reviewed, and only ever shorter.
REFUSED: dict[tuple[str, str], str] = {
    ("duckdb", "d21_to_char_num"): "KPI501",
    ("duckdb", "j08_json_contains"): "KPI501",
    ("duckdb", "c05_number_labels"): "KPI501",
}
UNREAD = {"k33_percentile_of_decimals": "KPI140", "a06_status_list": "KPI132", "s18_first_with_ties": "KPI140"}
"""What the front door itself does not take."""

_TYPES = {
    "int": types.INTEGER,
    "bigint": types.INTEGER,
    "text": types.TEXT,
    "boolean": types.BOOLEAN,
    "double": types.DOUBLE,
    "date": types.DATE,
    "timestamp": types.TIMESTAMP,
    "timestamptz": types.TIMESTAMPTZ,
    "jsonb": types.JSON,
    "text[]": Type(Kind.ARRAY, element=types.TEXT),
}


def declared(text: str) -> Type:
    """The type that a declaration of the corpus names."""
    return Type(Kind.DECIMAL, *(precision(text) or ())) if base(text) == "numeric" else _TYPES[base(text)]


@cache
def scope(source: ModuleType) -> Scope:
    """Every table of a corpus under its own name."""
    found = source.schema().items()
    return Scope(tables={name: Table(name, {c: declared(t) for c, t in cols.items()}) for name, cols in found})


CASES = [
    pytest.param(dialect, source, case, id=f"{dialect.name}-{case.id}")
    for dialect in TARGETS
    for source in CORPORA
    for case in source.queries()
]


@pytest.mark.parametrize(("dialect", "source", "case"), CASES)
def test_same_or_refused(
    judge: Callable[[str], Counted], dialect: Dialect, source: ModuleType, case: corpus.Query
) -> None:
    expected_refusal = UNREAD.get(case.id) or REFUSED.get((dialect.name, case.id))
    try:
        tree = query(case.sql, scope(source), Place("analyses/x.sql"))
        printed = render(tree, dialect, relations=lambda name: (name,), literals={"as_of": corpus.AS_OF})
    except Refused as refusal:
        codes = [d.code for d in refusal.diagnostics]
    else:
        codes = []
    assert codes == [expected_refusal] * len(codes), codes
    if codes:
        return
    assert expected_refusal is None, "no longer refused: shorten the list"
    engine = judge(dialect.name)
    engine.load(source.tables())
    # Without parameters the driver reads no marks, so the doubled ones are single again.
    sql = printed.sql.replace("%%", "%") if dialect is POSTGRES else printed.sql
    answer = engine.execute(sql, settings=printed.settings)
    assert difference(case.rows, answer.rows, case.ordered) is None


def test_printing_is_stable() -> None:
    tree = query(corpus.queries()[7].sql, scope(corpus), Place("analyses/x.sql"))
    for dialect in TARGETS:
        texts = {render(tree, dialect, relations=lambda name: (name,)).sql for _ in range(3)}
        assert len(texts) == 1
