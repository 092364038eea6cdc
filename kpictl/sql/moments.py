"""The present, zones and parts of a time."""

from __future__ import annotations

from sqlglot import exp

from kpictl.ir.scalars import Call, Lit, Param, Scalar
from kpictl.model.types import DATE, TEXT, TIMESTAMP, TIMESTAMPTZ, Kind
from kpictl.sql import coercion, time_values, values
from kpictl.sql.findings import UnknownZone, WrongArguments, WrongType
from kpictl.sql.reader import BAD, Reader
from kpictl.sql.scalars import Rule, scalar


def _current_date(r: Reader, node: exp.Expr) -> Scalar:
    r.facts.uses_current_date = True
    return Call("local_date", (Param("as_of", TIMESTAMPTZ), Lit(r.scope.zone, TEXT)), DATE, r.at(node))


def now(r: Reader, node: exp.Expr) -> Scalar:
    """The logical now."""
    r.facts.uses_now = True
    return Param("as_of", TIMESTAMPTZ, r.at(node))


def _local_now(r: Reader, node: exp.Expr) -> Scalar:
    return Call("to_local", (now(r, node), Lit(r.scope.zone, TEXT)), TIMESTAMP, r.at(node))


def _at_time_zone(r: Reader, node: exp.AtTimeZone) -> Scalar:
    return in_zone(r, node, node.this, node.args["zone"])


def in_zone(r: Reader, node: exp.Expr, value: exp.Expr, zone: exp.Expr) -> Scalar:
    """AT TIME ZONE: an instant's wall clock, or the instant of a wall clock."""
    name = zone_name(r, zone)
    t = scalar(r, value)
    if values.is_text_constant(t):
        t = coercion.coerce(r, value, t, TIMESTAMPTZ)
    if name is None:
        return BAD
    place = t.place
    kind = t.type.kind
    if kind is Kind.TIMESTAMP:
        return Call("to_instant", (t, Lit(name, TEXT)), TIMESTAMPTZ, place)
    if kind is Kind.DATE:
        t = coercion.cast(r, node, t, TIMESTAMPTZ)
    elif kind is Kind.UNKNOWN:
        r.facts.untyped.append(r.locate(node))
    elif kind is not Kind.TIMESTAMPTZ:
        return r.fail(WrongType, value, f"a timestamp is needed, and this is {t.type}")
    return Call("to_local", (t, Lit(name, TEXT)), TIMESTAMP, place)


def zone_name(r: Reader, node: exp.Expr) -> str | None:
    """A constant zone that exists; None (reported) otherwise."""
    if not (isinstance(node, exp.Literal) and node.is_string):
        r.fail(WrongArguments, node, "the time zone must be a constant")
        return None
    name: str = node.this
    if time_values.valid_zone(name):
        return name
    from zoneinfo import available_timezones

    from kpictl.diagnostics import did_you_mean

    near = did_you_mean(name, available_timezones())
    r.fail(
        UnknownZone,
        node,
        f"there is no time zone '{name}'",
        help=(f"did you mean `{near[0]}`?",) if near else ("write an IANA name such as 'Europe/Berlin'",),
    )
    return None


def _extract(r: Reader, node: exp.Extract) -> Scalar:
    from kpictl.sql.time_functions import part_of

    return part_of(r, node, node.this.name, node.args["expression"])


RULES: dict[type, Rule] = {
    exp.CurrentDate: _current_date,
    exp.CurrentTimestamp: now,
    exp.Localtimestamp: _local_now,
    exp.AtTimeZone: _at_time_zone,
    exp.Extract: _extract,
}
