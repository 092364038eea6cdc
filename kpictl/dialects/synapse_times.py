"""Time in Synapse: instants are DATETIME2 that hold UTC, and no unit is floored but by counting from 0001-01-01, a Monday.

DATETRUNC is not there, DATEPART(week) and (weekday) follow the session's DATEFIRST, and DATEDIFF counts the boundaries that lie
between: from the first of year 1 that is the number of whole units, whatever the session says. Its results and what DATEADD
takes are INT, so long distances go in two steps. Pages: learn.microsoft.com/sql/t-sql/functions/ dateadd, datediff,
datediff-big, datepart, eomonth, datefromparts; /sql/t-sql/queries/at-time-zone-transact-sql.
"""

from __future__ import annotations

from dataclasses import dataclass

from kpictl.dialects import time_texts
from kpictl.dialects.dateadd import unless_it_stays
from kpictl.dialects.dialect import Refusal, Rendering
from kpictl.dialects.elapsed import elapsed
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import BELOW_A_DAY, literal_int, literal_text, stays
from kpictl.dialects.synapse_zones import ONE_RULE_FROM, WINDOWS
from kpictl.dialects.templates import PRODUCT, SUM, Piece
from kpictl.dialects.time_patterns import tokens
from kpictl.dialects.zones import zone_shape
from kpictl.ir.scalars import Agg, Call, Lit, Scalar
from kpictl.model.types import Kind

STAMP = "DATETIME2(6)"
COLLATION = "Latin1_General_100_BIN2_UTF8"
_FIRST = "CAST('0001-01-01' AS DATE)"
_FIRST_STAMP = f"CAST('0001-01-01' AS {STAMP})"
_EPOCH = f"CAST('1970-01-01' AS {STAMP})"
_DAY, _HOUR, _MINUTE, _SECOND = 86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000
_UTC = "UTC"


@dataclass(frozen=True, slots=True)
class _Zone:
    """A zone's name on Windows; None where no zone there has its rules."""

    iana: str
    windows: str | None

    @property
    def is_utc(self) -> bool:
        return self.windows == _UTC


def _zone(scalar: Scalar) -> _Zone:
    name = literal_text(scalar)
    return _Zone(name, WINDOWS.get(name))


def _unknown(printer: Printer, call: Call | Agg, zone: _Zone) -> Piece:
    reason = f"Windows has no time zone with the rules of {zone.iana}"
    return printer.refuse_function(call, Refusal(reason, "use UTC, or the zone of a place with the same rules"))


def _to_local(instant: str, zone: _Zone) -> str:
    if zone.is_utc:
        return instant
    return f"CAST({instant} AT TIME ZONE 'UTC' AT TIME ZONE '{zone.windows}' AS {STAMP})"


def _to_instant(local: str, zone: _Zone, *, repeats: bool) -> str:
    """Of a wall time that comes twice AT TIME ZONE takes the earlier instant; the contract's is an hour later."""
    if zone.is_utc:
        return local
    plain = f"CAST({local} AT TIME ZONE '{zone.windows}' AT TIME ZONE 'UTC' AS {STAMP})"
    if not repeats or not zone_shape(zone.iana).repeats:
        return plain
    later = f"DATEADD(hour, 1, {plain})"
    return f"CASE WHEN {_to_local(later, zone)} = {local} THEN {later} ELSE {plain} END"


def to_local(printer: Printer, call: Call | Agg) -> Piece:
    """Wall clock time of an instant."""
    zone = _zone(call.args[1])
    if zone.windows is None:
        return _unknown(printer, call, zone)
    return (
        printer.scalar(call.args[0])
        if zone.is_utc
        else Piece(_to_local(printer.scalar(call.args[0]).within(SUM), zone))
    )


def to_instant(printer: Printer, call: Call | Agg) -> Piece:
    """Instant of a wall clock time."""
    zone = _zone(call.args[1])
    if zone.windows is None:
        return _unknown(printer, call, zone)
    if zone.is_utc:
        return printer.scalar(call.args[0])
    return Piece(_to_instant(printer.scalar(call.args[0]).within(SUM), zone, repeats=True))


def local_date(printer: Printer, call: Call | Agg) -> Piece:
    """Calendar date of an instant in a zone."""
    zone = _zone(call.args[1])
    if zone.windows is None:
        return _unknown(printer, call, zone)
    return Piece(f"CAST({_to_local(printer.scalar(call.args[0]).within(SUM), zone)} AS DATE)")


# -- floors


