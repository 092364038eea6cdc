"""Stored forms that every target reads: a column is of another type, and becomes the declared one as a query would say it.

`text` is CAST of a text, `seconds` and `millis` are to_timestamp of a number, `number` is a comparison with 0. So they mean
on each target what CAST, to_timestamp and the comparison mean there: a text that has not the form fails, or is refused where
the target has no exact form of the change. A target's own forms (`Dialect.stored`) go before these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kpictl.dialects.physical import Form
from kpictl.ir.scalars import Call, Cast, Col, Lit, Scalar
from kpictl.model.types import BOOLEAN, DATE, DOUBLE, INTEGER, TEXT, TIMESTAMP, TIMESTAMPTZ, Kind, Type
from kpictl.records import dataclass

ISO_DATE = "YYYY-MM-DD"
"""The one pattern that may follow `text` of a date where a target has no patterns of its own."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A form that is another type: `value` makes the declared type of the column, `read` says how in SQL."""

    name: str
    type: Type
    value: Callable[[Col, Type], Scalar]
    read: str
    meaning: str


def _cast(col: Col, declared: Type) -> Scalar:
    return Cast(col, declared, place=col.place)


def _instant(seconds: Scalar, col: Col, declared: Type) -> Scalar:
    instant = Call("from_epoch", (seconds,), TIMESTAMPTZ, col.place)
    if declared.kind is Kind.TIMESTAMPTZ:
        return instant
    fn, type = ("local_date", DATE) if declared.kind is Kind.DATE else ("to_local", TIMESTAMP)
    return Call(fn, (instant, Lit("UTC", TEXT)), type, col.place)


def _seconds(col: Col, declared: Type) -> Scalar:
    return _instant(col, col, declared)


def _millis(col: Col, declared: Type) -> Scalar:
    parts = (Cast(col, DOUBLE, place=col.place), Lit(1000.0, DOUBLE))
    return _instant(Call("real_divide", parts, DOUBLE, col.place), col, declared)


def _truth(col: Col, declared: Type) -> Scalar:
    return Call("ne", (col, Lit(0, INTEGER)), BOOLEAN, col.place)


def _text(meaning: str) -> Converted:
    return Converted("text", TEXT, _cast, "CAST", meaning)


_EPOCH = (
    Converted("seconds", INTEGER, _seconds, "to_timestamp", "a whole number of seconds since 1970, UTC"),
    Converted("millis", INTEGER, _millis, "to_timestamp", "a whole number of milliseconds since 1970, UTC"),
)
FORMS: Mapping[Kind, tuple[Converted, ...]] = {
    Kind.BOOLEAN: (
        Converted("number", INTEGER, _truth, "<> 0", "0 or 1"),
        _text("text: `true t yes y on 1`, `false f no n off 0`"),
    ),
    Kind.DATE: (_text("text in ISO form, `2024-03-31`"), *_EPOCH),
    Kind.TIMESTAMP: (_text("text in ISO form, `2024-03-31 12:00:00`"), *_EPOCH),
    Kind.TIMESTAMPTZ: (_text("text in ISO form, `2024-03-31 12:00:00+02:00`; without an offset in UTC"), *_EPOCH),
    Kind.INTEGER: (_text("text"),),
    Kind.DECIMAL: (_text("text"),),
    Kind.DOUBLE: (_text("text"),),
    Kind.JSON: (_text("text that holds a document"),),
}


def converted(own: Mapping[Kind, tuple[Form, ...]], kind: Kind, words: str) -> Converted | None:
    """The form that some words name where the target's own forms have it not; None when there is none."""
    name, _, argument = words.strip().partition(" ")
    if argument and (
        kind is not Kind.DATE or argument.strip() != ISO_DATE or any(f.takes_argument for f in own.get(kind, ()))
    ):
        return None
    return next((form for form in FORMS.get(kind, ()) if form.name == name.lower()), None)


def others(own: Mapping[Kind, tuple[Form, ...]], kind: Kind) -> tuple[Converted, ...]:
    """The forms of a kind beside the target's own."""
    taken = {form.name for form in own.get(kind, ()) if not form.takes_argument}
    return tuple(form for form in FORMS.get(kind, ()) if form.name not in taken)
