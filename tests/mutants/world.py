"""KPIs of `project.yml` over rows around Berlin's change of the clock and a month's end: the reference, and DuckDB's answer."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from kpictl.dialects.duckdb import DUCKDB
from kpictl.dialects.render import render
from kpictl.ir.relations import Relation
from kpictl.kinds.lowered import Lowered
from kpictl.passes import PASSES, Pass
from kpictl.passes.to_query import to_query
from kpictl.plan.lowering import lowering
from kpictl.project import load
from tests.corpus.compare import difference
from tests.interpreter.relations import Asked, compute
from tests.mutants.duckdb_fast import FastDuckdb
from tests.oracles.judge import Table

ZONE = "Europe/Berlin"
START, STOP = datetime(2024, 2, 27, 23, tzinfo=UTC), datetime(2024, 4, 4, 22, tzinfo=UTC)
HOURS = datetime(2024, 3, 30, 12, tzinfo=UTC), datetime(2024, 3, 31, 12, tzinfo=UTC)
MICRO = timedelta(microseconds=1)
_EDGES = (timedelta(), timedelta(microseconds=-1), timedelta(hours=1), timedelta(hours=11, minutes=30))


@cache
def lowered() -> dict[str, Lowered]:
    """Every KPI in the ir."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "kpis").mkdir()
        (root / "kpis" / "all.yml").write_text((Path(__file__).parent / "project.yml").read_text())
        (root / "kpi_project.yml").write_text(f"name: mutants\ntimezone: {ZONE}\nweek_start: sunday\n")
        loaded = load(root, profiles_dir=None, target=None, variables=None, profile=False)
    assert loaded.project is not None
    assert not loaded.diagnostics, loaded.diagnostics
    found = {}
    for name, outcome in lowering(loaded.project).items():
        assert isinstance(outcome, Lowered), (name, outcome)
        found[name] = outcome
    return found


@cache
def rows() -> dict[str, list[dict[str, Any]]]:
    """Rows at midnights, an instant before them, around the change of the clock, with NULLs and gaps of days."""
    random = Random(7)
    found: dict[str, list[dict[str, Any]]] = {"events": [], "days": [], "people": [], "terms": [], "spans": []}
    for n in range(220):
        day = date(2024, 2, 10) + timedelta(days=random.randrange(56))
        summer = day >= date(2024, 3, 31)
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(
            hours=2 if day > date(2024, 3, 31) else 1
        )
        shared = {
            "id": n,
            "who": random.choice(["u1", "u2", "u3", "u4", None]),
            "amount": random.choice([1, 2, 5, 10, None]),
            "qty": random.choice([1, 2, 3, 4, None]),
            "kind": random.choice(["a", "b", None]),
        }
        at = midnight + random.choice(_EDGES) + timedelta(minutes=30 * (n % 5) if summer else 0)
        found["events"].append({**shared, "at": at})
        found["days"].append({**shared, "day": day})
    # Rows at the ends of the range, days without events and days without dates.
    for n, at in enumerate((START, STOP, START - MICRO, STOP - MICRO), 900):
        found["events"].append({"id": n, "who": "u1", "amount": 3, "qty": 3, "kind": "a", "at": at})
    found["events"] = [row for row in found["events"] if row["at"].date() not in (date(2024, 3, 5), date(2024, 3, 6))]
    found["days"] = [row for row in found["days"] if row["day"] not in (date(2024, 3, 12), date(2024, 3, 13))]
    # Of the last of January, a month's window still sees the last of February.
    found["days"].append({"id": 950, "who": "u9", "amount": 4, "qty": 4, "kind": "a", "day": date(2024, 1, 31)})
    found["people"] = [{"who": f"u{n}", "country": country} for n, country in ((1, "DE"), (2, "FR"), (3, None))]
    for n in range(40):
        first = date(2024, 2, 20) + timedelta(days=random.randrange(45))
        last = random.choice([None, first + timedelta(days=random.randrange(1, 20))])
        plan = random.choice(["x", "y", None])
        found["terms"].append({"id": n, "plan": plan, "amount": n % 4 + 1, "started": first, "ended": last})
        begin = datetime(2024, 3, 30, 22, tzinfo=UTC) + timedelta(minutes=30 * random.randrange(20))
        end = random.choice([None, begin + timedelta(minutes=30 * random.randrange(1, 9))])
        found["spans"].append({"id": n, "plan": plan, "amount": 1, "started": begin, "ended": end})
    return found


@cache
def tables() -> dict[str, Table]:
    """These rows, as judges load them."""
    text, kinds = (Path(__file__).parent / "project.yml").read_text(), {"integer": "int"}
    found = {}
    for name, source in yaml.safe_load(text)["sources"].items():
        columns = {column: kinds.get(kind, kind) for column, kind in source["columns"].items()}
        found[name] = Table(columns, [tuple(row[column] for column in columns) for row in rows()[name]])
    return found


@cache
def judge() -> FastDuckdb:
    """DuckDB with these rows."""
    return FastDuckdb(tables())


def asked(tree: Lowered) -> Asked:
    """The range of buckets of a KPI: hours around the change of the clock, else five weeks."""
    start, stop = HOURS if tree.grain.unit == "hour" else (START, STOP)
    if tree.grain.unit in ("week", "month"):
        start, stop = datetime(2024, 1, 31, 23, tzinfo=UTC), datetime(2024, 3, 31, 22, tzinfo=UTC)
    if tree.grain.unit == "week":
        start, stop = datetime(2024, 2, 24, 23, tzinfo=UTC), datetime(2024, 3, 30, 23, tzinfo=UTC)
    return Asked(tables=rows(), start=start, stop=stop, as_of=stop - MICRO)


@cache
def truth(name: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """The reference's rows of a KPI, and the names of their columns."""
    kpi = lowered()[name]
    found = compute(kpi.finest, asked(kpi))
    names = tuple(found[0])
    return names, [tuple(row[n] for n in names) for row in found]


def statement(name: str, passes: Sequence[Pass] = PASSES) -> tuple[str, tuple[str, ...]]:
    """The SQL of a KPI and its parameters."""
    tree: Relation = lowered()[name].finest
    for apply in passes:
        tree = apply(tree)
    done = render(to_query(tree, with_denominator=True), DUCKDB, relations=lambda source: (source,))
    return done.sql, done.parameters


def wrong(name: str, made: tuple[str, tuple[str, ...]]) -> str | None:
    """Where DuckDB's answer to a statement is not the reference's."""
    over = asked(lowered()[name])
    values = {"from": over.start, "to": over.stop, "as_of": over.as_of}
    answer = judge().execute(made[0], {parameter: values[parameter] for parameter in made[1]})
    names, expected = truth(name)
    at = [answer.columns.index(n) for n in names]
    return difference(expected, [tuple(row[i] for i in at) for row in answer.rows], False)
