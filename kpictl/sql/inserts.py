"""The document's `INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions) SELECT ...`, taken as its SELECT."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from kpictl.diagnostics import Diagnostic, Finding, Place, Refused
from kpictl.ir.query import Output, Query, Select
from kpictl.ir.scalars import Call, Col, Lit, SortKey
from kpictl.records import dataclass
from kpictl.sql.facts import Facts
from kpictl.sql.findings import InsertShape, OversizedSql
from kpictl.sql.queries import read_query
from kpictl.sql.reader import Reader
from kpictl.sql.reading import read
from kpictl.sql.scope import Scope

STORE = "kpi_metrics"
_COLUMNS = ("time", "kpi_name", "kpi_value", "dimensions")
_FORM = "write `INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions) SELECT ...`, or the SELECT alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertQuery:
    """An INSERT read as its SELECT: the outputs are `time` (where told), `value`, and one for each named dimension."""

    query: Query
    facts: Facts
    time: str | None
    """Name of the output that is the time; None where the column list has none."""
    value: str
    name_literal: str | None
    """The KPI's name as the text writes it; None where the column list has none."""
    name_place: Place | None
    dimensions: tuple[str, ...]
    """Names of the outputs that `jsonb_build_object` of the dimensions column names, in its order."""


def is_insert(text: str) -> bool:
    """Whether a text has an INSERT at all, at a glance; `insert_query` says whether it is one that is taken."""
    return "insert" in text.lower()


def insert_query(text: str, scope: Scope, place: Place, *, kpi: str) -> InsertQuery | None:
    """The INSERT of a KPI's values as its SELECT; None when the text is no INSERT. Any other INSERT is refused."""
    source = read(text, scope.dialect, place)
    tree = source.tree
    if not isinstance(tree, exp.Insert):
        return None
    reader = Reader(source, scope)
    columns = _columns(reader, tree)
    select = tree.args["expression"]
    if told := tree.args.get("with_"):
        own = select.args.get("with_")
        select.set("with_", told if own is None else exp.With(expressions=[*told.expressions, *own.expressions]))
    try:
        query = read_query(reader, select)
    except RecursionError:
        raise Refused([OversizedSql.at(place, "the text is nested too deeply")]) from None
    reader.finish()
    result = _by_roles(reader, select, query, columns, kpi)
    reader.finish()
    return result


def _columns(reader: Reader, tree: exp.Insert) -> list[str]:
    """The column list; raises for every other form of INSERT."""
    schema = tree.this
    extra = {k for k, v in tree.args.items() if v} - {"this", "expression", "with_"}
    table = schema.this if isinstance(schema, exp.Schema) else schema
    named = isinstance(table, exp.Table) and isinstance(table.this, exp.Identifier) and not table.args.get("db")
    if not named or reader.name(table.this) != STORE:
        raise Refused([_wrong(reader, tree, "an INSERT into anything but kpi_metrics")])
    if extra:
        raise Refused([_wrong(reader, tree, f"{sorted(extra)[0].upper().rstrip('_')} in the INSERT")])
    if not isinstance(schema, exp.Schema):
        raise Refused([_wrong(reader, table, "an INSERT without a list of columns")])
    if not isinstance(tree.args.get("expression"), exp.Select):
        raise Refused([_wrong(reader, tree, "an INSERT without a SELECT")])
    names = [reader.name(c if isinstance(c, exp.Identifier) else c.this) for c in schema.expressions]
    for name, node in zip(names, schema.expressions, strict=True):
        if name not in _COLUMNS or names.count(name) > 1:
            raise Refused([_wrong(reader, node, f"`{name}` is no column that a definition may give")])
    if "kpi_value" not in names:
        raise Refused([_wrong(reader, schema, "the list of columns has no `kpi_value`")])
    return names


def _wrong(reader: Reader, node: exp.Expr, what: str, finding: type[Finding] = InsertShape) -> Diagnostic:
    return finding.at(reader.locate(node), what, help=[_FORM])


def _by_roles(reader: Reader, select: exp.Select, query: Query, columns: list[str], kpi: str) -> InsertQuery:
    body = query.body
    assert isinstance(body, Select)
    if len(body.outputs) != len(columns):
        message = f"{len(columns)} columns are listed and {len(body.outputs)} selected"
        raise Refused([_wrong(reader, select, message)])
    outputs: list[Output] = []
    new_names: dict[str, str] = {}
    name_literal, name_place, dimensions = None, None, []
    for column, output, node in zip(columns, body.outputs, select.expressions, strict=True):
        if column == "kpi_name":
            name_literal = _literal_name(reader, output, node, kpi)
            name_place = reader.locate(node)
        elif column == "dimensions":
            found = _dimensions(reader, output, node)
            outputs += found
            dimensions += [o.name for o in found]
        else:
            role = "time" if column == "time" else "value"
            new_names[output.name] = role
            outputs.append(Output(role, output.value))
    order = tuple(_renamed(key, new_names) for key in query.order_by)
    return InsertQuery(
        query=replace(query, body=replace(body, outputs=tuple(outputs)), order_by=order),
        facts=reader.facts.freeze(),
        time="time" if "time" in columns else None,
        value="value",
        name_literal=name_literal,
        name_place=name_place,
        dimensions=tuple(dimensions),
    )


def _renamed(key: SortKey, names: dict[str, str]) -> SortKey:
    by = key.by
    if isinstance(by, Col) and by.table is None:
        return replace(key, by=replace(by, name=names.get(by.name, by.name)))
    return key


def _literal_name(reader: Reader, output: Output, node: exp.Expr, kpi: str) -> str | None:
    value = output.value.value if isinstance(output.value, Lit) else None
    if not isinstance(value, str):
        reader.fail(InsertShape, node, "the KPI's name must be written as a constant", help=(f"write '{kpi}'",))
        return None
    if value != kpi:
        reader.fail(InsertShape, node, f"'{value}' is not the name of this KPI, `{kpi}`", help=(f"write '{kpi}'",))
    return value


def _dimensions(reader: Reader, output: Output, node: exp.Expr) -> list[Output]:
    """The named values of `jsonb_build_object('name', value, ...)`; none for NULL or an empty object."""
    value = output.value
    if isinstance(value, Lit) and (value.value is None or str(value.value).replace(" ", "") == "{}"):
        return []
    if not (isinstance(value, Call) and value.fn == "json_object"):
        way = "write `jsonb_build_object('country', country)`"
        reader.fail(InsertShape, node, "the dimensions must be named one by one", help=(way,))
        return []
    found: list[Output] = []
    for key, item in zip(value.args[::2], value.args[1::2], strict=True):
        name = str(key.value) if isinstance(key, Lit) else ""
        if name in ("time", "value") or any(o.name == name for o in found):
            reader.fail(InsertShape, node, f"`{name}` cannot be the name of a dimension", help=("choose another name",))
            continue
        found.append(Output(name, item))
    return found
