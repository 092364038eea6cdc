"""Compiles all that is selected, whatever was compiled before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from kpictl import api
from kpictl.cli.artifacts import make_folder, remove_stale
from kpictl.cli.compiling.inputs import Inputs
from kpictl.cli.compiling.judging import Judge, Judged
from kpictl.cli.compiling.output import Writer, summary
from kpictl.cli.compiling.record import Entry, Output, Record, by_owner, forget
from kpictl.cli.session import Session
from kpictl.diagnostics import Diagnostic
from kpictl.graph import Graph
from kpictl.graph.manifest import definitions
from kpictl.project import Loaded


def compile_whole(
    session: Session,
    loaded: Loaded,
    graph: Graph,
    *,
    given: Inputs,
    selection: Sequence[str],
    dialects: Sequence[str],
    as_of: datetime | None,
    everything: bool,
) -> Record | list[Diagnostic]:
    """Writes a project; with errors that block, the findings, and nothing is written.

    `everything`: the selection leaves nothing out.
    """
    project = loaded.project
    assert project is not None
    folder = session.target_dir
    writer = Writer(session, folder)
    judge = Judge(
        loaded=loaded,
        project=project,
        graph=graph,
        writer=writer,
        selection=selection,
        dialects=dialects,
        as_of=as_of,
    )
    nodes = [*definitions(project), *(f"test.{name}" for name in project.tests)]
    judged = judge.all(nodes)
    others = api.compare([judged.facts[node] for node in nodes])
    if api.blocking((*judged.findings, *others)):
        return [*judged.findings, *others]
    forget(folder)
    outputs: dict[str, tuple[Output, ...]] = {}
    results = writer.results(_written(selection, judged, writer, outputs))
    if everything:
        remove_left_over(session, outputs)
    said = by_owner((*judged.findings, *judged.refusals))
    homeless = said.pop(None, [])
    entries: list[Entry] = []

    def parts() -> Iterator[bytes]:
        for node, checksum, parents, part in writer.entries(project, graph):
            told = writer.stored(said.pop(node, ()))
            entries.append(Entry(judged.facts[node], checksum, parents, len(part), told, outputs.get(node, ())))
            if part:
                yield part

    manifest = writer.manifest(project, parts(), graph.parents)
    homeless += [each for rest in said.values() for each in rest]
    return Record(
        key=given.key,
        digests=dict(given.digests),
        entries=tuple(entries),
        others=writer.stored((*others, *homeless)),
        partial=everything and not homeless and not api.blocking(judged.refusals),
        order=tuple(selection),
        lines=summary(folder, session.root, entries, selection),
        results=results,
        manifest=manifest,
    )


def _written(
    selection: Sequence[str], judged: Judged, writer: Writer, outputs: dict[str, tuple[Output, ...]]
) -> Iterator[bytes]:
    """Writes node after node; its parts of compile_results.json."""
    for node in selection:
        outputs[node] = tuple(writer.write(each) for each in judged.printed[node])
        yield from (each.part for each in judged.printed[node])


def remove_left_over(session: Session, outputs: Mapping[str, Sequence[Output]]) -> None:
    """Removes compiled files that no node makes any more, of the dialects that were compiled."""
    target = session.target_dir
    kept: dict[str, set[str]] = {}
    for written in outputs.values():
        for output in written:
            kept.setdefault(output.dialect, set()).add(f"{target}/{output.path}")
    for dialect, paths in kept.items():
        make_folder(target / "compiled" / dialect)
        remove_stale(target / "compiled" / dialect, paths)
