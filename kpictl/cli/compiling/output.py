"""The files that a compilation writes: one a node and dialect, and two sheets with a part for each node.

The parts of `compile_results.json` and `manifest.json` are written one after the other, so that those of nodes which did
not change can be copied.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, json

from kpictl import __version__, api
from kpictl.cli.artifacts import SmallFiles, write_parts
from kpictl.cli.artifacts import without_secrets as redacted
from kpictl.cli.compiling.record import Artifact, Entry, Output, artifact, stored
from kpictl.cli.reports import short_record
from kpictl.cli.session import Session
from kpictl.graph import Graph, children_of
from kpictl.graph.manifest import checksum, definitions, head, node

if TYPE_CHECKING:
    from kpictl.diagnostics import Diagnostic
    from kpictl.model.project import Project
    from kpictl.plan.compiled import Compiled, Statement


class Printed(Struct, frozen=True, array_like=True):
    """A node in a dialect before it is written."""

    dialect: str
    path: str
    """Of its file, below target/."""
    sql: bytes | None
    """None when it is refused."""
    part: bytes
    """Of compile_results.json."""


class Writer:
    """Writes below the target folder of one project."""

    def __init__(self, session: Session, folder: Path) -> None:
        self._folder = folder
        self._root = session.root
        self._redact = session.terminal.redact
        self._files = SmallFiles()

    def printed(self, compiled: Compiled) -> Printed:
        """A node as it will be written."""
        sql = None
        if compiled.statement is not None:
            text = compiled.statement.sql.rstrip().rstrip(";") + "\n"
            sql = text.encode("utf-8", "backslashreplace")
        path = f"compiled/{compiled.dialect}/{compiled.path}"
        return Printed(compiled.dialect, path, sql, self._part(None, _result(compiled, self._root)))

    def write(self, printed: Printed) -> Output:
        """Writes a node's SQL; removes what stands there when it is refused."""
        full = f"{self._folder}/{printed.path}"
        if printed.sql is None:
            if os.path.isfile(full) and not os.path.islink(full):
                os.unlink(full)
            return Output(printed.dialect, "", 0, 0, len(printed.part))
        size, time = self._files.write(full, printed.sql)
        return Output(printed.dialect, printed.path, size, time, len(printed.part))

    def results(self, parts: Iterable[bytes]) -> Artifact:
        """Writes compile_results.json."""
        opening = _opening({"schema_version": 1, "kpictl_version": __version__}, "results", b"[")
        path = self._folder / "compile_results.json"
        digest = write_parts(path, _sheet(opening, parts, b"]\n}\n"))
        return artifact(path, digest, len(opening))

    def manifest(self, project: Project, parts: Iterable[bytes], parents: Mapping[str, tuple[str, ...]]) -> Artifact:
        """Writes manifest.json; `parents` of all nodes, in order."""
        opening = _opening(self._redacted(head(project)), "nodes", b"{")
        children = _indented(self._redacted(children_of(parents)), b"\n  ")
        path = self._folder / "manifest.json"
        digest = write_parts(path, _sheet(opening, parts, b'},\n  "children": ' + children + b"\n}\n"))
        return artifact(path, digest, len(opening))

    def entries(self, project: Project, graph: Graph) -> Iterator[tuple[str, str, tuple[str, ...], bytes]]:
        """Id, checksum, parents and part of manifest.json of each definition; a test has no part."""
        for unique_id, value in definitions(project).items():
            body = node(unique_id, value, graph)
            yield unique_id, body["checksum"], graph.parents[unique_id], self._part(unique_id, body)
        for test in project.tests.values():
            yield f"test.{test.name}", checksum(test), (), b""

    def stored(self, findings: Iterable[Diagnostic]) -> tuple[Any, ...]:
        """Findings as a record keeps them."""
        return tuple(self._redacted(stored(each)) for each in findings)

    def _part(self, key: str | None, body: Mapping[str, Any]) -> bytes:
        name = b"" if key is None else json.encode(key) + b": "
        return b"\n    " + name + _indented(self._redacted(body), b"\n    ")

    def _redacted(self, body: Any) -> Any:
        return redacted(body, self._redact) if self._redact else body


def _opening(before: Mapping[str, Any], key: str, bracket: bytes) -> bytes:
    return json.format(json.encode(before), indent=2)[:-2] + b',\n  "%s": %s' % (key.encode(), bracket)


def _indented(body: Any, line: bytes) -> bytes:
    return json.format(json.encode(body), indent=2).replace(b"\n", line)


def _sheet(opening: bytes, parts: Iterable[bytes], closing: bytes) -> Iterator[bytes]:
    yield opening
    some = False
    for part in parts:
        yield b"," + part if some else part
        some = True
    yield b"\n  " + closing if some else closing


def parts_of(data: bytes, start: int, lengths: Iterable[int]) -> Iterator[bytes]:
    """The parts of a sheet that was written, in order."""
    for length in lengths:
        yield data[start : start + length]
        start += length + 1


def _result(compiled: Compiled, root: Path) -> dict[str, Any]:
    statement = compiled.statement
    result: dict[str, Any] = {
        "unique_id": compiled.unique_id,
        "dialect": compiled.dialect,
        "status": compiled.status,
        "path": None if statement is None else f"target/compiled/{compiled.dialect}/{compiled.path}",
        "connection": compiled.connection,
        "settings": {} if statement is None else dict(statement.settings),
        "parameters": _parameters(statement),
        "total": None,
        "diagnostics": [short_record(each) for each in api.locate(compiled.diagnostics, root)]
        if compiled.diagnostics
        else [],
    }
    if compiled.total is not None:
        result["total"] = {"sql": compiled.total.sql, "parameters": _parameters(compiled.total)}
    return result


def _parameters(statement: Statement | None) -> list[dict[str, str]]:
    if statement is None:
        return []
    return [{"name": each.name, "type": str(each.type)} for each in statement.parameters]


def summary(folder: Path, root: Path, entries: Iterable[Entry], order: Iterable[str]) -> tuple[str, ...]:
    """One line a dialect: how many nodes were compiled, how many refused."""
    outputs = {entry.fact.id: entry.outputs for entry in entries}
    counts: dict[str, list[int]] = {}
    for unique_id in order:
        for output in outputs[unique_id]:
            counts.setdefault(output.dialect, [0, 0])[0 if output.path else 1] += 1
    lines = []
    for dialect, (compiled, refused) in counts.items():
        tail = f", {refused} refused" if refused else ""
        lines.append(f"{dialect}: {compiled} compiled to {folder.relative_to(root) / 'compiled' / dialect}/{tail}")
    return tuple(lines) or ("nothing is selected",)
