"""YAML of plain values in block style, as people write it: texts are quoted, and long ones stand on lines of their own."""

from __future__ import annotations

import re
from functools import cache

from kpictl.emit.literals import Text, yaml_literal, yaml_text

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_WORDS = re.compile(r"(?i)y|n|yes|no|on|off|true|false|null|none|nan|inf")
_BLOCK = re.compile("[^\\s#][ -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff\n]*")
_SHORT = 60


def yaml_block(value: object, indent: int = 0) -> str:
    """Block style lines, without a line end after the last, which must follow; the first is not indented."""
    out: list[str] = []
    _write(value, out, "", " " * indent)
    return "\n".join(out)


def yaml_documents(*values: object) -> str:
    """A stream of documents, with a line end."""
    return "---\n".join(yaml_block(value) + "\n" for value in values)


def _write(value: object, out: list[str], first: str, rest: str) -> None:
    """Appends a value's lines; `first` stands before the first of them, `rest` before the others."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            _entry(f"{first}{_key(key)}:", item, out, rest)
            first = rest
    elif isinstance(value, list | tuple) and value:
        for item in value:
            if isinstance(item, str) and "\n" in item and _as_block(item):
                _entry(f"{first}-", item, out, rest)
            elif _is_nested(item):
                _write(item, out, f"{first}- ", f"{rest}  ")
            else:
                out.append(f"{first}- {yaml_literal(item)}")
            first = rest
    else:
        out.append(first + yaml_literal(value))


def _entry(head: str, value: object, out: list[str], rest: str) -> None:
    if isinstance(value, str):
        if isinstance(value, Text) or "\n" not in value:
            out.append(f"{head} {yaml_literal(value) if isinstance(value, Text) else yaml_text(value)}")
        elif _as_block(value):
            out.append(f"{head} |{'' if value.endswith(chr(10)) else '-'}")
            out += [f"{rest}  {line}" if line else line for line in value.removesuffix("\n").split("\n")]
        else:
            out.append(f"{head} {yaml_text(value)}")
    elif _is_nested(value):
        out.append(head)
        _write(value, out, f"{rest}  ", f"{rest}  ")
    else:
        out.append(f"{head} {yaml_literal(value)}")


def _is_nested(value: object) -> bool:
    """Short lists of plain values stay on one line."""
    if isinstance(value, dict):
        return bool(value)
    if not isinstance(value, list | tuple) or not value:
        return False
    flat = all(not isinstance(item, dict | list | tuple) for item in value)
    return not flat or len(yaml_literal(value)) > _SHORT


def _as_block(text: str) -> bool:
    """Whether a literal block gives back exactly this text, and reads better."""
    if "\n" not in text.rstrip("\n") or text.endswith("\n\n"):
        return False
    return _BLOCK.fullmatch(text) is not None and not any(line != line.rstrip() for line in text.split("\n"))


@cache
def _key(name: str) -> str:
    return name if _PLAIN_KEY.fullmatch(name) and not _WORDS.fullmatch(name) else yaml_literal(name)
