"""Rows of the ir as the FROM, JOIN and WHERE of one SELECT."""

from __future__ import annotations

from dataclasses import field

from kpictl.ir.query import Joined, TableRef
from kpictl.ir.relations import Derive, Filter, Join, Relation, Scan
from kpictl.ir.scalars import Col, Scalar
from kpictl.kinds.build import conjunction
from kpictl.model.types import Type
from kpictl.records import dataclass
from kpictl.sql.walk import find, transform


@dataclass(slots=True)
class Rows:
    """What a SELECT reads: a table, joins, conditions. Columns of the table stand without a table until `qualified`."""

    table: TableRef
    joins: list[Joined] = field(default_factory=list)
    where: list[Scalar] = field(default_factory=list)
    derived: dict[str, Scalar] = field(default_factory=dict)

    def scalar(self, scalar: Scalar, *, qualify: bool | None = None) -> Scalar:
        """A scalar as the SELECT writes it: derived columns inlined, tables named where several are read."""
        named = bool(self.joins) if qualify is None else qualify
        if not named and not self.derived:
            return scalar
        alias = self.table.alias

        def change(node: object) -> object:
            if not isinstance(node, Col) or node.table is not None:
                return node
            if node.name in self.derived:
                return self.derived[node.name]
            return Col(node.name, alias, node.type, node.place) if named else node

        return transform(scalar, change, Col)

    def condition(self, *, qualify: bool | None = None) -> Scalar | None:
        """All conditions in one."""
        return conjunction([self.scalar(each, qualify=qualify) for each in self.where])

    def joined(self, *, qualify: bool | None = None) -> tuple[Joined, ...]:
        """The joins as the SELECT writes them."""
        return tuple(
            Joined(j.kind, j.relation, None if j.on is None else self.scalar(j.on, qualify=qualify)) for j in self.joins
        )


def rows(tree: Relation) -> Rows:
    """The rows of a tree without aggregates."""
    match tree:
        case Scan():
            return Rows(_table(tree, tree.source))
        case Filter():
            found = rows(tree.input)
            found.where.append(found.scalar(tree.predicate, qualify=False))
            return found
        case Derive():
            found = rows(tree.input)
            found.derived.update((name, found.scalar(scalar, qualify=False)) for name, scalar in tree.columns)
            return found
        case Join(mode="equi"):
            found = rows(tree.left)
            assert isinstance(tree.right, Scan), "only a source can be joined"
            found.joins.append(Joined("left", _table(tree.right, tree.alias), tree.on))
            return found
        case _:
            raise AssertionError(f"{type(tree).__name__} has no rows to read")


def _table(scan: Scan, alias: str) -> TableRef:
    return TableRef(scan.source, alias, tuple(sorted(scan.columns)))


def columns_read(scalars: list[Scalar], table: str | None) -> dict[str, Type]:
    """Columns of a table that scalars read, with their types."""
    return {c.name: c.type for scalar in scalars for c in find(scalar, Col) if c.table == table}
