"""Compiles all that is selected, whatever was compiled before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from kpictl import api
from kpictl.cli.artifacts import make_folder, remove_stale
from kpictl.cli.compiling.inputs import Inputs
from kpictl.cli.compiling.output import Writer, summary
from kpictl.cli.compiling.record import Entry, Output, Record, by_owner, forget
from kpictl.cli.session import Session
from kpictl.diagnostics import Diagnostic
from kpictl.graph import Graph
from kpictl.plan.compiled import Compiled
from kpictl.project import Loaded
from kpictl.rules.catalogue import compares


def compile_whole(
    session: Session,
    loaded: Loaded,
    graph: Graph,
    checked: api.Check,
    *,
    given: Inputs,
    selection: Sequence[str],
    dialects: Sequence[str],
    as_of: datetime | None,
    everything: bool,
) -> Record:
    """Writes a project without blocking errors; `everything`: the selection leaves nothing out."""
    project = loaded.project
    assert project is not None
    folder = session.target_dir
    forget(folder)
    writer = Writer(session, folder)
    compiler = api.compiler(loaded, dialects=dialects, as_of=as_of, outcomes=checked.outcomes)
    outputs: dict[str, tuple[Output, ...]] = {}
    findings = list(checked.diagnostics)
    results = writer.results(_compiled(selection, compiler, writer, outputs, findings))
    if everything:
        remove_left_over(session, outputs)
    others = [each for each in findings if compares(each.code)]
    said = by_owner(each for each in findings if not compares(each.code))
    homeless = said.pop(None, [])
    entries: list[Entry] = []

    def parts() -> Iterator[bytes]:
        written = writer.entries(project, graph)
        for fact, (unique_id, checksum, parents, part) in zip(checked.facts, written, strict=True):
            told = writer.stored(said.pop(unique_id, ()))
            entries.append(Entry(fact, checksum, parents, len(part), told, outputs.get(unique_id, ())))
            if part:
                yield part

    manifest = writer.manifest(project, parts(), graph.parents)
    homeless += [each for rest in said.values() for each in rest]
    return Record(
        key=given.key,
        digests=dict(given.digests),
        entries=tuple(entries),
        others=writer.stored((*others, *homeless)),
        partial=everything and not homeless and not api.blocking(findings),
        order=tuple(selection),
        lines=summary(folder, session.root, entries, selection),
        results=results,
        manifest=manifest,
    )


def _compiled(
    selection: Sequence[str],
    compiler: Callable[[str], list[Compiled]],
    writer: Writer,
    outputs: dict[str, tuple[Output, ...]],
    findings: list[Diagnostic],
) -> Iterator[bytes]:
    """Writes node after node and keeps what is small of each."""
    for unique_id in selection:
        written = []
        for compiled in compiler(unique_id):
            output, part = writer.sql(compiled)
            written.append(output)
            findings += compiled.diagnostics
            yield part
        outputs[unique_id] = tuple(written)


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
