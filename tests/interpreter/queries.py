"""Canonical queries over lists of rows: FROM, WHERE, GROUP BY, HAVING, windows, QUALIFY, outputs, DISTINCT, ORDER BY, LIMIT."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kpictl.ir.query import (
    CteRef,
    Derived,
    Joined,
    Query,
    Relation,
    Select,
    Series,
    SetOperation,
    TableRef,
    Unnest,
    Values,
)
from kpictl.ir.reference import evaluate, fold, over, sorted_rows
from kpictl.ir.reference.logic import or_
from kpictl.ir.reference.times import add_interval
from kpictl.ir.reference.values import Json, comparable, equal, hashable
from kpictl.ir.scalars import (
    Agg,
    Col,
    Exists,
    InQuery,
    Interval,
    Lit,
    Over,
    Quantified,
    Scalar,
    ScalarQuery,
    SortKey,
)
from kpictl.sql.walk import Node, find, rebuild

Row = dict[Any, Any]
"""Values by (table, column)."""
Tables = Mapping[str, Sequence[Mapping[str, Any]]]
"""The rows of each source."""
Params = Mapping[str, Any]
_SUBQUERIES = (ScalarQuery, Exists, InQuery, Quantified)
_COMPARE = {"eq": equal, "ne": lambda a, b: not equal(a, b)}


def _apart(names: list[str]) -> list[str]:
    """Names of a row's columns; the second of equal ones is told apart, as nothing can read it by name."""
    return [name if name not in names[:n] else f"{name}#{n}" for n, name in enumerate(names)]


def _elements(array: Any) -> Sequence[Any]:
    """What is in an array, or in a JSON array (as JSON)."""
    if array is None:
        return ()
    return [Json(v) for v in array.value] if isinstance(array, Json) else array


