"""What the shape of a query can hold that Druid 33 does not plan, whatever its functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kpictl.diagnostics import Place
from kpictl.dialects.dialect import Refusal
from kpictl.dialects.series_limits import no_uneven_series
from kpictl.ir.query import Derived, Joined, Query, Select, Series, Unnest, Values
from kpictl.ir.scalars import Agg, Call, Col, InQuery, Lit, Over, Scalar, ScalarQuery
from kpictl.kinds.build import conjunction, conjuncts
from kpictl.model.types import BOOLEAN
from kpictl.passes.targets.druid_shapes import is_key
from kpictl.passes.targets.groups_below import asks_by_group
from kpictl.passes.targets.nest import aliases
from kpictl.passes.targets.subqueries import is_correlated
from kpictl.sql.walk import find, holds, walk

_OUTER = Refusal(
    "an outer join must be on equalities", "compare the rest in a CASE, or filter the right side in a sub-query first"
)
_ELEMENTS = Refusal(
    "an outer join must be on equalities", "CROSS JOIN the elements, and add the rows without any by UNION ALL"
)
_RANGE = Refusal(
    "it has only UNBOUNDED and CURRENT ROW in RANGE frames", "use a measure with `window:`, or a ROWS frame"
)
_SIDES = Refusal("it takes what is left of such a join for never NULL", "use LEFT JOIN, the other side first")
_SERIES = Refusal("a series needs constant ends there", "join to a series over the whole range, with a condition")
_INSIDE = Refusal("it decorrelates sub-queries in WHERE alone", "join the sub-query")
_NO_ROWS = Refusal("it plans no query without rows", "leave the limit out")
_FRAME = Refusal("it takes only UNBOUNDED and CURRENT ROW for them", "use lag and lead")
_NULL_TIME = Refusal("it cannot plan it", "leave the row out, or use an early date")
_CORRELATED = Refusal("it decorrelates equalities alone", "join and group, or use a window")
_BY_GROUP = Refusal("it decorrelates nothing above a grouping", "group in a sub-query, and join the other to it")
_OF_CONSTANTS = Refusal("it decorrelates nothing above constant rows", "group the other rows, and LEFT JOIN them")
_ROWS = Refusal(
    "it takes a row with a NULL for unknown, even where another value differs",
    "LEFT JOIN the rows, and keep those without one",
)
_DISTINCT = Refusal("it counts no distinct values in a window", "count them in a grouped sub-query and join it")


def unsayable(query: Query) -> Iterator[tuple[Place | None, str, Refusal]]:
    """Outer joins on more than equalities, frames by distance, distinct counts in windows."""
    for select in find(query, Select):
        seen = aliases(replace(select, joins=()))
        for join in select.joins:
            mine = join.relation.alias
            if join.kind in ("right", "full") and not (join.kind == "full" and len(select.joins) == 1):
                yield _place(join), f"{join.kind.upper()} JOIN beside other joins", _SIDES
            elif join.kind in ("left", "full") and not _is_outer_sayable(join, seen, mine):
                yield (
                    _place(join),
                    f"{join.kind.upper()} JOIN on other than equalities",
                    (_ELEMENTS if isinstance(join.relation, Unnest) else _OUTER),
                )
            seen |= {mine}
    yield from _correlated(query)
    yield from _rows_of_unknowns(query)
    yield from _relations(query)
    yield from no_uneven_series(query)
    yield from _rows_of_nothing(query)
    for over in find(query, Over):
        frame = over.frame
        if (
            frame is not None
            and frame.mode.lower() != "rows"
            and not all(b.offset in (None, 0) for b in (frame.start, frame.end))
        ):
            yield over.place, f"a {frame.mode.upper()} frame of a distance", _RANGE
        ends = () if frame is None else (frame.start.offset, frame.end.offset)
        if over.call.fn in ("first_value", "last_value") and any(end not in (None, 0) for end in ends):
            yield over.place or over.call.place, f"{over.call.fn} over a frame of a distance", _FRAME
        if isinstance(over.call, Agg) and over.call.distinct:
            yield over.place or over.call.place, "DISTINCT in a window", _DISTINCT


def _is_outer_sayable(join: Joined, left: frozenset[str], right: str) -> bool:
    parts = conjuncts(join.on)
    if join.kind == "left" and not parts and isinstance(join.relation, Derived):
        return True
    return bool(parts) and all(is_key(part, right) for part in parts)


def _relations(query: Query) -> Iterator[tuple[Place | None, str, Refusal]]:
    """Series that start or stop at what has to be read."""
    for series in find(query, Series):
        bounds = (series.start, series.stop)
        read = [c for bound in bounds for c in find(bound, Col)]
        if read or any(True for bound in bounds for _ in find(bound, Query)):
            yield next((c.place for c in read), None), "generate_series between values that are read", _SERIES


def _rows_of_nothing(query: Query) -> Iterator[tuple[Place | None, str, Refusal]]:
    """A missing time in a SELECT without FROM, which is planned only where it is the whole query."""
    for select in find(query, Select):
        if select.source is None and select is not query.body:
            for value in (o.value for o in select.outputs):
                if isinstance(value, Lit) and value.value is None and value.type.is_temporal:
                    yield value.place, "NULL for a time without a table", _NULL_TIME


def _rows_of_unknowns(query: Query) -> Iterator[tuple[Place | None, str, Refusal]]:
    """Rows in IN where it tells whether the answer is false or unknown."""
    asked = {id(node) for select in find(query, Select) for part in conjuncts(select.where) for node in _either(part)}
    asked |= {id(node) for test in find(query, Call) for node in _guarded(test)}
    for node in find(query, InQuery):
        if len(node.args) > 1 and id(node) not in asked:
            yield node.place or node.args[0].place, "a row that is not in a query", _ROWS


def _guarded(test: Call) -> Iterator[InQuery]:
    """Rows in a query where neither side has a NULL, as an EXISTS by equalities is said."""
    if test.fn not in ("and", "or"):
        return
    for arg in test.args:
        node = arg.args[0] if test.fn == "or" and isinstance(arg, Call) and arg.fn == "not" else arg
        body = node.query.body if isinstance(node, InQuery) else None
        if isinstance(node, InQuery) and isinstance(body, Select):
            nulls = [Call("is_null", (x,), BOOLEAN) for x in node.args]
            outside = nulls if test.fn == "or" else [Call("not", (x,), BOOLEAN) for x in nulls]
            inside = [Call("not", (Call("is_null", (o.value,), BOOLEAN),), BOOLEAN) for o in body.outputs]
            given = conjuncts(body.where)
            if all(x in test.args for x in outside) and all(x in given for x in inside):
                yield node


def _either(part: Scalar) -> Iterator[Scalar]:
    if isinstance(part, Call) and part.fn in ("or", "and"):
        for arg in part.args:
            yield from _either(arg)
    else:
        yield part


def _correlated(query: Query) -> Iterator[tuple[Place | None, str, Refusal]]:
    """Sub-queries that read what stands around them by more than an equality, or elsewhere than in their WHERE."""
    nodes: list[ScalarQuery | InQuery] = [*find(query, ScalarQuery), *find(query, InQuery)]
    for node in nodes:
        inner = node.query.body
        if not is_correlated(node.query):
            continue
        if not isinstance(inner, Select):
            yield node.place, "a sub-query that is correlated by other than equalities", _CORRELATED
            continue
        own = aliases(inner)
        rest = [part for part in conjuncts(inner.where) if not _joins(part, own)]
        without = replace(node.query, body=replace(inner, where=conjunction(rest)))
        if is_correlated(without) or node.query.limit is not None:
            yield node.place, "a sub-query that is correlated by other than equalities", _CORRELATED
    for select in find(query, Select):
        if asks_by_group(select):
            yield select.outputs[0].value.place, "a correlated sub-query by group", _BY_GROUP
        elif _is_of_constants(select) and any(_asks(o.value) for o in select.outputs):
            yield None, "a correlated sub-query above constant rows", _OF_CONSTANTS
        for join in select.joins:
            if join.on is not None and holds(join.on, Query):
                yield _place(join), "a sub-query in the condition of an outer join", _INSIDE
    for each in find(query, Query):
        if each.limit == 0:
            yield each.place, "LIMIT 0", _NO_ROWS


def _is_of_constants(select: Select) -> bool:
    source = select.source
    return isinstance(source, Series) or (isinstance(source, Derived) and isinstance(source.query.body, Values))


def _asks(value: Scalar) -> bool:
    return any(is_correlated(each.query) for each in find(value, ScalarQuery))


def _joins(part: Scalar, own: frozenset[str]) -> bool:
    """Whether a condition is an equality of the inside with the outside, without sub-queries."""
    if not isinstance(part, Call) or part.fn != "eq" or holds(part, Query):
        return False
    inside = [{c.table in own for c in find(x, Col)} for x in part.args]
    return {True} in inside and {False} in inside


def _place(join: Joined) -> Place | None:
    if join.on is None:
        return None
    places = [getattr(node, "place", None) for node in walk(join.on)]
    return next((place for place in places if place is not None), None)
