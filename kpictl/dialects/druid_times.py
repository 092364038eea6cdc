"""How Druid says what has to do with time. Every date, naive timestamp and instant is a TIMESTAMP of the UTC session.

Sources: Druid 33 manual, "SQL scalar functions" (TIME_FLOOR, TIME_SHIFT, TIME_EXTRACT, TIME_FORMAT, TIME_PARSE), and
answers of Druid 33 itself: TIME_FLOOR in a zone begins a repeated midnight with the second one, TIME_PARSE takes the
earlier of two wall times and answers NULL for one that is skipped, `t + INTERVAL '1' DAY` adds 24 hours.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from kpictl.dialects.dialect import Refusal
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import literal_int, literal_text
from kpictl.dialects.templates import ATOM, PRODUCT, SUM, Piece
from kpictl.dialects.time_patterns import tokens
from kpictl.dialects.zones import offsets, zone_shape
from kpictl.ir.scalars import Agg, Call, Interval, Lit, Scalar
from kpictl.model.types import Kind, Type

_PERIODS = {
    "second": "PT1S",
    "minute": "PT1M",
    "hour": "PT1H",
    "day": "P1D",
    "week": "P1W",
    "month": "P1M",
    "quarter": "P3M",
    "year": "P1Y",
}
_MONDAY = date(2024, 1, 1)
_FINE = Refusal("its instants are milliseconds", "round the time to milliseconds")
_WALL = "yyyy-MM-dd''T''HH:mm:ss.SSS"


def timestamp(value: date) -> str:
    """A constant date, naive timestamp or instant as Druid's TIMESTAMP, cut to milliseconds."""
    if isinstance(value, datetime):
        moved = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        text = moved.isoformat(sep=" ", timespec="milliseconds")
        return f"TIMESTAMP '{text.removesuffix('.000')}'"
    return f"TIMESTAMP '{value.isoformat()} 00:00:00'"


def millis(piece: Piece) -> str:
    return f"TIMESTAMP_TO_MILLIS({piece.text})"


# -- floors


def _floor(piece: Piece, unit: str, week_start: int, zone: str | None) -> Piece:
    """TIME_FLOOR, with the origin of weeks that do not start on Monday; in a zone the origin is its midnight."""
    if unit not in _PERIODS:
        return piece  # Nothing there is finer than a millisecond.
    period = _PERIODS[unit]
    origin = "NULL"
    if unit == "week" and week_start:
        day = _MONDAY + timedelta(days=week_start)
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        if zone is not None:
            from zoneinfo import ZoneInfo

            midnight = midnight.replace(tzinfo=ZoneInfo(zone))
        origin = timestamp(midnight)
    if zone is not None:
        return Piece(f"TIME_FLOOR({piece.text}, '{period}', {origin}, '{zone}')")
    rest = "" if origin == "NULL" else f", {origin}"
    return Piece(f"TIME_FLOOR({piece.text}, '{period}'{rest})")


def _first_instant(start: Piece, zone: str) -> Piece:
    """Of a midnight that comes twice the first: one hour is the only such step."""
    if not zone_shape(zone).midnight_changes:
        return start
    before = f"TIME_SHIFT({start.text}, 'PT1H', -1)"
    same = f"TIME_EXTRACT({before}, 'DAY', '{zone}') = TIME_EXTRACT({start.text}, 'DAY', '{zone}')"
    return Piece(f"CASE WHEN {same} THEN {before} ELSE {start.text} END")


def _hour(piece: Piece, zone: str) -> Piece:
    """Hours floored on UTC plus offset, cut at a change of offset."""
    start = f"TIME_FLOOR({piece.text}, 'PT1H', NULL, '{zone}')"
    if zone_shape(zone).hour_offset is not None:
        return Piece(start)
    offset = f"TIME_FORMAT({piece.text}, 'Z', '{zone}')"
    starts = [start, *(f"TIME_SHIFT({start}, 'PT{n}M', 1)" for n in (15, 30, 45))]
    whens = "".join(f" WHEN TIME_FORMAT({s}, 'Z', '{zone}') = {offset} THEN {s}" for s in starts)
    return Piece(f"CASE{whens} END")


