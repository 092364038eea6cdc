"""SELECTs: relations, joins, grouping, ordering, set operations and WITH, resolved and made explicit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, combinations, product

from sqlglot import exp

from kpictl.ir.query import (
    Cte,
    CteRef,
    Derived,
    Joined,
    Output,
    Query,
    Relation,
    Select,
    Series,
    SetOperation,
    TableRef,
    Unnest,
    Values,
)
from kpictl.ir.scalars import Agg, Call, Col, Interval, Lit, Over, Scalar, SortKey
from kpictl.model.types import BOOLEAN, INTEGER, JSON, TEXT, TIMESTAMPTZ, UNKNOWN, Kind, Type
from kpictl.sql import values
from kpictl.sql.aggregates import sort_key
from kpictl.sql.arguments import function_name
from kpictl.sql.expressions import json, scalar, unsupported
from kpictl.sql.findings import (
    AmbiguousColumn,
    UndeclaredColumns,
    UngroupedColumn,
    UnknownColumn,
    UnknownTable,
    UnsafeSql,
    UnsupportedSql,
    WrongArguments,
    WrongType,
)
from kpictl.sql.functions import unknown
from kpictl.sql.names import output_name
from kpictl.sql.reader import BAD, Level, Reader, Rel, renamed
from kpictl.sql.values import condition, lit
from kpictl.sql.walk import any_of, children, has_aggregate, has_window, is_constant

_SELECT_PARTS = frozenset(
    [
        "with_",
        "expressions",
        "from_",
        "joins",
        "laterals",
        "where",
        "group",
        "having",
        "qualify",
        "windows",
        "distinct",
        "order",
        "limit",
        "offset",
        "kind",
        "operation_modifiers",
        "hint",
    ]
)
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
_STORE = ("kpi_metrics", "kpi_intervals", "kpi_runs", "kpi_definitions", "kpi_audit")


def sub_query(r: Reader, node: exp.Expr, *, columns: int | None = None) -> Query | None:
    """A query inside of an expression; None (reported) when it has not so many columns."""
    query = read_query(r, node)
    if columns is not None and len(query.outputs) != columns:
        r.fail(WrongArguments, node, f"this query must have {columns} column{'s' * (columns > 1)}")
        return None
    if _ungrouped(query):
        r.facts.looks_ahead.append(query.place or r.locate(node))
    return query


def _ungrouped(query: Query) -> bool:
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
        return Query(_values(r, node, ()), place=r.locate(node))
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
    limit, offset = _limits(r, node)
    return replace(inner, order_by=_order_of_outputs(r, node, inner), limit=limit, offset=offset)


# -- WITH
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
        query = _with_names(r, cte, query, names)
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


def _with_names(r: Reader, node: exp.Expr, query: Query, names: tuple[str, ...]) -> Query:
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


# -- set operations
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
        limit, offset = _limits(r, node)
        order = _order_of_outputs(r, node, result)
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


# -- SELECT
def _select_query(r: Reader, node: exp.Select) -> Query:
    _check_parts(r, node)
    with r.nested() as level:
        ctes = _with(r, node, level)
        body, order = _select(r, node, level)
        limit, offset = _limits(r, node)
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


def _check_parts(r: Reader, node: exp.Select) -> None:
    for key, value in node.args.items():
        if not value or (key in _SELECT_PARTS and key not in ("kind", "operation_modifiers", "hint")):
            continue
        at = value if isinstance(value, exp.Expr) else value[0] if value and isinstance(value, list) else node
        at = at if isinstance(at, exp.Expr) else node
        if key in ("locks", "into"):
            what = "FOR UPDATE" if key == "locks" else "SELECT INTO"
            r.fail(
                UnsafeSql,
                r.keyword(at, "FOR" if key == "locks" else "INTO"),
                f"{what} does more than ask",
                help=("write a plain SELECT",),
            )
        else:
            r.fail(UnsupportedSql, at, f"{key.upper().rstrip('_')} in a SELECT has no portable meaning")


def _select(r: Reader, node: exp.Select, level: Level) -> tuple[Select, tuple[SortKey, ...]]:
    joined = _from(r, node, level)
    for window in node.args.get("windows") or ():
        level.windows[r.name(window.this)] = window
    where = None
    if (told := node.args.get("where")) is not None:
        with r.without("in WHERE", "in WHERE"):
            where = condition(r, told.this, scalar(r, told.this))
    outputs, nodes = _outputs(r, node, level)
    grouping = _group_by(r, node, outputs, level)
    having = _clause(r, node, "having", windows="in HAVING")
    qualify = _clause(r, node, "qualify")
    distinct, distinct_on = _distinct(r, node, outputs)
    order = _order_by(r, node, outputs)
    if grouping is None and having is not None:
        grouping = ((),)
    if level.constant_group:  # unlike one total, groups of no rows are none
        some = Call("gt", (Agg("count_rows", (), type=INTEGER), lit(0)), BOOLEAN)
        having = some if having is None else values.conjunction("and", (some, having))
    _check_grouped(r, level, outputs, nodes, grouping, having, order)
    source, joins = _built(joined)
    body = Select(outputs, source, joins, where, grouping, having, qualify, distinct, distinct_on)
    return body, order


def _clause(r: Reader, node: exp.Expr, key: str, windows: str | None = None) -> Scalar | None:
    told = node.args.get(key)
    if told is None:
        return None
    with r.without(None, windows):
        return condition(r, told.this, scalar(r, told.this))


def _outputs(r: Reader, node: exp.Select, level: Level) -> tuple[tuple[Output, ...], list[exp.Expr]]:
    found: list[Output] = []
    nodes: list[exp.Expr] = []
    for item in node.expressions:
        stars = _star(r, item, level)
        if stars is not None:
            found += stars
            nodes += [item] * len(stars)
            continue
        value = scalar(r, item.this if isinstance(item, exp.Alias) else item)
        name = r.name(item.args["alias"]) if isinstance(item, exp.Alias) else output_name(r, item)
        found.append(Output(name, value))
        nodes.append(item)
    return tuple(found), nodes


def _star(r: Reader, item: exp.Expr, level: Level) -> list[Output] | None:
    if isinstance(item, exp.Star):
        star, rels = item, level.rels
        if not rels:
            r.fail(UnknownColumn, item, "`*` needs a FROM")
    elif isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
        star = item.this
        alias = r.name(item.args["table"])
        rel = level.rel(alias)
        if rel is None:
            r.fail(UnknownColumn, item, f"`{alias}` is no table of this query")
            return []
        rels = [rel]
    else:
        return None
    left_out = {r.name(e if isinstance(e, exp.Identifier) else e.this) for e in _except(star)}
    found: list[Output] = []
    if isinstance(item, exp.Star):
        found += [Output(name, value) for name, value in level.merged.items()]
    for rel in rels:
        if rel.broken:
            continue
        if rel.columns is None:
            r.fail(
                UndeclaredColumns, item, f"the columns of `{rel.alias}` are not declared", help=("name the columns",)
            )
            continue
        for name in rel.columns:
            if not (isinstance(item, exp.Star) and name in level.merged):
                found.append(Output(name, rel.column(name, None)))
    return [o for o in found if o.name not in left_out]


def _except(star: exp.Star) -> list[exp.Expr]:
    found = star.args.get("except_") or star.args.get("except") or []
    return list(found) if isinstance(found, list) else [found]


# -- GROUP BY
def _group_by(
    r: Reader, node: exp.Select, outputs: tuple[Output, ...], level: Level
) -> tuple[tuple[Scalar, ...], ...] | None:
    group = node.args.get("group")
    if group is None:
        return None
    if group.args.get("totals"):
        r.fail(UnsupportedSql, group, "GROUP BY ... WITH TOTALS", help=("use `GROUP BY ROLLUP (...)`",))
        return ((BAD,),)
    if group.args.get("all"):
        plain_outputs = (o.value for o in outputs if not (has_aggregate(o.value) or has_window(o.value)))
        keys = tuple(dict.fromkeys(value for value in plain_outputs if not is_constant(value)))
        return (tuple(_groupable(r, group, key) for key in keys),)
    with r.without("in GROUP BY", "in GROUP BY"):
        plain: list[exp.Expr] = list(group.expressions)
        for key in ("rollup", "cube", "grouping_sets"):
            more = group.args.get(key)
            plain += [m for m in (more if isinstance(more, list) else [more]) if isinstance(m, exp.Expr)]
        parts = [_grouping_element(r, item, outputs) for item in plain]
    sets = [_unique(chain.from_iterable(combo)) for combo in product(*parts)] if parts else [()]
    if len(sets) == 1 and any(is_constant(key) for key in sets[0] if key is not BAD):
        # A constant groups nothing, and engines read it as a position or refuse it.
        sets = [tuple(key for key in sets[0] if not is_constant(key) or key is BAD)]
        level.constant_group = not sets[0]
    level.rolled = len(sets) > 1
    return tuple(sets)


def _unique(items: chain[Scalar]) -> tuple[Scalar, ...]:
    return tuple(dict.fromkeys(items))


def _grouping_element(r: Reader, item: exp.Expr, outputs: tuple[Output, ...]) -> list[tuple[Scalar, ...]]:
    """The grouping sets of one element of GROUP BY."""
    if isinstance(item, exp.Rollup):
        columns = [_grouping_key(r, e, outputs) for e in item.expressions]
        return [tuple(chain.from_iterable(columns[:n])) for n in range(len(columns), -1, -1)]
    if isinstance(item, exp.Cube):
        columns = [_grouping_key(r, e, outputs) for e in item.expressions]
        if len(columns) > 8:
            r.fail(UnsupportedSql, item, "CUBE of more than eight columns")
            return [()]
        subsets = chain.from_iterable(combinations(columns, n) for n in range(len(columns), -1, -1))
        return [tuple(chain.from_iterable(s)) for s in subsets]
    if isinstance(item, exp.GroupingSets):
        return [s for e in item.expressions for s in _grouping_element(r, e, outputs)]
    return [_grouping_key(r, item, outputs)]


def _grouping_key(r: Reader, item: exp.Expr, outputs: tuple[Output, ...]) -> tuple[Scalar, ...]:
    if isinstance(item, exp.Tuple):
        return tuple(chain.from_iterable(_grouping_key(r, e, outputs) for e in item.expressions))
    if isinstance(item, exp.Paren):
        return _grouping_key(r, item.this, outputs)
    if isinstance(item, exp.Literal) and not item.is_string:
        found = _by_position(r, item, outputs, "GROUP BY")
        return (BAD,) if found is None else (_groupable(r, item, found.value),)
    return (_groupable(r, item, _named_or_read(r, item, outputs)),)


def _groupable(r: Reader, item: exp.Expr, value: Scalar) -> Scalar:
    from kpictl.sql.findings import MisplacedAggregate

    if any_of(value, lambda n: isinstance(n, Agg | Over), queries=False):
        r.fail(MisplacedAggregate, item, "an aggregate cannot stand in GROUP BY", help=("use a sub-query",))
    if value.type.kind is Kind.JSON:
        r.fail(WrongType, item, "JSON values cannot be grouped portably", help=("take a field with `->>`",))
    return value


def _named_or_read(r: Reader, item: exp.Expr, outputs: tuple[Output, ...]) -> Scalar:
    """GROUP BY x: a column of the tables before an output of that name, as in Postgres."""
    if isinstance(item, exp.Column) and not item.args.get("table"):
        name = r.name(item.this)
        level = r.level
        own = level is not None and (
            name in level.merged or any(rel.columns is not None and name in rel.columns for rel in level.rels)
        )
        named = [o for o in outputs if o.name == name]
        if not own and named:
            return named[0].value
    return scalar(r, item)


def _by_position(r: Reader, item: exp.Literal, outputs: tuple[Output, ...], clause: str) -> Output | None:
    n = int(item.this) if item.this.isdigit() else 0
    if 1 <= n <= len(outputs):
        return outputs[n - 1]
    r.fail(UnknownColumn, item, f"{clause} {item.this}: there are {len(outputs)} columns")
    return None


def _check_grouped(
    r: Reader,
    level: Level,
    outputs: tuple[Output, ...],
    nodes: list[exp.Expr],
    grouping: tuple[tuple[Scalar, ...], ...] | None,
    having: Scalar | None,
    order: tuple[SortKey, ...],
) -> None:
    """Beside aggregates only what is grouped by may be read."""
    wanted = [*(o.value for o in outputs), *(k.by for k in order)] + ([having] if having is not None else [])
    if grouping is None and not any(has_aggregate(s) for s in wanted):
        return
    keys = set(chain.from_iterable(grouping or ()))
    if BAD in keys:
        return
    aliases = {rel.alias for rel in level.rels}
    for value in wanted:
        loose = _loose(value, keys, aliases)
        if loose is not None:
            at = loose.place or next((n for n, o in zip(nodes, outputs, strict=True) if o.value is value), None)
            way = f"add it to GROUP BY, or write `min({loose.name})`"
            r.fail(UngroupedColumn, at, f"`{loose.name}` is neither grouped by nor aggregated", help=(way,))


def loose_column(scalar: Scalar) -> Col | None:
    """The first column that stands outside of every aggregate."""
    return _loose(scalar, set(), None)


def _loose(node: object, keys: set[Scalar], aliases: set[str] | None) -> Col | None:
    """The first column of this SELECT (None: of any) outside of aggregates and keys."""
    if isinstance(node, Agg):
        return None
    if isinstance(node, Col):
        return node if (aliases is None or node.table in aliases) and node not in keys else None
    if not isinstance(node, Query | SortKey) and node in keys:
        return None
    if isinstance(node, Over):
        parts: list[object] = [*node.call.args, *node.partition_by, *(k.by for k in node.order_by)]
        if isinstance(node.call, Agg) and node.call.where is not None:
            parts.append(node.call.where)
    elif isinstance(node, Query):
        return None
    else:
        parts = list(children(node))
    for part in parts:
        found = _loose(part, keys, aliases)
        if found is not None:
            return found
    return None


# -- DISTINCT, ORDER BY, LIMIT
def _distinct(r: Reader, node: exp.Select, outputs: tuple[Output, ...]) -> tuple[bool, tuple[Scalar, ...]]:
    told = node.args.get("distinct")
    if told is None:
        return False, ()
    on = told.args.get("on")
    if on is None:
        return True, ()
    items = on.expressions if isinstance(on, exp.Tuple) else [on]
    keys: list[Scalar] = []
    for item in items:
        inner = item.this if isinstance(item, exp.Paren) else item
        if isinstance(inner, exp.Literal) and not inner.is_string:
            found = _by_position(r, inner, outputs, "DISTINCT ON")
            keys += [found.value] if found else []
        else:
            keys.append(_output_or_read(r, inner, outputs))
    return False, tuple(keys)


def _output_or_read(r: Reader, item: exp.Expr, outputs: tuple[Output, ...]) -> Scalar:
    """ORDER BY x: an output of that name before a column of the tables, as in Postgres."""
    if isinstance(item, exp.Column) and not item.args.get("table"):
        name = r.name(item.this)
        named = [o for o in outputs if o.name == name]
        if named and all(o.value == named[0].value for o in named):
            return named[0].value
        if named:
            return r.fail(AmbiguousColumn, item, f"two outputs are called `{name}`")
    return scalar(r, item)


def _order_by(r: Reader, node: exp.Select, outputs: tuple[Output, ...]) -> tuple[SortKey, ...]:
    told = node.args.get("order")
    if told is None:
        return ()
    keys: list[SortKey] = []
    for item in told.expressions:
        by = item.this if isinstance(item, exp.Ordered) else item
        if isinstance(by, exp.Literal) and not by.is_string:
            found = _by_position(r, by, outputs, "ORDER BY")
            value: Scalar = BAD if found is None else _reference(found, outputs)
        else:
            read = _output_or_read(r, by, outputs)
            same = next((o for o in outputs if o.value == read), None)
            value = read if same is None else _reference(same, outputs)
        keys.append(sort_key(r, item, value))
    return tuple(keys)


def _reference(output: Output, outputs: tuple[Output, ...]) -> Scalar:
    """An output by its name; by its expression where the name says not which one."""
    if output.type.kind is Kind.INTERVAL or sum(o.name == output.name for o in outputs) > 1:
        return output.value
    return Col(output.name, None, output.type, output.value.place)


def _order_of_outputs(r: Reader, node: exp.Expr, query: Query) -> tuple[SortKey, ...]:
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
            found = _by_position(r, by, outputs, "ORDER BY")
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


def _limits(r: Reader, node: exp.Expr) -> tuple[int | None, int]:
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


# -- FROM
_Joins = list[tuple[Rel, str, Scalar | None]]


def _from(r: Reader, node: exp.Select, level: Level) -> _Joins:
    joined: _Joins = []
    told = node.args.get("from_")
    if told is not None:
        joined.append((_add(r, level, told.this), "from", None))
        joined += _joins(r, level, told.this.args.get("joins") or ())
    joined += _joins(r, level, node.args.get("joins") or ())
    for lateral in node.args.get("laterals") or ():
        joined.append((_add(r, level, lateral), "cross", None))
    return joined


def _joins(r: Reader, level: Level, joins: Sequence[exp.Join]) -> _Joins:
    found: _Joins = []
    for join in joins:
        before = list(level.rels)
        rel = _add(r, level, join.this)
        found.append((rel, *_join(r, join, level, before, rel)))
        found += _joins(r, level, join.this.args.get("joins") or ())
    return found


def _join(r: Reader, join: exp.Join, level: Level, before: list[Rel], rel: Rel) -> tuple[str, Scalar | None]:
    side, kind, method = (str(join.args.get(k) or "").upper() for k in ("side", "kind", "method"))
    if kind in ("SEMI", "ANTI", "STRAIGHT") or method not in ("", "NATURAL") or join.args.get("global_"):
        r.fail(UnsupportedSql, join, f"a {method or kind} join", help=("use EXISTS, or a plain JOIN",))
    how = side.lower() or ("cross" if kind == "CROSS" or not _condition(join, method) else "inner")
    if method == "NATURAL":
        return (how if how != "cross" else "inner"), _merge(
            r, join, level, before, rel, _shared(r, join, before, rel), how
        )
    if using := join.args.get("using"):
        names = [r.name(u.this if isinstance(u, exp.Column) else u) for u in using]
        return how, _merge(r, join, level, before, rel, names, how)
    on = join.args.get("on")
    if on is None:
        if how != "cross":
            r.fail(WrongArguments, join, "a join without ON", help=("write `ON a.x = b.x`",))
        return how, None
    with r.without("in ON", "in ON"):
        test = condition(r, on, scalar(r, on))
    if isinstance(test, Lit) and test.value is True and how == "inner":
        return "cross", None
    return how, test


def _condition(join: exp.Join, method: str) -> bool:
    return bool(join.args.get("on") is not None or join.args.get("using") or method)


def _shared(r: Reader, join: exp.Join, before: list[Rel], rel: Rel) -> list[str]:
    if rel.columns is None or any(b.columns is None for b in before):
        r.fail(UndeclaredColumns, join, "NATURAL JOIN needs declared columns", help=("write `USING (x)`",))
        return []
    left = {name for b in before for name in (b.columns or ())}
    return [name for name in rel.columns if name in left]


def _merge(
    r: Reader, join: exp.Join, level: Level, before: list[Rel], rel: Rel, names: list[str], how: str
) -> Scalar | None:
    """USING and NATURAL: equality of each name, which is then one column."""
    tests: list[Scalar] = []
    for name in names:
        left = level.merged.get(name)
        if left is None:
            having = [b for b in before if b.columns is None or name in b.columns]
            exact = [b for b in having if b.columns is not None] or having
            if len(exact) != 1:
                found = "no table" if not exact else "several tables"
                r.fail(UnknownColumn, join, f"USING (`{name}`): {found} on the left with this column")
                continue
            left = exact[0].column(name, None)
        if rel.columns is not None and name not in rel.columns:
            r.fail(UnknownColumn, join, f"USING (`{name}`): `{rel.alias}` has no such column")
            continue
        right = rel.column(name, None)
        tests.append(values.compare(r, join, "eq", left, right))
        if how == "full":
            level.merged[name] = values.call("coalesce", left, right)
        else:
            level.merged[name] = right if how == "right" else left
    return values.conjunction("and", tests) if tests else None


def _built(joined: _Joins) -> tuple[Relation | None, tuple[Joined, ...]]:
    """The relations, now that it is known which columns are read."""
    if not joined:
        return None, ()
    first, *rest = joined
    return first[0].build(first[0]), tuple(Joined(how, rel.build(rel), on) for rel, how, on in rest)


def _add(r: Reader, level: Level, node: exp.Expr) -> Rel:
    rel = _relation(r, node)
    if level.rel(rel.alias) is not None:
        r.fail(AmbiguousColumn, node, f"two tables are called `{rel.alias}`", help=("give one of them an alias",))
        rel.alias = r.fresh(rel.alias)
    level.rels.append(rel)
    return rel


def _relation(r: Reader, node: exp.Expr) -> Rel:
    alias = node.args.get("alias")
    name = r.name(alias.this) if alias is not None and alias.this is not None else None
    columns = tuple(r.name(c) for c in (alias.args.get("columns") or ())) if alias is not None else ()
    if isinstance(node, exp.Table):
        return _table(r, node, name, columns)
    if isinstance(node, exp.Subquery):
        return _derived(r, node, node.this, name, columns, lateral=False)
    if isinstance(node, exp.Lateral):
        return _lateral(r, node, name, columns)
    if isinstance(node, exp.Values):
        body = _values(r, node, columns)
        return _of_query(r, Query(body, place=r.locate(node)), name or r.fresh("values"), lateral=False)
    if isinstance(node, exp.Unnest):
        return _unnest(r, node, node.expressions, name, columns)
    unsupported(r, node)
    return _unknown_rel(name or r.fresh("table"))


def _unknown_rel(alias: str) -> Rel:
    return Rel(alias, None, lambda rel: CteRef(rel.alias, rel.alias), broken=True)


def _lateral(r: Reader, node: exp.Lateral, name: str | None, columns: tuple[str, ...]) -> Rel:
    inner = node.this
    if isinstance(inner, exp.Subquery | exp.Query):
        return _derived(r, node, inner, name, columns, lateral=True)
    if isinstance(inner, exp.Anonymous):
        return _table_function(r, node, inner, name, columns)
    if isinstance(inner, exp.Unnest | exp.Explode):
        return _unnest(r, inner, inner.expressions or [inner.this], name, columns)
    unsupported(r, node)
    return _unknown_rel(name or r.fresh("lateral"))


def _derived(
    r: Reader, node: exp.Expr, inner: exp.Expr, name: str | None, columns: tuple[str, ...], *, lateral: bool
) -> Rel:
    if isinstance(inner, exp.Table):
        way = "join the tables one after another, or write a sub-query"
        r.fail(UnsupportedSql, inner, "joins in parentheses", help=(way,))
        if r.level is not None:  # their columns are not reported one by one
            r.level.rels += [_unknown_rel(r.name(t.args.get("alias") or t.this)) for t in node.find_all(exp.Table)]
        return _unknown_rel(name or r.fresh("table"))
    if lateral:
        query = read_query(r, inner)
    else:
        kept = r.level
        r.level = _outside(kept)
        query = read_query(r, inner)
        r.level = kept
    query = _with_names(r, node, query, columns)
    if _ungrouped(query):
        r.facts.looks_ahead.append(query.place or r.locate(node))
    return _of_query(r, query, name or r.fresh("query"), lateral=lateral)


def _outside(level: Level | None) -> Level | None:
    """The view from a sub-query in FROM: WITH queries and outer levels, but not the tables beside it."""
    if level is None:
        return None
    return Level(level.parent, ctes=level.ctes)


def _of_query(r: Reader, query: Query, alias: str, *, lateral: bool) -> Rel:
    columns: dict[str, tuple[str, Type]] = {}
    for name, kind in query.outputs:
        columns.setdefault(name, (name, kind))
    zones = set(_zones(r, query))
    zone = zones.pop() if len(zones) == 1 else None
    return Rel(alias, columns, lambda rel: Derived(query, rel.alias, lateral), zone=zone)


def _zones(r: Reader, query: Query) -> list[str]:
    """Zones of the naive timestamps of the tables below."""
    from kpictl.sql.walk import find

    found = [r.scope.naive_zones.get(t.source) for t in find(query, TableRef)]
    for ref in find(query, CteRef):
        below = r.cte(ref.name)
        if below is not None and below is not query:
            found += [r.scope.naive_zones.get(t.source) for t in find(below, TableRef)]
    return [zone for zone in found if zone is not None]


def _table(r: Reader, node: exp.Table, name: str | None, columns: tuple[str, ...]) -> Rel:
    for key, value in node.args.items():
        if value and key not in ("this", "alias", "db", "catalog", "joins", "laterals", "only"):
            r.fail(UnsupportedSql, node, f"{key.upper().rstrip('_')} on a table has no portable meaning")
    inner = node.this
    if isinstance(inner, exp.Anonymous):
        return _table_function(r, node, inner, name, columns)
    if not isinstance(inner, exp.Identifier):
        r.fail(UnknownTable, node, "this is no table that a definition may read", help=("name a source",))
        return _unknown_rel(name or r.fresh("table"))
    written = ".".join(r.name(node.args[k]) for k in ("catalog", "db", "this") if node.args.get(k))
    bare = "." not in written
    cte = r.cte(written) if bare else None
    if cte is not None:
        return _cte_rel(r, node, written, cte, name or written, columns)
    return _source(r, node, written, name or r.name(inner), columns)


def _cte_rel(r: Reader, node: exp.Expr, name: str, query: Query, alias: str, columns: tuple[str, ...]) -> Rel:
    seen: dict[str, tuple[str, Type]] = {}
    for index, (real, kind) in enumerate(query.outputs):
        seen.setdefault(columns[index] if index < len(columns) else real, (real, kind))
    zones = set(_zones(r, query))
    return Rel(alias, seen, lambda rel: CteRef(name, rel.alias), zone=zones.pop() if len(zones) == 1 else None)


def _source(r: Reader, node: exp.Table, written: str, alias: str, columns: tuple[str, ...]) -> Rel:
    table = r.scope.tables.get(written)
    last = written.rsplit(".", 1)[-1]
    if last.startswith(_STORE) and table is None:
        message = f"`{written}` belongs to the store of values"
        r.fail(UnknownTable, node, message, help=("read another KPI with `{{ kpi('name') }}`",))
        return _unknown_rel(alias)
    if table is None:
        r.fail(UnknownTable, node, f"there is no source `{written}`", help=_near_tables(r, written))
        return _unknown_rel(alias)
    r.facts.tables.setdefault(table.source)
    seen: dict[str, tuple[str, Type]] | None = None
    if table.columns is not None:
        real = list(table.columns.items())
        seen = {columns[i] if i < len(columns) else n: (n, t) for i, (n, t) in enumerate(real)}
    elif columns:
        r.fail(UndeclaredColumns, node, f"columns of `{written}` are renamed, but are not declared")
    place = r.at(node.this)

    def build(rel: Rel) -> TableRef:
        return TableRef(table.source, rel.alias, tuple(sorted(rel.reads.items())), place)

    return Rel(alias, seen, build, source=table.source, zone=r.scope.naive_zones.get(table.source))


def _near_tables(r: Reader, written: str) -> tuple[str, ...]:
    from kpictl.diagnostics import did_you_mean

    if any(c in written for c in "/\\:*") or written.endswith((".csv", ".parquet", ".json")):
        return ("a definition cannot read files; declare the file as a source",)
    near = did_you_mean(written, r.scope.tables)
    return (f"did you mean `{near[0]}`?",) if near else ("declare it under `sources:`",)


# -- table functions
def _table_function(r: Reader, node: exp.Expr, call: exp.Anonymous, name: str | None, columns: tuple[str, ...]) -> Rel:
    fn = function_name(call)
    args = list(call.expressions)
    if fn == "generate_series":
        return _series(r, call, args, name, columns)
    if fn == "unnest":
        return _unnest(r, call, args, name, columns)
    if fn in ("jsonb_object_keys", "json_object_keys"):
        return _json_keys(r, call, args, name, columns)
    if fn in ("jsonb_array_elements", "json_array_elements", "jsonb_array_elements_text", "json_array_elements_text"):
        return _json_elements(r, call, args, name, columns, as_text=fn.endswith("_text"))
    unknown(r, call, fn)
    return _unknown_rel(name or fn)


def _series(r: Reader, node: exp.Expr, args: list[exp.Expr], name: str | None, columns: tuple[str, ...]) -> Rel:
    alias = name or "generate_series"
    column = columns[0] if columns else alias
    if not 2 <= len(args) <= 3:
        r.fail(WrongArguments, node, "`generate_series` takes 2 or 3 arguments")
        return _unknown_rel(alias)
    start, stop = values.unify(r, node, [scalar(r, a) for a in args[:2]], "ends of one series")
    step = scalar(r, args[2]) if len(args) == 3 else lit(1)
    if values.is_text_constant(step):
        step = values.coerce(r, args[2], step, Type(Kind.INTERVAL))
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
            start, stop = (values.cast(r, node, x, TIMESTAMPTZ) for x in (start, stop))
        return start, stop, start.type
    if not (start.type.is_numeric or start.type.kind in (Kind.UNKNOWN, Kind.NULL)):
        r.fail(WrongType, node, f"no series of {start.type}")
    return start, stop, start.type


def _unnest(r: Reader, node: exp.Expr, args: list[exp.Expr], name: str | None, columns: tuple[str, ...]) -> Rel:
    alias = name or "unnest"
    if len(args) != 1 or node.args.get("offset") or node.args.get("ordinality"):
        what = "UNNEST of several arrays" if len(args) > 1 else "WITH ORDINALITY"
        r.fail(UnsupportedSql, node, what, help=("UNNEST one array, without its positions",))
        return _unknown_rel(alias)
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
        return _unknown_rel(alias)
    column = columns[0] if columns else (name or "value")
    rel = _unnest_rel(alias, column, json(r, args[0]), JSON)
    rel.as_text = as_text
    return rel


def _json_keys(r: Reader, node: exp.Expr, args: list[exp.Expr], name: str | None, columns: tuple[str, ...]) -> Rel:
    alias = name or function_name(node)
    if len(args) != 1:
        r.fail(WrongArguments, node, f"`{function_name(node)}` takes one argument")
        return _unknown_rel(alias)
    keys = Call("json_keys", (json(r, args[0]),), Type(Kind.ARRAY, element=TEXT), r.at(node))
    return _unnest_rel(alias, columns[0] if columns else alias, keys, TEXT)


def _unnest_rel(alias: str, column: str, array: Scalar, element: Type) -> Rel:
    def build(rel: Rel) -> Unnest:
        return Unnest(array, rel.alias, column)

    return Rel(alias, {column: (column, element)}, build)


def _values(r: Reader, node: exp.Values, columns: tuple[str, ...]) -> Values:
    rows = [[scalar(r, e) for e in (t.expressions if isinstance(t, exp.Tuple) else [t])] for t in node.expressions]
    width = len(rows[0]) if rows else 0
    if not rows or any(len(row) != width for row in rows):
        r.fail(WrongArguments, node, "the rows of VALUES must be of one length")
        return Values(("column1",), ((BAD,),))
    names = tuple(columns[i] if i < len(columns) else f"column{i + 1}" for i in range(width))
    unified = [values.unify(r, node, [row[i] for row in rows], "values of one column") for i in range(width)]
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
