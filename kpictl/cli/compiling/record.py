"""What is remembered of a compilation, in `target/.cache/`: by definition, what it reads, what was said, what was written.

A record that is damaged, of another version, or whose outputs were touched is no record.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any

from msgspec import DecodeError, Struct, ValidationError, msgpack

from kpictl.diagnostics import Diagnostic, Fix, Label, Place, Severity, Span
from kpictl.rules.facts import Fact

_FILE = Path(".cache") / "compiled.bin"
_DIGEST = 16


class Output(Struct, frozen=True, array_like=True):
    """A node in one dialect, and its file below target/ (empty when refused) as it was written."""

    dialect: str
    path: str
    size: int
    time: int
    length: int
    """Bytes of its part of compile_results.json."""


class Entry(Struct, frozen=True, array_like=True):
    """One definition."""

    fact: Fact
    checksum: str
    parents: tuple[str, ...]
    """What the graph has, by id."""
    length: int
    """Bytes of its part of manifest.json; 0 where it has none."""
    findings: tuple[tuple[Any, ...], ...] = ()
    """What was said of it, as `stored` makes it."""
    outputs: tuple[Output, ...] = ()

    @property
    def refused(self) -> bool:
        return any(not output.path for output in self.outputs)


class Artifact(Struct, frozen=True, array_like=True):
    """A JSON file below target/ that has a part for each node, and where the first part begins."""

    size: int
    time: int
    digest: bytes
    start: int


class Record(Struct, frozen=True, array_like=True):
    """A compilation that was not stopped by an error."""

    key: bytes
    digests: dict[str, bytes]
    """Of every file that holds definitions, in the order of reading."""
    entries: tuple[Entry, ...]
    """Sources, KPIs, analyses, tests, each in file order."""
    others: tuple[tuple[Any, ...], ...]
    """What was said of no single definition, and by rules that compare them."""
    partial: bool
    """Whether parts of it may be kept: all nodes were compiled, and each finding belongs to a definition that it can be
    told from. (An error may list what else there is.)"""
    order: tuple[str, ...]
    """The nodes of compile_results.json."""
    lines: tuple[str, ...]
    """What was told at the end."""
    results: Artifact
    manifest: Artifact

    @property
    def refused(self) -> bool:
        return any(entry.refused for entry in self.entries)

    def says(self, code: str) -> bool:
        """Whether there is a finding of this code."""
        return any(each[0] == code for entry in self.entries for each in entry.findings) or any(
            each[0] == code for each in self.others
        )

    def findings(self) -> list[Diagnostic]:
        """Everything that was said."""
        found = [restored(each) for entry in self.entries for each in entry.findings]
        return found + [restored(each) for each in self.others]


def recall(target: Path, key: bytes) -> Record | None:
    """The record of an earlier compilation with this key, when all that it wrote still stands as it was left."""
    try:
        data = (target / _FILE).read_bytes()
        body = memoryview(data)[_DIGEST:]
        if blake2b(body, digest_size=_DIGEST).digest() != data[:_DIGEST]:
            return None
        record = msgpack.decode(body, type=Record)
        return record if record.key == key and _stands(record, f"{target}/") else None
    except (OSError, DecodeError, ValidationError):
        return None


def _stands(record: Record, base: str) -> bool:
    written = [output for entry in record.entries for output in entry.outputs if output.path]
    files = [(output.path, output.size, output.time) for output in written]
    files.append(("compile_results.json", record.results.size, record.results.time))
    files.append(("manifest.json", record.manifest.size, record.manifest.time))
    lstat = os.lstat
    for path, size, time in files:
        state = lstat(base + path)
        if state.st_size != size or state.st_mtime_ns != time:
            return False
    return True


def remember(target: Path, record: Record) -> None:
    """Keeps a record; the last thing that a compilation does. Where it cannot be kept, the next one does all again."""
    body = msgpack.encode(record)
    path = target / _FILE
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(blake2b(body, digest_size=_DIGEST).digest() + body)
        os.replace(beside, path)
    except OSError:
        beside.unlink(missing_ok=True)


def forget(target: Path) -> None:
    """Drops the record; called before anything is written, so that an interrupted compilation is not remembered."""
    try:
        (target / _FILE).unlink(missing_ok=True)
    except OSError:
        if (target / _FILE).is_file():
            raise


def artifact(path: Path, digest: bytes, start: int) -> Artifact:
    """An artifact as it stands."""
    state = os.lstat(path)
    return Artifact(state.st_size, state.st_mtime_ns, digest, start)


def owner(found: Diagnostic) -> str | None:
    """The id of the definition that a finding points into; None where it points elsewhere."""
    place = found.place
    if not isinstance(place, Place):
        return None
    if place.path.startswith("analyses/"):
        return "analysis." + place.path.rpartition("/")[2].removesuffix(".sql")
    if not place.path.startswith("kpis/") or len(place.keys) < 2:
        return None
    kind = {"sources": "source", "kpis": "kpi", "tests": "test"}.get(str(place.keys[0]))
    return None if kind is None else f"{kind}.{place.keys[1]}"


def by_owner(diagnostics: Iterable[Diagnostic]) -> dict[str | None, list[Diagnostic]]:
    """Findings by the definition that they point into."""
    found: dict[str | None, list[Diagnostic]] = {}
    for each in diagnostics:
        found.setdefault(owner(each), []).append(each)
    return found


def stored(found: Diagnostic) -> tuple[Any, ...]:
    """A finding as plain values."""
    return (
        found.code,
        found.severity.value,
        found.message,
        _stored_place(found.place),
        found.label,
        tuple((_stored_place(each.place), each.text) for each in found.others),
        found.notes,
        found.help,
        None if found.fix is None else (_stored_place(found.fix.place), found.fix.replacement, found.fix.safe),
        found.node,
    )


def restored(values: tuple[Any, ...]) -> Diagnostic:
    """The finding that `stored` made plain values of."""
    code, severity, message, place, label, others, notes, help, fix, node = values
    return Diagnostic(
        code=code,
        severity=Severity(severity),
        message=message,
        place=_restored_place(place),
        label=label,
        others=tuple(Label(place=_restored_place(where), text=text) for where, text in others),
        notes=tuple(notes),
        help=tuple(help),
        fix=None if fix is None else Fix(place=_restored_place(fix[0]), replacement=fix[1], safe=fix[2]),
        node=node,
    )


def _stored_place(place: Place | Span | None) -> tuple[Any, ...] | None:
    match place:
        case Place():
            return ("place", place.path, place.keys, place.on_key, place.start, place.end)
        case Span():
            return ("span", place.path, place.line, place.column, place.end_line, place.end_column)
    return None


def _restored_place(values: Any) -> Any:
    if values is None:
        return None
    kind, path, *rest = values
    if kind == "place":
        keys, on_key, start, end = rest
        return Place(path, tuple(keys), on_key, start, end)
    line, column, end_line, end_column = rest
    return Span(path=path, line=line, column=column, end_line=end_line, end_column=end_column)
