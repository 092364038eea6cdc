"""Which character of the file each character of a scalar's value came from, for every style of YAML."""

from __future__ import annotations

import re

_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_HEX = {"x": 2, "u": 4, "U": 8}
_BREAK = re.compile(r"\r\n|\r|\n")
_BLANKS = re.compile(r"[ \t]*")
_LINE_FOLD = re.compile(r"[ \t]*(?:\r\n|\r|\n)[ \t\r\n]*")
_WORD = re.compile(r"[^ \t\r\n'\\]+")
_HEADER = re.compile(r"[|>]([-+0-9]{0,2})[^\r\n]*(?:\r\n|\r|\n|\Z)")
_ANCHOR = re.compile(r"&[^\s,\[\]{}]+(?:\s+(?:#[^\r\n]*)?)*")

Decoded = tuple[str, list[int]]


def content(text: str, start: int, end: int) -> int:
    """Where a value begins behind its anchor, if it has one."""
    anchor = _ANCHOR.match(text, start, end)
    return anchor.end() if anchor else start


def offsets(text: str, start: int, end: int, value: str) -> list[int] | None:
    """For each character of `value` its offset in `text`, and one more for its end.

    `text[start:end]` is the scalar with its quotes or header. The decoder's own answer is compared with the value that
    the reader gave; None when they differ, so a caret never stands at a place that was only guessed.
    """
    start = content(text, start, end)
    head = text[start : start + 1]
    if head == "'":
        decoded: Decoded | None = _flow(text, start + 1, end - 1, single=True)
    elif head == '"':
        decoded = _double(text, start + 1, end - 1)
    elif head in "|>" and head:
        decoded = _block(text, start, end, value)
    else:
        decoded = _flow(text, start, end, single=False)
    if decoded is None or decoded[0] != value:
        return None
    return decoded[1]


def _fold(text: str, match: re.Match[str], out: list[str], where: list[int]) -> int:
    """One line end is a space, n of them are n-1 line ends."""
    breaks = [m.start() for m in _BREAK.finditer(text, match.start(), match.end())]
    if len(breaks) == 1:
        out.append(" ")
        where.append(breaks[0])
    else:
        out.extend("\n" * (len(breaks) - 1))
        where.extend(breaks[1:])
    return match.end()


def _run(text: str, at: int, end: int, out: list[str], where: list[int]) -> int:
    """Takes what stands for itself: a word, or spaces within a line; spaces around a line end are folded. 0 if neither.

    Each character is looked at once or twice, however long a run of them is.
    """
    if match := _WORD.match(text, at, end):
        last = match.end()
    elif text[at] in " \t\r\n":
        last = _BLANKS.match(text, at, end).end()  # type: ignore[union-attr]
        if text[last : min(last + 1, end)] in ("\r", "\n"):
            return _fold(text, _LINE_FOLD.match(text, at, end), out, where)  # type: ignore[arg-type]
    else:
        return 0
    out.append(text[at:last])
    where.extend(range(at, last))
    return last


def _flow(text: str, at: int, end: int, *, single: bool) -> Decoded:
    out: list[str] = []
    where: list[int] = []
    while at < end:
        if after := _run(text, at, end, out, where):
            at = after
            continue
        out.append(text[at])
        where.append(at)
        at += 2 if single and text[at] == "'" else 1
    where.append(end)
    return "".join(out), where


def _double(text: str, at: int, end: int) -> Decoded:
    out: list[str] = []
    where: list[int] = []
    while at < end:
        if after := _run(text, at, end, out, where):
            at = after
        elif text[at] != "\\":
            out.append(text[at])
            where.append(at)
            at += 1
        elif text[at + 1] in "\r\n" and (escaped := _LINE_FOLD.match(text, at + 1, end)):
            breaks = [m.start() for m in _BREAK.finditer(text, escaped.start(), escaped.end())]
            out.extend("\n" * (len(breaks) - 1))
            where.extend(breaks[1:])
            at = escaped.end()
        else:
            width = _HEX.get(text[at + 1], 0)
            out.append(chr(int(text[at + 2 : at + 2 + width], 16)) if width else _ESCAPES.get(text[at + 1], ""))
            where.append(at)
            at += 2 + width
    where.append(end)
    return "".join(out), where


def _block(text: str, start: int, end: int, value: str) -> Decoded | None:
    """A literal or folded scalar. The indentation is not told, so those that can be are tried against the value."""
    header = _HEADER.match(text, start)
    if header is None:
        return None
    body = header.end()
    first = re.compile(r"(?:[ ]*(?:\r\n|\r|\n))*([ ]*)").match(text, body)
    deepest = len(first[1]) if first else 0
    chomp = next((c for c in header[1] if c in "+-"), "")
    candidates = range(deepest, 0, -1) if any(c.isdigit() for c in header[1]) else [max(deepest, 1)]
    for indent in [*candidates, *range(1, 65)]:
        decoded = _block_at(text, body, end, indent, folded=text[start] == ">", chomp=chomp)
        if decoded[0] == value:
            return decoded
    return None


def _block_at(text: str, at: int, end: int, indent: int, *, folded: bool, chomp: str) -> Decoded:
    """libyaml's `yaml_parser_scan_block_scalar`, with the place of each character beside it."""
    out: list[str] = []
    where: list[int] = []
    leading: tuple[str, int] | None = None
    leading_blank = False
    at, trailing = _breaks(text, at, end, indent)
    while at < end and _column(text, at) == indent:
        blank = text[at : at + 1] in (" ", "\t")
        if folded and leading is not None and not leading_blank and not blank:
            if not trailing:
                out.append(" ")
                where.append(leading[1])
        elif leading is not None:
            out.append("\n")
            where.append(leading[1])
        _put_breaks(trailing, out, where)
        leading_blank = blank
        stop = _BREAK.search(text, at, end)
        last = stop.start() if stop else end
        out.append(text[at:last])
        where.extend(range(at, last))
        leading = ("\n", last) if stop else None
        at, trailing = _breaks(text, stop.end() if stop else end, end, indent)
    if chomp != "-" and leading is not None:
        out.append("\n")
        where.append(leading[1])
    if chomp == "+":
        _put_breaks(trailing, out, where)
    where.append(where[-1] + 1 if where else at)
    return "".join(out), where


def _put_breaks(breaks: list[int], out: list[str], where: list[int]) -> None:
    out.extend("\n" * len(breaks))
    where.extend(breaks)


def _breaks(text: str, at: int, end: int, indent: int) -> tuple[int, list[int]]:
    """Skips indentation and empty lines; the offsets of the line ends that were passed."""
    found: list[int] = []
    while True:
        column = _column(text, at)
        while at < end and column < indent and text[at] == " ":
            at, column = at + 1, column + 1
        match = _BREAK.match(text, at, end)
        if match is None:
            return at, found
        found.append(match.start())
        at = match.end()


def _column(text: str, at: int) -> int:
    before = text.rfind("\n", 0, at)
    return at - max(before, text.rfind("\r", before + 1, at)) - 1
