"""Where a value stands in its file: the same reading again, this time with places."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from kpictl.diagnostics import Place, Refused, Span
from kpictl.syntax.characters import Lines, decode
from kpictl.syntax.inside import offsets
from kpictl.syntax.reader import Marks, build


def locate(place: Place, data: bytes) -> Span:
    """The lines and columns of a place in the file that holds these bytes.

    Where the keys do not exist (a missing key) it is the nearest value above them; in a file that cannot be read as
    YAML, its first character.
    """
    return _positions(place.path, data).span(place)


class Positions:
    """All places of one file; made once for many diagnostics."""

    def __init__(self, path: str, data: bytes) -> None:
        self._path = path
        self._text = data.decode("utf-8", "replace")
        self._lines = Lines(self._text)
        self._marks: Marks = {}
        self._root: object = None
        if path.lower().endswith((".yml", ".yaml", ".json")):
            try:
                self._root = build(path, decode(path, data), self._marks)
            except Refused:
                self._marks = {}

    def span(self, place: Place) -> Span:
        """The range of a place."""
        if not self._marks:
            return self._lines.span(self._path, *self._plain(place))
        mark, value, found = self._walk(place.keys)
        if place.on_key and found and mark[0] >= 0:
            return self._lines.span(self._path, mark[0], mark[1])
        if not found and mark[0] >= 0:
            return self._lines.span(self._path, mark[0], mark[1])
        start, end = mark[2], mark[3]
        if isinstance(value, str) and place.start is not None:
            return self._inside(value, start, end, place.start, place.end)
        return self._lines.span(self._path, start, self._trimmed(start, end))

    def _plain(self, place: Place) -> tuple[int, int]:
        if place.keys or place.start is None:
            return 0, 0
        start = min(place.start, len(self._text))
        return start, min(place.end if place.end is not None else start, len(self._text))

    def _walk(self, keys: tuple[str | int, ...]) -> tuple[tuple[int, int, int, int], object, bool]:
        """The mark of the value that the keys lead to, the value, and whether all keys exist."""
        mark: tuple[int, int, int, int] = self._marks[0]
        value: Any = self._root
        for key in keys:
            entry = self._marks.get(id(value))
            if (isinstance(value, dict) and key in value and entry is not None) or (
                isinstance(value, list) and isinstance(key, int) and key < len(value) and entry is not None
            ):
                mark, value = entry[key], value[key]  # type: ignore[index]
            else:
                return mark, value, False
        return mark, value, True

    def _inside(self, value: str, start: int, end: int, first: int, last: int | None) -> Span:
        where = offsets(self._text, start, end, value)
        if where is None:
            return self._lines.span(self._path, start, self._trimmed(start, end))
        first = min(first, len(value))
        last = len(value) if last is None else min(max(last, first), len(value))
        stop = self._after(where, last) if last > first else where[first]
        return self._lines.span(self._path, where[first], stop)

    def _after(self, where: list[int], last: int) -> int:
        """The end of the character before `last`: what an escape stands for is typed with several."""
        at = where[last - 1]
        return where[last] if self._text[at] in "\\'" else at + 1

    def _trimmed(self, start: int, end: int) -> int:
        while end > start and self._text[end - 1] in " \t\r\n":
            end -= 1
        return end


@lru_cache(maxsize=2)
def _positions(path: str, data: bytes) -> Positions:
    return Positions(path, data)
