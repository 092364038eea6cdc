"""Types and meaning of operators and casts: a construct whose sense hangs on types becomes a canonical call here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlglot import exp

from kpictl.diagnostics import Place
from kpictl.ir.functions import FUNCTIONS
from kpictl.ir.scalars import Call, Case, Cast, Col, Interval, Lit, Scalar
from kpictl.model.types import (
    BOOLEAN,
    DATE,
    DECIMAL,
    DOUBLE,
    INTEGER,
    INTERVAL,
    JSON,
    NULL,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UNKNOWN,
    Kind,
    Type,
)
from kpictl.sql import literals
from kpictl.sql.findings import InvalidLiteral, WrongTimeUnit, WrongType
from kpictl.sql.reader import BAD, Reader

ONE_DAY = 86_400_000_000
_BY_NAME = {
    "boolean": BOOLEAN,
    "integer": INTEGER,
    "decimal": DECIMAL,
    "double": DOUBLE,
    "text": TEXT,
    "date": DATE,
    "time": TIME,
    "timestamp": TIMESTAMP,
    "timestamptz": TIMESTAMPTZ,
    "interval": INTERVAL,
    "json": JSON,
}
_NUMERIC = (Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE)
_TEMPORAL = (Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ)
_OPEN = (Kind.UNKNOWN, Kind.NULL)


# -- construction
def result_type(fn: str, args: Sequence[Scalar]) -> Type:
    """The type that a canonical function answers with."""
    told = FUNCTIONS[fn].result
    if told in _BY_NAME:
        return _BY_NAME[told]
    if told == "arg":
        return args[0].type
    if told == "array":
        return Type(Kind.ARRAY, element=common_type(args) if args else UNKNOWN)
    if told == "numeric":
        return numeric_type(args)
    return common_type(args)


def call(fn: str, *args: Scalar, place: Place | None = None, type: Type | None = None) -> Call:
    """A call of a canonical function, typed."""
    return Call(fn, args, result_type(fn, args) if type is None else type, place)


def numeric_type(args: Sequence[Scalar]) -> Type:
    """Double wins, then decimal, then integer; unknown when one is."""
    kinds = {a.type.kind for a in args}
    if Kind.DOUBLE in kinds:
        return DOUBLE
    if Kind.UNKNOWN in kinds:
        return UNKNOWN
    return DECIMAL if Kind.DECIMAL in kinds else INTEGER


def common_type(args: Sequence[Scalar]) -> Type:
    """The first decided type, widened over numbers."""
    decided = [a for a in args if a.type.kind not in _OPEN]
    if not decided:
        return args[0].type if args else UNKNOWN
    if any(a.type.kind is Kind.UNKNOWN for a in args) and decided[0].type.is_numeric:
        return UNKNOWN
    if all(a.type.is_numeric for a in decided):
        same = {a.type for a in decided}
        return decided[0].type if len(same) == 1 else numeric_type(decided)
    return decided[0].type


_LITERAL_TYPES: dict[Any, Type] = {bool: BOOLEAN, int: INTEGER, float: DOUBLE, str: TEXT}


def lit(value: int | float | str | bool | None) -> Lit:
    """A constant of our own making."""
    return Lit(value, _LITERAL_TYPES.get(value.__class__, NULL))


def is_text_constant(x: Scalar) -> bool:
    """A quoted constant whose type is still open: it takes the type of what it meets."""
    return isinstance(x, Lit) and isinstance(x.value, str) and x.type is TEXT


def kind_name(x: Scalar) -> str:
    return str(x.type)


# -- conditions
def condition(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    """x where a truth value is needed."""
    if x.type.kind is Kind.BOOLEAN or x.type.kind in _OPEN:
        return x
    if is_text_constant(x):
        return coerce(r, node, x, BOOLEAN)
    return r.fail(WrongType, node, f"a condition is needed here, and this is {kind_name(x)}", help=("compare it",))


def conjunction(fn: str, parts: Sequence[Scalar], place: Place | None = None) -> Scalar:
    """AND / OR of all, flat."""
    flat: list[Scalar] = []
    for p in parts:
        flat += p.args if isinstance(p, Call) and p.fn == fn else (p,)
    return flat[0] if len(flat) == 1 else Call(fn, tuple(flat), BOOLEAN, place)


def negation(x: Scalar, place: Place | None = None) -> Scalar:
    return Call("not", (x,), BOOLEAN, place or x.place)


# -- unification
def unify(r: Reader, node: exp.Expr, items: Sequence[Scalar], what: str = "compared") -> list[Scalar]:
    """The items in one comparable type: constants take the others' type, dates and timestamps meet in the wider one."""
    decided = [x for x in items if x.type.kind not in _OPEN and not is_text_constant(x)]
    if not decided:
        return list(items)
    kinds = {x.type.kind for x in decided}
    if len(kinds) == 1:
        target = decided[0].type
    elif kinds <= set(_NUMERIC):
        target = numeric_type(decided)
    elif kinds <= set(_TEMPORAL):
        target = TIMESTAMPTZ if Kind.TIMESTAMPTZ in kinds else TIMESTAMP
    else:
        names = " and ".join(dict.fromkeys(kind_name(x) for x in decided))
        r.fail(WrongType, node, f"{names} cannot be {what}", help=("cast one of them",))
        return [BAD for _ in items]
    if target.kind in _TEMPORAL and len(kinds) > 1 and target.kind is Kind.TIMESTAMP:
        as_dates = [_as_date(x) for x in items]
        if all(x is not None for x in as_dates):
            return [x for x in as_dates if x is not None]
    if target.kind in _TEMPORAL:
        for x in items:
            if x.type.kind is Kind.UNKNOWN and x is not BAD:
                r.facts.untyped.append(x.place or r.locate(node))
    return [_meet(r, node, x, target) for x in items]


