"""Which columns of which sources a KPI reads, and how far back."""

from __future__ import annotations

from kpictl.ir.query import TableRef
from kpictl.ir.relations import PerBucket, Scan, Standing, ValidAt
from kpictl.ir.scalars import Col
from kpictl.ir.verify import walk
from kpictl.kinds.lowered import Lowered
from kpictl.model.project import Project
from kpictl.passes import optimized
from kpictl.sql.walk import find


def reads_all_before(lowered: Lowered) -> bool:
    """Whether a bucket may read any earlier row: a stock that is carried without limit, rows that hold at a time, or a
    comparison with NOW() that has no lower end. Such a bucket costs more the longer the source's past is."""
    trees = [tree for tree in lowered.bare if tree is not None]
    return any(
        isinstance(node, ValidAt)
        or (isinstance(node, Standing) and node.carry is None)
        or (isinstance(node, PerBucket) and node.lookback is None)
        for tree in trees
        for node in walk(tree)
    )


def columns_read(project: Project, lowered: Lowered) -> dict[str, tuple[str, ...]]:
    """By source its columns that the KPI reads, in the order in which the source declares them."""
    named: dict[str, dict[str, None]] = {name: {} for name in lowered.sources}
    trees = [optimized(tree) for tree in lowered.trees() if tree is not None]
    for tree in trees:
        for scan in find(tree, Scan):
            columns = named.setdefault(scan.source, {})
            columns.update((name, None) for name, _ in scan.columns)
            columns.update((name, None) for name in (scan.time, *(scan.valid or ())) if name is not None)
        # Of a query that is kept whole: a column stands under the alias of its relation.
        sources: dict[str, set[str]] = {}
        for table in find(tree, TableRef):
            sources.setdefault(table.alias, set()).add(table.source)
        for col in find(tree, Col) if sources else ():
            for name in sources.get(col.table or "", ()):
                named.setdefault(name, {})[col.name] = None
    found = {}
    for name, columns in named.items():
        source = project.sources.get(name)
        declared = [column.name for column in source.columns] if source is not None else []
        found[name] = tuple(column for column in declared if column in columns) or tuple(columns)
    return found
