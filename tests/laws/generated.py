"""KPIs and rows that are generated: a measure, a filter, a grain and a zone over a small table; and a script of each.

What hypothesis makes small is small in both: the definition loses its terms, the table its rows.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from kpictl.kinds.lowered import Lowered
from kpictl.model.calendar import Calendar, calendar
from kpictl.model.project import Project
from kpictl.plan.lowering import lowering
from kpictl.project import load
from tests.laws.engine import Answer, differences, interpreted
from tests.laws.judged import answer, plain, statement_of
from tests.laws.world import CHANGES, MICROSECOND, Range, settings
from tests.oracles import CannotHold
from tests.oracles.judge import Table
from tests.oracles.plugin import Counted

COLUMNS = {"id": "integer", "at": "timestamptz", "amount": "numeric(10,2)", "qty": "integer", "kind": "text"}
_LOADED = "id:INTEGER at:TIMESTAMPTZ amount:DECIMAL(10,2) qty:INTEGER kind:TEXT"
GRAINS = ("hour", "day", "week", "month", "quarter")
ZONES = ("UTC", *CHANGES)


@dataclass(frozen=True, slots=True)
class Generated:
    """A KPI named `k` over the table `facts`, in a zone."""

    zone: str
    grain: str
    measure: str
    where: str | None
    by_kind: bool
    rows: tuple[tuple[Any, ...], ...]
    columns: tuple[tuple[str, str], ...] = tuple(COLUMNS.items())

    def definitions(self) -> dict[str, Any]:
        """What a file of kpis/ holds."""
        source = {"time": "at", "connection": "app", "history": "append", "key": ["id"], "complete": "now"}
        kpi: dict[str, Any] = {"measure": self.measure, "source": "facts", "grain": self.grain}
        if self.where is not None:
            kpi["where"] = self.where
        if self.by_kind:
            kpi["dimensions"] = ["kind"]
        return {"sources": {"facts": {**source, "columns": dict(self.columns)}}, "kpis": {"k": kpi}}

    def project(self) -> Project:
        """The same one for all rows: most of making a case small is leaving out rows."""
        return _project(replace(self, rows=()))

    def written(self) -> Project:
        """The definitions, read from a folder."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "kpis").mkdir()
            (root / "kpis" / "all.yml").write_text(yaml.safe_dump(self.definitions()), encoding="utf-8")
            (root / "kpi_project.yml").write_text(settings(self.zone), encoding="utf-8")
            loaded = load(root, profiles_dir=None, target=None, variables=None, profile=False)
        assert loaded.project is not None, loaded.diagnostics
        return loaded.project

    def lowered(self, project: Project) -> Lowered:
        found = lowering(project)["k"]
        assert isinstance(found, Lowered), (self.measure, self.where, found)
        return found

    def given(self) -> dict[str, list[dict[str, Any]]]:
        return {"facts": [dict(zip(COLUMNS, row, strict=True)) for row in self.rows]}

    def tables(self) -> dict[str, Table]:
        return {"facts": Table(columns=dict(self.columns), rows=list(self.rows), time="at")}

    def calendar(self) -> Calendar:
        return calendar(self.zone)

    def range(self) -> Range:
        """The buckets of all rows, and one more."""
        known, times = self.calendar(), [row[1] for row in self.rows]
        start = known.floor(min(times), self.grain)
        stop = known.next(known.next(known.floor(max(times), self.grain), self.grain), self.grain)
        return Range(start=start, stop=stop, as_of=stop - MICROSECOND * 1000)


@lru_cache(maxsize=64)
def _project(case: Generated) -> Project:
    return case.written()


# -- what is drawn


def _amounts() -> st.SearchStrategy[str]:
    column = st.sampled_from(("amount", "qty"))
    number = st.sampled_from(("0", "1", "2.5", "-3"))
    two = st.tuples(column, st.sampled_from(("+", "-", "*")), st.one_of(column, number)).map(" ".join)
    chosen = st.tuples(_conditions(), column).map(lambda it: f"case when {it[0]} then {it[1]} else 0 end")
    return st.one_of(
        column, two, column.map(lambda it: f"coalesce({it}, 1)"), column.map(lambda it: f"abs({it})"), chosen
    )


def _conditions() -> st.SearchStrategy[str]:
    compared = st.sampled_from(("=", "<>", "<", "<=", ">", ">="))
    simple = st.one_of(
        st.tuples(st.sampled_from(("amount", "qty")), compared, st.sampled_from(("0", "1", "2.5"))).map(" ".join),
        st.sampled_from(
            (
                "kind = 'a'",
                "kind <> 'a'",
                "kind in ('a', 'B')",
                "kind not in ('a')",
                "kind is null",
                "kind like 'b%'",
                "lower(kind) = 'b'",
                "qty between 1 and 3",
                "qty is not null",
                "amount > qty",
                "kind > 'a'",
                "(qty > 1) is not true",
                "coalesce(kind, 'x') = 'x'",
                "qty % 2 = 0",
            )
        ),
    )
    return st.recursive(
        simple,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(("and", "or")), inner).map(lambda it: f"({it[0]} {it[1]} {it[2]})"),
            inner.map(lambda it: f"not ({it})"),
        ),
        max_leaves=3,
    )


