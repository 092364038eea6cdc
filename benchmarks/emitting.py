"""`python -m benchmarks.emitting [KPIS]`: seconds to make every artifact of a project, beyond compiling it.

What is compiled is compiled before the clock starts, in every dialect that an artifact asks for; each KPI has a label, a
threshold and a dimension. The goal is 2 s for 1,000 KPIs on two cores.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

from benchmarks import projects
from kpictl import api
from kpictl.emit import NAMES
from kpictl.emit.emitter import Options
from kpictl.emit.making import Statements, make
from kpictl.emit.writing import write


def main(arguments: list[str]) -> int:
    """Prints a line an artifact, and the sum."""
    count = int(arguments[0]) if arguments else 1000
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        projects.kpictl_project(root, [_kpi(i) for i in range(count)])
        loaded = api.load(root, outlined=True)
        assert loaded.project is not None, loaded.diagnostics
        checked = api.check(loaded)
        order = [node.removeprefix("kpi.") for node in api.select(loaded.project) if node.startswith("kpi.")]
        statements = Statements(loaded.project, checked.outcomes)
        asked = {"order": order, "outcomes": checked.outcomes, "variables": (), "command": "x", "options": Options()}
        for name in NAMES:
            make(name, loaded.project, compiled=statements, **asked)  # type: ignore[arg-type]
        began = whole = perf_counter()
        cpu = process_time()
        for name in NAMES:
            made = make(name, loaded.project, compiled=statements, **asked)  # type: ignore[arg-type]
            write(root / "deploy" / name, name, made.files)
            print(f"{name:<12}{len(made.files):>6} files {perf_counter() - began:>6.2f} s")
            began = perf_counter()
        print(
            f"{'all':<12}{count:>6} KPIs  {perf_counter() - whole:>6.2f} s, {process_time() - cpu:.2f} s of CPU (goal 2.00)"
        )
    return 0


def _kpi(i: int) -> str:
    more = (
        f"    label: Measure {i}\n    category: {('business', 'users', 'performance', 'custom')[i % 4]}\n"
        "    dimensions: [country]\n"
        f'    thresholds: [{{when: "value < {i}", severity: warn, notify: [slack_ops]}}]\n'
    )
    return projects.measure_kpi(i) + more


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
