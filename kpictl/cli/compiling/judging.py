"""Judges and compiles definitions of a project: in this process, or half of them in a second one beside it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import DecodeError, Struct, ValidationError, msgpack

from kpictl import api
from kpictl.cli.compiling.output import Printed, Writer
from kpictl.cli.compiling.record import owner, restored, stored
from kpictl.diagnostics import Diagnostic
from kpictl.graph import Graph
from kpictl.model.project import Project
from kpictl.project import Loaded
from kpictl.records import dataclass
from kpictl.rules.facts import Fact

_WORTH_IT = 200
"""Below so many queries a second process costs more than it saves. (A measure costs about an eighth of a query, most
of it in reading and writing, which are not shared.)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was found of some definitions, and the nodes among them as SQL."""

    facts: Mapping[str, Fact]
    findings: Sequence[Diagnostic]
    """Each of them once; those of no definition, too."""
    refusals: Sequence[Diagnostic]
    """Why nodes are not there in a dialect."""
    printed: Mapping[str, tuple[Printed, ...]]
    """Empty when a finding blocks."""


class _Sent(Struct, array_like=True):
    """A `Judged` on its way from one process to the other."""

    facts: dict[str, Fact]
    findings: tuple[tuple[Any, ...], ...]
    refusals: tuple[tuple[Any, ...], ...]
    printed: dict[str, tuple[Printed, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Judges definitions of a project that was read, and compiles those of them that are selected."""

    loaded: Loaded
    project: Project
    graph: Graph
    writer: Writer
    selection: Collection[str]
    dialects: Sequence[str]
    as_of: datetime | None

    def some(self, wanted: Collection[str]) -> Judged:
        """The definitions of these ids; the project must hold all that they read."""
        part = [kpi.name for kpi in self.project.kpis.values() if kpi.unique_id in wanted]
        checked = api.check(self.loaded, graph=self.graph, part=part)
        findings = [each for each in checked.diagnostics if (node := owner(each)) is None or node in wanted]
        printed: dict[str, tuple[Printed, ...]] = {}
        refusals: list[Diagnostic] = []
        if not api.blocking(findings):
            compiler = api.compiler(self.loaded, dialects=self.dialects, as_of=self.as_of, outcomes=checked.outcomes)
            for node in self.selection:
                if node in wanted:
                    compiled = compiler(node)
                    printed[node] = tuple(self.writer.printed(each) for each in compiled)
                    refusals += (found for each in compiled for found in each.diagnostics)
        facts = {fact.id: fact for fact in checked.facts if fact.id in wanted}
        return Judged(facts=facts, findings=findings, refusals=refusals, printed=printed)

    def all(self, wanted: Collection[str]) -> Judged:
        """The same for the whole project, by two processes where that is much work."""
        theirs = _half(self.project)
        if not theirs:
            return self.some(frozenset(wanted))
        ours = frozenset(wanted) - theirs
        pipe = self._beside(theirs)
        mine = self.some(ours)
        other = _received(*pipe) or self.some(theirs)
        return Judged(
            facts={**mine.facts, **other.facts},
            findings=[*mine.findings, *(each for each in other.findings if owner(each) is not None)],
            refusals=[*mine.refusals, *other.refusals],
            printed={**mine.printed, **other.printed},
        )

    def _beside(self, wanted: frozenset[str]) -> tuple[int, int]:
        """Begins to judge in a second process; where to read from it, and its id."""
        reader, writer = os.pipe()
        child = os.fork()
        if child:
            os.close(writer)
            return reader, child
        code = 1
        try:  # whatever happens here, the first process does it again, and says what happened
            os.close(reader)
            with open(writer, "wb") as file:
                file.write(_sent(self.some(wanted)))
            code = 0
        finally:
            os._exit(code)


def _half(project: Project) -> frozenset[str]:
    """What a second process may judge; nothing where that does not pay, or processes cannot be copied safely.

    KPIs over other KPIs stay together, as they share what they read.
    """
    if sys.platform != "linux" or threading.active_count() > 1 or len(os.sched_getaffinity(0)) < 2:
        return frozenset()
    kinds = {
        kind: [kpi.unique_id for kpi in project.kpis.values() if kpi.kind == kind] for kind in ("query", "measure")
    }
    if len(kinds["query"]) < _WORTH_IT:
        return frozenset()
    return frozenset(node for nodes in kinds.values() for node in nodes[1::2])


def _sent(judged: Judged) -> bytes:
    return msgpack.encode(
        _Sent(
            dict(judged.facts),
            tuple(stored(each) for each in judged.findings),
            tuple(stored(each) for each in judged.refusals),
            dict(judged.printed),
        )
    )


def _received(reader: int, child: int) -> Judged | None:
    """What the second process found; None where it came to no end."""
    with open(reader, "rb") as file:
        data = file.read()
    _, status = os.waitpid(child, 0)
    try:
        sent = msgpack.decode(data, type=_Sent)
    except (DecodeError, ValidationError):
        return None
    if status != 0:
        return None
    return Judged(
        facts=sent.facts,
        findings=[restored(each) for each in sent.findings],
        refusals=[restored(each) for each in sent.refusals],
        printed=sent.printed,
    )
