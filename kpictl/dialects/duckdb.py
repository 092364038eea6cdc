"""DuckDB 2.0, the embedded default: how it says the canonical functions.

It differs from the contract in many places: integer products overflow, `sum` of doubles depends on threads,
`quantile_cont` keeps a decimal's scale, `1 % 0` raises, `ln(0)` is -inf, LIKE has no escape.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal

from kpictl.dialects.dialect import Dialect, Refusal, Rendering
from kpictl.dialects.physical import NATIVE, Form
from kpictl.dialects.printer import COMMON, FILTER_MARK, NEWLINE_MARK, OVER_MARK, Printer
from kpictl.dialects.quoting import quoter
from kpictl.dialects.standard import (
    finite,
    first_instant,
    floor_instant,
    frame_interval,
    interval_terms,
    literal_int,
    literal_text,
    name_function,
    plain_number,
    seconds_text,
    stays,
)
from kpictl.dialects.templates import AND, ATOM, COMPARISON, PRODUCT, SUM, Piece
from kpictl.dialects.time_patterns import tokens, translate
from kpictl.ir import patterns
from kpictl.ir.scalars import Agg, Call, Cast, Interval, Lit, Scalar
from kpictl.model.types import DOUBLE, TEXT, Kind, Type
from kpictl.passes.targets.widen_recursion import widen_recursion

_RESERVED = frozenset(
    """
    all analyse analyze and any array as asc_p asymmetric both case cast check collate column constraint create
    default deferrable desc describe distinct do else end except false fetch for foreign from grant group having
    in initially intersect into lambda lateral leading limit not null offset on only or order pivot pivot_longer
    pivot_wider placing primary qualify references returning select show some summarize symmetric table then to
    trailing true union unique unpivot using variadic when where window with asc desc left right full inner join
    cross natural positional semi anti at by is like ilike between exists values interval
    """.split()
)

_PATTERN_WORDS = {
    "YYYY": "%Y",
    "YY": "%y",
    "MM": "%m",
    "DD": "%d",
    "HH24": "%H",
    "HH12": "%I",
    "HH": "%I",
    "MI": "%M",
    "SS": "%S",
    "US": "%f",
    "AM": "%p",
    "PM": "%p",
    "IYYY": "%G",
    "IW": "%V",
    "DDD": "%j",
    "Mon": "%b",
    "Dy": "%a",
    "FMMonth": "%B",
    "FMDay": "%A",
    "FMMM": "%-m",
    "FMDD": "%-d",
    "FMHH24": "%-H",
    "FMHH12": "%-I",
}


def _literal(printer: Printer, lit: Lit) -> Piece:
    value = lit.value
    match value:
        case None:
            return Piece(
                "NULL" if lit.type.kind in (Kind.NULL, Kind.UNKNOWN) else f"CAST(NULL AS {printer.type_name(lit.type)})"
            )
        case bool():
            return Piece("TRUE" if value else "FALSE")
        case int():
            return plain_number(str(value))
        case Decimal():
            return plain_number(f"{value:f}")
        case float():
            return plain_number(repr(value) if "e" in repr(value) else f"{value!r}e0")
        case str():
            return Piece("'" + value.replace("'", "''").replace("\n", NEWLINE_MARK) + "'")
        case datetime():
            word = "TIMESTAMP" if value.tzinfo is None else "TIMESTAMPTZ"
            return Piece(f"{word} '{seconds_text(value)}'", COMPARISON)
        case date():
            return Piece(f"DATE '{value.isoformat()}'", COMPARISON)
        case time():
            return Piece(f"TIME '{value.isoformat()}'", COMPARISON)
        case Interval():
            return frame_interval(value)


def _exact_operands(printer: Printer, call: Call | Agg) -> tuple[Piece, Piece]:
    """Two operands; integers are widened to 128 bits, since DuckDB's own products and sums of 32 bits overflow."""
    a, b = call.args
    kinds = (a.type.kind, b.type.kind)
    left, right = printer.scalar(a), printer.scalar(b)
    if kinds == (Kind.INTEGER, Kind.INTEGER) and not (_is_small(a) and _is_small(b)):
        if not isinstance(a, Lit) or isinstance(b, Lit):
            left = _widened(a, left)
        else:
            right = _widened(b, right)
    elif kinds == (Kind.DECIMAL, Kind.DECIMAL):
        left, right = _wide_decimals(call, left, right)
    elif kinds == (Kind.INTEGER, Kind.DECIMAL) and not isinstance(a, Lit):
        left = Piece(f"CAST({left.text} AS BIGINT)")
    elif kinds == (Kind.DECIMAL, Kind.INTEGER) and not isinstance(b, Lit):
        right = Piece(f"CAST({right.text} AS BIGINT)")
    return left, right


def _widened(scalar: Scalar, piece: Piece) -> Piece:
    return piece if _is_wide(scalar) else Piece(f"CAST({piece.text} AS HUGEINT)")


def _is_small(scalar: Scalar) -> bool:
    """Constants whose sum or product fits into 32 bits."""
    return isinstance(scalar, Lit) and isinstance(scalar.value, int) and abs(scalar.value) < 1 << 15


def _is_wide(scalar: Scalar) -> bool:
    """Whether DuckDB computes it in more bits than a column's: its counts have 64, its sums 128; `max` those of its column."""
    if isinstance(scalar, Agg):
        return scalar.fn in ("sum", "count", "count_rows")
    is_sum = isinstance(scalar, Call) and scalar.fn in ("add", "sub", "mul", "neg", "abs")
    return is_sum and not all(_is_small(a) for a in scalar.args)  # type: ignore[union-attr]