def _floor(t: str, unit: str, week_start: int, *, dates: bool) -> str:
    """The start of a unit of a naive time; a DATE where `dates`, else a DATETIME2."""
    first = _FIRST if dates else _FIRST_STAMP
    if unit == "day":
        return t if dates else f"CAST(CAST({t} AS DATE) AS {STAMP})"
    if unit == "week":
        days = f"DATEDIFF(day, '0001-01-01', {t})"
        if not week_start:
            return f"DATEADD(day, {days} / 7 * 7, {first})"
        return f"DATEADD(day, ({days} + {7 - week_start}) / 7 * 7 - {7 - week_start}, {first})"
    if unit in ("year", "quarter", "month"):
        return f"DATEADD({unit}, DATEDIFF({unit}, '0001-01-01', {t}), {first})"
    if unit == "microsecond":
        return t
    day = f"CAST({t} AS DATE)"
    return f"DATEADD({unit}, DATEDIFF({unit}, {day}, {t}), CAST({day} AS {STAMP}))"


def _floor_instant(printer: Printer, call: Call, instant: str, unit: str, zone: _Zone, week_start: int) -> Piece:
    if zone.windows is None:
        return _unknown(printer, call, zone)
    if unit in BELOW_A_DAY:
        offset = 0 if unit != "hour" else zone_shape(zone.iana, ONE_RULE_FROM).hour_offset
        assert offset is not None, "a zone of the table has whole hours"
        if not offset:
            return Piece(_floor(instant, unit, 0, dates=False))
        floor = _floor(f"DATEADD(minute, {offset // 60}, {instant})", unit, 0, dates=False)
        return Piece(f"DATEADD(minute, -{offset // 60}, {floor})")
    return _first_instant(printer, call, _floor(_to_local(instant, zone), unit, week_start, dates=False), zone)


def _first_instant(printer: Printer, call: Call, local: str, zone: _Zone) -> Piece:
    if zone.windows is None:
        return _unknown(printer, call, zone)
    # No clock of the zones of the table changes at midnight.
    return Piece(_to_instant(local, zone, repeats=False))


def _parts(call: Call | Agg) -> tuple[Scalar, str, _Zone, int]:
    t, unit, zone, week_start = call.args
    return t, literal_text(unit), _zone(zone), literal_int(week_start)


def time_floor(printer: Printer, call: Call | Agg) -> Piece:
    """Start of the unit that holds a time."""
    assert isinstance(call, Call)
    t, unit, zone, week_start = _parts(call)
    text = printer.scalar(t).within(SUM)
    if t.type.kind is Kind.TIMESTAMPTZ:
        return _floor_instant(printer, call, text, unit, zone, week_start)
    if t.type.kind is Kind.DATE and unit in ("hour", "minute", "second"):
        return printer.scalar(t)
    return Piece(_floor(text, unit, week_start, dates=t.type.kind is Kind.DATE))


def bucket_start(printer: Printer, call: Call | Agg) -> Piece:
    """Start, as an instant, of the bucket that holds a time."""
    assert isinstance(call, Call)
    t, unit, zone, week_start = _parts(call)
    text = printer.scalar(t).within(SUM)
    if t.type.kind is Kind.TIMESTAMPTZ:
        return _floor_instant(printer, call, text, unit, zone, week_start)
    local = f"CAST({text} AS {STAMP})" if unit == "day" else _floor(text, unit, week_start, dates=False)
    return _first_instant(printer, call, local, zone)


# -- additions and differences


def _added(printer: Printer, t: str, months: Scalar, days: Scalar, micros: Scalar) -> str:
    """DATEADD of months, then days, then time; nothing where a part is zero."""
    for part, word in ((months, "month"), (days, "day")):
        if not _is_zero(part):
            t = f"DATEADD({word}, {printer.text(part)}, {t})"
    if _is_zero(micros):
        return t
    if isinstance(micros, Lit) and isinstance(micros.value, int):
        return _later(t, micros.value)
    return _moved(t, f"CAST({printer.text(micros)} AS BIGINT)")


def _is_zero(part: Scalar) -> bool:
    return isinstance(part, Lit) and part.value == 0


def _later(t: str, micros: int) -> str:
    """DATEADD takes an INT: a constant in its largest unit, else in seconds and what is left."""
    for size, word in ((_HOUR, "hour"), (_MINUTE, "minute"), (_SECOND, "second"), (1, "microsecond")):
        if micros % size == 0 and abs(micros) // size < 2**31:
            return f"DATEADD({word}, {micros // size}, {t})"
    seconds = abs(micros) // _SECOND * (1 if micros > 0 else -1)
    return f"DATEADD(microsecond, {micros - seconds * _SECOND}, DATEADD(second, {seconds}, {t}))"


