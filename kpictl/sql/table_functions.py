"""Relations that are computed: series, unnested arrays, elements of JSON, VALUES."""

from __future__ import annotations

from sqlglot import exp

from kpictl.ir.query import CteRef, Series, Unnest, Values
from kpictl.ir.scalars import Call, Interval, Lit, Scalar
from kpictl.model.types import JSON, TEXT, TIMESTAMPTZ, UNKNOWN, Kind, Type
from kpictl.sql import coercion, values
from kpictl.sql.arguments import function_name
from kpictl.sql.documents import json
from kpictl.sql.findings import UnsupportedSql, WrongArguments, WrongType
from kpictl.sql.functions import unknown
from kpictl.sql.reader import BAD, Reader, Rel
from kpictl.sql.scalars import scalar
from kpictl.sql.values import lit


def unknown_rel(alias: str) -> Rel:
    return Rel(alias, None, lambda rel: CteRef(rel.alias, rel.alias), broken=True)


def table_function(r: Reader, node: exp.Expr, call: exp.Anonymous, name: str | None, columns: tuple[str, ...]) -> Rel:
    fn = function_name(call)
    args = list(call.expressions)
    if fn == "generate_series":
        return _series(r, call, args, name, columns)
    if fn == "unnest":
        return unnest(r, call, args, name, columns)
    if fn in ("jsonb_object_keys", "json_object_keys"):
        return _json_keys(r, call, args, name, columns)
    if fn in ("jsonb_array_elements", "json_array_elements", "jsonb_array_elements_text", "json_array_elements_text"):
        return _json_elements(r, call, args, name, columns, as_text=fn.endswith("_text"))
    unknown(r, call, fn)
    return unknown_rel(name or fn)


def _series(r: Reader, node: exp.Expr, args: list[exp.Expr], name: str | None, columns: tuple[str, ...]) -> Rel:
    alias = name or "generate_series"
    column = columns[0] if columns else alias
    if not 2 <= len(args) <= 3:
        r.fail(WrongArguments, node, "`generate_series` takes 2 or 3 arguments")
        return unknown_rel(alias)
    start, stop = coercion.unify(r, node, [scalar(r, a) for a in args[:2]], "ends of one series")
    step = scalar(r, args[2]) if len(args) == 3 else lit(1)
    if values.is_text_constant(step):
        step = coercion.coerce(r, args[2], step, Type(Kind.INTERVAL))
    start, stop, kind = _series_ends(r, node, start, stop, step)

    def build(rel: Rel) -> Series:
        return Series(start, stop, step, rel.alias, column)

    return Rel(alias, {column: (column, kind)}, build)


def _series_ends(r: Reader, node: exp.Expr, start: Scalar, stop: Scalar, step: Scalar) -> tuple[Scalar, Scalar, Type]:
    if start.type.kind is Kind.DATE or start.type.kind in (Kind.TIMESTAMP, Kind.TIMESTAMPTZ):
        if step.type.kind is not Kind.INTERVAL:
            r.fail(WrongType, node, "a series of dates steps by an interval", help=("write `INTERVAL '1 day'`",))
            return start, stop, start.type
        hours = isinstance(step, Lit) and isinstance(step.value, Interval) and step.value.micros
        if start.type.kind is Kind.DATE and hours:
            start, stop = (coercion.cast(r, node, x, TIMESTAMPTZ) for x in (start, stop))
        return start, stop, start.type
    if not (start.type.is_numeric or start.type.kind in (Kind.UNKNOWN, Kind.NULL)):
        r.fail(WrongType, node, f"no series of {start.type}")
    return start, stop, start.type


def unnest(r: Reader, node: exp.Expr, args: list[exp.Expr], name: str | None, columns: tuple[str, ...]) -> Rel:
    alias = name or "unnest"
    if len(args) != 1 or node.args.get("offset") or node.args.get("ordinality"):
        what = "UNNEST of several arrays" if len(args) > 1 else "WITH ORDINALITY"
        r.fail(UnsupportedSql, node, what, help=("UNNEST one array, without its positions",))
        return unknown_rel(alias)
    array = scalar(r, args[0])
    element = array.type.element or UNKNOWN
    if array.type.kind is Kind.JSON:
        element = JSON
    elif array.type.kind not in (Kind.ARRAY, Kind.UNKNOWN):
        r.fail(WrongType, args[0], f"an array is needed, and this is {array.type}")
    return _unnest_rel(alias, columns[0] if columns else alias, array, element)


def _json_elements(
    r: Reader, node: exp.Expr, args: list[exp.Expr], name: str | None, columns: tuple[str, ...], *, as_text: bool
) -> Rel:
    alias = name or function_name(node)
    if len(args) != 1:
        r.fail(WrongArguments, node, f"`{function_name(node)}` takes one argument")
        return unknown_rel(alias)
    column = columns[0] if columns else (name or "value")
    rel = _unnest_rel(alias, column, json(r, args[0]), JSON)
    rel.as_text = as_text
    return rel


def _json_keys(r: Reader, node: exp.Expr, args: list[exp.Expr], name: str | None, columns: tuple[str, ...]) -> Rel:
    alias = name or function_name(node)
    if len(args) != 1:
        r.fail(WrongArguments, node, f"`{function_name(node)}` takes one argument")
        return unknown_rel(alias)
    keys = Call("json_keys", (json(r, args[0]),), Type(Kind.ARRAY, element=TEXT), r.at(node))
    return _unnest_rel(alias, columns[0] if columns else alias, keys, TEXT)


def _unnest_rel(alias: str, column: str, array: Scalar, element: Type) -> Rel:
    def build(rel: Rel) -> Unnest:
        return Unnest(array, rel.alias, column)

    return Rel(alias, {column: (column, element)}, build)


def read_values(r: Reader, node: exp.Values, columns: tuple[str, ...]) -> Values:
    rows = [[scalar(r, e) for e in (t.expressions if isinstance(t, exp.Tuple) else [t])] for t in node.expressions]
    width = len(rows[0]) if rows else 0
    if not rows or any(len(row) != width for row in rows):
        r.fail(WrongArguments, node, "the rows of VALUES must be of one length")
        return Values(("column1",), ((BAD,),))
    names = tuple(columns[i] if i < len(columns) else f"column{i + 1}" for i in range(width))
    unified = [coercion.unify(r, node, [row[i] for row in rows], "values of one column") for i in range(width)]
    kinds = [values.common_type(column) for column in unified]
    typed = tuple(tuple(_typed(c[i], k) for c, k in zip(unified, kinds, strict=True)) for i in range(len(rows)))
    return Values(names, typed)


def _typed(x: Scalar, kind: Type) -> Scalar:
    """The type of the first row is the column's: constants of one column are given their common type."""
    if isinstance(x, Lit) and x.type != kind:
        return (
            Lit(float(x.value), kind, x.place)
            if kind.kind is Kind.DOUBLE and isinstance(x.value, int)
            else Lit(x.value, kind, x.place)
        )
    return x
