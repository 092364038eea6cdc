"""Dates of many rows in a zone, looked up instead of computed for each row.

    SELECT bucket_date(created_at, 'Europe/Berlin') AS time, ... FROM orders
    WHERE created_at >= :from AND created_at < :to GROUP BY 1

becomes

    WITH calendar AS (SELECT min(hour) AS first, array_agg(<the date of that hour> ORDER BY hour) AS dates
                      FROM generate_series(:from, :to - 1 microsecond, 1 hour) AS hours(hour))
    SELECT calendar_date(orders.created_at, 'Europe/Berlin', calendar.first, calendar.dates) AS time, ...
    FROM orders CROSS JOIN calendar WHERE ... GROUP BY 1

The engine makes the calendar from its own zone data, for the hours of the range that the statement asks for. An hour has a
date in it only where the engine says that it begins and ends on that date and that no clock is changed in it: then all its
instants are of that date, since local time only runs on in it. Rows of any other hour are computed one by one, as without
a calendar. So nothing about a zone is taken for granted: where offsets are odd, or a date comes twice, or is left out, more
hours are without a date, and that is all. Clocks that are changed and changed back within an hour would be missed; no zone
has done that (`tests/passes/test_calendar.py` reads all of them).
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Cte, CteRef, Joined, Output, Query, Select, Series, TableRef
from kpictl.ir.scalars import Agg, Call, Case, Col, Interval, Lit, Scalar, SortKey
from kpictl.kinds.build import add, call, conjunction, conjuncts
from kpictl.model.types import DATE, INTERVAL, TIMESTAMPTZ, Kind, Type
from kpictl.sql.walk import Node, find, transform

HOUR = 3_600_000_000
_DATES = Type(Kind.ARRAY, element=DATE)
UTC = ("UTC", "Etc/UTC")


def by_calendar(query: Query) -> Query:
    """The query with a calendar for the SELECT that reads a source's rows; the same one where none would help."""
    names = {cte.name for cte in query.ctes}
    name = next(n for n in _names() if n not in names)
    select, calendar = _with_calendar(query.body, name) if isinstance(query.body, Select) else (query.body, None)
    if calendar is not None:
        return replace(query, body=select, ctes=(Cte(name, calendar), *query.ctes))
    for at, cte in enumerate(query.ctes):
        if isinstance(cte.query.body, Select) and not cte.query.ctes:
            select, calendar = _with_calendar(cte.query.body, name)
            if calendar is not None:
                made = replace(cte, query=replace(cte.query, body=select))
                return replace(query, ctes=(*query.ctes[:at], Cte(name, calendar), made, *query.ctes[at + 1 :]))
    return query


def _names() -> list[str]:
    return ["calendar", *(f"calendar_{n}" for n in range(2, 100))]


def _with_calendar(select: Select, name: str) -> tuple[Select, Query | None]:
    """A SELECT that looks its dates up, and the calendar; None where it asks for no date, or for no range."""
    table = select.source
    dates = dict.fromkeys(each for each in find(select, Call, queries=False) if each.fn == "bucket_date")
    if not isinstance(table, TableRef) or len(dates) != 1:
        return select, None
    (date,) = dates
    time, zone = date.args
    if not isinstance(zone, Lit) or zone.value in UTC or time.type != TIMESTAMPTZ:
        return select, None
    first, stop = _bound(select, "ge", time), _bound(select, "lt", time)
    if first is None or stop is None:
        return select, None
    taken = {table.alias, *(join.relation.alias for join in select.joins)}
    alias = next(n for n in (name, *_names()) if n not in taken)
    first_hour, by_hour = Col("first", alias, TIMESTAMPTZ), Col("dates", alias, _DATES)

    def change(node: Node) -> Node:
        if isinstance(node, Col):
            return node if node.table else replace(node, table=table.alias)
        if isinstance(node, Call) and node.fn == "bucket_date":
            return Call("calendar_date", (*node.args, first_hour, by_hour), DATE)
        return node

    changed = transform(select, change, (Col, Call))
    joins = (*changed.joins, Joined("cross", CteRef(name, alias)))
    return replace(changed, joins=joins), _calendar(first, stop, zone)


def _bound(select: Select, comparison: str, time: Scalar) -> Scalar | None:
    """What every row's time is compared with in this way."""
    for each in conjuncts(select.where):
        if (
            isinstance(each, Call)
            and each.fn == comparison
            and each.args[0] == time
            and not any(find(each.args[1], Col))
        ):
            return each.args[1]
    return None


def _calendar(first: Scalar, stop: Scalar, zone: Scalar) -> Query:
    """One row: the first instant, and in an array the date of each hour from there on."""
    hour = Col("hour", "hours", TIMESTAMPTZ)
    hours = Series(first, add(stop, micros=-1), Lit(Interval(micros=HOUR), INTERVAL), "hours", "hour")
    date = call("local_date", hour, zone)
    one_date = call("eq", call("local_date", add(hour, micros=HOUR - 1), zone), date)
    begins, ends = call("to_local", hour, zone), call("to_local", add(hour, micros=HOUR), zone)
    no_change = call("eq", ends, add(begins, micros=HOUR))
    dates = Agg(
        "array_agg",
        (Case(((conjunction([one_date, no_change]) or one_date, date),), None, DATE),),
        order_by=(SortKey(hour),),
        type=_DATES,
    )
    return Query(Select((Output("first", Agg("min", (hour,), type=TIMESTAMPTZ)), Output("dates", dates)), hours))
