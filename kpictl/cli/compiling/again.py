"""Compiles again after some files changed: what they can change, and nothing else.

The result is that of a whole compilation, byte by byte. Where that cannot be promised (an error, a name that stands
twice, a template that may read anything, a change of most of the project) there is none, and all is compiled.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

from kpictl import api
from kpictl.cli.compiling.inputs import Inputs
from kpictl.cli.compiling.judging import Judge, Judged
from kpictl.cli.compiling.output import Writer, parts_of, summary
from kpictl.cli.compiling.record import Entry, Output, Record, by_owner, forget, owner
from kpictl.cli.compiling.whole import remove_left_over
from kpictl.cli.moments import moment
from kpictl.cli.session import Session
from kpictl.diagnostics import Diagnostic
from kpictl.graph import Graph, dependency_graph
from kpictl.graph.manifest import checksum, definitions
from kpictl.model.project import Project
from kpictl.plan.affected import mentioning, needs, readers
from kpictl.records import dataclass
from kpictl.rules.facts import Fact

_FEW = 200
"""Definitions that are compiled again whatever share of the project they are."""


def compile_again(
    session: Session, given: Inputs, record: Record, dialects: Sequence[str], as_of: str | None
) -> Record | None:
    """The new record; None, with nothing written, where the whole project must be compiled."""
    before = {entry.fact.id: entry for entry in record.entries}
    change = _change(session, given, record, before)
    sheets = _sheets(session.target_dir, record)
    if change is None or sheets is None:
        return None
    part = _part(session, given, change, before, dialects, as_of)
    if part is None:
        return None
    forget(session.target_dir)
    return _Rewriting(session, record, before, change, part).run(given, sheets)


# -- what changed


@dataclass(frozen=True, slots=True)
class _Change:
    paths: Mapping[str, str]
    """The file of every definition that there is now: sources, KPIs, analyses, tests, each in file order."""
    affected: Collection[str]
    """Those that are judged again."""
    files: Collection[str]
    """Where everything is defined by which these are judged."""


def _change(session: Session, given: Inputs, record: Record, before: Mapping[str, Entry]) -> _Change | None:
    now, was = given.digests, record.digests
    changed = {path for path in {**now, **was} if now.get(path) != was.get(path)}
    _, loaded = session.load(contents=given.contents, only=changed)
    if loaded.project is None:
        return None
    defined = {node: (path, total) for node, path, total in _defined(loaded.project)}
    if any(node in before and before[node].fact.path not in changed for node in defined):
        return None  # a name that stands twice
    paths = _paths(given, changed, before, defined)
    known = {node: (e.fact.path, e.checksum) for node, e in before.items() if e.fact.path in changed and not e.refused}
    touched = {node for node in {**known, **defined} if known.get(node) != defined.get(node)}
    touched.update(node for node, entry in before.items() if entry.refused and entry.fact.path in changed)
    texts = given.contents.files
    added = {node.partition(".")[2] for node in defined if node not in before}
    if added:
        files = mentioning(texts, added)
        touched.update(node for node, path in paths.items() if path in files)
    affected = readers((entry.fact for entry in before.values()), touched) & paths.keys()
    facts = {node: entry.fact for node, entry in before.items() if node not in affected}
    needed = needs(affected, facts, texts, paths)
    if needed is None or len(needed) > max(_FEW, len(paths) // 2):
        return None
    return _Change(paths, affected, {paths[node] for node in needed})


def _defined(project: Project) -> Iterator[tuple[str, str, str]]:
    """Id, file and checksum of each definition."""
    for node, value in definitions(project).items():
        yield node, value.place.path, checksum(value)
    for test in project.tests.values():
        yield f"test.{test.name}", test.place.path, checksum(test)


def _paths(
    given: Inputs, changed: Collection[str], before: Mapping[str, Entry], defined: Mapping[str, tuple[str, str]]
) -> dict[str, str]:
    """The file of every definition of now, in the order of a whole reading."""
    by_file: dict[str, list[str]] = {}
    for node, entry in before.items():
        if entry.fact.path not in changed:
            by_file.setdefault(entry.fact.path, []).append(node)
    for node, (path, _) in defined.items():
        by_file.setdefault(path, []).append(node)
    ordered = [(node, path) for path in given.digests for node in by_file.get(path, ())]
    kinds = ("source.", "kpi.", "analysis.", "test.")
    return {node: path for kind in kinds for node, path in ordered if node.startswith(kind)}


# -- what is said of it


@dataclass(frozen=True, slots=True)
class _Part:
    """What was read and judged again."""

    writer: Writer
    project: Project
    graph: Graph
    judged: Judged
    facts: Sequence[Fact]
    """Of all definitions."""
    others: Sequence[Diagnostic]
    """What is found by comparing them."""


def _part(
    session: Session,
    given: Inputs,
    change: _Change,
    before: Mapping[str, Entry],
    dialects: Sequence[str],
    as_of: str | None,
) -> _Part | None:
    """The affected definitions with all that they read; None where an error must be shown."""
    session, loaded = session.load(contents=given.contents, only=change.files)
    project = loaded.project
    if project is None:
        return None
    graph = dependency_graph(project)
    writer = Writer(session, session.target_dir)
    judge = Judge(
        loaded=loaded,
        project=project,
        graph=graph,
        writer=writer,
        selection=[node for node in change.affected if node.startswith(("kpi.", "analysis."))],
        dialects=dialects,
        as_of=moment(as_of, project, "--as-of"),
    )
    judged = judge.some(change.affected)
    facts = [judged.facts[node] if node in change.affected else before[node].fact for node in change.paths]
    others = api.compare(facts)
    said = (*judged.findings, *judged.refusals)
    if api.blocking((*said, *others)) or any(owner(each) is None for each in said):
        return None
    return _Part(writer, project, graph, judged, facts, others)


# -- what is written


_Sheets = tuple[bytes, bytes]
"""compile_results.json and manifest.json as they stand."""


def _sheets(folder: Path, record: Record) -> _Sheets | None:
    results, manifest = (_sheet(folder / name, digest) for name, digest in (
        ("compile_results.json", record.results.digest), ("manifest.json", record.manifest.digest)
    ))  # fmt: skip
    return None if results is None or manifest is None else (results, manifest)


def _sheet(path: Path, digest: bytes) -> bytes | None:
    data = path.read_bytes()
    return data if blake2b(data, digest_size=16).digest() == digest else None


@dataclass(frozen=True, slots=True)
class _Rewriting:
    session: Session
    record: Record
    before: Mapping[str, Entry]
    change: _Change
    part: _Part

    def run(self, given: Inputs, sheets: _Sheets) -> Record:
        folder, writer, project = self.session.target_dir, self.part.writer, self.part.project
        printed = self.part.judged.printed
        written = {node: tuple(writer.write(each) for each in nodes) for node, nodes in printed.items()}
        entries, nodes = self.entries(written)
        parents = {entry.fact.id: entry.parents for entry in entries if entry.length}
        order = self.order(parents)
        outputs = {entry.fact.id: entry.outputs for entry in entries}
        stays = {output.path for each in outputs.values() for output in each}
        if any(output.path not in stays for entry in self.record.entries for output in entry.outputs):
            remove_left_over(self.session, outputs)
        results = writer.results(self.result_parts(sheets[0], order))
        manifest = writer.manifest(project, self.manifest_parts(sheets[1], entries, nodes), parents)
        return Record(
            key=given.key,
            digests=dict(given.digests),
            entries=tuple(entries),
            others=writer.stored(self.part.others),
            partial=True,
            order=order,
            lines=summary(folder, self.session.root, entries, order),
            results=results,
            manifest=manifest,
        )

    def entries(self, written: Mapping[str, tuple[Output, ...]]) -> tuple[list[Entry], dict[str, bytes]]:
        """All entries in order, and the parts of manifest.json of those that are new."""
        fresh: dict[str, Entry] = {}
        parts: dict[str, bytes] = {}
        judged, writer = self.part.judged, self.part.writer
        said = by_owner((*judged.findings, *judged.refusals))
        for node, total, parents, part in writer.entries(self.part.project, self.part.graph):
            if node in self.change.affected:
                told = writer.stored(said.get(node, ()))
                fresh[node] = Entry(judged.facts[node], total, parents, len(part), told, written.get(node, ()))
                parts[node] = part
        return [fresh[node] if node in fresh else self.before[node] for node in self.change.paths], parts

    def order(self, parents: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """The nodes that are compiled, each after what it reads."""
        was = {node: entry.parents for node, entry in self.before.items() if entry.length}
        if list(was.items()) == list(parents.items()):
            return self.record.order
        return tuple(node for node in Graph(parents, {}, {}).ordered() if not node.startswith("source."))

    def result_parts(self, sheet: bytes, order: Sequence[str]) -> Iterator[bytes]:
        was = [(node, output.length) for node in self.record.order for output in self.before[node].outputs]
        kept: dict[str, list[bytes]] = {}
        parts = parts_of(sheet, self.record.results.start, (length for _, length in was))
        for (node, _), part in zip(was, parts, strict=True):
            kept.setdefault(node, []).append(part)
        for node in order:
            printed = self.part.judged.printed.get(node)
            yield from kept[node] if printed is None else (each.part for each in printed)

    def manifest_parts(self, sheet: bytes, entries: Sequence[Entry], fresh: Mapping[str, bytes]) -> Iterator[bytes]:
        was = [(node, entry.length) for node, entry in self.before.items() if entry.length]
        parts = parts_of(sheet, self.record.manifest.start, (length for _, length in was))
        kept = {node: part for (node, _), part in zip(was, parts, strict=True)}
        for entry in entries:
            if entry.length:
                node = entry.fact.id
                yield fresh[node] if node in fresh else kept[node]
