"""Which texts are secret, and how they are kept out of everything that is shown or written."""

from __future__ import annotations

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
_USERINFO = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#\s]*)@")
_PAIR = re.compile(r"(?:^|[\s;&?,])([A-Za-z_ ]+?)\s*=\s*(\"[^\"]*\"|'(?:[^'\\]|\\.)*'|[^\s;&,]+)")


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


def spellings(values: Iterable[str]) -> tuple[str, ...]:
    """Every form in which a secret can turn up: as it is, percent-encoded, decoded, escaped; the longest first."""
    found: set[str] = set()
    for value in values:
        for text in {value, value.strip(), unquote(value)}:
            found |= {text, quote(text, safe=""), quote(text), quote_plus(text)}
            found |= {_lower_hex(quote(text, safe="")), repr(text)[1:-1], text.replace('"', '\\"').replace("'", "''")}
            found |= {text.replace("'", "''"), text.replace("\\", "\\\\")}
            found |= {line for line in text.splitlines() if len(line) >= 8}
    return tuple(sorted((text for text in found if len(text) >= SHORTEST), key=lambda text: (-len(text), text)))


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret, and the user part of every address, replaced. Call it before anything is cut off."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret and secret in text:
            text = text.replace(secret, STARS)
    return _USERINFO.sub(_without_user, text) if "://" in text else text


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
