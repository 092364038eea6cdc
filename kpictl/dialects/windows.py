"""Prints windows: what they are partitioned and ordered by, and their frames."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kpictl.dialects.dialect import Refusal
from kpictl.dialects.marks import OVER_MARK
from kpictl.dialects.templates import SUM, Piece
from kpictl.ir.scalars import Agg, Frame, FrameBound, Interval, Lit, Over

if TYPE_CHECKING:
    from kpictl.dialects.printer import Printer


def over_text(printer: Printer, over: Over) -> Piece:
    """A function over a window; NULLs, ranges of times and frames as the target wants them."""
    call = printer.windowed(over.call)
    parts = []
    if over.partition_by:
        keys = (printer.dialect.partition_value(printer.scalar(p), p.type).text for p in over.partition_by)
        parts.append("PARTITION BY " + ", ".join(keys))
    numbered = _range_as_numbers(printer, over)
    if numbered is not None:
        parts.extend(numbered)
    else:
        if over.order_by:
            where = "range" if _is_range(over) else ""
            parts.append("ORDER BY " + ", ".join(printer.sort_key(k, where, in_window=True) for k in over.order_by))
        if over.frame is not None:
            parts.append(_frame(printer, over.frame))
    window = f" OVER ({' '.join(parts)})"
    if OVER_MARK in call.text:
        return Piece(call.text.replace(OVER_MARK, window), call.binds)
    return Piece(call.text + window)


def _range_as_numbers(printer: Printer, over: Over) -> tuple[str, str] | None:
    """ORDER BY and frame of a RANGE of times over numbers; None where the window needs no such thing."""
    frame, change = over.frame, printer.dialect.range_key
    if change is None or frame is None or frame.mode.lower() != "range" or len(over.order_by) != 1:
        return None
    (key,) = over.order_by
    bounds = (frame.start, frame.end)
    if not any(b.offset for b in bounds):
        return None
    if any(b.offset is None for b in bounds):
        why = Refusal("NULLs would fall into a frame that is open on one side", "bound both sides of the frame")
        printer.refuse(over.place, "this RANGE frame", why)
    piece, changed = printer.scalar(key.by), []
    for bound in bounds:
        if isinstance(bound.offset, Interval):
            found = change(printer, key.by, _length(bound.offset))
            if found is None:
                why = Refusal("its length in days is not fixed", "write the frame in days")
                printer.refuse(over.place, "a RANGE frame of months", why)
                return None
            piece, size = found
            bound = replace(bound, offset=size)
        changed.append(bound)
    # Both sides are bounded: a NULL has only NULLs in its frame, wherever they are sorted.
    order = f"ORDER BY {piece.within(SUM)}{' DESC' if key.descending else ''}"
    return order, _frame(printer, replace(frame, start=changed[0], end=changed[1]))


def _frame(printer: Printer, frame: Frame) -> str:
    printer.feature(f"frame_{frame.mode.lower()}", f"a {frame.mode.upper()} frame", None)
    if frame.mode.lower() == "range" and (frame.start.offset or frame.end.offset):
        printer.feature("frame_range_offset", "a RANGE frame by a distance", None)
        if {"frame_range", "frame_range_offset"} & printer.dialect.refused_features.keys():
            return "?"  # the distance itself is nothing more to refuse
    exclude = {"current": " EXCLUDE CURRENT ROW", "group": " EXCLUDE GROUP", "ties": " EXCLUDE TIES"}
    if frame.exclude and not printer.dialect.frame_exclusion:
        way = "subtract the row's own value from the aggregate over all rows"
        printer.refuse(None, "EXCLUDE in a window frame", Refusal("its frames hold all rows between two", way))
    bounds = f"BETWEEN {_bound(printer, frame.start)} AND {_bound(printer, frame.end)}"
    return f"{frame.mode.upper()} {bounds}{exclude.get(frame.exclude, '')}"


def _bound(printer: Printer, bound: FrameBound) -> str:
    direction = "FOLLOWING" if bound.following else "PRECEDING"
    if bound.offset is None:
        return f"UNBOUNDED {direction}"
    if bound.offset == 0:
        return "CURRENT ROW"
    if isinstance(bound.offset, Interval):
        offset = printer.dialect.literal(printer, Lit(_length(bound.offset))).text
    else:
        offset = str(abs(bound.offset))
    return f"{offset} {direction}"


def _is_range(over: Over) -> bool:
    """Whether the frame is a range: said so, or by default (an aggregate or a value of an ordered frame)."""
    if over.frame is not None:
        return over.frame.mode.lower() == "range"
    return isinstance(over.call, Agg) or over.call.fn in ("first_value", "last_value", "nth_value")


def _length(offset: Interval) -> Interval:
    """A frame's distance, without the sign that tells its direction."""
    return Interval(abs(offset.months), abs(offset.days), abs(offset.micros))
