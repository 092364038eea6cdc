"""Truncating times, wall clocks, and names of zones."""

from __future__ import annotations

from sqlglot import exp

from kpictl.ir.scalars import Call, Lit, Scalar
from kpictl.model.types import (
    INTEGER,
    TEXT,
    TIMESTAMP,
    Kind,
)
from kpictl.sql import values
from kpictl.sql.findings import WrongTimeUnit, WrongType
from kpictl.sql.reader import Reader

_ALIASES = {
    "microseconds": "microsecond",
    "milliseconds": "millisecond",
    "seconds": "second",
    "minutes": "minute",
    "hours": "hour",
    "days": "day",
    "weeks": "week",
    "months": "month",
    "quarters": "quarter",
    "years": "year",
}


def floor_time(
    r: Reader, node: exp.Expr, t: Scalar, unit: str, zone: str | None = None, week: int | None = None
) -> Scalar:
    """Start of a unit; an instant's in the reporting zone."""
    from kpictl.diagnostics import did_you_mean

    name = _ALIASES.get(unit.lower(), unit.lower())
    if name not in values.TRUNC_UNITS:
        near = did_you_mean(name, values.TRUNC_UNITS)
        return r.fail(
            WrongTimeUnit,
            node,
            f"`{unit}` is no unit of time",
            help=(f"did you mean `{near[0]}`?",) if near else ("one of " + ", ".join(values.TRUNC_UNITS[2:]),),
        )
    kind = t.type.kind
    if kind is Kind.UNKNOWN:
        r.facts.untyped.append(r.locate(node))
    elif kind not in values.TEMPORAL:
        return r.fail(WrongType, node, f"a date or timestamp is needed, and this is {values.kind_name(t)}")
    if kind is Kind.DATE and name in values.TRUNC_UNITS[:5]:
        return r.fail(
            WrongTimeUnit, node, f"a date has no {name}", help=("use `day` or longer, or a timestamp column",)
        )
    at_zone = Lit(zone or r.scope.zone, TEXT) if kind in (Kind.TIMESTAMPTZ, Kind.UNKNOWN) else Lit(None, TEXT)
    first = (r.scope.week_start if week is None else week) if name == "week" else 0
    args = (t, Lit(name, TEXT), at_zone, Lit(first, INTEGER))
    return Call("time_floor", args, t.type, r.at(node) or t.place)


def wall_clock(r: Reader, node: exp.Expr, t: Scalar) -> Scalar:
    """A date or naive timestamp to take parts of: an instant's in the reporting zone."""
    if values.is_text_constant(t):
        return r.fail(WrongType, node, "a date or timestamp is needed", help=("write `DATE '2026-03-31'`",))
    if t.type.kind is Kind.TIMESTAMPTZ:
        return Call("to_local", (t, values.zone(r)), TIMESTAMP, t.place)
    if t.type.kind is Kind.UNKNOWN:
        r.facts.untyped.append(r.locate(node))
    elif t.type.kind not in values.TEMPORAL:
        return r.fail(WrongType, node, f"a date or timestamp is needed, and this is {values.kind_name(t)}")
    return t


def valid_zone(name: str) -> bool:
    """Whether the time zone database has it."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
