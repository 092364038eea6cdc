"""Other texts of a query that say the same: reformatted, a true filter added, operands swapped, names of CTEs changed.

Made from words and brackets alone, so that no parser stands between the text and its variant. A variant is made only
where the words show that it says the same; else there is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType

from tests.corpus.corpus import Query

_TOKEN = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\w+(?:\.\w+)*|\s+|<>|<=|>=|!=|::|\|\||.", re.DOTALL
)
_KEYWORDS = frozenset(
    "select from where group by order having limit and or not as on join left right full inner cross using case when then"
    " else end in is null like between distinct union all with over partition rows filter within asc desc exists".split()
)
_ENDS = frozenset(("group", "order", "having", "limit", "offset", "union", "except", "intersect", "window", "qualify"))
_OPERAND = re.compile(r"'(?:[^']|'')*'|\d+(?:\.\d+)?|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?")
_BEFORE = frozenset(("where", "and", "on", "or", "when", "("))
_AFTER = frozenset(
    ("and", "or", "then", ")", "group", "order", "having", "limit", "left", "join", "inner", "where", "")
)


def tokens(sql: str) -> list[str]:
    """The words, texts, marks and blanks of a query; together they are the query."""
    return _TOKEN.findall(sql)


def reformatted(sql: str) -> str | None:
    """Keywords in the other case, other blanks, and comments between them."""
    found: list[str] = []
    for n, token in enumerate(tokens(sql)):
        if found and found[-1].startswith("--"):
            found.append("\n")
        elif token.isspace():
            found.append(("\n", "  /* ; ' */ ", "\t", '\n-- "not" a (word\n  ')[n % 4])
        elif token.lower() in _KEYWORDS:
            found.append(token.swapcase() if n % 2 else token.title())
        else:
            found.append(token)
    return "".join(found)


def filtered(sql: str) -> str | None:
    """`WHERE x` becomes `WHERE (x) AND 1 = 1`, everywhere."""
    found = tokens(sql)
    starts = [n for n, token in enumerate(found) if token.lower() == "where" and not _in_filter(found, n)]
    for start in reversed(starts):
        end = _end(found, start + 1)
        body = "".join(found[start + 1 : end]).strip()
        found[start + 1 : end] = [f" ({body}) AND 1 = 1 "]
    return "".join(found) if starts else None


def _in_filter(found: list[str], at: int) -> bool:
    before = [token.lower() for token in found[:at] if not token.isspace()][-2:]
    return before == ["filter", "("]


def _end(found: list[str], at: int) -> int:
    depth = 0
    while at < len(found):
        token = found[at].lower()
        depth += (token == "(") - (token == ")")
        if depth < 0 or (depth == 0 and token in _ENDS):
            return at
        at += 1
    return at


def split(sql: str) -> str | None:
    """`WHERE x` becomes `WHERE ((x) OR 1 = 0) AND (x)`: one filter as two, where it is that of the whole query."""
    found = tokens(sql)
    starts = [n for n, token in enumerate(found) if token.lower() == "where" and not _in_filter(found, n)]
    if len(starts) != 1 or found[: starts[0]].count("(") != found[: starts[0]].count(")"):
        return None
    (start,) = starts
    end = _end(found, start + 1)
    body = "".join(found[start + 1 : end]).strip()
    if "--" in body or re.search(r"(?i)\bselect\b", body):
        return None
    found[start + 1 : end] = [f" (({body}) OR 1 = 0) AND ({body}) "]
    return "".join(found)


def swapped(sql: str) -> str | None:
    """`a = b` becomes `b = a` where both are names or constants and a condition ends behind them."""
    found = tokens(sql)
    words = [n for n, token in enumerate(found) if not token.isspace()]
    changed = False
    for at in range(1, len(words) - 1):
        left, mark, right = (found[words[at + n]] for n in (-1, 0, 1))
        before = found[words[at - 2]].lower() if at > 1 else ""
        after = found[words[at + 2]].lower() if at + 2 < len(words) else ""
        if (
            mark == "="
            and before in _BEFORE
            and after in _AFTER
            and _OPERAND.fullmatch(left)
            and _OPERAND.fullmatch(right)
        ):
            found[words[at - 1]], found[words[at + 1]] = right, left
            changed = True
    return "".join(found) if changed else None


def renamed(sql: str) -> str | None:
    """Each CTE gets another name, where its name stands for nothing else."""
    names = re.findall(r"(?i)(?:\bwith|\),)\s+(\w+)\s+as\s+\(", sql)
    text = sql
    for name in names:
        if len(re.findall(rf"(?i)(?:\b(?:from|join)\s+{name}\b|\b{name}\s+as\s+\(|\b{name}\.)", sql)) != len(
            re.findall(rf"(?i)\b{name}\b", sql)
        ):
            return None
        text = re.sub(rf"(?i)\b{name}\b", f"Other_{name}", text)
    return text if names else None


VARIANTS: dict[str, Callable[[str], str | None]] = {
    "true filter": filtered,
    "filter as two": split,
    "operands swapped": swapped,
    "CTEs renamed": renamed,
}
"""Those that may be printed otherwise; `reformatted` must be printed the same."""


def variants(sql: str) -> Iterator[tuple[str, str]]:
    """Name and text of each variant of a query that is another text."""
    for name, make in VARIANTS.items():
        text = make(sql)
        if text is not None and text != sql:
            yield name, text


class Varied:
    """The tables of a corpus with other queries."""

    def __init__(self, source: ModuleType, queries: Iterable[Query]) -> None:
        self._queries = tuple(queries)
        self.schema, self.tables = source.schema, source.tables
        self.TIMES, self.AS_OF = source.TIMES, source.AS_OF

    def queries(self) -> tuple[Query, ...]:
        return self._queries
