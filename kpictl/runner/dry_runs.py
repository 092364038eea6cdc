"""What statements would read on engines that tell it by a dry run (BigQuery), where kpictl plans and others run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from kpictl.diagnostics import Refused
from kpictl.engines import DryRuns
from kpictl.model.project import Connection, Project
from kpictl.plan.budget import Cost, Reads
from kpictl.plan.compiled import Compiled, Statement
from kpictl.plan.plan import Step
from kpictl.targets import DRY_RUNS, open_dry_runs

_EVER = datetime(1900, 1, 1, tzinfo=UTC)


def with_dry_runs(project: Project, found: Cost, steps: Sequence[Step], nodes: Mapping[str, Compiled]) -> Cost:
    """The cost, with the statements of such connections and the bytes that their engine tells: one dry run each.

    `steps` are of a first look at the ledger: where no `start:` tells the first bucket, all that there is is counted.
    What the engine does not tell stands with None.
    """
    output = project.output
    if output is None:
        return found
    asked: list[Reads] = []
    for connection in output.connections:
        only = len(output.connections) == 1
        mine = [s for s in steps if s.connection == connection.name or (only and s.connection is None)]
        if connection.type in DRY_RUNS and mine:
            asked += _asked(project, connection, mine, nodes)
    if not asked:
        return found
    kpis = {name for each in asked for name in each.kpis}
    others = tuple(each for each in found.statements if not kpis.issuperset(each.kpis))
    before, after = found.scans
    more = len(asked) - (len(found.statements) - len(others))
    return replace(found, scans=(before + more, after + more), statements=(*others, *asked))


def _asked(
    project: Project, connection: Connection, steps: Sequence[Step], nodes: Mapping[str, Compiled]
) -> Iterator[Reads]:
    engine: DryRuns | None = None
    with suppress(Refused):  # `check --live` and `debug` say why
        engine = open_dry_runs(project, connection)
    try:
        for step in steps:
            node = nodes[step.kpi]
            assert node.lowered is not None
            start = min((each.start for each in step.evaluations), default=_EVER)
            stop = max((each.visible for each in step.evaluations), default=step.final_until)
            values = {"from": start, "to": stop, "as_of": stop}
            for statement in (node.statement, node.total):
                if statement is not None:
                    yield Reads(
                        connection=step.connection,
                        kpis=(step.kpi,),
                        sources=node.lowered.sources,
                        start=start,
                        stop=stop,
                        rows=None,
                        bytes=None if engine is None else _bytes(engine, statement, values),
                    )
    finally:
        if engine is not None:
            engine.close()


def _bytes(engine: DryRuns, statement: Statement, values: Mapping[str, datetime]) -> int | None:
    try:
        return engine.would_read(statement, values)
    except Refused:
        return None
