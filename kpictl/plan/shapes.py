"""Shapes at work: a measure of a known shape gets its fingerprint and its SQL by filling in its constants.

`kpictl.kinds.shapes` says what a shape is and when constants decide nothing. Layout follows the shape, so a line breaks
where it breaks for every measure of the shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from functools import partial

from kpictl.diagnostics import Refused
from kpictl.ir.relations import Relation
from kpictl.ir.scalars import Lit
from kpictl.kinds.lower import Outcome, ProjectLowering, digest
from kpictl.kinds.lowered import Lowered
from kpictl.kinds.shapes import Constant, Pattern, Patterns, holds, marked, marks, other_marks, shape_key, text_of
from kpictl.model.kpis import Kpi
from kpictl.model.types import INTEGER, TEXT
from kpictl.plan.compiled import Statement
from kpictl.records import dataclass
from kpictl.sql.walk import Node, transform

Printed = Callable[[Constant], str]


@dataclass(frozen=True, slots=True)
class Filling:
    """A text with places: `pieces[0] constants[order[0]] pieces[1] ...`."""

    pieces: tuple[str, ...]
    order: tuple[int, ...]

    def filled(self, texts: tuple[str, ...]) -> str:
        out = [self.pieces[0]]
        for index, piece in zip(self.order, self.pieces[1:], strict=True):
            out.append(texts[index])
            out.append(piece)
        return "".join(out)


def filling(text: str, printed: tuple[str, ...]) -> Filling:
    """The text taken apart at the marks as they were printed."""
    found = sorted((at, i) for i, mark in enumerate(printed) for at in _places(text, mark))
    pieces, order, done = [], [], 0
    for at, index in found:
        pieces.append(text[done:at])
        order.append(index)
        done = at + len(printed[index])
    return Filling((*pieces, text[done:]), tuple(order))


def _places(text: str, mark: str) -> Iterable[int]:
    at = text.find(mark)
    while at >= 0:
        yield at
        at = text.find(mark, at + len(mark))


Forms = tuple[tuple[Statement, Filling], tuple[Statement, Filling] | None]
"""The statement and the total, with their texts taken apart."""
Trees = tuple[Relation, Relation | None]
"""The tree of a statement, and that of its total."""
Maker = Callable[[tuple[Constant, ...]], tuple[Statement, Statement | None]]
"""Prints a shape with constants."""


@dataclass(slots=True)
class Shape:
    """One shape, lowered with marks, and what was made of it so far."""

    lowered: Lowered
    marks: tuple[Constant, ...]
    meaning: Filling
    statements: dict[object, Forms | None] = field(default_factory=dict)

    def trees(self, constants: tuple[Constant, ...]) -> Trees:
        """The trees with these constants, made anew."""
        return self.lowered.trees() if constants == self.marks else _placeless(Instance(self, constants))


@dataclass(frozen=True, slots=True)
class Instance:
    """A measure of a shape: its constants."""

    shape: Shape
    constants: tuple[Constant, ...]

    def statements(
        self, key: object, printed: Printed, make: Maker, *, reads_texts: bool
    ) -> tuple[Statement, Statement | None]:
        """The statement and the total; `make` prints the shape the first time that `key` asks.

        A target may make something of a constant that is more than its print (a length, a collation): then each is
        printed by itself. `reads_texts` says that the target does so with every text, so that trying it is saved.
        """
        if reads_texts and any(isinstance(value, str) for value in self.constants):
            return make(self.constants)
        if key not in self.shape.statements:
            self.shape.statements[key] = _forms(self.shape, printed, make)
        forms = self.shape.statements[key]
        if forms is None:
            return make(self.constants)
        texts = tuple(printed(value) for value in self.constants)
        (statement, form), total = forms[0], forms[1]
        whole = _with_sql(statement, form.filled(texts))
        return whole, None if total is None else _with_sql(total[0], total[1].filled(texts))


def _forms(shape: Shape, printed: Printed, make: Maker) -> Forms | None:
    """The statement and the total with places for constants; None where filling them is not what printing makes."""
    others = other_marks(shape.marks)
    texts = tuple(printed(mark) for mark in shape.marks)
    other_texts = tuple(printed(mark) for mark in others)
    found: list[tuple[Statement, Filling] | None] = []
    for statement, proof in zip(make(shape.marks), make(others), strict=True):
        if statement is None or proof is None:
            found.append(None)
            continue
        form = filling(statement.sql, texts)
        if form.filled(other_texts) != proof.sql:
            return None
        found.append((statement, form))
    first, total = found
    return None if first is None else (first, total)


def _with_sql(statement: Statement, sql: str) -> Statement:
    return replace(statement, sql=sql)


class Outcomes(dict[str, Outcome]):
    """What each KPI became; `instances` has those that were made by filling a shape."""

    def __init__(self) -> None:
        super().__init__()
        self.instances: dict[str, Instance] = {}


def outcomes(lowering: ProjectLowering, kpis: Mapping[str, Kpi], names: Iterable[str]) -> Outcomes:
    """Each KPI in the ir, measures by shape where that is the same."""
    found = Outcomes()
    shapes: dict[object, Shape | None] = {}
    patterns = Patterns()
    for name in names:
        instance = _instance(kpis[name], lowering, patterns, shapes)
        if instance is None:
            found[name] = lowering.outcome(name)
        else:
            found.instances[name] = instance
            found[name] = _lowered(name, instance, lowering)
    return found


def _instance(
    kpi: Kpi, lowering: ProjectLowering, patterns: Patterns, shapes: dict[object, Shape | None]
) -> Instance | None:
    written = text_of(kpi)
    text = patterns.of(written) if written else None
    if text is None:
        return None
    key = shape_key(kpi, text)
    if key not in shapes:
        shapes[key] = _shape(kpi, text, lowering)
    shape = shapes[key]
    return None if shape is None else Instance(shape, text.constants)


def _shape(kpi: Kpi, text: Pattern, lowering: ProjectLowering) -> Shape | None:
    try:
        lowered = lowering.alone(marked(kpi, text))
    except Refused:
        return None  # whatever is wrong is said of the KPI itself, at its own characters
    if not holds(lowered, text):
        return None
    signs = marks(text.constants)
    meaning = lowering.meaning(lowered)
    return Shape(lowered, signs, filling(meaning, tuple(_canonical(sign) for sign in signs)))


def _lowered(name: str, instance: Instance, lowering: ProjectLowering) -> Lowered:
    meaning = instance.shape.meaning.filled(tuple(_canonical(value) for value in instance.constants))

    return replace(
        instance.shape.lowered,
        name=name,
        trees=partial(_trees, lowering, name),
        placeless=partial(_placeless, instance),
        fingerprint=digest(meaning),
    )


def _trees(lowering: ProjectLowering, name: str) -> tuple[Relation, Relation | None]:
    """Of a KPI lowered by itself, for those who look at its tree; the lowering remembers it."""
    return lowering.at(name, None, None).trees()


def _placeless(instance: Instance) -> tuple[Relation, Relation | None]:
    """The shape's trees with constants for its marks."""
    values = dict(zip(instance.shape.marks, instance.constants, strict=True))

    def change(node: Node) -> Node:
        if node.__class__ is Lit and node.value.__class__ in (str, int) and node.value in values:
            return replace(node, value=values[node.value])
        return node

    finest, total = instance.shape.lowered.trees()
    return transform(finest, change, Lit), None if total is None else transform(total, change, Lit)


def _canonical(value: Constant) -> str:
    """A constant as `kpictl.ir.serialize` writes it."""
    return f"{len(value)}:{value}" if isinstance(value, str) else f"i{value}"


def literal(value: Constant) -> Lit:
    """The constant as the ir has it."""
    return Lit(value, TEXT if isinstance(value, str) else INTEGER)
