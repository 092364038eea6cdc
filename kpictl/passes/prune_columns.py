"""Scans of the columns that are read, and no others.

Aggregate(Scan orders(id, customer, amount, created_at), created_at, sum(amount))
->  Aggregate(Scan orders(amount, created_at), created_at, sum(amount))
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace

from kpictl.ir.relations import Join, Opaque, Relation, Scan
from kpictl.ir.scalars import Agg, Call, Case, Cast, Col, Over
from kpictl.ir.verify import inputs, walk
from kpictl.passes.rewrite import with_inputs
from kpictl.sql.walk import find

_SCALARS = (Col, Call, Case, Cast, Agg, Over)


def prune_columns(tree: Relation) -> Relation:
    """The tree with narrow scans."""
    return _prune(tree, frozenset(_read_of(tree)), None)


def _read_of(tree: Relation) -> Iterator[tuple[str | None, str]]:
    """(table, name) of every column that the tree's own scalars read; scans under an `Align` are treated apart."""
    for node in walk(tree):
        if isinstance(node, Scan | Opaque):
            continue
        for field in fields(node):
            if field.name not in ("input", "left", "right", "inputs", "place"):
                for column in _columns(getattr(node, field.name)):
                    yield column.table, column.name


def _columns(value: object) -> Iterator[Col]:
    if isinstance(value, tuple):
        for each in value:
            yield from _columns(each)
    elif isinstance(value, _SCALARS):
        yield from find(value, Col)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            if field.name != "place":
                yield from _columns(getattr(value, field.name))


def _prune(tree: Relation, read: frozenset[tuple[str | None, str]], alias: str | None) -> Relation:
    if isinstance(tree, Scan):
        kept = tuple((name, kind) for name, kind in tree.columns if (alias, name) in read)
        return tree if kept == tree.columns else replace(tree, columns=kept)
    if isinstance(tree, Join):
        return replace(tree, left=_prune(tree.left, read, alias), right=_prune(tree.right, read, tree.alias))
    if len(inputs(tree)) > 1:
        return with_inputs(tree, prune_columns)
    return with_inputs(tree, lambda each: _prune(each, read, alias))