def _wide_decimals(call: Call | Agg, left: Piece, right: Piece) -> tuple[Piece, Piece]:
    """DuckDB computes two decimals of 64 bits in 64 bits and overflows; one of them is widened where that may happen."""
    a, b = (_digits(x) for x in call.args)
    if a is None or b is None or max(a[0], b[0]) > 18:
        return left, right
    whole = max(a[0] - a[1], b[0] - b[1]) + max(a[1], b[1]) + 1
    if (a[0] + b[0] if call.fn == "mul" else whole) <= 18:
        return left, right
    return Piece(f"CAST({left.text} AS DECIMAL(38, {a[1]}))"), right


def _digits(scalar: Scalar) -> tuple[int, int] | None:
    """Precision and scale, where they are known."""
    if isinstance(scalar, Lit) and isinstance(scalar.value, Decimal):
        _, digits, exponent = scalar.value.as_tuple()
        scale = max(-int(exponent), 0)
        return max(len(digits), scale), scale
    kind = scalar.type
    return None if kind.precision is None else (kind.precision, kind.scale or 0)


def _arithmetic(symbol: str, binds: int) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        left, right = _exact_operands(printer, call)
        return Piece(f"{left.within(binds)} {symbol} {right.within(binds + 1)}", binds)

    return rendering


def _as_double(printer: Printer, scalar: Scalar) -> str:
    piece = printer.scalar(scalar)
    if isinstance(scalar, Lit) and scalar.value is not None:
        return _literal(printer, Lit(float(scalar.value), DOUBLE)).text  # type: ignore[arg-type]
    return piece.within(PRODUCT) if scalar.type.kind is Kind.DOUBLE else f"CAST({piece.text} AS DOUBLE)"


def _real_divide(printer: Printer, call: Call | Agg) -> Piece:
    a, b = call.args
    if isinstance(b, Lit) and b.value not in (None, 0):
        return Piece(f"{_as_double(printer, a)} / {_as_double(printer, b)}", PRODUCT)
    return Piece(f"{_as_double(printer, a)} / nullif({_as_double(printer, b)}, 0)", PRODUCT)


