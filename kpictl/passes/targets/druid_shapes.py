"""Shapes of queries that Druid 33 answers wrongly or does not plan, in shapes that it answers right.

- A distinct count or a grouping above another grouping, over a join whose leftmost input is not a table, ignores the join.
  Two inputs are swapped where one is a table; otherwise the joined rows are a sub-query of their own with a limit, which is
  executed before it is grouped.
- Counts, constants and times left of a FULL or RIGHT JOIN are taken for never NULL: a FULL JOIN is a LEFT JOIN and a UNION ALL.
- Rows that are not grouped are ordered by time alone: others are a sub-query with a limit, which any order can stand above. Texts
  are ordered there by signed bytes, so rows in an order of texts are numbered by a window, which orders them right.
- A window over a table all of whose columns are read is not planned: a condition on time that always holds is added.
- The outputs of the whole query that are dates are cast to DATE, all others are TIMESTAMP throughout.

A sub-query with a limit is held by the broker: more rows than `maxSubqueryRows` (100,000) fail, and say so.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from kpictl.ir.query import Cte, CteRef, Derived, Joined, Output, Query, Select, SetOperation, TableRef, Unnest, Values
from kpictl.ir.scalars import Agg, Call, Case, Cast, Col, Lit, Over, Scalar, SortKey
from kpictl.kinds.build import TRUE, conjunction, conjuncts
from kpictl.model.types import BOOLEAN, DATE, DOUBLE, INTEGER, TIMESTAMPTZ, Kind
from kpictl.passes.targets.nest import Names, each_query, nest, order_over, row_number, with_own_names
from kpictl.sql.walk import Node, find, has_aggregate, has_window, holds, is_constant, rebuild, substitute, transform

EVERY_ROW = 2147483647
"""The greatest limit."""
_EARLIEST = Lit(datetime(1, 1, 1, tzinfo=UTC), TIMESTAMPTZ)


def is_grouped(select: Select) -> bool:
    """Whether its rows are groups."""
    if select.group_by is not None or select.having is not None or select.distinct:
        return True
    return any(has_aggregate(o.value) for o in select.outputs)


# -- joins below groups


def tables_first(query: Query) -> Query:
    """`query` with a table leftmost, or the joined rows as a sub-query, wherever a group is made of a join."""
    return each_query(query, _table_first)


def _table_first(query: Query, names: Names) -> Query:
    select = query.body
    if not isinstance(select, Select) or not is_grouped(select):
        return query
    if isinstance(select.source, Derived):
        source = _shielded(select.source)
        if source is not select.source:
            select = replace(select, source=source)
            query = replace(query, body=select)
    if not select.joins or isinstance(select.source, TableRef):
        return query
    swapped = _swapped(select)
    if swapped is not None:
        return replace(query, body=swapped)
    return nest(query, names, (), wish="joined", limit=EVERY_ROW).query


def _shielded(source: Derived) -> Derived:
    """Joined rows below a group, with a limit of their own unless a table is leftmost."""
    inner = source.query
    select = inner.body
    if not isinstance(select, Select) or is_grouped(select) or inner.limit is not None:
        return source
    if select.joins and not isinstance(select.source, TableRef):
        return replace(source, query=replace(inner, limit=EVERY_ROW))
    if isinstance(select.source, Derived) and not select.joins:
        return replace(source, query=replace(inner, body=replace(select, source=_shielded(select.source))))
    return source


def shielded_ctes(query: Query) -> Query:
    """`query` with a limit on each WITH query of joined rows whose leftmost input is no table: it may be grouped anywhere."""

    def change(node: Cte) -> Cte:
        shielded = _shielded(Derived(node.query, node.name)).query
        return node if shielded is node.query else replace(node, query=shielded)

    return transform(query, change, Cte)


def _swapped(select: Select) -> Select | None:
    """A table that is joined to one other relation in its place; None where there is none."""
    kinds = {join.kind for join in select.joins}
    if len(select.joins) == 1 and select.source is not None:
        (join,) = select.joins
        if isinstance(join.relation, TableRef) and join.kind in ("inner", "cross"):
            return replace(select, source=join.relation, joins=(Joined(join.kind, select.source, join.on),))
    if kinds <= {"inner", "cross"} and select.source is not None:
        for at, join in enumerate(select.joins):
            if isinstance(join.relation, TableRef):
                # The table first, then the others in their order; what joined it is asked where all are there.
                others = (Joined("cross", select.source), *select.joins[:at])
                rest = conjunction([select.where, join.on, *(o.on for o in others)])
                joins = (*(Joined("cross", o.relation) for o in others), *select.joins[at + 1 :])
                return replace(select, source=join.relation, joins=joins, where=rest)
    return None


# -- order above rows


def rows_before_order(query: Query) -> Query:
    """`query` with its ungrouped rows in a sub-query where they are ordered."""
    names = Names(query)

    def change(inner: Query) -> Query:
        return _ordered(inner, names, is_top=False)

    return _ordered(rebuild(query, lambda node: transform(node, change, Query)), names, is_top=True)


def _ordered(query: Query, names: Names, *, is_top: bool) -> Query:
    select = query.body
    if not isinstance(select, Select) or not query.order_by or select.source is None:
        return query
    if is_grouped(select):
        if select.distinct or not _is_ordered_as_rows(query, select):
            return query
        query = _groups_inside(query, names)
        select = query.body
        assert isinstance(select, Select)
    shown = tuple(o.name for o in select.outputs)
    query = with_own_names(query, names)
    select = query.body
    assert isinstance(select, Select)
    alias = names.fresh("ordered")
    below = list(select.outputs)
    keys = []
    for key in query.order_by:
        by = key.by
        if isinstance(by, Col) and by.table is None:
            name = by.name
        else:
            known = next((o.name for o in select.outputs if o.value == by), None)
            name = known or names.fresh("sorted")
            if known is None:
                below.append(Output(name, by))
        keys.append(replace(key, by=Col(name, alias, by.type)))
    outputs = tuple(Output(o.name, Col(o.name, alias, o.type)) for o in select.outputs)
    inner = Query(replace(select, outputs=tuple(below)), place=query.place)
    if is_top and not any(key.by.type.kind is Kind.TEXT for key in keys):
        as_shown = tuple(replace(o, name=name) for o, name in zip(outputs, shown, strict=True))
        body = Select(as_shown, Derived(replace(inner, limit=EVERY_ROW), alias))
        return replace(query, body=body, order_by=tuple(keys))
    turn = names.fresh("turn")
    values = {o.name: o.value for o in below}
    plain = [replace(k, by=values[k.by.name]) for k in keys if isinstance(k.by, Col)]
    if any(has_window(k.by) for k in plain):
        numbered = names.fresh("numbered")
        middle = Select((*outputs, Output(turn, row_number((), keys))), Derived(inner, alias))
        source = Derived(Query(middle), numbered)
    else:
        numbered = alias
        source = Derived(Query(replace(select, outputs=(*select.outputs, Output(turn, row_number((), plain))))), alias)
    columns = zip(shown, select.outputs, strict=True)
    outer = Select(tuple(Output(name, Col(o.name, numbered, o.type)) for name, o in columns), source)
    number = Col(turn, numbered, INTEGER)
    if is_top:
        return replace(query, body=outer, order_by=(SortKey(number),))
    # Within a query an order only says which rows a limit keeps.
    last = None if query.limit is None else Call("le", (number, Lit(query.offset + query.limit, INTEGER)), BOOLEAN)
    first = Call("gt", (number, Lit(query.offset, INTEGER)), BOOLEAN) if query.offset else None
    where = conjunction([first, last])
    return replace(query, body=replace(outer, where=where), order_by=(), limit=None, offset=0)


def _is_ordered_as_rows(query: Query, select: Select) -> bool:
    """Whether groups are put in an order of texts as rows are: behind windows, and where they are constant rows."""
    texts = {o.name for o in select.outputs if o.type.kind is Kind.TEXT}
    keys = [k.by for k in query.order_by]
    if not any(
        by.type.kind is Kind.TEXT or (isinstance(by, Col) and by.table is None and by.name in texts) for by in keys
    ):
        return False
    is_constant_rows = isinstance(select.source, Derived) and isinstance(select.source.query.body, Values)
    return is_constant_rows or any(has_window(o.value) for o in select.outputs)


def _groups_inside(query: Query, names: Names) -> Query:
    """The groups as a sub-query, with what they are ordered by, and their columns in that order."""
    query = with_own_names(query, names)
    select = query.body
    assert isinstance(select, Select)
    alias = names.fresh("grouped_rows")
    outputs = list(select.outputs)
    order_by = order_over(query, outputs, alias, names)
    inner = Query(replace(select, outputs=tuple(outputs)), place=query.place)
    columns = tuple(Output(o.name, Col(o.name, alias, o.type)) for o in select.outputs)
    return replace(query, body=Select(columns, Derived(inner, alias)), order_by=order_by)


# -- windows above tables


def bounded_windows(query: Query) -> Query:
    """`query` with a condition below every window that stands directly above a table."""

    def change(select: Select) -> Select:
        if select.where is not None or select.joins or is_grouped(select):
            return select
        if not isinstance(select.source, TableRef) or not any(has_window(o.value) for o in select.outputs):
            return select
        time = Col("__time", select.source.alias, TIMESTAMPTZ)
        return replace(select, where=Call("ge", (time, _EARLIEST), BOOLEAN))

    return transform(query, change, Select) if holds(query, Over) else query


def keys_that_vary(query: Query) -> Query:
    """`query` without constants among what it orders and partitions by."""

    def change(node: Over | Query) -> Over | Query:
        if isinstance(node, Over):
            partition = tuple(p for p in node.partition_by if not is_constant(p))
            return replace(node, partition_by=partition, order_by=_varying(node.order_by))
        return replace(node, order_by=_varying(node.order_by)) if node.order_by else node

    return transform(query, change, (Over, Query)) if holds(query, SortKey) or holds(query, Over) else query


def _varying(keys: tuple[SortKey, ...]) -> tuple[SortKey, ...]:
    return tuple(k for k in keys if not is_constant(k.by))


def windows_apart(query: Query) -> Query:
    """`query` with a grouping between windows of different types that stand above each other.

    Druid 33 gives the columns of both the same name, and fails where their types differ.
    """
    return each_query(query, _apart_of_ctes) if holds(query, Over) else query


def _apart_of_ctes(query: Query, names: Names) -> Query:
    """The same for windows above a WITH query, which Druid reads in place."""
    query = _apart(query, names)
    readers = [s for s in find(query, Select) if isinstance(s.source, CteRef) and not s.joins and not is_grouped(s)]
    ctes = []
    for cte in query.ctes:
        kinds = [_window_kinds(s) for s in readers if isinstance(s.source, CteRef) and s.source.name == cte.name]
        lined = [c for c in (_lined(cte.query, mine, names) for mine in kinds) if c is not None]
        ctes.append(replace(cte, query=lined[0]) if lined and not cte.recursive else cte)
    return replace(query, ctes=tuple(ctes))


def _apart(query: Query, names: Names) -> Query:
    select = query.body
    if not isinstance(select, Select) or not isinstance(select.source, Derived) or select.joins or is_grouped(select):
        return query
    distinct = _lined(select.source.query, _window_kinds(select), names)
    return (
        query
        if distinct is None
        else replace(query, body=replace(select, source=replace(select.source, query=distinct)))
    )


def _lined(below: Query, mine: set[Kind], names: Names) -> Query | None:
    """The rows below windows of some types as a grouping of them with their numbers; None where nothing asks for it."""
    if not mine or not isinstance(below.body, Select) or is_grouped(below.body) or below.order_by:
        return None
    theirs = _window_kinds(below.body)
    apart = any(o.type.kind in (Kind.JSON, Kind.ARRAY, Kind.BOOLEAN) for o in below.body.outputs)
    if not theirs or mine == theirs == {Kind.INTEGER} or mine == theirs == {Kind.DOUBLE} or apart:
        return None
    line, alias = names.fresh("line"), names.fresh("lines")
    numbered = Output(line, row_number((), ()))
    inner = replace(below, body=replace(below.body, outputs=(*below.body.outputs, numbered)))
    keys: list[Scalar] = []
    columns: list[Output] = []
    for output in (*below.body.outputs, numbered):
        column = Col(output.name, alias, output.type)
        if output is not numbered and output.type.is_numeric and has_window(output.value):
            # As a key it would keep the name that it has below.
            columns.append(Output(output.name, Agg("max", (column,), type=output.type)))
        else:
            keys.append(column)
            columns.append(Output(output.name, column))
    rows = Derived(replace(inner, ctes=()), alias)
    return Query(Select(tuple(columns), rows, group_by=(tuple(keys),)), below.ctes)


def _window_kinds(select: Select) -> set[Kind]:
    return {over.type.kind for o in select.outputs for over in find(o.value, Over)}


# -- zero and nothing


def times_of_values(query: Query) -> Query:
    """`query` with times in VALUES that may be NULL as seconds since 1970, which Druid 33 can plan beside a NULL."""
    return each_query(query, _times_of_values)


def _times_of_values(query: Query, names: Names) -> Query:
    values = query.body
    if not isinstance(values, Values):
        return query
    kinds = [kind for _, kind in query.outputs]
    missing = {
        at
        for row in values.rows
        for at, v in enumerate(row)
        if isinstance(v, Lit) and v.value is None and any(r[at].type.is_temporal for r in values.rows)
    }
    if not missing:
        return query
    alias = names.fresh("listed")
    rows = tuple(tuple(_seconds(v) if at in missing else v for at, v in enumerate(row)) for row in values.rows)
    outputs = []
    for at, name in enumerate(values.names):
        told = next((r[at].type for r in values.rows if r[at].type.is_temporal), kinds[at])
        column = Col(name, alias, DOUBLE if at in missing else told)
        outputs.append(Output(name, Call("from_epoch", (column,), told) if at in missing else column))
    return replace(
        query, body=Select(tuple(outputs), Derived(Query(replace(values, rows=rows), limit=EVERY_ROW), alias))
    )


def _seconds(value: Scalar) -> Scalar:
    moment = value.value if isinstance(value, Lit) else None
    if not isinstance(moment, date):
        return Lit(None, DOUBLE)
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return Lit((aware - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds(), DOUBLE)


def unsigned_zeros(query: Query) -> Query:
    """`query` with 0.0 and -0.0 as one group, one distinct value, one partition."""

    def change(node: Node) -> Node:
        if isinstance(node, Query) and isinstance(node.body, Select):
            return _one_zero(node, node.body)
        if isinstance(node, Agg) and node.distinct:
            args = tuple(_unsigned(a) for a in node.args)
            return node if args == node.args else replace(node, args=args)
        if isinstance(node, Over):
            return replace(node, partition_by=tuple(_unsigned(p) for p in node.partition_by))
        return node

    return transform(query, change, (Query, Agg, Over))


def _unsigned(x: Scalar) -> Scalar:
    zero = Lit(0.0, DOUBLE)
    if x.type.kind is not Kind.DOUBLE or isinstance(x, Lit | Case):
        return x
    return Case(((Call("eq", (x, zero), BOOLEAN), zero),), x, x.type)


def _one_zero(query: Query, select: Select) -> Query:
    if select.distinct:
        outputs = tuple(Output(o.name, _unsigned(o.value)) for o in select.outputs)
        return replace(query, body=replace(select, outputs=outputs))
    keys = {key for each in select.group_by or () for key in each if _unsigned(key) != key}
    if not keys:
        return query

    def visit(node: Node) -> Node:
        if node in keys:
            return _unsigned(node)
        return node if isinstance(node, Agg | Query) else rebuild(node, visit)

    body = replace(rebuild(replace(select, source=None, joins=(), where=None), visit), source=select.source)
    body = replace(body, joins=select.joins, where=select.where)
    return replace(query, body=body, order_by=tuple(replace(k, by=visit(k.by)) for k in query.order_by))


def given_arrays(query: Query) -> Query:
    """`query` with a condition that an array is there beside each UNNEST, which makes a row of a NULL array."""

    def change(select: Select) -> Select:
        arrays = [
            j.relation.array for j in select.joins if isinstance(j.relation, Unnest) and j.kind in ("inner", "cross")
        ]
        given = [Call("not", (Call("is_null", (a,), BOOLEAN),), BOOLEAN) for a in arrays]
        return replace(select, where=conjunction([select.where, *given])) if given else select

    return transform(query, change, Select) if holds(query, Unnest) else query


# -- outer joins


def outer_conditions_inside(query: Query) -> Query:
    """`query` with what an outer join asks of one side alone inside of that side.

    Of the right side in a sub-query of its own; of the left one in its key, which is then NULL and matches nothing.
    """
    return transform(query, _conditions_inside, Select) if holds(query, Joined) else query


def _conditions_inside(select: Select) -> Select:
    joins = tuple(_condition_inside(j) if j.kind == "left" else j for j in select.joins)
    return select if joins == select.joins else replace(select, joins=joins)


def _condition_inside(join: Joined) -> Joined:
    relation = join.relation
    mine = relation.alias
    keys: list[Call] = []
    rest: list[Scalar] = []
    for part in conjuncts(join.on):
        if is_key(part, mine):
            assert isinstance(part, Call)
            keys.append(part)
        else:
            rest.append(part)
    right = [p for p in rest if {c.table for c in find(p, Col)} <= {mine}]
    left = [p for p in rest if p not in right and mine not in {c.table for c in find(p, Col)}]
    if not keys or len(right) + len(left) < len(rest) or not rest or any(holds(p, Query) for p in rest):
        return join
    if left:
        a, b = keys[0].args if mine not in {c.table for c in find(keys[0].args[0], Col)} else keys[0].args[::-1]
        keys[0] = Call("eq", (Case(((conjunction(left) or TRUE, a),), None, a.type), b), BOOLEAN, keys[0].place)
    if right:
        if not isinstance(relation, TableRef):
            return join
        outputs = tuple(Output(n, Col(n, mine, t)) for n, t in relation.columns)
        relation = Derived(Query(Select(outputs, relation, where=conjunction(right))), mine)
    return Joined("left", relation, conjunction(keys))


def left_for_right(query: Query) -> Query:
    """`query` with a single RIGHT JOIN as the LEFT JOIN that it is."""

    def change(select: Select) -> Select:
        if len(select.joins) != 1 or select.source is None:
            return select
        (join,) = select.joins
        if join.kind != "right" or (isinstance(join.relation, Derived) and join.relation.lateral):
            return select
        return replace(select, source=join.relation, joins=(Joined("left", select.source, join.on),))

    return transform(query, change, Select) if holds(query, Joined) else query


def subqueries_after_joins(query: Query) -> Query:
    """`query` with what an inner join asks of a sub-query in its WHERE, which is decorrelated there alone."""

    def change(select: Select) -> Select:
        if any(j.kind not in ("inner", "cross") for j in select.joins):
            return select
        moved: list[Scalar] = []
        joins = []
        for join in select.joins:
            parts = conjuncts(join.on)
            asking = [p for p in parts if holds(p, Query)]
            moved += asking
            on = conjunction([p for p in parts if p not in asking]) or TRUE
            joins.append(replace(join, on=on) if asking else join)
        return replace(select, joins=tuple(joins), where=conjunction([select.where, *moved])) if moved else select

    return transform(query, change, Select) if holds(query, Joined) else query


def constants_apart(query: Query) -> Query:
    """`query` with a limit on each ungrouped sub-query that has constants and is joined from outside, or may be by name.

    Druid 33 lifts such a constant above the join, where it stands in the rows that found no match, too.
    """

    def change(node: Cte | Joined) -> Cte | Joined:
        if isinstance(node, Cte) and _has_constants(node.query):
            return replace(node, query=replace(node.query, limit=EVERY_ROW))
        if isinstance(node, Joined) and node.kind != "inner" and isinstance(node.relation, Derived):
            inner = node.relation.query
            if _has_constants(inner):
                return replace(node, relation=replace(node.relation, query=replace(inner, limit=EVERY_ROW)))
        return node

    return transform(query, change, (Cte, Joined))


def _has_constants(query: Query) -> bool:
    select = query.body
    if not isinstance(select, Select) or is_grouped(select) or query.limit is not None or select.source is None:
        return False
    below = {r.alias: r for r in (select.source, *(j.relation for j in select.joins)) if isinstance(r, Derived)}
    for value in (o.value for o in select.outputs):
        if is_constant(value):
            return True
        inner = below.get(value.table or "") if isinstance(value, Col) else None
        if inner is not None and _has_constants(inner.query):
            return True
    return False


def full_join_as_union(query: Query) -> Query:
    """`query` with each FULL JOIN of two relations as a LEFT JOIN and the right rows that it does not match.

    Druid 33 keeps counts, constants and `__time` left of a FULL or RIGHT JOIN as never NULL: `coalesce(n, 0)` is then n,
    and NULL.
    """
    return each_query(query, _without_full)


def _without_full(query: Query, names: Names) -> Query:
    select = query.body
    if not isinstance(select, Select) or len(select.joins) != 1 or select.joins[0].kind != "full":
        return query
    (join,) = select.joins
    a, b, on = select.source, join.relation, join.on
    assert a is not None
    flat = nest(replace(query, body=replace(select, where=None)), names, (), wish="matched")
    body = flat.query.body
    assert isinstance(body, Select)
    assert isinstance(body.source, Derived)
    left_rows = body.source.query
    assert isinstance(left_rows.body, Select)
    found = names.fresh("found")
    keys = [c for c in find(on, Col) if c.table == a.alias] if on is not None else []
    columns = tuple(dict.fromkeys(Output(c.name, replace(c, place=None)) for c in keys))
    tagged = Derived(Query(Select((*columns, Output(found, Lit(1, INTEGER))), a)), a.alias)
    missing = Call("is_null", (Col(found, a.alias, INTEGER),), BOOLEAN)

    def of_right(value: Scalar) -> Scalar:
        mine = isinstance(value, Col) and value.table == a.alias
        return Lit(None, value.type) if mine else value

    outputs = left_rows.body.outputs
    first = Query(Select(outputs, a, (Joined("left", b, on),)))
    second = Query(
        Select(tuple(Output(o.name, of_right(o.value)) for o in outputs), b, (Joined("left", tagged, on),), missing)
    )
    union = Derived(Query(SetOperation("union", first, second, all=True)), body.source.alias)
    moved = {
        (o.value.table, o.value.name): Col(o.name, union.alias, o.type) for o in outputs if isinstance(o.value, Col)
    }
    where = None if select.where is None else substitute(select.where, columns=dict(moved))
    return replace(flat.query, body=replace(body, source=union, where=where))


def is_key(part: Scalar, mine: str) -> bool:
    """Whether a condition is an equality of something of one relation with something of others."""
    if not isinstance(part, Call) or part.fn not in ("eq", "same"):
        return False
    a, b = ({c.table for c in find(x, Col)} for x in part.args)
    return (a == {mine} and bool(b) and mine not in b) or (b == {mine} and bool(a) and mine not in a)


# -- dates


def dates_out(query: Query) -> Query:
    """`query` with the type DATE for the dates that leave it."""
    body = query.body
    if isinstance(body, Select):
        outputs = tuple(Output(o.name, Cast(o.value, DATE)) if o.type.kind is Kind.DATE else o for o in body.outputs)
        return query if outputs == body.outputs else replace(query, body=replace(body, outputs=outputs))
    if isinstance(body, SetOperation):
        return replace(query, body=replace(body, left=dates_out(body.left), right=dates_out(body.right)))
    return query
