"""`python -m benchmarks [--peers VENV] [--rounds N] [--only WORD]... [--small]`: prints the table of docs/performance.md.

`--only` takes a group (start, compile, again, run) or a part of a row's name, and may be given several times. `--peers`
names a virtual environment that holds sidemantic and dbt (`pip install "sidemantic==0.13.*" "dbt-core==1.11.*"
dbt-duckdb`); without it the peers' columns stay empty. Every figure is the median of whole processes, kpictl and its
peer in turn. On a machine that others use, too, CPU seconds and ratios say more than seconds.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import projects
from benchmarks.measure import Cost, calibration, median, run

KPICTL = [sys.executable, "-m", "kpictl"]


_READS = "sidemantic, no SQL"


@dataclass(frozen=True, slots=True)
class Case:
    """One row: its group, what is measured, its goal in seconds, and how to measure kpictl and a peer."""

    group: str
    name: str
    goal: float | None
    kpictl: Callable[[Path], Cost]
    peer: Callable[[Path, Path], Cost] | None = None
    peer_name: str = ""


def _command(*arguments: str) -> Callable[[Path], Cost]:
    return lambda root: run([*KPICTL, *arguments], root)


def _peer(program: str, *arguments: str) -> Callable[[Path, Path], Cost]:
    return lambda root, peers: run([str(peers / "bin" / program), *arguments], root)


def _compiled(
    definitions: Sequence[str], *, each: bool = False, before: str = "cold", options: Sequence[str] = ()
) -> Callable[[Path], Cost]:
    """A compilation in an empty target, or again after nothing (`warm`) or one file (`edit`) changed."""

    def measure(root: Path) -> Cost:
        if not (root / "kpis").exists():
            projects.kpictl_project(root, definitions, a_file_each=each)
        if before == "cold":
            shutil.rmtree(root / "target", ignore_errors=True)
        elif before == "edit":
            projects.edit(root / "kpis" / "kpi_00007.yml", "    label: edited\n")
        return run([*KPICTL, "compile", "--quiet", *options], root)

    return measure


def _sidemantic(count: int, *, each: bool = False, script: str = "load") -> Callable[[Path, Path], Cost]:
    """sidemantic reading as many metrics, or making the SQL of each, too (`compile`)."""

    def measure(root: Path, peers: Path) -> Cost:
        if not (root / "models").exists():
            projects.sidemantic_project(root, count, a_file_each=each)
        command = [str(peers / "bin/python"), f"{script}.py", str(count), "each" if each else "one"]
        return run(command, root)

    return measure


def _dbt(count: int, *arguments: str, keep: bool = False) -> Callable[[Path, Path], Cost]:
    """dbt on as many models; `keep`: its partial parsing may use the run before, and one model changed."""

    def measure(root: Path, peers: Path) -> Cost:
        if not (root / "models").exists():
            projects.dbt_project(root, count)
        if keep:
            projects.edit(root / "models" / "kpi_00007.sql", "-- edited\n")
        else:
            shutil.rmtree(root / "target", ignore_errors=True)
        return run([str(peers / "bin/dbt"), *arguments], root, {"DBT_PROFILES_DIR": str(root)})

    return measure


def _run_100(rows: int) -> Callable[[Path], Cost]:
    def measure(root: Path) -> Cost:
        if not (root / "kpis").exists():
            projects.kpictl_project(root, [projects.additive_kpi(i) for i in range(100)])
            projects.events(root / "data" / "events.parquet", rows)
            run([*KPICTL, "compile", "--quiet"], root)
        (root / "target" / "kpis.duckdb").unlink(missing_ok=True)
        return run([*KPICTL, "run", "--quiet", "--as-of", "2024-12-31"], root)

    return measure


def cases(n: int) -> list[Case]:
    """All rows; `n` is the size of the large projects (10,000)."""
    half = [projects.measure_kpi(i) if i % 2 else projects.query_kpi(i) for i in range(1000)]
    measures = [projects.measure_kpi(i) for i in range(n)]
    few, queries = measures[:1000], [projects.query_kpi(i, 50) for i in range(n)]
    return [
        Case("start", "`--version`", 0.03, _command("--version"), _peer("dbt", "--version"), "dbt"),
        Case("start", "`--help`", 0.10, _command("--help"), _peer("dbt", "--help"), "dbt"),
        Case("start", "`compile --help`", 0.20, _command("compile", "--help"), _peer("dbt", "compile", "--help"), "dbt"),
        Case("compile", "1,000 measures", 0.6, _compiled(few), _sidemantic(1000, script="compile"), "sidemantic"),
        Case("compile", "the same beside reading alone", 0.6, _compiled(few), _sidemantic(1000), _READS),
        Case("compile", "the same beside dbt", 0.6, _compiled(few), _dbt(1000, "compile"), "dbt"),
        Case("compile", "1,000, half of them different queries", 1.0, _compiled(half)),
        Case("compile", f"{n:,} measures in one file", 2.0, _compiled(measures), _sidemantic(n), _READS),
        Case("compile", f"{n:,} measures in a file each", 2.5, _compiled(measures, each=True),
             _sidemantic(n, each=True), _READS),
        Case("compile", f"{n:,} queries of 50 shapes", 3.0, _compiled(queries)),
        Case("compile", "1,000 measures to all dialects", 4.0, _compiled(few, options=("--dialect", "all"))),
        Case("again", f"nothing changed, {n:,} in a file each", 0.35, _compiled(measures, each=True, before="warm"),
             _sidemantic(n, each=True), _READS),
        Case("again", f"one file changed, {n:,} in a file each", 0.6, _compiled(measures, each=True, before="edit"),
             _sidemantic(n, each=True), _READS),
        Case("again", "one file changed, 1,000 beside dbt", None, _compiled(few, each=True, before="edit"),
             _dbt(1000, "compile", keep=True), "dbt"),
        Case("run", "100 KPIs over 1M rows", 0.5, _run_100(1_000_000)),
    ]  # fmt: skip


def main() -> None:
    """Measures every case that is asked for and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--small", action="store_true", help="1,000 instead of 10,000 in the large projects")
    options = parser.parse_args()
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "?"
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}, load {load}, "
        f"20 million additions {calibration():.2f} s\n"
    )
    print("| | goal s | kpictl s | CPU s | MiB | peer | peer s | peer CPU s | peer MiB | CPU, peer / kpictl |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    group = ""
    for case in cases(1000 if options.small else 10_000):
        if options.only and not any(word == case.group or word in case.name for word in options.only):
            continue
        if case.group != group:
            group = case.group
            print(f"| **{group}** | | | | | | | | | |")
        print(_row(case, options.peers, options.rounds), flush=True)
    print(f"\nat the end: 20 million additions {calibration():.2f} s")


def _row(case: Case, peers: Path | None, rounds: int) -> str:
    with tempfile.TemporaryDirectory() as ours, tempfile.TemporaryDirectory() as theirs:
        case.kpictl(Path(ours))  # warms the file system and writes the project
        if peers is not None and case.peer is not None:
            case.peer(Path(theirs), peers)
        mine: list[Cost] = []
        others: list[Cost] = []
        for _ in range(rounds):  # in turn, so that a drift of the machine meets both
            mine.append(case.kpictl(Path(ours)))
            if peers is not None and case.peer is not None:
                others.append(case.peer(Path(theirs), peers))
    cost = median(mine)
    row = f"| {case.name} | {case.goal or ''} | {cost.wall:.2f} | {cost.cpu:.2f} | {cost.peak:.0f} |"
    if not others:
        return f"{row} | | | | |"
    other = median(others)
    ratio = other.cpu / cost.cpu
    return f"{row} {case.peer_name} | {other.wall:.2f} | {other.cpu:.2f} | {other.peak:.0f} | {ratio:.1f} |"


if __name__ == "__main__":
    main()
