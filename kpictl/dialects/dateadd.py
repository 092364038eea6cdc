"""Time as engines say it that have DATEADD, DATEDIFF and DATE_TRUNC, and no intervals that mix months, days and seconds.

What differs from one to the next is how an instant becomes a wall clock time and back, how parts are taken, and the names of
types: `Clock` says it. DATEADD is given naive timestamps only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from kpictl.dialects import time_texts
from kpictl.dialects.dialect import Refusal, Rendering
from kpictl.dialects.elapsed import elapsed
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import BELOW_A_DAY, literal_int, literal_text, stays
from kpictl.dialects.templates import ATOM, PRODUCT, SUM, Piece
from kpictl.dialects.time_patterns import tokens
from kpictl.dialects.zones import zone_shape
from kpictl.ir.scalars import Agg, Call, Lit, Scalar
from kpictl.model.types import DATE, Kind
from kpictl.records import dataclass

OUT_OF_RANGE = Refusal("parts out of range would roll over instead of failing", "parse the date from text, or store it")
BY_TEMPLATE = Refusal("what it does with a text that does not fit is not documented", "CAST a text in ISO form")
_ZERO = Lit(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One engine's words. `zone` is a printed text constant or expression."""

    to_local: Callable[[str, str], str]
    """(instant, zone) to the wall clock time there, naive."""
    to_instant: Callable[[str, str], str]
    """(naive, zone) to the instant; a repeated time is the later, a skipped one moves forward."""
    part: Callable[[str, str], str]
    """(unit, naive) to a whole number, for year quarter month week isoyear day dow isodow doy hour minute."""
    patterns: Mapping[str, str]
    """Postgres' template words to the engine's, as far as it has them."""
    timestamp: str = "TIMESTAMP"
    double: str = "DOUBLE PRECISION"
    whole: str = "BIGINT"
    date_literal: str = "TIMESTAMP '1970-01-01 00:00:00'"

    def functions(self) -> dict[str, Rendering]:
        """The renderings of every canonical function of time."""
        return {
            "format_time": self._format_time,
            "parse_date": BY_TEMPLATE,
            "parse_timestamp": BY_TEMPLATE,
            "time_floor": self._time_floor,
            "bucket_start": self._bucket_start,
            "to_local": lambda p, c: Piece(self.to_local(p.text(c.args[0]), p.text(c.args[1]))),
            "to_instant": lambda p, c: Piece(self.to_instant(p.text(c.args[0]), p.text(c.args[1]))),
            "local_date": lambda p, c: Piece(f"CAST({self.to_local(p.text(c.args[0]), p.text(c.args[1]))} AS DATE)"),
            "date_of": "CAST({0} AS DATE)",
            "add_interval": self._add_interval,
            "add_interval_in": self._add_interval_in,
            "date_diff": lambda p, c: Piece(f"DATEDIFF(day, {p.text(c.args[1])}, {p.text(c.args[0])})", ATOM),
            "seconds_between": self._seconds_between,
            **elapsed(self._seconds_between),
            "part": lambda p, c: Piece(f"CAST({self.part(literal_text(c.args[1]), p.text(c.args[0]))} AS INTEGER)"),
            "second": self._second,
            "epoch": lambda p, c: self._micros(self.date_literal, self._naive(p, c.args[0])),
            "from_epoch": self._from_epoch,
            "make_date": make_date,
            "make_timestamp": OUT_OF_RANGE,
            "last_day": "LAST_DAY({0})",
            "months_between": self._months_between,
        }

    # -- floors

    def _trunc(self, local: str, unit: str, week_start: int) -> str:
        """The floor of a naive timestamp or date; the result is a timestamp."""
        if unit == "week" and week_start:
            return f"DATEADD(day, {week_start}, DATE_TRUNC('week', DATEADD(day, -{week_start}, {local})))"
        return f"DATE_TRUNC('{unit}', {local})"

    def _first_instant(self, local: str, zone: str) -> str:
        """The first instant of a local day; `to_instant` takes the later of two."""
        name = f"'{zone}'"
        plain = self.to_instant(local, name)
        if not zone_shape(zone).midnight_changes:
            return plain
        before = self.to_instant(f"DATEADD(hour, -1, {self.to_local(plain, _UTC)})", _UTC)
        same_day = f"CAST({self.to_local(before, name)} AS DATE) = CAST({local} AS DATE)"
        return f"CASE WHEN {same_day} THEN {before} ELSE {plain} END"

    def _floor_instant(self, printer: Printer, call: Call, unit: str, zone: str, week_start: int) -> Piece:
        instant = printer.text(call.args[0])
        if unit not in BELOW_A_DAY:
            local = self._trunc(self.to_local(instant, f"'{zone}'"), unit, week_start)
            return Piece(self._first_instant(local, zone))
        shift = 0
        if unit == "hour":
            offset = zone_shape(zone).hour_offset
            if offset is None:
                return Piece(self._floor_odd_hour(instant, zone))
            shift = offset // 60
        utc = self.to_local(instant, _UTC)
        moved = f"DATEADD(minute, {shift}, {utc})" if shift else utc
        floor = f"DATE_TRUNC('{unit}', {moved})"
        return Piece(self.to_instant(f"DATEADD(minute, -{shift}, {floor})" if shift else floor, _UTC))

    def _floor_odd_hour(self, instant: str, zone: str) -> str:
        """The hour of a zone whose offsets are not whole hours apart: that of its clock, or what a change left of it."""
        name = f"'{zone}'"
        utc, local = self.to_local(instant, _UTC), self.to_local(instant, name)
        clock = f"DATE_TRUNC('hour', {local})"
        hour = f"DATEADD(microsecond, DATEDIFF(microsecond, {local}, {utc}), {clock})"
        shape = zone_shape(zone)
        if not shape.cuts:
            return self.to_instant(hour, _UTC)
        if shape.cut_in_halves:
            same_offset = f"{self.to_local(self.to_instant(hour, _UTC), name)} = {clock}"
            whole = f"DATE_TRUNC('hour', {utc})"
            half = f"DATEADD(minute, 30, {whole})"
            found = f"CASE WHEN {same_offset} THEN {hour} WHEN {utc} < {half} THEN {whole} ELSE {half} END"
        else:
            arms = " ".join(
                f"WHEN {utc} >= {self._at(at)} AND {utc} < {self._at(at + rest)} THEN {self._at(at)}"
                for at, rest in shape.cuts
            )
            found = f"CASE {arms} ELSE {hour} END"
        return self.to_instant(found, _UTC)

    def _at(self, seconds: int) -> str:
        """An instant as a naive constant of UTC."""
        return f"CAST('{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}' AS {self.timestamp})"

    def _time_floor(self, printer: Printer, call: Call | Agg) -> Piece:
        assert isinstance(call, Call)
        t, unit = call.args[0], literal_text(call.args[1])
        zone, week_start = literal_text(call.args[2]), literal_int(call.args[3])
        if t.type.kind is Kind.TIMESTAMPTZ:
            return self._floor_instant(printer, call, unit, zone, week_start)
        text = self._trunc(printer.text(t), unit, week_start)
        return Piece(f"CAST({text} AS DATE)" if t.type.kind is Kind.DATE else text)

    def _bucket_start(self, printer: Printer, call: Call | Agg) -> Piece:
        assert isinstance(call, Call)
        t, unit = call.args[0], literal_text(call.args[1])
        zone, week_start = literal_text(call.args[2]), literal_int(call.args[3])
        if t.type.kind is Kind.TIMESTAMPTZ:
            return self._floor_instant(printer, call, unit, zone, week_start)
        local = f"CAST({printer.text(t)} AS {self.timestamp})"
        return Piece(self._first_instant(local if unit == "day" else self._trunc(local, unit, week_start), zone))

    # -- additions and differences

    def _added(self, printer: Printer, text: str, months: Scalar, days: Scalar, micros: Scalar) -> str:
        """DATEADD of months, then days, then time; nothing where a part is zero."""
        for part, word in ((months, "month"), (days, "day"), (micros, "microsecond")):
            if _is_zero(part):
                continue
            number = printer.text(part) if isinstance(part, Lit) else f"CAST({printer.text(part)} AS {self.whole})"
            text = f"DATEADD({word}, {number}, {text})"
        return text

    def _add_interval(self, printer: Printer, call: Call | Agg) -> Piece:
        t, *parts = call.args
        piece = printer.scalar(t)
        if t.type.kind is Kind.TIMESTAMPTZ:
            return Piece(self.to_instant(self._added(printer, self.to_local(piece.text, _UTC), *parts), _UTC))
        text = self._added(printer, piece.text, *parts)
        if text == piece.text:
            return piece
        return Piece(f"CAST({text} AS DATE)" if t.type.kind is Kind.DATE else text)

    def _add_interval_in(self, printer: Printer, call: Call | Agg) -> Piece:
        t, months, days, micros, zone = call.args
        name = printer.text(zone)
        instant = printer.text(t)
        if not stays(months, days):
            moved = self.to_instant(self._added(printer, self.to_local(instant, name), months, days, _ZERO), name)
            instant = unless_it_stays(printer, instant, moved, months, days)
        if isinstance(micros, Lit) and literal_int(micros) == 0:
            return Piece(instant)
        return Piece(self.to_instant(self._added(printer, self.to_local(instant, _UTC), _ZERO, _ZERO, micros), _UTC))

    def _naive(self, printer: Printer, scalar: Scalar) -> str:
        text = printer.text(scalar)
        if scalar.type.kind is Kind.TIMESTAMPTZ:
            return self.to_local(text, _UTC)
        return f"CAST({text} AS {self.timestamp})" if scalar.type.kind is Kind.DATE else text

    def _micros(self, b: str, a: str) -> Piece:
        return Piece(f"DATEDIFF(microsecond, {b}, {a}) / CAST(1000000 AS {self.double})", PRODUCT)

    def _seconds_between(self, printer: Printer, call: Call | Agg) -> Piece:
        a, b = (self._naive(printer, x) for x in call.args)
        return self._micros(b, a)

    def _second(self, printer: Printer, call: Call | Agg) -> Piece:
        text = printer.text(call.args[0])
        return self._micros(f"DATE_TRUNC('minute', {text})", text)

    def _from_epoch(self, printer: Printer, call: Call | Agg) -> Piece:
        (seconds,) = call.args
        wide = seconds.type.kind is not Kind.INTEGER or isinstance(seconds, Lit)
        text = printer.scalar(seconds).within(PRODUCT) if wide else f"CAST({printer.text(seconds)} AS {self.whole})"
        micros = f"CAST(ROUND({text} * 1000000) AS {self.whole})"
        return Piece(self.to_instant(f"DATEADD(microsecond, {micros}, {self.date_literal})", _UTC))

    def _months_between(self, printer: Printer, call: Call | Agg) -> Piece:
        """DATEDIFF counts the firsts of months between; one less where the last month is not complete."""
        a, b = (self._naive(printer, x) for x in call.args)
        months = f"DATEDIFF(month, {b}, {a})"
        over, under = f"DATEADD(month, -{months}, {a}) < {b}", f"DATEADD(month, {months}, {b}) < {a}"
        return Piece(
            f"CASE WHEN {a} >= {b} AND {over} THEN {months} - 1 WHEN {a} < {b} AND {under} THEN {months} + 1"
            f" ELSE {months} END"
        )

    def _format_time(self, printer: Printer, call: Call | Agg) -> Piece:
        """TO_CHAR of what it has a pattern for; other words are made of parts, and put between."""
        t = call.args[0]
        text = printer.text(t)
        if t.type.kind is Kind.DATE:
            text = f"CAST({text} AS {self.timestamp})"
        pieces: list[str] = []
        template = ""
        for word, is_word in [*tokens(literal_text(call.args[1])), ("", False)]:
            if is_word and word in self.patterns:
                template += self.patterns[word]
            elif not is_word and word and template and not any(c.isalnum() or c in "\"'" for c in word):
                template += word
            else:
                if template:
                    pieces.append(f"TO_CHAR({text}, '{template}')")
                    template = ""
                if word:
                    made = self._made(word, text) if is_word else printer.text(Lit(word))
                    if made is None:
                        why = Refusal(f"it has no pattern for `{word}`", "use another pattern")
                        return printer.refuse_function(call, why)
                    pieces.append(made)
        return Piece(" || ".join(pieces) or "''", SUM if len(pieces) > 1 else ATOM)

    def _made(self, word: str, t: str) -> str | None:
        def part(unit: str) -> str:
            return f"CAST({self.part(unit, t)} AS INTEGER)"

        def filled(number: str, digits: int) -> str:
            text = f"CAST({number} AS VARCHAR)"
            return text if digits == 1 else f"LPAD({text}, {digits}, '0')"

        return time_texts.made(word, part, "'{}'".format, filled)


