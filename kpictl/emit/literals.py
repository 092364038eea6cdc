"""Values as literals of the formats that artifacts are written in. What a parser of the format reads back is the value.

Each function takes texts, numbers, booleans, None, and mappings and lists of them, and yields one line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msgspec.json import Encoder

Plain = object
"""str, int, float, Decimal, bool, None, and mappings and sequences of them."""

_NOT_IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff]")
_CONTROL = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]')
_HCL_TEMPLATE = re.compile(r"([$%]+)\{")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_BREAKS = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


class Text(str):
    """Text that is written as it is: it is of the format already."""

    __slots__ = ()


def json_literal(value: Plain) -> str:
    """RFC 8259; separators of lines and the like are escaped, too."""
    if isinstance(value, str) and is_plain(value):
        return plain_text(value)
    text = json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)
    if text.isascii() and "\x7f" not in text:
        return text
    return _NOT_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def json_document(value: Plain) -> str:
    """A whole JSON file."""
    from msgspec import json as quick

    text = quick.format(_encoder().encode(value), indent=2).decode()
    if text.isascii() and "\x7f" not in text:
        return text + "\n"
    return _NOT_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


@cache
def _encoder() -> Encoder:
    """Of what msgspec does not know, texts of our own and mappings are asked for one by one."""
    from msgspec.json import Encoder

    return Encoder(enc_hook=_plain, decimal_format="number")


def yaml_literal(value: Plain) -> str:
    """YAML 1.1 and 1.2 in flow style; every text is quoted, so that none is read as a number, date or truth."""
    return _nested(value, _double_quoted, ": ")


def hcl_literal(value: Plain) -> str:
    """HCL 2: nothing in a text is a template; keys are quoted, objects are on one line."""
    return _nested(value, hcl_text, " = ")


def hcl_text(text: str) -> str:
    """A quoted template of HCL that is exactly the text."""
    if is_plain(text) and "${" not in text and "%{" not in text:
        return plain_text(text)
    return _HCL_TEMPLATE.sub(lambda found: found[1][:-1] + f"\\u{ord(found[1][-1]):04x}{{", _double_quoted(text, "u"))


def python_literal(value: Plain) -> str:
    """Python, in ASCII."""
    return ascii(_plain(value))


def shell_literal(value: Plain) -> str:
    """One word of a POSIX shell; a NUL has none."""
    text = str(value)
    if "\0" in text:
        raise ValueError("a word of a shell holds no NUL")
    return "'" + text.replace("'", "'\\''") + "'"


def sql_literal(value: Plain) -> str:
    """Standard SQL, of numbers, truths and texts; engines that read backslashes have `backslash_sql_literal`."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float | Decimal):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def backslash_sql_literal(value: Plain) -> str:
    """SQL of engines in which a backslash escapes: BigQuery, Snowflake."""
    if not isinstance(value, str):
        return sql_literal(value)
    escaped = _CONTROL.sub(lambda found: _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}", value)
    return "'" + escaped.replace('\\"', '"').replace("'", "\\'") + "'"


def markdown_text(value: Plain) -> str:
    """A text inside a paragraph or a cell of a table: no markup, no HTML, one line."""
    line = _BREAKS.sub(" ", str(value))
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~$&-])", lambda found: f"&#{ord(found[1])};", line)


def commented(lines: object, mark: str) -> str:
    """Lines as comments to the end of the line; whatever any reader takes for a line break begins a new comment."""
    texts = [lines] if isinstance(lines, str) else [str(line) for line in lines]  # type: ignore[attr-defined]
    parts = [part for text in texts for part in _BREAKS.split(text.replace("\0", "\ufffd"))]
    return "\n".join(f"{mark} {part}".rstrip() for part in parts)


LITERALS: Mapping[str, Callable[[Plain], str]] = {
    "json": json_literal,
    "yaml": yaml_literal,
    "hcl": hcl_literal,
    "python": python_literal,
    "shell": shell_literal,
    "sql": sql_literal,
    "markdown": markdown_text,
    "comment": lambda value: _BREAKS.sub(" ", str(value)),
}
"""How a format writes a value that stands in a template."""


def _nested(value: Plain, text: Callable[[str], str], colon: str) -> str:
    if isinstance(value, Text):
        return str(value)
    if isinstance(value, str):
        return text(value)
    if value is None or value is True or value is False:
        return "null" if value is None else "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        inside = ", ".join(f"{text(str(key))}{colon}{_nested(item, text, colon)}" for key, item in value.items())
        return f"{{{inside}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_nested(item, text, colon) for item in value)}]"
    return json.dumps(_plain(value), allow_nan=False)


def is_plain(text: str) -> bool:
    """Whether a text is ASCII that can be seen, and ends of lines."""
    return text.isascii() and text.replace("\n", "").isprintable()


def plain_text(text: str, line_end: str = "\\n") -> str:
    """A plain text between double quotes, as JSON, YAML and HCL all read it; `line_end` stands for each of its line ends."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", line_end) + '"'


def yaml_text(text: str) -> str:
    """A quoted text of YAML."""
    return _double_quoted(text)


def _double_quoted(text: str, byte: str = "x") -> str:
    if is_plain(text):
        return plain_text(text)

    def escape(found: re.Match[str]) -> str:
        code = ord(found[0])
        return _SHORT.get(found[0]) or (f"\\x{code:02x}" if code < 256 and byte == "x" else f"\\u{code:04x}")

    return '"' + _CONTROL.sub(escape, text) + '"'


def _plain(value: Plain) -> object:
    """The same of the types that encoders know."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None or kind is float:
        return value
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value
