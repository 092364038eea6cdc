"""Executes a target's text under its manual: every function, operator, cast and order becomes the documented one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.meaning import tree
from tests.meaning.sessions import Held, held_in_sessions
from tests.meaning.tree import Node
from tests.oracles import places
from tests.oracles.duckdb_engine import DuckdbJudge
from tests.oracles.judge import Answer, Evidence, Params, Rejected, Tables

RULES = Path(__file__).parent / "rules"
_MACRO = re.compile(r"^CREATE MACRO (\w+)", re.MULTILINE)
_OPERATORS = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "%": "modulo",
    "||": "concatenate",
    "~~": "matches_like",
    "!~~": "matches_not_like",
    "~~*": "matches_ilike",
    "!~~*": "matches_not_ilike",
}
_PLAIN = {"OPERATOR_NOT", "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "OPERATOR_COALESCE", "GROUPING_FUNCTION"}
"""What is standard SQL everywhere."""
_TEXT_FUNCTIONS = frozenset(
    "|| concatenate concat lower upper initcap substring left right btrim ltrim rtrim trim replace lpad rpad repeat reverse"
    " split_part md5 chr to_char listagg string_agg super_text".split()
)
_LIKE_THEIR_ARGUMENT = frozenset("min max nullif greatest least lag lead first_value last_value nth_value".split())
_WINDOWS = {"row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead"} | {
    "first_value",
    "last_value",
    "nth_value",
}
"""Window functions as the SQL standard has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manual:
    """What a target's manual says beyond its macros."""

    name: str
    aggregates: Mapping[str, str | None]
    """Aggregate to the macro that makes its result of (DuckDB's result, the greatest argument); None: it is the result."""
    types: Mapping[str, str]
    """Type name of the target, in capitals, to DuckDB's type; a macro `cast_<type>` goes before a plain cast."""
    padded: bool = False
    """Whether comparing text disregards trailing blanks (so that grouping, DISTINCT and joins do, too)."""
    nulls_last: Callable[[bool], bool] = lambda descending: not descending
    """Whether NULLs come last where the text does not say it, by direction."""
    parts: frozenset[str] = frozenset()
    """Functions whose first argument is the bare name of a part of a date; a rule is of one part, or of all."""
    missing: frozenset[str] = frozenset()
    """Constructs that the manual does not have: filter, distinct_on, lateral, qualify, values, range_frame, ..."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Aggregate to DuckDB's, where its name differs."""
    prepare: Callable[[str], str] = lambda sql: sql
    """The text in a form that DuckDB's parser reads; words only, never meaning."""
    zone: str = ""
    """The session's setting of a time zone."""
    most_rows: str = ""
    """The session's setting of how many rows an answer has; 0 is all."""
    nulls_turned: tuple[str, str] = ("", "")
    """The session's setting, and its value, under which NULLs come last where they came first."""
    capitals: tuple[str, str] = ("", "")
    """The session's setting, and its value, under which an answer's names are in capitals."""