def _moved(t: str, micros: str) -> str:
    """A time so many microseconds later, the number being a BIGINT: by days, seconds, microseconds."""
    day = f"CAST({_DAY} AS BIGINT)"  # a constant beyond INT is a decimal, which is divided as one
    days = f"DATEADD(day, {micros} / {day}, {t})"
    seconds = f"DATEADD(second, {micros} % {day} / {_SECOND}, {days})"
    return f"DATEADD(microsecond, {micros} % {_SECOND}, {seconds})"


def add_interval(printer: Printer, call: Call | Agg) -> Piece:
    """Calendar addition; a date stays a date."""
    t, *parts = call.args
    piece = printer.scalar(t)
    if all(map(_is_zero, parts)):
        return piece
    if t.type.kind is Kind.DATE and not _is_zero(parts[2]):
        return Piece(f"CAST({_added(printer, f'CAST({piece.text} AS {STAMP})', *parts)} AS DATE)")
    return Piece(_added(printer, piece.text, *parts))


def add_interval_in(printer: Printer, call: Call | Agg) -> Piece:
    """Calendar addition on the wall clock of a zone, then elapsed time."""
    t, months, days, micros, where = call.args
    zone, nothing = _zone(where), Lit(0)
    if zone.windows is None:
        return _unknown(printer, call, zone)
    instant = printer.scalar(t).within(SUM)
    if not stays(months, days):
        moved = _to_instant(_added(printer, _to_local(instant, zone), months, days, nothing), zone, repeats=True)
        instant = unless_it_stays(printer, instant, moved, months, days)
    return Piece(_added(printer, instant, nothing, nothing, micros))


def date_diff(printer: Printer, call: Call | Agg) -> Piece:
    """Days between dates."""
    a, b = (printer.text(x) for x in call.args)
    return Piece(f"DATEDIFF(day, {b}, {a})")


def _seconds(b: str, a: str) -> Piece:
    return Piece(f"CAST(DATEDIFF_BIG(microsecond, {b}, {a}) AS FLOAT) / 1000000", PRODUCT)


def seconds_between(printer: Printer, call: Call | Agg) -> Piece:
    """Seconds with fractions."""
    a, b = (printer.text(x) for x in call.args)
    return _seconds(b, a)


def epoch(printer: Printer, call: Call | Agg) -> Piece:
    """Seconds since 1970."""
    return _seconds(_EPOCH, printer.text(call.args[0]))


def from_epoch(printer: Printer, call: Call | Agg) -> Piece:
    """Instant of seconds since 1970."""
    x = call.args[0]
    if isinstance(x, Lit) and isinstance(x.value, int):
        return Piece(_later(_EPOCH, x.value * _SECOND))
    exact = f"CAST({printer.text(x)} AS DECIMAL(38, 7))" if x.type.kind is not Kind.INTEGER else printer.text(x)
    micros = f"CAST(ROUND(CAST({exact} AS DECIMAL(28, 7)) * 1000000, 0) AS BIGINT)"
    return Piece(_moved(_EPOCH, micros))


def second(printer: Printer, call: Call | Agg) -> Piece:
    """Seconds of the minute with fractions."""
    t = printer.text(call.args[0])
    return Piece(f"CAST(DATEPART(second, {t}) AS FLOAT) + CAST(DATEPART(microsecond, {t}) AS FLOAT) / 1000000", SUM)


def part(printer: Printer, call: Call | Agg) -> Piece:
    """A part that no DATEFIRST changes."""
    return _part(printer.text(call.args[0]), literal_text(call.args[1]))


def _part(t: str, unit: str) -> Piece:
    days = f"DATEDIFF(day, '0001-01-01', {t})"
    if unit == "isodow":
        return Piece(f"{days} % 7 + 1", SUM)
    if unit == "dow":
        return Piece(f"({days} + 1) % 7", PRODUCT)
    if unit == "isoyear":  # that of the week's Thursday
        return Piece(f"DATEPART(year, DATEADD(day, {days} / 7 * 7 + 3, {_FIRST}))")
    words = {"week": "iso_week", "doy": "dayofyear"}
    return Piece(f"DATEPART({words.get(unit, unit)}, {t})")


def months_between(printer: Printer, call: Call | Agg) -> Piece:
    """DATEDIFF counts the firsts of months between; one less where the last month is not complete."""
    a, b = (printer.text(x) for x in call.args)
    months = f"DATEDIFF(month, {b}, {a})"
    over, under = f"DATEADD(month, -{months}, {a}) < {b}", f"DATEADD(month, {months}, {b}) < {a}"
    return Piece(
        f"CASE WHEN {a} >= {b} AND {over} THEN {months} - 1 WHEN {a} < {b} AND {under} THEN {months} + 1 ELSE {months} END"
    )