class Reader:
    """Evaluates queries over tables with parameters; `ctes` are the WITH queries in view, `outer` the row around."""

    def __init__(self, tables: Tables, params: Params, ctes: Mapping[str, list[Row]] | None = None) -> None:
        self.tables = tables
        self.params = params
        self.ctes = dict(ctes or {})

    # -- queries

    def rows(self, query: Query, outer: Row | None = None) -> list[dict[str, Any]]:
        """The rows of a query by output name, in order."""
        inner = Reader(self.tables, self.params, self.ctes)
        for cte in query.ctes:
            inner.ctes[cte.name] = inner._recursive(cte) if cte.recursive else inner.rows(cte.query, outer)
        body = query.body
        if isinstance(body, Select):
            return inner._select(body, query, outer or {})
        names = _apart([name for name, _ in query.outputs])
        if isinstance(body, Values):
            found = [{n: inner.value(v, outer or {}) for n, v in zip(names, row, strict=True)} for row in body.rows]
        else:
            found = inner._set(body, names, outer)
        keyed = [({(None, n): v for n, v in row.items()}, row) for row in found]
        return inner._limited(inner._ordered(query.order_by, keyed), query)

    def _recursive(self, cte: Any) -> list[Row]:
        body = cte.query.body
        assert isinstance(body, SetOperation)
        names = _apart([name for name, _ in cte.query.outputs])
        last = [dict(zip(names, row.values(), strict=True)) for row in self.rows(body.left)]
        found: list[Row] = []
        seen: set[Any] = set()
        for _ in range(10_000):
            if not body.all:  # UNION: a row that was there before begins nothing new
                fresh = {_key(tuple(row.values())): row for row in last}
                last = [row for key, row in fresh.items() if key not in seen]
                seen |= fresh.keys()
            if not last:
                break
            found = [*found, *last]
            self.ctes[cte.name] = last
            last = [dict(zip(names, row.values(), strict=True)) for row in self.rows(body.right)]
        return found

    def _set(self, body: SetOperation, names: list[str], outer: Row | None) -> list[dict[str, Any]]:
        left = [tuple(r.values()) for r in self.rows(body.left, outer)]
        right = [tuple(r.values()) for r in self.rows(body.right, outer)]
        if body.op == "union":
            found = left + right if body.all else _distinct(left + right)
        else:
            found = _common(left, right, keep=body.op == "intersect", all=body.all)
        return [dict(zip(names, row, strict=True)) for row in found]

    def _ordered(self, keys: tuple[SortKey, ...], rows: list[tuple[Row, dict[str, Any]]]) -> list[dict[str, Any]]:
        if keys:
            rows = sorted_rows(rows, keys, lambda key, row: self.value(key.by, {**row[0], **_bare(row[1])}))
        return [row for _, row in rows]

    def _limited(self, rows: list[dict[str, Any]], query: Query) -> list[dict[str, Any]]:
        stop = None if query.limit is None else query.offset + query.limit
        return rows[query.offset : stop]

    # -- SELECT

    def _select(self, select: Select, query: Query, outer: Row) -> list[dict[str, Any]]:
        rows = [outer] if select.source is None else self._relation(select.source, outer)
        for join in select.joins:
            rows = self._join(rows, join)
        if select.where is not None:
            rows = [row for row in rows if self.value(select.where, row) is True]
        scalars = [o.value for o in select.outputs] + [k.by for k in query.order_by]
        scalars += [s for s in (select.having, select.qualify) if s is not None]
        grouped = select.group_by is not None or any(_aggregates(s) for s in scalars)
        groups: list[tuple[Row, list[Row] | None]] = (
            self._groups(select, rows) if grouped else [(r, None) for r in rows]
        )
        if select.having is not None:
            groups = [g for g in groups if self._of_group(select.having, g) is True]
        return self._limited(self._outputs(select, query, groups), query)

    def _outputs(
        self, select: Select, query: Query, groups: list[tuple[Row, list[Row] | None]]
    ) -> list[dict[str, Any]]:
        windows = self._windows(select, query, groups)

        def value(scalar: Scalar, i: int) -> Any:
            return self._of_group(_put(scalar, {w: Lit(v[i], w.type) for w, v in windows.items()}), groups[i])

        kept = [i for i in range(len(groups)) if select.qualify is None or value(select.qualify, i) is True]
        found = []
        for i in kept:
            names = _apart([o.name for o in select.outputs])
            row = {n: value(o.value, i) for n, o in zip(names, select.outputs, strict=True)}
            keys = {("#order", n): value(_named(k.by, select), i) for n, k in enumerate(query.order_by)}
            keys |= {("#on", n): value(s, i) for n, s in enumerate(select.distinct_on)}
            found.append((keys, row))
        order = tuple(replace(k, by=Col(n, "#order")) for n, k in enumerate(query.order_by))  # type: ignore[arg-type]
        ordered = sorted_rows(found, order, lambda key, each: each[0][("#order", key.by.name)]) if order else found  # type: ignore[union-attr]
        if select.distinct_on:
            ordered = _first_of([(tuple(v for k, v in e[0].items() if k[0] == "#on"), e) for e in ordered])
        if select.distinct:
            ordered = _first_of([(tuple(e[1].values()), e) for e in ordered])
        return [row for _, row in ordered]

    def _groups(self, select: Select, rows: list[Row]) -> list[tuple[Row, list[Row] | None]]:
        sets = select.group_by if select.group_by is not None else ((),)
        every = list(dict.fromkeys(s for one in sets for s in one))
        found: list[tuple[Row, list[Row] | None]] = []
        for one in sets:
            parts: dict[Any, list[Row]] = {}
            for row in rows:
                parts.setdefault(_key(tuple(self.value(s, row) for s in one)), []).append(row)
            if not one and not parts:
                parts[()] = []
            for members in parts.values():
                values = {s: self.value(s, members[0]) for s in one}
                head = dict(members[0]) if members else {}
                head["#keys"] = {s: values.get(s) for s in every}
                head["#set"] = one
                found.append((head, members))
        return found

    def _of_group(self, scalar: Scalar, group: tuple[Row, list[Row] | None]) -> Any:
        """A scalar over a group: keys as they are grouped, aggregates over the members."""
        head, members = group
        if members is None:
            return self.value(scalar, head)
        keys = head["#keys"]

        def visit(node: Node) -> Node:
            if node.__class__ is not Lit and isinstance(node, Scalar) and node in keys:
                return Lit(keys[node], node.type)
            if isinstance(node, Agg):
                return Lit(self._folded(node, members, head), node.type)
            return rebuild(node, visit) if not isinstance(node, Query) else node

        return self.value(visit(scalar), head)

    def _folded(self, agg: Agg, members: list[Row], head: Row) -> Any:
        if agg.fn == "grouping":
            mask = 0
            for arg in agg.args:
                mask = mask * 2 + (arg not in head["#set"])
            return mask
        rows = [self._resolved(agg, row) for row in members]
        return fold(rows[0][0], [r for _, r in rows], self.params) if rows else fold(agg, [], self.params)

    def _resolved(self, agg: Agg, row: Row) -> tuple[Agg, Row]:
        """Sub-queries in an aggregate's arguments become columns of the row."""
        subs = list(find(agg, _SUBQUERIES, queries=False))  # type: ignore[arg-type]
        if not subs:
            return agg, row
        names = {s: Col(f"#{n}", "#sub", s.type) for n, s in enumerate(subs)}
        values = {("#sub", f"#{n}"): self.value(s, row) for n, s in enumerate(subs)}
        return _put(agg, names), {**row, **values}

    def _windows(
        self, select: Select, query: Query, groups: list[tuple[Row, list[Row] | None]]
    ) -> dict[Over, list[Any]]:
        scalars = [o.value for o in select.outputs] + [k.by for k in query.order_by] + list(select.distinct_on)
        scalars += [select.qualify] if select.qualify is not None else []
        found: dict[Over, list[Any]] = {}
        for scalar in scalars:
            for window in find(scalar, Over, queries=False):
                if window not in found:
                    found[window] = self._window(window, groups)
        return found

    def _window(self, window: Over, groups: list[tuple[Row, list[Row] | None]]) -> list[Any]:
        """Arguments are evaluated on each row first, so that a window over aggregates is one over columns."""
        leaves = [*window.call.args, *window.partition_by, *(k.by for k in window.order_by)]
        if isinstance(window.call, Agg) and window.call.where is not None:
            leaves.append(window.call.where)
        names = {s: Col(f"#{n}", "#w", s.type) for n, s in enumerate(dict.fromkeys(leaves)) if not isinstance(s, Lit)}
        rows = [{("#w", c.name): self._of_group(s, g) for s, c in names.items()} for g in groups]
        return over(_put_top(window, names), rows, self.params)

    # -- FROM

    def _relation(self, relation: Relation, outer: Row) -> list[Row]:
        match relation:
            case TableRef(source=source, alias=alias):
                found = [dict(row) for row in self.tables[source]]
            case CteRef(name=name, alias=alias):
                found = [dict(row) for row in self.ctes[name]]
            case Derived(query=query, alias=alias):
                found = self.rows(query, outer)
            case Series(alias=alias, column=column):
                found = [{column: v} for v in self._series(relation, outer)]
            case Unnest(array=array, alias=alias, column=column):
                found = [{column: v} for v in _elements(self.value(array, outer))]
        return [{**outer, **{(alias, n): v for n, v in row.items()}} for row in found]

    def _series(self, series: Series, outer: Row) -> list[Any]:
        at, stop = self.value(series.start, outer), self.value(series.stop, outer)
        step = self.value(series.step, outer)
        found = []
        down = (
            step is not None and (step.months or step.days or step.micros if isinstance(step, Interval) else step) < 0
        )
        while at is not None and stop is not None and (at >= stop if down else at <= stop):
            found.append(at)
            at = _stepped(at, step, 1)
        return found

    def _join(self, rows: list[Row], join: Joined) -> list[Row]:
        found: list[Row] = []
        derived = isinstance(join.relation, Derived) and join.relation.lateral
        lateral = derived or isinstance(join.relation, Unnest | Series)
        right_rows = [] if lateral else self._relation(join.relation, {})
        matched: set[int] = set()
        for row in rows:
            hit = False
            for n, right in enumerate(self._relation(join.relation, row) if lateral else right_rows):
                both = {**row, **right}
                if join.on is None or self.value(join.on, both) is True:
                    found.append(both)
                    matched.add(n)
                    hit = True
            if not hit and join.kind in ("left", "full"):
                found.append({**row, **self._nulls(join.relation)})
        if join.kind in ("right", "full"):
            found += [{**_nulls_of(rows), **r} for n, r in enumerate(right_rows) if n not in matched]
        return found

    def _nulls(self, relation: Relation) -> Row:
        alias = relation.alias
        match relation:
            case TableRef(columns=columns):
                names = [n for n, _ in columns]
            case CteRef(name=name):
                names = list(self.ctes[name][0]) if self.ctes[name] else []
            case Derived(query=query):
                names = [n for n, _ in query.outputs]
            case Series(column=column) | Unnest(column=column):
                names = [column]
        return {(alias, n): None for n in names}

    # -- scalars

    def value(self, scalar: Scalar, row: Row) -> Any:
        """A scalar on one row; sub-queries are evaluated for it."""

        def visit(node: Node) -> Node:
            if isinstance(node, _SUBQUERIES):
                return Lit(self._subquery(node, row), node.type)
            return rebuild(node, visit)

        has = any(True for _ in find(scalar, _SUBQUERIES, queries=False))  # type: ignore[arg-type]
        return evaluate(visit(scalar) if has else scalar, _Lenient(row), self.params)

    def _subquery(self, node: Any, row: Row) -> Any:
        rows = [tuple(r.values()) for r in self.rows(node.query, row)]
        if isinstance(node, ScalarQuery):
            assert len(rows) <= 1, "a scalar sub-query with several rows"
            return rows[0][0] if rows else None
        if isinstance(node, Exists):
            return bool(rows)
        if isinstance(node, InQuery):
            mine = tuple(self.value(a, row) for a in node.args)
            return or_(*(_all_equal(mine, r) for r in rows)) if rows else False
        mine = self.value(node.arg, row)
        compare = _COMPARE.get(node.fn) or _ordering(node.fn)
        truths = [None if mine is None or r[0] is None else compare(mine, r[0]) for r in rows]
        if node.every:
            return False if False in truths else None if None in truths else True
        return True if True in truths else None if None in truths else False


