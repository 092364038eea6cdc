"""A measure made by filling a shape is the measure lowered by itself: the same SQL but for layout, the same fingerprint."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kpictl.dialects import NAMES
from kpictl.kinds.lower import ProjectLowering
from kpictl.kinds.shapes import pattern
from kpictl.model.project import Project
from kpictl.plan.compile import compile_project
from kpictl.plan.lowering import lowering
from kpictl.plan.shapes import Outcomes
from kpictl.project import load

_SOURCES = """sources:
  orders:
    time: created_at
    complete: now
    columns: {id: bigint, country: text, status: text, amount: "numeric(12,2)", score: double, day: date, created_at: timestamptz}
"""
SHAPED = [
    "country = 'DE'",
    "country = 'O''Brien'",
    "country = '100%'",
    "country <> '' and amount > 5",
    "country in ('DE', 'FR', 'DE') or not (status = 'x')",
    "amount >= 0 and score < 12 and country is not null",
    "amount > 7 and score > 7",
    "country = '7' and amount > 7",
    "country = 'i7' and status = '2:DE'",
    "(country = 'a' or country = 'b') and amount <> 736150090000000",
]
ALONE = [
    "day = '2024-01-01'",
    "created_at >= '2024-01-01'",
    "country like 'D%'",
    "amount > 1.5",
    "length(country) > 2",
    "1 = 1",
    "amount > -1",
    "amount between 1 and 5",
    "country = E'x'",
    "country = 'back\\slash'",
    "amount + 1 > 5",
    "'DE' = 'DE'",
    "country || 'x' = 'DEx'",
    "country = 'a' || 'b'",
    "amount = 5::numeric",
    "country = 'a' -- = 'b'",
]


def project(tmp_path: Path, filters: list[str]) -> Project:
    kpis = "".join(
        f"  k{i}: {{measure: {measure}, source: orders, dimensions: [{dimension}], where: {_quoted(text)}}}\n"
        for i, (text, measure, dimension) in enumerate(
            (text, measure, dimension)
            for text in filters
            for measure, dimension in (("sum(amount)", "country"), ("count(*)", ""))
        )
    )
    (tmp_path / "kpis").mkdir()
    (tmp_path / "kpi_project.yml").write_text("name: shapes\n")
    (tmp_path / "kpis" / "all.yml").write_text(_SOURCES + "kpis:\n" + kpis)
    loaded = load(tmp_path, profile=False)
    assert loaded.project is not None, loaded.diagnostics
    return loaded.project


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@pytest.mark.parametrize("dialect", NAMES)
def test_filled_is_direct(tmp_path: Path, dialect: str) -> None:
    written = project(tmp_path, SHAPED + ALONE)
    shaped = lowering(written)
    assert isinstance(shaped, Outcomes)
    direct = {name: ProjectLowering(written).outcome(name) for name in written.kpis}
    assert len(shaped.instances) == 2 * len(SHAPED)
    filled = compile_project(written, [dialect], lowered=shaped)
    plain = compile_project(written, [dialect], lowered=direct)
    for one, other in zip(filled, plain, strict=True):
        assert one.status == other.status
        assert [d.code for d in one.diagnostics] == [d.code for d in other.diagnostics]
        if one.statement is None or other.statement is None:
            continue
        assert _bare(one.statement.sql) == _bare(other.statement.sql)
        assert one.statement.parameters == other.statement.parameters
        assert (one.total is None) == (other.total is None)
        if one.total is not None and other.total is not None:
            assert _bare(one.total.sql) == _bare(other.total.sql)
        assert one.lowered is not None
        assert other.lowered is not None
        assert one.lowered.fingerprint == other.lowered.fingerprint
        assert one.lowered == other.lowered
        assert one.lowered.trees() == other.lowered.trees()


def _bare(sql: str) -> str:
    return re.sub(r"\s+", " ", sql).replace("( ", "(").replace(" )", ")")


def test_constants_that_decide_something_make_no_pattern() -> None:
    for text in (
        "country like 'x'",
        "amount > 1.5",
        "f('x') = 1",
        "date '2024-01-01' < day",
        "x = E'a'",
        "a = 'b' -- c",
    ):
        assert pattern(text) is None


QUERIES = [
    "SELECT date_trunc('day', created_at) AS time, sum(amount) AS value FROM orders"
    " WHERE country = '{a}' AND amount > {n} GROUP BY 1",
    "WITH d AS (SELECT date_trunc('month', created_at) AS m, country, count(*) AS n FROM orders"
    " WHERE status <> '{a}' GROUP BY 1, 2)"
    " SELECT m AS time, sum(CASE WHEN country = '{b}' THEN n END) AS value FROM d WHERE country IN ('{a}', '{b}') GROUP BY m",
    "SELECT count(*) FROM orders WHERE created_at >= CURRENT_DATE AND amount < {n} HAVING count(*) > {n}",
    "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY amount) FROM orders WHERE country = '{a}' LIMIT 1",
]


def test_filled_queries_are_direct(tmp_path: Path) -> None:
    given = (("DE", "FR", 3), ("O''B", "x%", 12), ("q", "q", 3))
    texts = [text.format(a=a, b=b, n=n) for text in QUERIES for a, b, n in given]
    (tmp_path / "kpis").mkdir()
    (tmp_path / "kpi_project.yml").write_text("name: shapes\n")
    kpis = "".join(f"  k{i}: {{query: {_quoted(text)}}}\n" for i, text in enumerate(texts))
    (tmp_path / "kpis" / "all.yml").write_text(_SOURCES + "kpis:\n" + kpis)
    written = load(tmp_path, profile=False).project
    assert written is not None
    shaped = lowering(written)
    assert isinstance(shaped, Outcomes)
    assert len(shaped.instances) >= 6
    direct = {name: ProjectLowering(written).outcome(name) for name in written.kpis}
    for one, other in zip(
        compile_project(written, ["postgres"], lowered=shaped),
        compile_project(written, ["postgres"], lowered=direct),
        strict=True,
    ):
        assert one.lowered is not None
        assert other.lowered is not None
        assert one.lowered.fingerprint == other.lowered.fingerprint
        assert one.lowered.trees() == other.lowered.trees()
        assert one.statement is not None
        assert other.statement is not None
        assert _bare(one.statement.sql) == _bare(other.statement.sql)
