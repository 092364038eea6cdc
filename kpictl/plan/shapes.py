"""Shapes at work: a measure of a known shape gets its fingerprint and its SQL by filling in its constants.

`kpictl.kinds.shapes` says what a shape is and when constants decide nothing. Constants decide no layout either
(`kpictl.dialects.widths`), so a definition has the same text whether others have its shape or not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from functools import partial

from kpictl.diagnostics import Refused
from kpictl.ir.relations import Relation
from kpictl.ir.scalars import Lit
from kpictl.kinds.lower import Outcome, ProjectLowering, digest
from kpictl.kinds.lowered import Lowered
from kpictl.kinds.shapes import (
    Constant,
    Pattern,
    Patterns,
    form_of,
    holds,
    is_plain,
    long_marks,
    marked,
    marks,
    other_marks,
    shape_key,
    short_marks,
    text_of,
)
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
        printed by itself. `reads_texts` says that the target says the length of every text: then that is filled in, too,
        for texts of which nothing else could be said.
        """
        lengths = reads_texts and any(isinstance(value, str) for value in self.constants)
        if lengths and not all(map(is_plain, self.constants)):
            return make(self.constants)
        written = partial(_with_lengths, printed) if lengths else partial(_each, printed)
        if (key, lengths) not in self.shape.statements:
            signs = self.shape.marks
            pair = (long_marks(signs), short_marks(signs)) if lengths else (signs, other_marks(signs))
            self.shape.statements[key, lengths] = _forms(pair, written, make)
        forms = self.shape.statements[key, lengths]
        if forms is None:
            return make(self.constants)
        texts = written(self.constants)
        (statement, form), total = forms[0], forms[1]
        whole = _with_sql(statement, form.filled(texts))
        return whole, None if total is None else _with_sql(total[0], total[1].filled(texts))


Written = Callable[[tuple[Constant, ...]], tuple[str, ...]]
"""What stands in a statement for constants."""


def _each(printed: Printed, constants: tuple[Constant, ...]) -> tuple[str, ...]:
    return tuple(map(printed, constants))


def _with_lengths(printed: Printed, constants: tuple[Constant, ...]) -> tuple[str, ...]:
    """Plain texts, which every target quotes alike, and their lengths behind all."""
    own = (f"'{value}'" if isinstance(value, str) else printed(value) for value in constants)
    return (*own, *(printed(len(value)) for value in constants if isinstance(value, str)))


def _forms(pair: tuple[tuple[Constant, ...], tuple[Constant, ...]], written: Written, make: Maker) -> Forms | None:
    """The statement and the total with places for constants; None where filling them is not what printing makes.

    The first of the pair makes the places, the second is the proof.
    """
    signs, others = pair
    texts, other_texts = written(signs), written(others)
    found: list[tuple[Statement, Filling] | None] = []
    for statement, proof in zip(make(signs), make(others), strict=True):
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
    """Each KPI in the ir, by shape where several have the same one: a shape alone would only be proven for nothing."""
    chosen = tuple(names)
    found = Outcomes()
    shapes: dict[object, Shape | None] = {}
    known = _patterns(kpis, chosen)
    often = Counter(key for key, _ in known.values())
    for name in chosen:
        key, text = known.get(name, _NO_PATTERN)
        if text is not None and often[key] > 1 and key not in shapes:
            shapes[key] = _shape(kpis[name], text, lowering)
        shape = shapes.get(key)
        if text is None or shape is None:
            found[name] = lowering.outcome(name)
        else:
            instance = found.instances[name] = Instance(shape, text.constants)
            found[name] = _lowered(name, instance, lowering)
    return found


_NO_PATTERN: tuple[object, None] = (None, None)


def _patterns(kpis: Mapping[str, Kpi], names: Iterable[str]) -> dict[str, tuple[object, Pattern]]:
    """By KPI, where others are like it and have constants to take out: what is the same for its shape, and its pattern."""
    texts = {name: written for name in names if (written := text_of(kpis[name]))}
    forms = {name: form_of(written) for name, written in texts.items()}
    often = Counter(forms.values())
    patterns = Patterns()
    found: dict[str, tuple[object, Pattern]] = {}
    for name, written in texts.items():
        text = patterns.of(written) if often[forms[name]] > 1 else None  # alone it has a shape of its own, too
        if text is not None:
            found[name] = (shape_key(kpis[name], text), text)
    return found


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
