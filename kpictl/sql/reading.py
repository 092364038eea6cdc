"""From text to sqlglot's tree: size limits, one statement, functions taken by the name that was written.

sqlglot translates functions while it parses (`to_char` patterns, `div`, `log`), and not always rightly. Here a name
before a parenthesis is handed to the parser as an unknown one, so that kpictl alone decides what it means; only those
with a grammar of their own (`CAST(x AS t)`, `EXTRACT(u FROM x)`) keep theirs. Everything hostile is stopped on the
tokens, before a recursive parser sees it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import field
from enum import Enum
from functools import cache
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from kpictl.diagnostics import Diagnostic, Place, Refused
from kpictl.records import dataclass
from kpictl.sql.findings import OversizedSql, UnreadableSql, UnsafeSql

DIALECTS = ("postgres", "duckdb", "bigquery", "snowflake", "redshift")
"""Dialects in which a project may be written."""
_FOREIGN = {"tsql": "T-SQL", "mysql": "MySQL", "clickhouse": "ClickHouse", "oracle": "Oracle", "spark": "Spark"}
_BRACKETED = re.compile(r"(?<![\w\])])\[[A-Za-z_][\w ]*\]")
"""A name as T-SQL quotes it; not the index of a value."""
_TOKEN = re.compile(r"<Token [^>]*?text: (.*?), line: \d+[^>]*>")
"""How the parser shows a token in its message."""
LONGEST = 200_000
DEEPEST = 150
MOST_UNIONS = 500
MOST_BARE_JOINS = 8
_NO_LINE = re.compile(r"[^\n]")
MARK = "@"
"""Stands before a function's name between tokens and tree; no SQL name can begin with it."""

_GRAMMAR = frozenset(
    [
        "CAST",
        "TRY_CAST",
        "SAFE_CAST",
        "EXTRACT",
        "TRIM",
        "SUBSTRING",
        "POSITION",
        "OVERLAY",
        "PERCENTILE_CONT",
        "PERCENTILE_DISC",
        "MODE",
        "EXISTS",
        "ROW",
        "WITHIN",
        "GROUP",
        "FILTER",
        "OVER",
        "IN",
        "VALUES",
        "USING",
        "ON",
        "AS",
        "AND",
        "OR",
        "NOT",
        "ANY",
        "ALL",
        "SOME",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "LATERAL",
        "CUBE",
        "ROLLUP",
        "EXCLUDE",
        "EXCEPT",
        "ARRAY",
        "STRUCT",
        "INTERVAL",
        "MATERIALIZED",
        "PIVOT",
        "UNPIVOT",
        "SETS",
        "RECURSIVE",
        "UNNEST",
    ]
)
_KEYWORD_FUNCTIONS = frozenset(
    t
    for name in (
        "LEFT",
        "RIGHT",
        "REPLACE",
        "ISNULL",
        "FORMAT",
        "FIRST",
        "TRUNCATE",
        "DATE",
        "RANGE",
        "INSERT",
        "MERGE",
    )
    if (t := getattr(TokenType, name, None)) is not None
)
_ACTIONS = frozenset(
    [
        "UPDATE",
        "DELETE",
        "MERGE",
        "COPY",
        "CREATE",
        "DROP",
        "ALTER",
        "TRUNCATE",
        "ATTACH",
        "DETACH",
        "SET",
        "PRAGMA",
        "CALL",
        "INSTALL",
        "LOAD",
        "EXPLAIN",
        "VACUUM",
        "GRANT",
        "REVOKE",
        "EXECUTE",
        "DO",
        "LOCK",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "SHOW",
        "DESCRIBE",
        "USE",
        "EXPORT",
        "IMPORT",
        "REFRESH",
        "ANALYZE",
        "CACHE",
        "KILL",
    ]
)


