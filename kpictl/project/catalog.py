"""`catalog.lock.json`: the columns that connections were found to have, for sources that do not declare theirs.

    {"connections": {"app": {"orders": {"id": {"native": "BIGINT", "type": "integer"}}}}, "schema_version": 1}

It is written by `kpictl sources import` and `refresh` alone, and read by everything that compiles; no engine is asked then.
A column's `physical` is its stored form per target, as in a source's block.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from kpictl.diagnostics import Diagnostic, Place, Refused
from kpictl.model.keys import Block, Key
from kpictl.model.readers import INVALID, At, Filled, MappingOf, Number, Out
from kpictl.model.sources import Column, Source
from kpictl.model.types import UNKNOWN, Kind, Type
from kpictl.project.findings import ForeignCatalogue
from kpictl.project.source_blocks import ColumnType
from kpictl.records import dataclass
from kpictl.syntax import read

CATALOG_FILE = "catalog.lock.json"
VERSION = 1
_WAY = f"`kpictl sources refresh` writes it anew; or remove {CATALOG_FILE}, and sources without `columns:` have none"

_COLUMN = Block(
    "a column of the catalogue",
    (
        Key("type", ColumnType(), "Its type; left out where no definition can speak of it."),
        Key("native", Filled(), "Its type in the engine's own words.", required=True),
        Key("physical", MappingOf(Filled()), "Its stored form on a target, where that is not the target's default."),
    ),
)
CATALOG = Block(
    "the catalogue",
    (
        Key("schema_version", Number(integer=True, least=1), "The version of this format.", required=True),
        Key(
            "connections",
            MappingOf(MappingOf(MappingOf(_COLUMN))),
            "By connection, relation and column: what was found there.",
            required=True,
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A column as a connection had it."""

    type: Type | None
    native: str
    physical: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Columns by connection and relation, in the order of their names."""

    relations: Mapping[tuple[str, str], Mapping[str, Known]] = field(default_factory=dict)

    def of(self, connection: str | None, relation: str) -> tuple[str, Mapping[str, Known]] | None:
        """The connection and columns of a relation; without a connection the only one that has the relation."""
        found = [
            (name, columns)
            for (name, there), columns in self.relations.items()
            if there == relation and connection in (None, name)
        ]
        return found[0] if len(found) == 1 else None

    def text(self) -> str:
        """The file: sorted, one line a column, the same bytes for the same columns."""
        connections: dict[str, Any] = {}
        for (connection, relation), columns in self.relations.items():
            connections.setdefault(connection, {})[relation] = {name: _plain(known) for name, known in columns.items()}
        return _text({"connections": connections, "schema_version": VERSION})


def catalogue(data: bytes, out: Out) -> Catalogue:
    """What the file says; empty, with diagnostics that say the way out, where it is damaged or of another format."""
    found: list[Diagnostic] = []
    bound = _bound(data, found)
    out.extend(replace(each, help=(*each.help, _WAY)) for each in found)
    if bound is None or found:
        return Catalogue()
    return Catalogue(
        relations={
            (connection, relation): {name: _known(values) for name, values in columns}
            for connection, relations in bound["connections"]
            for relation, columns in relations
        }
    )


def with_columns(sources: Mapping[str, Source], known: Catalogue, only: str | None) -> dict[str, Source]:
    """The sources, with what the catalogue knows of the columns that they do not declare, or declare without a type.

    `only` is the project's only connection, for sources that name none.
    """
    return {name: _filled(source, known, only) for name, source in sources.items()}


def _filled(source: Source, known: Catalogue, only: str | None) -> Source:
    if source.columns and all(column.type.kind is not Kind.UNKNOWN for column in source.columns):
        return source
    found = known.of(source.connection or only, source.relation)
    if found is None:
        return source
    connection, columns = found
    place = Place(CATALOG_FILE, ("connections", connection, source.relation))
    if not source.columns:
        made = (
            Column(name=name, type=each.type or UNKNOWN, physical=each.physical, place=place.child(name))
            for name, each in columns.items()
        )
        return replace(source, columns=tuple(made))
    return replace(source, columns=tuple(_typed(column, columns.get(column.name)) for column in source.columns))


def _typed(column: Column, known: Known | None) -> Column:
    if column.type.kind is not Kind.UNKNOWN or known is None or known.type is None:
        return column
    return replace(column, type=known.type, physical=column.physical or known.physical)


def _bound(data: bytes, out: Out) -> dict[str, Any] | None:
    try:
        value = read(CATALOG_FILE, data)
    except Refused as refused:
        out.extend(refused.diagnostics)
        return None
    at: At = Place(CATALOG_FILE)
    version = value.get("schema_version") if isinstance(value, dict) else None
    if version is not None and version != str(VERSION):
        message = f"{CATALOG_FILE} has the format {str(version)[:40]}, and this kpictl reads format {VERSION}"
        out.append(ForeignCatalogue.at(Place(CATALOG_FILE, ("schema_version",)), message))
        return None
    bound = CATALOG.read(value, at, out)
    return None if bound is INVALID or "connections" not in bound else bound


def _known(values: dict[str, Any]) -> Known:
    return Known(type=values.get("type"), native=values["native"], physical=values.get("physical", ()))


def _plain(known: Known) -> dict[str, Any]:
    found: dict[str, Any] = {"native": known.native}
    if known.type is not None:
        found["type"] = str(known.type)
    if known.physical:
        found["physical"] = dict(known.physical)
    return found


def _text(value: Any, depth: int = 0) -> str:
    """JSON with sorted keys; a column, four mappings deep, stands on one line."""
    if not isinstance(value, dict) or not value or depth == 4:
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    inner = ",\n".join(
        f"{'  ' * (depth + 1)}{json.dumps(key, ensure_ascii=False)}: {_text(value[key], depth + 1)}"
        for key in sorted(value)
    )
    return f"{{\n{inner}\n{'  ' * depth}}}" + ("\n" if depth == 0 else "")
