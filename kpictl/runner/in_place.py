"""Steps whose data and store are one database: the server computes and keeps the values, and nothing comes over.

Only where all is plain: measures, and what is made of them. Whatever is not, and whatever fails on
the way, is computed as everywhere else, which also says what is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime

from kpictl.diagnostics import Refused
from kpictl.kinds.lowered import Reading
from kpictl.model.project import Project
from kpictl.plan.compiled import Compiled
from kpictl.plan.fusion import Fusion, Shared
from kpictl.plan.plan import Mode, Step
from kpictl.records import dataclass
from kpictl.runner.axis import Axis
from kpictl.runner.connections import Connections
from kpictl.stores import Batch, Store, Written
from kpictl.stores.findings import StoreLocked

_READINGS = (Reading.MEASURE, Reading.AS_OF, Reading.DERIVED)
_MODES = (Mode.CLOSED, Mode.OPEN)
_KINDS = ("postgres", "timescale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was written of a step."""

    step: Step
    buckets: int
    written: Written


@dataclass(slots=True)
class InPlace:
    """Writes what can be computed where the store is. `batch` makes a step's batch without values."""

    project: Project
    connections: Connections
    store: Store
    batch: Callable[[Step, Compiled], Batch]
    axis: Callable[[Step], Axis]
    _paths: dict[str | None, str | None] = field(default_factory=dict)

    def write(
        self,
        steps: Sequence[Step],
        fusion: Fusion,
        nodes: Mapping[str, Compiled],
        run_id: str,
        clock: Callable[[], datetime],
    ) -> tuple[Kept, ...]:
        """The steps that are computed and kept, in one transaction; all others are still to do.

        Raises Refused where another writer holds the store: those steps can be written in no other way either.
        """
        chosen = {step.kpi: step for step in steps if self.may(step, nodes[step.kpi])}
        shared = self._whole(chosen, fusion)
        if not chosen:
            return ()
        from kpictl.runner.placing import answers, placed
        from kpictl.stores.in_place import NotInPlace
        from kpictl.stores.postgres import PostgresStore

        if not isinstance(self.store, PostgresStore):
            return ()
        left = tuple(chosen.values())
        batches = [placed(step, nodes[step.kpi], self.batch(step, nodes[step.kpi]), self.axis(step)) for step in left]
        asked = answers(left, shared, nodes, self._where)
        try:
            written = self.store.write_in_place(batches, asked, run_id, clock())
        except NotInPlace:
            return ()
        except Refused as refused:
            if any(each.code == StoreLocked.code for each in refused.diagnostics):
                raise
            return ()
        return tuple(
            Kept(step=step, buckets=len(each.starts), written=written[step.kpi])
            for step, each in zip(left, batches, strict=True)
        )

    def may(self, step: Step, node: Compiled) -> bool:
        """Whether a step is plain enough, and its data where the store is."""
        lowered = node.lowered
        if lowered is None or node.statement is None or lowered.reading not in _READINGS or lowered.attributes:
            return False
        if not step.evaluations or any(each.mode not in _MODES for each in step.evaluations):
            return False
        if lowered.empty is not None and not math.isfinite(float(lowered.empty)):
            return False
        return self._path(step.connection) is not None

    def _whole(self, chosen: dict[str, Step], fusion: Fusion) -> list[Shared]:
        """The shared statements whose readers are all chosen; a step that shares with another one is left out as that is."""
        left = list(fusion.shared)
        while True:
            half = [each for each in left if any(reader.task.kpi not in chosen for reader in each.readers)]
            if not half:
                return left
            left = [each for each in left if each not in half]
            for each in half:
                for reader in each.readers:
                    chosen.pop(reader.task.kpi, None)

    def _where(self, connection: str | None) -> str:
        """The search path of the connection of a step that may be placed."""
        path = self._path(connection)
        assert path is not None
        return path

    def _path(self, connection: str | None) -> str | None:
        """The search path of a connection that leads to where the store is; None for another one."""
        name = self.connections.name(connection)
        if name not in self._paths:
            self._paths[name] = self._asked(name)
        return self._paths[name]

    def _asked(self, name: str | None) -> str | None:
        output = self.project.output
        bound = None if output is None or name is None else output.connection(name)
        if output is None or bound is None or bound.type != output.store.type or bound.type not in _KINDS:
            return None
        from kpictl.engines.postgres import PostgresEngine
        from kpictl.stores.in_place import IDENTITY
        from kpictl.stores.postgres import PostgresStore

        if not isinstance(self.store, PostgresStore):
            return None
        try:
            engine = self.connections.engine(name, "")
            if not isinstance(engine, PostgresEngine):
                return None
            there, path = engine.whereabouts(IDENTITY)
            return path if there == self.store.identity() else None
        except Refused:
            return None