@dataclass(slots=True)
class Source:
    """A text that was parsed: its tree, its tokens, and where each function call ends."""

    text: str
    tree: exp.Expr
    tokens: list[Token]
    ends: dict[int, int]
    """End of a call by the start of its name."""
    place: Place
    _starts: list[int] = field(default_factory=list)

    def span(self, node: exp.Expr) -> tuple[int, int]:
        """The characters of a node, as well as tokens tell; its nearest positioned ancestor's where they do not."""
        found = self.own_span(node) or self._word_span(node)
        while found is None and node.parent is not None:
            node = node.parent
            found = self.own_span(node)
        return found if found is not None else (0, len(self.text))

    def _word_span(self, node: exp.Expr) -> tuple[int, int] | None:
        """Of a construct that is one word (`CURRENT_USER`): sqlglot keeps no position, but the word is there."""
        found = [t for t in self.tokens if t.text.replace("_", "").lower() == node.key]
        return (found[0].start, found[0].end + 1) if len(found) == 1 else None

    def own_span(self, node: exp.Expr) -> tuple[int, int] | None:
        """The characters of a node as far as its own tokens tell."""
        start, end = len(self.text) + 1, -1
        for part in node.walk():
            meta = part.meta
            if "start" in meta:
                start = min(start, meta["start"])
                end = max(end, self.ends.get(meta["start"], meta["end"] + 1))
            elif isinstance(part, exp.Literal) and (found := self._literal_span(part)):
                start, end = min(start, found[0]), max(end, found[1])
        return (start, end) if end >= 0 else None

    def _literal_span(self, literal: exp.Literal) -> tuple[int, int] | None:
        """sqlglot keeps no position of a quoted text: the n-th such literal of the tree is the n-th such token."""
        if not literal.is_string:
            return None
        same = [
            n for n in _in_order(self.tree) if isinstance(n, exp.Literal) and n.is_string and n.this == literal.this
        ]
        tokens = [t for t in self.tokens if t.token_type is TokenType.STRING and t.text == literal.this]
        for node, token in zip(same, tokens, strict=False):
            if node is literal:
                return token.start, token.end + 1
        return None

    def token_at(self, start: int) -> int:
        """Position in `tokens` of the token that starts at a character."""
        if not self._starts:
            self._starts = [t.start for t in self.tokens]
        return bisect_left(self._starts, start)


def _in_order(tree: exp.Expr) -> Iterator[exp.Expr]:
    yield from tree.walk(bfs=False)


@cache
def _dialect(name: str) -> Any:
    found = Dialect.get_or_raise("tsql" if name == "synapse" else name)
    # Else sqlglot computes `xs[i]` anew as `xs[i - 1]`, and fails over functions that are marked.
    found.INDEX_OFFSET = 0
    return found


def read(text: str, dialect: str, place: Place, *, wrap: bool = False) -> Source:
    """The tree of one statement, or (`wrap`) of one expression as the only output of a SELECT."""
    if len(text) > LONGEST:
        raise _refused(OversizedSql.at(place, f"the text has {len(text):,} characters; {LONGEST:,} are the most"))
    if (nul := text.find("\0")) >= 0:
        raise _refused(UnsafeSql.at(place.within(nul, nul + 1), "a NUL character in the text"))
    tokens = _tokens(text, dialect, place)
    if tokens and tokens[0].text.upper() in _ACTIONS:
        first = tokens[0]
        at = place.within(first.start, first.end + 1)
        raise _refused(UnsafeSql.at(at, f"`{first.text}` is no question", help=["write one SELECT"]))
    ends = _inspect(tokens, place)
    if wrap:
        tokens = [Token(TokenType.SELECT, "SELECT", 1, 1, 0, 0, []), *tokens]
    try:
        trees = _dialect(dialect).parser(error_level=ErrorLevel.IMMEDIATE).parse(tokens, text)
    except ParseError as error:
        raise _refused(_unreadable(text, dialect, place, error, wrap=wrap)) from None
    except RecursionError:
        raise _refused(OversizedSql.at(place, "the text is nested too deeply")) from None
    except (SqlglotError, ValueError, AttributeError, TypeError, IndexError, KeyError) as error:
        raise _refused(UnreadableSql.at(place, f"this is no {dialect} SQL: {error}")) from None
    found = [tree for tree in trees if tree is not None]
    if not found:
        raise _refused(UnreadableSql.at(place, "the text is empty"))
    return Source(text, found[0], tokens, ends, place)


