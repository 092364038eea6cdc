"""HCL of variables (`terraform.tfvars`): names and literal values, with the place of each.

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md; a function, a reference or a template with `${` is no literal and
is refused with its place, as Terraform itself refuses it in such a file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal

from kpictl.diagnostics import Place, Refused
from kpictl.imports.findings import BadHcl
from kpictl.records import dataclass

_SPACE = re.compile(r"(?:[ \t\r]|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.S)
_LINES = re.compile(r"(?:[ \t\r\n]|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.S)
_WORD = re.compile(r"[^\W\d][\w-]*")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_HEREDOC = re.compile(r"<<(-?)([^\W\d][\w-]*)\r?\n")
_PIECE = re.compile(r"[^\"\\$%\n]+|\\(?:[nrt\"\\]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})|\$\$\{|%%\{|[$%](?!\{)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_WORDS = {"true": True, "false": False, "null": None}
_DEEPEST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value: None, bool, Decimal, str, a tuple of values, or values by key; and where it stands."""

    is_: object
    place: Place = field(compare=False)

    def plain(self) -> object:
        """The same without places; whole numbers are int."""
        if isinstance(self.is_, Mapping):
            return {key: each.plain() for key, each in self.is_.items()}
        if isinstance(self.is_, tuple):
            return [each.plain() for each in self.is_]
        if isinstance(self.is_, Decimal):
            return int(self.is_) if self.is_ == self.is_.to_integral_value() else float(self.is_)
        return self.is_


