"""Queries: WITH, set operations and parentheses around SELECTs, resolved and made explicit."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

import kpictl.sql.expressions  # noqa: F401 - gives every node its rule
from kpictl.ir.query import Cte, Derived, Output, Query, Select, SetOperation
from kpictl.ir.scalars import Call, Col, Over, SortKey
from kpictl.model.types import BOOLEAN, INTEGER, Kind, Type
from kpictl.sql.findings import AmbiguousColumn, UnsafeSql, UnsupportedSql, WrongArguments, WrongType
from kpictl.sql.ordering import limits, order_of_outputs
from kpictl.sql.reader import BAD, Level, Reader, renamed
from kpictl.sql.selects import check_parts, read_select
from kpictl.sql.table_functions import read_values
from kpictl.sql.values import lit
from kpictl.sql.walk import has_aggregate

_SET_PARTS = frozenset(
    [
        "with_",
        "this",
        "expression",
        "distinct",
        "order",
        "limit",
        "offset",
        "by_name",
        "side",
        "kind",
        "on",
        "expressions",
    ]
)


def sub_query(r: Reader, node: exp.Expr, *, columns: int | None = None) -> Query | None:
    """A query inside of an expression; None (reported) when it has not so many columns."""
    query = read_query(r, node)
    if columns is not None and len(query.outputs) != columns:
        r.fail(WrongArguments, node, f"this query must have {columns} column{'s' * (columns > 1)}")
        return None
    if ungrouped(query):
        r.facts.looks_ahead.append(query.place or r.locate(node))
    return query


def ungrouped(query: Query) -> bool:
    """Whether it is one total over all rows."""
    body = query.body
    if not isinstance(body, Select) or (body.group_by is not None and any(body.group_by)):
        return False
    return any(has_aggregate(o.value) for o in body.outputs)


def read_query(r: Reader, node: exp.Expr) -> Query:
    """Any query: SELECT, VALUES, a set operation, in parentheses or not."""
    if isinstance(node, exp.Subquery):
        return _in_parentheses(r, node)
    if isinstance(node, exp.Select):
        return _select_query(r, node)
    if isinstance(node, exp.Union | exp.Except | exp.Intersect):
        return _set_query(r, node)
    if isinstance(node, exp.Values):
        return Query(read_values(r, node, ()), place=r.locate(node))
    if isinstance(node, exp.Table) and not node.args.get("db"):
        return _select_query(r, exp.select("*").from_(node.copy()))
    r.fail(UnsafeSql, r.keyword(node), f"`{node.key.upper()}` is no question", help=("write one SELECT",))
    return _nothing(r, node)


def _nothing(r: Reader, node: exp.Expr) -> Query:
    return Query(Select((Output("?column?", BAD),)), place=r.locate(node))


def _in_parentheses(r: Reader, node: exp.Subquery) -> Query:
    inner = read_query(r, node.this)
    own = {k for k, v in node.args.items() if v} - {"this", "alias", "with_", "order", "limit", "offset"}
    if own:
        r.fail(UnsupportedSql, node, f"{sorted(own)[0].upper().rstrip('_')} here")
    if not (node.args.get("order") or node.args.get("limit") or node.args.get("offset") or node.args.get("with_")):
        return inner
    if inner.order_by or inner.limit is not None or inner.offset:
        outputs = tuple(Output(n, Col(n, "inner", t)) for n, t in inner.outputs)
        inner = Query(Select(outputs, Derived(inner, "inner")), place=inner.place)
    limit, offset = limits(r, node)
    return replace(inner, order_by=order_of_outputs(r, node, inner), limit=limit, offset=offset)


def _with(r: Reader, node: exp.Expr, level: Level) -> tuple[Cte, ...]:
    told = node.args.get("with_")
    if told is None:
        return ()
    found: list[Cte] = []
    for cte in told.expressions:
        alias = cte.args["alias"]
        name = r.name(alias.this)
        if name in level.ctes:
            r.fail(AmbiguousColumn, alias, f"WITH names `{name}` twice")
        names = tuple(r.name(c) for c in alias.args.get("columns") or ())
        recursive = bool(told.args.get("recursive")) and _reads(r, cte.this, name)
        query = _recursive(r, cte.this, level, name, names) if recursive else _cte_query(r, cte.this)
        query = with_names(r, cte, query, names)
        level.ctes[name] = query
        found.append(Cte(name, query, recursive))
    return tuple(found)


def _reads(r: Reader, node: exp.Expr, name: str) -> bool:
    return any(r.name(t.this) == name for t in node.find_all(exp.Table) if isinstance(t.this, exp.Identifier))


def _cte_query(r: Reader, node: exp.Expr) -> Query:
    if not isinstance(node, exp.Query | exp.Values | exp.Subquery):
        r.fail(UnsafeSql, r.keyword(node), f"`{node.key.upper()}` inside WITH is no question", help=("write a SELECT",))
        return _nothing(r, node)
    return read_query(r, node)


def with_names(r: Reader, node: exp.Expr, query: Query, names: tuple[str, ...]) -> Query:
    if len(names) > len(query.outputs):
        r.fail(WrongArguments, node.args["alias"], f"{len(names)} names for {len(query.outputs)} columns")
        names = names[: len(query.outputs)]
    return renamed(query, names) if names else query


def _recursive(r: Reader, node: exp.Expr, level: Level, name: str, names: tuple[str, ...]) -> Query:
    if not isinstance(node, exp.Union):
        r.fail(UnsupportedSql, node, "a recursive WITH query is `first UNION ALL next`")
        return _nothing(r, node)
    first = read_query(r, node.this)
    level.ctes[name] = renamed(first, names[: len(first.outputs)]) if names else first
    then = read_query(r, node.args["expression"])
    if len(then.outputs) == len(first.outputs):
        then = renamed(then, tuple(name for name, _ in first.outputs))
    return Query(_set_operation(r, node, "union", first, then), place=r.locate(node))


def _set_query(r: Reader, node: exp.Expr) -> Query:
    extra = {k for k, v in node.args.items() if v} - _SET_PARTS
    odd = extra or {k for k in ("by_name", "side", "kind", "on") if node.args.get(k)}
    if odd:
        r.fail(UnsupportedSql, node, f"{sorted(odd)[0].upper()} on a set operation")
    with r.nested() as level:
        ctes = _with(r, node, level)
        operands, nodes = _operands(r, node)
        result = operands[0]
        for operand, above in zip(operands[1:], nodes, strict=True):
            result = Query(_set_operation(r, above, above.key, result, operand), place=result.place)
        limit, offset = limits(r, node)
        order = order_of_outputs(r, node, result)
    return Query(result.body, ctes, order, limit, offset, r.locate(node))


def _operands(r: Reader, node: exp.Expr) -> tuple[list[Query], list[exp.Expr]]:
    """The queries of a left-deep chain, read without recursion."""
    chain_of: list[exp.Expr] = []
    top: exp.Expr = node
    while True:
        chain_of.append(top)
        left = top.this
        plain = isinstance(left, exp.Union | exp.Except | exp.Intersect) and not any(
            left.args.get(k) for k in ("with_", "order", "limit", "offset")
        )
        if not plain:
            break
        top = left
    chain_of.reverse()
    queries = [read_query(r, chain_of[0].this)] + [read_query(r, n.args["expression"]) for n in chain_of]
    return queries, chain_of


def _set_operation(r: Reader, node: exp.Expr, op: str, left: Query, right: Query) -> SetOperation:
    if len(left.outputs) != len(right.outputs):
        message = f"{op.upper()} of {len(left.outputs)} columns with {len(right.outputs)}"
        r.fail(WrongArguments, node.args.get("expression"), message)
    else:
        for (name, a), (_, b) in zip(left.outputs, right.outputs, strict=True):
            if not _together(a, b):
                message = f"column `{name}` is {a} on one side of {op.upper()} and {b} on the other"
                r.fail(WrongType, node.args.get("expression"), message, help=("cast one of them",))
    return SetOperation(op, left, right, not node.args.get("distinct"))


def _together(a: Type, b: Type) -> bool:
    open_kinds = (Kind.UNKNOWN, Kind.NULL)
    if a.kind in open_kinds or b.kind in open_kinds or a.kind is b.kind:
        return True
    return a.is_numeric and b.is_numeric


def _select_query(r: Reader, node: exp.Select) -> Query:
    check_parts(r, node)
    with r.nested() as level:
        ctes = _with(r, node, level)
        body, order = read_select(r, node, level)
        limit, offset = limits(r, node)
    place = body.outputs[0].value.place if body.outputs else None
    if limit is not None and _with_ties(node):
        return _tied(r, node, Query(body, ctes, order, limit, offset, place))
    return Query(body, ctes, order, limit, offset, place)


def _with_ties(node: exp.Expr) -> bool:
    limit = node.args.get("limit")
    options = limit.args.get("limit_options") if isinstance(limit, exp.Fetch) else None
    return options is not None and bool(options.args.get("with_ties"))


def _tied(r: Reader, node: exp.Expr, query: Query) -> Query:
    """FETCH FIRST n ROWS WITH TIES as a rank of at most n."""
    body = query.body
    if not query.order_by or query.offset or query.limit is None or not isinstance(body, Select):
        return _nothing_tied(r, node, query)
    keys = query.order_by
    if body.distinct or body.distinct_on:
        within = r.fresh("rows")
        own = keys if body.distinct_on else ()
        outputs = tuple(Output(o.name, Col(o.name, within, o.type)) for o in body.outputs)
        body = Select(outputs, Derived(Query(body, order_by=own), within))
    by_name = {o.name: o.value for o in body.outputs}
    keys = tuple(replace(k, by=by_name[k.by.name]) if isinstance(k.by, Col) and k.by.table is None else k for k in keys)
    rank, alias = r.fresh("rank"), r.fresh("ranked")
    ranked = Over(Call("rank", (), INTEGER), order_by=keys, type=INTEGER)
    inner = Query(replace(body, outputs=(*body.outputs, Output(rank, ranked))), query.ctes)
    column = Col(rank, alias, INTEGER)
    outer = Select(
        tuple(Output(o.name, Col(o.name, alias, o.type)) for o in body.outputs),
        Derived(inner, alias),
        where=Call("le", (column, lit(query.limit)), BOOLEAN),
    )
    return Query(outer, order_by=(SortKey(column),), place=query.place)


def _nothing_tied(r: Reader, node: exp.Expr, query: Query) -> Query:
    way = "filter by `RANK() OVER (ORDER BY ...)` in a sub-query"
    r.fail(UnsupportedSql, node.args["limit"], "WITH TIES without an order, or with an OFFSET", help=(way,))
    return query