def _refused(diagnostic: Diagnostic) -> Refused:
    return Refused([diagnostic])


def _tokens(text: str, dialect: str, place: Place) -> list[Token]:
    try:
        tokens = list(_dialect(dialect).tokenize(text))
        if "--" in text or "/*" in text:
            tokens = list(_dialect(dialect).tokenize(_without_comments(text, tokens)))
    except SqlglotError:
        raise _refused(
            UnreadableSql.at(place, "a quote or comment is not closed", help=["close the quote that was opened last"])
        ) from None
    return tokens


def _without_comments(text: str, tokens: list[Token]) -> str:
    """Blanks for what stands between tokens, so that `ORDER /* first */ BY` is one token, too; offsets stay true."""
    parts: list[str] = []
    end = 0
    for token in tokens:
        parts.append(_NO_LINE.sub(" ", text[end : token.start]))
        parts.append(text[token.start : token.end + 1])
        end = token.end + 1
    return "".join(parts)


def _inspect(tokens: list[Token], place: Place) -> dict[int, int]:
    """Limits and forbidden tokens; marks function names in place. Returns where each call ends."""
    ends: dict[int, int] = {}
    calls: list[int] = []
    arrows: list[int] = []
    depth = unions = run = joins = 0
    previous: Token | None = None
    for index, token in enumerate(tokens):
        watch = _WATCHED.get(token.token_type)
        if watch is None:
            run = 0
            previous = token
            continue
        if watch is _Watch.OPEN:
            depth += 1
            if token.token_type is _LEFT:
                calls.append(_mark(tokens, index, previous))
        elif watch is _Watch.CLOSE:
            depth -= 1
            if token.token_type is _RIGHT and calls and (start := calls.pop()) >= 0:
                ends[start] = token.end + 1
        elif watch is _Watch.SET:
            unions += 1
        elif watch is _Watch.STOP:
            _stop(tokens, index, place)
        elif watch is _Watch.JOIN:
            joins = _bare_joins(tokens, index, joins, place)
        elif watch is _Watch.ARROW and previous is not None:
            arrows.append(index - 1)
        run = run + 1 if watch is _Watch.PREFIX else 0
        if depth > DEEPEST or run > DEEPEST or unions > MOST_UNIONS:
            what = f"{MOST_UNIONS} set operations" if unions > MOST_UNIONS else f"{DEEPEST} levels of nesting"
            raise _refused(OversizedSql.at(place.within(token.start, token.end + 1), f"more than {what}"))
        if previous is not None and previous.token_type is TokenType.COMMA and token.token_type in _AFTER_COMMA:
            raise _loose_comma(previous, place)
        previous = token
    if previous is not None and previous.token_type is TokenType.COMMA:
        raise _loose_comma(previous, place)
    for index in reversed(arrows):
        _shield(tokens, index)
    return ends


def _shield(tokens: list[Token], index: int) -> None:
    """`f(x -> 'key')` reads a field of x: in two pairs of parentheses x cannot be taken for a lambda's argument."""
    name = tokens[index]
    if index == 0 or tokens[index - 1].token_type not in (_LEFT, TokenType.COMMA):
        return
    here: tuple[int, int, int, int, list[str]] = (name.line, name.col, name.start, name.end, [])
    before, after = Token(_LEFT, "(", *here), Token(_RIGHT, ")", *here)
    tokens[index : index + 1] = [before, before, name, after, after]


