"""The name that Postgres gives to an output without an alias."""

from __future__ import annotations

from sqlglot import exp

from kpictl.sql.arguments import function_name
from kpictl.sql.reader import Reader

NAMELESS = "?column?"
_NAMES: dict[type, str] = {
    exp.CurrentDate: "current_date",
    exp.CurrentTimestamp: "current_timestamp",
    exp.Localtimestamp: "localtimestamp",
    exp.Extract: "extract",
    exp.AtTimeZone: "timezone",
    exp.Exists: "exists",
    exp.Array: "array",
    exp.Interval: "interval",
    exp.Trim: "btrim",
    exp.Substring: "substring",
    exp.StrPosition: "position",
    exp.PercentileCont: "percentile_cont",
    exp.PercentileDisc: "percentile_disc",
    exp.Mode: "mode",
    exp.Boolean: "bool",
}
_TYPE_NAMES = {
    "INT": "int4",
    "BIGINT": "int8",
    "SMALLINT": "int2",
    "DOUBLE": "float8",
    "FLOAT": "float4",
    "DECIMAL": "numeric",
    "TEXT": "text",
    "VARCHAR": "varchar",
    "BOOLEAN": "bool",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMPTZ": "timestamptz",
    "INTERVAL": "interval",
    "JSON": "json",
    "JSONB": "jsonb",
    "TIME": "time",
}


def output_name(r: Reader, node: exp.Expr) -> str:
    """The default name: a column's, a function's, a type's where nothing better is inside, else `?column?`."""
    return _figure(r, node)[0] or NAMELESS


def _figure(r: Reader, node: exp.Expr) -> tuple[str, int]:
    """A name and its strength: 2 of its own, 1 borrowed from a type or keyword."""
    if isinstance(node, exp.Column):
        return r.name(node.this), 2
    if isinstance(node, exp.Anonymous):
        return function_name(node), 2
    if isinstance(node, exp.Paren | exp.Filter | exp.Window | exp.WithinGroup | exp.Alias):
        return _figure(r, node.this)
    if isinstance(node, exp.Cast):
        found, strength = _figure(r, node.this)
        if strength:
            return found, strength
        kind = node.args["to"].this
        return _TYPE_NAMES.get(getattr(kind, "value", str(kind)), ""), 1
    if isinstance(node, exp.Case):
        default = node.args.get("default")
        found, strength = _figure(r, default) if default is not None else ("", 0)
        return (found, strength) if strength > 1 else ("case", 1)
    if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Select):
        first = node.this.expressions[0]
        return (r.name(first.args["alias"]), 2) if isinstance(first, exp.Alias) else _figure(r, first)
    name = _NAMES.get(node.__class__, "")
    return name, (1 if name in ("bool", "interval") else 2) if name else 0
