"""What BigQuery does not run though its grammar has it; ZetaSQL's evaluator takes all of it, so no judge here would tell.

- An outer join, and a correlated sub-query, needs an equality of both sides. The manual does not say so; BigQuery's own
  messages do: "LEFT OUTER JOIN cannot be used without a condition that is an equality of fields from both sides of the
  join"; "Correlated subqueries that reference other tables are not supported unless they can be de-correlated".
- Names of columns and aliases are the same whatever their case, and a result has each name once (lexical structure:
  Case sensitivity; query syntax: Duplicate column names).
- JSON is in no GROUP BY, DISTINCT, PARTITION BY and ORDER BY, an array in no ORDER BY (data types: Groupable, Orderable).
  That arrays are grouped is recent, and is not relied upon.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kpictl.diagnostics import Place
from kpictl.dialects.dialect import Refusal
from kpictl.dialects.series_limits import no_uneven_series
from kpictl.ir.query import CteRef, Derived, Query, Relation, Select, Series, SetOperation, TableRef, Unnest, Values
from kpictl.ir.scalars import Col, Exists, Over, Scalar, ScalarQuery
from kpictl.model.types import Kind
from kpictl.passes.targets.left_join_by_equality import meets
from kpictl.passes.targets.subqueries import is_correlated
from kpictl.sql.walk import find

Limit = tuple[Place | None, str, Refusal]

_JOIN = Refusal(
    "an outer join needs an equality of both sides", "join on an equality, or join a sub-query that has matched already"
)
_CORRELATED = Refusal(
    "a correlated sub-query needs an equality with what stands around it", "join on it, or add an equality"
)
_CASE = Refusal("names are the same whatever their case", "give each a name of its own")
_TWICE = Refusal("a result has each name once", "give each column a name of its own")
_GROUPED = Refusal("JSON and arrays are neither grouped nor ordered", "take a field with `->>`")
_WITHOUT_EQUALITY = (Kind.JSON, Kind.ARRAY)


def limits(query: Query) -> Iterator[Limit]:
    """Each construct of the query that BigQuery refuses to run."""
    yield from no_uneven_series(query)
    yield from _names(query)
    for node in find(query, (Select, Exists, ScalarQuery, Over, Query)):
        if isinstance(node, Select):
            yield from _joins(node)
            yield from _grouped(node)
        elif isinstance(node, Exists | ScalarQuery):
            yield from _correlated(node)
        elif isinstance(node, Over) and any(map(_is_odd, node.partition_by)):
            yield node.place, "PARTITION BY of JSON or an array", _GROUPED
        elif isinstance(node, Query):
            yield from _ordered(node)


# -- joins and correlations
def _joins(select: Select) -> Iterator[Limit]:
    known = set() if select.source is None else {select.source.alias}
    for join in select.joins:
        right = {join.relation.alias}
        if join.kind in ("left", "right", "full") and not _is_array(join.relation) and not meets(join.on, right, known):
            yield getattr(join.on, "place", None), f"a {join.kind} join without an equality", _JOIN
        known |= right


def _is_array(relation: Relation) -> bool:
    """Relations that are unnested in place, which need no condition."""
    if isinstance(relation, Series):
        return any(any(find(end, Col)) for end in (relation.start, relation.stop))
    return isinstance(relation, Unnest) or (isinstance(relation, Derived) and isinstance(relation.query.body, Values))


def _correlated(node: Exists | ScalarQuery) -> Iterator[Limit]:
    inner = node.query
    if not any(find(inner, (TableRef, CteRef))) or not is_correlated(inner):
        return
    if isinstance(inner.body, Select):
        own = _own(inner.body)
        around = {table for table in _tables_of(inner) if table not in own}
        if meets(inner.body.where, own, around) and (inner.limit is None or isinstance(node, Exists)):
            return
    yield node.place, "this correlated sub-query", _CORRELATED


def _own(select: Select) -> set[str]:
    relations = [select.source, *(j.relation for j in select.joins)]
    return {r.alias for r in relations if r is not None}


def _tables_of(query: Query) -> set[str]:
    return {c.table for c in find(query, Col) if c.table is not None}


# -- names
def _names(query: Query) -> Iterator[Limit]:
    told = [name for name, _ in query.outputs]
    if len(set(told)) < len(told):
        yield query.place, "two columns of one name", _TWICE
    for each in find(query, Query):
        if _fold_together(name for name, _ in each.outputs):
            yield each.place, "columns whose names differ in case alone", _CASE
    kinds = (TableRef, CteRef, Derived, Series, Unnest)
    if _fold_together(node.alias for node in find(query, kinds)):
        yield query.place, "aliases that differ in case alone", _CASE


def _fold_together(names: Iterable[str]) -> bool:
    different = set(names)
    return len({name.lower() for name in different}) < len(different)


# -- what is grouped
def _is_odd(scalar: Scalar) -> bool:
    return scalar.type.kind in _WITHOUT_EQUALITY


def _grouped(select: Select) -> Iterator[Limit]:
    keys = [key for each in select.group_by or () for key in each]
    if select.distinct:
        keys += [o.value for o in select.outputs]
    for key in keys:
        if _is_odd(key):
            yield getattr(key, "place", None), "GROUP BY or DISTINCT of JSON or an array", _GROUPED


def _ordered(query: Query) -> Iterator[Limit]:
    body = query.body
    if any(_is_odd(key.by) for key in query.order_by):
        yield query.place, "ORDER BY of JSON or an array", _GROUPED
    if isinstance(body, SetOperation) and not body.all and any(t.kind in _WITHOUT_EQUALITY for _, t in query.outputs):
        yield query.place, f"{body.op.upper()} of JSON or arrays", _GROUPED
