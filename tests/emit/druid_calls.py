"""What the tests on a real Druid share: rows of its types, and what is sent to it."""

from __future__ import annotations

import json
import re
import urllib.request
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from tests.oracles import druid_services

_READS: Mapping[str, Callable[[Any], Any]] = {
    "timestamptz": datetime.fromisoformat,
    "date": date.fromisoformat,
    "numeric(12,2)": lambda number: Decimal(str(number)),
}
_NAMING = (b"Lcom/fasterxml/jackson/annotation/JsonProperty;", b"Lorg/skife/config/Config;")
"""The annotations by which a class of Druid names what it reads of the properties."""
_NAME = re.compile(rb"org/apache/druid/[\w/$]+")


def typed(columns: Mapping[str, str], row: Iterable[Any]) -> tuple[Any, ...]:
    """A row of texts and numbers as values of the columns' types."""
    cells = zip(columns.values(), row, strict=True)
    return tuple(None if value is None else _READS.get(kind, lambda same: same)(value) for kind, value in cells)


def post(url: str, body: object) -> None:
    """Sends JSON to Druid, which takes it."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status in (200, 202)


def is_property(name: str) -> bool:
    """Whether the classes of Druid read a property: by its whole name, or by the prefix that a module binds to a
    configuration class and the names that this has. Druid itself starts with any: it passes over what it does not know.
    """
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        near = _having(".".join(parts[:cut]))
        if not near:
            continue
        for part in parts[cut:]:
            # Of the class that is bound, or of one above it.
            near = _named_in(_named_in(near) | near) | near
            near = {each for each in near if _constant(part) in _classes()[each] and _names(_classes()[each])}
        return bool(near)
    return False


@cache
def _having(constant: str) -> set[str]:
    return {each for each, text in _classes().items() if _constant(constant) in text}


def _names(text: bytes) -> bool:
    return any(mark in text for mark in _NAMING)


def _named_in(classes: set[str]) -> set[str]:
    found = {each.decode() for name in classes for each in _NAME.findall(_classes()[name])}
    return found & _classes().keys()


def _constant(text: str) -> bytes:
    """A text as the constants of a class file hold it: whole, with its length before it (JVMS 4.4.7)."""
    return b"\x01" + len(text).to_bytes(2, "big") + text.encode()


@cache
def _classes() -> dict[str, bytes]:
    """The class files of Druid's own jars by their names."""
    found = {}
    for jar in sorted((druid_services.folder() / "lib").glob("druid-*.jar")):
        with zipfile.ZipFile(jar) as opened:
            for each in opened.namelist():
                if each.endswith(".class"):
                    found[each.removesuffix(".class")] = opened.read(each)
    return found