def make_date(printer: Printer, call: Call | Agg) -> Piece:
    """The date of its text, which fails where there is none; functions that take the parts would roll over."""
    constants = [a.value for a in call.args if isinstance(a, Lit) and isinstance(a.value, int)]
    if len(constants) == 3 and (known := _date(*constants)):
        return printer.scalar(Lit(known, DATE))
    bounds = ((1, 9999, 4), (1, 12, 2), (1, 31, 2))
    parts = [printer.scalar(a).within(SUM + 1) for a in call.args]
    sound = " AND ".join(f"{x} BETWEEN {low} AND {high}" for x, (low, high, _) in zip(parts, bounds, strict=True))
    texts = [f"LPAD(CAST({x} AS VARCHAR), {n}, '0')" for x, (_, _, n) in zip(parts, bounds, strict=True)]
    written = " || '-' || ".join(texts)
    return Piece(f"CAST(CASE WHEN {sound} THEN {written} WHEN {' + '.join(parts)} IS NOT NULL THEN '?' END AS DATE)")


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def unless_it_stays(printer: Printer, instant: str, moved: str, months: Scalar, days: Scalar) -> str:
    """The moved instant; where months and days turn out to be zero no wall clock is asked, on which it might come twice."""
    if any(isinstance(part, Lit) and part.value not in (None, 0) for part in (months, days)):
        return moved
    zero = " AND ".join(f"{printer.scalar(part).within(SUM)} = 0" for part in (months, days) if not _is_zero(part))
    return f"CASE WHEN {zero} THEN {instant} ELSE {moved} END"


def _is_zero(part: Scalar) -> bool:
    return isinstance(part, Lit) and part.value == 0


_UTC = "'UTC'"
