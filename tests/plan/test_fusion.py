"""The law of fusion: KPIs that share a scan have the numbers that each has by itself, bit for bit on integers and decimals.

Over generated projects and rows, on DuckDB and PostgreSQL, in each form that a shared statement can take.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpictl.diagnostics import Refused
from kpictl.dialects import named
from kpictl.engines import Rows
from kpictl.engines.findings import QueryFailed
from kpictl.ir.serialize import canonical
from kpictl.model.kpis import CumulativeSpec, RatioSpec
from kpictl.model.project import Project
from kpictl.plan import cost_model
from kpictl.plan.compile import compile_project
from kpictl.plan.compiled import Compiled, Statement
from kpictl.plan.due import make_plan
from kpictl.plan.fusion import Fusion, Statistics, Task, fuse
from kpictl.plan.inputs import Asked, Extent
from kpictl.plan.plan import Step
from kpictl.plan.state import StoreState
from kpictl.project import load
from kpictl.runner.axis import Axis
from kpictl.runner.shared import SharedAnswers
from kpictl.runner.values import ValueMaker
from tests.oracles.judge import Table

SOURCES = """sources:
  orders:
    relation: orders
    time: created_at
    complete: now
    columns: {id: bigint, user_id: bigint, country: text, status: text, amount: "numeric(12,2)", score: double, n: int,
              vip: boolean, day: date, created_at: timestamptz}
    joins: {users: {on: "orders.user_id = users.id", type: many_to_one}}
    dimensions: {city: users.city, weekday: "extract(isodow from day)"}
  users:
    relation: users
    key: [id]
    columns: {id: bigint, city: text, age: int}
