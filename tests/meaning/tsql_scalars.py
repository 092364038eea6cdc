"""Scalars of T-SQL in DuckDB's words: operators, casts, functions and windows, each by the rule that has its name."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.meaning import tsql_types as types
from tests.meaning.tsql_calls import AGGREGATES, CALLS, WINDOWS
from tests.meaning.tsql_types import BIGINT, DATABASE, DATETIME2, FLOAT, INT, NULL, T, decimal
from tests.oracles.judge import Rejected

Node = dict[str, Any]
Columns = Mapping[str, T]
_ARITHMETIC = {"Add": "add", "Subtract": "subtract", "Multiply": "multiply", "Divide": "divide", "Modulo": "modulo"}
_BOUNDS = {
    "UnboundedPreceding": "UNBOUNDED PRECEDING",
    "UnboundedFollowing": "UNBOUNDED FOLLOWING",
    "CurrentRow": "CURRENT ROW",
}


@dataclass(frozen=True, slots=True)
class Said:
    """An expression in DuckDB's words, with its T-SQL type."""

    sql: str
    type: T


@dataclass(slots=True)
class Scope:
    """The relations of a query by alias, those around it, and the texts that it groups by."""

    relations: dict[str, Columns] = field(default_factory=dict)
    outer: Scope | None = None
    grouped: list[Node] = field(default_factory=list)

    def find(self, names: list[str]) -> tuple[str, T]:
        scope: Scope | None = self
        name = names[-1].lower()
        while scope is not None:
            if len(names) > 1 and names[-2].lower() in scope.relations:
                columns = scope.relations[names[-2].lower()]
                if name in columns:
                    return f"{quoted(names[-2])}.{quoted(names[-1])}", columns[name]
            if len(names) == 1:
                held = [(alias, each[name]) for alias, each in scope.relations.items() if name in each]
                if len(held) == 1:
                    return f"{quoted(held[0][0])}.{quoted(name)}", held[0][1]
            scope = scope.outer
        raise Rejected(f"no column {'.'.join(names)}")


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def bare(node: Any) -> Any:
    """The node without parentheses."""
    while isinstance(node, dict) and node["kind"] == "ParenthesisExpression":
        node = node["Expression"]
    if isinstance(node, dict):
        return {key: bare(value) for key, value in node.items()}
    return [bare(each) for each in node] if isinstance(node, list) else node


