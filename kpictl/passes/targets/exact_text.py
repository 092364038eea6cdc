"""Text compared exactly, for engines that disregard trailing blanks where they compare.

Before: `country = 'DE'`, `GROUP BY country`, `count(DISTINCT country)`, `MAX(country)`. After: equality asks for the same length,
groups and partitions have the length as one more key, and what is listed, counted or compared as a set has a mark at its end
(the character U+0001, which sorts below all others), so that no blank is a trailing one. Orders are the printer's: a target's
`order_value` appends the same mark.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Derived, Output, Query, Select, SetOperation
from kpictl.ir.scalars import Agg, Call, Col, InQuery, Lit, Over, Quantified, Scalar
from kpictl.kinds.build import call, lit
from kpictl.model.types import BOOLEAN, TEXT, Kind
from kpictl.passes.targets.nest import Names, each_query
from kpictl.sql.walk import Node, transform

MARK = "\x01"
"""No text of a project holds it: control characters are refused where files are read."""
_ORDERED = ("lt", "le", "gt", "ge", "same", "in_list", "nullif", "greatest", "least")
_MARKED_RESULTS = ("nullif", "greatest", "least")


def exact_text(query: Query) -> Query:
    """`query` with every comparison of texts by all their characters."""
    return each_query(transform(query, _compared, (Call, Agg, Over, InQuery, Quantified)), _rewritten)


def _is_text(scalar: Scalar) -> bool:
    return scalar.type.kind is Kind.TEXT


def marked(x: Scalar) -> Scalar:
    """A text with the mark at its end; NULL stays NULL."""
    if isinstance(x, Lit) and isinstance(x.value, str):
        return replace(x, value=x.value + MARK)
    return call("concat_op", x, lit(MARK))


def unmarked(x: Scalar) -> Scalar:
    """A marked text without its mark."""
    return call("left", x, call("sub", call("length", x), lit(1)))


def _length(x: Scalar) -> Scalar:
    if isinstance(x, Lit) and isinstance(x.value, str):
        return lit(len(x.value))
    return call("length", x)


def _compared(node: Node) -> Node:
    match node:
        case Call(fn="eq" | "ne" as fn, args=(a, b)) if _is_text(a) and _is_text(b):
            equal = Call(
                "and", (replace(node, fn="eq"), Call("eq", (_length(a), _length(b)), BOOLEAN)), BOOLEAN, node.place
            )
            return equal if fn == "eq" else Call("not", (equal,), BOOLEAN, node.place)
        case Call(fn=fn, args=args) if fn in _ORDERED and all(_is_text(x) for x in args):
            found = replace(node, args=tuple(marked(x) for x in args))
            return unmarked(found) if fn in _MARKED_RESULTS else found
        case Call(fn="in_rows", args=(Lit(value=int(arity)), *given)) if any(map(_is_text, given)):
            rows = [given[at : at + arity] for at in range(arity, len(given), arity)]
            return Call("or", tuple(_equal_rows(given[:arity], row) for row in rows), BOOLEAN, node.place)
        case Agg(fn="min" | "max", args=(x,)) if _is_text(x):
            return unmarked(replace(node, args=(marked(x),)))
        case Agg(fn="count", distinct=True, args=args):
            return replace(node, args=tuple(marked(x) if _is_text(x) else x for x in args))
        case Over(partition_by=keys):
            over = replace(node, partition_by=_keyed(keys))
            # An extreme of texts had its mark taken off inside of the window: that is done outside.
            return _outside(over) if isinstance(node.call, Call) and node.call.fn == "left" else over
        case InQuery(args=args, query=query) if any(map(_is_text, args)):
            return replace(
                node, args=tuple(marked(x) if _is_text(x) else x for x in args), query=_marked_outputs(query)
            )
        case Quantified(arg=arg, query=query) if _is_text(arg):
            return replace(node, arg=marked(arg), query=_marked_outputs(query))
    return node


def _equal_rows(left: list[Scalar], right: list[Scalar]) -> Call:
    pairs = (_compared(Call("eq", pair, BOOLEAN)) for pair in zip(left, right, strict=True))
    return Call("and", tuple(pairs), BOOLEAN)


def _outside(over: Over) -> Scalar:
    """`left(max(..), n) OVER w` as `left(max(..) OVER w, n)`."""
    assert isinstance(over.call, Call)
    inner = over.call.args[0]
    assert isinstance(inner, Agg)
    return unmarked(replace(over, call=inner, type=TEXT))


def _keyed(keys: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    more = tuple(call("length", k) for k in keys if _is_text(k) and not isinstance(k, Lit))
    return keys + tuple(k for k in more if k not in keys)


def _marked_outputs(query: Query) -> Query:
    """The query with marks at its texts; what it is ordered by stays."""
    body = query.body
    if isinstance(body, Select) and not body.distinct and not body.distinct_on:
        outputs = tuple(Output(o.name, marked(o.value)) if _is_text(o.value) else o for o in body.outputs)
        return replace(query, body=replace(body, outputs=outputs))
    names = Names(query)
    alias = names.fresh("texts")
    columns = ((name, Col(name, alias, type)) for name, type in query.outputs)
    return Query(
        Select(
            tuple(Output(name, marked(col) if _is_text(col) else col) for name, col in columns), Derived(query, alias)
        ),
        place=query.place,
    )


def _rewritten(query: Query, names: Names) -> Query:
    body = query.body
    if isinstance(body, SetOperation) and not body.all and any(type.kind is Kind.TEXT for _, type in query.outputs):
        return _set_of_marked(query, body, names)
    if not isinstance(body, Select):
        return query
    if body.distinct and any(_is_text(o.value) for o in body.outputs):
        return _distinct(query, body, names)
    group_by = None if body.group_by is None else tuple(_keyed(keys) for keys in body.group_by)
    distinct_on = _keyed(body.distinct_on)
    if group_by == body.group_by and distinct_on == body.distinct_on:
        return query
    return replace(query, body=replace(body, group_by=group_by, distinct_on=distinct_on))


def _set_of_marked(query: Query, body: SetOperation, names: Names) -> Query:
    alias = names.fresh("texts")
    inner = Query(replace(body, left=_marked_outputs(body.left), right=_marked_outputs(body.right)))
    return replace(query, body=Select(_unmarked_outputs(query, alias), Derived(inner, alias)))


def _distinct(query: Query, body: Select, names: Names) -> Query:
    """The distinct rows of marked texts, below one more SELECT that takes the marks off and orders."""
    alias = names.fresh("texts")
    inner = Query(replace(body, outputs=tuple(Output(o.name, _of(o.value)) for o in body.outputs)))
    keys = tuple(replace(k, by=_by_output(k.by, body)) for k in query.order_by)
    return replace(query, body=Select(_unmarked_outputs(query, alias), Derived(inner, alias)), order_by=keys)


def _of(x: Scalar) -> Scalar:
    return marked(x) if _is_text(x) else x


def _unmarked_outputs(query: Query, alias: str) -> tuple[Output, ...]:
    columns = ((name, Col(name, alias, type)) for name, type in query.outputs)
    return tuple(Output(name, unmarked(col) if _is_text(col) else col) for name, col in columns)


def _by_output(by: Scalar, body: Select) -> Scalar:
    """An ORDER BY of DISTINCT reads outputs only; here by their names."""
    return next((Col(o.name, None, o.type) for o in body.outputs if o.value == by), by)
