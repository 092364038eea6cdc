"""Charts of text: sparklines, lines in braille dots, bars. A gap in the data is a gap in the chart."""

from __future__ import annotations

from collections.abc import Sequence

from kpictl.cli.numbers import NumberStyle
from kpictl.cli.terminal import Terminal, cells, fitted, visible
from kpictl.records import dataclass

_BARS = "▁▂▃▄▅▆▇█"
BREAK = "┴"
"""Where values begin that another definition made."""
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bits of a braille cell, by row and column."""


def sparkline(values: Sequence[float | None], width: int) -> str:
    """The last `width` values, a cell each; None is a blank. Equal values stand in the middle."""
    shown = list(values[-width:])
    known = [value for value in shown if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    reach = high - low
    return "".join(
        " " if value is None else _BARS[3] if reach == 0 else _BARS[min(7, int((value - low) / reach * 8))]
        for value in shown
    ).rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A bucket and its value; `open` marks one that is not final, `broken` the first by another definition."""

    label: str
    value: float | None
    open: bool = False
    broken: bool = False


def line_chart(points: Sequence[Point], style: NumberStyle, terminal: Terminal, *, height: int = 12) -> str:
    """A line over time, with three to five values on the left and the first, middle and last bucket below.

    Two dots a column, four a row. Where buckets outnumber dots, each dot column shows the mean of its buckets.
    """
    known = [point.value for point in points if point.value is not None]
    low, high = _bounds(known)
    ticks = _ticks(low, high)
    low, high = min(low, ticks[0]), max(high, ticks[-1])
    names = {_row(tick, low, high, height): style.short(tick) for tick in ticks}
    margin = max(cells(name) for name in names.values())
    width = max(10, min(terminal.width - margin - 4, max(30, len(points))))
    grid = _plotted([point.value for point in points], low, high, width, height)
    lines = []
    for row in range(height):
        name = names.get(row, "")
        axis = "┤" if name else "│"
        body = "".join(chr(0x2800 + bits) if bits else " " for bits in grid[row]).rstrip()
        lines.append(
            f"{' ' * (margin - cells(name))}{terminal.on_out(f'{name} {axis}', 'dim')}{terminal.on_out(body, 'chart')}"
        )
    rule = ["─"] * width
    for at, point in enumerate(points):
        if point.broken:
            rule[at * (width - 1) // max(1, len(points) - 1)] = BREAK
    lines.append(" " * (margin + 1) + terminal.on_out("└" + "".join(rule), "dim"))
    lines.append(" " * (margin + 2) + terminal.on_out(_axis([point.label for point in points], width), "dim"))
    return "\n".join(lines)


def bar_chart(points: Sequence[Point], style: NumberStyle, terminal: Terminal) -> str:
    """A bar a bucket or member, with its value; negative ones grow to the left of the zero line."""
    known = [point.value for point in points if point.value is not None]
    names = max((cells(visible(point.label)) for point in points), default=0)
    names = min(names, max(12, terminal.width // 3))
    texts = [style.full(point.value) + (" *" if point.open else "") for point in points]
    room = max(8, min(60, terminal.width - names - max(map(cells, texts), default=0) - 5))
    low, high = min([0.0, *known]), max([0.0, *known])
    reach = (high - low) or 1.0
    zero = round(-low / reach * room)
    lines = []
    for point, text in zip(points, texts, strict=True):
        if point.broken:
            lines.append(terminal.on_out(f"{' ' * names}  {BREAK}{'╌' * (room - 1)}", "dim"))
        name = fitted(visible(point.label), names)
        body = _bar(point.value, zero, reach, room)
        lines.append(f"{name}{' ' * (names - cells(name))}  {terminal.on_out(body, 'chart')} {text}")
    return "\n".join(lines)


def _bar(value: float | None, zero: int, reach: float, room: int) -> str:
    if value is None:
        return " " * zero + "·"
    eighths = round(abs(value) / reach * room * 8)
    if value < 0:
        length = max(1, round(eighths / 8)) if eighths else 0
        return " " * max(0, zero - length) + "█" * min(length, zero)
    full, rest = divmod(eighths, 8)
    return " " * zero + "█" * full + ("▏▎▍▌▋▊▉"[rest - 1] if rest else "") + ("▏" if not eighths else "")


def _bounds(known: Sequence[float]) -> tuple[float, float]:
    """The range of the values; from zero when that is near, so that a small change does not look like a fall."""
    low, high = min(known), max(known)
    if low == high == 0:
        return 0.0, 1.0
    if low == high:
        pad = abs(low) * 0.1
        return low - pad, high + pad
    if 0 < low < (high - low) * 0.6:
        low = 0.0
    return low, high


def _ticks(low: float, high: float) -> list[float]:
    """Round values that span the range: steps of 1, 2, 2.5 or 5 times a power of ten."""
    from math import ceil, floor, log10

    raw = (high - low) / 4
    power = 10.0 ** floor(log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [n * step for n in range(first, last + 1)]


def _row(value: float, low: float, high: float, height: int) -> int:
    return height - 1 - int((value - low) / (high - low) * (height * 4 - 1)) // 4


def _plotted(values: Sequence[float | None], low: float, high: float, width: int, height: int) -> list[list[int]]:
    """Braille bits by row and column of cells. Neighbouring known values are joined, gaps stay open."""
    grid = [[0] * width for _ in range(height)]
    columns, rows = width * 2, height * 4
    sampled = _sampled(values, columns)
    previous: tuple[int, int] | None = None
    for x, value in sampled:
        if value is None:
            previous = None
            continue
        y = rows - 1 - round((value - low) / (high - low) * (rows - 1))
        for dot_x, dot_y in _joined(previous, (x, y)):
            grid[dot_y // 4][dot_x // 2] |= _DOTS[dot_y % 4][dot_x % 2]
        previous = (x, y)
    return grid


def _sampled(values: Sequence[float | None], columns: int) -> list[tuple[int, float | None]]:
    """A dot column and a value for each bucket, or for each column when the buckets outnumber them."""
    n = len(values)
    if n <= columns:
        return [(round(i * (columns - 1) / max(1, n - 1)), value) for i, value in enumerate(values)]
    sampled: list[tuple[int, float | None]] = []
    for x in range(columns):
        part = [value for value in values[x * n // columns : (x + 1) * n // columns] if value is not None]
        sampled.append((x, sum(part) / len(part) if part else None))
    return sampled


def _joined(first: tuple[int, int] | None, last: tuple[int, int]) -> list[tuple[int, int]]:
    """The dots of a straight line between two dots."""
    if first is None:
        return [last]
    steps = max(abs(last[0] - first[0]), abs(last[1] - first[1]), 1)
    return [
        (first[0] + round((last[0] - first[0]) * n / steps), first[1] + round((last[1] - first[1]) * n / steps))
        for n in range(steps + 1)
    ]


def _axis(labels: Sequence[str], width: int) -> str:
    """The first, middle and last label under their places, as many as fit."""
    if len(labels) == 1 or cells(labels[0]) + cells(labels[-1]) + 2 > width:
        return labels[0]
    first, last = labels[0], labels[-1]
    text = first + " " * (width - cells(first) - cells(last)) + last
    middle = labels[len(labels) // 2]
    start = round((len(labels) // 2) * (width - 1) / (len(labels) - 1)) - cells(middle) // 2
    if len(labels) > 2 and start > cells(first) + 3 and start + cells(middle) + 3 < width - cells(last):
        text = text[:start] + middle + text[start + cells(middle) :]
    return text
