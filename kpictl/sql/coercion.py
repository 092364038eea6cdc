"""One type for operands that meet, and casts: which pairs of types have a meaning, and what a constant becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal

from sqlglot import exp

from kpictl.diagnostics import Place
from kpictl.ir.scalars import Call, Case, Cast, Col, Lit, Scalar
from kpictl.model.types import (
    BOOLEAN,
    DATE,
    DECIMAL,
    DOUBLE,
    INTEGER,
    INTERVAL,
    JSON,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    Kind,
    Type,
)
from kpictl.sql import literals, values
from kpictl.sql.findings import InvalidLiteral, WrongType
from kpictl.sql.reader import BAD, Reader


def condition(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    """x where a truth value is needed."""
    if x.type.kind is Kind.BOOLEAN or x.type.kind in values.OPEN:
        return x
    if values.is_text_constant(x):
        return coerce(r, node, x, BOOLEAN)
    return r.fail(
        WrongType, node, f"a condition is needed here, and this is {values.kind_name(x)}", help=("compare it",)
    )


def unify(r: Reader, node: exp.Expr, items: Sequence[Scalar], what: str = "compared") -> list[Scalar]:
    """The items in one comparable type: constants take the others' type, dates and timestamps meet in the wider one."""
    decided = [x for x in items if x.type.kind not in values.OPEN and not values.is_text_constant(x)]
    if not decided:
        return list(items)
    kinds = {x.type.kind for x in decided}
    if len(kinds) == 1:
        target = decided[0].type
    elif kinds <= set(values.NUMERIC):
        target = values.numeric_type(decided)
    elif kinds <= set(values.TEMPORAL):
        target = TIMESTAMPTZ if Kind.TIMESTAMPTZ in kinds else TIMESTAMP
    else:
        names = " and ".join(dict.fromkeys(values.kind_name(x) for x in decided))
        r.fail(WrongType, node, f"{names} cannot be {what}", help=("cast one of them",))
        return [BAD for _ in items]
    if target.kind in values.TEMPORAL and len(kinds) > 1 and target.kind is Kind.TIMESTAMP:
        as_dates = [_as_date(x) for x in items]
        if all(x is not None for x in as_dates):
            return [x for x in as_dates if x is not None]
    if target.kind in values.TEMPORAL:
        for x in items:
            if x.type.kind is Kind.UNKNOWN and x is not BAD:
                r.facts.untyped.append(x.place or r.locate(node))
    return [_meet(r, node, x, target) for x in items]


def _as_date(x: Scalar) -> Scalar | None:
    """A date, or the date of what is a date at midnight."""
    if x.type.kind is Kind.DATE or x.type.kind in values.OPEN:
        return x
    if isinstance(x, Cast) and x.type.kind is Kind.TIMESTAMP and x.arg.type.kind is Kind.DATE:
        return x.arg
    if isinstance(x, Lit) and isinstance(x.value, datetime) and x.value.tzinfo is None and x.value.time() == time():
        return Lit(x.value.date(), DATE, x.place)
    return None


def _meet(r: Reader, node: exp.Expr, x: Scalar, target: Type) -> Scalar:
    if values.is_text_constant(x) and target.kind is not Kind.TEXT:
        return coerce(r, node, x, target)
    if isinstance(x, Lit) and x.value is None:
        return Lit(None, target, x.place)
    if x.type.kind in values.TEMPORAL and target.kind in values.TEMPORAL and x.type.kind is not target.kind:
        return cast(r, node, x, target)
    return x


def coerce(r: Reader, node: exp.Expr, x: Scalar, target: Type) -> Scalar:
    """A quoted constant read as another type; everything else as it is."""
    if not (isinstance(x, Lit) and isinstance(x.value, str)) or target.kind in (Kind.TEXT, *values.OPEN):
        return x
    text = x.value
    read = _read_constant(r, text, target)
    if read is None:
        form = _FORMS.get(target.kind, "")
        where: exp.Expr | Place = x.place if x.place is not None else _text_node(node, text)
        if target.kind is Kind.DATE and literals.parse_stamp(text) is not None:
            return r.fail(
                InvalidLiteral,
                where,
                f"'{text}' has a time of day, and a date has none",
                help=("write the date alone",),
            )
        return r.fail(InvalidLiteral, where, f"'{text}' is no {target}", help=(form,) if form else ())
    return read if read.place is not None else _placed(read, x.place)