def nodes(value: Any) -> Any:
    """Every node in a value, outermost first."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from nodes(each)
    elif isinstance(value, list):
        for each in value:
            yield from nodes(each)


def identifiers(node: Node) -> list[str]:
    return [each["Value"] for each in node["MultiPartIdentifier"]["Identifiers"]]


class Scalars(ABC):
    """Scalars of one statement. `tables` are those that are loaded, with their stored types; what is used is noted in `used`."""

    def __init__(self, rules: Collection[str], used: set[str], tables: Mapping[str, Columns]) -> None:
        self.rules, self.used, self.tables = rules, used, tables
        self.ctes: dict[str, Columns] = {}

    def rule(self, name: str, *arguments: str) -> str:
        """A call of a rule; one that is not in the file is rejected."""
        if name not in self.rules:
            raise Rejected(f"synapse: no rule of the manual for {name}")
        self.used.add(name)
        return f"{name}({', '.join(arguments)})"

    @abstractmethod
    def query(self, node: Node, outer: Scope | None, *, inner: bool = False) -> tuple[str, list[tuple[str, T]]]:
        """A query and its columns."""

    @abstractmethod
    def condition(self, node: Node, scope: Scope) -> str:
        """A condition."""

    def comparable(self, pair: list[Said]) -> list[str]:
        """What is compared, by the collation of the texts."""
        if any(each.type.is_text for each in pair):
            whole = types.common([each.type for each in pair])
            return [self.key(replace_type(each, whole)) for each in pair]
        kinds = {each.type.kind for each in pair} - {"null"}
        if len(kinds) > 1 and not (all(types.is_number(e.type) for e in pair) or kinds <= {"date", "datetime2"}):
            raise Rejected(f"a comparison of {kinds}")
        return [each.sql for each in pair]

    def key(self, said: Said) -> str:
        """What a value is compared, grouped and ordered by."""
        if not said.type.is_text:
            return said.sql
        if said.type.collation == DATABASE:
            return self.rule("database_key", said.sql)
        if "_BIN2" not in said.type.collation.upper():
            raise Rejected(f"no rule for {said.type.collation}")
        return self.rule("binary_key", said.sql)

    def order(self, node: Node, scope: Scope) -> str:
        """{ms}/queries/select-order-by-clause-transact-sql: "NULL values are treated as the lowest possible values"."""
        out, seen = [], []
        for each in node["OrderByElements"]:
            key = bare(each["Expression"])
            if key in seen:
                raise Rejected("A column has been specified more than once in the order by list")
            seen.append(key)
            if key["kind"] in ("IntegerLiteral", "StringLiteral", "NumericLiteral", "NullLiteral"):
                raise Rejected("ORDER BY a constant")
            word = "DESC NULLS LAST" if each["SortOrder"] == "Descending" else "ASC NULLS FIRST"
            out.append(f"{self.key(self.scalar(each['Expression'], scope))} {word}")
        return ", ".join(out)

    def scalar(self, node: Node, scope: Scope) -> Said:
        if scope.grouped and bare(node) in scope.grouped:
            said = self._scalar(node, Scope(scope.relations, scope.outer))
            return Said(f"min({said.sql})", said.type)
        return self._scalar(node, scope)

    def _scalar(self, node: Node, scope: Scope) -> Said:
        handler: Callable[[Node, Scope], Said] | None = getattr(self, f"_{node['kind'].lower()}", None)
        if handler is None:
            raise Rejected(f"no rule for {node['kind']}")
        said = handler(node, scope)
        if "Collation" in node and node["kind"] != "ColumnReferenceExpression":
            return self._collated(said, node)
        return said

    def _collated(self, said: Said, node: Node) -> Said:
        if "Collation" not in node:
            return said
        if not said.type.is_text:
            raise Rejected("COLLATE of what is no text")
        return Said(said.sql, replace(said.type, collation=node["Collation"]["Value"], explicit=True))

    def _parenthesisexpression(self, node: Node, scope: Scope) -> Said:
        said = self.scalar(node["Expression"], scope)
        return Said(f"({said.sql})", said.type)

    def _columnreferenceexpression(self, node: Node, scope: Scope) -> Said:
        sql, kind = scope.find(identifiers(node))
        if kind.kind == "bit":
            sql = f"CAST({sql} AS TINYINT)"
        elif kind.kind == "datetime2" and kind.zone:
            sql, kind = f"timezone('UTC', {sql})", DATETIME2
        elif kind.zone == "json":
            sql, kind = f"CAST({sql} AS VARCHAR)", replace(kind, zone="")
        elif kind.kind == "int":
            sql = f"CAST({sql} AS INTEGER)"
        return self._collated(Said(sql, kind), node)

    def _integerliteral(self, node: Node, scope: Scope) -> Said:
        value = node["Value"]
        return Said(value, INT if int(value) < 2**31 else decimal(len(value), 0))

    def _numericliteral(self, node: Node, scope: Scope) -> Said:
        whole, _, fraction = node["Value"].partition(".")
        kind = decimal(len(whole.lstrip("0")) + len(fraction) or 1, len(fraction))
        return Said(f"CAST({text(node['Value'])} AS {kind.duckdb})", kind)

    def _realliteral(self, node: Node, scope: Scope) -> Said:
        return Said(f"CAST({text(node['Value'])} AS DOUBLE)", FLOAT)

    def _nullliteral(self, node: Node, scope: Scope) -> Said:
        return Said("NULL", NULL)

    def _stringliteral(self, node: Node, scope: Scope) -> Said:
        return Said(text(node["Value"]), T("nvarchar", length=len(node["Value"])))

    def _variablereference(self, node: Node, scope: Scope) -> Said:
        return Said("$" + node["Name"].lstrip("@"), DATETIME2)

    def _unaryexpression(self, node: Node, scope: Scope) -> Said:
        said = self.scalar(node["Expression"], scope)
        if node["UnaryExpressionType"] != "Negative" or not types.is_number(said.type):
            raise Rejected("a unary operator")
        return Said(f"CAST({self.rule('negate', said.sql)} AS {said.type.duckdb})", said.type)

    def _binaryexpression(self, node: Node, scope: Scope) -> Said:
        a, b = (self.scalar(node[side], scope) for side in ("FirstExpression", "SecondExpression"))
        name = _ARITHMETIC.get(node["BinaryExpressionType"])
        if name is None:
            raise Rejected(f"no rule for {node['BinaryExpressionType']}")
        if a.type.is_text or b.type.is_text:
            return self._joined(name, a, b)
        if name == "divide" and a.type.kind == b.type.kind == "decimal":
            raise Rejected("a quotient of decimals loses digits")
        if name == "divide" and "decimal" in (a.type.kind, b.type.kind) and "float" not in (a.type.kind, b.type.kind):
            raise Rejected("a quotient of decimals loses digits")
        kind = types.arithmetic("multiply" if name == "divide" else name, a.type, b.type)
        if kind.kind == "float":
            a, b = (Said(f"CAST({each.sql} AS DOUBLE)", FLOAT) for each in (a, b))
        elif name == "divide":
            name = "divide_whole"
        elif kind.kind == "decimal":
            # DuckDB's own product of short decimals is short.
            a = Said(f"CAST({a.sql} AS DECIMAL(38, {a.type.s}))", a.type)
        sql = self.rule(name, a.sql, b.sql)
        if kind.kind == "float":
            sql = self.rule("finite", sql)
        return Said(f"CAST({sql} AS {kind.duckdb})", kind)

    def _joined(self, name: str, a: Said, b: Said) -> Said:
        if name != "add" or not all(each.type.is_text or each.type.kind == "null" for each in (a, b)):
            raise Rejected("an operator of texts and others")
        texts = [each.type for each in (a, b) if each.type.is_text]
        lengths = [t.length for t in texts]
        whole = None if None in lengths else min(sum(n for n in lengths if n is not None), 4000)
        rule = "concatenate_long" if whole is None else "concatenate"
        return Said(self.rule(rule, a.sql, b.sql), replace(types.collated(texts), length=whole))

    def _searchedcaseexpression(self, node: Node, scope: Scope) -> Said:
        whens = [
            (self.condition(w["WhenExpression"], scope), self.scalar(w["ThenExpression"], scope))
            for w in node["WhenClauses"]
        ]
        return self._case("CASE", whens, node, scope)

    def _simplecaseexpression(self, node: Node, scope: Scope) -> Said:
        x = self.scalar(node["InputExpression"], scope)
        whens = []
        for when in node["WhenClauses"]:
            mine, theirs = self.comparable([x, self.scalar(when["WhenExpression"], scope)])
            whens.append((f"{mine} = {theirs}", self.scalar(when["ThenExpression"], scope)))
        return self._case("CASE", whens, node, scope)

    def _case(self, head: str, whens: list[tuple[str, Said]], node: Node, scope: Scope) -> Said:
        otherwise = self.scalar(node["ElseExpression"], scope) if "ElseExpression" in node else Said("NULL", NULL)
        kind = types.common([said.type for _, said in whens] + [otherwise.type])
        parts = " ".join(f"WHEN {when} THEN {converted(said, kind).sql}" for when, said in whens)
        return Said(f"{head} {parts} ELSE {converted(otherwise, kind).sql} END", kind)

    def _coalesceexpression(self, node: Node, scope: Scope) -> Said:
        found = [self.scalar(each, scope) for each in node["Expressions"]]
        kind = types.common([each.type for each in found])
        return Said(f"coalesce({', '.join(converted(each, kind).sql for each in found)})", kind)

    def _nullifexpression(self, node: Node, scope: Scope) -> Said:
        a, b = (self.scalar(node[side], scope) for side in ("FirstExpression", "SecondExpression"))
        if not a.type.is_text:
            return Said(self.rule("f_nullif", a.sql, b.sql), a.type)
        one, other = self.comparable([a, b])
        return Said(f"CASE WHEN {self.rule('f_nullif', one, other)} IS NOT NULL THEN {a.sql} END", a.type)

    def _scalarsubquery(self, node: Node, scope: Scope) -> Said:
        sql, columns = self.query(node["QueryExpression"], scope, inner=True)
        ((_, kind),) = columns
        return Said(f"({sql})", kind)

    def _attimezonecall(self, node: Node, scope: Scope) -> Said:
        x, zone = self.scalar(node["DateValue"], scope), bare(node["TimeZone"])
        place = ZONES.get(zone["Value"])
        if place is None:
            raise Rejected(f"no zone {zone['Value']}")
        if x.type.kind == "datetimeoffset":
            return Said(x.sql, replace(x.type, zone=place))
        if x.type.kind != "datetime2":
            raise Rejected(f"AT TIME ZONE of {x.type.kind}")
        return Said(self.rule("at_time_zone", x.sql, text(place)), T("datetimeoffset", zone=place))

    # -- casts

    def _castcall(self, node: Node, scope: Scope) -> Said:
        return self.cast(self.scalar(node["Parameter"], scope), declared(node["DataType"]))

    def _convertcall(self, node: Node, scope: Scope) -> Said:
        x, goal, style = self.scalar(node["Parameter"], scope), declared(node["DataType"]), node["Style"]["Value"]
        if not goal.is_text or x.type.kind not in ("date", "datetime2"):
            raise Rejected("CONVERT to or from other types")
        return Said(f"left({self.rule(f'style_{style}', x.sql)}, {goal.length})", goal)

    def cast(self, x: Said, goal: T) -> Said:
        """A value in another type."""
        source = x.type
        if source.kind == "null":
            return Said(f"CAST(NULL AS {goal.duckdb})", goal)
        if source.is_text and not goal.is_text:
            return Said(self._of_text(x, goal), goal)
        match goal.kind:
            case "nvarchar":
                if source.kind not in ("nvarchar", "int", "bigint", "bit"):
                    raise Rejected(f"the text of {source.kind}")
                long = f"CAST({x.sql} AS VARCHAR)"
                kind = replace(goal, collation=source.collation, explicit=source.explicit) if source.is_text else goal
                return Said(long if goal.length is None else f"left({long}, {goal.length})", kind)
            case "int" | "bigint":
                sql = self.rule("cast_whole", x.sql) if source.kind in ("decimal", "float") else x.sql
            case "decimal" | "float":
                sql = self.rule("cast_decimal", x.sql)
            case "bit":
                sql = self.rule("cast_bit", x.sql)
            case "date":
                sql = self.rule("cast_date", x.sql)
            case "datetime2" if source.kind == "datetimeoffset":
                sql = self.rule("without_offset", x.sql, text(source.zone))
            case "datetime2":
                sql = self.rule("cast_datetime2", x.sql)
            case _:
                raise Rejected(f"no rule for a cast to {goal.kind}")
        if types.is_number(goal) != types.is_number(source):
            raise Rejected(f"no cast of {source.kind} to {goal.kind}")
        return Said(f"CAST({sql} AS {goal.duckdb})", goal)

    def _of_text(self, x: Said, goal: T) -> str:
        rules = {
            "int": "cast_whole_text",
            "bigint": "cast_whole_text",
            "decimal": "cast_decimal",
            "float": "cast_float_text",
            "bit": "cast_bit_text",
            "date": "cast_date_text",
            "datetime2": "cast_datetime2",
        }
        if goal.kind not in rules:
            raise Rejected(f"no rule for a text as {goal.kind}")
        return f"CAST({self.rule(rules[goal.kind], x.sql)} AS {goal.duckdb})"

    # -- functions

    def _leftfunctioncall(self, node: Node, scope: Scope) -> Said:
        return self._called("LEFT", node, scope)

    def _rightfunctioncall(self, node: Node, scope: Scope) -> Said:
        return self._called("RIGHT", node, scope)

    def _called(self, name: str, node: Node, scope: Scope) -> Said:
        return CALLS[name](self, [self.scalar(each, scope) for each in node["Parameters"]])

    def _functioncall(self, node: Node, scope: Scope) -> Said:
        name = node["FunctionName"]["Value"].upper()
        given = node.get("Parameters", [])
        if name in WINDOWS:
            return self._window(name, node, scope)
        if name in AGGREGATES:
            return self._aggregate(name, node, scope)
        if name in ("DATEADD", "DATEDIFF", "DATEDIFF_BIG", "DATEPART"):
            return self._dated(name, given, scope)
        if name not in CALLS:
            raise Rejected(f"synapse: no rule of the manual for {name}")
        return CALLS[name](self, [self.scalar(each, scope) for each in given])

    def _dated(self, name: str, given: list[Node], scope: Scope) -> Said:
        part, *rest = given
        unit = identifiers(part)[-1].lower()
        values = [self.scalar(each, scope) for each in rest]
        sql = self.rule(f"f_{name.lower()}", text(unit), *(each.sql for each in values))
        if name != "DATEADD":
            return Said(sql, BIGINT if name == "DATEDIFF_BIG" else INT)
        kind = values[-1].type
        if kind.kind not in ("date", "datetime2"):
            raise Rejected(f"DATEADD of {kind.kind}")
        if kind.kind == "date" and unit in ("hour", "minute", "second", "millisecond", "microsecond"):
            raise Rejected(f"The datepart {unit} is not supported by date function dateadd for data type date")
        if values[0].type.kind not in ("int", "bigint", "decimal", "bit"):
            raise Rejected(f"DATEADD of a number of type {values[0].type.kind}")
        return Said(f"CAST({sql} AS {kind.duckdb})", kind)

    def _aggregate(self, name: str, node: Node, scope: Scope) -> Said:
        given = node["Parameters"]
        for inner in nodes(given):
            if inner["kind"] == "ScalarSubquery":
                raise Rejected("Cannot perform an aggregate function on an expression containing a subquery")
            called = inner.get("FunctionName", {}).get("Value", "").upper() if inner["kind"] == "FunctionCall" else ""
            if called in AGGREGATES and "OverClause" not in node:
                raise Rejected("Cannot perform an aggregate function on an expression containing an aggregate")
        rows = Scope(scope.relations, scope.outer) if "OverClause" not in node else scope
        over = self._over(node["OverClause"], scope, name) if "OverClause" in node else ""
        distinct = node["UniqueRowFilter"] == "Distinct"
        if distinct and over:
            raise Rejected("DISTINCT in a window")
        if name == "COUNT_BIG" and given[0].get("ColumnType") == "Wildcard":
            return Said(f"count(*){over}", BIGINT)
        values = [self.scalar(each, rows) for each in given]
        order = ""
        if "WithinGroupClause" in node:
            order = f" ORDER BY {self.order(node['WithinGroupClause']['OrderByClause'], rows)}"
        return AGGREGATES[name](self, values, "DISTINCT " if distinct else "", order, over)

    def _window(self, name: str, node: Node, scope: Scope) -> Said:
        if "OverClause" not in node:
            raise Rejected(f"{name} without OVER")
        over = node["OverClause"]
        if "OrderByClause" not in over:
            raise Rejected(f"The function '{name}' must have an OVER clause with ORDER BY")
        values = [self.scalar(each, scope) for each in node.get("Parameters", [])]
        kind = WINDOWS[name] or values[0].type
        given = ", ".join(each.sql for each in values)
        return Said(f"{name.lower()}({given}){self._over(over, scope, name)}", kind)

    def _over(self, node: Node, scope: Scope, name: str) -> str:
        parts = []
        if "Partitions" in node:
            keys = ", ".join(self.key(self.scalar(each, scope)) for each in node["Partitions"])
            parts.append(f"PARTITION BY {keys}")
        if "OrderByClause" in node:
            parts.append(f"ORDER BY {self.order(node['OrderByClause'], scope)}")
        if "WindowFrameClause" in node:
            if "OrderByClause" not in node:
                raise Rejected("a frame without ORDER BY")
            parts.append(self._frame(node["WindowFrameClause"]))
        return f" OVER ({' '.join(parts)})"

    def _frame(self, node: Node) -> str:
        mode = node["WindowFrameType"].upper()
        bounds = []
        for side in ("Top", "Bottom"):
            bound = node[side]
            kind = bound["WindowDelimiterType"]
            if kind in _BOUNDS:
                bounds.append(_BOUNDS[kind])
            elif mode == "ROWS":
                word = re.sub(r"^Value", "", kind).upper()
                bounds.append(f"{bound['OffsetValue']['Value']} {word}")
            else:
                raise Rejected("RANGE is only supported with UNBOUNDED and CURRENT ROW")
        return f"{mode} BETWEEN {bounds[0]} AND {bounds[1]}"


def replace_type(said: Said, kind: T) -> Said:
    return Said(said.sql, kind)


def converted(said: Said, kind: T) -> Said:
    """A value in the common type of an expression."""
    if said.type.kind == kind.kind and kind.kind != "decimal":
        return said
    return Said(f"CAST({said.sql} AS {kind.duckdb})", kind)


def declared(node: Node) -> T:
    """A type as CAST names it."""
    name = node["Name"]["BaseIdentifier"]["Value"].upper()
    sizes = [each["Value"] for each in node.get("Parameters", ())]
    match name:
        case "DECIMAL":
            return decimal(int(sizes[0]), int(sizes[1]))
        case "NVARCHAR":
            return T("nvarchar", length=None if sizes[0].upper() == "MAX" else int(sizes[0]))
        case "DATETIME2":
            return DATETIME2
        case "FLOAT" | "INT" | "BIGINT" | "BIT" | "DATE":
            return T(name.lower()) if name != "FLOAT" else FLOAT
    raise Rejected(f"no rule for the type {name}")


ZONES = {
    "UTC": "UTC",
    "W. Europe Standard Time": "Europe/Berlin",
    "Romance Standard Time": "Europe/Paris",
    "Central Europe Standard Time": "Europe/Budapest",
    "Central European Standard Time": "Europe/Warsaw",
    "GMT Standard Time": "Europe/London",
    "FLE Standard Time": "Europe/Kiev",
    "GTB Standard Time": "Europe/Bucharest",
    "Eastern Standard Time": "America/New_York",
    "Central Standard Time": "America/Chicago",
    "Mountain Standard Time": "America/Denver",
    "Pacific Standard Time": "America/Los_Angeles",
    "US Mountain Standard Time": "America/Phoenix",
    "Alaskan Standard Time": "America/Anchorage",
    "Hawaiian Standard Time": "Pacific/Honolulu",
    "Atlantic Standard Time": "America/Halifax",
    "SA Pacific Standard Time": "America/Bogota",
    "SA Western Standard Time": "America/La_Paz",
    "Central America Standard Time": "America/Guatemala",
    "AUS Eastern Standard Time": "Australia/Sydney",
    "E. Australia Standard Time": "Australia/Brisbane",
    "AUS Central Standard Time": "Australia/Darwin",
    "New Zealand Standard Time": "Pacific/Auckland",
    "Tokyo Standard Time": "Asia/Tokyo",
    "Korea Standard Time": "Asia/Seoul",
    "China Standard Time": "Asia/Shanghai",
    "Taipei Standard Time": "Asia/Taipei",
    "Singapore Standard Time": "Asia/Singapore",
    "SE Asia Standard Time": "Asia/Bangkok",
    "India Standard Time": "Asia/Calcutta",
    "Sri Lanka Standard Time": "Asia/Colombo",
    "Nepal Standard Time": "Asia/Katmandu",
    "Afghanistan Standard Time": "Asia/Kabul",
    "West Asia Standard Time": "Asia/Tashkent",
    "Arabian Standard Time": "Asia/Dubai",
    "Arab Standard Time": "Asia/Riyadh",
    "South Africa Standard Time": "Africa/Johannesburg",
    "E. Africa Standard Time": "Africa/Nairobi",
    "W. Central Africa Standard Time": "Africa/Lagos",
    "Greenwich Standard Time": "Atlantic/Reykjavik",
}
"""The place that stands for a zone of Windows: territory 001 of windowsZones.xml, Unicode CLDR."""