class MeaningJudge:
    """A judge by the manual. Rules that must fail a test can be laid over the true ones (`mutated`)."""

    evidence: Evidence = "checked"
    has_boolean = True

    def __init__(self, manual: Manual) -> None:
        self.manual = manual
        self.name = manual.name
        self.used: set[str] = set()
        self._engine = DuckdbJudge()
        self._ready: set[int] = set()
        self._laid: frozenset[str] = frozenset()
        self._documents: frozenset[str] = frozenset()
        self._texts: dict[str, frozenset[str]] = {}

    @cached_property
    def rules(self) -> dict[str, str]:
        """Macro to its whole statement."""
        text = self.rules_file.read_text(encoding="utf-8")
        parts = re.split(r"(?m)^(?=CREATE MACRO )", text)[1:]
        return {_MACRO.match(part)[1]: part.partition("\n--")[0].strip() for part in parts}  # type: ignore[index]

    @property
    def rules_file(self) -> Path:
        return RULES / f"{self.manual.name}.sql"

    @cached_property
    def sessions(self) -> tuple[Held, ...]:
        """What settings of a session change."""
        return held_in_sessions(self.rules_file.with_suffix(".sessions.sql"))

    def missing(self) -> str | None:
        return places.tell_missing(self.name, module="duckdb")

    def start(self) -> None:
        self._engine.start()

    def stop(self) -> None:
        self._engine.stop()

    def load(self, tables: Tables) -> None:
        self._engine.load(tables)
        kinds = [pair for table in tables.values() for pair in table.bases().items()]
        self._documents = frozenset(column for column, kind in kinds if kind == "jsonb")
        self._texts = {
            name: frozenset(column for column, kind in table.bases().items() if kind == "text")
            for name, table in tables.items()
        }

    def mutate(self, macro: str, statement: str | None = None) -> None:
        """Lay a wrong rule over a true one of the tables that are loaded; None: the true one again."""
        self._define(statement or self.rules[macro])

    def _define(self, statement: str) -> None:
        self._engine._now.execute(statement.replace("CREATE MACRO", "CREATE OR REPLACE MACRO", 1))

    def execute(
        self,
        sql: str,
        params: Params = None,
        settings: Mapping[str, object] | None = None,
        as_of: datetime | None = None,
    ) -> Answer:
        del as_of
        told = {name: str(value) for name, value in (settings or {}).items()}
        self._lay(told)
        zone = told.get(self.manual.zone, "UTC")
        text = self.translated(sql) if not self._turned(told) else self._with_nulls_turned(sql)
        answer = self._engine.execute(text, params, {"TimeZone": zone} if zone != "UTC" else None)
        most = int(told.get(self.manual.most_rows, "0"))
        name, value = self.manual.capitals
        capitals = bool(name) and told.get(name, "").lower() == value.lower()
        names = tuple(column.upper() for column in answer.columns) if capitals else answer.columns
        return Answer(names, answer.rows[:most] if most else answer.rows)

    def _turned(self, settings: Mapping[str, str]) -> bool:
        name, value = self.manual.nulls_turned
        return bool(name) and settings.get(name, "").lower() == value.lower()

    def _with_nulls_turned(self, sql: str) -> str:
        usual = self.manual
        self.manual = replace(usual, nulls_last=lambda descending: not usual.nulls_last(descending))
        try:
            return self.translated(sql)
        finally:
            self.manual = usual

    def _lay(self, settings: Mapping[str, str]) -> None:
        """Lay the rules of a session over the usual ones, or take them off."""
        self._define_once()
        wanted = {
            name: statement for each in self.sessions if each.holds(settings) for name, statement in each.rules.items()
        }
        for name in self._laid - wanted.keys():
            self._define(self.rules[name])
        for statement in wanted.values():
            self._define(statement)
        self._laid = frozenset(wanted)

    def analyse(self, sql: str) -> list[tuple[str, str]]:
        return self._engine.analyse(self.translated(sql))

    def _define_once(self) -> Any:
        session = self._engine._now
        if id(session) not in self._ready:
            self._laid = frozenset()
            for statement in self.rules.values():
                self._define(statement)
            self._ready.add(id(session))
        return session

    def translated(self, sql: str) -> str:
        """The text as DuckDB computes what the manual says of it."""
        session = self._define_once()
        found = tree.parse(session, self.manual.prepare(_quoted(sql)))
        return tree.printed(
            session,
            _Translation(self.manual, self.rules.keys(), self.used, self._documents, self._texts).statement(found),
        )