def _as_date(x: Scalar) -> Scalar | None:
    """A date, or the date of what is a date at midnight."""
    if x.type.kind is Kind.DATE or x.type.kind in _OPEN:
        return x
    if isinstance(x, Cast) and x.type.kind is Kind.TIMESTAMP and x.arg.type.kind is Kind.DATE:
        return x.arg
    if isinstance(x, Lit) and isinstance(x.value, datetime) and x.value.tzinfo is None and x.value.time() == time():
        return Lit(x.value.date(), DATE, x.place)
    return None


def _meet(r: Reader, node: exp.Expr, x: Scalar, target: Type) -> Scalar:
    if is_text_constant(x) and target.kind is not Kind.TEXT:
        return coerce(r, node, x, target)
    if isinstance(x, Lit) and x.value is None:
        return Lit(None, target, x.place)
    if x.type.kind in _TEMPORAL and target.kind in _TEMPORAL and x.type.kind is not target.kind:
        return cast(r, node, x, target)
    return x


def coerce(r: Reader, node: exp.Expr, x: Scalar, target: Type) -> Scalar:
    """A quoted constant read as another type; everything else as it is."""
    if not (isinstance(x, Lit) and isinstance(x.value, str)) or target.kind in (Kind.TEXT, *_OPEN):
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
    if kind in _NUMERIC:
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
            return Lit(_first_instant(day, r.scope.zone), TIMESTAMPTZ)
        return Lit(stamp if stamp.tzinfo is not None else instant(stamp, r.scope.zone), TIMESTAMPTZ)
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


def instant(stamp: datetime, zone: str) -> datetime:
    """The instant of a wall clock time: a repeated one is the later, a skipped one moves forward."""
    from kpictl.model.calendar import calendar

    return calendar(zone).instant(stamp)


def _first_instant(day: date, zone: str) -> datetime:
    """Where a day begins: a constant that is a date alone means that, also where midnight comes twice or never."""
    from kpictl.model.calendar import calendar

    return calendar(zone).day_start(day)


# -- casts
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
    if kind is Kind.UNKNOWN and to in (*_TEMPORAL, Kind.TEXT) and x is not BAD:
        r.facts.untyped.append(x.place or r.locate(node))
    if not _castable(kind, to):
        return r.fail(WrongType, node, f"{kind_name(x)} cannot become {target}")
    return Cast(x, target, safe, x.place)