def read_values(path: str, data: bytes) -> dict[str, Value]:
    """Values by name, in the order of the file; raises Refused at the first that is no literal."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused([BadHcl.at(Place(path), f"{path} is no UTF-8")]) from None
    return _Reader(path, text).file()


class _Reader:
    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._text = text
        self._at = 0

    def file(self) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while self._skip(_LINES) < len(self._text):
            begin = self._at
            name = self._match(_WORD)
            if name is None:
                raise self._bad(begin, "the name of a variable is expected here")
            if name in found:
                raise self._bad(begin, f"`{name}` is said twice")
            self._skip(_SPACE)
            if self._text[self._at : self._at + 1] != "=":
                raise self._bad(self._at, f"`=` is expected after `{name}`; blocks are no values")
            self._at += 1
            found[name] = self._value(0)
            self._skip(_SPACE)
            if self._at < len(self._text) and self._text[self._at] != "\n":
                raise self._bad(self._at, "a value ends with its line")
        return found

    def _value(self, depth: int) -> Value:
        self._skip(_SPACE)
        begin = self._at
        if depth > _DEEPEST:
            raise self._bad(begin, f"values are nested more than {_DEEPEST} times")
        sign = self._text[begin : begin + 1]
        if sign == '"':
            self._at += 1
            return self._made(begin, self._quoted(begin))
        if sign in ("[", "("):
            self._at += 1
            return self._list(begin, depth) if sign == "[" else self._parenthesis(begin, depth)
        if sign == "{":
            self._at += 1
            return self._object(begin, depth)
        if opening := _HEREDOC.match(self._text, begin):
            return self._made(begin, self._heredoc(begin, opening))
        if number := self._match(_NUMBER):
            return self._made(begin, Decimal(number))
        word = self._match(_WORD)
        if word in _WORDS and self._text[self._at : self._at + 1] not in ("(", ".", "["):
            return self._made(begin, _WORDS[word])
        what = f"`{word}` is a reference or a function" if word else "a value is expected here"
        raise self._bad(begin, f"{what}; a file of values holds literals alone")

    def _parenthesis(self, begin: int, depth: int) -> Value:
        self._skip(_LINES)
        found = self._value(depth + 1)
        self._skip(_LINES)
        self._expect(")")
        return self._made(begin, found.is_)

    def _list(self, begin: int, depth: int) -> Value:
        found: list[Value] = []
        while True:
            self._skip(_LINES)
            if self._take("]"):
                return self._made(begin, tuple(found))
            found.append(self._value(depth + 1))
            self._skip(_LINES)
            if not self._take(",") and self._text[self._at : self._at + 1] != "]":
                raise self._bad(self._at, "`,` or `]` is expected here")

    def _object(self, begin: int, depth: int) -> Value:
        found: dict[str, Value] = {}
        while True:
            self._skip(_LINES)
            if self._take("}"):
                return self._made(begin, found)
            at = self._at
            key = self._key(depth)
            if key in found:
                raise self._bad(at, f"`{key}` is said twice")
            self._skip(_SPACE)
            if not self._take("=") and not self._take(":"):
                raise self._bad(self._at, f"`=` is expected after `{key}`")
            self._skip(_LINES)
            found[key] = self._value(depth + 1)
            self._skip(_SPACE)
            if not self._take(",") and self._text[self._at : self._at + 1] not in ("\n", "}"):
                raise self._bad(self._at, "the end of the line, `,` or `}` is expected here")

    def _key(self, depth: int) -> str:
        begin = self._at
        if self._take('"'):
            return self._quoted(begin)
        if self._text[begin : begin + 1] == "(":
            found = self._value(depth + 1).is_
            if isinstance(found, str):
                return found
        word = self._match(_WORD) or self._match(_NUMBER)
        if word is None:
            raise self._bad(begin, "a key is expected here")
        return word

    def _quoted(self, begin: int) -> str:
        parts: list[str] = []
        while True:
            if self._take('"'):
                return "".join(parts)
            piece = self._match(_PIECE)
            if piece is None:
                if self._text.startswith(("${", "%{"), self._at):
                    raise self._bad(self._at, "a template is no literal; write `$${` or `%%{` for the characters")
                if self._text[self._at : self._at + 1] == "\\":
                    raise self._bad(self._at, "there is no such escape")
                raise self._bad(begin, "the text does not end in its line")
            parts.append(_unescaped(piece))

    def _heredoc(self, begin: int, opening: re.Match[str]) -> str:
        self._at = opening.end()
        ending = re.compile(rf"^[ \t]*{re.escape(opening[2])}[ \t\r]*$", re.M).search(self._text, self._at)
        if ending is None:
            raise self._bad(begin, f"the heredoc does not end with {opening[2]}")
        body = self._text[self._at : ending.start()]
        if template := re.search(r"(?<!\$)\$\{|(?<!%)%\{", body):
            raise self._bad(
                self._at + template.start(), "a template is no literal; write `$${` or `%%{` for the characters"
            )
        self._at = ending.end()
        lines = body.split("\n")
        if opening[1]:
            margin = min((len(line) - len(line.lstrip(" ")) for line in lines[:-1] if line.strip()), default=0)
            lines = [line[min(margin, len(line) - len(line.lstrip(" "))) :] for line in lines]
        return "\n".join(lines).replace("$${", "${").replace("%%{", "%{")

    def _made(self, begin: int, value: object) -> Value:
        return Value(is_=value, place=Place(self._path, start=begin, end=self._at))

    def _skip(self, what: re.Pattern[str]) -> int:
        found = what.match(self._text, self._at)
        assert found is not None
        self._at = found.end()
        return self._at

    def _match(self, what: re.Pattern[str]) -> str | None:
        found = what.match(self._text, self._at)
        if found is None:
            return None
        self._at = found.end()
        return found[0]

    def _take(self, sign: str) -> bool:
        if self._text.startswith(sign, self._at):
            self._at += len(sign)
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._bad(self._at, f"`{sign}` is expected here")

    def _bad(self, at: int, message: str) -> Refused:
        return Refused([BadHcl.at(Place(self._path, start=at, end=min(at + 1, len(self._text))), message)])


def _unescaped(piece: str) -> str:
    if piece[0] == "\\":
        return _ESCAPES[piece[1]] if piece[1] in _ESCAPES else chr(int(piece[2:], 16))
    return piece[1:] if piece in ("$${", "%%{") else piece
