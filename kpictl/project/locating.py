"""Where diagnostics stand: the lines and columns of what they point at, which is looked for only when they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from kpictl.diagnostics import Diagnostic, Place, Span
from kpictl.project.files import read_file
from kpictl.records import dataclass
from kpictl.syntax import Positions


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A diagnostic whose places are resolved to lines and columns, as far as their files can be read."""

    diagnostic: Diagnostic
    span: Span | None
    others: tuple[Span | None, ...] = ()

    @property
    def sort_key(self) -> tuple[bool, str, int, int, str, str]:
        """By file, line, column, code; what has no place stands first."""
        span = self.span
        if span is None:
            return (False, "", 0, 0, self.diagnostic.code, self.diagnostic.message)
        return (True, span.path, span.line, span.column, self.diagnostic.code, self.diagnostic.message)


def locate(diagnostics: Iterable[Diagnostic], root: Path, texts: Mapping[str, str]) -> list[Located]:
    """The diagnostics with lines and columns, sorted by file and line, each once; `texts` stand in no file."""
    finder = _Finder(root, texts)
    unique: dict[tuple[object, ...], Located] = {}
    for diagnostic in diagnostics:
        span = finder.span(diagnostic.place)
        others = tuple(finder.span(label.place) for label in diagnostic.others)
        key = (diagnostic.code, span, diagnostic.message)
        unique.setdefault(key, Located(diagnostic=diagnostic, span=span, others=others))
    return sorted(unique.values(), key=lambda each: each.sort_key)


class _Finder:
    """Resolves places file by file, each file read once."""

    def __init__(self, root: Path, texts: Mapping[str, str]) -> None:
        self._root = root
        self._texts = texts
        self._files: dict[str, Positions | None] = {}

    def span(self, place: Place | Span | None) -> Span | None:
        if place is None or isinstance(place, Span):
            return place
        if place.path not in self._files:
            self._files[place.path] = self._positions(place.path)
        positions = self._files[place.path]
        return positions.span(place) if positions else Span(path=place.path, line=1, column=1, end_line=1, end_column=1)

    def _positions(self, path: str) -> Positions | None:
        if path in self._texts:
            return Positions(path, self._texts[path].encode())
        folder, name = (Path(path).parent, Path(path).name) if Path(path).is_absolute() else (self._root, path)
        data = read_file(folder, name, [])
        return None if data is None else Positions(path, data)