class _Lenient(dict):  # type: ignore[type-arg]
    """A column that an outer join left without a row is NULL."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: Any) -> Any:
        if isinstance(key, tuple) and key[0] is None:
            same = [k for k in self if isinstance(k, tuple) and k[1] == key[1] and not str(k[0]).startswith("#")]
            return self[same[0]] if same else None
        return None


def _stepped(first: Any, step: Any, n: int) -> Any:
    if isinstance(step, Interval):
        return add_interval(first, step.months * n, step.days * n, step.micros * n)
    return first + step * n


def _bare(row: Mapping[str, Any]) -> Row:
    return {(None, n): v for n, v in row.items()}


def _named(by: Scalar, select: Select) -> Scalar:
    """An output that an order names is its value."""
    if isinstance(by, Col) and by.table is None:
        return next((o.value for o in select.outputs if o.name == by.name), by)
    return by


def _nulls_of(rows: list[Row]) -> Row:
    return dict.fromkeys(rows[0]) if rows else {}


def _key(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(hashable(v) for v in values)


def _distinct(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return list({_key(r): r for r in reversed(rows)}.values())[::-1]


def _common(left: list[Any], right: list[Any], *, keep: bool, all: bool) -> list[Any]:
    """INTERSECT (keep) or EXCEPT; with ALL each row of the right meets one of the left."""
    if not all:
        others = {_key(r) for r in right}
        return _distinct([r for r in left if (_key(r) in others) is keep])
    waiting = Counter(_key(r) for r in right)
    found = []
    for row in left:
        met = waiting[_key(row)] > 0
        waiting[_key(row)] -= met
        if met is keep:
            found.append(row)
    return found


def _first_of(pairs: list[tuple[tuple[Any, ...], Any]]) -> list[Any]:
    seen: dict[Any, Any] = {}
    for key, each in pairs:
        seen.setdefault(_key(key), each)
    return list(seen.values())


def _all_equal(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool | None:
    parts = [None if x is None or y is None else equal(x, y) for x, y in zip(a, b, strict=True)]
    return False if False in parts else None if None in parts else True


def _ordering(fn: str) -> Any:
    import operator

    compare = getattr(operator, fn)
    return lambda a, b: compare(comparable(a), comparable(b))


def _aggregates(scalar: Scalar) -> bool:
    from kpictl.sql.walk import has_aggregate

    return has_aggregate(scalar)


def _put(scalar: Any, replaced: Mapping[Any, Any]) -> Any:
    """Nodes replaced as wholes, from the top."""

    def visit(node: Node) -> Node:
        try:
            if node in replaced:
                return replaced[node]
        except TypeError:
            pass
        return node if isinstance(node, Query) else rebuild(node, visit)

    return visit(scalar) if replaced else scalar


def _put_top(window: Over, names: Mapping[Scalar, Col]) -> Over:
    def put(s: Scalar) -> Scalar:
        return names.get(s, s)

    call = window.call
    args = tuple(put(a) for a in call.args)
    new = replace(call, args=args)
    if isinstance(new, Agg) and new.where is not None:
        new = replace(new, where=put(new.where))
    order = tuple(replace(k, by=put(k.by)) for k in window.order_by)
    return replace(window, call=new, partition_by=tuple(put(p) for p in window.partition_by), order_by=order)
