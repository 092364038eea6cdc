"""YAML of plain values in block style, as people write it: texts are quoted, and long ones stand on lines of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kpictl.emit.literals import yaml_literal

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_WORDS = re.compile(r"(?i)y|n|yes|no|on|off|true|false|null|none|nan|inf")
_BLOCK = re.compile("[^\\s#][ -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff\n]*")
_SHORT = 60


def yaml_block(value: object, indent: int = 0) -> str:
    """Block style lines, without a line end after the last, which must follow; the first is not indented."""
    return ("\n" + " " * indent).join(_lines(value))


def yaml_documents(*values: object) -> str:
    """A stream of documents, with a line end."""
    return "---\n".join(yaml_block(value) + "\n" for value in values)


def _lines(value: object) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _entry(f"{_key(str(key))}:", item)
    elif isinstance(value, list | tuple) and value:
        for item in value:
            yield from _item(item)
    else:
        yield yaml_literal(value)


def _entry(head: str, value: object) -> Iterator[str]:
    if _is_nested(value):
        yield head
        for line in _lines(value):
            yield f"  {line}" if line else line
    elif isinstance(value, str) and _as_block(value):
        yield f"{head} |{'' if value.endswith(chr(10)) else '-'}"
        for line in value.removesuffix("\n").split("\n"):
            yield f"  {line}" if line else line
    else:
        yield f"{head} {yaml_literal(value)}"


def _item(value: object) -> Iterator[str]:
    if isinstance(value, str) and _as_block(value):
        yield from _entry("-", value)
        return
    first = True
    for line in _lines(value) if _is_nested(value) else (yaml_literal(value),):
        yield (f"- {line}" if first else f"  {line}") if line else line
        first = False


def _is_nested(value: object) -> bool:
    """Short lists of plain values stay on one line."""
    if isinstance(value, Mapping):
        return bool(value)
    if not isinstance(value, list | tuple) or not value:
        return False
    flat = all(not isinstance(item, Mapping | list | tuple) for item in value)
    return not flat or len(yaml_literal(value)) > _SHORT


def _as_block(text: str) -> bool:
    """Whether a literal block gives back exactly this text, and reads better."""
    if "\n" not in text.rstrip("\n") or text.endswith("\n\n"):
        return False
    return _BLOCK.fullmatch(text) is not None and not any(line != line.rstrip() for line in text.split("\n"))


def _key(name: str) -> str:
    return name if _PLAIN_KEY.fullmatch(name) and not _WORDS.fullmatch(name) else yaml_literal(name)
