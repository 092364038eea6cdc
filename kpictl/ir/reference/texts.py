"""Texts: by code point, with case; positions count from 1."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from kpictl.ir.patterns import translated

Text = str


def concat(*parts: Text | None) -> Text:
    return "".join(p for p in parts if p is not None)


def concat_ws(separator: Text | None, *parts: Text | None) -> Text | None:
    return None if separator is None else separator.join(p for p in parts if p is not None)


def lower(x: Text) -> Text:
    """Letter by letter (Unicode's simple mapping): a sigma at the end of a word is as any other."""
    return "".join("i" if c == "İ" else c.lower() for c in x)


def upper(x: Text) -> Text:
    """Letter by letter (Unicode's simple mapping): a letter whose capital is two stays, or takes the one for titles."""
    return "".join(next((u for u in (c.upper(), c.title()) if len(u) == 1), c) for c in x)


def initcap(x: Text) -> Text:
    """First letter of each run of letters and digits upper case, the rest lower."""
    return re.sub(r"[^\W_]+", lambda m: upper(m[0][:1]) + lower(m[0][1:]), x)


def substring(x: Text, start: int, length: int | None = None) -> Text:
    """Positions before 1 use up length."""
    if length is None:
        return x[max(start - 1, 0) :]
    if length < 0:
        raise ValueError("a negative length")
    return x[max(start - 1, 0) : max(start - 1 + length, 0)]


def left(x: Text, n: int) -> Text:
    return x[:n]


def right(x: Text, n: int) -> Text:
    if n < 0:
        return x[-n:]
    return x[len(x) - n :] if 0 < n < len(x) else x if n else ""


def trim(x: Text, characters: Text = " ") -> Text:
    return x.strip(characters) if characters else x


def ltrim(x: Text, characters: Text = " ") -> Text:
    return x.lstrip(characters) if characters else x


def rtrim(x: Text, characters: Text = " ") -> Text:
    return x.rstrip(characters) if characters else x


def replace(x: Text, old: Text, new: Text) -> Text:
    return x.replace(old, new) if old else x


def _fill(n: int, filler: Text) -> Text:
    return (filler * (n // len(filler) + 1))[:n] if filler and n > 0 else ""


def lpad(x: Text, n: int, filler: Text = " ") -> Text:
    return x[: max(n, 0)] if n <= len(x) else _fill(n - len(x), filler) + x


def rpad(x: Text, n: int, filler: Text = " ") -> Text:
    return x[: max(n, 0)] if n <= len(x) else x + _fill(n - len(x), filler)


def repeat(x: Text, n: int) -> Text:
    return x * max(n, 0)


def reverse(x: Text) -> Text:
    return x[::-1]


def split_part(x: Text, separator: Text, n: int) -> Text:
    if n == 0:
        raise ValueError("fields count from 1")
    fields = x.split(separator) if separator else [x]
    index = n - 1 if n > 0 else len(fields) + n
    return fields[index] if 0 <= index < len(fields) else ""


def strpos(x: Text, part: Text) -> int:
    return x.find(part) + 1


def like(x: Text, pattern: Text, escape: Text) -> bool:
    return _pattern(pattern, escape).fullmatch(x) is not None


def ilike(x: Text, pattern: Text, escape: Text) -> bool:
    return _pattern(pattern.lower(), escape.lower()).fullmatch(x.lower()) is not None


@lru_cache(maxsize=256)
def _pattern(pattern: Text, escape: Text) -> re.Pattern[str]:
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if escape and character == escape:
            position += 1
            if position == len(pattern):
                raise ValueError("a LIKE pattern cannot end with its escape")
            parts.append(re.escape(pattern[position]))
        else:
            parts.append({"%": ".*", "_": "."}.get(character) or re.escape(character))
        position += 1
    return re.compile("".join(parts), re.DOTALL)


def _flags(flags: Text) -> re.RegexFlag:
    return re.IGNORECASE if "i" in flags else re.RegexFlag(0)


@lru_cache(maxsize=256)
def _compiled(pattern: Text, flags: Text = "") -> re.Pattern[str]:
    return re.compile(translated(pattern, "python", whole=False), _flags(flags))


def regexp_like(x: Text, pattern: Text, flags: Text = "") -> bool:
    return _compiled(pattern, flags).search(x) is not None


def regexp_extract(x: Text, pattern: Text) -> Text | None:
    match = _compiled(pattern).search(x)
    return None if match is None else match[1] if match.re.groups else match[0]


def regexp_replace(x: Text, pattern: Text, to: Text, flags: Text = "") -> Text:
    """`\\1` and `\\&` in the replacement stand for a group and for the match."""
    replacement = re.sub(r"\\&", r"\\g<0>", to)
    return _compiled(pattern, flags).sub(replacement, x, count=0 if "g" in flags else 1)


def md5(x: Text) -> Text:
    return hashlib.md5(x.encode(), usedforsecurity=False).hexdigest()
