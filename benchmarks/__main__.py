"""`python -m benchmarks [--peers VENV] [--rounds N] [--only WORD] [--small]`: prints the table of docs/performance.md.

`--peers` names a virtual environment that holds sidemantic and dbt (`pip install "sidemantic==0.13.*"
"dbt-core==1.11.*" dbt-duckdb`); without it the peers' columns stay empty. Every figure is the median of whole
processes.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import projects
from benchmarks.measure import Cost, median, run

KPICTL = [sys.executable, "-m", "kpictl"]


@dataclass(frozen=True, slots=True)
class Case:
    """One row: what is measured, its goal in seconds, and how to measure kpictl and a peer."""

    name: str
    goal: float | None
    kpictl: Callable[[Path], Cost]
    peer: Callable[[Path, Path], Cost] | None = None
    peer_name: str = ""


def _command(*arguments: str) -> Callable[[Path], Cost]:
    return lambda root: run([*KPICTL, *arguments], root)


def _compiled(
    definitions: Callable[[], list[str]], *, each: bool = False, before: str = "cold"
) -> Callable[[Path], Cost]:
    def measure(root: Path) -> Cost:
        if not (root / "kpis").exists():
            projects.kpictl_project(root, definitions(), a_file_each=each)
        if before == "cold":
            shutil.rmtree(root / "target", ignore_errors=True)
            shutil.rmtree(root / ".kpictl", ignore_errors=True)
        elif before == "edit":
            one = root / "kpis" / "kpi_00007.yml"
            one.write_text(
                one.read_text() + "    label: edited\n"
                if "label" not in one.read_text()
                else one.read_text().replace("    label: edited\n", "")
            )
        return run([*KPICTL, "compile", "--quiet"], root)

    return measure


def _sidemantic(count: int, *, each: bool = False) -> Callable[[Path, Path], Cost]:
    def measure(root: Path, peers: Path) -> Cost:
        if not (root / "models").exists():
            projects.sidemantic_project(root, count, a_file_each=each)
        return run([str(peers / "bin/python"), "compile.py", str(count), "each" if each else "one"], root)

    return measure


def _dbt(count: int, *arguments: str) -> Callable[[Path, Path], Cost]:
    def measure(root: Path, peers: Path) -> Cost:
        if not (root / "models").exists():
            projects.dbt_project(root, count)
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
    return [
        Case("--version", 0.03, _command("--version"), lambda r, p: run([str(p / "bin/dbt"), "--version"], r), "dbt"),
        Case("--help", 0.10, _command("--help"), lambda r, p: run([str(p / "bin/dbt"), "--help"], r), "dbt"),
        Case("cold compile, 1,000 measures", 0.6, _compiled(lambda: [projects.measure_kpi(i) for i in range(1000)]),
             _sidemantic(1000), "sidemantic"),
        Case("the same, beside dbt", 0.6, _compiled(lambda: [projects.measure_kpi(i) for i in range(1000)]),
             _dbt(1000, "compile"), "dbt"),
        Case("cold compile, 1,000, half of them different queries", 1.0, _compiled(lambda: half)),
        Case(f"cold compile, {n:,} measures in one file", 2.0,
             _compiled(lambda: [projects.measure_kpi(i) for i in range(n)]), _sidemantic(n), "sidemantic"),
        Case(f"cold compile, {n:,} measures in a file each", 2.5,
             _compiled(lambda: [projects.measure_kpi(i) for i in range(n)], each=True),
             _sidemantic(n, each=True), "sidemantic"),
        Case(f"cold compile, {n:,} queries of 50 shapes", 3.0,
             _compiled(lambda: [projects.query_kpi(i, 50) for i in range(n)])),
        Case(f"nothing changed, {n:,} in a file each", 0.35,
             _compiled(lambda: [projects.measure_kpi(i) for i in range(n)], each=True, before="warm")),
        Case(f"one file changed, {n:,} in a file each", 0.6,
             _compiled(lambda: [projects.measure_kpi(i) for i in range(n)], each=True, before="edit")),
        Case("run 100 KPIs over 1M rows", 0.5, _run_100(1_000_000)),
    ]  # fmt: skip


def main() -> None:
    """Measures every case and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--small", action="store_true", help="1,000 instead of 10,000 in the large projects")
    options = parser.parse_args()
    print("| | goal s | kpictl s | CPU s | peak MiB | peer | peer s | times faster |")
    print("|---|---|---|---|---|---|---|---|")
    for case in cases(1000 if options.small else 10_000):
        if options.only in case.name:
            print(_row(case, options.peers, options.rounds), flush=True)


def _row(case: Case, peers: Path | None, rounds: int) -> str:
    with tempfile.TemporaryDirectory() as ours, tempfile.TemporaryDirectory() as theirs:
        case.kpictl(Path(ours))  # warms the file system and writes the project
        mine: list[Cost] = []
        others: list[Cost] = []
        for _ in range(rounds):  # in turn, so that a drift of the machine meets both
            mine.append(case.kpictl(Path(ours)))
            if peers is not None and case.peer is not None:
                others.append(case.peer(Path(theirs), peers))
    cost = median(mine)
    row = f"| {case.name} | {case.goal or ''} | {cost.wall:.2f} | {cost.cpu:.2f} | {cost.peak:.0f} |"
    if not others:
        return f"{row} {case.peer_name} | | |"
    other = median(others)
    return f"{row} {case.peer_name} | {other.wall:.2f} | {other.wall / cost.wall:.1f} |"


if __name__ == "__main__":
    main()