def _castable(kind: Kind, to: Kind) -> bool:
    if kind in _OPEN or to is Kind.TEXT or kind is Kind.TEXT:
        return True
    if kind in _NUMERIC and to in _NUMERIC:
        return True
    if kind is Kind.ARRAY and to is Kind.ARRAY:
        return True
    return kind is Kind.JSON and to in (*_NUMERIC, Kind.BOOLEAN)


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
    if isinstance(value, int | Decimal) and to in _NUMERIC and target.precision is None:
        if to is Kind.DOUBLE:
            return Lit(float(value), DOUBLE, x.place)
        if to is Kind.DECIMAL:
            return Lit(Decimal(value), DECIMAL, x.place)
        return Lit(int(Decimal(value).to_integral_value(ROUND_HALF_UP)), INTEGER, x.place)
    if isinstance(value, datetime):
        if value.tzinfo is None and to is Kind.DATE:
            return Lit(value.date(), DATE, x.place)
        if value.tzinfo is None and to is Kind.TIMESTAMPTZ:
            return Lit(instant(value, r.scope.zone), TIMESTAMPTZ, x.place)
        return None
    if isinstance(value, date) and to is Kind.TIMESTAMP:
        return Lit(datetime(value.year, value.month, value.day), TIMESTAMP, x.place)
    return None


def _zone(r: Reader) -> Lit:
    return Lit(r.scope.zone, TEXT)


