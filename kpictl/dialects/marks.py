"""Marks in a text that is being printed, filled in or taken out when it is whole. No text of a user holds a NUL."""

from __future__ import annotations

FILTER_MARK = "\x00filter\x00"
"""Where a rendering wants the FILTER clause of its inner aggregate."""
OVER_MARK = "\x00over\x00"
"""Where a rendering wants the OVER clause of its inner call."""
NEWLINE_MARK = "\x00line\x00"
"""A line break inside a literal or a name, kept out of the way of indentation. No text of a user holds a NUL."""
PARAMETER_MARK = "\x00parameter\x00"
"""Around the name of a parameter that is printed as a mark without a name."""


def unmark(sql: str) -> str:
    """The text without what was not filled in, its line breaks in place."""
    return sql.replace(FILTER_MARK, "").replace(OVER_MARK, "").replace(NEWLINE_MARK, "\n")