def _placed(x: Lit, place: Place | None) -> Lit:
    return Lit(x.value, x.type, place)


_FORMS = {
    Kind.DATE: "dates are written '2026-03-31'",
    Kind.TIMESTAMP: "timestamps are written '2026-03-31 12:00:00'",
    Kind.TIMESTAMPTZ: "timestamps are written '2026-03-31 12:00:00'",
    Kind.INTERVAL: "intervals are written '7 days'",
    Kind.INTEGER: "write a whole number, without quotes",
    Kind.DECIMAL: "write a number, without quotes",
    Kind.DOUBLE: "write a number, without quotes",
    Kind.BOOLEAN: "write true or false",
}


def _text_node(node: exp.Expr, text: str) -> exp.Expr:
    """The quoted constant itself, below a node."""
    for part in node.walk():
        if isinstance(part, exp.Literal) and part.is_string and part.this == text:
            return part
    return node


def _read_constant(r: Reader, text: str, target: Type) -> Lit | None:
    kind = target.kind
    if kind in values.NUMERIC:
        return _read_number(text, kind)
    if kind is Kind.DATE:
        day = literals.parse_date(text)
        return None if day is None else Lit(day, DATE)
    if kind in (Kind.TIMESTAMP, Kind.TIMESTAMPTZ):
        stamp = literals.parse_stamp(text)
        if stamp is None:
            return None
        if kind is Kind.TIMESTAMP:
            return Lit(stamp.replace(tzinfo=None), TIMESTAMP)
        if (day := literals.parse_date(text)) is not None:
            return Lit(values.first_instant(day, r.scope.zone), TIMESTAMPTZ)
        return Lit(stamp if stamp.tzinfo is not None else values.instant(stamp, r.scope.zone), TIMESTAMPTZ)
    if kind is Kind.INTERVAL:
        interval = literals.parse_interval(text)
        return None if interval is None else Lit(interval, INTERVAL)
    if kind is Kind.TIME:
        clock = literals.parse_time(text)
        return None if clock is None else Lit(clock, TIME)
    if kind is Kind.BOOLEAN:
        word = text.strip().lower()
        truth = {**dict.fromkeys(("t", "true", "y", "yes", "on", "1"), True), **_FALSE}.get(word)
        return None if truth is None else Lit(truth, BOOLEAN)
    if kind is Kind.JSON:
        return Lit(text, JSON) if _is_json(text) else None
    return None


_FALSE = dict.fromkeys(("f", "false", "n", "no", "off", "0"), False)


def _is_json(text: str) -> bool:
    import json

    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _read_number(text: str, kind: Kind) -> Lit | None:
    number = literals.parse_number(text)
    if number is None:
        return None
    if kind is Kind.INTEGER:
        return Lit(number, INTEGER) if isinstance(number, int) else None
    return Lit(Decimal(number), DECIMAL) if kind is Kind.DECIMAL else Lit(float(number), DOUBLE)


def cast(r: Reader, node: exp.Expr, x: Scalar, target: Type, *, safe: bool = False) -> Scalar:
    """x as another type; what a target would do differently becomes a function with one meaning."""
    kind, to = x.type.kind, target.kind
    if isinstance(x, Lit):
        folded = _fold_cast(r, node, x, target)
        if folded is not None:
            return folded
    if kind is to and (to is not Kind.DECIMAL or target.precision is None or x.type == target):
        return x
    special = _CASTS.get((kind, to))
    if special is not None:
        return special(r, node, x)
    if (kind, to) in _REFUSED_CASTS:
        message, way = _REFUSED_CASTS[kind, to]
        return r.fail(WrongType, node, message, help=(way,))
    if kind is Kind.UNKNOWN and to in (*values.TEMPORAL, Kind.TEXT) and x is not BAD:
        r.facts.untyped.append(x.place or r.locate(node))
    if not _castable(kind, to):
        return r.fail(WrongType, node, f"{values.kind_name(x)} cannot become {target}")
    return Cast(x, target, safe, x.place)


