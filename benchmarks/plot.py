"""Lines over two logarithmic axes as a PNG. Needs Pillow, which nothing else here does (`pip install pillow`)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path

Points = Sequence[tuple[float, float]]

_SIZE, _LEFT, _RIGHT, _TOP, _BOTTOM = (960, 600), 90, 40, 60, 70
_COLOURS = ("#0b6e4f", "#c1440e", "#35579b", "#8a6d3b", "#6b3f87")


def plot(path: Path, title: str, across: str, up: str, lines: Mapping[str, Points]) -> None:
    """Writes the picture; all numbers must be above 0."""
    image, pen, font = (import_module(f"PIL.{name}") for name in ("Image", "ImageDraw", "ImageFont"))
    picture = image.new("RGB", _SIZE, "white")
    draw = pen.Draw(picture)
    small, large = font.load_default(15), font.load_default(19)
    xs = [x for points in lines.values() for x, _ in points]
    ys = [y for points in lines.values() for _, y in points]
    low, high = 10 ** math.floor(math.log10(min(ys))), 10 ** math.ceil(math.log10(max(ys)))
    first, last = min(xs), max(xs)

    def at(x: float, y: float) -> tuple[float, float]:
        wide, tall = _SIZE[0] - _LEFT - _RIGHT, _SIZE[1] - _TOP - _BOTTOM
        part = (math.log(x) - math.log(first)) / (math.log(last) - math.log(first))
        rise = (math.log(y) - math.log(low)) / (math.log(high) - math.log(low))
        return _LEFT + part * wide, _SIZE[1] - _BOTTOM - rise * tall

    for y in _ticks(low, high):
        draw.line((at(first, y), at(last, y)), "#dddddd")
        draw.text((_LEFT - 10, at(first, y)[1]), f"{y:g}", "#333333", small, "rm")
    for x in sorted(set(xs)):
        draw.line((at(x, low), at(x, high)), "#eeeeee")
        draw.text((at(x, low)[0], _SIZE[1] - _BOTTOM + 12), f"{x:g}", "#333333", small, "mt")
    draw.text((_SIZE[0] / 2, 26), title, "black", large, "mm")
    draw.text((_SIZE[0] / 2, _SIZE[1] - 18), across, "#333333", small, "mm")
    draw.text((_LEFT - 60, _TOP - 18), up, "#333333", small, "lm")
    for n, (name, points) in enumerate(lines.items()):
        colour = _COLOURS[n % len(_COLOURS)]
        places = [at(x, y) for x, y in sorted(points)]
        draw.line(places, colour, 3)
        for x, y in places:
            draw.ellipse((x - 5, y - 5, x + 5, y + 5), colour)
        top = _TOP + 12 + 24 * n
        draw.line((_LEFT + 16, top, _LEFT + 46, top), colour, 3)
        draw.text((_LEFT + 56, top), name, "black", small, "lm")
    picture.save(path, optimize=True)


def _ticks(low: float, high: float) -> Iterator[float]:
    value = low
    while value <= high * 1.0001:
        yield value
        value *= 10
