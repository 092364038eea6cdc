"""Which texts are secret, and how they are kept out of everything that is shown or written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus, unquote

SHORTEST = 4
"""Shorter values are not redacted one by one: they would blot out half of every text."""

STARS = "***"

_SECRET_KEY = re.compile(
    r"pass(word|wd|phrase)?|pwd|secret|token|(api|access|account|private|shared|sas|encryption)_?key|^key$|"
    r"credential|sas$|keyfile_json|private|signature",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]*://([^/?#\s]*)@")
_PAIR = re.compile(r"(?:^|[\s;&?,])([A-Za-z_ ]+?)\s*=\s*(\"[^\"]*\"|'(?:[^'\\]|\\.)*'|[^\s;&,]+)")

_WRITTEN = re.compile(
    r"(?<![\w-])[\"']?([A-Za-z_][\w-]*)[\"']?[ \t]*:(?:[ \t]+|$)(\"(?:[^\"\\]|\\.)*\"?|'[^']*'?|[^#\s][^#\n]*)?"
)
_LONGEST = 10_000
"""Characters of a value that are searched for credentials inside of it."""


def secrets_of(options: Mapping[str, object]) -> set[str]:
    """The secret texts in a connection's options, at any depth."""
    found: set[str] = set()
    for key, value in options.items():
        for text in _texts(value):
            if _SECRET_KEY.search(key):
                found.add(text)
            found |= _inside(text)
        if isinstance(value, Mapping):
            found |= secrets_of(value)
    return {text for text in found if text}


def secrets_in_text(text: str) -> set[str]:
    """What looks like a secret in the text of a profile, whether it is YAML or not: it may be drawn in a diagnostic."""
    found: set[str] = set()
    below: int | None = None
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if below is not None and line.strip() and indent > below:
            found.add(line.strip())
            continue
        below = None
        for match in _WRITTEN.finditer(line):
            value = (match[2] or "").strip()
            if _SECRET_KEY.search(match[1]):
                if value[:1] in ("", "|", ">"):
                    below = indent
                else:
                    plain = value.strip("\"'") if value[0] in "\"'" else value
                    found |= {plain, plain.rstrip("]} "), re.split(r"[,\]}]", plain)[0].strip()}
            found |= _inside(value.strip("\"'"))
    return {text for text in found if text and "{{" not in text}


def spellings(values: Iterable[str]) -> tuple[str, ...]:
    """Every form in which a secret can turn up: as it is, percent-encoded, decoded, escaped; the longest first."""
    found: set[str] = set()
    for value in values:
        for text in {value, value.strip(), unquote(value)}:
            found |= {text, quote(text, safe=""), quote(text), quote_plus(text)}
            found |= {_lower_hex(quote(text, safe="")), repr(text)[1:-1], text.replace('"', '\\"').replace("'", "''")}
            found |= {text.replace("'", "''"), text.replace("\\", "\\\\")}
            found |= {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
            found |= {line for line in text.splitlines() if len(line) >= 8}
    return tuple(sorted((text for text in found if len(text) >= SHORTEST), key=lambda text: (-len(text), text)))


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret, and the user part of every address, replaced. Call it before anything is cut off."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret and secret in text:
            text = text.replace(secret, STARS)
    return _USERINFO.sub(_without_user, text) if "://" in text else text


def masked(text: str, secrets: Iterable[str]) -> str:
    """Like `redact`, but of the same length, for a line that has carets under it."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret and secret in text:
            text = text.replace(secret, "*" * len(secret))
    return _USERINFO.sub(_covered_user, text) if "://" in text else text


def _covered_user(match: re.Match[str]) -> str:
    before = match.start(1) - match.start()
    return match[0][:before] + "*" * len(match[1]) + "@"


def _without_user(match: re.Match[str]) -> str:
    return match[0][: match.start(1) - match.start()] + STARS + "@"


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield str(value)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _inside(text: str) -> set[str]:
    """The credentials in an address or in a list of `key=value`."""
    found: set[str] = set()
    text = text[:_LONGEST]
    if match := _USERINFO.match(text):
        _, colon, password = match[1].partition(":")
        if colon:
            found |= {password, unquote(password)}
        found |= {match[1]}
    for match in _PAIR.finditer(text):
        if _SECRET_KEY.search(match[1].strip()):
            found |= {match[2].strip("\"'"), unquote(match[2].strip("\"'"))}
    return found


def _lower_hex(text: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), text)
