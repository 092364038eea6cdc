"""Whether each connection and the store of an output can be reached, for `kpictl debug`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from time import perf_counter

from kpictl.diagnostics import Refused
from kpictl.model.project import Project
from kpictl.records import dataclass
from kpictl.stores import open_store
from kpictl.targets import ASKED, RUNS, open_catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One thing that was tried for `debug`: what, the answer, whether it is well, and what to do where it is not."""

    what: str
    answer: str
    well: bool
    help: tuple[str, ...] = ()


def tried(project: Project) -> Iterator[Probe]:
    """Tries each connection and the store of the output, one after the other."""
    if project.output is None:
        return
    for connection in project.output.connections:
        what = f"connection {connection.name}"
        if connection.type not in ASKED:
            yield Probe(what=what, answer=f"{connection.type}: compiles, does not run here yet", well=True)
            continue
        began = perf_counter()
        try:
            engine = open_catalogue(project, connection)
            try:
                version, relations = engine.version(), engine.relations()
            finally:
                engine.close()
        except Refused as refused:
            yield from _unwell(what, refused)
            continue
        took = (perf_counter() - began) * 1000
        rest = "" if connection.type in RUNS else "; it is asked, and does not run here yet"
        answer = f"{version}, {len(relations)} tables and views, {took:.0f} ms{rest}"
        yield Probe(what=what, answer=answer, well=True)
    try:
        with closing(open_store(project)) as store:
            state = store.state()
    except Refused as refused:
        yield from _unwell("store", refused)
        return
    kept = len(state.done) if hasattr(state, "done") else 0
    yield Probe(what="store", answer=f"{project.output.store.type}, {kept} KPIs computed", well=True)


def _unwell(what: str, refused: Refused) -> Iterator[Probe]:
    for each in refused.diagnostics:
        yield Probe(what=what, answer=f"{each.code}: {each.message}", well=False, help=each.help)