def _instant_date(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    return Call("local_date", (x, _zone(r)), DATE, x.place)


def _instant_stamp(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    return Call("to_local", (x, _zone(r)), TIMESTAMP, x.place)


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
    return Call("bucket_start", (x, Lit("day", TEXT), _zone(r), Lit(0, INTEGER)), TIMESTAMPTZ, x.place)


def _boolean_number(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    whens = ((Call("is_true", (x,), BOOLEAN), lit(1)), (Call("is_false", (x,), BOOLEAN), lit(0)))
    return Case(whens, None, INTEGER, x.place)


def _boolean_text(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    whens = ((Call("is_true", (x,), BOOLEAN), lit("true")), (Call("is_false", (x,), BOOLEAN), lit("false")))
    return Case(whens, None, TEXT, x.place)


def _number_boolean(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    return Call("ne", (x, lit(0)), BOOLEAN, x.place)


def _date_text(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    return Call("format_time", (x, lit("YYYY-MM-DD")), TEXT, x.place)


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


from collections.abc import Callable  # noqa: E402  (after the functions that the table names)

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


# -- intervals
def seconds_of(x: Scalar, *, epoch: bool = False) -> Scalar:
    """The seconds of an interval, as a double: as it is compared (a month is 30 days, a year 360), or as EPOCH tells
    it (a year is 365.25 days)."""
    if isinstance(x, Lit):
        if isinstance(x.value, Interval):
            return Lit(epoch_of(x.value) if epoch else literals.micros_of(x.value) / 1e6, DOUBLE, x.place)
        return Lit(None, DOUBLE, x.place)
    if isinstance(x, Call) and (found := _seconds_of_call(x, epoch=epoch)) is not None:
        return found
    if isinstance(x, Case):
        whens = tuple((c, seconds_of(v, epoch=epoch)) for c, v in x.whens)
        otherwise = None if x.otherwise is None else seconds_of(x.otherwise, epoch=epoch)
        return Case(whens, otherwise, DOUBLE, x.place)
    whole = Call("interval_seconds", (x,), DOUBLE, x.place)
    if epoch:
        return whole
    years = Call("interval_part", (x, lit("years")), INTEGER, x.place)
    return Call("sub", (whole, Call("mul", (years, lit(5.25 * 86400)), DOUBLE)), DOUBLE, x.place)


def _seconds_of_call(x: Call, *, epoch: bool) -> Scalar | None:
    """Of a difference, a sum, a multiple or a choice; None of what keeps its months to itself."""
    if x.fn == "interval_between":
        return Call("seconds_between", x.args, DOUBLE, x.place)
    if x.fn == "interval_add":
        return Call("add", tuple(seconds_of(a, epoch=epoch) for a in x.args), DOUBLE, x.place)
    if x.fn == "interval_scale" and not (epoch and _has_months(x.args[0])):
        return Call("mul", (seconds_of(x.args[0], epoch=epoch), x.args[1]), DOUBLE, x.place)
    if x.fn == "make_interval":
        return _seconds_made(x)
    if x.fn in ("coalesce", "greatest", "least"):
        return Call(x.fn, tuple(seconds_of(a, epoch=epoch) for a in x.args), DOUBLE, x.place)
    return None


def _has_months(x: Scalar) -> bool:
    return not (isinstance(x, Lit) and isinstance(x.value, Interval) and x.value.months == 0)


def epoch_of(v: Interval) -> float:
    """Seconds of a constant as EXTRACT(EPOCH) tells them."""
    years, months = divmod(abs(v.months), 12)
    days = (years * 365.25 + months * 30) * (-1 if v.months < 0 else 1) + v.days
    return days * 86400 + v.micros / 1e6


def _seconds_made(x: Call) -> Scalar | None:
    """The seconds that `interval_of` was given."""
    months, days, micros = x.args
    if months != lit(0) or days != lit(0):
        return None
    if isinstance(micros, Cast) and isinstance(micros.arg, Call) and micros.arg.fn == "round":
        product = micros.arg.args[0]
        if isinstance(product, Call) and product.fn == "mul" and product.args[1] == Lit(1e6, DOUBLE):
            return product.args[0]
    return None


def interval_of(seconds: Scalar, place: Place | None = None) -> Scalar:
    """An elapsed time of so many seconds."""
    micros = Cast(
        Call("round", (Call("mul", (seconds, Lit(1e6, DOUBLE)), DOUBLE),), DOUBLE), INTEGER, False, seconds.place
    )
    return Call("make_interval", (lit(0), lit(0), micros), INTERVAL, place or seconds.place)


def interval_parts(r: Reader, node: exp.Expr, x: Scalar, sign: int) -> tuple[Scalar, Scalar, Scalar] | None:
    """Months, days and microseconds of an interval, as numbers; None (reported) where they cannot be told."""
    if isinstance(x, Lit) and isinstance(x.value, Interval):
        v = x.value
        return lit(sign * v.months), lit(sign * v.days), lit(sign * v.micros)
    if isinstance(x, Call):
        if x.fn == "interval_scale" and isinstance(x.args[0], Lit) and isinstance(x.args[0].value, Interval):
            v, n = x.args[0].value, x.args[1]
            parts = (v.months, v.days, v.micros)
            months, days, micros = (_scaled_part(sign * p, n) for p in parts)
            return months, days, micros
        if x.fn == "make_interval":
            months, days, micros = (_scaled_part(sign, a) for a in x.args)
            return months, days, micros
        if x.fn in ("interval_between", "interval_add"):
            return interval_parts(r, node, interval_of(seconds_of(x)), sign)
    if x.type.kind in _OPEN:
        return lit(0), lit(0), lit(0)
    r.fail(
        WrongType,
        node,
        "an interval that is read from a column cannot be added",
        help=("write it as a number times `INTERVAL '1 day'`",),
    )
    return None


def _scaled_part(factor: int, n: Scalar) -> Scalar:
    if factor == 0 or n == lit(0):
        return lit(0)
    if isinstance(n, Lit) and isinstance(n.value, int):
        return lit(factor * n.value)
    if factor == 1:
        return n
    return Call("neg", (n,), n.type, n.place) if factor == -1 else Call("mul", (n, lit(factor)), n.type, n.place)


def shift(r: Reader, node: exp.Expr, t: Scalar, interval: Scalar, sign: int) -> Scalar:
    """t plus (or minus) an interval: on the wall clock of the reporting zone for an instant."""
    parts = interval_parts(r, node, interval, sign)
    if parts is None:
        return BAD
    place = r.between(t, interval) if interval.place else t.place
    if t.type.kind is Kind.DATE and parts[2] != lit(0):
        t = cast(r, node, t, TIMESTAMP)
    if t.type.kind is Kind.TIMESTAMPTZ and not (parts[0] == lit(0) and parts[1] == lit(0)):
        return Call("add_interval_in", (t, *parts, _zone(r)), TIMESTAMPTZ, place)
    if t.type.kind is Kind.UNKNOWN:
        r.facts.untyped.append(r.locate(node))
    folded = _fold_shift(t, parts)
    return folded if folded is not None else Call("add_interval", (t, *parts), t.type, place)


def _fold_shift(t: Scalar, parts: tuple[Scalar, Scalar, Scalar]) -> Lit | None:
    """A date constant moved by constants."""
    if not (isinstance(t, Lit) and type(t.value) is date):
        return None
    numbers = [p.value for p in parts if isinstance(p, Lit) and isinstance(p.value, int)]
    if len(numbers) != 3 or numbers[0] or numbers[2]:
        return None
    try:
        return Lit(date.fromordinal(t.value.toordinal() + numbers[1]), DATE, t.place)
    except (ValueError, OverflowError):
        return None


# -- arithmetic
def add(r: Reader, node: exp.Expr, a: Scalar, b: Scalar) -> Scalar:
    return _additive(r, node, a, b, 1)


def subtract(r: Reader, node: exp.Expr, a: Scalar, b: Scalar) -> Scalar:
    return _additive(r, node, a, b, -1)


def _additive(r: Reader, node: exp.Expr, a: Scalar, b: Scalar, sign: int) -> Scalar:
    a, b = _constants_beside(r, node, a, b, sign)
    if a is BAD or b is BAD:
        return BAD
    ka, kb = a.type.kind, b.type.kind
    if kb is Kind.INTERVAL and (ka in _TEMPORAL or ka is Kind.UNKNOWN):
        return shift(r, node, a, b, sign)
    if sign == 1 and ka is Kind.INTERVAL and (kb in _TEMPORAL or kb is Kind.UNKNOWN):
        return shift(r, node, b, a, sign)
    if ka is Kind.INTERVAL and kb is Kind.INTERVAL:
        return _interval_sum(a, b, sign, r.between(a, b))
    if ka is Kind.DATE and kb is Kind.INTEGER:
        return _days(r, a, b, sign)
    if sign == 1 and ka is Kind.INTEGER and kb is Kind.DATE:
        return _days(r, b, a, sign)
    if sign == -1 and ka in _TEMPORAL and kb in _TEMPORAL:
        return _elapsed(r, node, a, b)
    if ka is Kind.DATE and kb is Kind.TIME and sign == 1:
        return r.fail(WrongType, node, "a date plus a time of day", help=("write `make_timestamp(y, m, d, h, mi, s)`",))
    fn = "add" if sign == 1 else "sub"
    if _all_numeric(a, b):
        return call(fn, a, b, place=r.between(a, b))
    verb = "added to" if sign == 1 else "subtracted from"
    ways = ("join texts with `||`",) if Kind.TEXT in (ka, kb) and sign == 1 else ()
    if Kind.DATE in (ka, kb) and {ka, kb} & {Kind.DECIMAL, Kind.DOUBLE}:
        ways = ("make it a whole number of days: `div(a, b)`, or `x::int`",)
    if {ka, kb} == {Kind.TIMESTAMP, Kind.INTEGER} or {ka, kb} == {Kind.TIMESTAMPTZ, Kind.INTEGER}:
        ways = ("write `INTERVAL '1 day'` times the number",)
    return r.fail(WrongType, node, f"{kind_name(b)} cannot be {verb} {kind_name(a)}", help=ways)


def _all_numeric(*args: Scalar) -> bool:
    return all(x.type.is_numeric or x.type.kind in _OPEN for x in args)


def _constants_beside(r: Reader, node: exp.Expr, a: Scalar, b: Scalar, sign: int) -> tuple[Scalar, Scalar]:
    """A quoted constant beside an operator takes the type that the other side calls for."""
    if is_text_constant(a) and not is_text_constant(b):
        a = coerce(r, node, a, _beside(b.type, sign, left=True))
    elif is_text_constant(b) and not is_text_constant(a):
        b = coerce(r, node, b, _beside(a.type, sign, left=False))
    return a, b


def _beside(other: Type, sign: int, *, left: bool) -> Type:
    if other.kind in (Kind.TIMESTAMP, Kind.TIMESTAMPTZ):
        return other if sign == -1 else INTERVAL
    if other.kind is Kind.DATE:
        return DATE if sign == -1 else INTERVAL
    return other


def _interval_sum(a: Scalar, b: Scalar, sign: int, place: Place | None) -> Scalar:
    if isinstance(a, Lit) and isinstance(b, Lit) and isinstance(a.value, Interval) and isinstance(b.value, Interval):
        return Lit(literals.plus(a.value, literals.times(b.value, Decimal(sign))), INTERVAL, place)
    right = b if sign == 1 else scale(b, lit(-1))
    return Call("interval_add", (a, right), INTERVAL, place)


def scale(interval: Scalar, n: Scalar) -> Scalar:
    """An interval n times."""
    if isinstance(interval, Lit) and isinstance(interval.value, Interval) and isinstance(n, Lit):
        if isinstance(n.value, int | Decimal):
            return Lit(literals.times(interval.value, Decimal(n.value)), INTERVAL, interval.place)
        if isinstance(n.value, float):
            return Lit(literals.times(interval.value, Decimal(repr(n.value))), INTERVAL, interval.place)
    if isinstance(interval, Lit) or (n.type.kind is Kind.INTEGER and not isinstance(interval, Call)):
        return Call("interval_scale", (interval, n), INTERVAL, interval.place)
    return interval_of(Call("mul", (seconds_of(interval), n), DOUBLE), interval.place)


def _days(r: Reader, day: Scalar, n: Scalar, sign: int) -> Scalar:
    days = _scaled_part(sign, n)
    folded = _fold_shift(day, (lit(0), days, lit(0)))
    if folded is not None:
        return folded
    return Call("add_interval", (day, lit(0), days, lit(0)), DATE, r.between(day, n))


def _elapsed(r: Reader, node: exp.Expr, a: Scalar, b: Scalar) -> Scalar:
    place = r.between(a, b)
    if a.type.kind is Kind.DATE and b.type.kind is Kind.DATE:
        if _was_stamp(a) or _was_stamp(b):
            a, b = cast(r, node, a, TIMESTAMP), cast(r, node, b, TIMESTAMP)
        else:
            return Call("date_diff", (a, b), INTEGER, place)
    kind = TIMESTAMPTZ if Kind.TIMESTAMPTZ in (a.type.kind, b.type.kind) else TIMESTAMP
    return Call("interval_between", (cast(r, node, a, kind), cast(r, node, b, kind)), INTERVAL, place)


def _was_stamp(x: Scalar) -> bool:
    """Whether Postgres would hold this date as a timestamp, so that a difference is an interval there."""
    return isinstance(x, Call) and (x.fn == "time_floor" or (x.fn == "add_interval" and x.args[1] != lit(0)))


def multiply(r: Reader, node: exp.Expr, a: Scalar, b: Scalar) -> Scalar:
    a, b = _constants_beside(r, node, a, b, 1)
    if a is BAD or b is BAD:
        return BAD
    for interval, n in ((a, b), (b, a)):
        if interval.type.kind is Kind.INTERVAL and (n.type.is_numeric or n.type.kind is Kind.UNKNOWN):
            return _times(r, node, interval, n)
    if _all_numeric(a, b):
        return call("mul", a, b, place=r.between(a, b))
    return r.fail(WrongType, node, f"{kind_name(a)} cannot be multiplied by {kind_name(b)}")


def _times(r: Reader, node: exp.Expr, interval: Scalar, n: Scalar) -> Scalar:
    if isinstance(interval, Lit) and not isinstance(n, Lit) and n.type.kind in (Kind.DECIMAL, Kind.DOUBLE):
        value = interval.value
        if isinstance(value, Interval) and (value.months or value.days):
            return r.fail(
                WrongType,
                node,
                "a calendar interval times a number that may have a fraction",
                help=("make the number whole: `n::int`", "or use seconds: `INTERVAL '1 second'`"),
            )
        return interval_of(Call("mul", (seconds_of(interval), n), DOUBLE), interval.place)
    return scale(interval, n)


def divide(r: Reader, node: exp.Expr, a: Scalar, b: Scalar) -> Scalar:
    """Real division, whatever the types."""
    a, b = _constants_beside(r, node, a, b, 1)
    if a is BAD or b is BAD:
        return BAD
    if a.type.kind is Kind.INTERVAL and b.type.is_numeric:
        return interval_of(Call("real_divide", (seconds_of(a), b), DOUBLE), r.between(a, b))
    if not _all_numeric(a, b):
        return r.fail(WrongType, node, f"{kind_name(a)} cannot be divided by {kind_name(b)}")
    place = r.between(a, b)
    if a.type.kind is Kind.INTEGER and b.type.kind is Kind.INTEGER:
        r.facts.integer_divisions.append(place or r.locate(node))
    return Call("real_divide", (a, b), DOUBLE, place)


def numbers(r: Reader, node: exp.Expr, fn: str, *args: Scalar) -> Scalar:
    """A function of numbers."""
    read = [coerce(r, node, x, DECIMAL) if is_text_constant(x) else x for x in args]
    for x in read:
        if not (x.type.is_numeric or x.type.kind in _OPEN):
            return r.fail(WrongType, node, f"a number is needed, and this is {kind_name(x)}")
    return call(fn, *read, place=r.between(read[0], read[-1]) if read else None)


def negative(r: Reader, node: exp.Expr, x: Scalar) -> Scalar:
    if isinstance(x, Lit) and isinstance(x.value, int | float | Decimal) and not isinstance(x.value, bool):
        return Lit(-x.value, x.type, x.place)
    if x.type.kind is Kind.INTERVAL:
        return scale(x, lit(-1))
    if not _all_numeric(x):
        return r.fail(WrongType, node, f"{kind_name(x)} has no negative")
    return Call("neg", (x,), x.type, x.place)


# -- comparisons
def compare(r: Reader, node: exp.Expr, fn: str, a: Scalar, b: Scalar) -> Scalar:
    """A comparison; intervals are compared by their length."""
    place = r.between(a, b)
    if Kind.INTERVAL in (a.type.kind, b.type.kind):
        a, b = coerce(r, node, a, INTERVAL), coerce(r, node, b, INTERVAL)
        if a.type.kind is b.type.kind:
            return Call(fn, (seconds_of(a), seconds_of(b)), BOOLEAN, place)
    if fn in ("eq", "ne", "lt", "le", "gt", "ge") and Kind.JSON in (a.type.kind, b.type.kind):
        return r.fail(WrongType, node, "JSON values cannot be compared", help=("take a field as text with `->>`",))
    x, y = unify(r, node, (a, b))
    if fn == "ge" and isinstance(y, Call) and y.fn == "add_interval" and y.type.kind is Kind.DATE:
        _note_date_window(r, y, r.locate(node))
    return Call(fn, (x, y), BOOLEAN, place)


def _note_date_window(r: Reader, y: Call, place: Place) -> None:
    day, _, days, _ = y.args
    today = isinstance(day, Call) and day.fn == "local_date"
    if today and isinstance(days, Lit) and isinstance(days.value, int) and days.value < 0:
        r.facts.date_windows.append(place)


# -- time
TRUNC_UNITS = ("microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year")
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
    if name not in TRUNC_UNITS:
        near = did_you_mean(name, TRUNC_UNITS)
        return r.fail(
            WrongTimeUnit,
            node,
            f"`{unit}` is no unit of time",
            help=(f"did you mean `{near[0]}`?",) if near else ("one of " + ", ".join(TRUNC_UNITS[2:]),),
        )
    kind = t.type.kind
    if kind is Kind.UNKNOWN:
        r.facts.untyped.append(r.locate(node))
    elif kind not in _TEMPORAL:
        return r.fail(WrongType, node, f"a date or timestamp is needed, and this is {kind_name(t)}")
    if kind is Kind.DATE and name in TRUNC_UNITS[:5]:
        return r.fail(
            WrongTimeUnit, node, f"a date has no {name}", help=("use `day` or longer, or a timestamp column",)
        )
    at_zone = Lit(zone or r.scope.zone, TEXT) if kind in (Kind.TIMESTAMPTZ, Kind.UNKNOWN) else Lit(None, TEXT)
    first = (r.scope.week_start if week is None else week) if name == "week" else 0
    args = (t, Lit(name, TEXT), at_zone, Lit(first, INTEGER))
    return Call("time_floor", args, t.type, r.at(node) or t.place)


def wall_clock(r: Reader, node: exp.Expr, t: Scalar) -> Scalar:
    """A date or naive timestamp to take parts of: an instant's in the reporting zone."""
    if is_text_constant(t):
        return r.fail(WrongType, node, "a date or timestamp is needed", help=("write `DATE '2026-03-31'`",))
    if t.type.kind is Kind.TIMESTAMPTZ:
        return Call("to_local", (t, _zone(r)), TIMESTAMP, t.place)
    if t.type.kind is Kind.UNKNOWN:
        r.facts.untyped.append(r.locate(node))
    elif t.type.kind not in _TEMPORAL:
        return r.fail(WrongType, node, f"a date or timestamp is needed, and this is {kind_name(t)}")
    return t


def valid_zone(name: str) -> bool:
    """Whether the time zone database has it."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
