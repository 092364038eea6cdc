"""Time series side by side, in one run: what kpictl does and what it is measured against. CPU seconds of this process.

    python -m benchmarks.series [--rows 10000000] [--rounds 3] [--peers VENV] [--plot FILE.png] [--only WORD]...

Each line has the goal as a ratio or in seconds of an idle machine; on one that others use only the ratios count. With `--peers`
an environment that has sidemantic, its SQL for the same metrics (one query for all of them) runs in the same DuckDB.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import fusion, projects
from benchmarks.measure import calibration, run
from kpictl import api
from kpictl.plan.compiled import Statement

Ask = Callable[[Statement, Mapping[str, datetime]], Any]
_START, _STOP = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 12, 31, tzinfo=UTC)
_NUMBERS = (1, 3, 10, 30, 100)


@dataclass(frozen=True, slots=True)
class Line:
    """What was measured, ours and the other way, and the goal in words."""

    what: str
    ours: float
    other: float | None
    against: str
    goal: str

    def text(self) -> str:
        """A row of the table."""
        other, times = ("", "") if self.other is None else (f"{self.other:.2f}", f"{self.other / self.ours:.1f}")
        return f"| {self.what} | {self.ours:.3f} | {self.against} | {other} | {times} | {self.goal} |"


def cpu(act: Callable[[], Any], rounds: int) -> float:
    """The median of some runs, after one that warms."""
    act()
    found = []
    for _ in range(rounds):
        began = time.process_time()
        act()
        found.append(time.process_time() - began)
    return statistics.median(found)


def by_number(root: Path, rows: int, rounds: int, peers: Path | None) -> tuple[list[Line], dict[str, list[Any]]]:
    """Additive KPIs by day over a year: shared, one by one, and by sidemantic, for more and more of them."""
    lines: list[Line] = []
    curves: dict[str, list[Any]] = {"one by one": [], "kpictl": []}
    if peers is not None:
        curves["sidemantic"] = []
    ask = fusion.duckdb_asked(root)
    for number in _NUMBERS:
        projects.kpictl_project(root, [projects.additive_kpi(i) for i in range(number)])
        _, steps, nodes = fusion.planned(root, "duckdb")
        shared = fusion.as_planned(root, "duckdb", rows)
        alone = cpu(lambda s=steps, n=nodes: fusion.one_by_one(s, n, ask), 1)
        ours = alone if not shared.shared else cpu(lambda s=shared: fusion.shared(s, ask), rounds)
        curves["one by one"].append((number, alone))
        curves["kpictl"].append((number, ours))
        if peers is not None:
            sql = _sidemantic(root, number, peers)
            theirs = cpu(lambda s=sql: ask(Statement(sql=s, parameters=()), {}), rounds)
            curves["sidemantic"].append((number, theirs))
        goal = "0.3 s at 10M rows, 15 times less" if number == 100 else ""
        lines.append(Line(f"{number} additive KPIs, 365 days", ours, alone, "one by one", goal))
    return lines, curves


def _sidemantic(root: Path, number: int, peers: Path) -> str:
    folder = root / "sidemantic"
    projects.sidemantic_additive(folder, number)
    command = [str(peers / "bin/python"), "one.py", str(number)]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return found.stdout


def backfill(root: Path, rows: int) -> Iterator[Line]:
    """`kpictl run` of 100 KPIs over a year: the whole process; the other way is one query a KPI, grouped by day."""
    projects.kpictl_project(root, [projects.additive_kpi(i) for i in range(100)])
    command = [sys.executable, "-m", "kpictl", "run", "--quiet", "--no-table", "--as-of", "2024-12-31"]
    (root / "kpis.duckdb").unlink(missing_ok=True)
    ours = run(command, root)
    _, steps, nodes = fusion.planned(root, "duckdb")
    ask = fusion.duckdb_asked(root)
    began = time.process_time()
    fusion.one_by_one(steps, nodes, ask)
    alone = time.process_time() - began
    yield Line("backfill 365 x 100 from Parquet, stored", ours.cpu, alone, "a query a KPI, nothing stored", "2 s, 15 s")
    again = run(command, root)
    yield Line("the same run again", again.cpu, None, "", "nothing to do")


def trailing(root: Path, rows: int, rounds: int) -> Iterator[Line]:
    """A sum over 28 days for each day of a year, beside a correlated sub-query a day."""
    text = "  trailing: {measure: sum(amount), source: events, grain: day, window: 28d, start: 2024-01-01}\n"
    projects.kpictl_project(root, [text])
    _, _, nodes = fusion.planned(root, "duckdb")
    ask = fusion.duckdb_asked(root)
    statement = nodes["trailing"].statement
    assert statement is not None
    values = {"from": _START, "to": _STOP, "as_of": _STOP}
    correlated = (
        "SELECT d, (SELECT sum(amount) FROM events WHERE created_at >= d - INTERVAL 27 DAY AND created_at < d + INTERVAL 1 DAY)"
        " FROM range(DATE '2024-06-01', DATE '2024-07-07', INTERVAL 1 DAY) AS t(d)"
    )
    ours = cpu(lambda: ask(statement, values), rounds)
    began = time.process_time()
    ask(Statement(sql=correlated, parameters=()), {})
    other = (time.process_time() - began) * 365 / 36
    yield Line(
        f"trailing 28 days over a year, {rows:,} rows",
        ours,
        other,
        "correlated (36 days of it x 10)",
        "0.3 s at 5M rows, 25 times less",
    )


def incremental(root: Path, rounds: int) -> Iterator[Line]:
    """One more day, after 1 day and after 1,000 days of as many rows each."""
    import duckdb

    texts = [
        "  total: {measure: sum(amount), source: events, grain: day}\n",
        "  users: {measure: count(distinct user_id), source: events, grain: day}\n",
        "  users_28d: {measure: count(distinct user_id), source: events, grain: day, window: 28d}\n",
    ]
    found: dict[int, dict[str, float]] = {}
    for days in (30, 1000):
        folder = root / f"days{days}"
        projects.kpictl_project(folder, texts)
        path = folder / "data" / "events.parquet"
        duckdb.connect().execute(
            f"COPY (SELECT i AS id, (hash(i) % 5000)::BIGINT AS user_id, 'view' AS event_type, 'DE' AS country, "
            f"(i % 97)::DOUBLE AS amount, TIMESTAMPTZ '2021-01-01 00:00:00+00' + to_seconds((i * {86400 / 5000})::BIGINT) AS "
            f"created_at FROM range({days * 5000}) AS r(i)) TO '{path}' (FORMAT parquet)"
        )
        last = datetime(2021, 1, 1, tzinfo=UTC) + timedelta(days=days - 1)
        _, _, nodes = fusion.planned(folder, "duckdb")
        ask = fusion.duckdb_asked(folder)
        found[days] = {}
        for name, node in nodes.items():
            values = {"from": last, "to": last + timedelta(days=1), "as_of": last}
            found[days][name] = cpu(lambda s=node.statement, v=values, a=ask: [a(s, v) for _ in range(20)], rounds) / 20
    for name, many in found[1000].items():
        few = found[30][name]
        yield Line(f"a day of `{name}` after 1,000 days", many, few, "the same after 30 days", "the same")


def planning(root: Path, rounds: int) -> Iterator[Line]:
    """1,000 KPIs over 365 days with nothing to do: what `kpictl plan` decides, without reading and checking the project."""
    projects.kpictl_project(root, [projects.additive_kpi(i) for i in range(1000)])
    run([sys.executable, "-m", "kpictl", "run", "--quiet", "--no-table", "--as-of", "2024-12-31"], root)
    loaded = api.load(root)
    checked = api.check(loaded)
    assert loaded.project is not None
    names = list(loaded.project.kpis)

    def plan() -> None:
        found = api.plan(loaded, kpis=names, as_of=_STOP, outcomes=checked.outcomes)
        assert not found.plan.steps

    yield Line("planning 1,000 KPIs x 365 days, nothing to do", cpu(plan, rounds), None, "", "0.3 s")


def memory(root: Path) -> Iterator[str]:
    """A run that stores very many values: the peak of the process."""
    texts = ["  by_user: {measure: sum(amount), source: events, grain: day, dimensions: [user_id]}\n"]
    for users in (500, 2_000, 27_400):
        folder = root / f"users{users}"
        projects.kpictl_project(folder, texts)
        import duckdb

        path = folder / "data" / "events.parquet"
        duckdb.connect().execute(
            f"COPY (SELECT i AS id, (i % {users})::BIGINT AS user_id, 'view' AS event_type, 'DE' AS country, 1.5 AS amount, "
            f"TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_days((i // {users})::INT) AS created_at "
            f"FROM range({users * 365}) AS r(i)) TO '{path}' (FORMAT parquet)"
        )
        found = run([sys.executable, "-m", "kpictl", "run", "--quiet", "--no-table", "--as-of", "2024-12-31"], folder)
        yield f"| {users * 365:,} values of one KPI, stored | {found.cpu:.1f} | peak {found.peak:.0f} MiB | | | 500 MB at 10M |"


def main() -> None:
    """Measures what is asked for and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--only", action="append", default=[])
    options = parser.parse_args()
    rows, rounds = options.rows, options.rounds
    print(f"{rows:,} rows; 20 million additions {calibration():.2f} s\n")
    print("| what | kpictl CPU s | beside | CPU s | times less | goal |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        projects.kpictl_project(root, [projects.additive_kpi(0)])
        projects.events(root / "data" / "events.parquet", rows)
        if _wanted(options.only, "number"):
            lines, curves = by_number(root, rows, rounds, options.peers)
            _print(lines)
            if options.plot is not None:
                from benchmarks.plot import plot

                title = f"KPIs over one source by day, {rows:,} rows, DuckDB"
                plot(options.plot, title, "number of KPIs", "CPU s", curves)
            for number, theirs in curves.get("sidemantic", ()):
                ours = dict(curves["kpictl"])[number]
                _print([Line(f"{number} additive KPIs, 365 days", ours, theirs, "sidemantic, one query", "")])
        if _wanted(options.only, "trailing"):
            _print(trailing(root, rows, rounds))
        if _wanted(options.only, "backfill"):
            _print(backfill(root, rows))
        if _wanted(options.only, "incremental"):
            _print(incremental(root, rounds))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        projects.kpictl_project(root, [projects.additive_kpi(0)])
        projects.events(root / "data" / "events.parquet", 100_000)
        if _wanted(options.only, "planning"):
            _print(planning(root, rounds))
        if _wanted(options.only, "memory"):
            for each in memory(root):
                print(each, flush=True)
    print(f"\nat the end: 20 million additions {calibration():.2f} s")


def _wanted(only: Sequence[str], group: str) -> bool:
    return not only or group in only


def _print(lines: Iterator[Line] | list[Line]) -> None:
    for each in lines:
        print(each.text(), flush=True)


if __name__ == "__main__":
    main()
