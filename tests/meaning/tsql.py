"""T-SQL, as Microsoft's parser reads it, in DuckDB's words: each construct by the rule of the manual that has its name.

Every node of the parser's tree is handled by name, and one that is not handled is rejected. Types are T-SQL's own
(`tsql_types`), so that whole numbers are divided, decimals rounded and texts cut and compared as the manual says.
"""

from __future__ import annotations

from dataclasses import replace

from tests.meaning import tsql_types as types
from tests.meaning.tsql_calls import like_regex
from tests.meaning.tsql_scalars import (
    ZONES,
    Columns,
    Node,
    Said,
    Scalars,
    Scope,
    bare,
    converted,
    identifiers,
    nodes,
    quoted,
    replace_type,
    text,
)
from tests.meaning.tsql_types import DATABASE, T
from tests.oracles.judge import Rejected

__all__ = ["ZONES", "Said", "Translation"]
_COMPARISONS = {
    "Equals": "=",
    "NotEqualToBrackets": "<>",
    "LessThan": "<",
    "LessThanOrEqualTo": "<=",
    "GreaterThan": ">",
    "GreaterThanOrEqualTo": ">=",
}
_JOINS = {"Inner": "JOIN", "LeftOuter": "LEFT JOIN", "RightOuter": "RIGHT JOIN", "FullOuter": "FULL JOIN"}
_HELD = {
    kind: frozenset(("kind", *names.split()))
    for kind, names in {
        "SelectStatement": "QueryExpression WithCtesAndXmlNamespaces",
        "QuerySpecification": (
            "UniqueRowFilter TopRowFilter SelectElements FromClause WhereClause GroupByClause HavingClause OrderByClause"
        ),
        "QueryParenthesisExpression": "QueryExpression",
        "BinaryQueryExpression": "FirstQueryExpression SecondQueryExpression BinaryQueryExpressionType All",
        "WithCtesAndXmlNamespaces": "CommonTableExpressions",
        "CommonTableExpression": "ExpressionName QueryExpression",
        "NamedTableReference": "SchemaObject Alias ForPath",
        "QueryDerivedTable": "QueryExpression Alias",
        "QualifiedJoin": "FirstTableReference SecondTableReference SearchCondition QualifiedJoinType JoinHint",
        "UnqualifiedJoin": "FirstTableReference SecondTableReference UnqualifiedJoinType",
        "FunctionCall": "FunctionName Parameters UniqueRowFilter OverClause WithinGroupClause Collation",
        "OverClause": "Partitions OrderByClause WindowFrameClause",
        "WindowFrameClause": "WindowFrameType Top Bottom",
        "OrderByClause": "OrderByElements",
        "WithinGroupClause": "OrderByClause HasGraphPath",
        "GroupByClause": "GroupByOption All GroupingSpecifications",
        "SubqueryComparisonPredicate": "Expression ComparisonType Subquery SubqueryComparisonPredicateType",
        "InPredicate": "Expression Values Subquery NotDefined",
        "LikePredicate": "FirstExpression SecondExpression EscapeExpression NotDefined OdbcEscape",
        "ScalarSubquery": "QueryExpression Collation",
        "CastCall": "DataType Parameter Collation",
        "ConvertCall": "DataType Parameter Style Collation",
        "SearchedCaseExpression": "WhenClauses ElseExpression Collation",
        "SimpleCaseExpression": "InputExpression WhenClauses ElseExpression Collation",
        "AtTimeZoneCall": "DateValue TimeZone Collation",
    }.items()
}
"""What is read of a node; anything else in one means that a part of the statement would be passed over."""


