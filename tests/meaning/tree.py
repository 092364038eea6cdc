"""Statements as DuckDB's own parser reads them: nested dictionaries, rewritten bottom-up and printed again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.oracles.judge import Rejected

Node = dict[str, Any]


def parse(session: Any, sql: str) -> Node:
    """One SELECT; raises Rejected with the parser's words."""
    told: Node = json.loads(session.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()[0])
    if told.get("error"):
        raise Rejected(f"{told['error_type']}: {told['error_message']}")
    return told


def printed(session: Any, tree: Node) -> str:
    """The statement in DuckDB's syntax."""
    return str(session.execute("SELECT json_deserialize_sql(?)", [json.dumps(tree)]).fetchone()[0])


def rewrite(value: Any, change: Callable[[Node], Node]) -> Any:
    """The value with every dictionary in it changed, innermost first."""
    if isinstance(value, list):
        return [rewrite(each, change) for each in value]
    if not isinstance(value, dict):
        return value
    return change({key: rewrite(each, change) for key, each in value.items()})


def nodes(value: Any) -> Iterator[Node]:
    """Every dictionary in a value, outermost first."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from nodes(each)
    elif isinstance(value, list):
        for each in value:
            yield from nodes(each)


def call(name: str, *arguments: Node, alias: str = "") -> Node:
    """A call of a macro or function."""
    return {
        "class": "FUNCTION",
        "type": "FUNCTION",
        "alias": alias,
        "function_name": name,
        "schema": "",
        "catalog": "",
        "filter": None,
        "order_bys": {"type": "ORDER_MODIFIER", "orders": []},
        "distinct": False,
        "is_operator": False,
        "export_state": False,
        "arguments": [{"name": "", "expression": each} for each in arguments],
        "qualified_name": {"path": [name]},
        "is_legacy_function_call": False,
    }


def text(value: str) -> Node:
    """A text constant."""
    return {
        "class": "CONSTANT",
        "type": "VALUE_CONSTANT",
        "alias": "",
        "literal": {"kind": "STRING", "text": value},
    }


def number(value: int) -> Node:
    """A whole constant."""
    return {
        "class": "CONSTANT",
        "type": "VALUE_CONSTANT",
        "alias": "",
        "literal": {"kind": "INTEGER", "text": str(value)},
    }


NULL: Node = {
    "class": "CONSTANT",
    "type": "VALUE_CONSTANT",
    "alias": "",
    "literal": {"kind": "NULL_LITERAL", "text": ""},
}


def bare(node: Any) -> Any:
    """The node without places and aliases, to tell equal expressions."""
    if isinstance(node, list):
        return [bare(each) for each in node]
    if isinstance(node, dict):
        left_out = ("query_location", "query_location_length", "alias")
        return {key: bare(each) for key, each in node.items() if key not in left_out}
    return node


def arguments(node: Node) -> list[Node]:
    """The argument expressions of a function or window call."""
    return [each["expression"] for each in node["arguments"]]
