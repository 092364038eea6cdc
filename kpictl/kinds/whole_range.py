"""One number for a whole range of time, without buckets: the same states, over the rows from `from` to before `to`."""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.relations import BUCKET, Aggregate, Align, Derived, Filter, Finalize, Relation
from kpictl.ir.scalars import Call, Col, Scalar
from kpictl.kinds import buckets
from kpictl.kinds.build import FROM, TO, conjunction
from kpictl.model.types import Kind
from kpictl.sql.walk import Node, transform


def whole_range(tree: Relation) -> Relation | None:
    """The tree of the number of a whole range; None where a number belongs to a bucket, as a closing value does."""
    match tree:
        case Finalize(input=Aggregate() as of) if of.time is not None and of.grain is not None:
            zone = of.grain.zone
            within = conjunction([buckets.not_before(of.time, FROM, zone), buckets.before(of.time, TO, zone)])
            assert within is not None
            return replace(tree, input=replace(of, input=Filter(of.input, within), time=None, grain=None))
        case Derived(input=Align() as align) if not align.dense:
            inputs = [(name, whole_range(each)) for name, each in align.inputs]
            known = tuple((name, each) for name, each in inputs if each is not None)
            if len(known) < len(inputs):
                return None
            outputs = tuple((name, _without_bucket(value)) for name, value in tree.outputs)
            below = None if tree.denominator is None else _without_bucket(tree.denominator)
            return Derived(replace(align, inputs=known), outputs, below)
        case _:
            return None


def counts_days(tree: Relation) -> bool:
    """Whether rows stand at dates, so that a range of less than whole days cannot be told."""
    match tree:
        case Finalize(input=Aggregate(time=time)):
            return time is not None and time.type.kind is Kind.DATE
        case Derived(input=Align() as align):
            return any(counts_days(each) for _, each in align.inputs)
        case _:
            return False


def _without_bucket(scalar: Scalar) -> Scalar:
    """Whether an operand has a row is told by its number: there is no bucket to tell it."""

    def change(node: Node) -> Node:
        if isinstance(node, Call) and node.fn == "is_null" and isinstance(node.args[0], Col):
            column = node.args[0]
            if column.name.endswith("." + BUCKET):
                return replace(node, args=(replace(column, name=column.name.removesuffix(BUCKET) + "value"),))
        return node

    changed: Scalar = scalar if isinstance(scalar, Col) else transform(scalar, change, Call)
    return changed