class Translation(Scalars):
    """One statement."""

    # -- queries

    def statement(self, script: Node) -> str:
        for node in nodes(script):
            if unknown := node.keys() - _HELD.get(node["kind"], node.keys()):
                raise Rejected(f"no rule for {', '.join(sorted(unknown))} of {node['kind']}")
        (batch,) = script["Batches"]
        (statement,) = batch["Statements"]
        if statement["kind"] != "SelectStatement":
            raise Rejected(f"no query: {statement['kind']}")
        return self._whole(statement)

    def _whole(self, node: Node) -> str:
        parts = []
        for cte in node.get("WithCtesAndXmlNamespaces", {}).get("CommonTableExpressions", ()):
            name = cte["ExpressionName"]["Value"]
            sql, columns = self.query(cte["QueryExpression"], None, inner=True)
            self.ctes[name.lower()] = _named(columns)
            parts.append(f"{quoted(name)} AS ({sql})")
        sql, _ = self.query(node["QueryExpression"], None)
        return f"WITH {', '.join(parts)} {sql}" if parts else sql

    def query(self, node: Node, outer: Scope | None, *, inner: bool = False) -> tuple[str, list[tuple[str, T]]]:
        """A query and its columns."""
        match node["kind"]:
            case "QueryParenthesisExpression":
                sql, columns = self.query(node["QueryExpression"], outer, inner=inner)
                return f"({sql})", columns
            case "BinaryQueryExpression":
                return self._set(node, outer)
            case "QuerySpecification":
                return self._select(node, outer, inner=inner)
        raise Rejected(f"no rule for {node['kind']}")

    def _set(self, node: Node, outer: Scope | None) -> tuple[str, list[tuple[str, T]]]:
        if node.get("OrderByClause"):
            raise Rejected("ORDER BY of a set operation")
        (left, mine), (right, theirs) = (
            self.query(node[side], outer, inner=True) for side in ("FirstQueryExpression", "SecondQueryExpression")
        )
        if len(mine) != len(theirs):
            raise Rejected("a set operation of different numbers of columns")
        every = bool(node.get("All"))
        word = node["BinaryQueryExpressionType"].upper()
        if every and word != "UNION":
            raise Rejected(f"{word} takes no ALL")
        columns = [(name, types.common([a, b])) for (name, a), (_, b) in zip(mine, theirs, strict=True)]
        left, right = (self._as(sql, told, columns, keys=not every) for sql, told in ((left, mine), (right, theirs)))
        return f"{left} {word}{' ALL' if every else ''} {right}", columns

    def _as(self, sql: str, told: list[tuple[str, T]], goal: list[tuple[str, T]], *, keys: bool) -> str:
        """An operand with the columns of the whole operation."""
        out = []
        for at, ((_, mine), (name, wanted)) in enumerate(zip(told, goal, strict=True)):
            said = converted(Said(f"o.c{at}", mine), wanted)
            out.append(f"{self.key(replace_type(said, wanted)) if keys else said.sql} AS {quoted(name)}")
        names = ", ".join(f"c{at}" for at in range(len(told)))
        return f"(SELECT {', '.join(out)} FROM ({sql}) AS o({names}))"

    def _select(self, node: Node, outer: Scope | None, *, inner: bool) -> tuple[str, list[tuple[str, T]]]:
        scope = Scope(outer=outer)
        clauses = []
        if "FromClause" in node:
            relations = [self._relation(each, scope) for each in node["FromClause"]["TableReferences"]]
            clauses.append(f"FROM {', '.join(relations)}")
        if "WhereClause" in node:
            clauses.append(f"WHERE {self.condition(node['WhereClause']['SearchCondition'], scope)}")
        if "GroupByClause" in node:
            clauses.append(self._group_by(node["GroupByClause"], scope))
        having = ""
        if "HavingClause" in node:
            having = f"HAVING {self.condition(node['HavingClause']['SearchCondition'], scope)}"
            clauses.append(having)
        outputs, columns = [], []
        for each in node["SelectElements"]:
            said, name = self._output(each, scope)
            columns.append((name, replace(said.type, explicit=False)))
            outputs.append((said, name))
        head = "SELECT"
        if node["UniqueRowFilter"] == "Distinct":
            keys = ", ".join(self.key(said) for said, _ in outputs)
            head = (
                f"SELECT DISTINCT ON ({keys})" if any(said.type.is_text for said, _ in outputs) else "SELECT DISTINCT"
            )
        told = ", ".join(f"{said.sql} AS {quoted(name)}" for said, name in outputs)
        ordered = node.get("OrderByClause")
        if ordered and inner and "TopRowFilter" not in node:
            raise Rejected("ORDER BY in a sub-query without TOP")
        if ordered:
            if node["UniqueRowFilter"] == "Distinct" and not self._all_selected(ordered, node):
                raise Rejected("ORDER BY of what SELECT DISTINCT does not select")
            clauses.append(f"ORDER BY {self.order(ordered, scope)}")
        if "TopRowFilter" in node:
            top = node["TopRowFilter"]
            if top["Percent"] or top["WithTies"]:
                raise Rejected("TOP PERCENT and WITH TIES")
            clauses.append(f"LIMIT {self.scalar(top['Expression'], scope).sql}")
        return " ".join([head, told, *clauses]), columns

    def _all_selected(self, ordered: Node, node: Node) -> bool:
        selected = [bare(each["Expression"]) for each in node["SelectElements"]]
        return all(bare(each["Expression"]) in selected for each in ordered["OrderByElements"])

    def _output(self, node: Node, scope: Scope) -> tuple[Said, str]:
        if node["kind"] != "SelectScalarExpression":
            raise Rejected(f"no rule for {node['kind']}")
        said = self.scalar(node["Expression"], scope)
        if "ColumnName" in node:
            return said, str(node["ColumnName"]["Value"])
        if node["Expression"]["kind"] == "ColumnReferenceExpression":
            return said, identifiers(node["Expression"])[-1]
        raise Rejected("a column without a name")

    def _group_by(self, node: Node, scope: Scope) -> str:
        keys = []
        if node["GroupByOption"] != "None" or node["All"]:
            raise Rejected("GROUP BY ALL or WITH")
        for each in node["GroupingSpecifications"]:
            if each["kind"] != "ExpressionGroupingSpecification":
                raise Rejected(f"{each['kind']}: one of the pools does not have it")
            key = each["Expression"]
            held = list(nodes(key))
            if not any(n["kind"] == "ColumnReferenceExpression" for n in held):
                raise Rejected("Each GROUP BY expression must contain at least one column")
            if any(n["kind"] == "ScalarSubquery" for n in held):
                raise Rejected("Cannot use a subquery in an expression used for the group by list")
            said = self.scalar(key, scope)
            keys.append((key, said))
        scope.grouped = [bare(key) for key, said in keys if said.type.is_text]
        return f"GROUP BY {', '.join(self.key(said) for _, said in keys)}"

    # -- relations

    def _relation(self, node: Node, scope: Scope) -> str:
        match node["kind"]:
            case "NamedTableReference":
                name = node["SchemaObject"]["BaseIdentifier"]["Value"]
                alias = node.get("Alias", {}).get("Value", name)
                if name.lower() in self.ctes:
                    scope.relations[alias.lower()] = self.ctes[name.lower()]
                elif name.lower() in self.tables:
                    scope.relations[alias.lower()] = self.tables[name.lower()]
                else:
                    raise Rejected(f"no table {name}")
                return f"{quoted(name)} AS {quoted(alias)}"
            case "QueryDerivedTable":
                alias = node["Alias"]["Value"]
                sql, columns = self.query(node["QueryExpression"], scope.outer, inner=True)
                scope.relations[alias.lower()] = _named(columns)
                return f"({sql}) AS {quoted(alias)}"
            case "JoinParenthesisTableReference":
                return f"({self._relation(node['Join'], scope)})"
            case "UnqualifiedJoin" if node["UnqualifiedJoinType"] == "CrossJoin":
                one, other = (
                    self._relation(node[side], scope) for side in ("FirstTableReference", "SecondTableReference")
                )
                return f"{one} CROSS JOIN {other}"
            case "QualifiedJoin":
                one, other = (
                    self._relation(node[side], scope) for side in ("FirstTableReference", "SecondTableReference")
                )
                return f"{one} {_JOINS[node['QualifiedJoinType']]} {other} ON {self.condition(node['SearchCondition'], scope)}"
        raise Rejected(f"no rule for {node['kind']}")

    # -- conditions

    def condition(self, node: Node, scope: Scope) -> str:
        match node["kind"]:
            case "BooleanParenthesisExpression":
                return f"({self.condition(node['Expression'], scope)})"
            case "BooleanNotExpression":
                return f"(NOT {self.condition(node['Expression'], scope)})"
            case "BooleanBinaryExpression":
                one, other = (self.condition(node[side], scope) for side in ("FirstExpression", "SecondExpression"))
                return f"({one} {node['BinaryExpressionType'].upper()} {other})"
            case "BooleanComparisonExpression":
                pair = [self.scalar(node[side], scope) for side in ("FirstExpression", "SecondExpression")]
                one, other = self.comparable(pair)
                return f"({one} {_COMPARISONS[node['ComparisonType']]} {other})"
            case "BooleanIsNullExpression":
                word = "IS NOT NULL" if node["IsNot"] else "IS NULL"
                return f"(({self.scalar(node['Expression'], scope).sql}) {word})"
            case "BooleanTernaryExpression":
                parts = ("FirstExpression", "SecondExpression", "ThirdExpression")
                x, low, high = self.comparable([self.scalar(node[part], scope) for part in parts])
                word = "NOT BETWEEN" if node["TernaryExpressionType"] == "NotBetween" else "BETWEEN"
                return f"({x} {word} {low} AND {high})"
            case "LikePredicate":
                return self._like(node, scope)
            case "InPredicate":
                return self._in(node, scope)
            case "ExistsPredicate":
                return f"EXISTS ({self.query(node['Subquery']['QueryExpression'], scope, inner=True)[0]})"
            case "SubqueryComparisonPredicate":
                return self._quantified(node, scope)
        raise Rejected(f"no rule for {node['kind']}")

    def _like(self, node: Node, scope: Scope) -> str:
        x, pattern = (self.scalar(node[side], scope) for side in ("FirstExpression", "SecondExpression"))
        told, escape = bare(node["SecondExpression"]), bare(node.get("EscapeExpression"))
        if told["kind"] != "StringLiteral" or not told["IsNational"]:
            raise Rejected("a pattern that is no constant")
        regex = text(like_regex(told["Value"], escape["Value"] if escape else ""))
        binary = types.collated([x.type, pattern.type]).collation != DATABASE
        found = self.rule("matches" if binary else "matches_any_case", x.sql, regex)
        return f"(NOT {found})" if node["NotDefined"] else found

    def _in(self, node: Node, scope: Scope) -> str:
        x = self.scalar(node["Expression"], scope)
        word = "NOT IN" if node["NotDefined"] else "IN"
        if "Subquery" in node:
            sql, columns = self.query(node["Subquery"]["QueryExpression"], scope, inner=True)
            ((name, kind),) = columns
            mine, theirs = self.comparable([x, Said(f"i.{quoted(name)}", kind)])
            return f"({mine} {word} (SELECT {theirs} FROM ({sql}) AS i))"
        first, *rest = self.comparable([x, *(self.scalar(each, scope) for each in node["Values"])])
        return f"({first} {word} ({', '.join(rest)}))"

    def _quantified(self, node: Node, scope: Scope) -> str:
        """ALL (Transact-SQL), SOME | ANY (Transact-SQL): the comparison is true for all pairs (x, d), or for any, "where d is a
        value in the single-column set"; a pair with NULL is unknown."""
        sql, ((name, kind),) = self.query(node["Subquery"]["QueryExpression"], scope, inner=True)
        mine, theirs = self.comparable([self.scalar(node["Expression"], scope), Said(f"i.{quoted(name)}", kind)])
        word = node["SubqueryComparisonPredicateType"].upper()
        return f"({mine} {_COMPARISONS[node['ComparisonType']]} {word} (SELECT {theirs} FROM ({sql}) AS i))"


def _named(columns: list[tuple[str, T]]) -> Columns:
    found = {name.lower(): kind for name, kind in columns}
    if len(found) < len(columns):
        raise Rejected("a column name is there twice")
    return found
