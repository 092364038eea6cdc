"""Scalars: the text that was typed, and the value that YAML 1.2's core schema gives it where no type is asked for."""

from __future__ import annotations

import re


class Quoted(str):
    """Text that stood in quotes or in a block: always text, whatever it looks like."""

    __slots__ = ()


NULLS = frozenset(("", "~", "null", "Null", "NULL"))

_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,4300}")
_OCTAL = re.compile(r"0o[0-7]{1,1000}")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,1000}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITY = re.compile(r"([-+]?)\.(inf|Inf|INF)")


def core(value: object) -> bool | int | float | str | None:
    """The value of a scalar under YAML 1.2's core schema: `017` is 17, `12:30`, `NO` and `2026-03-01` are text."""
    if value is None or isinstance(value, Quoted):
        return None if value is None else str(value)
    if not isinstance(value, str):
        raise TypeError(f"not a scalar: {type(value).__name__}")
    if value in NULLS:
        return None
    if value in _BOOLEANS:
        return _BOOLEANS[value]
    return _number(value)


def _number(text: str) -> int | float | str:
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return int(text[2:], 16)
    if infinity := _INFINITY.fullmatch(text):
        return float("-inf" if infinity[1] == "-" else "inf")
    return float("nan") if text in (".nan", ".NaN", ".NAN") else text