def make_date(printer: Printer, call: Call | Agg) -> Piece:
    """DATEFROMPARTS, which fails for parts out of range."""
    parts = (printer.text(a) if isinstance(a, Lit) else f"CAST({printer.text(a)} AS INT)" for a in call.args)
    return Piece(f"DATEFROMPARTS({', '.join(parts)})")


# -- texts of times

_PLACES = {"YYYY": (1, 4), "YY": (3, 2), "MM": (6, 2), "DD": (9, 2), "HH24": (12, 2), "MI": (15, 2), "SS": (18, 2)} | {
    "US": (21, 6),
    "MS": (21, 3),
}
"""Where each pattern stands in style 121, `yyyy-mm-dd hh:mi:ss.ffffff`."""


def format_time(printer: Printer, call: Call | Agg) -> Piece:
    """Style 121 of CONVERT has every number of a time at a fixed place; names are looked up, since DATENAME is the session's."""
    t = call.args[0]
    text = printer.text(t)
    canonical = f"CONVERT(NVARCHAR(26), CAST({text} AS {STAMP}), 121)"
    terms: list[str] = []
    for word, is_pattern in tokens(literal_text(call.args[1])):
        if not is_pattern:
            terms.append("N'" + word.replace("'", "''") + "'")
            continue
        term = _pattern(word, text, canonical)
        if term is None:
            why = Refusal("FORMAT depends on a culture, and CONVERT has no such pattern", "put texts beside it with ||")
            return printer.refuse_function(call, why)
        terms.append(term)
    joined = _joined(terms, canonical)
    return Piece(f"({joined}) COLLATE {COLLATION}" if len(terms) > 1 else f"{joined} COLLATE {COLLATION}")


def _joined(terms: list[str], canonical: str) -> str:
    plain = (
        f"SUBSTRING({canonical}, 1, 4)",
        "N'-'",
        f"SUBSTRING({canonical}, 6, 2)",
        "N'-'",
        f"SUBSTRING({canonical}, 9, 2)",
    )
    if tuple(terms[:5]) == plain:
        terms = [f"SUBSTRING({canonical}, 1, 10)", *terms[5:]]
    return " + ".join(terms)


def _pattern(word: str, t: str, canonical: str) -> str | None:
    if word in _PLACES:
        start, length = _PLACES[word]
        return f"SUBSTRING({canonical}, {start}, {length})"

    def part_of(unit: str) -> str:
        return f"({_part(t, unit).text})"

    def filled(number: str, digits: int) -> str:
        text = f"CAST({number} AS NVARCHAR(4))"
        return text if digits == 1 else f"RIGHT(N'{'0' * (digits - 1)}' + {text}, {digits})"

    if word.lower() in ("dy", "mon") and (named := time_texts.names(word)):
        unit, names = named
        return f"SUBSTRING(N'{''.join(names)}', {part_of(unit)} * 3 - 2, 3)"
    return time_texts.made(word, part_of, "N'{}'".format, filled)


FORMS = {
    "YYYY-MM-DD": "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]",
    "YYYYMMDD": "[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]",
}
"""Texts of dates that are read alike in every language."""


def parse_date(printer: Printer, call: Call | Agg) -> Piece:
    """A date of a text that has the template's form; any other text is an error."""
    form = FORMS.get(literal_text(call.args[1]))
    if form is None:
        return printer.refuse_function(call, Refusal("only YYYY-MM-DD is read alike in every session", "use that form"))
    x = printer.scalar(call.args[0]).within(SUM)
    return Piece(f"CAST(CASE WHEN {x} NOT LIKE N'{form}' THEN N'?' ELSE {x} END AS DATE)")


FUNCTIONS: dict[str, Rendering] = {
    "format_time": format_time,
    "parse_date": parse_date,
    "parse_timestamp": Refusal("only ISO texts are read alike in every session", "CAST a text in ISO form"),
    "time_floor": time_floor,
    "bucket_start": bucket_start,
    "to_local": to_local,
    "to_instant": to_instant,
    "local_date": local_date,
    "date_of": "CAST({0} AS DATE)",
    "add_interval": add_interval,
    "add_interval_in": add_interval_in,
    "date_diff": date_diff,
    "seconds_between": seconds_between,
    **elapsed(seconds_between),
    "part": part,
    "second": second,
    "epoch": epoch,
    "from_epoch": from_epoch,
    "make_date": make_date,
    "make_timestamp": Refusal("its seconds are whole numbers there", "make the date, and add to it"),
    "last_day": "EOMONTH({0})",
    "months_between": months_between,
}