def _castable(kind: Kind, to: Kind) -> bool:
    if kind in values.OPEN or to is Kind.TEXT or kind is Kind.TEXT:
        return True
    if kind in values.NUMERIC and to in values.NUMERIC:
        return True
    if kind is Kind.ARRAY and to is Kind.ARRAY:
        return True
    return kind is Kind.JSON and to in (*values.NUMERIC, Kind.BOOLEAN)


def _fold_cast(r: Reader, node: exp.Expr, x: Lit, target: Type) -> Scalar | None:
    value, to = x.value, target.kind
    if value is None:
        return Lit(None, target, x.place)
    if isinstance(value, str) and to is not Kind.TEXT:
        if to is Kind.DECIMAL and target.precision is not None:
            return None
        return coerce(r, node, x, target) if to is not Kind.ARRAY else None
    if isinstance(value, bool):
        return Lit(int(value), INTEGER, x.place) if to is Kind.INTEGER else None
    if isinstance(value, int | Decimal) and to in values.NUMERIC and target.precision is None:
        if to is Kind.DOUBLE:
            return Lit(float(value), DOUBLE, x.place)
        if to is Kind.DECIMAL:
            return Lit(Decimal(value), DECIMAL, x.place)
        return Lit(int(Decimal(value).to_integral_value(ROUND_HALF_UP)), INTEGER, x.place)
    if isinstance(value, datetime):
        if value.tzinfo is None and to is Kind.DATE:
            return Lit(value.date(), DATE, x.place)
        if value.tzinfo is None and to is Kind.TIMESTAMPTZ:
            return Lit(values.instant(value, r.scope.zone), TIMESTAMPTZ, x.place)
        return None
    if isinstance(value, date) and to is Kind.TIMESTAMP:
        return Lit(datetime(value.year, value.month, value.day), TIMESTAMP, x.place)
    return None


