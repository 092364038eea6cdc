"""A canonical tree as one readable line, for test data: functions small, aggregates in capitals, output names last."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kpictl.ir import query as q
from kpictl.ir import scalars as s


def show(n: Any) -> str:
    """One scalar."""
    match n:
        case s.Col():
            return f"{n.table}.{n.name}" if n.table is not None else n.name
        case s.Lit():
            return _constant(n.value)
        case s.Param():
            return f":{n.name}"
        case s.Call():
            return f"{n.fn}({_list(n.args)})"
        case s.Cast():
            return f"CAST({show(n.arg)} AS {n.type})" if not n.safe else f"TRY_CAST({show(n.arg)} AS {n.type})"
        case s.Case():
            whens = " ".join(f"WHEN {show(c)} THEN {show(v)}" for c, v in n.whens)
            return f"CASE {whens}" + (f" ELSE {show(n.otherwise)}" if n.otherwise is not None else "") + " END"
        case s.Agg():
            order = f" ORDER BY {_list(n.order_by)}" if n.order_by else ""
            where = f" WHERE {show(n.where)}" if n.where is not None else ""
            return f"{n.fn.upper()}({'DISTINCT ' * n.distinct}{_list(n.args)}{order}{where})"
        case s.Over():
            return f"{show(n.call)} OVER ({_window(n)})"
        case s.SortKey():
            return f"{show(n.by)}{' DESC' * n.descending} NULLS {'LAST' if n.nulls_last else 'FIRST'}"
        case s.ScalarQuery():
            return f"({show_query(n.query)})"
        case s.Exists():
            return f"EXISTS ({show_query(n.query)})"
        case s.InQuery():
            return f"IN({_list(n.args)}; {show_query(n.query)})"
        case s.Quantified():
            return f"{n.fn} {'ALL' if n.every else 'ANY'}({show(n.arg)}; {show_query(n.query)})"
    raise TypeError(type(n).__name__)


def _constant(value: Any) -> str:
    if isinstance(value, s.Interval):
        return f"interval[{value.months} {value.days} {value.micros}]"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if value is None or isinstance(value, bool):
        return {None: "NULL", True: "TRUE", False: "FALSE"}[value]
    return str(value)


def _list(items: Iterable[Any]) -> str:
    return ", ".join(map(show, items))


def _window(n: s.Over) -> str:
    parts = [f"PARTITION BY {_list(n.partition_by)}"] if n.partition_by else []
    if n.order_by:
        parts.append(f"ORDER BY {_list(n.order_by)}")
    if n.frame is not None:
        parts.append(f"{n.frame.mode.upper()} {_bound(n.frame.start)}..{_bound(n.frame.end)}")
    return " ".join(parts)


def _bound(bound: s.FrameBound) -> str:
    if bound.offset is None:
        return "end" if bound.following else "start"
    return _constant(bound.offset)


def show_relation(x: q.Relation) -> str:
    match x:
        case q.TableRef():
            return f"{x.source} {x.alias}[{', '.join(name for name, _ in x.columns)}]"
        case q.CteRef():
            return f"@{x.name} {x.alias}"
        case q.Derived():
            return f"{'LATERAL ' * x.lateral}({show_query(x.query)}) {x.alias}"
        case q.Series():
            return f"series({_list((x.start, x.stop, x.step))}) {x.alias}({x.column})"
        case q.Unnest():
            return f"unnest({show(x.array)}) {x.alias}({x.column})"


def _body(b: q.Select | q.Values | q.SetOperation) -> str:
    match b:
        case q.Values():
            return f"VALUES ({', '.join(b.names)}) " + " ".join(f"({_list(row)})" for row in b.rows)
        case q.SetOperation():
            return f"({show_query(b.left)}) {b.op.upper()}{' ALL' * b.all} ({show_query(b.right)})"
        case q.Select():
            return _select(b)


def _select(b: q.Select) -> str:
    on = f"ON ({_list(b.distinct_on)}) " if b.distinct_on else ""
    parts = ["SELECT " + "DISTINCT " * b.distinct + on + ", ".join(f"{show(o.value)} {o.name}" for o in b.outputs)]
    if b.source is not None:
        parts.append(f"FROM {show_relation(b.source)}")
    parts += [_joined(j) for j in b.joins]
    for word, told in (("WHERE", b.where), ("HAVING", b.having), ("QUALIFY", b.qualify)):
        if word == "HAVING" and b.group_by is not None:
            parts.append("GROUP BY " + " ".join(f"({_list(g)})" for g in b.group_by))
        if told is not None:
            parts.append(f"{word} {show(told)}")
    return " ".join(parts)


def _joined(j: q.Joined) -> str:
    return f"{j.kind.upper()} JOIN {show_relation(j.relation)}" + (f" ON {show(j.on)}" if j.on is not None else "")


def show_query(query: q.Query) -> str:
    """A whole query."""
    ctes = "".join(f"WITH {'RECURSIVE ' * c.recursive}{c.name} ({show_query(c.query)}) " for c in query.ctes)
    order = f" ORDER BY {_list(query.order_by)}" if query.order_by else ""
    limit = f" LIMIT {query.limit}" if query.limit is not None else ""
    return ctes + _body(query.body) + order + limit + (f" OFFSET {query.offset}" if query.offset else "")
