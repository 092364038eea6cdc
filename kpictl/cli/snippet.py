"""Findings as rustc and ruff draw them: code, place, the line, carets under it, second places, notes and help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kpictl.cli.terminal import char_cells, painted, visible
from kpictl.diagnostics import Diagnostic, Severity, Span
from kpictl.records import dataclass

if TYPE_CHECKING:
    from kpictl.project.locating import Located

_TAB = "    "


@dataclass(frozen=True, slots=True)
class _Mark:
    span: Span
    text: str
    main: bool


def drawn(finding: Located, sources: Mapping[str, tuple[str, ...]], *, width: int, colour: bool) -> str:
    """One finding as text. `sources` holds the lines of each file that can be shown."""
    pen = _Pen(width, colour)
    diagnostic = finding.diagnostic
    style = diagnostic.severity.value
    lines = [pen.ink(f"{style}[{diagnostic.code}]", style) + pen.ink(f": {_flow(diagnostic.message)}", "bold")]
    marks = _marks(finding)
    gutter = len(str(max((mark.span.line for mark in marks), default=0))) if marks else 1
    by_file: dict[str, list[_Mark]] = {}
    for mark in marks:
        by_file.setdefault(mark.span.path, []).append(mark)
    for position, (path, group) in enumerate(by_file.items()):
        arrow = "-->" if position == 0 else ":::"
        first = group[0].span
        lines.append(f"{' ' * gutter}{pen.ink(arrow, 'place')} {visible(path)}:{first.line}:{first.column}")
        if path in sources:
            lines += pen.excerpt(group, sources[path], gutter, style)
    lines += _trailer(diagnostic, gutter, pen)
    return "\n".join(lines)


def _marks(finding: Located) -> list[_Mark]:
    marks = [] if finding.span is None else [_Mark(finding.span, finding.diagnostic.label, True)]
    for label, span in zip(finding.diagnostic.others, finding.others, strict=True):
        if span is not None:
            marks.append(_Mark(span, label.text, False))
    return marks


def _trailer(diagnostic: Diagnostic, gutter: int, pen: _Pen) -> list[str]:
    lines = []
    if diagnostic.notes or diagnostic.help:
        for word, texts in (("note", diagnostic.notes), ("help", diagnostic.help)):
            for text in texts:
                first, *rest = text.split("\n")
                lines.append(f"{' ' * gutter} {pen.ink('=', 'place')} {pen.ink(word, 'bold')}: {visible(first)}")
                lines += [f"{' ' * (gutter + 9)}{visible(line)}" for line in rest]
    return lines


def _flow(message: str) -> str:
    return " ".join(visible(part) for part in message.split("\n"))


@dataclass(frozen=True, slots=True)
class _Pen:
    width: int
    colour: bool

    def ink(self, text: str, style: str) -> str:
        return painted(text, style) if self.colour else text

    def excerpt(self, marks: list[_Mark], text: tuple[str, ...], gutter: int, style: str) -> list[str]:
        """The marked lines of one file between empty gutters, in the order of the file."""
        bar = self.ink("|", "place")
        lines = [f"{' ' * gutter} {bar}"]
        previous: int | None = None
        for mark in sorted(marks, key=lambda each: (each.span.line, each.span.column)):
            number = mark.span.line
            if number > len(text):
                continue
            shown, start, length = _windowed(text[number - 1], mark.span, self.width - gutter - 3)
            if previous is not None and number > previous + 1:
                lines.append(self.ink("...", "place"))
            if number != previous:
                lines.append(f"{self.ink(str(number).rjust(gutter), 'place')} {bar} {shown}".rstrip())
            previous = number
            sign = ("^" if mark.main else "-") * length
            under = sign + (f" {visible(mark.text)}" if mark.text else "")
            lines.append(f"{' ' * gutter} {bar} {' ' * start}{self.ink(under, style if mark.main else 'place')}")
        lines.append(f"{' ' * gutter} {bar}")
        return lines


def _windowed(line: str, span: Span, room: int) -> tuple[str, int, int]:
    """The line as shown, and where the carets stand under it, all in terminal cells.

    Tabs are four spaces, wide characters two cells. Of a line that is too long only a part around the range is shown.
    """
    begin = min(span.column - 1, len(line))
    end = len(line) if span.end_line > span.line else min(max(span.end_column - 1, begin), len(line))
    end = max(end, begin)
    left, right, head, tail = 0, len(line), "", ""
    room = max(room, 20)
    if len(line) > room * 4 or _cells(line) > room:
        left = max(0, begin - room // 3)
        right = left
        used = 0
        while right < len(line) and used + _cells(line[right]) <= room - 2:
            used += _cells(line[right])
            right += 1
        head = "…" if left else ""
        tail = "…" if right < len(line) else ""
    end = min(end, right)
    shown = head + "".join(_glyph(char) for char in line[left:right]) + tail
    start = len(head) + _cells(line[left:begin])
    return shown, start, max(1, _cells(line[begin:end]))


def _glyph(char: str) -> str:
    return _TAB if char == "\t" else visible(char)


def _cells(text: str) -> int:
    return sum(char_cells(shown) for char in text for shown in _glyph(char))


def summary(findings: tuple[Located, ...] | list[Located]) -> str:
    """`found 2 errors, 1 warning`; empty when nothing was found."""
    counts = []
    for severity in Severity:
        n = sum(1 for each in findings if each.diagnostic.severity is severity)
        if n:
            counts.append(f"{n} {severity.value}{'s' if n > 1 else ''}")
    return f"found {', '.join(counts)}" if counts else ""