def _floor_instant(piece: Piece, unit: str, zone: str, week_start: int) -> Piece:
    if unit in ("minute", "second", "millisecond", "microsecond") or zone == "UTC":
        return _floor(piece, unit, week_start, None)
    if unit == "hour":
        return _hour(piece, zone)
    return _first_instant(_floor(piece, unit, week_start, zone), zone)


def time_floor(printer: Printer, call: Call | Agg) -> Piece:
    t, unit = call.args[0], literal_text(call.args[1])
    piece, week_start = printer.scalar(t), literal_int(call.args[3])
    if t.type.kind is Kind.TIMESTAMPTZ:
        return _floor_instant(piece, unit, literal_text(call.args[2]), week_start)
    return _floor(piece, unit, week_start, None)


def bucket_start(printer: Printer, call: Call | Agg) -> Piece:
    t, unit = call.args[0], literal_text(call.args[1])
    zone, week_start = literal_text(call.args[2]), literal_int(call.args[3])
    piece = printer.scalar(t)
    if t.type.kind is Kind.TIMESTAMPTZ:
        return _floor_instant(piece, unit, zone, week_start)
    start = piece if unit == "day" else _floor(piece, unit, week_start, None)
    return start if zone == "UTC" else _day_start(start, zone)


def _day_start(day: Piece, zone: str) -> Piece:
    """The first instant of a date: the floor of what is about its noon there."""
    low, high = offsets(zone)
    noon = 12 * 60 - (low + high) // 120
    return _first_instant(_floor(Piece(_shifted(day.text, "PT1M", noon)), "day", 0, zone), zone)


# -- zones


def _shifted(text: str, period: str, n: int | str) -> str:
    return f"TIME_SHIFT({text}, '{period}', {n})"


