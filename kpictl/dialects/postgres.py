"""PostgreSQL 15 and later. TimescaleDB says the same.

It differs from the contract where integers divide, where doubles round half to even, where text sorts by the database's
collation and where `date_trunc` in a zone falls behind its own row (Havana); see docs/targets/postgres.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal

from kpictl.dialects.dialect import Dialect, Rendering
from kpictl.dialects.physical import NATIVE, Form
from kpictl.dialects.printer import COMMON, FILTER_MARK, NEWLINE_MARK, OVER_MARK, Printer
from kpictl.dialects.quoting import quoter
from kpictl.dialects.standard import (
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
from kpictl.dialects.templates import ATOM, COMPARISON, PRODUCT, SUM, Piece
from kpictl.ir.scalars import Agg, Call, Cast, Interval, Lit, Scalar
from kpictl.model.types import Kind, Type
from kpictl.passes.targets.qualify_as_filter import qualify_as_filter
from kpictl.passes.targets.widen_recursion import widen_recursion

# PostgreSQL 15 manual, appendix C: reserved, and reserved except as function or type.
_RESERVED = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
    collation column concurrently constraint create cross current_catalog current_date current_role
    current_schema current_time current_timestamp current_user default deferrable desc distinct do else end
    except false fetch for foreign freeze from full grant group having ilike in initially inner intersect into
    is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on
    only or order outer overlaps placing primary references returning right select session_user similar some
    symmetric table tablesample then to trailing true union unique user using variadic verbose when where window
    with values interval between exists extract position row time timestamp precision overlay substring trim
    coalesce nullif greatest least grouping setof char character bit boolean dec decimal float int integer
    numeric real smallint bigint varchar nchar national none out inout
    """.split()
)


def _percent(text: str) -> str:
    # psycopg reads % as the mark of a parameter.
    return text.replace("%", "%%")


def _literal(printer: Printer, lit: Lit) -> Piece:
    value = lit.value
    match value:
        case None:
            known = lit.type.kind not in (Kind.NULL, Kind.UNKNOWN)
            return Piece(f"CAST(NULL AS {printer.type_name(lit.type)})" if known else "NULL")
        case bool():
            return Piece("TRUE" if value else "FALSE")
        case int():
            return plain_number(str(value))
        case Decimal():
            return plain_number(f"{value:f}")
        case float():
            return Piece(f"CAST({value!r} AS double precision)")
        case str():
            return Piece(_text(value))
        case datetime():
            word = "timestamp" if value.tzinfo is None else "timestamptz"
            return Piece(f"{word} '{seconds_text(value)}'", COMPARISON)
        case date():
            return Piece(f"date '{value.isoformat()}'", COMPARISON)
        case time():
            return Piece(f"time '{value.isoformat()}'", COMPARISON)
        case Interval():
            return frame_interval(value)


def _text(value: str) -> str:
    # E'' strings mean the same whatever standard_conforming_strings says.
    quoted = _percent(value).replace("'", "''").replace("\n", NEWLINE_MARK)
    return "E'" + quoted.replace("\\", "\\\\") + "'" if "\\" in value else f"'{quoted}'"


def _collated(printer: Printer, scalar: Scalar) -> str:
    piece = printer.scalar(scalar)
    return f'{piece.within(ATOM)} COLLATE "C"' if scalar.type.kind is Kind.TEXT else piece.within(SUM)


