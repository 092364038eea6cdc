"""Sub-queries in conditions, for targets without EXISTS and quantified comparisons.

- `EXISTS (SELECT .. FROM o WHERE o.user_id = u.id AND c)` becomes `u.id IS NOT NULL AND u.id IN (SELECT o.user_id FROM o WHERE c
  AND o.user_id IS NOT NULL)`; without a correlation it becomes `(SELECT count(*) ..) > 0`.
- `x >= ALL (q)` compares with the greatest of q, `x < ANY (q)` too, with NULLs and the empty q as SQL has them.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Derived, Output, Query, Select
from kpictl.ir.scalars import Agg, Call, Case, Col, Exists, InQuery, Lit, Quantified, Scalar, ScalarQuery
from kpictl.kinds.build import call, conjunction, conjuncts, lit
from kpictl.model.types import BOOLEAN, INTEGER
from kpictl.passes.targets.nest import Names, aliases, both
from kpictl.sql.walk import Node, find, has_aggregate, holds, transform


def exists_as_in(query: Query) -> Query:
    """`query` with EXISTS as IN where the correlation is by equality."""
    names = Names(query)

    def change(node: Node) -> Node:
        if isinstance(node, Call) and node.fn == "not" and isinstance(node.args[0], Call):
            return _opposite(node)
        return _looked_up(node, names) if isinstance(node, Exists) else node

    return transform(query, change, (Exists, Call)) if holds(query, (Exists, InQuery)) else query


def _opposite(node: Call) -> Call:
    """NOT (x IS NOT NULL AND x IN q) in the form that engines plan."""
    (inner,) = node.args
    assert isinstance(inner, Call)
    if inner.fn == "and" and isinstance(inner.args[-1], InQuery) and all(_is_given(a) for a in inner.args[:-1]):
        nulls = tuple(a.args[0] for a in inner.args[:-1] if isinstance(a, Call))
        return Call("or", (*nulls, Call("not", (inner.args[-1],), BOOLEAN)), BOOLEAN, node.place)
    return node


def _is_given(part: Scalar) -> bool:
    return isinstance(part, Call) and part.fn == "not" and getattr(part.args[0], "fn", "") == "is_null"


def is_correlated(query: Query) -> bool:
    """Whether a query reads columns of what stands around it."""
    own = {alias for each in find(query, Select) for alias in aliases(each)}
    return any(col.table is not None and col.table not in own for col in find(query, Col))


def _looked_up(node: Exists, names: Names) -> Scalar:
    inner = node.query
    if not is_correlated(inner):
        counted = Agg("count_rows", (), type=INTEGER)
        select = Select((Output(names.fresh("found"), counted),), Derived(inner, names.fresh("some")))
        return Call("gt", (ScalarQuery(Query(select), INTEGER), lit(0)), BOOLEAN, node.place)
    keys = correlation(inner)
    if keys is None:
        return node
    select, pairs = keys
    given = [call("not", call("is_null", mine)) for mine, _ in pairs]
    outputs = tuple(Output(names.fresh("key"), mine) for mine, _ in pairs)
    below = Query(replace(select, outputs=outputs, where=conjunction([select.where, *given]), distinct=False))
    outside = tuple(theirs for _, theirs in pairs)
    known = [call("not", call("is_null", theirs)) for theirs in outside]
    return both(*known, InQuery(outside, below, place=node.place))


def correlation(query: Query) -> tuple[Select, list[tuple[Scalar, Scalar]]] | None:
    """A query's SELECT without its correlated equalities, and those as (inner, outer); None where it is otherwise correlated."""
    select = query.body
    if not isinstance(select, Select) or query.ctes or query.offset or query.limit == 0:
        return None
    if select.group_by is not None or select.having is not None or select.qualify is not None:
        return None
    if any(has_aggregate(o.value) for o in select.outputs):
        return None
    local = aliases(select)
    pairs: list[tuple[Scalar, Scalar]] = []
    rest: list[Scalar] = []
    for part in conjuncts(select.where):
        if _inside(part, local):
            rest.append(part)
            continue
        if not isinstance(part, Call) or part.fn != "eq":
            return None
        a, b = part.args
        if _inside(a, local) and _outside(b, local):
            pairs.append((a, b))
        elif _inside(b, local) and _outside(a, local):
            pairs.append((b, a))
        else:
            return None
    if not pairs or any(j.on is not None and not _inside(j.on, local) for j in select.joins):
        return None
    return replace(select, where=conjunction(rest)), pairs


def _inside(scalar: Scalar, local: frozenset[str]) -> bool:
    inner = {alias for each in find(scalar, Select) for alias in aliases(each)}
    return all(c.table is None or c.table in local or c.table in inner for c in find(scalar, Col))


def _outside(scalar: Scalar, local: frozenset[str]) -> bool:
    return not any(c.table in local for c in find(scalar, Col)) and not holds(scalar, Query)


def quantified_as_extremes(query: Query) -> Query:
    """`query` with ANY and ALL as IN, or as comparisons with the least or greatest value."""
    names = Names(query)
    return transform(query, lambda node: _compared(node, names), Quantified)


def _compared(node: Quantified, names: Names) -> Scalar:
    if (node.fn, node.every) == ("eq", False):
        return InQuery((node.arg,), node.query, place=node.place)
    if (node.fn, node.every) == ("ne", True):
        return Call("not", (InQuery((node.arg,), node.query, place=node.place),), BOOLEAN, node.place)
    if node.fn in ("eq", "ne") or is_correlated(node.query):
        return node
    # The value that decides: what is above ALL is above the greatest, what is above ANY is above the least.
    extreme = "max" if (node.fn in ("gt", "ge")) == node.every else "min"
    count, given, bound = (_of(node.query, fn, names) for fn in ("count_rows", "count", extreme))
    holds = Call(node.fn, (node.arg, bound), BOOLEAN)
    decided, otherwise = (call("not", holds), True) if node.every else (holds, False)
    unknown = Call("or", (call("is_null", node.arg), Call("lt", (given, count), BOOLEAN)), BOOLEAN)
    whens: tuple[tuple[Scalar, Scalar], ...] = (
        (Call("eq", (count, lit(0)), BOOLEAN), lit(otherwise)),
        (decided, lit(not otherwise)),
        (unknown, Lit(None, BOOLEAN)),
    )
    return Case(whens, lit(otherwise), BOOLEAN, node.place)


def _of(query: Query, fn: str, names: Names) -> ScalarQuery:
    alias = names.fresh("compared")
    name, kind = query.outputs[0]
    type_ = kind if fn in ("min", "max") else INTEGER
    agg = Agg(fn, () if fn == "count_rows" else (Col(name, alias, kind),), type=type_)
    return ScalarQuery(Query(Select((Output(names.fresh("value"), agg),), Derived(query, alias))), type_)
