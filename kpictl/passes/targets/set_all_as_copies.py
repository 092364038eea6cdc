"""Says EXCEPT ALL and INTERSECT ALL over rows with a number for each copy, where they exist without ALL only.

Before: `SELECT a FROM t EXCEPT ALL SELECT b FROM u`. After: each side also gives `row_number() OVER (PARTITION BY` its
columns `)`, EXCEPT compares (row, copy), and the number is left out of what it gives.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Derived, Output, Query, Select, SetOperation
from kpictl.ir.scalars import Call, Col, Over
from kpictl.model.types import INTEGER
from kpictl.passes.targets.nest import Names, each_query


def set_all_as_copies(query: Query) -> Query:
    """`query` without EXCEPT ALL and INTERSECT ALL."""
    return each_query(query, _change)


def _change(query: Query, names: Names) -> Query:
    both = query.body
    if not isinstance(both, SetOperation) or not both.all or both.op.lower() == "union":
        return query
    copy = names.fresh("copy")
    numbered = SetOperation(both.op, _numbered(both.left, copy), _numbered(both.right, copy))
    outputs = tuple(Output(name, Col(name, "copies", kind)) for name, kind in both.left.outputs)
    return replace(query, body=Select(outputs, Derived(Query(numbered), "copies")))


def _numbered(side: Query, copy: str) -> Query:
    columns = tuple(Col(name, "side", kind) for name, kind in side.outputs)
    number = Over(Call("row_number", (), INTEGER), columns, type=INTEGER)
    outputs = (*(Output(c.name, c) for c in columns), Output(copy, number))
    return Query(Select(outputs, Derived(side, "side")))
