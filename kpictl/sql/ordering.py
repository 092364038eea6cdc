"""ORDER BY over a SELECT or over outputs, LIMIT and OFFSET."""

from __future__ import annotations

from sqlglot import exp

from kpictl.ir.query import Output, Query
from kpictl.ir.scalars import Call, Col, Scalar, SortKey
from kpictl.model.types import DOUBLE, Kind
from kpictl.sql.aggregates import sort_key
from kpictl.sql.findings import AmbiguousColumn, UnknownColumn, UnsupportedSql, WrongArguments
from kpictl.sql.grouping import by_position
from kpictl.sql.reader import BAD, Reader
from kpictl.sql.scalars import scalar


def order_by(
    r: Reader, node: exp.Select, outputs: tuple[Output, ...], grouping: tuple[tuple[Scalar, ...], ...] | None = None
) -> tuple[SortKey, ...]:
    told, keys_of_groups = node.args.get("order"), {key for each in grouping or () for key in each}
    if told is None:
        return ()
    keys: list[SortKey] = []
    for item in told.expressions:
        by = item.this if isinstance(item, exp.Ordered) else item
        if isinstance(by, exp.Literal) and not by.is_string:
            found = by_position(r, by, outputs, "ORDER BY")
            value: Scalar = BAD if found is None else _reference(found, outputs)
        else:
            read = output_or_read(r, by, outputs)
            same = next((o for o in outputs if o.value == read), None)
            value = read if same is None else _reference(same, outputs)
        if isinstance(value, Call) and value.fn == "interval_between" and value in keys_of_groups:
            # The seconds of the key itself: those of its times are no key.
            value = Call("interval_seconds", (value,), DOUBLE, value.place)
        keys.append(sort_key(r, item, value))
    return tuple(keys)


def output_or_read(r: Reader, item: exp.Expr, outputs: tuple[Output, ...]) -> Scalar:
    """ORDER BY x: an output of that name before a column of the tables, as in Postgres."""
    if isinstance(item, exp.Column) and not item.args.get("table"):
        name = r.name(item.this)
        named = [o for o in outputs if o.name == name]
        if named and all(o.value == named[0].value for o in named):
            return named[0].value
        if named:
            return r.fail(AmbiguousColumn, item, f"two outputs are called `{name}`")
    return scalar(r, item)


def _reference(output: Output, outputs: tuple[Output, ...]) -> Scalar:
    """An output by its name; by its expression where the name says not which one."""
    if output.type.kind is Kind.INTERVAL or sum(o.name == output.name for o in outputs) > 1:
        return output.value
    return Col(output.name, None, output.type, output.value.place)


def order_of_outputs(r: Reader, node: exp.Expr, query: Query) -> tuple[SortKey, ...]:
    """The order of a set operation or parenthesised query: names and positions of its outputs only."""
    told = node.args.get("order")
    if told is None:
        return ()
    outputs = tuple(Output(n, Col(n, None, t)) for n, t in query.outputs)
    keys: list[SortKey] = []
    for item in told.expressions:
        by = item.this if isinstance(item, exp.Ordered) else item
        found: Output | None = None
        if isinstance(by, exp.Literal) and not by.is_string:
            found = by_position(r, by, outputs, "ORDER BY")
        elif isinstance(by, exp.Column) and not by.args.get("table"):
            name = r.name(by.this)
            found = next((o for o in outputs if o.name == name), None)
            if found is None:
                r.fail(UnknownColumn, by, f"there is no output `{name}` to order by")
        else:
            r.fail(UnsupportedSql, by, "a set operation can be ordered by its columns only")
        if found is not None:
            keys.append(sort_key(r, item, found.value))
    return tuple(keys)


def limits(r: Reader, node: exp.Expr) -> tuple[int | None, int]:
    limit, offset = node.args.get("limit"), node.args.get("offset")
    most: int | None = None
    if isinstance(limit, exp.Fetch):
        options = limit.args.get("limit_options")
        if options is not None and (options.args.get("percent") or not isinstance(node, exp.Select)):
            what = "FETCH of a share of the rows" if options.args.get("percent") else "WITH TIES of a set operation"
            if options.args.get("percent") or options.args.get("with_ties"):
                way = "filter by `RANK() OVER (ORDER BY ...)` in a sub-query"
                r.fail(UnsupportedSql, limit, what, help=(way,))
        most = _number(r, limit.args.get("count"), "FETCH", default=1)
    elif limit is not None:
        if limit.args.get("offset") is not None:
            offset = offset or exp.Offset(expression=limit.args["offset"])
        told = limit.args.get("expression")
        if not isinstance(told, exp.Null) and not (isinstance(told, exp.Var) and told.name.upper() == "ALL"):
            most = _number(r, told, "LIMIT")
    return most, 0 if offset is None else _number(r, offset.args.get("expression"), "OFFSET") or 0


def _number(r: Reader, node: exp.Expr | None, clause: str, default: int | None = None) -> int | None:
    if node is None:
        return default
    if isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Literal) and not node.is_string and node.this.isdigit():
        return int(node.this)
    r.fail(WrongArguments, node, f"{clause} takes a whole number")
    return None