def local_date(printer: Printer, call: Call | Agg) -> Piece:
    """The local midnight, moved to where it stands in UTC.

    A midnight is that of its date less an offset between `low` and `high`; moved by `high` it lies within the date.
    """
    zone, piece = literal_text(call.args[1]), printer.scalar(call.args[0])
    if zone == "UTC":
        return _floor(piece, "day", 0, None)
    low, high = offsets(zone)
    if high - low >= 22 * 3600:
        return _floor(_local(piece, zone), "day", 0, None)
    return _floor(Piece(_shifted(_floor(piece, "day", 0, zone).text, "PT1M", high // 60)), "day", 0, None)


def _local(piece: Piece, zone: str) -> Piece:
    low, high = offsets(zone)
    if low == high:
        return piece if not low else Piece(_shifted(piece.text, "PT1M", low // 60))
    return Piece(f"TIME_PARSE(TIME_FORMAT({piece.text}, '{_WALL}', '{zone}'), '{_WALL}')")


def to_local(printer: Printer, call: Call | Agg) -> Piece:
    return _local(printer.scalar(call.args[0]), literal_text(call.args[1]))


def to_instant(printer: Printer, call: Call | Agg) -> Piece:
    return _instant(printer, call, printer.scalar(call.args[0]), literal_text(call.args[1]))


def _instant(printer: Printer, call: Call | Agg, wall: Piece, zone: str) -> Piece:
    """A wall time less the smaller of the offsets before and after it: of two the later, a skipped one forward."""
    low, high = offsets(zone)
    if low == high:
        return wall if not low else Piece(_shifted(wall.text, "PT1M", -low // 60))
    if not zone_shape(zone).two_offsets:
        return printer.refuse_function(
            call,
            Refusal(
                f"wall times of {zone} have had more than two offsets since 1970",
                "store instants, and count in hours: `24h`",
            ),
        )
    parsed = f"{millis(wall)} - LEAST({_offset(wall, high, zone)}, {_offset(wall, low, zone)})"
    return Piece(f"MILLIS_TO_TIMESTAMP({parsed})")


def _offset(wall: Piece, guess: int, zone: str) -> str:
    """The offset in milliseconds at the instant that a wall time is under a guessed offset."""
    instant = Piece(_shifted(wall.text, "PT1M", -guess // 60))
    return f"{millis(_local(instant, zone))} - {millis(instant)}"


# -- calendar


def _steps(printer: Printer, call: Call | Agg, text: str, parts: tuple[Scalar, Scalar, Scalar]) -> str:
    months, days, micros = parts
    for part, period in ((months, "P1M"), (days, "P1D")):
        if isinstance(part, Lit) and part.value is not None:
            if count := literal_int(part):
                text = _shifted(text, period, count)
        else:
            n = printer.text(part)
            text = f"CASE WHEN {n} IS NOT NULL THEN {_shifted(text, period, f'CAST({n} AS BIGINT)')} END"
    if not isinstance(micros, Lit):
        step = f"CAST(FLOOR({printer.scalar(micros).within(PRODUCT)} / 1000E0) AS BIGINT)"
        return f"MILLIS_TO_TIMESTAMP({millis(Piece(text))} + {step})"
    return _add_micros(printer, call, text, literal_int(micros))


def _add_micros(printer: Printer, call: Call | Agg, text: str, micros: int) -> str:
    if micros == -1:
        micros = -1000  # just before an instant
    if micros % 1000:
        return printer.refuse_function(call, _FINE).text
    for size, period in ((3_600_000_000, "PT1H"), (60_000_000, "PT1M"), (1_000_000, "PT1S"), (1000, "PT0.001S")):
        if micros and micros % size == 0:
            return _shifted(text, period, micros // size)
    return text


def add_interval(printer: Printer, call: Call | Agg) -> Piece:
    t, months, days, micros = call.args
    text = _steps(printer, call, printer.text(t), (months, days, micros))
    is_date = t.type.kind is Kind.DATE and not (isinstance(micros, Lit) and micros.value == 0)
    return _floor(Piece(text), "day", 0, None) if is_date else Piece(text)


def add_interval_in(printer: Printer, call: Call | Agg) -> Piece:
    t, months, days, micros, zone = call.args
    name = literal_text(zone)
    nothing = Lit(0, months.type)
    still = [p for p in (months, days) if not (isinstance(p, Lit) and p.value == 0)]
    if not still:
        return Piece(_steps(printer, call, printer.text(t), (nothing, nothing, micros)))
    wall = _steps(printer, call, _local(printer.scalar(t), name).text, (months, days, nothing))
    moved = _instant(printer, call, Piece(wall), name)
    if not any(isinstance(p, Lit) for p in still):
        # A wall time that comes twice would become the later one though nothing is added to it.
        unmoved = " AND ".join(f"{printer.scalar(p).within(SUM)} = 0" for p in still)
        moved = Piece(f"CASE WHEN {unmoved} THEN {printer.text(t)} ELSE {moved.text} END")
    return Piece(_steps(printer, call, moved.text, (nothing, nothing, micros)))


_PARTS = {
    "year": "YEAR",
    "quarter": "QUARTER",
    "month": "MONTH",
    "week": "WEEK",
    "isoyear": "YEAR",
    "day": "DAY",
    "isodow": "DOW",
    "doy": "DOY",
    "hour": "HOUR",
    "minute": "MINUTE",
}


def part(printer: Printer, call: Call | Agg) -> Piece:
    """EXTRACT; a part of a local time is taken in its zone without going there. Druid's DOW counts from Monday 1."""
    t, unit = call.args[0], literal_text(call.args[1])
    word = _PARTS["isodow" if unit == "dow" else unit]
    if unit == "isoyear":
        # Druid's own ISOYEAR is the year of the calendar; an ISO year is that of the week's Thursday.
        return Piece(f"TIME_EXTRACT(TIME_SHIFT({_floor(printer.scalar(t), 'week', 0, None).text}, 'P1D', 3), 'YEAR')")
    if isinstance(t, Call) and t.fn in ("to_local", "local_date"):
        text = f"TIME_EXTRACT({printer.text(t.args[0])}, '{word}', '{literal_text(t.args[1])}')"
    else:
        text = f"TIME_EXTRACT({printer.text(t)}, '{word}')"
    return Piece(f"MOD({text}, 7)" if unit == "dow" else text)


def second(printer: Printer, call: Call | Agg) -> Piece:
    t = printer.text(call.args[0])
    return Piece(f"EXTRACT(SECOND FROM {t}) + EXTRACT(MILLISECOND FROM {t}) / 1000E0", SUM)


def date_diff(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (millis(printer.scalar(x)) for x in call.args)
    return Piece(f"({a} - {b}) / 86400000", PRODUCT)


def seconds_between(printer: Printer, call: Call | Agg) -> Piece:
    a, b = (millis(printer.scalar(x)) for x in call.args)
    return Piece(f"({a} - {b}) / 1000E0", PRODUCT)


def months_between(printer: Printer, call: Call | Agg) -> Piece:
    """Months of the calendar, one less where the later one's day and time of day have not come yet."""
    a, b = (printer.text(x) for x in call.args)

    def count(t: str) -> str:
        return f"TIME_EXTRACT({t}, 'YEAR') * 12 + TIME_EXTRACT({t}, 'MONTH')"

    def within(t: str) -> str:
        return f"TIMESTAMP_TO_MILLIS({t}) - TIMESTAMP_TO_MILLIS(TIME_FLOOR({t}, 'P1M'))"

    less = f"CASE WHEN {a} >= {b} AND {within(a)} < {within(b)} THEN 1"
    less += f" WHEN {a} < {b} AND {within(a)} > {within(b)} THEN -1 ELSE 0 END"
    return Piece(f"{count(a)} - ({count(b)}) - {less}", SUM)


def from_epoch(printer: Printer, call: Call | Agg) -> Piece:
    return Piece(f"MILLIS_TO_TIMESTAMP(CAST(ROUND({printer.scalar(call.args[0]).within(PRODUCT)} * 1000) AS BIGINT))")


# -- templates of text

_JODA = {
    "YYYY": "yyyy",
    "YY": "yy",
    "IYYY": "xxxx",
    "IW": "ww",
    "MM": "MM",
    "DD": "dd",
    "DDD": "DDD",
    "HH24": "HH",
    "HH12": "hh",
    "HH": "hh",
    "MI": "mm",
    "SS": "ss",
    "MS": "SSS",
    "ID": "e",
    "Dy": "EEE",
    "Mon": "MMM",
    "FMDay": "EEEE",
    "FMMonth": "MMMM",
    "FMMM": "M",
    "FMDD": "d",
    "FMHH24": "H",
    "FMHH12": "h",
    "AM": "a",
    "PM": "a",
}
_UPPER = {"DY": "EEE", "MON": "MMM", "FMDAY": "EEEE", "FMMONTH": "MMMM"}
_LOWER = {"dy": "EEE", "mon": "MMM", "fmday": "EEEE", "FMday": "EEEE", "FMmonth": "MMMM"}


def format_time(printer: Printer, call: Call | Agg) -> Piece:
    """TIME_FORMAT by Joda patterns; what Joda lacks (quarters, Sunday 1) is put between its pieces."""
    t = printer.text(call.args[0])
    pieces: list[str] = []
    run: list[tuple[str, bool]] = []
    for text, is_word in tokens(literal_text(call.args[1])):
        if not is_word or text in _JODA:
            run.append((text, is_word))
            continue
        other = _other(text, t)
        if other is None:
            return printer.refuse_function(call, Refusal(f"it has no pattern for `{text}`", "use another pattern"))
        pieces += [_formatted(t, run), other] if run else [other]
        run = []
    if run or not pieces:
        pieces.append(_formatted(t, run))
    return Piece(pieces[0] if len(pieces) == 1 else f"CONCAT({', '.join(pieces)})")


def _formatted(t: str, run: list[tuple[str, bool]]) -> str:
    return f"TIME_FORMAT({t}, '{_pattern(run)}')"


def _pattern(run: list[tuple[str, bool]]) -> str:
    """A Joda pattern as it stands in SQL: letters that are no words of it in quotes, neighbours in the same ones."""
    out, literal = "", ""
    for text, is_word in [*run, ("", True)]:
        if not is_word:
            literal += text
            continue
        if literal:
            plain = not any(c.isalpha() or c == "'" for c in literal)
            out += literal if plain else "'" + literal.replace("'", "''") + "'"
            literal = ""
        out += _JODA.get(text, "")
    return out.replace("'", "''")


def _other(word: str, t: str) -> str | None:
    if word in _UPPER:
        return f"UPPER(TIME_FORMAT({t}, '{_UPPER[word]}'))"
    if word in _LOWER:
        return f"LOWER(TIME_FORMAT({t}, '{_LOWER[word]}'))"
    if word == "Q":
        return f"CAST(TIME_EXTRACT({t}, 'QUARTER') AS VARCHAR)"
    if word == "D":
        return f"CAST(MOD(TIME_EXTRACT({t}, 'DOW'), 7) + 1 AS VARCHAR)"
    return f"CONCAT(TIME_FORMAT({t}, 'SSS'), '000')" if word == "US" else None


def joda(template: str) -> str | None:
    """A template for parsing, as it stands in SQL; None where a word of it has no equal."""
    run = tokens(template)
    return None if any(is_word and text not in _JODA for text, is_word in run) else _pattern(run)


# -- series

_DIGITS = ", ".join(f"({n})" for n in range(10))
_MOST = 5
"""Digits of the numbers that a series whose ends are parameters is cut from; Druid itself stops at 100,000 rows."""
_HOURS = 6


def series(printer: Printer, bounds: tuple[Piece, Piece, Piece], type: Type, alias: str, column: str) -> str:
    """Numbers from VALUES, added to the start. The step is the printed period of a constant interval, or a number."""
    start, stop, step = bounds
    upto = "<="
    if type.kind is Kind.INTEGER:
        value = f"{start.within(SUM)} + n * {step.within(ATOM)}"
        digits = _MOST
        upto = ">=" if step.text.startswith("-") else "<="
    else:
        n, period = step.text.split(" ")
        value = f"TIME_SHIFT({start.text}, '{period}', n{'' if n == '1' else f' * {n}'})"
        digits = _HOURS if period.startswith("PT") else _MOST
    names = "abcdef"[:digits]
    total = " + ".join(f"{name}.n" + (f" * {10**i}" if i else "") for i, name in enumerate(names))
    joined = " CROSS JOIN ".join(f"(VALUES {_DIGITS}) AS {name}(n)" for name in names)
    numbers = f"SELECT {total} AS n FROM {joined}"
    return f"(SELECT {value} AS {column} FROM ({numbers}) AS numbers WHERE {value} {upto} {stop.text}) AS {alias}"


def series_step(printer: Printer, step: Scalar) -> Piece:
    """How often which period, `7 P1D`, for a constant forward interval of one unit; a number as it is."""
    if step.type.kind is not Kind.INTERVAL:
        if not isinstance(step, Lit) or not step.value:
            what = Refusal("a step must be a constant other than 0", "use such a step")
            printer.refuse(getattr(step, "place", None), "generate_series by this step", what)
        return printer.scalar(step)
    text = _step_text(step.value) if isinstance(step, Lit) and isinstance(step.value, Interval) else None
    if text is None:
        what = Refusal("a step must be a constant interval of one unit, forward", "use such a step")
        printer.refuse(getattr(step, "place", None), "generate_series by this step", what)
    return Piece(text or "1 P1D")


def _step_text(value: Interval) -> str | None:
    if value == Interval(months=value.months) and value.months > 0:
        return f"{value.months} P1M"
    if value == Interval(days=value.days) and value.days > 0:
        return f"{value.days} P1D"
    if value.months or value.days or value.micros <= 0:
        return None
    for size, period in ((3_600_000_000, "PT1H"), (60_000_000, "PT1M"), (1_000_000, "PT1S"), (1000, "PT0.001S")):
        if value.micros % size == 0:
            return f"{value.micros // size} {period}"
    return None