def _aggregates() -> st.SearchStrategy[str]:
    called = st.tuples(st.sampled_from(("sum", "avg", "min", "max", "count")), _amounts())
    plain_ = st.one_of(
        st.just("count(*)"),
        called.map(lambda it: f"{it[0]}({it[1]})"),
        st.just("count(distinct kind)"),
        st.just("count(distinct qty)"),
    )
    filtered = st.tuples(plain_, _conditions()).map(lambda it: f"{it[0]} filter (where {it[1]})")
    return st.one_of(plain_, filtered)


def _measures() -> st.SearchStrategy[str]:
    one = _aggregates()
    return st.one_of(
        one,
        st.tuples(one, st.sampled_from(("+", "-")), one).map(" ".join),
        st.tuples(one, one).map(lambda it: f"{it[0]} / nullif({it[1]}, 0)"),
        one.map(lambda it: f"coalesce({it}, 0)"),
    )


@st.composite
def _rows(draw: st.DrawFn, zone: str, grain: str) -> tuple[tuple[Any, ...], ...]:
    known = calendar(zone)
    around = CHANGES.get(zone, datetime(2024, 3, 1, tzinfo=UTC))
    day = known.local_date(around)
    days = st.integers(-2, 2) if grain == "hour" else st.integers(-40, 20)
    near = st.sampled_from([timedelta(0), timedelta(milliseconds=-1), timedelta(milliseconds=1), timedelta(hours=5)])
    at = st.one_of(
        st.builds(lambda n, off: known.day_start(day + timedelta(days=n)) + off, days, near),
        st.builds(lambda n, off: around + timedelta(minutes=30 * n) + off, st.integers(-3, 3), near),
    )
    cells = st.tuples(
        at.map(lambda it: it.astimezone(UTC)),
        st.one_of(st.none(), st.integers(-300, 900).map(lambda it: Decimal(it) / 100)),
        st.one_of(st.none(), st.integers(-2, 5)),
        st.sampled_from((None, "a", "b", "B", "", "a ")),
    )
    return tuple((number, *row) for number, row in enumerate(draw(st.lists(cells, min_size=1, max_size=8))))


@st.composite
def generated(draw: st.DrawFn, zones: tuple[str, ...] = ZONES) -> Generated:
    """Everything that can be drawn, the plainest first."""
    zone, grain = draw(st.sampled_from(zones)), draw(st.sampled_from(GRAINS))
    return Generated(
        zone=zone,
        grain=grain,
        measure=draw(_measures()),
        where=draw(st.one_of(st.none(), _conditions())),
        by_kind=draw(st.booleans()),
        rows=draw(_rows(zone, grain)),
    )


# -- whether it holds, and the script of what does not


def disagreement(case: Generated, target: str, judge: Counted) -> list[str]:
    """What a target says otherwise than the reference; nothing where it refuses the KPI or cannot hold the rows."""
    project = case.project()
    kpi, over = case.lowered(project), case.range()
    trees = [(kpi.finest, kpi.dimensions)] + ([] if kpi.total is None else [(kpi.total, ())])
    statements = [(tree, dims, statement_of(project, tree, target, over)) for tree, dims in trees]
    if all(statement is None for *_, statement in statements):
        return []
    try:
        judge.load(case.tables())
    except CannotHold:
        return []
    for tree, dims, statement in statements:
        if statement is not None:
            right = plain(interpreted(tree, case.given(), over, dims))
            found = differences(right, answer(judge, target, statement, dims))
            if found:
                return [f"{'by ' + ', '.join(dims) if dims else 'total'}; the reference against {target}", *found]
    return []


def script(case: Generated, told: list[str]) -> str:
    """A `.kpitest` case: the KPI, its rows, and the values that the reference has for the total."""
    project = case.project()
    kpi, over, known = case.lowered(project), case.range(), case.calendar()
    tree = kpi.finest if kpi.total is None else kpi.total
    right: Answer = interpreted(tree, case.given(), over, ())
    defined = yaml.safe_dump(case.definitions(), sort_keys=False, default_flow_style=None, width=1000)
    parts = [*(f"# {each}" for line in told for each in line.splitlines()), f"case {case.measure}", "settings"]
    parts += [*_indented(settings(case.zone).replace("name: world\n", "")), "define", *_indented(defined)]
    parts += ["load facts", f"  {_LOADED}"]
    parts += ["  " + " ".join(map(_cell, row)) for row in case.rows]
    parts += [
        f"now {over.stop + timedelta(days=2):%Y-%m-%dT%H:%MZ}",
        f"run --backfill {over.start:%Y-%m-%dT%H:%MZ}..{over.stop:%Y-%m-%dT%H:%MZ}",
        "eval k",
    ]
    for at in known.spine(over.start, over.stop, case.grain):
        found = right.get((at,))
        value = kpi.empty if found is None else found.get("value")
        shown = "- no_data" if value is None else f"{float(value):.12g} ok"
        parts.append(f"  {known.label(at, case.grain)} {shown}")
    return "\n".join(parts) + "\n"


def kept(folder: Path, case: Generated, told: list[str]) -> Path:
    """The script, written; in tests/runner/scripts it is played with the others."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "generated.kpitest"
    path.write_text(script(case, told), encoding="utf-8")
    return path


Check = Callable[[Generated], list[str]]


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    text = value.isoformat(sep=" ") if isinstance(value, datetime | date) else str(value)
    return f'"{text}"' if not text or text != text.strip() or " " in text else text


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.rstrip("\n").split("\n")]
