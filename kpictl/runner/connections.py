"""The connections of a run, each opened when it is first needed; and work on several of them at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import field
from queue import Empty, SimpleQueue

from kpictl.diagnostics import Refused
from kpictl.engines import Engine
from kpictl.model.project import Project
from kpictl.records import dataclass
from kpictl.runner.findings import SeveralConnections
from kpictl.targets import open_engine

_PATIENCE = 6.0
"""Seconds that queries have to end once they were told to."""


@dataclass(slots=True)
class Connections:
    """Open engines by name; one that cannot be opened is not tried again in the same run."""

    project: Project
    opened: dict[str, Engine | Refused] = field(default_factory=dict)

    def name(self, connection: str | None) -> str | None:
        """The name of a connection; None, where none is named, for the only one there is."""
        output = self.project.output
        assert output is not None
        if connection is None and len(output.connections) == 1:
            return output.connections[0].name
        return connection

    def engine(self, connection: str | None, kpi: str) -> Engine:
        """The engine of a KPI's connection. Raises `Refused` where it cannot be opened, or where there is not one alone."""
        name = self.name(connection)
        if name is None:
            raise Refused(
                [SeveralConnections.at(None, f"the operands of `{kpi}` are on several connections", node=kpi)]
            )
        known = self.opened.get(name)
        if known is None:
            try:
                known = self._open(name)
            except Refused as refused:
                known = refused
            self.opened[name] = known
        if isinstance(known, Refused):
            raise known
        return known

    def stop(self) -> None:
        """Ends what runs in other threads."""
        for engine in [*self.opened.values()]:
            if not isinstance(engine, Refused):
                with suppress(Exception):
                    engine.stop()

    def close(self) -> None:
        for engine in self.opened.values():
            if not isinstance(engine, Refused):
                engine.close()

    def _open(self, name: str) -> Engine:
        output = self.project.output
        assert output is not None
        bound = output.connection(name)
        if bound is None:
            from kpictl.engines.findings import CannotConnect

            message = f"the output `{output.name}` has no connection `{name}`"
            raise Refused([CannotConnect.at(output.place, message)])
        return open_engine(self.project, bound)


def at_once(works: Sequence[Callable[[], None]], threads: int, stop: Callable[[], None]) -> None:
    """Does the works, so many at once. The first that raises ends all: `stop` tells the others, who have some seconds."""
    if threads < 2 or len(works) < 2:
        for work in works:
            work()
        return
    left: SimpleQueue[Callable[[], None]] = SimpleQueue()
    for work in works:
        left.put(work)
    ended: SimpleQueue[BaseException | None] = SimpleQueue()

    def worker() -> None:
        try:
            while True:
                try:
                    work = left.get_nowait()
                except Empty:
                    break
                work()
        except BaseException as error:
            ended.put(error)
        else:
            ended.put(None)

    workers = [threading.Thread(target=worker, daemon=True) for _ in range(min(threads, len(works)))]
    for each in workers:
        each.start()
    try:
        for _ in workers:
            failure = ended.get()
            if failure is not None:
                raise failure
    except BaseException:
        with suppress(Empty):
            while True:
                left.get_nowait()
        stop()
        for each in workers:
            each.join(_PATIENCE / len(workers))
        raise
