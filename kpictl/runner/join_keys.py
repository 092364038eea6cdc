"""The key check of a run: a many-to-one join whose right side holds a key twice would count rows twice, so it is refused.

Only rows that the KPI can see are looked at. The check costs one grouped scan of each joined table a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kpictl.diagnostics import Refused
from kpictl.engines import Engine
from kpictl.ir.query import Output, Query, Select, TableRef
from kpictl.ir.relations import Join, Relation, Scan
from kpictl.ir.scalars import Agg, Call, Col, Scalar
from kpictl.ir.verify import walk
from kpictl.kinds import roles
from kpictl.kinds.build import call, conjunction, conjuncts, lit
from kpictl.kinds.cut import visible
from kpictl.model.project import Project
from kpictl.model.types import INTEGER
from kpictl.plan.compile import compile_query
from kpictl.records import dataclass
from kpictl.runner.findings import KeyTwice
from kpictl.sql.walk import find


@dataclass(frozen=True, slots=True)
class JoinKey:
    """What a join takes for the key of a source: expressions over its columns, under the source's own name."""

    source: str
    columns: tuple[Scalar, ...]


def join_keys(tree: Relation) -> Iterator[JoinKey]:
    """The keys that the joins of a tree rely on, in the order of the tree."""
    for node in walk(tree):
        if isinstance(node, Join) and isinstance(node.right, Scan):
            sides = [side for part in conjuncts(node.on) if (side := _right_side(part, node.alias)) is not None]
            if sides:
                yield JoinKey(node.right.source, tuple(roles.of_table(side, node.right.source) for side in sides))


def _right_side(part: Scalar, alias: str) -> Scalar | None:
    """The side of an equality that reads the joined table alone; None when neither does, or both."""
    if not isinstance(part, Call) or part.fn != "eq":
        return None
    read = [{column.table == alias for column in find(side, Col)} for side in part.args]
    for mine, other, side in ((read[0], read[1], part.args[0]), (read[1], read[0], part.args[1])):
        if mine == {True} and True not in other:
            return side
    return None


def check(key: JoinKey, project: Project, engine: Engine, now: datetime) -> Refused | None:
    """Why the join cannot be computed; None when no key stands there twice."""
    found = engine.query(compile_query(project, _repeated(key, project), engine.dialect), {"to": now})
    if not found.rows:
        return None
    *values, rows = found.rows[0]
    names = ", ".join(column.name for scalar in key.columns for column in find(scalar, Col))
    told = ", ".join(str(value)[:40] for value in values)
    message = f"`{key.source}` has {rows:,} rows with the same {names} ({told}): the join would count rows twice"
    source = project.sources.get(key.source)
    help = [f"make `{names}` unique in `{key.source}`, or join on all columns of its key"]
    return Refused([KeyTwice.at(None if source is None else source.place, message, help=help)])


def _repeated(key: JoinKey, project: Project) -> Query:
    """One key that several visible rows have; a NULL meets nothing, so it may repeat."""
    outputs = tuple(Output(f"key_{n}", scalar) for n, scalar in enumerate(key.columns, 1))
    number = Agg("count_rows", (), type=INTEGER)
    source = project.sources.get(key.source)
    seen = None if source is None else visible(source, project)
    where = conjunction([*(call("not", call("is_null", scalar)) for scalar in key.columns), seen])
    columns = {column.name: column.type for scalar in key.columns for column in find(scalar, Col)}
    if seen is not None:
        columns.update((column.name, column.type) for column in find(seen, Col))
    table = TableRef(key.source, key.source, tuple(sorted(columns.items())))
    several = call("gt", number, lit(1))
    select = Select((*outputs, Output("rows", number)), table, (), where, (key.columns,), several)
    return Query(select, limit=1)
