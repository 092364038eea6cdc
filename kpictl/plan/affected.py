"""What a change of some definitions can change: who must be judged and compiled again, and what that needs.

A definition that is there before and after is followed by what others are known to read. A name that is new may mean
something to a text that could not read it before, so texts are searched for it. Both may find too much, never too
little.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from kpictl.rules.facts import Fact

_WORD = re.compile(rb"[a-z_][a-z0-9_]*")
_PLAIN_CALL = re.compile(rb"\{\{-?\s*(?:kpi|source)\(\s*(['\"])[^'\"\\]*\1\s*\)\s*-?\}\}")
_TEMPLATE = re.compile(rb"\{[{%#]")
_ESCAPE = re.compile(rb"\\(?:[xuU]|\r?\n)")


def readers(facts: Iterable[Fact], changed: Collection[str]) -> set[str]:
    """The changed definitions and all that read them, directly or through others."""
    read_by: dict[str, list[str]] = {}
    for fact in facts:
        for read in fact.reads:
            read_by.setdefault(read, []).append(fact.id)
    found = set(changed)
    front = list(changed)
    while front:
        for reader in read_by.get(front.pop(), ()):
            if reader not in found:
                found.add(reader)
                front.append(reader)
    return found


def mentioning(texts: Mapping[str, bytes], names: Collection[str]) -> set[str]:
    """The files in which one of the names stands as a word, or may stand without being seen."""
    wanted = [name.encode() for name in names]
    found = set()
    for path, text in texts.items():
        lower = plain(f"{path} ".encode() + text)
        if (any(name in lower for name in wanted) and not words(lower).isdisjoint(wanted)) or is_opaque(text):
            found.add(path)
    return found


def needs(
    affected: Collection[str], facts: Mapping[str, Fact], texts: Mapping[str, bytes], paths: Mapping[str, str]
) -> set[str] | None:
    """All definitions by which the affected ones are judged, themselves included; None where that cannot be told.

    `facts` are those of before, `paths` the files of all definitions now. What an affected one reads may be new, so
    each word of its file counts; for the others what they are known to read.
    """
    named: dict[bytes, list[str]] = {}
    for node in paths:
        named.setdefault(node.partition(".")[2].encode(), []).append(node)
    found = set(affected)
    for path in {paths[node] for node in affected}:
        if is_opaque(texts[path]):
            return None
        for word in words(plain(f"{path} ".encode() + texts[path])):
            found.update(named.get(word, ()))
    front = [node for node in found if node not in affected]
    while front:
        fact = facts.get(front.pop())
        for read in () if fact is None else fact.reads:
            if read in paths and read not in found:
                found.add(read)
                front.append(read)
    return found


def plain(text: bytes) -> bytes:
    """A text in lower case, as names are compared."""
    return text.lower() if text.isascii() else text.decode("utf-8", "replace").lower().encode()


def words(text: bytes) -> set[bytes]:
    """Every word of a lower-case text that may be a name."""
    return set(_WORD.findall(text))


def is_opaque(text: bytes) -> bool:
    """Whether names may stand in a text without being seen: made by a template, or spelt with escapes."""
    if b"{" in text and _TEMPLATE.search(_PLAIN_CALL.sub(b"", text)):
        return True
    return b"\\" in text and _ESCAPE.search(text) is not None
