"""The one way in: an author's SQL becomes the canonical tree, or is refused with every reason at its characters."""

from __future__ import annotations

from sqlglot import exp

from kpictl.diagnostics import Diagnostic, Place, Refused
from kpictl.ir.query import Query
from kpictl.ir.scalars import Scalar
from kpictl.sql.facts import Parsed, ParsedExpression
from kpictl.sql.findings import InsertShape, MisplacedAggregate, OversizedSql, UnreadableSql, UnsafeSql, WrongType
from kpictl.sql.grouping import loose_column
from kpictl.sql.queries import read_query
from kpictl.sql.reader import Level, Reader, Rel
from kpictl.sql.reading import read
from kpictl.sql.scalars import scalar
from kpictl.sql.scope import Scope
from kpictl.sql.walk import has_aggregate

_QUERIES = (exp.Query, exp.Values, exp.Subquery)


def query(text: str, scope: Scope, place: Place) -> Query:
    """The canonical query of one SELECT."""
    return parsed_query(text, scope, place).query


def expression(
    text: str, scope: Scope, place: Place, *, aggregate: bool, inside: str = "in a condition or dimension"
) -> Scalar:
    """The canonical expression of a `measure` (aggregate) or of a `where` or dimension (not)."""
    return parsed_expression(text, scope, place, aggregate=aggregate, inside=inside).scalar


def parsed_query(text: str, scope: Scope, place: Place) -> Parsed:
    """The canonical query of one SELECT, and the facts about its text."""
    source = read(text, scope.dialect, place)
    reader = Reader(source, scope)
    if not isinstance(source.tree, _QUERIES):
        raise Refused([_no_question(reader, source.tree)])
    try:
        found = read_query(reader, source.tree)
    except RecursionError:
        raise Refused([OversizedSql.at(place, "the text is nested too deeply")]) from None
    reader.finish()
    return Parsed(found, reader.facts.freeze())


def _no_question(reader: Reader, tree: exp.Expr) -> Diagnostic:
    if isinstance(tree, exp.Insert):
        way = (
            "only `INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions) SELECT ...` is taken, as its SELECT"
        )
        return InsertShape.at(reader.locate(tree), "an INSERT is no question", help=[way])
    if isinstance(tree, exp.Column | exp.Alias | exp.Condition):
        return UnreadableSql.at(reader.locate(tree), "a query begins with SELECT or WITH", help=["write one SELECT"])
    return UnsafeSql.at(reader.locate(tree), f"`{tree.key.upper()}` is no question", help=["write one SELECT"])


def parsed_expression(
    text: str, scope: Scope, place: Place, *, aggregate: bool, inside: str = "in a condition or dimension"
) -> ParsedExpression:
    """The canonical expression, with columns of the main table bare and those of roles under the role's name.

    `inside` says where an aggregate that has no place there stands.
    """
    source = read(text, scope.dialect, place, wrap=True)
    reader = Reader(source, scope)
    node = _only_expression(reader, source.tree)
    reader.level = _level(scope)
    if not aggregate:
        reader.no_aggregates = reader.no_windows = inside
    else:
        reader.no_windows = "in a measure"
    try:
        found = scalar(reader, node)
    except RecursionError:
        raise Refused([OversizedSql.at(place, "the text is nested too deeply")]) from None
    if aggregate and not reader.diagnostics:
        _check_measure(reader, node, found)
    reader.finish()
    return ParsedExpression(found, reader.facts.freeze())


def _only_expression(reader: Reader, tree: exp.Expr) -> exp.Expr:
    parts = {k for k, v in tree.args.items() if v}
    if not isinstance(tree, exp.Select) or parts != {"expressions"} or len(tree.expressions) != 1:
        raise Refused([WrongType.at(reader.place, "one expression is needed here", help=["write `sum(amount)`"])])
    node: exp.Expr = tree.expressions[0]
    if isinstance(node, exp.Alias):
        raise Refused([WrongType.at(reader.locate(node.args["alias"]), "an expression has no alias here")])
    return node


def _level(scope: Scope) -> Level:
    """The main table's columns bare, each other table under its name."""
    level = Level(None)
    main = scope.main_table
    for name, table in scope.tables.items():
        columns = None if table.columns is None else {n: (n, t) for n, t in table.columns.items()}
        zone = scope.naive_zones.get(table.source)
        level.rels.append(
            Rel(name, columns, _never, source=table.source, zone=zone, ways=table.ways, bare=name == main)
        )
    return level


def _never(rel: Rel) -> object:
    raise AssertionError(f"an expression builds no relation: {rel.alias}")


def _check_measure(reader: Reader, node: exp.Expr, found: Scalar) -> None:
    if not has_aggregate(found):
        reader.fail(MisplacedAggregate, node, "a measure is an aggregate", help=("write `sum(x)` or `count(*)`",))
        return
    loose = loose_column(found)
    if loose is not None:
        reader.fail(
            MisplacedAggregate,
            loose.place or node,
            f"`{loose.name}` stands outside of an aggregate",
            help=(f"write `sum({loose.name})`, or another aggregate",),
        )
