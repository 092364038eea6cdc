"""The block of a source: its keys, and the Source that they make."""

from __future__ import annotations

from typing import Any

from kpictl.diagnostics import did_you_mean
from kpictl.model.keys import Block, Key
from kpictl.model.readers import (
    INVALID,
    At,
    DurationText,
    Either,
    Filled,
    ListOf,
    MappingOf,
    Moment,
    Name,
    Number,
    OneOf,
    Out,
    Schema,
    Text,
    Zone,
    place_of,
    shown,
)
from kpictl.model.sources import Column, Freshness, History, HistoryKind, Ingest, Source, SourceJoin
from kpictl.model.types import UNKNOWN, Type
from kpictl.project.column_types import TYPE_NAMES, parse_type
from kpictl.project.findings import UnknownColumnType
from kpictl.project.names import Names


class ColumnType:
    """A type of a column: `bigint`, `numeric(12,2)`, `timestamptz`, `text[]`."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        found = parse_type(value) if isinstance(value, str) else None
        if found is not None:
            return found
        near = did_you_mean(value.split("(")[0].lower(), TYPE_NAMES) if isinstance(value, str) else ()
        out.append(
            UnknownColumnType.at(
                place_of(at),
                f"{shown(value)} is no type of a column",
                help=[f"did you mean {near[0]!r}?"] if near else ["write a type of PostgreSQL, such as bigint or text"],
            )
        )
        return INVALID

    def schema(self) -> Schema:
        return {"type": "string", "examples": ["bigint", "text", "numeric(12,2)", "timestamptz", "date"]}


_COLUMN = Block(
    "a column",
    (
        Key("type", ColumnType(), "Its type."),
        Key("unit", Filled(), "The unit of its values."),
        Key("pii", Filled(), "What personal data it holds; such a column never leaves."),
        Key("description", Text(), "What it holds."),
        Key("physical", MappingOf(Filled()), "Its stored form on a target, where that is not the target's default."),
    ),
)
_JOIN = Block(
    "a join",
    (
        Key("source", Name(), "The source that is joined; the join's own name when left out."),
        Key("on", Filled(), "The condition, in SQL.", required=True),
        Key("type", OneOf(("many_to_one", "one_to_one", "one_to_many")), "How many rows meet how many.", True),
    ),
)
SOURCE = Block(
    "a source",
    (
        Key("connection", Name(), "The logical connection that holds it; the only one when left out."),
        Key("relation", Filled(), "Table, view, collection or file glob; the source's name when left out."),
        Key("description", Text(), "What a row is."),
        Key("owner", Filled(), "Who answers for it."),
        Key("tags", ListOf(Filled(), single=True), "Words to select by."),
        Key("time", Filled(), "The column with the event time."),
        Key(
            "history",
            Either(
                Block("`history`", (Key("valid", ListOf(Filled(), exactly=2), "The columns from and to.", True),)),
                OneOf(("append", "current")),
            ),
            "How it keeps its past: rows stay (append), change in place (current), or hold from one time to another.",
        ),
        Key("start", Moment(), "Nothing is read before it."),
        Key("timezone", Zone(), "The zone of timestamps without a zone."),
        Key("key", ListOf(Filled(), single=True), "The columns of which a row is one."),
        Key("columns", MappingOf(Either(_COLUMN, ColumnType())), "Columns and their types."),
        Key("joins", MappingOf(_JOIN, Names()), "Joins to other sources, by role."),
        Key("dimensions", MappingOf(Filled(), Names()), "Named expressions to group by."),
        Key("lateness", DurationText(), "How late rows may arrive."),
        Key(
            "updated_at",
            Filled(),
            "When a row was last changed: days within `lateness` with the same rows and `updated_at` as before stay as they are.",
        ),
        Key("retention", DurationText(), "The source is purged after that."),
        Key(
            "freshness",
            Block(
                "`freshness`",
                (
                    Key("warn_after", DurationText(), "Warn when the last row is older."),
                    Key("error_after", DurationText(), "Fail when the last row is older."),
                ),
            ),
            "How old the last row may be.",
        ),
        Key("complete", Filled(), "`now`, or a query for the time up to which rows have arrived."),
        Key(
            "ingest",
            Block(
                "`ingest`",
                (
                    Key("interval", DurationText(), "How often."),
                    Key("batch_size", Number(integer=True, least=1), "Rows a batch."),
                    Key("cursor", Filled(), "The column that tells new rows."),
                    Key(
                        "rollup",
                        OneOf(("minute", "hour", "day")),
                        "Keep what its measures add, count and sketch as one more data source, by such a unit of time.",
                    ),
                ),
            ),
            "Copy the rows into the store's engine.",
        ),
    ),
)


def bind_source(name: str, value: Any, at: At, out: Out) -> Source | None:
    """The source of a block; None when a diagnostic says why there is none."""
    before = len(out)
    values = SOURCE.read(value, at, out)
    if values is INVALID or len(out) > before:
        return None
    place = place_of(at)
    get = values.get
    return Source(
        name=name,
        connection=get("connection"),
        relation=get("relation", name),
        time=get("time"),
        history=_history(get("history"), get("time")),
        start=get("start"),
        timezone=get("timezone"),
        key=get("key", ()),
        columns=tuple(_column(key, item, (at, "columns")) for key, item in get("columns", ())),
        joins=tuple(_join(key, item, (at, "joins")) for key, item in get("joins", ())),
        dimensions=get("dimensions", ()),
        lateness=get("lateness"),
        updated_at=get("updated_at"),
        retention=get("retention"),
        freshness=Freshness(**get("freshness")) if "freshness" in values else None,
        complete=get("complete"),
        ingest=Ingest(**get("ingest")) if "ingest" in values else None,
        description=get("description"),
        owner=get("owner"),
        tags=get("tags", ()),
        place=place,
    )


def _history(value: Any, time: str | None) -> History:
    if isinstance(value, dict):
        start, end = value["valid"]
        return History(kind=HistoryKind.VALID, valid_from=start, valid_to=end)
    if value is None:
        return History(kind=HistoryKind.APPEND if time else HistoryKind.CURRENT)
    return History(kind=HistoryKind(value))


def _column(name: str, value: Any, at: At) -> Column:
    place = place_of((at, name))
    if isinstance(value, Type):
        return Column(name=name, type=value, place=place)
    return Column(
        name=name,
        type=value.get("type", UNKNOWN),
        unit=value.get("unit"),
        pii=value.get("pii"),
        description=value.get("description"),
        physical=value.get("physical", ()),
        place=place,
    )


def _join(name: str, value: Any, at: At) -> SourceJoin:
    return SourceJoin(
        name=name,
        source=value.get("source", name),
        on=value["on"],
        type=value["type"],
        place=place_of((at, name)),
    )