class _Translation:
    def __init__(
        self,
        manual: Manual,
        rules: Any,
        used: set[str],
        documents: frozenset[str],
        tables: Mapping[str, frozenset[str]],
    ) -> None:
        self.manual, self.rules, self.used, self.documents = manual, rules, used, documents
        self.tables = tables
        self.columns: dict[str, set[str]] = {}

    def statement(self, node: Node) -> Node:
        if self.manual.padded:
            node = tree.rewrite(node, lambda each: _by_expressions(each) if each.get("type") == "SELECT_NODE" else each)
        self._with(node)
        self.learn(node)
        found: Node = tree.rewrite(node, self.change)
        return found

    def rule(self, name: str, *arguments: Node, alias: str = "") -> Node:
        if name not in self.rules:
            raise Rejected(f"{self.manual.name}: no rule of the manual for {name}")
        self.used.add(name)
        return tree.call(name, *arguments, alias=alias)

    def key(self, node: Node) -> Node:
        """What a value is compared, grouped and ordered by."""
        return self.rule("comparison_key", node) if self.manual.padded and self.is_text(node) else node

    def is_text(self, node: Node) -> bool:
        """Whether a value is text, by names and functions; what is not known is not."""
        match node.get("class"):
            case "CONSTANT":
                return bool(node["literal"]["kind"] == "STRING")
            case "COLUMN_REF":
                return self._is_text_column(node["column_names"])
            case "FUNCTION":
                name = node["function_name"].lower().removeprefix("f_")
                if name in _TEXT_FUNCTIONS:
                    return True
                given = tree.arguments(node)
                return name in _LIKE_THEIR_ARGUMENT and bool(given) and self.is_text(given[0])
            case "WINDOW":
                given = tree.arguments(node)
                return node["function_name"] in _LIKE_THEIR_ARGUMENT and self.is_text(given[0])
            case "CASE":
                parts = [check["then_expr"] for check in node["case_checks"]]
                return any(map(self.is_text, [*parts, *([node["else_expr"]] if node["else_expr"] else [])]))
            case "OPERATOR":
                return node["type"] == "OPERATOR_COALESCE" and any(map(self.is_text, node["children"]))
            case "CAST":
                return bool(node["type_expr"]["type_name"].upper() in ("VARCHAR", "NVARCHAR"))
            case "SUBQUERY" if node["subquery_type"] == "SCALAR":
                inner = node["subquery"]["node"]
                return "select_list" in inner and self.is_text(inner["select_list"][0])
        return False

    def _is_text_column(self, names: list[str]) -> bool:
        if len(names) > 1 and names[-2] in self.columns:
            return names[-1] in self.columns[names[-2]]
        return any(names[-1] in texts for texts in self.columns.values())

    def learn(self, statement: Node) -> None:
        """Which columns of which relations are text: until nothing new is learnt."""
        ctes = {
            each["key"]: each["value"]["query_node"]
            for node in tree.nodes(statement)
            for each in (node.get("cte_map") or {}).get("map", ())
        }
        for _ in range(8):
            before = {name: set(texts) for name, texts in self.columns.items()}
            for node in tree.nodes(statement):
                if node.get("type") == "BASE_TABLE":
                    name = node["table_name"]
                    found = self._outputs(ctes[name]) if name in ctes else set(self.tables.get(name, ()))
                    self.columns[node["alias"] or name] = found
                elif node.get("type") == "SUBQUERY" and "subquery" in node and "class" not in node:
                    self.columns[node["alias"]] = self._outputs(node["subquery"]["node"])
            if before == self.columns:
                return

    def _outputs(self, node: Node) -> set[str]:
        while node["type"] in ("SET_OPERATION_NODE", "RECURSIVE_CTE_NODE"):
            node = node["children"][0] if node.get("children") else node["left"]
        if "select_list" not in node:
            return set()
        return {each.get("alias") or _own_name(each) for each in node["select_list"] if self.is_text(each)}

    def lacks(self, what: str) -> None:
        if what in self.manual.missing:
            raise Rejected(f"{self.manual.name}: the manual has no {what}")

    # -- WITH

    def _with(self, statement: Node) -> None:
        """A recursive WITH by the pages that kpictl/dialects/recursion.py quotes.

        What they leave open is not left to chance: each column is cast to the same type in both terms.
        """
        for node in tree.nodes(statement):
            for each in (node.get("cte_map") or {}).get("map", ()):
                inner = each["value"]["query_node"]
                if any((below.get("cte_map") or {}).get("map") for below in tree.nodes(inner)):
                    self.lacks("with_in_with")
            if node.get("type") == "RECURSIVE_CTE_NODE":
                self._recursion(node)

    def _recursion(self, node: Node) -> None:
        terms = (node["left"], node["right"])
        if not node["aliases"] or not node["union_all"] or any(term["type"] != "SELECT_NODE" for term in terms):
            raise Rejected(f"{self.manual.name}: a recursive WITH names its columns, and is SELECT UNION ALL SELECT")
        then = terms[1]
        if then["modifiers"] or then["group_expressions"] or then["having"]:
            raise Rejected(f"{self.manual.name}: the second term of a recursive WITH is a plain SELECT")
        types = [[_cast_to(each) for each in term["select_list"]] for term in terms]
        if None in types[0] or types[0] != types[1]:
            raise Rejected(f"{self.manual.name}: the terms of a recursive WITH have columns of other types")

    # -- nodes

    def change(self, node: Node) -> Node:
        kind = node.get("class")
        if kind is None and node.get("type") in ("ORDER_MODIFIER", "DISTINCT_MODIFIER", "SELECT_NODE"):
            kind = node["type"]
        handler = getattr(self, f"_{str(kind).lower()}", None)
        return handler(node) if handler is not None else node

    def _function(self, node: Node) -> Node:
        name = node["function_name"].lower()
        given = tree.arguments(node)
        if name in ("count_star", *self.manual.aggregates):
            return self._aggregate(node, name)
        if name == "row":
            return {**node, "arguments": [{"name": "", "expression": self.key(each)} for each in given]}
        known = _OPERATORS.get(name, f"f_{name}")
        if name in self.manual.parts and given[0].get("class") == "COLUMN_REF":
            part = given[0]["column_names"][-1].lower()
            known, given = (
                (f"{known}_{part}", given[1:]) if known not in self.rules else (known, [tree.text(part), *given[1:]])
            )
        if name == "-" and len(given) == 1:
            known = "negate"
        return self.rule(known, *given, alias=node["alias"])

    def _walked(self, document: Node, step: Node, alias: str) -> Node:
        """`doc."a"[0]`: one step more into a document."""
        told = step["literal"]["text"] if step["class"] == "CONSTANT" else None
        if told is None or "literal" not in step:
            raise Rejected(f"{self.manual.name}: a document is walked by constants")
        walked = f'."{told}"' if step["literal"]["kind"] == "STRING" else f"[{told}]"
        if document.get("function_name") == "super_text":
            root, path = tree.arguments(document)
            return self.rule("super_text", root, tree.text(path["literal"]["text"] + walked), alias=alias)
        return self.rule("super_text", document, tree.text(f"${walked}"), alias=alias)

    def _aggregate(self, node: Node, name: str) -> Node:
        if node.get("filter") is not None or node.get("filter_expr") is not None:
            self.lacks("filter")
        if name == "count_star":
            return node
        given = tree.arguments(node)
        goal = self.manual.renamed.get(name, name)
        plain = {**node, "function_name": goal, "qualified_name": {"path": [goal]}, "alias": ""}
        if node.get("distinct") and name == "count":
            plain["arguments"] = [
                {"name": "", "expression": self.key(given[0])},
                *plain["arguments"][1:],
            ]
        result = self.manual.aggregates[name]
        if result is None:
            return {**plain, "alias": node["alias"]}
        kinds = {**plain, "function_name": "max", "qualified_name": {"path": ["max"]}, "distinct": False}
        kinds["arguments"] = [{"name": "", "expression": given[0]}]
        return self.rule(result, plain, kinds, alias=node["alias"])

    def _window(self, node: Node) -> Node:
        name = node["function_name"].lower()
        if name not in (*_WINDOWS, *self.manual.aggregates, "count_star"):
            raise Rejected(f"{self.manual.name}: no rule of the manual for {name} OVER")
        bounds = (node["start"], node["end"])
        has_range = any("RANGE" in bound for bound in bounds) and node["orders"]
        if has_range and name not in _WINDOWS - {"first_value", "last_value", "nth_value"}:
            self.lacks("range_frame")
        node = {**node, "partitions": [self.key(each) for each in node["partitions"]]}
        node["orders"] = [self._ordered(each) for each in node["orders"]]
        return self._aggregate(node, name) if name in self.manual.aggregates else node

    def _ordered(self, order: Node) -> Node:
        descending = order["type"] == "DESCENDING"
        nulls = order["null_order"]
        if nulls == "ORDER_DEFAULT":
            nulls = "NULLS LAST" if self.manual.nulls_last(descending) else "NULLS FIRST"
        else:
            self.lacks("nulls_order")
        direction = "DESCENDING" if descending else "ASCENDING"
        return {**order, "type": direction, "null_order": nulls, "expression": self.key(order["expression"])}

    def _order_modifier(self, node: Node) -> Node:
        return {**node, "orders": [self._ordered(each) for each in node["orders"]]}

    def _distinct_modifier(self, node: Node) -> Node:
        if node["distinct_on_targets"]:
            self.lacks("distinct_on")
        return node

    def _comparison(self, node: Node) -> Node:
        if "DISTINCT" in node["type"]:
            if any(node[side].get("literal", {}).get("kind") == "BOOLEAN" for side in ("left", "right")):
                self.lacks("is_true")
                return node
            self.lacks("is_distinct_from")
        return {**node, "left": self.key(node["left"]), "right": self.key(node["right"])}

    def _between(self, node: Node) -> Node:
        return {**node, **{part: self.key(node[part]) for part in ("input", "lower", "upper")}}

    def _operator(self, node: Node) -> Node:
        if node["type"] in ("COMPARE_IN", "COMPARE_NOT_IN"):
            return {**node, "children": [self.key(each) for each in node["children"]]}
        if node["type"] in ("ARRAY_EXTRACT", "STRUCT_EXTRACT") and "super_text" in self.rules:
            return self._walked(*node["children"], node["alias"])
        if node["type"] not in _PLAIN:
            raise Rejected(f"{self.manual.name}: no rule for {node['type']}")
        return node

    def _column_ref(self, node: Node) -> Node:
        """`doc."a"."b"` walks into a document where `doc` is a column that holds them."""
        names = node["column_names"]
        at = next((at for at, name in enumerate(names[:-1]) if name in self.documents), None)
        if at is None or "super_text" not in self.rules:
            return node
        path = "".join(f'."{name}"' for name in names[at + 1 :])
        return self.rule("super_text", {**node, "column_names": names[: at + 1]}, tree.text(f"${path}"))

    def _cast(self, node: Node) -> Node:
        if node["try_cast"]:
            self.lacks("try_cast")
        name = node["type_expr"]["type_name"].upper()
        if name not in self.manual.types:
            raise Rejected(f"{self.manual.name}: the manual has no type {name}")
        macro = f"cast_{name.lower().replace(' ', '_')}"
        sizes = node["type_expr"].get("children") or []
        if macro in self.rules:
            return self.rule(macro, node["child"], alias=node["alias"])
        goal = self.manual.types[name]
        if f"{macro}_scale" in self.rules and len(sizes) > 1:
            node = {**node, "child": self.rule(f"{macro}_scale", node["child"], sizes[1])}
        kind = {**node["type_expr"], "type_name": goal, "qualified_name": {"path": [goal]}}
        kind["children"] = sizes if goal == "DECIMAL" else []
        return {**node, "type_expr": kind}

    def _subquery(self, node: Node) -> Node:
        if node["subquery_type"] != "ANY" or not self.manual.padded:
            return node
        inner = node["subquery"]["node"]
        if inner["type"] == "SELECT_NODE":
            inner = {**inner, "select_list": [self.key(each) for each in inner["select_list"]]}
            node = {**node, "subquery": {**node["subquery"], "node": inner}}
        return {**node, "child": self.key(node["child"])}

    def _select_node(self, node: Node) -> Node:
        if node.get("qualify") is not None:
            self.lacks("qualify")
        if not self.manual.padded:
            return node
        return self._distinct(self._grouped(node))

    def _grouped(self, node: Node) -> Node:
        """Groups by comparison keys; which of the equal texts stands for the group is the least."""
        keys = node["group_expressions"]
        if not keys or any(key.get("class") == "CONSTANT" for key in keys):
            return node
        known = [tree.bare(key) for key in keys]

        def stand_in(value: Any, inside: bool = False) -> Any:
            if isinstance(value, dict) and value.get("class") == "SUBQUERY" and _reads(value, keys):
                return value
            if isinstance(value, list):
                return [stand_in(each, inside) for each in value]
            if not isinstance(value, dict):
                return value
            if value.get("type") == "GROUPING_FUNCTION":
                return {**value, "children": [self.key(each) for each in value["children"]]}
            if not inside and "class" in value and tree.bare(value) in known and self.is_text(value):
                name = value.get("alias") or _own_name(value)
                least = tree.call("min", {**value, "alias": ""}, alias=name)
                return least if len(node["group_sets"]) < 2 else self._unless_rolled_up(value, least, name)
            is_aggregate = value.get("class") == "FUNCTION" and (
                value["function_name"] in self.manual.aggregates or value["function_name"] in ("count_star", "grouping")
            )
            return {key: stand_in(each, inside or is_aggregate) for key, each in value.items()}

        changed = {part: stand_in(node[part]) for part in ("select_list", "having", "qualify")}
        changed["modifiers"] = stand_in(node["modifiers"])
        return {**node, **changed, "group_expressions": [self.key(key) for key in keys]}

    def _unless_rolled_up(self, key: Node, least: Node, name: str) -> Node:
        is_rolled_up = {"class": "OPERATOR", "type": "GROUPING_FUNCTION", "alias": "", "children": [self.key(key)]}
        return tree.call(
            "if", tree.call("=", is_rolled_up, tree.number(0)), {**least, "alias": ""}, tree.NULL, alias=name
        )

    def _distinct(self, node: Node) -> Node:
        modifiers = [
            {**each, "distinct_on_targets": [self.key({**one, "alias": ""}) for one in node["select_list"]]}
            if each["type"] == "DISTINCT_MODIFIER" and not each["distinct_on_targets"]
            else each
            for each in node["modifiers"]
        ]
        return {**node, "modifiers": modifiers}