def _ordering(symbol: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        a, b = call.args
        return Piece(f"{_collated(printer, a)} {symbol} {printer.scalar(b).within(SUM)}", COMPARISON)

    return rendering


def _arithmetic(symbol: str, binds: int) -> Callable[[Printer, Call | Agg], Piece]:
    """Integers are computed as numeric, which never overflows."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        a, b = call.args
        left, right = printer.scalar(a), printer.scalar(b)
        if a.type.kind is b.type.kind is Kind.INTEGER and not (_is_small(a) and _is_small(b)):
            if not isinstance(a, Lit) or isinstance(b, Lit):
                left = _widened(a, left)
            else:
                right = _widened(b, right)
        return Piece(f"{left.within(binds)} {symbol} {right.within(binds + 1)}", binds)

    return rendering


def _widened(scalar: Scalar, piece: Piece) -> Piece:
    is_wide = isinstance(scalar, Call) and scalar.fn in ("add", "sub", "mul", "neg", "abs")
    if is_wide and not all(_is_small(a) for a in scalar.args):  # type: ignore[union-attr]
        return piece
    return Piece(f"CAST({piece.text} AS numeric)")


def _is_small(scalar: Scalar) -> bool:
    """Constants whose sum or product fits into 32 bits."""
    return isinstance(scalar, Lit) and isinstance(scalar.value, int) and abs(scalar.value) < 1 << 15


def _negated(word: str) -> Callable[[Printer, Call | Agg], Piece]:
    """The least integer of a width has no opposite in it, so integers are widened."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        (x,) = call.args
        piece = printer.scalar(x)
        if x.type.kind is Kind.INTEGER and not (_is_small(x) or (isinstance(x, Lit) and word == "-")):
            piece = _widened(x, piece)
        return Piece(f"-{piece.within(ATOM)}", PRODUCT) if word == "-" else Piece(f"{word}({piece.text})")

    return rendering


def _as_double(printer: Printer, scalar: Scalar) -> str:
    piece = printer.scalar(scalar)
    if scalar.type.kind is Kind.DOUBLE:
        return piece.within(PRODUCT)
    return f"CAST({piece.text} AS double precision)"


def _real_divide(printer: Printer, call: Call | Agg) -> Piece:
    a, b = call.args
    if isinstance(b, Lit) and b.value not in (None, 0):
        return Piece(f"{_as_double(printer, a)} / {_as_double(printer, b)}", PRODUCT)
    return Piece(f"{_as_double(printer, a)} / nullif({_as_double(printer, b)}, 0)", PRODUCT)


def _int_divide(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (_exact(printer, x) for x in call.args)
    return Piece(f"div({a}, nullif({b}, 0))")


def _exact(printer: Printer, scalar: Scalar) -> str:
    """A number as numeric: a double in its shortest form."""
    text = printer.text(scalar)
    return f"CAST({f'CAST({text} AS text)' if scalar.type.kind is Kind.DOUBLE else text} AS numeric)"


def _mod(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (printer.text(x) for x in call.args)
    if any(x.type.kind is Kind.DOUBLE for x in call.args):
        exact = f"mod(CAST(CAST({a} AS text) AS numeric), nullif(CAST(CAST({b} AS text) AS numeric), 0))"
        return Piece(f"CAST({exact} AS double precision)")
    return Piece(f"mod({a}, nullif({b}, 0))")


def _rounding(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, digits = call.args[0], literal_int(call.args[1]) if len(call.args) > 1 else 0
        text = printer.text(x)
        if x.type.kind is Kind.INTEGER:
            return Piece(f"{name}(CAST({text} AS numeric), {digits})") if digits < 0 else printer.scalar(x)
        rest = f", {digits}" if digits else ""
        if x.type.kind is Kind.DOUBLE:
            # The text of a double is its shortest form; round(double) itself goes half to even.
            return Piece(f"CAST({name}(CAST(CAST({text} AS text) AS numeric){rest}) AS double precision)")
        return Piece(f"{name}({text}{rest})")

    return rendering


def _whole(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    """Of an integer it would be a double, which holds 53 bits of it."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        piece = printer.scalar(call.args[0])
        return piece if call.args[0].type.kind is Kind.INTEGER else Piece(f"{name}({piece.text})")

    return rendering


def _cast(printer: Printer, cast: Cast) -> Piece:
    source, goal = cast.arg.type.kind, cast.type.kind
    text = printer.text(cast.arg)
    if source is Kind.DOUBLE and goal is Kind.INTEGER:
        return Piece(f"CAST(round(CAST(CAST({text} AS text) AS numeric)) AS bigint)")
    if source is Kind.DOUBLE and goal is Kind.DECIMAL:
        return Piece(f"CAST(CAST({text} AS text) AS {printer.type_name(cast.type, cast.place)})")
    if source is Kind.TIMESTAMPTZ and goal is Kind.TEXT:
        from kpictl.dialects.dialect import Refusal

        return printer.refuse_function(
            Call("cast", (cast.arg,), place=cast.place),
            Refusal("the text of an instant depends on the session", "use to_char(t AT TIME ZONE '...', '...')"),
        )
    if source is Kind.DATE and goal is Kind.TEXT:
        return Piece(f"to_char({text}, 'YYYY-MM-DD')")
    if source is Kind.TIMESTAMP and goal is Kind.TEXT:
        return Piece(f"rtrim(rtrim(to_char({text}, 'YYYY-MM-DD HH24:MI:SS.US'), '0'), '.')")
    if source is Kind.INTEGER and goal is Kind.BOOLEAN:
        return Piece(f"{printer.scalar(cast.arg).within(SUM)} <> 0", COMPARISON)
    if source is Kind.BOOLEAN and goal is Kind.INTEGER:
        return Piece(f"CAST({text} AS integer)")
    if cast.safe:
        from kpictl.dialects.dialect import Refusal

        return printer.refuse_function(
            Call("try_cast", (cast.arg,), place=cast.place),
            Refusal("it has no cast that answers NULL", "test the text with a regular expression first"),
        )
    return Piece(f"CAST({text} AS {printer.type_name(cast.type, cast.place)})")


def _aggregate(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        assert isinstance(call, Agg)
        return Piece(f"{name}({', '.join(p.text for p in printer.aggregate_arguments(call))})")

    return rendering


def _extreme(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x = call.args[0]
        text = _collated(printer, x) if x.type.kind is Kind.TEXT else printer.text(x)
        return Piece(f"{name}({text})")

    return rendering


def _avg(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    (x,) = printer.aggregate_arguments(call)
    if call.args[0].type.kind is Kind.DOUBLE:
        return Piece(f"avg({x.text})")
    return Piece(f"CAST(avg({x.text}){FILTER_MARK}{OVER_MARK} AS double precision)")


def _count(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    if len(call.args) == 1:
        return Piece(f"count({printer.aggregate_arguments(call)[0].text})")
    given = " AND ".join(f"{printer.scalar(a).within(SUM)} IS NOT NULL" for a in call.args)
    row = ", ".join(printer.text(a) for a in call.args)
    return Piece(f"count({'DISTINCT ' if call.distinct else ''}CASE WHEN {given} THEN ROW({row}) END)")


def _doubles(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        distinct = "DISTINCT " if isinstance(call, Agg) and call.distinct else ""
        return Piece(f"{name}({distinct}{', '.join(_as_double(printer, a) for a in call.args)})")

    return rendering


def _within_group(name: str, *, double: bool) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, *p = call.args
        by = _as_double(printer, x) if double else _collated(printer, x)
        share = f"CAST({printer.text(p[0])} AS double precision)" if p else ""
        return Piece(f"{name}({share}) WITHIN GROUP (ORDER BY {by})")

    return rendering


def _string_agg(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    x, separator = (printer.text(a) for a in call.args)
    order = ", ".join(printer.sort_key(k) for k in call.order_by)
    if call.distinct:
        # With DISTINCT the order must be by the very expression that is aggregated.
        x = _collated(printer, call.args[0])
    return Piece(
        f"string_agg({'DISTINCT ' if call.distinct else ''}{x}, {separator}{' ORDER BY ' + order if order else ''})"
    )


def _array_agg(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    if not call.distinct:
        return _aggregate("array_agg")(printer, call)
    # With DISTINCT the order must be by the very expression that is aggregated.
    x, order = _collated(printer, call.args[0]), ", ".join(printer.sort_key(k) for k in call.order_by)
    return Piece(f"array_agg(DISTINCT {x}{' ORDER BY ' + order if order else ''})")


def _edge(function: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        assert isinstance(call, Agg)
        order = ", ".join(printer.sort_key(k) for k in call.order_by)
        rows = f"array_agg({printer.text(call.args[0])} ORDER BY {order}){FILTER_MARK}"
        return Piece(f"({rows})[1]" if function == "first" else f"({rows})[count(*){FILTER_MARK}]")

    return rendering


def _floor(printer: Printer, call: Call | Agg) -> Piece:
    t, unit = call.args[0], literal_text(call.args[1])
    week_start = literal_int(call.args[3])
    piece = printer.scalar(t)
    if t.type.kind is Kind.TIMESTAMPTZ:
        return floor_instant(piece, unit, literal_text(call.args[2]), week_start, _trunc_local, _hour_bucket)
    if t.type.kind is Kind.DATE:
        # date_trunc of a date goes through the session's zone; a naive timestamp does not.
        local = Piece(f"CAST({piece.text} AS timestamp)")
        return Piece(f"CAST({_trunc_local(local, unit, week_start).text} AS date)")
    return _trunc_local(piece, unit, week_start)


def _trunc_local(local: Piece, unit: str, week_start: int) -> Piece:
    if unit == "week" and week_start:
        days = f"INTERVAL '{week_start} DAY'"
        return Piece(f"date_trunc('week', {local.within(SUM)} - {days}) + {days}", SUM)
    return Piece(f"date_trunc('{unit}', {local.text})")


def _hour_bucket(instant: Piece, unit: str, shift: int) -> Piece:
    origin = f"2000-01-01 00:{shift // 60:02d}:00+00"
    return Piece(f"date_bin(INTERVAL '1 {unit}', {instant.text}, timestamptz '{origin}')")


def _bucket_start(printer: Printer, call: Call | Agg) -> Piece:
    t, unit = call.args[0], literal_text(call.args[1])
    zone, week_start = literal_text(call.args[2]), literal_int(call.args[3])
    piece = printer.scalar(t)
    if t.type.kind is Kind.TIMESTAMPTZ:
        return floor_instant(piece, unit, zone, week_start, _trunc_local, _hour_bucket)
    local = Piece(f"CAST({piece.text} AS timestamp)")
    return first_instant(local if unit == "day" else _trunc_local(local, unit, week_start), zone)


_STEPS = (("MONTH", "months"), ("DAY", "days"), ("MICROSECOND", "micros"))


def _term(printer: Printer, part: Scalar, index: int, *, sign: bool = True) -> str:
    if isinstance(part, Lit) and part.value is not None:
        return interval_terms(printer, part, _STEPS[index][0], "", sign=sign)
    if isinstance(part, Lit):
        return f"{' + ' if sign else ''}CAST(NULL AS interval)"
    unit = ("1 month", "1 day", "1 microsecond")[index]
    return f"{' + ' if sign else ''}CAST({printer.text(part)} AS double precision) * INTERVAL '{unit}'"


def _add_interval(printer: Printer, call: Call | Agg) -> Piece:
    t, months, days, micros = call.args
    piece = printer.scalar(t)
    kind = t.type.kind
    head = f"CAST({piece.text} AS timestamp)" if kind is Kind.DATE else piece.within(SUM)
    text = head + "".join(_term(printer, p, i) for i, p in enumerate((months, days, micros)))
    return Piece(f"CAST({text} AS date)") if kind is Kind.DATE else Piece(text, SUM)


def _add_interval_in(printer: Printer, call: Call | Agg) -> Piece:
    t, months, days, micros, zone = call.args
    name = printer.text(zone)
    tail = _term(printer, micros, 2)
    if stays(months, days):
        return Piece(printer.scalar(t).within(SUM) + tail, SUM)
    steps = "".join(_term(printer, p, i) for i, p in enumerate((months, days)))
    text = f"timezone({name}, timezone({name}, {printer.text(t)}){steps})"
    if not any(isinstance(part, Lit) and part.value != 0 for part in (months, days)):
        # Without a step the instant stays, where a repeated wall time would be taken for the later one.
        zero = " AND ".join(f"{printer.scalar(p).within(SUM)} = 0" for p in (months, days) if not isinstance(p, Lit))
        text = f"CASE WHEN {zero} THEN {printer.text(t)} ELSE {text} END"
    return Piece(text + tail, SUM if tail else ATOM)


def _make_interval(printer: Printer, call: Call | Agg) -> Piece:
    given = [t for t in (_term(printer, p, i, sign=False) for i, p in enumerate(call.args)) if t]
    return Piece(" + ".join(given), SUM) if given else Piece("INTERVAL '0 DAY'", COMPARISON)


def _like(word: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x, pattern, escape = call.args
        text = f"{printer.scalar(x).within(SUM)} {word} {printer.scalar(pattern).within(SUM)}"
        mark = literal_text(escape)
        # Backslash is the escape of PostgreSQL anyway; without one it must be switched off.
        return Piece(text if mark == "\\" else f"{text} ESCAPE {_text(mark)}", COMPARISON)

    return rendering


def _regexp_like(printer: Printer, call: Call | Agg) -> Piece:
    x, pattern, *flags = call.args
    symbol = "~*" if flags and "i" in literal_text(flags[0]) else "~"
    return Piece(f"{printer.scalar(x).within(SUM)} {symbol} {printer.scalar(pattern).within(SUM)}", COMPARISON)


def _json_path(function: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        steps = [
            _text(str(step.value)) if isinstance(step, Lit) else f"CAST({printer.text(step)} AS text)"
            for step in call.args[1:]
        ]
        if not steps:
            x = printer.scalar(call.args[0])
            return Piece(f"{x.within(SUM)} #>> '{{}}'", SUM) if function.endswith("_text") else x
        return Piece(f"{function}({', '.join([printer.text(call.args[0]), *steps])})")

    return rendering


def _json_contains(printer: Printer, call: Call | Agg) -> Piece:
    part = json.dumps(json.loads(literal_text(call.args[1])), ensure_ascii=False)
    return Piece(f"{printer.scalar(call.args[0]).within(SUM)} @> CAST({_text(part)} AS jsonb)", COMPARISON)


def _part(printer: Printer, call: Call | Agg) -> Piece:
    t, unit = call.args
    text = printer.text(t)
    return Piece(f"CAST(extract({literal_text(unit)} FROM {text}) AS integer)")


def _micro_epoch(printer: Printer, scalar: Scalar) -> str:
    text = printer.text(scalar)
    text = f"CAST({text} AS timestamp)" if scalar.type.kind is Kind.DATE else text
    return f"extract(epoch FROM {text})"


def _seconds_between(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (_micro_epoch(printer, x) for x in call.args)
    return Piece(f"CAST({a} - {b} AS double precision)")


def _interval_between(printer: Printer, call: Call | Agg) -> Piece:
    return Piece(f"{_seconds_between(printer, call).text} * INTERVAL '1 second'", PRODUCT)


def _series(printer: Printer, bounds: tuple[Piece, Piece, Piece], type: Type, alias: str, column: str) -> str:
    start, stop, step = (p.text for p in bounds)
    if type.kind is Kind.DATE:
        # Of dates it would go through the session's zone; of naive timestamps it does not.
        start, stop = f"CAST({start} AS timestamp)", f"CAST({stop} AS timestamp)"
    return f"generate_series({start}, {stop}, {step}) AS {alias}({column})"


def _unnest(printer: Printer, array: Piece, type: Type, alias: str, column: str) -> str:
    function = "jsonb_array_elements" if type.kind is Kind.JSON else "unnest"
    return f"{function}({array.text}) AS {alias}({column})"


def _templated(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    return lambda printer, call: Piece(f"{name}({printer.text(call.args[0])}, {_text(literal_text(call.args[1]))})")


def _guarded(name: str, condition: str) -> Callable[[Printer, Call | Agg], Piece]:
    """PostgreSQL raises outside a function's domain; the contract says NULL."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x = _as_double(printer, call.args[0])
        return Piece(f"{name}(CASE WHEN {condition.format(x)} THEN {x} END)")

    return rendering


def _exp(printer: Printer, call: Call | Agg) -> Piece:
    """PostgreSQL raises where the result is too large, and where it is too small, too."""
    x = _as_double(printer, call.args[0])
    return Piece(f"CASE WHEN {x} < -745 THEN 0 WHEN {x} <= 709.782712893384 THEN exp({x}) END")


def _integers(name: str, first: int) -> Callable[[Printer, Call | Agg], Piece]:
    """A function whose counts are `integer`; wider ones find no function of that name."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        args = [printer.text(a) for a in call.args]
        for at in range(first, len(args)):
            arg = call.args[at]
            if arg.type.kind is not Kind.TEXT and not (isinstance(arg, Lit) and arg.value is not None):
                args[at] = f"CAST({args[at]} AS integer)"
        return Piece(f"{name}({', '.join(args)})")

    return rendering


def _power(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (_as_double(printer, x) for x in call.args)
    defined = f"({a} > 0 OR {a} = 0 AND {b} >= 0 OR {a} < 0 AND {b} = floor({b}))"
    size = f"{b} * ln(nullif(abs({a}), 0))"
    return Piece(
        f"CASE WHEN NOT {defined} OR {size} > 709.78 THEN NULL WHEN {size} < -745 THEN 0 ELSE power({a}, {b}) END"
    )


def _log(printer: Printer, call: Call | Agg) -> Piece:
    base, x = (_as_double(printer, a) for a in call.args)
    lower = f"nullif(ln(CASE WHEN {base} > 0 THEN {base} END), 0)"
    return Piece(f"ln(CASE WHEN {x} > 0 THEN {x} END) / {lower}", PRODUCT)


_FUNCTIONS: dict[str, Rendering] = {
    **COMMON,
    "lt": _ordering("<"),
    "le": _ordering("<="),
    "gt": _ordering(">"),
    "ge": _ordering(">="),
    "add": _arithmetic("+", SUM),
    "sub": _arithmetic("-", SUM),
    "mul": _arithmetic("*", PRODUCT),
    "coalesce": name_function("coalesce"),
    "nullif": "nullif({0}, {1})",
    "greatest": lambda p, c: Piece(f"greatest({', '.join(_collated(p, a) for a in c.args)})"),
    "least": lambda p, c: Piece(f"least({', '.join(_collated(p, a) for a in c.args)})"),
    "real_divide": _real_divide,
    "int_divide": _int_divide,
    "mod": _mod,
    "neg": _negated("-"),
    "abs": _negated("abs"),
    "sign": "CAST(sign({0}) AS integer)",
    "ceil": _whole("ceil"),
    "floor": _whole("floor"),
    "round": _rounding("round"),
    "trunc": _rounding("trunc"),
    "power": _power,
    "sqrt": _guarded("sqrt", "{0} >= 0"),
    "exp": _exp,
    "ln": _guarded("ln", "{0} > 0"),
    "log10": _guarded("log", "{0} > 0"),
    "log": _log,
    "width_bucket": "width_bucket(CAST({0} AS numeric), CAST({1} AS numeric), CAST({2} AS numeric), CAST({3} AS integer))",
    "concat": name_function("concat"),
    "concat_ws": name_function("concat_ws"),
    "lower": "lower({0})",
    "upper": "upper({0})",
    # initcap itself takes the words of the database's collation: of ICU's O'Neill is one, of others two.
    "initcap": (
        "CASE WHEN {0} IS NOT NULL THEN coalesce((SELECT string_agg(upper(left(w[1], 1)) || lower(substr(w[1], 2)), ''"
        " ORDER BY n) FROM regexp_matches({0}, '[[:alnum:]]+|[^[:alnum:]]+', 'g') WITH ORDINALITY AS words(w, n)), '') END"
    ),
    "length": "length({0})",
    "substring": _integers("substr", 1),
    "left": "left({0}, CAST({1} AS integer))",
    "right": "right({0}, CAST({1} AS integer))",
    "trim": name_function("btrim"),
    "ltrim": name_function("ltrim"),
    "rtrim": name_function("rtrim"),
    "replace": "replace({0}, {1}, {2})",
    "lpad": _integers("lpad", 1),
    "rpad": _integers("rpad", 1),
    "repeat": "repeat({0}, CAST({1} AS integer))",
    "reverse": "reverse({0})",
    "split_part": "split_part({0}, {1}, CAST({2} AS integer))",
    "strpos": "strpos({0}, {1})",
    "starts_with": "starts_with({0}, {1})",
    "like": _like("LIKE"),
    "ilike": _like("ILIKE"),
    "regexp_like": _regexp_like,
    "regexp_extract": name_function("substring"),
    "regexp_replace": name_function("regexp_replace"),
    "md5": "md5({0})",
    "format_time": lambda p, c: Piece(
        f"to_char(CAST({p.text(c.args[0])} AS timestamp), {_text(literal_text(c.args[1]))})"
    ),
    "format_number": _templated("to_char"),
    "parse_date": _templated("to_date"),
    "parse_timestamp": lambda p, c: Piece(
        f"timezone('UTC', to_timestamp({p.text(c.args[0])} || ' +00', {_text(literal_text(c.args[1]) + ' TZH')}))"
    ),
    "time_floor": _floor,
    "bucket_start": _bucket_start,
    "to_local": "timezone({1}, {0})",
    "to_instant": "timezone({1}, {0})",
    "local_date": "CAST(timezone({1}, {0}) AS date)",
    "date_of": "CAST({0} AS date)",
    "add_interval": _add_interval,
    "add_interval_in": _add_interval_in,
    "date_diff": lambda p, c: Piece(f"{p.scalar(c.args[0]).within(SUM)} - {p.scalar(c.args[1]).within(PRODUCT)}", SUM),
    "seconds_between": _seconds_between,
    "interval_between": _interval_between,
    "age": "age(CAST({0} AS timestamp), CAST({1} AS timestamp))",
    "make_interval": _make_interval,
    "interval_add": "{0} + {1}",
    "interval_scale": "{0} * CAST({1} AS double precision)",
    "interval_seconds": "CAST(extract(epoch FROM {0}) AS double precision)",
    "part": _part,
    "second": "CAST(extract(second FROM {0}) AS double precision)",
    "interval_part": _part,
    "epoch": lambda p, c: Piece(f"CAST({_micro_epoch(p, c.args[0])} AS double precision)"),
    "from_epoch": "to_timestamp(CAST({0} AS double precision))",
    "make_date": "make_date(CAST({0} AS integer), CAST({1} AS integer), CAST({2} AS integer))",
    "make_timestamp": (
        "make_timestamp(CAST({0} AS integer), CAST({1} AS integer), CAST({2} AS integer),"
        " CAST({3} AS integer), CAST({4} AS integer), CAST({5} AS double precision))"
    ),
    "last_day": "CAST(date_trunc('month', CAST({0} AS timestamp)) + INTERVAL '1 month' - INTERVAL '1 day' AS date)",
    "months_between": (
        "CAST(extract(year FROM age(CAST({0} AS timestamp), CAST({1} AS timestamp))) * 12"
        " + extract(month FROM age(CAST({0} AS timestamp), CAST({1} AS timestamp))) AS integer)"
    ),
    "json_get": _json_path("jsonb_extract_path"),
    "json_text": _json_path("jsonb_extract_path_text"),
    "json_has": "jsonb_exists({0}, {1})",
    "json_contains": _json_contains,
    "json_object": name_function("jsonb_build_object"),
    "json_array_length": "jsonb_array_length({0})",
    "json_typeof": "jsonb_typeof({0})",
    "json_keys": "CASE WHEN jsonb_typeof({0}) = 'object' THEN ARRAY(SELECT jsonb_object_keys({0})) END",
    "array_get": "({0})[CAST({1} AS integer)]",
    "array_join": "array_to_string({0}, {1})",
    "split": "string_to_array({0}, {1})",
    "array": lambda p, c: Piece("ARRAY[" + ", ".join(p.text(a) for a in c.args) + "]"),
    "array_contains": "{1} = ANY ({0})",
    "array_length": "array_length({0}, 1)",
    "count_rows": "count(*)",
    "count": _count,
    "sum": _aggregate("sum"),
    "avg": _avg,
    "min": _extreme("min"),
    "max": _extreme("max"),
    "bool_and": _aggregate("bool_and"),
    "bool_or": _aggregate("bool_or"),
    "stddev_samp": _doubles("stddev_samp"),
    "stddev_pop": _doubles("stddev_pop"),
    "var_samp": _doubles("var_samp"),
    "var_pop": _doubles("var_pop"),
    "corr": _doubles("corr"),
    "covar_samp": _doubles("covar_samp"),
    "covar_pop": _doubles("covar_pop"),
    "regr_slope": _doubles("regr_slope"),
    "regr_intercept": _doubles("regr_intercept"),
    "percentile_cont": _within_group("percentile_cont", double=True),
    "percentile_disc": _within_group("percentile_disc", double=False),
    "mode": _within_group("mode", double=False),
    "string_agg": _string_agg,
    "array_agg": _array_agg,
    "first_by": _edge("first"),
    "last_by": _edge("last"),
    # Both are exact here: PostgreSQL has no sketches of its own.
    "approx_count_distinct": "count(DISTINCT {0})",
    "approx_percentile": _within_group("percentile_cont", double=True),
    "grouping": _aggregate("GROUPING"),
    "row_number": "row_number()",
    "rank": "rank()",
    "dense_rank": "dense_rank()",
    "percent_rank": "percent_rank()",
    "cume_dist": "cume_dist()",
    "ntile": "ntile({0})",
    "lag": name_function("lag"),
    "lead": name_function("lead"),
    "first_value": "first_value({0})",
    "last_value": "last_value({0})",
    "nth_value": "nth_value({0}, {1})",
}

_ELEMENTS = {
    Kind.TEXT: "text",
    Kind.INTEGER: "bigint",
    Kind.DOUBLE: "double precision",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "date",
    Kind.TIMESTAMP: "timestamp",
    Kind.TIMESTAMPTZ: "timestamptz",
    Kind.DECIMAL: "numeric",
    Kind.JSON: "jsonb",
    Kind.INTERVAL: "interval",
}


def _numeric(type: Type) -> str:
    return f"numeric({type.precision}, {type.scale or 0})" if type.precision is not None else "numeric"


_SECONDS, _MILLIS = "a number of seconds since 1970, UTC", "a number of milliseconds since 1970, UTC"
_TEXT = "text in a template of to_char: `text DD.MM.YYYY`"
_EPOCH = "to_timestamp(CAST({0} AS double precision))", "to_timestamp(CAST({0} AS double precision) / 1000)"
_STORED = {
    Kind.BOOLEAN: (NATIVE, Form("number", "{0} <> 0", "0 or 1")),
    Kind.DATE: (
        NATIVE,
        Form("text", "to_date({0}, {1})", _TEXT),
        Form("seconds", f"CAST(timezone('UTC', {_EPOCH[0]}) AS date)", _SECONDS),
        Form("millis", f"CAST(timezone('UTC', {_EPOCH[1]}) AS date)", _MILLIS),
    ),
    Kind.TIMESTAMP: (
        NATIVE,
        Form("text", "timezone('UTC', to_timestamp({0} || ' +00', {1} || ' TZH'))", _TEXT),
        Form("seconds", f"timezone('UTC', {_EPOCH[0]})", _SECONDS),
        Form("millis", f"timezone('UTC', {_EPOCH[1]})", _MILLIS),
    ),
    Kind.TIMESTAMPTZ: (
        NATIVE,
        Form("text", "to_timestamp({0} || ' +00', {1} || ' TZH')", _TEXT + ", in UTC"),
        Form("seconds", _EPOCH[0], _SECONDS),
        Form("millis", _EPOCH[1], _MILLIS),
    ),
}

POSTGRES = Dialect(
    name="postgres",
    stored=_STORED,
    functions=_FUNCTIONS,
    types={
        Kind.BOOLEAN: "boolean",
        Kind.INTEGER: "bigint",
        Kind.DECIMAL: _numeric,
        Kind.DOUBLE: "double precision",
        Kind.TEXT: "text",
        Kind.DATE: "date",
        Kind.TIME: "time",
        Kind.TIMESTAMP: "timestamp",
        Kind.TIMESTAMPTZ: "timestamptz",
        Kind.INTERVAL: "interval",
        Kind.JSON: "jsonb",
        Kind.ARRAY: lambda t: f"{_ELEMENTS[t.element.kind] if t.element else 'text'}[]",
    },
    literal=_literal,
    quote=quoter('"', _RESERVED),
    escape_text=_percent,
    parameter=lambda name, type: Piece(
        f"CAST(%({name})s AS {'timestamptz' if type.kind is Kind.TIMESTAMPTZ else 'text'})"
    ),
    cast=_cast,
    default_nulls=lambda descending: not descending,
    order_value=lambda piece, type: Piece(f'{piece.within(ATOM)} COLLATE "C"') if type.kind is Kind.TEXT else piece,
    frame_exclusion=True,
    passes=(qualify_as_filter, widen_recursion),
    series=_series,
    unnest=_unnest,
    # Doubles must print in their shortest form for rounding to be exact.
    settings={"extra_float_digits": "1"},
)
