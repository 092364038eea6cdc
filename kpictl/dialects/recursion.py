"""What engines with a plain recursive WITH do not take in it.

Amazon Redshift, r_WITH_clause.html: "A UNION ALL query that consists of two SELECT subqueries"; "The second SELECT subquery
references the same CTE_table_name in its FROM clause"; "The recursive_query member can't include an order by or limit clause".
Snowflake, sql-reference/constructs/with: `anchorClause UNION ALL recursiveClause`, the second `SELECT .. FROM .. [JOIN ..]`.
"""

from __future__ import annotations

from collections.abc import Iterator

from kpictl.diagnostics import Place
from kpictl.dialects.dialect import Refusal
from kpictl.ir.query import Cte, CteRef, Query, Select, SetOperation
from kpictl.model.types import Kind
from kpictl.sql.walk import find, has_aggregate, has_window

Limit = tuple[Place | None, str, Refusal]
_UNTYPED = (Kind.JSON, Kind.ARRAY)
_ONE = Refusal("its second term reads the first once, in FROM, and keeps its rows", "join it once, by an inner join")
_PLAIN = Refusal("its second term is a plain SELECT", "aggregate, order and limit where the recursion is read")
_TYPES = Refusal("a document or an array has no one type in both terms", "read its values with ->> in the first term")
_ALL = Refusal("it keeps duplicates", "write UNION ALL, and DISTINCT where it is read")


def recursion(query: Query) -> Iterator[Limit]:
    """Every recursive WITH of a query that the engine refuses."""
    for cte in find(query, Cte):
        if cte.recursive:
            yield from _of(cte)


def _of(cte: Cte) -> Iterator[Limit]:
    body, place = cte.query.body, cte.query.place
    if not isinstance(body, SetOperation):  # A UNION of texts, which `exact_text` has marked.
        yield place, "a recursive WITH by UNION", _ALL
        return
    if not body.all:
        yield place, "a recursive WITH by UNION", _ALL
    if any(kind.kind in _UNTYPED for _, kind in body.left.outputs):
        yield place, "a recursive WITH over documents", _TYPES
    then = body.right
    if not isinstance(then.body, Select) or not _is_plain(then, then.body):
        yield place, "this recursive WITH", _PLAIN
    elif not _reads_once(then, then.body, cte.name):
        yield place, "this recursive WITH", _ONE


def _is_plain(query: Query, select: Select) -> bool:
    if query.ctes or query.order_by or query.limit is not None or query.offset:
        return False
    if select.distinct or select.distinct_on or select.group_by is not None or select.having is not None:
        return False
    return not any(has_aggregate(o.value) or has_window(o.value) for o in select.outputs) and select.qualify is None


def _reads_once(query: Query, select: Select, name: str) -> bool:
    """Whether the recursion stands once in FROM, where no outer join adds rows for it."""
    refs = [ref for ref in find(query, CteRef) if ref.name == name]
    if len(refs) != 1:
        return False
    if select.source == refs[0]:
        return all(join.kind in ("inner", "cross", "left") for join in select.joins)
    kinds = [join.kind for join in select.joins if join.relation == refs[0]]
    return kinds in (["inner"], ["cross"]) and all(join.kind in ("inner", "cross", "left") for join in select.joins)
