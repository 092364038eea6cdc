"""Functions of dates, times and intervals."""

from __future__ import annotations

from decimal import Decimal

from sqlglot import exp

from kpictl.diagnostics import did_you_mean
from kpictl.ir.scalars import Call, Cast, Interval, Lit, Scalar
from kpictl.model.types import DATE, DOUBLE, INTEGER, INTERVAL, TEXT, TIMESTAMP, TIMESTAMPTZ, Kind
from kpictl.sql import coercion, intervals, literals, operators, time_values, values
from kpictl.sql.arguments import Args, Rule, constant, counted, number, whole
from kpictl.sql.findings import UnknownFunction, UnsupportedSql, WrongArguments, WrongTimeUnit, WrongType
from kpictl.sql.matches import text
from kpictl.sql.moments import in_zone, now, zone_name
from kpictl.sql.reader import BAD, Reader
from kpictl.sql.scalars import scalar
from kpictl.sql.values import lit


def _now(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    return now(r, node) if counted(r, node, args, 0, 1) else BAD


def _date_trunc(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 2, 3):
        return BAD
    unit, value = args[0], args[1]
    if r.scope.dialect == "bigquery":
        unit, value = value, unit
    if isinstance(unit, exp.Column) and isinstance(value, exp.Column | exp.Var) and _is_unit(value.name):
        written = f"date_trunc('{value.name.lower()}', {'.'.join(part.name for part in unit.parts)})"
        return r.fail(WrongTimeUnit, node, "the unit comes first here", help=(f"write `{written}`",))
    name, week = _unit(r, unit)
    if name is None:
        return BAD
    t = _temporal(r, value)
    zone = None
    if len(args) == 3:
        zone = zone_name(r, args[2])
        if zone is None:
            return BAD
        t = coercion.cast(r, value, t, TIMESTAMPTZ)
    if t.type.kind is Kind.INTERVAL:
        return r.fail(UnsupportedSql, node, "date_trunc of an interval", help=("use `EXTRACT(EPOCH FROM x)`",))
    return time_values.floor_time(r, node, t, name, zone, week)


def _is_unit(name: str) -> bool:
    return name.lower() in values.TRUNC_UNITS


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _unit(r: Reader, node: exp.Expr) -> tuple[str | None, int | None]:
    """A unit's name, and the first day of its week where it says one (`WEEK(SUNDAY)`, `ISOWEEK`)."""
    if isinstance(node, exp.Literal) and node.is_string:
        name = node.this.lower()
    elif isinstance(node, exp.Column | exp.Var | exp.Identifier):
        name = node.name.lower()
    elif isinstance(node, exp.Anonymous | exp.WeekStart | exp.Week):
        day = node.expressions[0].name if node.expressions else getattr(node.this, "name", str(node.this))
        if day.lower() in _WEEKDAYS:
            return "week", _WEEKDAYS.index(day.lower())
        r.fail(WrongTimeUnit, node, f"`{day}` is no day of the week")
        return None, None
    else:
        r.fail(WrongArguments, node, "the unit must be a constant", help=("write `date_trunc('month', x)`",))
        return None, None
    if name == "isoweek":
        return "week", 0
    return name, None


def _temporal(r: Reader, node: exp.Expr) -> Scalar:
    """An expression where a date or timestamp is needed."""
    t = scalar(r, node)
    return coercion.coerce(r, node, t, TIMESTAMPTZ) if values.is_text_constant(t) else t


def _wall(r: Reader, node: exp.Expr) -> Scalar:
    return time_values.wall_clock(r, node, scalar(r, node))


def _date(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 1, 1):
        return BAD
    return coercion.cast(r, node, scalar(r, args[0]), DATE)


def _date_part(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 2, 2):
        return BAD
    bare = isinstance(args[0], exp.Column | exp.Var) and r.scope.dialect in _BARE_UNITS
    unit = _unit(r, args[0])[0] if bare else constant(r, args[0], "the unit")
    if unit == "iso_week":
        unit = "week"
    return BAD if unit is None else part_of(r, node, str(unit), args[1])


_BARE_UNITS = ("synapse", "redshift", "snowflake")
_PARTS = ("year", "quarter", "month", "week", "isoyear", "day", "dow", "isodow", "doy", "hour", "minute")
_PLURALS = {
    "years": "year",
    "months": "month",
    "days": "day",
    "hours": "hour",
    "minutes": "minute",
    "seconds": "second",
    "weeks": "week",
    "quarters": "quarter",
    "dayofweek": "dow",
    "dayofyear": "doy",
    "dayofweekiso": "isodow",
    "isoweek": "week",
    "dayofweek_iso": "isodow",
    "weekofyear": "week",
}


def part_of(r: Reader, node: exp.Expr, unit: str, value: exp.Expr) -> Scalar:
    """EXTRACT: a field of a date, timestamp or interval."""
    name = _PLURALS.get(unit.lower(), unit.lower())
    t = scalar(r, value)
    if values.is_text_constant(t):
        t = coercion.coerce(r, value, t, TIMESTAMP)
    place = r.at(node) or t.place
    if t.type.kind is Kind.INTERVAL:
        return _interval_part(r, node, name, t)
    if name == "epoch":
        if t.type.kind not in (Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ, Kind.UNKNOWN, Kind.NULL):
            return r.fail(WrongType, value, f"a timestamp or interval is needed, and this is {t.type}")
        return Call("epoch", (t,), DOUBLE, place)
    if name in ("second", "millisecond", "milliseconds", "microsecond", "microseconds"):
        return _second(r, node, name, time_values.wall_clock(r, value, t))
    if name not in _PARTS:
        near = did_you_mean(name, (*_PARTS, "epoch", "second"))
        ways = (f"did you mean `{near[0]}`?",) if near else ("one of " + ", ".join((*_PARTS, "second", "epoch")),)
        return r.fail(WrongTimeUnit, node, f"`{unit}` is no part of a time", help=ways)
    if t.type.kind is Kind.DATE and name in ("hour", "minute"):
        return r.fail(WrongTimeUnit, node, f"a date has no {name}", help=("use a timestamp column",))
    part: Scalar = Call("part", (time_values.wall_clock(r, value, t), lit(name)), INTEGER, place)
    if unit.lower() == "dayofweek" and r.scope.dialect == "bigquery":  # there Sunday is 1
        part = Call("add", (part, lit(1)), INTEGER, place)
    return part


def _second(r: Reader, node: exp.Expr, name: str, t: Scalar) -> Scalar:
    if t.type.kind is Kind.DATE:
        return r.fail(WrongTimeUnit, node, f"a date has no {name}", help=("use a timestamp column",))
    seconds = Call("second", (t,), DOUBLE, t.place)
    factor = 1 if name == "second" else 1000 if name.startswith("milli") else 1_000_000
    return seconds if factor == 1 else Call("mul", (seconds, lit(factor)), DOUBLE, t.place)


_INTERVAL_PARTS = {"year": "years", "month": "months", "day": "days", "hour": "hours", "minute": "minutes"}
_LENGTHS = {"day": 86400, "hour": 3600, "minute": 60}


def _interval_part(r: Reader, node: exp.Expr, name: str, x: Scalar) -> Scalar:
    if name == "epoch":
        return intervals.seconds_of(x, epoch=True)
    if name not in _INTERVAL_PARTS:
        return r.fail(
            WrongTimeUnit,
            node,
            f"`{name}` of an interval has no portable meaning",
            help=("use `EXTRACT(EPOCH FROM x)`",),
        )
    if isinstance(x, Lit) and isinstance(x.value, Interval):
        return lit(_part_of_constant(x.value, name))
    if isinstance(x, Call) and x.fn == "interval_between":
        return _part_of_elapsed(x, name)
    return Call("interval_part", (x, lit(_INTERVAL_PARTS[name])), INTEGER, x.place)


def _part_of_constant(v: Interval, name: str) -> int:
    if name in ("year", "month"):
        years, months = divmod(abs(v.months), 12)
        return (years if name == "year" else months) * (-1 if v.months < 0 else 1)
    if name == "day":
        return v.days
    seconds = abs(v.micros) // 1_000_000
    found = seconds // 3600 if name == "hour" else seconds // 60 % 60
    return -found if v.micros < 0 else found


def _part_of_elapsed(x: Call, name: str) -> Scalar:
    """A difference of timestamps in Postgres has days of 24 hours, hours below 24, and no months."""
    if name in ("year", "month"):
        return lit(0)
    seconds: Scalar = Call("seconds_between", x.args, DOUBLE, x.place)
    units = Call("trunc", (Call("real_divide", (seconds, lit(_LENGTHS[name])), DOUBLE),), DOUBLE)
    count: Scalar = Cast(units, INTEGER, False, x.place)
    if name == "day":
        return count
    return Call("mod", (count, lit(24 if name == "hour" else 60)), INTEGER, x.place)


def _timezone(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    return in_zone(r, node, args[1], args[0]) if counted(r, node, args, 2, 2) else BAD


def _to_char(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 2, 2):
        return BAD
    pattern = constant(r, args[1], "the format")
    if pattern is None:
        return BAD
    x = scalar(r, args[0])
    if x.type.is_numeric:
        return Call("format_number", (x, lit(str(pattern))), TEXT)
    return Call("format_time", (time_values.wall_clock(r, args[0], x), lit(str(pattern))), TEXT)


def _to_date(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 2, 2):
        return BAD
    pattern = constant(r, args[1], "the format")
    return BAD if pattern is None else Call("parse_date", (text(r, args[0]), lit(str(pattern))), DATE)


def _to_timestamp(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 1, 2):
        return BAD
    if len(args) == 1:
        return Call("from_epoch", (number(r, args[0]),), TIMESTAMPTZ)
    pattern = constant(r, args[1], "the format")
    if pattern is None:
        return BAD
    naive = Call("parse_timestamp", (text(r, args[0]), lit(str(pattern))), TIMESTAMP)
    return Call("to_instant", (naive, lit(r.scope.zone)), TIMESTAMPTZ)


def _make_date(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 3, 3):
        return BAD
    return Call("make_date", tuple(whole(r, a) for a in args), DATE)


def _make_timestamp(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 6, 6):
        return BAD
    return Call("make_timestamp", (*(whole(r, a) for a in args[:5]), number(r, args[5])), TIMESTAMP)


_INTERVAL_FIELDS = ("years", "months", "weeks", "days", "hours", "mins", "secs")


def _make_interval(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 1, 7):
        return BAD
    total: Scalar = Lit(Interval(), INTERVAL)
    for index, arg in enumerate(args):
        named_field = isinstance(arg, exp.Kwarg | exp.PropertyEQ)
        field = arg.this.name.lower() if named_field else _INTERVAL_FIELDS[index]
        if field not in _INTERVAL_FIELDS:
            return r.fail(
                WrongArguments, arg, f"`{field}` is no field", help=("one of " + ", ".join(_INTERVAL_FIELDS),)
            )
        value = arg.args["expression"] if named_field else arg
        unit = literals.scaled(field, Decimal(1))
        if unit is None:
            return BAD
        part = operators.multiply(r, node, Lit(unit, INTERVAL), number(r, value))
        total = part if total == Lit(Interval(), INTERVAL) else operators.add(r, node, total, part)
    return total


def _age(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 1, 2):
        return BAD
    read = [_stamp(r, a) for a in args]
    if len(read) == 1:
        today = Call("local_date", (now(r, node), lit(r.scope.zone)), DATE)
        read = [Cast(today, TIMESTAMP), read[0]]
    return Call("age", tuple(read), INTERVAL)


def _stamp(r: Reader, node: exp.Expr) -> Scalar:
    """A naive timestamp: of a date its midnight, of an instant its wall clock."""
    t = scalar(r, node)
    if values.is_text_constant(t):
        return coercion.coerce(r, node, t, TIMESTAMP)
    return coercion.cast(r, node, time_values.wall_clock(r, node, t), TIMESTAMP)


def _last_day(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 1, 1):
        return BAD
    return Call("last_day", (coercion.cast(r, args[0], _wall(r, args[0]), DATE),), DATE)


def _time_bucket(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    """`time_bucket`, `date_bin`: only widths that divide a day, which every origin at midnight cuts alike."""
    if not counted(r, node, args, 2, 3):
        return BAD
    width = coercion.coerce(r, args[0], scalar(r, args[0]), INTERVAL)
    t = _temporal(r, args[1])
    if not (isinstance(width, Lit) and isinstance(width.value, Interval)):
        return r.fail(WrongArguments, args[0], "the width must be a constant interval")
    micros = width.value.micros
    if width.value.months or width.value.days or micros <= 0 or values.ONE_DAY % micros:
        return r.fail(
            UnsupportedSql, args[0], "only widths that divide a day have one meaning", help=("use `date_trunc`",)
        )
    if len(args) == 3 and not _is_midnight(r, args[2]):
        return r.fail(UnsupportedSql, args[2], "an origin that is not at midnight UTC")
    if t.type.kind is Kind.DATE:
        t = coercion.cast(r, args[1], t, TIMESTAMP)
    seconds = Lit(micros / 1e6, DOUBLE)
    steps = Call("floor", (Call("real_divide", (Call("epoch", (t,), DOUBLE), seconds), DOUBLE),), DOUBLE)
    start = Call("from_epoch", (Call("mul", (steps, seconds), DOUBLE),), TIMESTAMPTZ)
    return start if t.type.kind is not Kind.TIMESTAMP else Call("to_local", (start, lit("UTC")), TIMESTAMP)


def _is_midnight(r: Reader, node: exp.Expr) -> bool:
    origin = scalar(r, node)
    told = origin.value if isinstance(origin, Lit) else None
    stamp = literals.parse_stamp(str(told)) if told is not None else None
    return stamp is not None and (stamp.hour, stamp.minute, stamp.second, stamp.microsecond) == (0, 0, 0, 0)


def _date_diff(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    """`date_diff`: days, and months to years where the project's dialect counts their boundaries."""
    if not counted(r, node, args, 3, 3):
        return BAD
    unit, first, last = args[0], args[1], args[2]
    if r.scope.dialect == "bigquery":
        last, first, unit = args
    name, _ = _unit(r, unit)
    if name is None:
        return BAD
    if name.rstrip("s") in _MONTHS_OF and r.scope.dialect in _BOUNDARIES:
        return _calendar_difference(r, node, name.rstrip("s"), _as_date(r, last), _as_date(r, first))
    if name.rstrip("s") != "day":
        way = "use `EXTRACT(EPOCH FROM a - b)`, or `EXTRACT(YEAR FROM AGE(a, b))`"
        return r.fail(UnsupportedSql, node, f"a difference in {name} has several meanings", help=(way,))
    return Call("date_diff", (_as_date(r, last), _as_date(r, first)), INTEGER)


_BOUNDARIES = ("bigquery", "snowflake", "redshift", "synapse", "duckdb")
_MONTHS_OF = {"month": 12, "quarter": 4, "year": 1}


def _as_date(r: Reader, node: exp.Expr) -> Scalar:
    return coercion.cast(r, node, _temporal(r, node), DATE)


def _calendar_difference(r: Reader, node: exp.Expr, unit: str, last: Scalar, first: Scalar) -> Scalar:
    """Boundaries of months, quarters or years between two dates."""
    years = values.call("sub", *(Call("part", (t, lit("year")), INTEGER) for t in (last, first)))
    if unit == "year":
        return years
    rest = values.call("sub", *(Call("part", (t, lit(unit)), INTEGER) for t in (last, first)))
    return values.call("add", values.call("mul", years, lit(_MONTHS_OF[unit])), rest)


def _date_add(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    """`DATEADD(unit, n, t)` of Snowflake, Redshift and T-SQL."""
    if r.scope.dialect not in _BARE_UNITS:
        return r.fail(UnknownFunction, node, "`dateadd` is no function here", help=("write `x + INTERVAL '1 day'`",))
    if not counted(r, node, args, 3, 3):
        return BAD
    name, _ = _unit(r, args[0])
    if name is None:
        return BAD
    if name not in _ADDED:
        way = "one of " + ", ".join(_ADDED)
        return r.fail(WrongTimeUnit, args[0], f"`{name}` is no unit that can be added", help=(way,))
    unit = literals.scaled(name, Decimal(1))
    n = coercion.cast(r, args[1], scalar(r, args[1]), INTEGER)
    return intervals.shift(r, node, _temporal(r, args[2]), intervals.scale(Lit(unit, INTERVAL), n), 1)


_ADDED = ("year", "quarter", "month", "week", "day", "hour", "minute", "second")


def _moved(sign: int) -> Rule:
    def rule(r: Reader, node: exp.Expr, args: Args) -> Scalar:
        if not counted(r, node, args, 2, 2):
            return BAD
        fn = operators.add if sign > 0 else operators.subtract
        return fn(r, node, _temporal(r, args[0]), scalar(r, args[1]))

    return rule


TIME_FUNCTIONS: dict[str, Rule] = {
    "now": _now,
    "transaction_timestamp": _now,
    "statement_timestamp": _now,
    "current_timestamp": _now,
    "date_trunc": _date_trunc,
    "timestamp_trunc": _date_trunc,
    "date": _date,
    "date_part": _date_part,
    "datepart": _date_part,
    "timezone": _timezone,
    "to_char": _to_char,
    "to_date": _to_date,
    "to_timestamp": _to_timestamp,
    "make_date": _make_date,
    "make_timestamp": _make_timestamp,
    "make_interval": _make_interval,
    "age": _age,
    "last_day": _last_day,
    "time_bucket": _time_bucket,
    "date_bin": _time_bucket,
    "date_diff": _date_diff,
    "datediff": _date_diff,
    "dateadd": _date_add,
    "date_add": _moved(1),
    "date_sub": _moved(-1),
}