def _bare_joins(tokens: list[Token], index: int, joins: int, place: Place) -> int:
    """Joins that wait for their ON; the parser's time doubles with each of them (sqlglot 30.30)."""
    token = tokens[index]
    if token.token_type is not TokenType.JOIN:
        return max(joins - 1, 0)
    if any(t.token_type in (TokenType.CROSS, TokenType.NATURAL) for t in tokens[max(index - 3, 0) : index]):
        return joins
    if joins >= MOST_BARE_JOINS:
        at = place.within(token.start, token.end + 1)
        raise _refused(UnreadableSql.at(at, "too many joins without ON", help=["write `JOIN b ON a.x = b.x`"]))
    return joins + 1


def _loose_comma(comma: Token, place: Place) -> Refused:
    at = place.within(comma.start, comma.end + 1)
    return _refused(UnreadableSql.at(at, "a comma with nothing after it", help=["remove the comma"]))


class _Watch(Enum):
    """Why a token is looked at before the parser sees it."""

    OPEN = "open"
    CLOSE = "close"
    SET = "set operation"
    STOP = "stop"
    PREFIX = "prefix"
    ARROW = "arrow"
    JOIN = "join"
    CLAUSE = "clause"


_PREFIXES = frozenset({TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE})
_AFTER_COMMA = frozenset({TokenType.FROM, TokenType.R_PAREN, TokenType.WHERE, TokenType.GROUP_BY, TokenType.COMMA})
_STOPS = frozenset(
    t
    for name in [
        "SEMICOLON",
        "UNICODE_STRING",
        "BIT_STRING",
        "HEX_STRING",
        "NATIONAL_STRING",
        "PARAMETER",
        "PLACEHOLDER",
        "BLOCK_START",
        "BLOCK_END",
        "SESSION_PARAMETER",
    ]
    if (t := getattr(TokenType, name, None)) is not None
)


_LEFT, _RIGHT, _VAR = TokenType.L_PAREN, TokenType.R_PAREN, TokenType.VAR
_WATCHED: dict[TokenType, _Watch] = {
    **dict.fromkeys(_AFTER_COMMA, _Watch.CLAUSE),
    **dict.fromkeys(_STOPS, _Watch.STOP),
    **dict.fromkeys(_PREFIXES, _Watch.PREFIX),
    TokenType.ARROW: _Watch.ARROW,
    **dict.fromkeys((TokenType.JOIN, TokenType.ON, TokenType.USING), _Watch.JOIN),
    **dict.fromkeys((_LEFT, TokenType.CASE, TokenType.L_BRACKET, TokenType.L_BRACE), _Watch.OPEN),
    **dict.fromkeys((_RIGHT, TokenType.END, TokenType.R_BRACKET, TokenType.R_BRACE), _Watch.CLOSE),
    **dict.fromkeys((TokenType.UNION, TokenType.EXCEPT, TokenType.INTERSECT), _Watch.SET),
}


def _mark(tokens: list[Token], index: int, previous: Token | None) -> int:
    """Mark the name before a parenthesis as a function's; its start, or -1 where there is none."""
    if previous is None:
        return -1
    kind = previous.token_type
    if _changes_star(tokens, index):
        return -1
    if not (kind is _VAR or kind in _KEYWORD_FUNCTIONS or kind is TokenType.IDENTIFIER):
        return previous.start if previous.text.upper() in _GRAMMAR else -1
    if previous.text.upper() not in _GRAMMAR:
        if kind in _KEYWORD_FUNCTIONS and index > 1 and tokens[index - 2].token_type in _CLAUSES:
            return -1
        kept = TokenType.IDENTIFIER if kind is TokenType.IDENTIFIER else _VAR
        name = Token(kept, MARK + previous.text, previous.line, previous.col, previous.start, previous.end, [])
        tokens[index - 1] = name
    return previous.start


_CLAUSES = frozenset({TokenType.DOT})
_BEFORE_STAR = frozenset({TokenType.SELECT, TokenType.COMMA, TokenType.DOT, TokenType.DISTINCT})