def _reads(query: Node, keys: list[Node]) -> bool:
    """Whether a sub-query has tables of its own under the names that keys are read from."""
    own = {each["alias"] or each["table_name"] for each in tree.nodes(query) if each.get("type") == "BASE_TABLE"}
    around = {ref["column_names"][-2] for ref in tree.nodes(keys) if len(ref.get("column_names", ())) > 1}
    return bool(own & around)


def _by_expressions(node: Node) -> Node:
    """ORDER BY an output's name as ORDER BY its expression, which a name inside of a key would not mean."""
    named = {each.get("alias") or _own_name(each): {**each, "alias": ""} for each in node["select_list"]}

    def meant(value: Any) -> Any:
        is_name = isinstance(value, dict) and value.get("class") == "COLUMN_REF" and len(value["column_names"]) == 1
        if is_name and value["column_names"][0] in named:
            return named[value["column_names"][0]]
        if isinstance(value, dict):
            return {key: meant(each) for key, each in value.items()}
        return [meant(each) for each in value] if isinstance(value, list) else value

    if any(each["type"] == "DISTINCT_MODIFIER" for each in node["modifiers"]):
        return node
    modifiers = [meant(each) if each["type"] == "ORDER_MODIFIER" else each for each in node["modifiers"]]
    return {**node, "modifiers": modifiers}


def _cast_to(node: Node) -> str | None:
    """The type that a value is cast to, with its sizes."""
    if node.get("class") != "CAST":
        return None
    kind = node["type_expr"]
    return f"{kind['type_name']} {[each.get('literal', each) for each in kind.get('children') or ()]}"


def _own_name(node: Node) -> str:
    return str(node["column_names"][-1]) if node.get("class") == "COLUMN_REF" else ""


_AT = re.compile(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|(?<![\w.])at(?=\s*[^\w\s]|\s*$|\s+(?!TIME\b)\w)")


def _quoted(sql: str) -> str:
    """A column `at` in quotes: DuckDB's parser takes the bare word for the start of AT TIME ZONE."""
    return _AT.sub(lambda found: found[1] or '"at"', sql)
