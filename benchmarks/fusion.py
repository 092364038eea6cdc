"""Shared scans against one by one, in one run: CPU seconds of the engine's statements by number of KPIs and form.

    python -m benchmarks.fusion [--rows 10000000] [--kpis 1,10,100] [--rounds 3] [--postgres DSN] [--zone Europe/Berlin]

Rows are those of `benchmarks.projects.events`; each KPI is a sum or a count of an event type and a country by day over a year.
The constants of `kpictl/plan/cost_model.py` come from this table. On PostgreSQL they are those of the server's process and of
this one together, wall clock where the server is on another machine. `--zone` asks for days of another zone than UTC.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import projects
from kpictl import api
from kpictl.plan import cost_model
from kpictl.plan.compile import compile_project
from kpictl.plan.compiled import Compiled, Statement
from kpictl.plan.due import Asked, Extent, make_plan
from kpictl.plan.fusion import Fusion, fuse
from kpictl.plan.plan import Step
from kpictl.plan.state import StoreState

_START, _STOP = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 12, 31, tzinfo=UTC)
Ask = Callable[[Statement, Mapping[str, datetime]], Any]


def planned(root: Path, dialect: str) -> tuple[Any, list[Step], dict[str, Compiled]]:
    """The project, the steps of its first run, and its KPIs."""
    project = api.load(root).project
    assert project is not None
    nodes = compile_project(project, (dialect,), run=True)
    extent = {"events": Extent(first=_START, last=_STOP)}
    plan = make_plan(project, nodes, StoreState(), Asked(now=_STOP), extent)
    return project, list(plan.steps), {each.name: each for each in nodes}


def one_by_one(steps: list[Step], nodes: dict[str, Compiled], ask: Ask) -> None:
    """Each KPI by its own statement."""
    for step in steps:
        statement = nodes[step.kpi].statement
        assert statement is not None
        for each in step.evaluations:
            ask(statement, {"from": each.start, "to": each.stop, "as_of": each.as_of})


def shared(fusion: Fusion, ask: Ask) -> None:
    """All KPIs by the statements that they share."""
    for each in fusion.shared:
        ask(each.statement, each.values)


def _forms(project: Any, steps: list[Step], nodes: dict[str, Compiled], rows: int) -> tuple[Fusion, Fusion]:
    """The same steps in one stage and in two, whatever the cost model says."""
    one, two = cost_model.in_one_stage, cost_model.in_two_stages
    try:
        cost_model.in_one_stage, cost_model.in_two_stages = (lambda *_: 0.0), (lambda *_: math.inf)
        single = fuse(project, steps, nodes, lambda _source, columns: (rows, dict.fromkeys(columns, 8)))
        cost_model.in_one_stage, cost_model.in_two_stages = (lambda *_: math.inf), (lambda *_: 0.0)
        double = fuse(project, steps, nodes, lambda _source, columns: (rows, dict.fromkeys(columns, 8)))
    finally:
        cost_model.in_one_stage, cost_model.in_two_stages = one, two
    return single, double


def as_planned(root: Path, dialect: str, rows: int) -> Fusion:
    """The shared statements that the cost model chooses."""
    project, steps, nodes = planned(root, dialect)
    return fuse(project, steps, nodes, lambda _source, columns: (rows, dict.fromkeys(columns, 8)))


def _seconds(act: Callable[[], None], clock: Callable[[], float], rounds: int) -> float:
    act()
    found = []
    for _ in range(rounds):
        began = clock()
        act()
        found.append(clock() - began)
    return statistics.median(found)


def duckdb_asked(root: Path) -> Ask:
    """How a project's connection is asked."""
    from kpictl.model.project import Connection
    from kpictl.targets import open_engine

    project = api.load(root).project
    assert project is not None
    assert project.output is not None
    connection = project.output.connection("app")
    assert isinstance(connection, Connection)
    return open_engine(project, replace(connection)).query


def _postgres(dsn: str, parquet: Path) -> tuple[Ask, Callable[[], float]]:
    """How a run asks the server, and its clock: CPU seconds of this process and of the server's, where that is here."""
    import duckdb
    import psycopg

    from kpictl.diagnostics import Place
    from kpictl.engines.postgres import open_postgres
    from kpictl.model.project import Connection

    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute("DROP TABLE IF EXISTS events")
        session.execute(
            "CREATE TABLE events (id bigint, user_id bigint, event_type text, country text, amount double precision, "
            "created_at timestamptz)"
        )
        rows = duckdb.connect().execute(f"SELECT * FROM '{parquet}'")
        with session.cursor() as cursor, cursor.copy("COPY events FROM STDIN") as copy:
            while batch := rows.fetchmany(50_000):
                for row in batch:
                    copy.write_row(row)
        session.execute("VACUUM ANALYZE events")
    engine = open_postgres(
        Connection(name="app", type="postgres", options={"dsn": dsn}, place=Place("profiles.yml")), parquet.parent
    )
    pid = engine.query(Statement(sql="SELECT pg_catalog.pg_backend_pid()", parameters=()), {}).rows[0][0]
    status, ticks = Path(f"/proc/{pid}/stat"), os.sysconf("SC_CLK_TCK")

    def clock() -> float:
        if not status.exists():
            return time.perf_counter()
        user, system = status.read_text().rpartition(")")[2].split()[11:13]
        return time.process_time() + (int(user) + int(system)) / ticks

    return engine.query, clock


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--kpis", default="1,3,10,30,100")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", metavar="DSN")
    parser.add_argument("--zone", default="UTC")
    options = parser.parse_args()
    numbers = [int(each) for each in options.kpis.split(",")]
    print("| engine | rows | KPIs | one by one s | one stage s | two stages s | times less |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        projects.kpictl_project(root, [projects.additive_kpi(0)])
        parquet = root / "data" / "events.parquet"
        projects.events(parquet, options.rows)
        engines: list[tuple[str, Ask, Callable[[], float]]] = [("duckdb", duckdb_asked(root), time.process_time)]
        if options.postgres:
            engines.append(("postgres", *_postgres(options.postgres, parquet)))
        for dialect, ask, clock in engines:
            for number in numbers:
                projects.kpictl_project(root, [projects.additive_kpi(i) for i in range(number)], zone=options.zone)
                print(_row(root, dialect, ask, clock, options.rows, number, options.rounds), flush=True)


def _row(root: Path, dialect: str, ask: Ask, clock: Callable[[], float], rows: int, number: int, rounds: int) -> str:
    project, steps, nodes = planned(root, dialect)
    single, double = _forms(project, steps, nodes, rows)
    alone = _seconds(lambda: one_by_one(steps, nodes, ask), clock, rounds)
    if number == 1:
        return f"| {dialect} | {rows:,} | 1 | {alone:.3f} | | | |"
    one = _seconds(lambda: shared(single, ask), clock, rounds)
    two = _seconds(lambda: shared(double, ask), clock, rounds)
    return f"| {dialect} | {rows:,} | {number} | {alone:.2f} | {one:.2f} | {two:.3f} | {alone / min(one, two):.0f} |"


if __name__ == "__main__":
    main()