def _instant_date(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    return Call("local_date", (x, values.zone(r)), DATE, x.place)


def _instant_stamp(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    return Call("to_local", (x, values.zone(r)), TIMESTAMP, x.place)


def _stamp_instant(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    zone = naive_zone(r, x)
    if zone is None:
        r.facts.assumed_zones.append(r.locate(node))
    return Call("to_instant", (x, Lit(zone or r.scope.zone, TEXT)), TIMESTAMPTZ, x.place)


def _stamp_date(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    if isinstance(x, Cast) and x.arg.type.kind is Kind.DATE:
        return x.arg
    return Call("date_of", (x,), DATE, x.place)


def _date_stamp(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    return Cast(x, TIMESTAMP, False, x.place)


def _date_instant(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    return Call("bucket_start", (x, Lit("day", TEXT), values.zone(r), Lit(0, INTEGER)), TIMESTAMPTZ, x.place)


def _boolean_number(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    whens = ((Call("is_true", (x,), BOOLEAN), values.lit(1)), (Call("is_false", (x,), BOOLEAN), values.lit(0)))
    return Case(whens, None, INTEGER, x.place)


def _boolean_text(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    whens = (
        (Call("is_true", (x,), BOOLEAN), values.lit("true")),
        (Call("is_false", (x,), BOOLEAN), values.lit("false")),
    )
    return Case(whens, None, TEXT, x.place)


def _number_boolean(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    return Call("ne", (x, values.lit(0)), BOOLEAN, x.place)


def _date_text(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    return Call("format_time", (x, values.lit("YYYY-MM-DD")), TEXT, x.place)


def _json_text(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    return r.fail(
        WrongType,
        node,
        "JSON as text differs from engine to engine",
        help=("take a field with `->>` and compare that",),
    )


def _json_number(to: Type) -> _CastRule:
    def rule(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
        return Cast(as_json_text(x), to, False, x.place)

    return rule


def as_json_text(x: Scalar) -> Scalar:
    """The text of a JSON value: the last step of its path taken as text."""
    if isinstance(x, Call) and x.fn == "json_get":
        return Call("json_text", x.args, TEXT, x.place)
    return Call("json_text", (x,), TEXT, x.place)


_CastRule = Callable[[Reader, exp.Expr, Scalar], Scalar]

_CASTS: dict[tuple[Kind, Kind], _CastRule] = {
    (Kind.TIMESTAMPTZ, Kind.DATE): _instant_date,
    (Kind.TIMESTAMPTZ, Kind.TIMESTAMP): _instant_stamp,
    (Kind.TIMESTAMP, Kind.TIMESTAMPTZ): _stamp_instant,
    (Kind.TIMESTAMP, Kind.DATE): _stamp_date,
    (Kind.DATE, Kind.TIMESTAMP): _date_stamp,
    (Kind.DATE, Kind.TIMESTAMPTZ): _date_instant,
    (Kind.BOOLEAN, Kind.INTEGER): _boolean_number,
    (Kind.BOOLEAN, Kind.DECIMAL): _boolean_number,
    (Kind.BOOLEAN, Kind.DOUBLE): _boolean_number,
    (Kind.BOOLEAN, Kind.TEXT): _boolean_text,
    (Kind.INTEGER, Kind.BOOLEAN): _number_boolean,
    (Kind.DATE, Kind.TEXT): _date_text,
    (Kind.JSON, Kind.TEXT): _json_text,
    (Kind.JSON, Kind.INTEGER): _json_number(INTEGER),
    (Kind.JSON, Kind.DECIMAL): _json_number(DECIMAL),
    (Kind.JSON, Kind.DOUBLE): _json_number(DOUBLE),
    (Kind.JSON, Kind.BOOLEAN): _json_number(BOOLEAN),
}

_REFUSED_CASTS = {
    (Kind.TIMESTAMP, Kind.TEXT): (
        "the text of a timestamp differs from engine to engine",
        "write `to_char(x, 'YYYY-MM-DD HH24:MI:SS')`",
    ),
    (Kind.TIMESTAMPTZ, Kind.TEXT): (
        "the text of a timestamp differs from engine to engine",
        "write `to_char(x, 'YYYY-MM-DD HH24:MI:SS')`",
    ),
    (Kind.TIMESTAMP, Kind.TIME): ("a time of day is on no other engine alike", "use `EXTRACT(HOUR FROM x)`"),
    (Kind.TIMESTAMPTZ, Kind.TIME): ("a time of day is on no other engine alike", "use `EXTRACT(HOUR FROM x)`"),
    (Kind.INTERVAL, Kind.TEXT): (
        "the text of an interval differs from engine to engine",
        "use `EXTRACT(EPOCH FROM x)`",
    ),
}


def naive_zone(r: Reader, x: Scalar) -> str | None:
    """The declared zone of a naive timestamp's column; None where there is none."""
    from kpictl.sql.walk import find

    for column in find(x, Col):
        if column.type.kind is not Kind.TIMESTAMP:
            continue
        level = r.level
        while level is not None:
            rel = next((rel for rel in level.rels if rel.alias == column.table or rel.bare), None)
            if rel is not None:
                return rel.zone
            level = level.parent
    return None


def numbers(r: Reader, node: exp.Expr, fn: str, *args: Scalar) -> Scalar:
    """A function of numbers."""
    read = [coerce(r, node, x, DECIMAL) if values.is_text_constant(x) else x for x in args]
    for x in read:
        if not (x.type.is_numeric or x.type.kind in values.OPEN):
            return r.fail(WrongType, node, f"a number is needed, and this is {values.kind_name(x)}")
    return values.call(fn, *read, place=r.between(read[0], read[-1]) if read else None)
