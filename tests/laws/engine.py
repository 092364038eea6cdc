"""What DuckDB answers to a tree, and how two answers are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import duckdb

from kpictl.dialects import named
from kpictl.dialects.render import render
from kpictl.ir.query import Query
from kpictl.ir.relations import Relation
from kpictl.passes import optimized
from kpictl.passes.to_query import to_query
from tests.interpreter.relations import Asked, compute
from tests.laws.world import Range, Rows, project
from tests.oracles.judge import Table

Answer = dict[tuple[Any, ...], dict[str, Any]]
"""Values by time and dimensions."""
_TYPES = {"text": "VARCHAR", "timestamptz": "TIMESTAMPTZ"}


def connection() -> duckdb.DuckDBPyConnection:
    """DuckDB with the tables of the sources, empty."""
    found = duckdb.connect(config={"threads": 1})
    found.execute("SET TimeZone = 'UTC'")
    for source in project("Asia/Kolkata").sources.values():
        columns = ", ".join(f'"{c.name}" {_TYPES.get(str(c.type), str(c.type))}' for c in source.columns)
        found.execute(f'CREATE TABLE "{source.name}" ({columns})')
    return found


def fill(engine: duckdb.DuckDBPyConnection, given: Rows) -> None:
    """Replaces all rows, a statement a table."""
    for source in project("Asia/Kolkata").sources.values():
        engine.execute(f'DELETE FROM "{source.name}"')
        found = given.get(source.name, [])
        if found:
            marks = "(" + ", ".join("?" for _ in source.columns) + ")"
            values = [row.get(c.name) for row in found for c in source.columns]
            engine.execute(f'INSERT INTO "{source.name}" VALUES {", ".join([marks] * len(found))}', values)


def tables(zone: str, given: Rows) -> dict[str, Table]:
    """The rows of a world as a judge holds them."""
    return {
        source.name: Table(
            columns={column.name: str(column.type) for column in source.columns},
            rows=[tuple(row.get(column.name) for column in source.columns) for row in given.get(source.name, [])],
            time=source.time,
        )
        for source in project(zone).sources.values()
    }


@cache
def statement(tree: Relation, *, passes: bool = True) -> tuple[str, tuple[str, ...]]:
    """The SQL of a tree and its parameters."""
    return printed(to_query(optimized(tree) if passes else tree, with_denominator=True))


def printed(query: Query) -> tuple[str, tuple[str, ...]]:
    """The SQL of a query and its parameters."""
    done = render(query, named("duckdb"), relations=lambda name: (name,))
    return done.sql, done.parameters


def answer(
    engine: duckdb.DuckDBPyConnection,
    tree: Relation,
    over: Range,
    dimensions: tuple[str, ...],
    *,
    passes: bool = True,
) -> Answer:
    """What DuckDB says about the buckets of a range."""
    return told(asked(engine, statement(tree, passes=passes), over), dimensions)


def asked(engine: duckdb.DuckDBPyConnection, text: tuple[str, tuple[str, ...]], over: Range) -> list[dict[str, Any]]:
    """The rows of a statement, by column name, instants in UTC."""
    sql, names = text
    values = {"from": over.start, "to": over.stop, "as_of": over.as_of}
    done = engine.execute(sql, {name: values[name] for name in names})
    columns = [c[0] for c in done.description]
    return [dict(zip(columns, map(_utc, row), strict=True)) for row in done.fetchall()]


def interpreted(tree: Relation, given: Rows, over: Range, dimensions: tuple[str, ...]) -> Answer:
    """What the reference says about the buckets of a range."""
    found = compute(tree, Asked(tables=given, start=over.start, stop=over.stop, as_of=over.as_of))
    return told(found, dimensions)


def _utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo is not None else value


def told(found: Sequence[Mapping[str, Any]], dimensions: tuple[str, ...]) -> Answer:
    """Rows by time and dimensions, no two of one key."""
    keys = ["time", *dimensions]
    result: Answer = {}
    for row in found:
        key = tuple(row.get(k) for k in keys)
        assert key not in result, f"two rows for {key}"
        result[key] = {k: v for k, v in row.items() if k not in keys}
    return result


def differences(one: Answer, other: Answer) -> list[str]:
    """What differs, in words; numbers may differ by 1e-9 of themselves."""
    said = [
        f"{_key(key)}: {one.get(key, 'no row')} against {other.get(key, 'no row')}" for key in one.keys() ^ other.keys()
    ]
    for key in one.keys() & other.keys():
        a, b = one[key], other[key]
        unlike = [name for name in a.keys() | b.keys() if not near(a.get(name), b.get(name))]
        said += [f"{_key(key)} {name}: {a.get(name)!r} against {b.get(name)!r}" for name in unlike]
    return sorted(said)


def _key(key: tuple[Any, ...]) -> str:
    return " ".join(each.isoformat() if isinstance(each, datetime) else repr(each) for each in key)


def near(a: Any, b: Any) -> bool:
    """Whether two numbers are one; NULL is NULL alone."""
    if a is None or b is None or isinstance(a, str):
        return bool(a == b)
    return abs(float(a) - float(b)) <= 1e-9 * max(abs(float(a)), abs(float(b)), 1)
