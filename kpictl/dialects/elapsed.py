"""Intervals on engines that have none, or none that mix days and seconds: an elapsed time is its seconds, a double.

Months have no length, so an interval of months is refused; `age_as_parts` says what is asked of one.
"""

from __future__ import annotations

from collections.abc import Callable

from kpictl.dialects.dialect import Refusal, Rendering
from kpictl.dialects.physical import Form
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import double
from kpictl.dialects.templates import PRODUCT, SUM, Piece
from kpictl.ir.scalars import Agg, Call, Cast, Lit, Scalar
from kpictl.model.types import DOUBLE, Kind

NO_MONTHS = Refusal("it keeps elapsed times in seconds, and a month has no length", "use days")
_AGE = Refusal(
    "it keeps elapsed times in seconds, and a month has no length", "take its parts: EXTRACT(YEAR FROM age(a, b))"
)
_PARTS = Refusal("it keeps elapsed times in seconds", "take EXTRACT(EPOCH FROM a - b), seconds, and divide")
STORED = {Kind.INTERVAL: (Form("seconds", "{0}", "a number of seconds"),)}
"""How a source's interval is stored."""

NOTE = "It has no intervals of days and seconds together: an elapsed time is answered as its seconds, a number."


def elapsed(seconds_between: Callable[[Printer, Call | Agg], Piece]) -> dict[str, Rendering]:
    """The renderings of intervals; `seconds_between` is the target's own."""
    return {
        "interval_between": seconds_between,
        "age": _AGE,
        "make_interval": _made,
        "interval_add": "{0} + {1}",
        "interval_scale": _scaled,
        "interval_seconds": "{0}",
        "interval_part": _PARTS,
    }


def _made(printer: Printer, call: Call | Agg) -> Piece:
    months, days, micros = call.args
    if not isinstance(months, Lit) or months.value:
        return printer.refuse_function(call, NO_MONTHS)
    type_, of = printer.type_name(DOUBLE), _seconds(days, micros)
    if of is not None:
        return Piece(f"CAST(CAST({printer.text(of)} AS DECIMAL(38, 6)) AS {type_})")
    parts = [
        f"{double(printer, part)} {size}"
        for part, size in ((days, "* 86400"), (micros, "/ 1000000"))
        if not isinstance(part, Lit) or part.value != 0
    ]
    return Piece(" + ".join(parts) or f"CAST(0 AS {type_})", SUM if len(parts) > 1 else PRODUCT)


def _seconds(days: Scalar, micros: Scalar) -> Scalar | None:
    """The seconds that were made an interval: whole microseconds of them, and no days."""
    if not (isinstance(days, Lit) and days.value == 0 and isinstance(micros, Cast) and isinstance(micros.arg, Call)):
        return None
    of = micros.arg.args[0] if micros.arg.fn == "round" else None
    is_product = isinstance(of, Call) and of.fn == "mul" and of.args[1] == Lit(1e6, DOUBLE)
    return of.args[0] if isinstance(of, Call) and is_product else None


def _scaled(printer: Printer, call: Call | Agg) -> Piece:
    x, n = call.args
    return Piece(f"{printer.scalar(x).within(PRODUCT)} * {double(printer, n)}", PRODUCT)
