"""Types of columns as users write them: PostgreSQL's names, and the common ones of other engines."""

from __future__ import annotations

import re

from kpictl.model import types
from kpictl.model.types import Kind, Type

_NAMES: dict[str, Type] = {
    **dict.fromkeys(("boolean", "bool"), types.BOOLEAN),
    **dict.fromkeys(
        ("integer", "int", "bigint", "smallint", "tinyint", "int2", "int4", "int8", "int64", "int32", "int16", "long",
         "hugeint", "serial", "bigserial", "ubigint", "uinteger", "usmallint", "utinyint", "byteint"),
        types.INTEGER,
    ),
    **dict.fromkeys(("numeric", "decimal", "number", "bignumeric", "dec", "money"), types.DECIMAL),
    **dict.fromkeys(
        ("double", "double precision", "float", "float8", "float4", "float64", "float32", "real"), types.DOUBLE
    ),
    **dict.fromkeys(
        ("text", "string", "varchar", "char", "character", "character varying", "nvarchar", "nchar", "bpchar", "uuid",
         "citext", "enum", "name"),
        types.TEXT,
    ),
    "date": types.DATE,
    **dict.fromkeys(("time", "time without time zone"), types.TIME),
    **dict.fromkeys(
        ("timestamp", "datetime", "datetime2", "timestamp without time zone", "timestamp_ntz", "timestamp_s",
         "timestamp_ms", "timestamp_ns"),
        types.TIMESTAMP,
    ),
    **dict.fromkeys(
        ("timestamptz", "timestamp with time zone", "timestamp_tz", "timestamp_ltz", "datetimeoffset"),
        types.TIMESTAMPTZ,
    ),
    "interval": types.INTERVAL,
    **dict.fromkeys(("json", "jsonb", "variant", "super", "object"), types.JSON),
}  # fmt: skip
_FORM = re.compile(
    r"(?P<name>[a-z_0-9 ]+?)\s*"
    r"(?:\(\s*(?P<precision>\d{1,4})\s*(?:,\s*(?P<scale>\d{1,3})\s*)?\))?"
    r"(?P<zone> with(?:out)? time zone)?(?P<array>(?: ?\[\])*)"
)
TYPE_NAMES = tuple(sorted(_NAMES))


def parse_type(text: str) -> Type | None:
    """The type that a text names, or None when it names none."""
    match = _FORM.fullmatch(" ".join(text.lower().split()))
    if match is None:
        return None
    found = _NAMES.get(match["name"] + (match["zone"] or ""))
    if found is None:
        return None
    if found.kind is Kind.DECIMAL and match["precision"] is not None:
        found = Type(Kind.DECIMAL, precision=int(match["precision"]), scale=int(match["scale"] or 0))
    for _ in range(match["array"].count("[]")):
        found = Type(Kind.ARRAY, element=found)
    return found
