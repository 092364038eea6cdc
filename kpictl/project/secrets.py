"""Which texts are secret, and how they are kept out of everything that is shown or written."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus, unquote

from kpictl.syntax import core

SHORTEST = 4
"""Shorter values are not redacted one by one: they would blot out half of every text."""

STARS = "***"

_SECRET_KEY = re.compile(
    r"pas+w|pass|pwd|^pw$|secret|token|bearer|authori[sz]ation|cookie|(api|access|account|private|shared|sas|"
    r"encryption)[ _-]?key|^key$|credential|sas$|keyfile_json|private|signature|^sig$",
    re.IGNORECASE,
)
_ALL_SECRET = ("headers",)
"""Keys of which all values are secret: a header that proves who one is has any name."""
_FREE = ("options", "context", "extensions", "credentials", "keyfile_json", "headers")
"""Keys that hold mappings with any keys."""
_DSN = ("dsn", "uri", "url", "connection_string")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(.+)@", re.DOTALL)
_USERINFO = re.compile(r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]*://([^/?#\s]*)@")
_PAIR = re.compile(
    r"(?:^|[\s;&?,\"'])([A-Za-z_][A-Za-z_ -]{0,40}?)\s{0,20}=\s{0,20}(\"[^\"]*\"|'(?:[^'\\]|\\.)*'|[^\s;&,]+)"
)

_KEY = re.compile(r"(?<![\w-])[\"']?([A-Za-z_][\w-]*)[\"']?[ \t]{0,20}:(?:[ \t]+|$)")
_VALUE = re.compile(r"\"((?:[^\"\\]|\\.)*)|'((?:[^']|'')*)|([^#]{0,300})")
_PROPERTY = re.compile(r"(?:[&!]\S*\s+)*")
_LOGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s\"']*@")
_LONGEST = 10_000
"""Characters of a value that are searched for credentials inside of it."""


def secrets_of(options: Mapping[str, object], known: Container[str] | None = None) -> set[str]:
    """The secret texts in a connection's options or in a whole profile, at any depth.

    With the names of the `known` keys, texts under others are secret, too: `pasword` may be meant as one that is.
    """
    return {text for key, value in options.items() for text in _below(str(key), value, False, known) if text}


def _below(key: str, value: object, hidden: bool, known: Container[str] | None) -> Iterator[str]:
    if isinstance(value, Mapping):
        hidden = hidden or key.lower() in _ALL_SECRET
        known = None if key in _FREE else known
        for name, item in value.items():
            yield from _below(str(name), item, hidden, known)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _below(key, item, hidden, known)
    elif isinstance(value, str):
        strange = known is not None and key not in known and isinstance(core(value), str)
        if hidden or strange or _SECRET_KEY.search(key):
            yield str(value)
        if key.lower() in _DSN and "://" not in value:
            # A driver quotes the word that it cannot read: in `password = x y` that is y.
            yield from (word for word in value[:_LONGEST].split() if "=" not in word)
        yield from _inside(value)


def secrets_in_text(text: str) -> set[str]:
    """What looks like a secret in the text of a profile, whether it is YAML or not: it may be drawn in a diagnostic."""
    found: set[str] = set()
    below: int | None = None
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if below is not None and line.strip() and indent > below:
            # What is indented more deeply goes on with the value: a block, a list, or words over several lines.
            found |= {line.strip(), line.strip().strip("\"'")}
            continue
        below = None
        for match in _KEY.finditer(line):
            if _SECRET_KEY.search(match[1]) or match[1].lower() in _ALL_SECRET:
                below = match.start()
                found |= _typed(line[match.end() : match.end() + _LONGEST])
        for login in _LOGIN.finditer(line):
            found |= _inside(login[0])
        found |= _pairs(line)
    return {text for text in found if text and "{{" not in text}


def spellings(values: Iterable[str]) -> tuple[str, ...]:
    """Every form in which a secret can turn up: as it is, percent-encoded, decoded, escaped, in one line; longest first."""
    found: set[str] = set()
    for value in values:
        for text in {value, value.strip(), " ".join(value.split()), unquote(value)}:
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


def _inside(text: str) -> set[str]:
    """The credentials in an address or in a list of `key=value`."""
    found: set[str] = set()
    text = text[:_LONGEST]
    if match := _ADDRESS.match(text):
        _, colon, password = match[1].partition(":")
        if colon:
            found |= {password, unquote(password)}
        found |= {match[1]}
    return found | _pairs(text)


def _pairs(text: str) -> set[str]:
    found: set[str] = set()
    for match in _PAIR.finditer(text):
        if _SECRET_KEY.search(match[1].strip()):
            plain = match[2].strip("\"'")
            found |= {plain, unquote(plain), re.sub(r"\\(.)", r"\1", plain)}
    return found


def _typed(text: str) -> set[str]:
    """What may be the value at the start of a text that is perhaps no YAML: behind its anchor, with and without its end."""
    text = text[_PROPERTY.match(text).end() :]  # type: ignore[union-attr]
    value = _VALUE.match(text)
    plain = next((group for group in (value.groups() if value else ()) if group), "").strip()
    return set() if plain[:1] in ("|", ">") else {plain, plain.rstrip("]} "), re.split(r"[,\]}]", plain)[0].strip()}


def _lower_hex(text: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), text)
