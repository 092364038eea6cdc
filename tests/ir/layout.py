"""A canonical query, and rows on their way to one, as lines: a clause a line, sub-queries indented."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpictl.ir.query import Query
from kpictl.passes.rows import Rows
from tests.sql.shown import show, show_query, show_relation

_CLAUSE = re.compile(
    r" (?=(?:FROM|WHERE|GROUP BY|HAVING|QUALIFY|ORDER BY|LIMIT|OFFSET|UNION|EXCEPT|INTERSECT|WITH) "
    r"|(?:INNER|LEFT|RIGHT|FULL|CROSS) JOIN )"
)
_QUERY = re.compile(r"\((?=SELECT |WITH |VALUES |\((?:SELECT|WITH|VALUES) )")
_AFTER_WITH = re.compile(r"(?<=\)) (?=SELECT )")


def lines(query: Query) -> str:
    """A whole query."""
    return "\n".join(_broken(show_query(query)))


def _broken(text: str) -> Iterator[str]:
    """A new line at each clause of a query, and around each query in parentheses; not within calls and windows."""
    line, at = "", 0
    opened: list[bool] = []

    def depth() -> str:
        return "  " * sum(opened)

    while at < len(text):
        here = text[at]
        in_query = not opened or opened[-1]
        if here == "'":
            end = text.index("'", at + 1) + 1
            line, at = line + text[at:end], end
            continue
        if in_query and (_CLAUSE.match(text, at) or _AFTER_WITH.match(text, at)):
            yield line
            line, at = depth(), at + 1
            continue
        if here == "(":
            opened.append(_QUERY.match(text, at) is not None)
            line += here
            if opened[-1]:
                yield line
                line = depth()
        elif here == ")":
            if opened.pop():
                yield line
                line = depth()
            line += here
        else:
            line += here
        at += 1
    yield line


def told_rows(read: Rows) -> str:
    """The FROM, joins, condition and derived columns of a SELECT that is being made."""
    found = [f"FROM {show_relation(read.table)}"]
    found += [f"{j.kind.upper()} JOIN {show_relation(j.relation)} ON {show(j.on)}" for j in read.joined() if j.on]
    where = read.condition()
    found += [] if where is None else [f"WHERE {show(where)}"]
    found += [f"{name} = {show(scalar)}" for name, scalar in read.derived.items()]
    return "\n".join(found)
