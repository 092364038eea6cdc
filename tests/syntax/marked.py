"""Texts with marks: `⟦` and `⟧` stand around the characters that are meant, and are taken out before anything is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kpictl.diagnostics import Span

_SECTION = re.compile(r"^## (?P<name>[^\n]+)\n(?P<body>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[tnr0\\])")
_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Case:
    """A section of a page: a file, its marks in the order in which they open, and the lines said of them."""

    page: str
    name: str
    text: str
    marks: tuple[tuple[int, int], ...]
    said: tuple[str, ...]

    def span(self, mark: int) -> tuple[int, int, int, int]:
        """Line, column, end line and end column of a mark, counted anew for this test."""
        start, end = self.marks[mark]
        return (*_at(self.text, start), *_at(self.text, end))


def cases(path: Path) -> Iterator[Case]:
    """All sections of a page. A `yaml` block is a file; an `escaped` one is a file with the escapes of Python."""
    for section in _SECTION.finditer(path.read_text("utf-8")):
        blocks = {block["kind"]: block["body"] for block in _BLOCK.finditer(section["body"])}
        text = blocks["yaml"] if "yaml" in blocks else _unescaped(blocks["escaped"].removesuffix("\n"))
        text, marks = _unmarked(text)
        yield Case(path.stem, section["name"], text, marks, tuple(blocks.get("text", "").splitlines()))


def spanned(span: Span) -> tuple[int, int, int, int]:
    """A span as `Case.span` tells one."""
    return span.line, span.column, span.end_line, span.end_column


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: "\0" if match[0] == r"\0" else match[0].encode().decode("unicode_escape"), text)


def _unmarked(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    kept: list[str] = []
    marks: list[list[int]] = []
    opened: list[int] = []
    for char in text:
        if char == "⟦":
            opened.append(len(marks))
            marks.append([len(kept), -1])
        elif char == "⟧":
            marks[opened.pop()][1] = len(kept)
        else:
            kept.append(char)
    assert not opened, "a mark is not closed"
    return "".join(kept), tuple((start, end) for start, end in marks)


def _at(text: str, offset: int) -> tuple[int, int]:
    breaks = [match.end() for match in _BREAK.finditer(text) if match.end() <= offset]
    return len(breaks) + 1, offset - (breaks[-1] if breaks else 0) + 1
