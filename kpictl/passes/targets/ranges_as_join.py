"""Frames that reach a distance from the row's order, for engines that have none.

Before: `sum(x) OVER (PARTITION BY p ORDER BY day RANGE BETWEEN INTERVAL '6 days' PRECEDING AND CURRENT ROW)`. After:

    WITH framed AS (<the rows>),
         peers AS (SELECT p, day, sum(x) AS x FROM framed GROUP BY p, day),
         reached AS (SELECT a.p, a.day, sum(b.x) AS x FROM peers AS a JOIN peers AS b
                     ON a.p = b.p AND b.day >= a.day - INTERVAL '6 days' AND b.day <= a.day GROUP BY a.p, a.day)
    SELECT .. FROM framed LEFT JOIN reached ON framed.p = reached.p AND framed.day = reached.day

with equality under which NULL is NULL's equal. GROUPS are a range over the dense rank. Where rows have no order (NULL), their
frame is theirs alone, unless it has no bound on their side. Counts, sums, extremes and truths of parts make those of the whole.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Cte, CteRef, Derived, Joined, Output, Query, Relation, Select
from kpictl.ir.scalars import Agg, Call, Col, Frame, FrameBound, Interval, Over, Scalar, SortKey
from kpictl.kinds.build import as_double, call, lit
from kpictl.model.types import BOOLEAN, DATE, INTEGER, Kind
from kpictl.passes.targets.groups_below import groups_below, windows, windows_replaced
from kpictl.passes.targets.nest import Names, both, each_query, filtered, nest, reads_outside
from kpictl.sql.walk import holds

_MERGED = {"count_rows": "sum", "count": "sum", "sum": "sum", "min": "min", "max": "max"} | {
    name: name for name in ("bool_and", "bool_or")
}
"""Aggregate to the one that makes the whole of its parts; an average is made of a sum and a count."""
_NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE)
_TIMES = (Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ)


def ranges_as_join(query: Query) -> Query:
    """`query` without frames by a distance, where they are of aggregates that can be made of parts."""
    return each_query(query, _rewritten) if holds(query, Over) else query


def _is_wanted(over: Over) -> bool:
    frame, agg = over.frame, over.call
    if frame is None or frame.exclude or not isinstance(agg, Agg) or agg.distinct or agg.order_by:
        return False
    if agg.fn not in (*_MERGED, "avg") or not (frame.start.offset or frame.end.offset):
        return False
    return frame.mode == "groups" or (frame.mode == "range" and _moves(over, frame))


def _moves(over: Over, frame: Frame) -> bool:
    """Whether the order can be moved by the distances."""
    kind = over.order_by[0].by.type.kind
    for bound in (frame.start, frame.end):
        distance = bound.offset
        if isinstance(distance, Interval):
            if kind not in _TIMES or (kind is Kind.DATE and distance.micros):
                return False
        elif distance and kind not in _NUMBERS:
            return False
    return len(over.order_by) == 1


def _rewritten(query: Query, names: Names) -> Query:
    if not isinstance(query.body, Select) or not holds(query, Over) or not any(map(_is_wanted, windows(query))):
        return query
    below = groups_below(query, names)
    if below is None:
        return query
    ranked = _ranked(below, names)
    assert isinstance(ranked.body, Select)
    rows = Select((), ranked.body.source, ranked.body.joins, ranked.body.where)
    if reads_outside(rows):
        return query
    return _joined(ranked, names)


def _ranked(query: Query, names: Names) -> Query:
    """GROUPS as ranges over a dense rank."""
    found = [over for over in windows(query) if _is_wanted(over) and _mode(over) == "groups"]
    if not found:
        return query
    ranks: list[tuple[str, Scalar]] = [
        (names.fresh("place"), Over(Call("dense_rank", (), INTEGER), o.partition_by, o.order_by, None, INTEGER))
        for o in found
    ]
    nested = nest(query, names, ranks, wish="ranked")
    again = [over for over in windows(nested.query) if _is_wanted(over) and _mode(over) == "groups"]
    new: dict[Over, Scalar] = {}
    for (name, _), over in zip(ranks, again, strict=True):
        assert over.frame is not None
        key = SortKey(Col(name, nested.alias, INTEGER))
        new[over] = replace(over, order_by=(key,), frame=replace(over.frame, mode="range"))
    return windows_replaced(nested.query, new)


def _mode(over: Over) -> str:
    return over.frame.mode if over.frame is not None else ""


def _joined(query: Query, names: Names) -> Query:
    found = [over for over in windows(query) if _is_wanted(over)]
    read = dict.fromkeys(scalar for over in found for scalar in _read(over))
    name_of: dict[Scalar, str] = {s: names.fresh("value") for s in read if not isinstance(s, Col)}
    nested = nest(query, names, [(name, scalar) for scalar, name in name_of.items()], wish="framed")
    select = nested.query.body
    assert isinstance(select, Select)
    assert isinstance(select.source, Derived)
    framed = Cte(nested.alias, select.source.query)
    ctes, joins, new = [framed], [], dict[Over, Scalar]()
    again = [over for over in windows(nested.query) if _is_wanted(over)]
    for over, moved in zip(found, again, strict=True):
        columns = [
            now if isinstance(now, Col) else Col(name_of[before], nested.alias, before.type)
            for before, now in zip(_read(over), _read(moved), strict=True)
        ]
        keys = tuple(columns[: len(over.partition_by) + 1])
        made = _Parts(over, keys, tuple(columns[len(keys) :]), names)
        peers = Cte(names.fresh("peers"), made.peers(CteRef(framed.name, nested.alias)))
        reached = Cte(names.fresh("reached"), made.reached(peers.name))
        ctes += [peers, reached]
        on = both(*(call("same", c, replace(c, table=reached.name)) for c in keys))
        joins.append(Joined("left", CteRef(reached.name, reached.name), on))
        new[moved] = made.value(reached.name)
    body = replace(select, source=CteRef(framed.name, nested.alias), joins=tuple(joins))
    whole = replace(nested.query, body=body, ctes=(*nested.query.ctes, *ctes))
    return windows_replaced(whole, new)


def _read(over: Over) -> tuple[Scalar, ...]:
    """What a window partitions by, its order, and what it aggregates."""
    return (*over.partition_by, over.order_by[0].by, *_given(over))


def _given(over: Over) -> tuple[Scalar, ...]:
    """What is aggregated, NULL where it does not count."""
    agg = over.call
    assert isinstance(agg, Agg)
    if agg.fn == "count_rows":
        return () if agg.where is None else (filtered(agg, lit(1)),)
    (x,) = agg.args
    return (filtered(agg, as_double(x) if agg.fn == "avg" else x),)


class _Parts:
    """One window's aggregate over the rows of equal order, and over those that its frame reaches."""

    def __init__(self, over: Over, keys: tuple[Col, ...], args: tuple[Col, ...], names: Names) -> None:
        assert isinstance(over.call, Agg)
        agg = over.call
        self.over, self.keys, self.key = over, keys, keys[-1]
        fn = "count" if agg.fn == "count_rows" and args else agg.fn
        self.states = [Agg(fn, args, type=agg.type)]
        if agg.fn == "avg":
            self.states = [Agg("sum", args, type=agg.type), Agg("count", args, type=INTEGER)]
        self.names = [names.fresh("part") for _ in self.states]
        self.here, self.there = names.fresh("here"), names.fresh("there")

    def peers(self, rows: CteRef) -> Query:
        outputs = tuple(Output(c.name, c) for c in dict.fromkeys(self.keys))
        states = tuple(Output(n, state) for n, state in zip(self.names, self.states, strict=True))
        return Query(Select((*outputs, *states), rows, group_by=(tuple(dict.fromkeys(self.keys)),)))

    def reached(self, peers: str) -> Query:
        keys = tuple(replace(c, table=self.here) for c in dict.fromkeys(self.keys))
        states = tuple(
            Output(n, Agg(_MERGED[state.fn], (Col(n, self.there, state.type),), type=state.type))
            for n, state in zip(self.names, self.states, strict=True)
        )
        same = [call("same", replace(c, table=self.here), replace(c, table=self.there)) for c in self.keys[:-1]]
        on = both(*same, self._in_frame(replace(self.key, table=self.here), replace(self.key, table=self.there)))
        there: Relation = CteRef(peers, self.there)
        outputs = (*(Output(c.name, c) for c in keys), *states)
        return Query(Select(outputs, CteRef(peers, self.here), (Joined("inner", there, on),), group_by=(keys,)))

    def value(self, reached: str) -> Scalar:
        states = [Col(n, reached, state.type) for n, state in zip(self.names, self.states, strict=True)]
        agg = self.over.call
        assert isinstance(agg, Agg)
        if agg.fn == "avg":
            return call("real_divide", *states)
        return call("coalesce", states[0], lit(0)) if agg.fn in ("count", "count_rows") else states[0]

    def _in_frame(self, here: Scalar, there: Scalar) -> Scalar:
        """Whether a row lies in the frame of another: by its bounds, one of which compares both, or where one has no order."""
        frame = self.over.frame
        assert frame is not None
        last = self.over.order_by[0].nulls_last
        ordered = [self._bound(frame.start, here, there, "ge"), self._bound(frame.end, here, there, "le")]
        none_here, none_there = call("is_null", here), call("is_null", there)
        nulls = [both(none_here, none_there)]
        # What has no order stands at one end, which a frame without a bound on that side reaches, and from there the rest.
        if (frame.end if last else frame.start).offset is None:
            nulls.append(none_there)
        if (frame.start if last else frame.end).offset is None:
            nulls.append(none_here)
        return Call("or", (both(*ordered), *nulls), BOOLEAN)

    def _bound(self, bound: FrameBound, here: Scalar, there: Scalar, fn: str) -> Scalar | None:
        if bound.offset is None:
            return None
        down = self.over.order_by[0].descending
        compare = {"ge": "le", "le": "ge"}[fn] if down else fn
        return call(compare, there, _moved(here, bound.offset, backwards=bound.following == down))


def _moved(key: Scalar, distance: int | Interval, *, backwards: bool) -> Scalar:
    """The order a distance away."""
    if not isinstance(distance, Interval):
        return call("sub" if backwards else "add", key, lit(abs(distance))) if distance else key
    sign = -1 if backwards else 1
    parts = (lit(sign * abs(n)) for n in (distance.months, distance.days, distance.micros))
    return call("add_interval", key, *parts, type=DATE if key.type.kind is Kind.DATE else key.type)
