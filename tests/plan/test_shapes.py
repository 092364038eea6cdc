"""A definition made by filling a shape is the one lowered by itself: the same SQL, layout included, the same fingerprint.

So it does not matter in whose company a definition is compiled, and no mark of a shape is left in any statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from kpictl.dialects import NAMES
from kpictl.kinds.lower import Outcome, ProjectLowering
from kpictl.kinds.shapes import pattern, with_constants
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


def twin(text: str) -> str:
    """The same filter with other constants, long ones among them."""
    found = pattern(text)
    assert found is not None
    return with_constants(
        found, tuple(f"{c}'{'x' * 90}" if isinstance(c, str) else c + 10**14 for c in found.constants)
    )


def plain_twin(text: str) -> str:
    """The same filter with other constants, of which each text is plain and of a length of its own."""
    found = pattern(text)
    assert found is not None
    plain = (f"b{'x' * at} 3" if isinstance(c, str) else c + 1 for at, c in enumerate(found.constants))
    return with_constants(found, tuple(plain))


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
    written = project(tmp_path, SHAPED + ALONE + [change(text) for change in (twin, plain_twin) for text in SHAPED])
    shaped = lowering(written)
    assert isinstance(shaped, Outcomes)
    direct = {name: ProjectLowering(written).outcome(name) for name in written.kpis}
    assert len(shaped.instances) == 6 * len(SHAPED)
    _same(written, dialect, shaped, direct)
    forms = [form for each in shaped.instances.values() for form in each.shape.statements.values()]
    assert None not in forms
    assert len(forms) >= len(SHAPED)


def _same(written: Project, dialect: str, shaped: Outcomes, direct: Mapping[str, Outcome]) -> None:
    filled = compile_project(written, [dialect], lowered=shaped)
    plain = compile_project(written, [dialect], lowered=direct)
    for one, other in zip(filled, plain, strict=True):
        assert one.status == other.status
        assert [d.code for d in one.diagnostics] == [d.code for d in other.diagnostics]
        assert one.statement == other.statement
        assert one.total == other.total
        assert one.lowered is not None
        assert other.lowered is not None
        assert one.lowered.fingerprint == other.lowered.fingerprint
        assert one.lowered == other.lowered
        assert one.lowered.trees() == other.lowered.trees()
        for statement in (one.statement, one.total):
            assert statement is None or not any(mark in statement.sql for mark in ("mark~", "kpictl", "\x00"))


def test_a_shape_that_occurs_once_is_lowered_by_itself(tmp_path: Path) -> None:
    written = project(tmp_path, ["country = 'DE'", "country <> 'DE'", "country = 'FR'"])
    found = lowering(written)
    assert isinstance(found, Outcomes)
    assert set(found.instances) == {"k0", "k1", "k4", "k5"}
    alone = lowering(written, ["k4"])
    assert isinstance(alone, Outcomes)
    assert not alone.instances
    for dialect in NAMES:
        both = [each.statement for each in compile_project(written, [dialect], lowered=found)]
        (one,) = compile_project(written, [dialect], ["kpi.k4"], lowered=alone)
        assert one.statement == both[4]


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
    _same(written, "postgres", shaped, direct)
