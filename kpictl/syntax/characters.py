"""From bytes to text that may be parsed, and from character offsets to lines and columns."""

from __future__ import annotations

import re
from bisect import bisect_right

from kpictl.diagnostics import Diagnostic, Refused, Span
from kpictl.syntax.findings import ByteOrderMark, ControlCharacter, NotUtf8, TooLarge

LARGEST = 10_000_000
"""Bytes in a file."""

_BREAK = re.compile(r"\r\n|\r|\n")
# C0 but for tab and line ends, DEL, C1, the line ends of YAML 1.1 that 1.2 dropped, halves of pairs (only an escape can
# make one), byte order marks, non-characters.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


class Lines:
    """Lines and columns of a text; both count from 1, columns in characters. Only the line ends of YAML 1.2 count."""

    __slots__ = ("_starts",)

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in _BREAK.finditer(text))]

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column of the character at an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def span(self, path: str, start: int, end: int) -> Span:
        """The range of characters `[start, end)`."""
        line, column = self.at(start)
        end_line, end_column = self.at(max(start, end))
        return Span(path=path, line=line, column=column, end_line=end_line, end_column=end_column)


def decode(path: str, data: bytes) -> str:
    """The text of a file; raises Refused for what no YAML file of a project may hold."""
    if len(data) > LARGEST:
        raise Refused([_too_large(path, len(data))])
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused([_not_utf8(path, data, error.start)]) from None
    if match := FORBIDDEN.search(text):
        raise Refused([_forbidden(path, text, match.start())])
    return text


def _too_large(path: str, size: int) -> Diagnostic:
    span = Span(path=path, line=1, column=1, end_line=1, end_column=1)
    return TooLarge.at(
        span,
        f"this file has {size:,} bytes; the limit is {LARGEST:,}",
        help=["split it into several files below kpis/"],
    )


def _not_utf8(path: str, data: bytes, start: int) -> Diagnostic:
    before = data[:start].decode("utf-8")
    span = Lines(before + "?").span(path, len(before), len(before) + 1)
    return NotUtf8.at(span, f"byte 0x{data[start]:02x} is no UTF-8 text", help=["save the file as UTF-8"])


def _forbidden(path: str, text: str, start: int) -> Diagnostic:
    span = Lines(text).span(path, start, start + 1)
    if start == 0 and text[0] == "\ufeff":
        return ByteOrderMark.at(
            span, "the file begins with a byte order mark (U+FEFF)", help=["save it as UTF-8 without a BOM"]
        )
    return ControlCharacter.at(
        span, f"the character U+{ord(text[start]):04X} is not allowed here", help=["take it out"]
    )
