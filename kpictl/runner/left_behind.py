"""After a backfill: who reads what it has changed, in buckets that it did not compute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kpictl.diagnostics import Diagnostic
from kpictl.graph.dependencies import dependency_graph
from kpictl.model.project import Project
from kpictl.plan.compiled import Compiled
from kpictl.plan.plan import Step
from kpictl.plan.state import StoreState
from kpictl.runner.findings import LeftBehind
from kpictl.runner.results import RunResult


def left_behind(
    project: Project,
    compiled: Sequence[Compiled],
    state: StoreState,
    steps: Sequence[Step],
    results: Mapping[str, RunResult],
) -> tuple[Diagnostic, ...]:
    """A warning that names them; nothing where no value has changed. `state` is the ledger before the run."""
    due = {step.kpi: step.due for step in steps if step.due}
    changed = [name for name, result in results.items() if result.restated and name in due]
    if not changed:
        return ()
    start = min(due[name][0][0] for name in changed)
    reading = dependency_graph(project).descendants(f"kpi.{name}" for name in changed)
    nodes = {each.name: each for each in compiled}
    used = state.used()
    found = []
    for name in project.kpis:
        if name not in used or not (name in changed or f"kpi.{name}" in reading):
            continue
        done = state.of(name, *used[name]).ranges
        node = nodes.get(name)
        if node is None:
            behind = bool(done) and done[-1][1] > start
        else:
            looks_back = node.lowered is not None and (node.lowered.lookback is not None or bool(node.lowered.windows))
            behind = looks_back and name in due and bool(done) and done[-1][1] > due[name][-1][1]
        if behind:
            found.append(name)
    if not found:
        return ()
    names = ", ".join(f"`{name}`" for name in found)
    verb = "reads" if len(found) == 1 else "read"
    message = f"{names} {verb} what this run has changed, in buckets that it did not compute"
    help = [
        f"`kpictl run {' '.join(found)} --audit` says which have another value now, and how they are computed again"
    ]
    return (LeftBehind.at(None, message, help=help),)