def _changes_star(tokens: list[Token], index: int) -> bool:
    """Whether the parenthesis belongs to `* REPLACE (`, `* RENAME (`, or to one of them after `* EXCEPT (..)`."""
    if tokens[index - 1].text.upper() not in ("REPLACE", "RENAME") or index < 3:
        return False
    before = tokens[index - 2].token_type
    return before is _RIGHT or (before is TokenType.STAR and tokens[index - 3].token_type in _BEFORE_STAR)


def _stop(tokens: list[Token], index: int, place: Place) -> None:
    token = tokens[index]
    at = place.within(token.start, token.end + 1)
    if token.token_type is TokenType.SEMICOLON:
        rest = next((t for t in tokens[index:] if t.token_type is not TokenType.SEMICOLON), None)
        if rest is None:
            return
        raise _refused(
            UnsafeSql.at(place.within(rest.start, tokens[-1].end + 1), "a second statement", help=["write one SELECT"])
        )
    if token.token_type in (TokenType.PARAMETER, TokenType.PLACEHOLDER, TokenType.SESSION_PARAMETER):
        if token.token_type is TokenType.PLACEHOLDER and token.text == "?":
            return  # the JSON operator `?`; as a value it is refused later
        raise _refused(
            UnsafeSql.at(at, "a parameter or variable", help=["use `{{ var('name') }}` for a value of the project"])
        )
    raise _refused(UnsafeSql.at(at, "an escaped or binary text", help=["write the characters themselves"]))


def _unreadable(text: str, dialect: str, place: Place, error: ParseError, *, wrap: bool) -> Diagnostic:
    told = error.errors[0] if error.errors else {}
    start = _offset(text, told.get("line"), told.get("col"), told.get("highlight"))
    at = place if start is None else place.within(start[0], start[1])
    message = str(told.get("description") or "this is no SQL").rstrip(".")
    if "Required keyword" in message:
        message = "something is missing here"
    message = _TOKEN.sub(r"`\1`", message[:1].lower() + message[1:])
    ways = []
    if _BRACKETED.search(text) and _parses(text, "tsql", wrap=wrap):  # elsewhere that is an array of one column
        ways = [f"it is T-SQL, in which no project is written; write it in {dialect}"]
    elif (other := next((d for d in DIALECTS if d != dialect and _parses(text, d, wrap=wrap)), None)) is not None:
        ways = [f"it is {other} SQL: set `dialect: {other}` in kpi_project.yml, or write it in {dialect}"]
    elif (foreign := next((d for d in _FOREIGN if _parses(text, d, wrap=wrap)), None)) is not None:
        ways = [f"it is {_FOREIGN[foreign]}, in which no project is written; write it in {dialect}"]
    return UnreadableSql.at(at, f"this is no {dialect} SQL: {message}", help=ways)


def _offset(text: str, line: Any, col: Any, highlight: Any) -> tuple[int, int] | None:
    """Characters of the token that sqlglot names by line and last column."""
    if not isinstance(line, int) or not isinstance(col, int):
        return None
    begin = 0
    for _ in range(line - 1):
        begin = text.find("\n", begin) + 1
    word = highlight if isinstance(highlight, str) else ""
    end = min(begin + col, len(text))
    start = max(end - max(len(word), 1), begin)
    return start, max(end, start + 1) if text else end


def _parses(text: str, dialect: str, *, wrap: bool) -> bool:
    try:
        trees = _dialect(dialect).parser(error_level=ErrorLevel.IMMEDIATE)
        sql = f"SELECT {text}" if wrap else text
        parsed = trees.parse(list(_dialect(dialect).tokenize(sql)), sql)
    except (SqlglotError, ValueError, AttributeError, TypeError, RecursionError, IndexError, KeyError):
        return False
    return bool(parsed) and isinstance(parsed[0], exp.Query)
