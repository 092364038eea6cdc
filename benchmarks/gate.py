"""`python -m benchmarks.gate [N]`: what the gate costs of a compile to every target.

Two parts guard a target. Its tables are asked while a tree is printed: there is no other way to print, so that this part cannot
be taken apart from printing. What is said well and still not run there is walked for beforehand (`Dialect.limits`); that part is
timed here. Cold, in one process; half of the N KPIs are measures, half queries each of another shape.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks import projects
from kpictl import api
from kpictl.dialects import NAMES, named
from kpictl.plan.compile import compile_project


def main() -> None:
    """Prints seconds of CPU and shares."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    spent = dict.fromkeys(NAMES, 0.0)
    for name in NAMES:
        dialect = named(name)
        module = import_module(f"kpictl.dialects.{name}")
        setattr(module, name.upper(), replace(dialect, limits=_timed(dialect.limits, name, spent)))
    named.cache_clear()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        halves = [projects.measure_kpi(i) if i % 2 else projects.query_kpi(i) for i in range(count)]
        projects.kpictl_project(root, halves)
        began = time.process_time()
        project = api.load(root).project
        assert project is not None
        compiled = compile_project(project, NAMES)
        took = time.process_time() - began
    refused = sum(each.statement is None for each in compiled)
    print(f"{count} KPIs to {len(NAMES)} targets: {took:.2f} s of CPU, {len(compiled)} nodes, {refused} refused")
    for name, seconds in spent.items():
        print(f"  {name:10} {seconds:6.3f} s {100 * seconds / took:5.1f} %")
    print(f"  {'the gate':10} {sum(spent.values()):6.3f} s {100 * sum(spent.values()) / took:5.1f} %")


def _timed(
    limits: Callable[[Any], Iterable[Any]], name: str, spent: dict[str, float]
) -> Callable[[Any], Iterator[Any]]:
    def timed(query: Any) -> Iterator[Any]:
        began = time.process_time()
        found = list(limits(query))
        spent[name] += time.process_time() - began
        return iter(found)

    return timed


if __name__ == "__main__":
    main()