def _int_divide(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (printer.scalar(x) for x in call.args)
    if all(x.type.kind is Kind.INTEGER for x in call.args):
        # The least integer divided by -1 has no place in its own width.
        a = a if _is_small(call.args[0]) else _widened(call.args[0], a)
        return Piece(f"{a.within(PRODUCT)} // nullif({b.text}, 0)", PRODUCT)
    a, b = (Piece(_exact(printer, x)) for x in call.args)
    # The quotient of two decimals would be a double.
    return Piece(f"CAST(({a.text} - {a.text} % nullif({b.text}, 0)) / nullif({b.text}, 0) AS HUGEINT)")


def _exact(printer: Printer, scalar: Scalar) -> str:
    """A number as decimal: a double in its shortest form."""
    piece = printer.scalar(scalar)
    if scalar.type.kind is Kind.DOUBLE:
        return f"CAST(CAST({piece.text} AS VARCHAR) AS DECIMAL(38, 18))"
    return piece.within(PRODUCT)


def _mod(printer: Printer, call: Call | Agg) -> Piece:
    a, b = call.args
    if Kind.DOUBLE in (a.type.kind, b.type.kind):
        return Piece(f"CAST({_exact(printer, a)} % nullif({_exact(printer, b)}, 0) AS DOUBLE)")
    return Piece(f"{printer.scalar(a).within(PRODUCT)} % nullif({printer.text(b)}, 0)", PRODUCT)


def _round(printer: Printer, call: Call | Agg) -> Piece:
    x, digits = call.args[0], literal_int(call.args[1]) if len(call.args) > 1 else 0
    piece = printer.scalar(x)
    if x.type.kind is Kind.INTEGER and digits >= 0:
        return piece
    if x.type.kind is Kind.INTEGER:
        return Piece(f"round({_widened(x, piece).text}, {digits})")
    if x.type.kind is Kind.DECIMAL:
        return Piece(f"round({piece.text}, {digits})" if digits else f"round({piece.text})")
    # The shortest decimal form decides which side of a half a double is on: round(1.005, 2) is 1.01.
    exact = f"CAST(CAST({piece.text} AS VARCHAR) AS DECIMAL(38, 18))"
    return Piece(
        f"CASE WHEN abs({piece.text}) < 1e19 THEN CAST(round({exact}, {digits}) AS DOUBLE) ELSE {piece.text} END"
    )


def _whole(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    """Of an integer it would be a double, which holds 53 bits of it."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        piece = printer.scalar(call.args[0])
        return piece if call.args[0].type.kind is Kind.INTEGER else Piece(f"{name}({piece.text})")

    return rendering


def _trunc(printer: Printer, call: Call | Agg) -> Piece:
    x, digits = call.args[0], literal_int(call.args[1]) if len(call.args) > 1 else 0
    piece = printer.scalar(x)
    if x.type.kind is Kind.DOUBLE and digits:
        exact = f"CAST(CAST({piece.text} AS VARCHAR) AS DECIMAL(38, 18))"
        return Piece(
            f"CASE WHEN abs({piece.text}) < 1e19 THEN CAST(trunc({exact}, {digits}) AS DOUBLE) ELSE {piece.text} END"
        )
    return Piece(f"trunc({piece.text}, {digits})" if digits else f"trunc({piece.text})")


def _cast(printer: Printer, cast: Cast) -> Piece:
    source, goal = cast.arg.type.kind, cast.type.kind
    piece = printer.scalar(cast.arg)
    word = "TRY_CAST" if cast.safe else "CAST"
    if source is Kind.DOUBLE and goal is Kind.INTEGER:
        exact = f"CAST(CAST({piece.text} AS VARCHAR) AS DECIMAL(38, 18))"
        return Piece(f"{word}(round({exact}) AS BIGINT)")
    if source is Kind.DECIMAL and goal is Kind.INTEGER:
        return Piece(f"{word}(round({piece.text}) AS BIGINT)")
    if source is Kind.TEXT and goal is Kind.INTEGER:
        # DuckDB takes 1.5, 1e3, 1_000 and 0x10 for integers, too, and rounds.
        return Piece(f"{word}(translate({piece.text}, '.eE_xXbB', '????????') AS BIGINT)")
    if source is Kind.DOUBLE and goal is Kind.DECIMAL:
        exact = f"CAST({piece.text} AS VARCHAR)"
        return Piece(f"{word}({exact} AS {printer.type_name(cast.type, cast.place)})")
    if source is Kind.DOUBLE and goal is Kind.TEXT:
        return Piece(f"regexp_replace(CAST({piece.text} AS VARCHAR), '[.]0$', '')")
    if source is Kind.TEXT and goal is Kind.DOUBLE:
        return finite(Piece(f"{word}({piece.text} AS DOUBLE)"), "DOUBLE")
    if source is Kind.BOOLEAN and goal is Kind.TEXT:
        return Piece(f"CASE {piece.text} WHEN TRUE THEN 'true' WHEN FALSE THEN 'false' END")
    if source is Kind.TIMESTAMPTZ and goal is Kind.TEXT:
        return printer.refuse_function(
            Call("cast", (cast.arg,), place=cast.place),
            Refusal("the text of an instant depends on the session", "use to_char(t AT TIME ZONE '...', '...')"),
        )
    if goal is Kind.DECIMAL and cast.type.precision is None and source is Kind.DECIMAL:
        return piece
    return Piece(f"{word}({piece.text} AS {printer.type_name(cast.type, cast.place)})")


def _decimal(type: Type) -> str:
    return f"DECIMAL({type.precision}, {type.scale or 0})" if type.precision is not None else "DECIMAL(38, 10)"


def _sum(printer: Printer, call: Call | Agg) -> Piece:
    (x,) = printer.aggregate_arguments(call)  # type: ignore[arg-type]
    return Piece(f"fsum({x.text})" if call.args[0].type.kind is Kind.DOUBLE else f"sum({x.text})")


def _avg(printer: Printer, call: Call | Agg) -> Piece:
    (x,) = printer.aggregate_arguments(call)  # type: ignore[arg-type]
    return Piece(f"favg({x.text})" if call.args[0].type.kind is Kind.DOUBLE else f"avg({x.text})")


def _count(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    if len(call.args) == 1:
        return Piece(f"count({printer.aggregate_arguments(call)[0].text})")
    given = " AND ".join(f"{printer.scalar(a).within(SUM)} IS NOT NULL" for a in call.args)
    row = ", ".join(printer.text(a) for a in call.args)
    return Piece(f"count({'DISTINCT ' if call.distinct else ''}CASE WHEN {given} THEN row({row}) END)")


def _doubles(name: str, *, finite_only: bool = False) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        distinct = "DISTINCT " if isinstance(call, Agg) and call.distinct else ""
        text = f"{name}({distinct}{', '.join(_as_double(printer, a) for a in call.args)})"
        # The mark keeps a FILTER on the aggregate inside the guard.
        return finite(Piece(text + FILTER_MARK + OVER_MARK), "DOUBLE") if finite_only else Piece(text)

    return rendering


def _percentile_cont(printer: Printer, call: Call | Agg) -> Piece:
    return Piece(f"quantile_cont({_as_double(printer, call.args[0])}, {printer.text(call.args[1])})")


def _string_agg(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    x, separator = (printer.text(a) for a in call.args)
    order = ", ".join(printer.sort_key(k) for k in call.order_by)
    return Piece(
        f"string_agg({'DISTINCT ' if call.distinct else ''}{x}, {separator}{' ORDER BY ' + order if order else ''})"
    )


def _ordered(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        assert isinstance(call, Agg)
        return Piece(f"{name}({', '.join(p.text for p in printer.aggregate_arguments(call))})")

    return rendering


def _bucket_date(printer: Printer, call: Call | Agg) -> Piece:
    """UTC without the calendar: `timezone` costs 140 ns a row, eight times what all else of a scan does (DuckDB 2.0)."""
    t, zone = call.args
    if literal_text(zone) in ("UTC", "Etc/UTC"):
        return Piece(f"CAST(make_timestamp(epoch_us({printer.text(t)})) AS DATE)")
    return Piece(f"CAST(timezone({printer.text(zone)}, {printer.text(t)}) AS DATE)")


def _floor(printer: Printer, call: Call | Agg) -> Piece:
    t, unit = call.args[0], literal_text(call.args[1])
    zone, week_start = call.args[2], literal_int(call.args[3])
    piece = printer.scalar(t)
    if t.type.kind is Kind.TIMESTAMPTZ:
        return floor_instant(piece, unit, literal_text(zone), week_start, _trunc_local, _hour_bucket)
    if t.type.kind is Kind.DATE:
        return Piece(f"CAST({_trunc_local(piece, unit, week_start).text} AS DATE)")
    return _trunc_local(piece, unit, week_start)


def _trunc_local(local: Piece, unit: str, week_start: int) -> Piece:
    if unit == "week" and week_start:
        days = f"INTERVAL {week_start} DAY"
        return Piece(f"date_trunc('week', {local.within(SUM)} - {days}) + {days}", SUM)
    return Piece(f"date_trunc('{unit}', {local.text})")


def _hour_bucket(instant: Piece, unit: str, shift: int) -> Piece:
    word = {"hour": "1 HOUR", "minute": "1 MINUTE", "second": "1 SECOND"}[unit]
    moved = f", INTERVAL {shift} SECOND" if shift else ""
    return Piece(f"time_bucket(INTERVAL {word}, {instant.text}{moved})")


def _bucket_start(printer: Printer, call: Call | Agg) -> Piece:
    t, unit = call.args[0], literal_text(call.args[1])
    zone, week_start = literal_text(call.args[2]), literal_int(call.args[3])
    if t.type.kind is Kind.TIMESTAMPTZ:
        return floor_instant(printer.scalar(t), unit, zone, week_start, _trunc_local, _hour_bucket)
    local = printer.scalar(t)
    local = Piece(f"CAST({local.text} AS TIMESTAMP)") if unit == "day" else _trunc_local(local, unit, week_start)
    return first_instant(local, zone)


def _add_interval(printer: Printer, call: Call | Agg) -> Piece:
    t, *parts = call.args
    text = printer.scalar(t).within(SUM)
    for part, (word, function) in zip(parts, _STEPS, strict=True):
        text += interval_terms(printer, part, word, function)
    if t.type.kind is Kind.DATE:
        return Piece(f"CAST({text} AS DATE)")
    return Piece(text, SUM)


_STEPS = (("MONTH", "to_months"), ("DAY", "to_days"), ("MICROSECOND", "to_microseconds"))


def _add_interval_in(printer: Printer, call: Call | Agg) -> Piece:
    t, months, days, micros, zone = call.args
    name = printer.text(zone)
    tail = interval_terms(printer, micros, *_STEPS[2])
    if stays(months, days):
        return Piece(printer.scalar(t).within(SUM) + tail, SUM)
    text = f"timezone({name}, {printer.text(t)})"
    for part, (word, function) in zip((months, days), _STEPS[:2], strict=True):
        text += interval_terms(printer, part, word, function)
    text = f"timezone({name}, {text})"
    if not any(isinstance(part, Lit) and part.value != 0 for part in (months, days)):
        # Without a step the instant stays, where a repeated wall time would be taken for the later one.
        zero = " AND ".join(f"{printer.scalar(p).within(SUM)} = 0" for p in (months, days) if not isinstance(p, Lit))
        text = f"CASE WHEN {zero} THEN {printer.text(t)} ELSE {text} END"
    return Piece(text + tail, SUM if tail else ATOM)


def _make_interval(printer: Printer, call: Call | Agg) -> Piece:
    months, days, micros = call.args
    terms = [
        interval_terms(printer, part, word, function, sign=False)
        for part, (word, function) in zip((months, days, micros), _STEPS, strict=True)
    ]
    given = [t for t in terms if t]
    return Piece(" + ".join(given), SUM if len(given) > 1 else ATOM) if given else Piece("INTERVAL 0 DAY", COMPARISON)


_PATTERN_EXPRESSIONS = {
    "Q": "date_part('quarter', {})",
    "ID": "date_part('isodow', {})",
    "D": "date_part('dow', {}) + 1",
    "WW": "lpad(CAST((date_part('doy', {}) + 6) // 7 AS VARCHAR), 2, '0')",
    "W": "(date_part('day', {}) + 6) // 7",
    "MS": "lpad(CAST(date_part('millisecond', {}) % 1000 AS VARCHAR), 3, '0')",
    "Month": "rpad(strftime({}, '%B'), 9, ' ')",
    "MONTH": "rpad(upper(strftime({}, '%B')), 9, ' ')",
    "month": "rpad(lower(strftime({}, '%B')), 9, ' ')",
    "Day": "rpad(strftime({}, '%A'), 9, ' ')",
    "DAY": "rpad(upper(strftime({}, '%A')), 9, ' ')",
    "day": "rpad(lower(strftime({}, '%A')), 9, ' ')",
    "MON": "upper(strftime({}, '%b'))",
    "mon": "lower(strftime({}, '%b'))",
    "DY": "upper(strftime({}, '%a'))",
    "dy": "lower(strftime({}, '%a'))",
    "FMMONTH": "upper(strftime({}, '%B'))",
    "FMmonth": "lower(strftime({}, '%B'))",
    "FMDAY": "upper(strftime({}, '%A'))",
    "FMday": "lower(strftime({}, '%A'))",
}


def _format_time(printer: Printer, call: Call | Agg) -> Piece:
    """One strftime where that says all of it, else its pieces in a row."""
    t = printer.text(call.args[0])
    parts: list[str] = []
    pattern = ""
    for text, is_word in tokens(literal_text(call.args[1])):
        if not is_word or text in _PATTERN_WORDS:
            pattern += _PATTERN_WORDS[text] if is_word else text.replace("%", "%%")
        elif text in _PATTERN_EXPRESSIONS:
            parts += [_strftime(printer, t, pattern)] if pattern else []
            parts.append(_PATTERN_EXPRESSIONS[text].format(t))
            pattern = ""
        else:
            return printer.refuse_function(call, Refusal(f"`{text}` of time templates has no equal"))
    parts += [_strftime(printer, t, pattern)] if pattern or not parts else []
    if len(parts) == 1:
        return Piece(parts[0]) if parts[0].startswith("strftime") else Piece(f"CAST({parts[0]} AS VARCHAR)")
    return Piece(" || ".join(p if p.endswith(")") and "//" not in p else f"({p})" for p in parts), SUM)


def _strftime(printer: Printer, t: str, pattern: str) -> str:
    return f"strftime({t}, {_literal(printer, Lit(pattern)).text})"


def _parse_time(kind: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        pattern = translate(literal_text(call.args[1]), _PATTERN_WORDS, {"%": "%%"})
        if pattern is None:
            return printer.refuse_function(call, Refusal("this time template has no equal in strptime"))
        text = f"strptime({printer.text(call.args[0])}, {_literal(printer, Lit(pattern)).text})"
        return Piece(f"CAST({text} AS DATE)" if kind == "date" else text)

    return rendering


def _substring(printer: Printer, call: Call | Agg) -> Piece:
    x, start, *length = call.args
    if isinstance(start, Lit) and isinstance(start.value, int) and start.value > 0:
        rest = f", {printer.text(length[0])}" if length else ""
        return Piece(f"substring({printer.text(x)}, {start.value}{rest})")
    from_ = printer.scalar(start)
    # `greatest` skips NULL, so the arguments that may be NULL are asked before.
    given = [f"{printer.scalar(n).within(SUM)} IS NOT NULL" for n in (start, *length) if not isinstance(n, Lit)]
    text = f"substring({printer.text(x)}, greatest({from_.text}, 1))"
    if length:
        used = f"greatest({printer.scalar(length[0]).within(SUM)} - greatest(1 - {from_.within(SUM + 1)}, 0), 0)"
        text = f"substring({printer.text(x)}, greatest({from_.text}, 1), {used})"
    if any(isinstance(n, Lit) and n.value is None for n in (start, *length)):
        return Piece("CAST(NULL AS VARCHAR)")
    return Piece(f"CASE WHEN {' AND '.join(given)} THEN {text} END" if given else text)


def _split_part(printer: Printer, call: Call | Agg) -> Piece:
    """DuckDB splits by an empty separator into characters, and counts a field 0."""
    x, separator, n = (printer.scalar(a) for a in call.args)
    text = f"split_part({x.text}, {separator.text}, {n.text})"
    _, by, at = call.args
    whens = []
    if not (isinstance(at, Lit) and at.value):
        whens.append(f"WHEN {n.within(SUM)} = 0 THEN CAST(error('fields count from 1') AS VARCHAR)")
    if not (isinstance(by, Lit) and by.value):
        whole = f"CASE WHEN abs({n.text}) = 1 THEN {x.text} WHEN {x.within(SUM)} IS NOT NULL THEN '' END"
        whens.append(f"WHEN {separator.within(SUM)} = '' THEN {whole}")
    return Piece(f"CASE {' '.join(whens)} ELSE {text} END" if whens else text)


def _width_bucket(printer: Printer, call: Call | Agg) -> Piece:
    x, low, high, n = (printer.scalar(a).within(SUM + 1) for a in call.args)
    bounds = [a.value for a in call.args[1:] if isinstance(a, Lit)]
    known = len(bounds) == 3 and None not in bounds and bounds[2] > 0  # type: ignore[operator]
    falls = known and bounds[0] > bounds[1]  # type: ignore[operator]
    rises = known and bounds[0] < bounds[1]  # type: ignore[operator]

    def bucket(less: str, over: str) -> str:
        share = f"floor(CAST({x} - {low} AS DOUBLE) / CAST({high} - {low} AS DOUBLE) * {n})"
        return f"WHEN {x} {less} {low} THEN 0 WHEN {x} {over} {high} THEN {n} + 1 ELSE CAST({share} AS BIGINT) + 1 END"

    up, down = f"CASE {bucket('<', '>=')}", f"CASE {bucket('>', '<=')}"
    if rises or falls:
        return Piece(up if rises else down)
    wrong = "CAST(error('width_bucket needs buckets and different bounds') AS BIGINT)"
    return Piece(
        f"CASE WHEN {n} <= 0 OR {low} = {high} THEN {wrong} WHEN {low} < {high} THEN {up}"
        f" WHEN {low} > {high} THEN {down} END"
    )


def _padded(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    """The fill is no option in DuckDB."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, n, *fill = (printer.text(a) for a in call.args)
        return Piece(f"{name}({x}, CAST({n} AS INTEGER), {fill[0] if fill else _BLANK})")

    return rendering


_BLANK = "' '"


def _like(word: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, pattern, escape = call.args
        text = f"{printer.scalar(x).within(SUM)} {word} {printer.scalar(pattern).within(SUM)}"
        mark = literal_text(escape)
        return Piece(f"{text} ESCAPE {printer.text(escape)}" if mark else text, COMPARISON)

    return rendering


def _pattern(printer: Printer, call: Call | Agg, *, whole: bool) -> Lit | None:
    """The pattern for RE2; None (refused) where RE2 has none that answers the same."""
    place = getattr(call.args[1], "place", None) or call.place
    try:
        return Lit(patterns.translated(literal_text(call.args[1]), "re2", whole=whole), TEXT)
    except patterns.PatternError as error:
        printer.refuse(place, "this regular expression", Refusal(str(error), "write a simpler pattern, or LIKE"))
        return None


def _regexp_like(printer: Printer, call: Call | Agg) -> Piece:
    pattern = _pattern(printer, call, whole=False)
    if pattern is None:
        return Piece("?")
    rest = "".join(f", {printer.text(a)}" for a in call.args[2:])
    return Piece(f"regexp_matches({printer.text(call.args[0])}, {printer.text(pattern)}{rest})")


def _regexp_extract(printer: Printer, call: Call | Agg) -> Piece:
    found = _pattern(printer, call, whole=True)
    if found is None:
        return Piece("?")
    x, pattern = printer.text(call.args[0]), printer.text(found)
    group = min(patterns.groups(literal_text(call.args[1])), 1)
    return Piece(f"CASE WHEN regexp_matches({x}, {pattern}) THEN regexp_extract({x}, {pattern}, {group}) END")


def _regexp_replace(printer: Printer, call: Call | Agg) -> Piece:
    pattern = _pattern(printer, call, whole=True)
    if pattern is None:
        return Piece("?")
    to = Lit(literal_text(call.args[2]).replace("\\&", "\\0"), TEXT)
    rest = "".join(f", {printer.text(a)}" for a in call.args[3:])
    return Piece(f"regexp_replace({printer.text(call.args[0])}, {printer.text(pattern)}, {printer.text(to)}{rest})")


def _element(printer: Printer, call: Call | Agg) -> Piece:
    xs, n = (printer.scalar(a) for a in call.args)
    at = call.args[1]
    if isinstance(at, Lit) and isinstance(at.value, int) and at.value > 0:
        return Piece(f"list_extract({xs.text}, {n.text})")
    return Piece(f"CASE WHEN {n.within(SUM)} > 0 THEN list_extract({xs.text}, {n.text}) END")


def _json_path(args: tuple[Scalar, ...]) -> str | None:
    path = "$"
    for step in args:
        if not isinstance(step, Lit):
            return None
        if isinstance(step.value, int):
            path += f"[{step.value}]" if step.value >= 0 else f"[#{step.value}]"
        else:
            path += "." + json.dumps(str(step.value), ensure_ascii=False)
    return path


def _json(function: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        path = _json_path(call.args[1:])
        if path is None:
            return printer.refuse_function(call, Refusal("the path into JSON must be constant"))
        return Piece(f"{function}({printer.text(call.args[0])}, {_literal(printer, Lit(path)).text})")

    return rendering


def _json_contains(printer: Printer, call: Call | Agg) -> Piece:
    part = json.loads(literal_text(call.args[1]))
    if not isinstance(part, dict) or not all(isinstance(v, str | int | bool) for v in part.values()):
        return printer.refuse_function(call, Refusal("only an object of plain values can be looked for"))
    x = printer.text(call.args[0])
    tests = []
    for key, value in part.items():
        path = _literal(printer, Lit("$." + json.dumps(key, ensure_ascii=False))).text
        wanted = _literal(printer, Lit(json.dumps(value, ensure_ascii=False))).text
        test = f"json_extract({x}, {path}) = CAST({wanted} AS JSON)"
        if isinstance(value, int) and not isinstance(value, bool):
            # As JSON 1 and 1.0 differ.
            kinds = "('BIGINT', 'UBIGINT', 'DOUBLE')"
            number = f"TRY_CAST(json_extract_string({x}, {path}) AS DOUBLE)"
            test = f"(json_type({x}, {path}) IN {kinds} AND {number} = {value})"
        tests.append(f"coalesce({test}, {x} IS NULL AND NULL)")
    return Piece(" AND ".join(tests), AND) if tests else Piece(f"json_type({x}) = 'OBJECT'", COMPARISON)


def _json_object(printer: Printer, call: Call | Agg) -> Piece:
    pairs = ", ".join(printer.text(a) for a in call.args)
    return Piece(f"json_object({pairs})")


def _array_contains(printer: Printer, call: Call | Agg) -> Piece:
    xs, x = (printer.text(a) for a in call.args)
    return Piece(
        f"CASE WHEN {xs} IS NULL THEN NULL WHEN list_contains({xs}, {x}) THEN TRUE"
        f" WHEN len({xs}) > 0 AND ({x} IS NULL OR len({xs}) > len(list_filter({xs}, lambda e: e IS NOT NULL)))"
        " THEN NULL"
        " ELSE FALSE END"
    )


def _negated(word: str) -> Callable[[Printer, Call | Agg], Piece]:
    """The least integer of a width has no opposite in it, so integers are widened."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        (x,) = call.args
        piece = printer.scalar(x)
        if x.type.kind is Kind.INTEGER and not (_is_small(x) or (isinstance(x, Lit) and word == "-")):
            piece = _widened(x, piece)
        return Piece(f"-{piece.within(ATOM)}", PRODUCT) if word == "-" else Piece(f"{word}({piece.text})")

    return rendering


def _mode(printer: Printer, call: Call | Agg) -> Piece:
    # DuckDB's own mode picks any of several most frequent values; a histogram's keys are in ascending order.
    counts = f"histogram({printer.text(call.args[0])}){FILTER_MARK}{OVER_MARK}"
    return Piece(f"map_keys({counts})[list_position(map_values({counts}), list_max(map_values({counts})))]")


def _part(printer: Printer, call: Call | Agg) -> Piece:
    return Piece(f"date_part('{literal_text(call.args[1])}', {printer.text(call.args[0])})")


def _last_by(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    return Piece(f"last({', '.join(p.text for p in printer.aggregate_arguments(call))})")


def _window_value(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    return lambda printer, call: Piece(f"{name}({', '.join(printer.text(a) for a in call.args)})")


def _series(printer: Printer, bounds: tuple[Piece, Piece, Piece], type: Type, alias: str, column: str) -> str:
    start, stop, step = (p.text for p in bounds)
    return f"generate_series({start}, {stop}, {step}) AS {alias}({column})"


def _unnest(printer: Printer, array: Piece, type: Type, alias: str, column: str) -> str:
    if type.kind is Kind.JSON:
        return f"unnest(json_extract({array.text}, '$[*]')) AS {alias}({column})"
    return f"unnest({array.text}) AS {alias}({column})"


def _seconds_between(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (_micros(printer, x) for x in call.args)
    return Piece(f"({a} - {b}) / 1e6", PRODUCT)


def _micros(printer: Printer, scalar: Scalar) -> str:
    text = printer.text(scalar)
    return f"epoch_us(CAST({text} AS TIMESTAMP))" if scalar.type.kind is Kind.DATE else f"epoch_us({text})"


def _interval_between(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (_micros(printer, x) for x in call.args)
    return Piece(f"to_microseconds({a} - {b})")


_FUNCTIONS: dict[str, Rendering] = {
    **COMMON,
    "add": _arithmetic("+", SUM),
    "sub": _arithmetic("-", SUM),
    "mul": _arithmetic("*", PRODUCT),
    "coalesce": name_function("coalesce"),
    "nullif": "nullif({0}, {1})",
    "greatest": name_function("greatest"),
    "least": name_function("least"),
    "real_divide": _real_divide,
    "int_divide": _int_divide,
    "mod": _mod,
    "neg": _negated("-"),
    "abs": _negated("abs"),
    "sign": "sign({0})",
    "ceil": _whole("ceil"),
    "floor": _whole("floor"),
    "round": _round,
    "trunc": _trunc,
    "power": lambda p, c: finite(Piece(f"pow({', '.join(_as_double(p, a) for a in c.args)})"), "DOUBLE"),
    "sqrt": lambda p, c: Piece(f"nullif(sqrt({_as_double(p, c.args[0])}), CAST('NaN' AS DOUBLE))"),
    "exp": lambda p, c: Piece(f"nullif(exp({_as_double(p, c.args[0])}), CAST('Infinity' AS DOUBLE))"),
    "ln": lambda p, c: Piece(f"ln(nullif(greatest({_as_double(p, c.args[0])}, 0), 0))"),
    "log10": lambda p, c: Piece(f"log10(nullif(greatest({_as_double(p, c.args[0])}, 0), 0))"),
    "log": lambda p, c: Piece(
        f"ln(nullif(greatest({_as_double(p, c.args[1])}, 0), 0))"
        f" / nullif(ln(nullif(greatest({_as_double(p, c.args[0])}, 0), 0)), 0)",
        PRODUCT,
    ),
    "width_bucket": _width_bucket,
    "concat": name_function("concat"),
    "concat_ws": name_function("concat_ws"),
    "lower": "lower({0})",
    "upper": "upper({0})",
    # DuckDB 2.0 has no initcap; a word is a run of letters and digits.
    "initcap": (
        "array_to_string(list_transform(regexp_extract_all({0}, '[\\p{L}\\p{N}]+|[^\\p{L}\\p{N}]+'),"
        " lambda w: upper(w[1]) || lower(w[2:])), '')"
    ),
    "length": "length({0})",
    "substring": _substring,
    "left": "left({0}, {1})",
    "right": "right({0}, {1})",
    "trim": name_function("trim"),
    "ltrim": name_function("ltrim"),
    "rtrim": name_function("rtrim"),
    "replace": "replace({0}, {1}, {2})",
    "lpad": _padded("lpad"),
    "rpad": _padded("rpad"),
    "repeat": "repeat({0}, {1})",
    "reverse": "reverse({0})",
    "split_part": _split_part,
    "strpos": "strpos({0}, {1})",
    "starts_with": "starts_with({0}, {1})",
    "like": _like("LIKE"),
    "ilike": _like("ILIKE"),
    "regexp_like": _regexp_like,
    "regexp_extract": _regexp_extract,
    "regexp_replace": _regexp_replace,
    "md5": "md5({0})",
    "format_time": _format_time,
    "format_number": Refusal("numeric templates have no equal", "leave formatting to `format:`"),
    "parse_date": _parse_time("date"),
    "parse_timestamp": _parse_time("timestamp"),
    "time_floor": _floor,
    "bucket_start": _bucket_start,
    "to_local": "timezone({1}, {0})",
    "to_instant": "timezone({1}, {0})",
    "local_date": "CAST(timezone({1}, {0}) AS DATE)",
    "bucket_date": _bucket_date,
    "date_of": "CAST({0} AS DATE)",
    "add_interval": _add_interval,
    "add_interval_in": _add_interval_in,
    "date_diff": lambda p, c: Piece(f"{p.scalar(c.args[0]).within(SUM)} - {p.scalar(c.args[1]).within(PRODUCT)}", SUM),
    "seconds_between": _seconds_between,
    "interval_between": _interval_between,
    "age": "age(CAST({0} AS TIMESTAMP), CAST({1} AS TIMESTAMP))",
    "make_interval": _make_interval,
    "interval_add": "{0} + {1}",
    "interval_scale": "{0} * CAST({1} AS DOUBLE)",
    "interval_seconds": "epoch({0})",
    "part": _part,
    "second": "date_part('microseconds', {0}) / 1e6",
    "interval_part": _part,
    "epoch": lambda p, c: Piece(f"{_micros(p, c.args[0])} / 1e6", PRODUCT),
    "from_epoch": "to_timestamp({0})",
    "make_date": "make_date({0}, {1}, {2})",
    "make_timestamp": "make_timestamp({0}, {1}, {2}, {3}, {4}, {5})",
    "last_day": "last_day({0})",
    "months_between": (
        "date_part('year', age(CAST({0} AS TIMESTAMP), CAST({1} AS TIMESTAMP))) * 12"
        " + date_part('month', age(CAST({0} AS TIMESTAMP), CAST({1} AS TIMESTAMP)))"
    ),
    "json_get": _json("json_extract"),
    "json_text": _json("json_extract_string"),
    "json_has": _json("json_exists"),
    "json_contains": _json_contains,
    "json_object": _json_object,
    "json_array_length": "json_array_length({0})",
    "json_typeof": (
        "CASE json_type({0}) WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'VARCHAR' THEN 'string'"
        " WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' ELSE"
        " CASE WHEN json_type({0}) IS NOT NULL THEN 'number' END END"
    ),
    "json_keys": "CASE WHEN json_type({0}) = 'OBJECT' THEN json_keys({0}) END",
    "array_get": _element,
    "array_join": "CASE WHEN {0} IS NOT NULL THEN coalesce(array_to_string({0}, {1}), '') END",
    "split": "CASE WHEN {0} = '' THEN CAST([] AS VARCHAR[]) ELSE string_split({0}, {1}) END",
    "array": lambda p, c: Piece("[" + ", ".join(p.text(a) for a in c.args) + "]"),
    "array_contains": _array_contains,
    "array_length": "nullif(len({0}), 0)",
    "count_rows": "count(*)",
    "count": _count,
    "sum": _sum,
    "avg": _avg,
    "min": _ordered("min"),
    "max": _ordered("max"),
    "bool_and": _ordered("bool_and"),
    "bool_or": _ordered("bool_or"),
    "stddev_samp": _doubles("stddev_samp"),
    "stddev_pop": _doubles("stddev_pop"),
    "var_samp": _doubles("var_samp"),
    "var_pop": _doubles("var_pop"),
    "corr": _doubles("corr", finite_only=True),
    "covar_samp": _doubles("covar_samp"),
    "covar_pop": _doubles("covar_pop"),
    "regr_slope": _doubles("regr_slope", finite_only=True),
    "regr_intercept": _doubles("regr_intercept", finite_only=True),
    "percentile_cont": _percentile_cont,
    "percentile_disc": "quantile_disc({0}, {1})",
    "mode": _mode,
    "string_agg": _string_agg,
    "array_agg": _ordered("array_agg"),
    "first_by": _ordered("first"),
    "last_by": _last_by,
    "approx_count_distinct": "approx_count_distinct({0})",
    "approx_percentile": lambda p, c: Piece(f"approx_quantile({_as_double(p, c.args[0])}, {p.text(c.args[1])})"),
    "grouping": _ordered("grouping"),
    "row_number": "row_number()",
    "rank": "rank()",
    "dense_rank": "dense_rank()",
    "percent_rank": "percent_rank()",
    "cume_dist": "cume_dist()",
    "ntile": "ntile({0})",
    "lag": _window_value("lag"),
    "lead": _window_value("lead"),
    "first_value": "first_value({0})",
    "last_value": "last_value({0})",
    "nth_value": "nth_value({0}, {1})",
}

_ELEMENTS = {
    Kind.TEXT: "VARCHAR",
    Kind.INTEGER: "BIGINT",
    Kind.DOUBLE: "DOUBLE",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.DATE: "DATE",
    Kind.TIMESTAMP: "TIMESTAMP",
    Kind.TIMESTAMPTZ: "TIMESTAMPTZ",
    Kind.DECIMAL: "DECIMAL(38, 10)",
    Kind.JSON: "JSON",
}


_SECONDS, _MILLIS = "a whole number of seconds since 1970, UTC", "a whole number of milliseconds since 1970, UTC"
_TEXT = "text in a strptime pattern: `text %d.%m.%Y`"
_STORED = {
    Kind.BOOLEAN: (NATIVE, Form("number", "{0} <> 0", "0 or 1")),
    Kind.DATE: (
        NATIVE,
        Form("text", "CAST(strptime({0}, {1}) AS DATE)", _TEXT),
        Form("seconds", "CAST(make_timestamp({0} * 1000000) AS DATE)", _SECONDS),
        Form("millis", "CAST(make_timestamp({0} * 1000) AS DATE)", _MILLIS),
    ),
    Kind.TIMESTAMP: (
        NATIVE,
        Form("text", "strptime({0}, {1})", _TEXT),
        Form("seconds", "make_timestamp({0} * 1000000)", _SECONDS),
        Form("millis", "make_timestamp({0} * 1000)", _MILLIS),
    ),
    Kind.TIMESTAMPTZ: (
        NATIVE,
        Form("text", "timezone('UTC', strptime({0}, {1}))", _TEXT + ", in UTC"),
        Form("seconds", "timezone('UTC', make_timestamp({0} * 1000000))", _SECONDS),
        Form("millis", "timezone('UTC', make_timestamp({0} * 1000))", _MILLIS),
    ),
}
_WIDE, _EXACT = Type(Kind.INTEGER, 38), Type(Kind.DECIMAL, 38, 10)
"""What a recursive WITH counts in: its columns have the types of its first term."""

DUCKDB = Dialect(
    name="duckdb",
    stored=_STORED,
    functions=_FUNCTIONS,
    types={
        Kind.BOOLEAN: "BOOLEAN",
        Kind.INTEGER: lambda t: "BIGINT" if t.precision is None else "HUGEINT",
        Kind.DECIMAL: _decimal,
        Kind.DOUBLE: "DOUBLE",
        Kind.TEXT: "VARCHAR",
        Kind.DATE: "DATE",
        Kind.TIME: "TIME",
        Kind.TIMESTAMP: "TIMESTAMP",
        Kind.TIMESTAMPTZ: "TIMESTAMPTZ",
        Kind.INTERVAL: "INTERVAL",
        Kind.JSON: "JSON",
        Kind.ARRAY: lambda t: f"{_ELEMENTS[t.element.kind] if t.element else 'VARCHAR'}[]",
    },
    literal=_literal,
    quote=quoter('"', _RESERVED),
    parameter=lambda name, type: Piece(
        f"CAST(${name} AS {'TIMESTAMPTZ' if type.kind is Kind.TIMESTAMPTZ else 'VARCHAR'})"
    ),
    cast=_cast,
    # The session may say otherwise (default_null_order), so the place of NULLs is always spelt out.
    default_nulls=lambda descending: None,
    frame_exclusion=True,
    passes=(lambda query: widen_recursion(query, whole=_WIDE, exact=_EXACT),),
    series=_series,
    unnest=_unnest,
    # Of a session only these can change an answer; they cost nothing where they are the usual ones.
    settings={
        "Calendar": "gregorian",
        "default_collation": "",
        "default_order": "ASC",
        "ieee_floating_point_ops": "true",
    },
)
