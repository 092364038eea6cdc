"""Generated projects of any size, with the same content for kpictl and for its peers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

_EVENTS = ("view", "cart", "pay", "login", "search")
_COUNTRIES = ("DE", "FR", "US", "GB", "IN", "BR", "JP", "PL")
_MEASURES = ("sum(amount)", "count(*)", "avg(amount)", "min(amount)", "max(amount)", "count(distinct user_id)")

SOURCES = """sources:
  events:
    connection: app
    relation: events
    time: created_at
    history: append
    complete: now
    key: [id]
    columns:
      id: bigint
      user_id: bigint
      event_type: text
      country: text
      amount: double
      created_at: timestamptz
"""

PROFILE = """bench:
  target: dev
  outputs:
    dev:
      store: {type: duckdb, path: target/kpis.duckdb}
      as_of: 2025-01-01T00:00
      connections:
        app: {type: duckdb, files: data}
"""


def measure_kpi(i: int) -> str:
    """The i-th measure: one of six aggregates with a filter of its own."""
    return (
        f"  kpi_{i:05d}:\n"
        f"    description: Measure number {i}\n"
        f"    measure: {_MEASURES[i % 6]}\n"
        f"    source: events\n"
        f"    where: event_type = '{_EVENTS[i % 5]}' and country = '{_COUNTRIES[i % 8]}' and amount > {i}\n"
        f"    grain: day\n"
        f"    owner: data@nexpo.example\n"
    )


def additive_kpi(i: int) -> str:
    """The i-th additive measure: equality filters on columns of few values."""
    aggregate = ("sum(amount)", "count(*)")[i % 2]
    return (
        f"  kpi_{i:05d}:\n"
        f"    measure: {aggregate}\n"
        f"    source: events\n"
        f"    where: event_type = '{_EVENTS[i % 5]}' and country = '{_COUNTRIES[(i // 5) % 8]}'\n"
        f"    grain: day\n"
        f"    start: 2024-01-01\n"
    )


def query_kpi(i: int, shapes: int | None = None) -> str:
    """The i-th query; of `shapes` different texts up to literals, or each of another shape when None."""
    shape = i if shapes is None else i % shapes
    total = f"c_{shape}_0"
    extra = "".join(f" + COALESCE(SUM(CASE WHEN country = 'X{k}' THEN {total} END), 0)" for k in range(shape % 7))
    columns = ", ".join(f"SUM(amount) AS c_{shape}_{k}" for k in range(1 + shape % 3))
    return (
        f"  kpi_{i:05d}:\n"
        f"    description: Query number {i}\n"
        f"    query: >-\n"
        f"      WITH daily_{shape} AS (SELECT DATE_TRUNC('day', created_at) AS day, country, {columns} FROM events\n"
        f"      WHERE event_type = '{_EVENTS[i % 5]}' AND amount > {i} GROUP BY 1, 2)\n"
        f"      SELECT day AS time, SUM({total}){extra} AS value\n"
        f"      FROM daily_{shape} WHERE country IS NOT NULL GROUP BY day\n"
    )


def kpictl_project(root: Path, definitions: Sequence[str], *, a_file_each: bool = False, zone: str = "UTC") -> None:
    """Writes a kpictl project of these definitions, whose days are those of a zone."""
    (root / "kpis").mkdir(parents=True, exist_ok=True)
    (root / "data").mkdir(exist_ok=True)
    (root / "kpi_project.yml").write_text(f"name: bench\nstart: 2024-01-01\ntimezone: {zone}\n")
    (root / "profiles.yml").write_text(PROFILE)
    (root / "kpis" / "sources.yml").write_text(SOURCES)
    if a_file_each:
        for i, text in enumerate(definitions):
            (root / "kpis" / f"kpi_{i:05d}.yml").write_text("category: business\nkpis:\n" + text)
    else:
        (root / "kpis" / "all.yml").write_text("category: business\nkpis:\n" + "".join(definitions))


def edit(path: Path, line: str) -> None:
    """Changes a file: puts a line at its end, or takes it away again."""
    text = path.read_text()
    path.write_text(text.removesuffix(line) if text.endswith(line) else text + line)


def events(path: Path, rows: int, *, days: int = 366) -> None:
    """A Parquet file of `rows` events over a year, the same at every run."""
    import duckdb

    connection = duckdb.connect()
    types, countries = str(list(_EVENTS)), str(list(_COUNTRIES))
    connection.execute(
        f"""
        COPY (
          SELECT i AS id, (hash(i) % 100000)::BIGINT AS user_id,
                 {types}[1 + (hash(i + 1) % 5)::BIGINT] AS event_type,
                 {countries}[1 + (hash(i + 2) % 8)::BIGINT] AS country,
                 ((hash(i + 3) % 100000) / 100.0)::DOUBLE AS amount,
                 TIMESTAMPTZ '2024-01-01 00:00:00+00'
                   + INTERVAL ((hash(i + 4) % ({days} * 86400))::BIGINT) SECOND AS created_at
          FROM range({rows}) AS r(i)
        ) TO '{path}' (FORMAT parquet)
        """
    )


def sidemantic_project(root: Path, count: int, *, a_file_each: bool = False) -> None:
    """The same measures for sidemantic: one model, its metrics with filters, and two scripts.

    `load.py` reads the project and makes no SQL, `compile.py` makes the SQL of each metric by day, too.
    """
    (root / "models").mkdir(parents=True, exist_ok=True)
    aggregates = ("sum", "count", "avg", "min", "max", "count_distinct")

    def metric(i: int) -> str:
        aggregate = aggregates[i % 6]
        sql = {"count": "id", "count_distinct": "user_id"}.get(aggregate, "amount")
        filters = [f"event_type = '{_EVENTS[i % 5]}'", f"country = '{_COUNTRIES[i % 8]}'", f"amount > {i}"]
        return (
            f"      - name: kpi_{i:05d}\n        agg: {aggregate}\n        sql: {sql}\n"
            f"        filters: {json.dumps(filters)}\n"
        )

    def model(name: str, metrics: str) -> str:
        return (
            f"models:\n  - name: {name}\n    table: events\n    primary_key: id\n    dimensions:\n"
            "      - name: created_at\n        type: time\n        sql: created_at\n        granularity: day\n"
            f"    metrics:\n{metrics}"
        )

    if a_file_each:
        for i in range(count):
            (root / "models" / f"m{i:05d}.yml").write_text(model(f"events{i:05d}", metric(i)))
    else:
        (root / "models" / "all.yml").write_text(model("events", "".join(metric(i) for i in range(count))))
    load = (
        "import sys\nfrom sidemantic import SemanticLayer\nfrom sidemantic.loaders import load_from_directory\n"
        "layer = SemanticLayer()\nload_from_directory(layer, 'models')\n"
    )
    (root / "load.py").write_text(load)
    (root / "compile.py").write_text(
        load + "for i in range(int(sys.argv[1])):\n"
        "    m = f'events{i:05d}' if sys.argv[2] == 'each' else 'events'\n"
        "    layer.compile(metrics=[f'{m}.kpi_{i:05d}'], dimensions=[f'{m}.created_at__day'])\n"
    )


def sidemantic_additive(root: Path, count: int) -> None:
    """The KPIs of `additive_kpi` for sidemantic, and a script that prints one query of all of them by day."""
    (root / "models").mkdir(parents=True, exist_ok=True)

    def metric(i: int) -> str:
        aggregate, sql = ("sum", "amount") if i % 2 == 0 else ("count", "id")
        filters = [f"event_type = '{_EVENTS[i % 5]}'", f"country = '{_COUNTRIES[(i // 5) % 8]}'"]
        return (
            f"      - name: kpi_{i:05d}\n        agg: {aggregate}\n        sql: {sql}\n"
            f"        filters: {json.dumps(filters)}\n"
        )

    (root / "models" / "all.yml").write_text(
        "models:\n  - name: events\n    table: events\n    primary_key: id\n    dimensions:\n"
        "      - name: created_at\n        type: time\n        sql: created_at\n        granularity: day\n"
        f"    metrics:\n{''.join(metric(i) for i in range(count))}"
    )
    (root / "one.py").write_text(
        "import sys\nfrom sidemantic import SemanticLayer\nfrom sidemantic.loaders import load_from_directory\n"
        "layer = SemanticLayer()\nload_from_directory(layer, 'models')\n"
        "metrics = [f'events.kpi_{i:05d}' for i in range(int(sys.argv[1]))]\n"
        "print(layer.compile(metrics=metrics, dimensions=['events.created_at__day']))\n"
    )


def dbt_project(root: Path, count: int) -> None:
    """The same measures for dbt-core: a model a measure over one source."""
    (root / "models").mkdir(parents=True, exist_ok=True)
    (root / "dbt_project.yml").write_text("name: bench\nversion: 1.0.0\nprofile: bench\nmodel-paths: [models]\n")
    (root / "profiles.yml").write_text("bench: {target: dev, outputs: {dev: {type: duckdb, path: bench.duckdb}}}\n")
    (root / "models" / "sources.yml").write_text(
        "version: 2\nsources: [{name: app, schema: main, tables: [{name: events}]}]\n"
    )
    for i in range(count):
        (root / "models" / f"kpi_{i:05d}.sql").write_text(
            "select date_trunc('day', created_at) as time, "
            f"{_MEASURES[i % 6]} as value from {{{{ source('app', 'events') }}}}\n"
            f"where event_type = '{_EVENTS[i % 5]}' and country = '{_COUNTRIES[i % 8]}' and amount > {i} group by 1\n"
        )
