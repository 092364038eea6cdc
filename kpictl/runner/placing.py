"""Steps as the store's server computes them: batches without values, and the statements whose answers fill them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from kpictl.plan.compiled import Compiled, Statement
from kpictl.plan.fusion import Reader, Shared, Task
from kpictl.plan.plan import Evaluation, Mode, Step
from kpictl.runner.axis import Axis
from kpictl.runner.values import notes
from kpictl.stores import Batch
from kpictl.stores.in_place import STATES, Answer, Placed, Take

Where = Callable[[str | None], str]
"""The search path of a connection."""


def placed(step: Step, node: Compiled, batch: Batch, axis: Axis) -> Placed:
    """A step's batch, and what is known of its buckets before there are rows."""
    lowered = node.lowered
    assert lowered is not None
    frame = axis.frame(step)
    note, stale = notes(lowered)
    return Placed(
        batch=batch,
        starts=frame.starts,
        labels=frame.labels,
        states=tuple(STATES.index(each.value) for each in frame.states),
        empty=None if lowered.empty is None else float(lowered.empty),
        has_denominator=lowered.has_denominator,
        note=note,
        stale_note=stale,
    )


def answers(
    steps: Sequence[Step], shared: Iterable[Shared], nodes: Mapping[str, Compiled], path: Where
) -> tuple[Answer, ...]:
    """The shared statements, and those that a step has for itself. `Take.batch` is a step's place in `steps`."""
    number = {step.kpi: n for n, step in enumerate(steps)}
    found: list[Answer] = []
    done: set[Task] = set()
    for each in shared:
        takes = tuple(_shared_take(number[reader.task.kpi], reader, each) for reader in each.readers)
        done.update(reader.task for reader in each.readers)
        found.append(Answer(statement=each.statement, values=each.values, path=path(each.connection), takes=takes))
    for step in steps:
        node = nodes[step.kpi]
        for n, evaluation in enumerate(step.evaluations):
            for total, statement in _statements(node):
                if Task(kpi=step.kpi, evaluation=n, total=total) not in done:
                    take = _own_take(number[step.kpi], node, evaluation, total)
                    given = _values(evaluation)
                    found.append(Answer(statement=statement, values=given, path=path(step.connection), takes=(take,)))
    return tuple(found)


def _statements(node: Compiled) -> list[tuple[bool, Statement]]:
    """Whether it is the total's, and the statement."""
    assert node.lowered is not None
    both = ((False, node.statement), (True, node.total if node.lowered.dimensions else None))
    return [(total, statement) for total, statement in both if statement is not None]


def _shared_take(batch: int, reader: Reader, shared: Shared) -> Take:
    column = reader.column
    return Take(
        batch=batch,
        value=column.value,
        denominator=column.denominator,
        rows=column.rows,
        part=column.part if shared.parts > 1 else None,
        members=tuple(zip(reader.dimensions, column.members, strict=True)),
        start=reader.start,
        stop=reader.stop,
    )


def _own_take(batch: int, node: Compiled, evaluation: Evaluation, total: bool) -> Take:
    assert node.lowered is not None
    return Take(
        batch=batch,
        value="value",
        denominator=None,
        rows=None,
        part=None,
        members=() if total else tuple((name, name) for name in node.lowered.dimensions),
        start=evaluation.start,
        stop=evaluation.stop,
    )


def _values(evaluation: Evaluation) -> dict[str, datetime]:
    stop = evaluation.stop if evaluation.mode is Mode.CLOSED else evaluation.visible
    return {"from": evaluation.start, "to": stop, "as_of": evaluation.as_of}