"""
MEASURES = [
    "sum(amount)",
    "count(*)",
    "sum(n)",
    "avg(amount)",
    "avg(n)",
    "min(amount)",
    "max(n)",
    "count(status)",
    "sum(amount) / count(*)",
    "sum(case when status = 'paid' then amount end) / sum(n)",
    "count(*) filter (where status = 'paid' and n > 3) / count(*)",
    "sum(amount) filter (where vip) - coalesce(sum(n), 0)",
    "sum(n) + 1",
    "count(*) + 1",
    "sum(score)",
    "avg(score)",
    "count(distinct user_id)",
    "count(distinct user_id) / count(*)",
    "percentile(n, 0.5)",
]
FILTERS = [
    "",
    "country = 'DE'",
    "country <> 'DE'",
    "status = 'paid'",
    "status = 'paid' and country in ('DE', 'FR')",
    "country is null or vip",
    "n > 3",
    "amount > 5.5 and status = 'paid'",
    "score > 0 and country = 'FR'",
    "not (country = 'DE')",
    "users.city = 'Rome'",
    "users.age > 30 and status = 'open'",
    "n / 0 > 1",
    "country like 'D%' and n between 2 and 7",
]
DIMENSIONS = ["", "country", "status", "country, status", "vip", "city", "weekday"]
GRAINS = ["day", "day", "week", "month", "quarter", "hour"]
WINDOWS = {
    "day": ["3d", "28d", "1 month"],
    "week": ["3w"],
    "month": ["2 months"],
    "quarter": ["1 year"],
    "hour": ["5h"],
}
ZONES = ["UTC", "Europe/Berlin", "America/St_Johns"]
NOW = datetime(2024, 4, 3, 12, tzinfo=UTC)


@st.composite
def definitions(draw: st.DrawFn) -> str:
    """A few KPIs over the same rows."""
    many = st.lists(
        st.tuples(*map(st.sampled_from, (MEASURES, FILTERS, DIMENSIONS, GRAINS, ["", "day"]))), min_size=2, max_size=9
    )
    texts = []
    windows = st.sampled_from([True, False, False])
    for i, (measure, where, dimensions, grain, time) in enumerate(draw(many)):
        grain = "day" if time and grain == "hour" else grain
        text = f'  k{i}: {{measure: "{measure}", source: orders, grain: {grain}'
        if draw(windows):
            text += f", window: {draw(st.sampled_from(WINDOWS[grain]))}"
        elif grain in ("day", "month") and draw(windows):
            texts.append(
                f"  c{i}: {{cumulative: {{of: k{i}, to_date: {draw(st.sampled_from(['quarter', 'year']))}}}}}\n"
            )
        text += f', where: "{where}"' if where else ""
        text += f", dimensions: [{dimensions}]" if dimensions else ""
        text += f", time: {time}" if time else ""
        text += ", start: 2024-02-15" if draw(st.booleans()) else ", start: 2024-01-01"
        texts.append(text + "}\n")
    if len(texts) > 2 and draw(st.booleans()):
        texts.append("  r: {ratio: {numerator: k0, denominator: k1}}\n")
    return f"timezone: {draw(st.sampled_from(ZONES))}\n", SOURCES + "kpis:\n" + "".join(texts)  # type: ignore[return-value]


def _rows(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    small = st.integers(min_value=-3, max_value=9)
    row = st.tuples(
        st.one_of(st.none(), st.integers(1, 5)),
        st.sampled_from(["DE", "FR", "", None, "d'E"]),
        st.sampled_from(["paid", "open", None]),
        st.one_of(st.none(), st.decimals(-1000, 99999, places=2)),
        st.one_of(st.none(), st.floats(-1e6, 1e6, allow_nan=False)),
        st.one_of(st.none(), small),
        st.one_of(st.none(), st.booleans()),
        st.integers(0, 92 * 24 * 12),
    )
    found = []
    for i, (user, country, status, amount, score, n, vip, at) in enumerate(draw(st.lists(row, max_size=40))):
        moment = datetime(2023, 12, 30, tzinfo=UTC) + timedelta(minutes=5 * at)
        found.append((i, user, country, status, amount, score, n, vip, moment.date(), moment))
    return found


TYPES = {
    "id": "bigint", "user_id": "bigint", "country": "text", "status": "text", "amount": "numeric(12,2)", "score": "double",
    "n": "int", "vip": "boolean", "day": "date", "created_at": "timestamptz",
}  # fmt: skip
USERS = Table({"id": "bigint", "city": "text", "age": "int"}, [(1, "Rome", 20), (2, "Oslo", 40), (3, None, 50)])


def _kept(seed: int) -> list[tuple[Any, ...]]:
    any_of = Random(seed)
    found = []
    for i in range(60):
        moment = datetime(2023, 12, 30, tzinfo=UTC) + timedelta(minutes=5 * any_of.randrange(92 * 24 * 12))
        row = (
            any_of.choice([None, 1, 2, 3, 4, 5]),
            any_of.choice(["DE", "FR", "", None, "d'E"]),
            any_of.choice(["paid", "open", None]),
            any_of.choice([None, Decimal(any_of.randrange(-9999, 999999)) / 100]),
            any_of.choice([None, any_of.uniform(-1e6, 1e6)]),
            any_of.choice([None, any_of.randrange(-3, 10)]),
            any_of.choice([None, True, False]),
        )
        found.append((i, *row, moment.date(), moment))
    return found


KEPT = [_kept(seed) for seed in range(3)]


class Judged:
    """An engine of tests: a judge with the tables loaded."""

    def __init__(self, execute: Any) -> None:
        self.execute = execute
        self.asked = 0

    def query(self, statement: Statement, values: Mapping[str, datetime]) -> Rows:
        self.asked += 1
        asked = {p.name: values[p.name] for p in statement.parameters}
        columns, rows = self.execute(statement.sql, asked)
        return Rows(columns=tuple(columns), rows=[tuple(row) for row in rows])


def project(folder: Path, text: tuple[str, str]) -> Project:
    (folder / "kpis").mkdir(parents=True, exist_ok=True)
    (folder / "kpi_project.yml").write_text("name: fusion\n" + text[0])
    (folder / "kpis" / "all.yml").write_text(text[1])
    loaded = load(folder, profile=False)
    assert loaded.project is not None, loaded.diagnostics
    return loaded.project


def planned(written: Project, dialect: str) -> tuple[list[Step], dict[str, Compiled]]:
    """The steps of a first run, every bucket due."""
    nodes = compile_project(written, (dialect,), run=True)
    for node in nodes:
        assert node.lowered is None or canonical(node.lowered.bare) == canonical(node.lowered.trees())
    extents = {"orders": Extent(first=datetime(2024, 1, 1, tzinfo=UTC), last=NOW)}
    plan = make_plan(written, nodes, StoreState(), Asked(now=NOW), extents)
    return list(plan.steps), {each.name: each for each in nodes}


def computed(steps: list[Step], nodes: dict[str, Compiled], engine: Any, fusion: Fusion) -> dict[str, list[Any]]:
    """The stored values of each KPI."""
    shared = SharedAnswers(fusion, lambda _connection, _kpi: engine)
    axes: dict[Any, Axis] = {}
    found = {}
    for step in steps:
        node = nodes[step.kpi]
        assert node.lowered is not None
        axis = axes.setdefault(step.grain, Axis(step.grain))
        maker = ValueMaker(step, node.lowered, axis)
        for n, each in enumerate(step.evaluations):
            values = {"from": each.start, "to": each.stop, "as_of": each.as_of}
            for total, statement in ((False, node.statement), (True, node.total)):
                if statement is None or shared.take(Task(kpi=step.kpi, evaluation=n, total=total), maker, axis):
                    continue
                maker.add(engine.query(statement, values), each, () if total else node.lowered.dimensions)
        made = maker.values(step.evaluations)
        rows = zip(made.times, made.dimensions, made.values, made.statuses, made.metadata, strict=True)
        found[step.kpi] = sorted(rows, key=lambda row: row[:2])
    return found


@pytest.fixture(params=["as the cost model says", "two stages", "one stage", "two stages, dates looked up"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    costs = dict(cost_model.COSTS)
    if "looked up" in request.param:
        monkeypatch.setattr(cost_model, "by_calendar", lambda _costs, _rows, _hours: 1e-9)
        monkeypatch.setattr(cost_model, "LONG", timedelta(0))
    if request.param.startswith("two stages"):
        monkeypatch.setattr(cost_model, "in_two_stages", lambda _costs, _size: -1.0)
    if request.param == "one stage":
        monkeypatch.setattr(cost_model, "in_two_stages", lambda _costs, _size: math.inf)
        monkeypatch.setattr(cost_model, "in_one_stage", lambda _costs, _size: -1.0)
        monkeypatch.setattr(
            cost_model, "COSTS", {n: replace(c, heavy_apart=False, grouping_sets=True) for n, c in costs.items()}
        )
    return str(request.param)


LAW = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _few(_source: str, columns: tuple[str, ...]) -> tuple[int, dict[str, int | None]]:
    return 40, {c: None if c == "user_id" else 5 for c in columns}


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
@given(data=st.data())
@LAW
def test_shared_is_one_by_one(tmp_path: Path, form: str, judge: Any, dialect: str, data: st.DataObject) -> None:
    written = project(tmp_path, data.draw(definitions()))
    # A set of rows is a database on PostgreSQL: a few that are kept.
    rows = data.draw(st.composite(_rows)()) if dialect == "duckdb" else KEPT[data.draw(st.integers(0, len(KEPT) - 1))]
    bench = judge(dialect)
    bench.load({"orders": Table(TYPES, rows), "users": USERS})

    def execute(sql: str, values: Mapping[str, datetime]) -> tuple[Any, Any]:
        answer = bench.execute(sql, values or None, named(dialect).settings)
        return answer.columns, answer.rows

    engine = Judged(execute)
    steps, nodes = planned(written, dialect)
    fusion = fuse(written, steps, nodes, _few)
    plain = computed(steps, nodes, engine, Fusion())
    asked, engine.asked = engine.asked, 0
    fused = computed(steps, nodes, engine, fusion)
    assert asked == fusion.before
    assert engine.asked == fusion.after
    for step in steps:
        assert_same(plain[step.kpi], fused[step.kpi], exact=not _of_doubles(written, step.kpi))


def _of_doubles(written: Project, kpi: str) -> bool:
    spec = written.kpis[kpi].spec
    below = [spec.of] if isinstance(spec, CumulativeSpec) else []
    below += [spec.numerator, spec.denominator] if isinstance(spec, RatioSpec) else []
    return "score" in str(spec) or any(_of_doubles(written, each) for each in below)


def assert_same(plain: list[Any], fused: list[Any], *, exact: bool) -> None:
    if exact:
        assert fused == plain
        return
    assert [(r[0], r[1], r[3]) for r in fused] == [(r[0], r[1], r[3]) for r in plain]
    for a, b in zip(plain, fused, strict=True):
        assert a[2] == b[2] or math.isclose(a[2], b[2], rel_tol=1e-12, abs_tol=1e-6), (a, b)


def _shared(
    folder: Path, kpis: str, dialect: str = "duckdb", *, zone: str = "UTC", statistics: Statistics | None = None
) -> Fusion:
    written = project(folder, (f"timezone: {zone}\n", SOURCES + "kpis:\n" + kpis))
    steps, nodes = planned(written, dialect)
    return fuse(written, steps, nodes, statistics or _few_of_many)


def _few_of_many(_source: str, columns: tuple[str, ...]) -> tuple[int, dict[str, int | None]]:
    return 1_000_000, {c: None if c in ("user_id", "n", "id") else 5 for c in columns}


def test_many_sums_are_one_statement_in_two_stages(tmp_path: Path) -> None:
    kpis = "".join(
        f"  k{i}: {{measure: sum(amount), source: orders, where: \"country = 'C{i}'\", start: 2024-01-01}}\n"
        for i in range(20)
    )
    fusion = _shared(tmp_path, kpis)
    assert (fusion.before, fusion.after) == (20, 1)
    assert fusion.shared[0].statement.sql.startswith("WITH states AS")


def test_a_total_and_a_month_read_the_days_of_the_finest_set(tmp_path: Path) -> None:
    text = "measure: sum(amount), source: orders, dimensions: [country], start: 2024-01-01"
    fusion = _shared(tmp_path, f"  day: {{{text}, grain: day}}\n  month: {{{text}, grain: month}}\n")
    assert fusion.before - fusion.after == 3
    assert fusion.shared[0].parts == 4


def test_a_window_a_month_and_a_ratio_read_the_same_days(tmp_path: Path) -> None:
    text = "source: orders, start: 2024-01-01"
    kpis = (
        f"  days: {{measure: sum(amount), {text}, grain: day}}\n"
        f"  trailing: {{measure: sum(amount), {text}, grain: day, window: 28d}}\n"
        f"  month: {{measure: sum(amount), {text}, grain: month}}\n"
        f"  orders: {{measure: count(*), {text}, grain: day}}\n"
        "  mean: {ratio: {numerator: days, denominator: orders}}\n"
        "  year: {cumulative: {of: mean, to_date: year}}\n"
    )
    for dialect in ("duckdb", "postgres"):
        fusion = _shared(tmp_path, kpis, dialect)
        # The month that is open is read by itself, as of now.
        assert (fusion.before, fusion.after) == (7, 2)
        assert fusion.shared[0].statement.sql.count("FROM orders") == 1


def test_filters_on_columns_of_many_values_are_inside_of_aggregates(tmp_path: Path) -> None:
    kpis = "".join(
        f'  k{i}: {{measure: sum(amount), source: orders, where: "n > {i}", start: 2024-01-01}}\n' for i in range(12)
    )
    assert "CASE WHEN n > 3 THEN amount END" in _shared(tmp_path, kpis).shared[0].statement.sql
    assert "FILTER (WHERE n > 3)" in _shared(tmp_path, kpis, "postgres").shared[0].statement.sql


def test_distinct_counts_are_apart_on_duckdb(tmp_path: Path) -> None:
    kpis = "".join(
        f"  k{i}: {{measure: count(distinct user_id), source: orders, where: \"country = 'C{i}'\", start: 2024-01-01}}\n"
        for i in range(3)
    )
    assert _shared(tmp_path, kpis).after == 3
    assert _shared(tmp_path, kpis, "postgres").after == 1


def test_a_set_and_its_total_are_grouping_sets_on_postgresql(tmp_path: Path) -> None:
    kpis = "  k: {measure: count(distinct user_id), source: orders, dimensions: [country], start: 2024-01-01}\n"
    assert _shared(tmp_path, kpis).after == 2
    fusion = _shared(tmp_path, kpis, "postgres")
    assert (fusion.after, fusion.shared[0].parts) == (1, 2)
    assert "GROUPING SETS" in fusion.shared[0].statement.sql


def test_ranges_that_lie_apart_are_read_apart(tmp_path: Path) -> None:
    written = project(tmp_path, ("", SOURCES + "kpis:\n" + _PAIR))
    steps, nodes = planned(written, "duckdb")

    def only(step: Step, start: datetime, stop: datetime) -> Step:
        return replace(step, evaluations=(replace(step.evaluations[0], start=start, stop=stop),))

    january, march = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)
    apart = [only(steps[0], january, january + timedelta(days=9)), only(steps[1], march, march + timedelta(days=9))]
    assert fuse(written, apart, nodes, _few_of_many).after == 2
    within = [only(steps[0], january, march), only(steps[1], january + timedelta(days=9), january + timedelta(days=20))]
    assert fuse(written, within, nodes, _few_of_many).after == 1


def test_dates_of_many_rows_in_a_zone_are_looked_up(tmp_path: Path) -> None:
    kpis = "".join(f"  k{i}: {{measure: sum(n), source: orders, where: n > {i}, grain: day}}\n" for i in range(5))
    many, few = (10_000_000, {}), (1_000, {})
    for zone, counts, expected in (("Europe/Berlin", many, 1), ("Europe/Berlin", few, 0), ("UTC", many, 0)):
        fusion = _shared(tmp_path / f"{zone[:3]}{counts[0]}", kpis, zone=zone, statistics=lambda *_, c=counts: c)
        texts = [each.statement.sql for each in fusion.shared]
        assert sum("calendar.dates" in text for text in texts) == expected


def test_a_number_that_shares_with_none_has_its_dates_looked_up(tmp_path: Path) -> None:
    kpi = "  k: {measure: count(distinct user_id), source: orders, grain: month}\n"
    counts: Any = lambda *_: (10_000_000, {"id": 1_000})  # noqa: E731
    alone = _shared(tmp_path / "a", kpi, zone="Europe/Berlin", statistics=counts).shared
    assert [len(each.readers) for each in alone] == [1] * len(alone)
    assert any("calendar.dates" in each.statement.sql for each in alone)
    assert not _shared(tmp_path / "b", kpi, zone="UTC", statistics=counts).shared
    assert not _shared(tmp_path / "c", kpi, dialect="postgres", zone="Europe/Berlin", statistics=counts).shared
    few = "  k: {measure: count(*), source: orders, grain: month, where: id = 7}\n"
    assert not _shared(tmp_path / "d", few, zone="Europe/Berlin", statistics=counts).shared


def test_a_failing_kpi_fails_alone(tmp_path: Path) -> None:
    written = project(tmp_path, ("", SOURCES + "kpis:\n" + _PAIR))
    steps, nodes = planned(written, "duckdb")
    fusion = fuse(written, steps, nodes, _few_of_many)
    assert fusion.after == 1

    def execute(sql: str, _values: Mapping[str, datetime]) -> tuple[Any, Any]:
        if "sum(amount)" in sql:
            raise Refused([QueryFailed.at(None, "no such column")])
        return ["time", "value"], [(date(2024, 2, 3), 7)]

    engine = Judged(execute)
    shared = SharedAnswers(fusion, lambda _connection, _kpi: engine)
    axis = Axis(steps[1].grain)
    lowered = nodes["b"].lowered
    assert lowered is not None
    maker = ValueMaker(steps[1], lowered, axis)
    task = Task(kpi="b", evaluation=0, total=False)
    assert not shared.take(task, maker, axis)
    assert not shared.take(task, maker, axis)
    assert engine.asked == 1, "what has failed is not asked again"


_PAIR = """\
  a: {measure: sum(amount), source: orders, start: 2024-01-01}
  b: {measure: count(*), source: orders, start: 2024-01-01}
"""
