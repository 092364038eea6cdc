"""HCL as `terraform fmt` writes it: values over several lines, and `=` in columns."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence

from kpictl.emit.emitter import Render
from kpictl.emit.literals import Text, hcl_literal, hcl_text, is_plain, plain_text

_TOKEN = re.compile(r'"|[#/]|==|[!<>]=|=>|=|[\[({]|[\])}]')
_QUOTED = re.compile(r'"(?:[^"\\$%]|\\.|[$%](?!\{))*"')
_ITEM = re.compile(rf" *{_QUOTED.pattern},")
_PLAIN = re.compile(rf"( *(?:[A-Za-z_][\w-]*|{_QUOTED.pattern})) += ({_QUOTED.pattern}|[\w.]+)")
_LONG = 200
_HEREDOC = re.compile(r"<<[-~]?([A-Za-z_][A-Za-z0-9_]*)$")


def hcl_value(value: object, indent: int = 0) -> Text:
    """A value over as many lines as it needs, in the columns of `terraform fmt`; the first line stands where it is put, the
    others are indented by `indent`.

    A text of several lines is `join("\\n", [...])` with a line in each: it comes back as it was, whatever is in it.
    """
    return Text(_written(value, " " * indent))


def _written(value: object, margin: str) -> str:
    inner = margin + "  "
    if isinstance(value, str) and not isinstance(value, Text) and "\n" in value:
        if is_plain(value) and "${" not in value and "%{" not in value:
            lines = plain_text(value, f'",\n{inner}"')
        else:
            lines = f",\n{inner}".join(map(hcl_text, value.split("\n")))
        return f'join("\\n", [\n{inner}{lines},\n{margin}])'
    if isinstance(value, Mapping) and value:
        pairs = [(hcl_text(str(key)), _written(item, inner)) for key, item in value.items()]
        return f"{{\n{''.join(_columns(pairs, inner))}{margin}}}"
    if isinstance(value, list | tuple) and any(isinstance(item, Mapping | list | tuple) for item in value):
        lines = "".join(f"{inner}{_written(item, inner)},\n" for item in value)
        return f"[\n{lines}{margin}]"
    return hcl_literal(value)


def _columns(pairs: Sequence[tuple[str, str]], margin: str) -> Iterator[str]:
    """Lines of `name = value`; a value of several lines ends the column before it."""
    place = 0
    while place < len(pairs):
        end = place
        while end < len(pairs) and "\n" not in pairs[end][1]:
            end += 1
        width = max((len(name) for name, _ in pairs[place:end]), default=0)
        for name, value in pairs[place:end]:
            yield f"{margin}{name:<{width}} = {value}\n"
        if end < len(pairs):
            yield f"{margin}{pairs[end][0]} = {pairs[end][1]}\n"
        place = end + 1


def carried(key: str, value: object) -> dict[str, object]:
    """The value under its key; a text that Terraform would change, as it normalises all to NFC, in base64 under KEY_base64."""
    if isinstance(value, str) and not unicodedata.is_normalized("NFC", value):
        return {f"{key}_base64": b64encode(value.encode()).decode()}
    if isinstance(value, list | tuple) and not all(unicodedata.is_normalized("NFC", str(each)) for each in value):
        return {f"{key}_base64": [b64encode(str(each).encode()).decode() for each in value]}
    return {key: value}


def filled(render: Render, template: str, values: Mapping[str, object]) -> str:
    """A template of HCL with values, in the columns of `terraform fmt`; long values have theirs already."""
    long = {name: value for name, value in values.items() if isinstance(value, Text) and value.count("\n") > _LONG}
    marks = {name: Text(f"[\nkpictl-value-{number}\n]") for number, name in enumerate(long)}
    text = formatted(render(template, **{**values, **marks}))
    for name, mark in marks.items():
        text = text.replace(mark, long[name])
    return text


def formatted(text: str) -> str:
    """The text with the columns of `terraform fmt`: what it wants of consecutive `name = value` lines.

    Indentation is the writer's own; a line whose value goes on in the next is no part of a column.
    """
    found: list[str] = []
    column: list[tuple[str, str]] = []
    end = ""
    for line in text.split("\n"):
        if end:
            # What stands in a heredoc is left alone; its whole is the value of the line that opens it.
            if column:
                column[-1] = (column[-1][0], f"{column[-1][1]}\n{line}")
            else:
                found.append(line)
            end = "" if line.strip() == end else end
            continue
        parts = _assignment(line)
        if parts is None:
            found += [*_aligned(column), line.rstrip()]
            column = []
        else:
            column.append(parts)
        if opening := _HEREDOC.search(line):
            end = opening[1]
    return "\n".join([*found, *_aligned(column)])


def _aligned(column: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(name) for name, _ in column), default=0)
    return [f"{name:<{width}} {rest}" for name, rest in column]


def _assignment(line: str) -> tuple[str, str] | None:
    """`  name` and `= value` of a line that holds the whole value; None for any other."""
    if "=" not in line or _ITEM.fullmatch(line):
        return None
    if plain := _PLAIN.fullmatch(line):
        return plain[1], f"= {plain[2]}"
    at = None
    depth = 0
    place = 0
    while found := _token(line, place):
        token, start, place = found
        if token in "#/":
            if token == "#" or line.startswith("//", start):
                return None if at is None or depth else (line[:at].rstrip(), line[at:].rstrip())
            continue
        if token == "=" and at is None:
            if depth or not line[:start].strip():
                return None
            at = start
        elif token in "[({":
            depth += 1
        elif token in "])}":
            depth -= 1
    if at is None or depth:
        return None
    return line[:at].rstrip(), f"= {line[at + 1 :].strip()}"


def _token(line: str, place: int) -> tuple[str, int, int] | None:
    """The next text, bracket or sign from a place: itself, where it begins and ends."""
    found = _TOKEN.search(line, place)
    if found is None:
        return None
    if not found[0].startswith('"'):
        return found[0], found.start(), found.end()
    plain = _QUOTED.match(line, found.start())
    return '"', found.start(), plain.end() if plain else _text_end(line, found.start() + 1)


def _text_end(line: str, place: int) -> int:
    """Where a quoted template ends; its interpolations may hold texts again."""
    while place < len(line):
        if line[place] == "\\":
            place += 2
        elif line[place] == '"':
            return place + 1
        elif line.startswith(("${", "%{"), place) and not line.startswith(("$${", "%%{"), place - 1):
            place = _template_end(line, place + 2)
        else:
            place += 1
    return place


def _template_end(line: str, place: int) -> int:
    depth = 1
    while place < len(line) and depth:
        if line[place] == '"':
            place = _text_end(line, place + 1)
            continue
        depth += {"{": 1, "}": -1}.get(line[place], 0)
        place += 1
    return place
