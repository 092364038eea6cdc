"""Mutants of what a target's renderings print: an operator swapped, a call dropped, a number moved, arguments exchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from kpictl.diagnostics import Refused
from kpictl.dialects.dialect import CastRenderer, Dialect, Refusal
from kpictl.dialects.printer import Printer
from kpictl.dialects.templates import Piece
from kpictl.ir.scalars import Agg, Call, Cast, Lit
from kpictl.sql.walk import find
from tests.dialects.cases import CASTS
from tests.mutants.operations import Operation, operations

Made = Call | Agg | Cast
"""What a function's name, or CAST, makes."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A dialect that says one function otherwise, and the numbers of the calls to which that makes a difference."""

    name: str
    dialect: Dialect
    calls: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """A call of a function as a case has it, and whether it is one over a window."""

    call: Made
    is_windowed: bool = False


def mutants(dialect: Dialect, fn: str, uses: list[Use]) -> Iterator[Mutant]:
    """The mutants of one function, with the numbers of those of its uses whose text they change."""
    if fn != CASTS and isinstance(dialect.functions[fn], Refusal):
        return
    said = [_texts(dialect, use) for use in uses]
    constants = {str(lit.value) for use in uses for lit in find(use.call, Lit)}
    for name, operation in operations([text for text in said if text], dialect.name, constants):
        changed = tuple(at for at, text in enumerate(said) if operation(text) != text)
        if changed:
            yield Mutant(f"{fn}: {name}", _saying(dialect, fn, operation), changed)
    many = tuple(
        at for at, use in enumerate(uses) if said[at] and not isinstance(use.call, Cast) and len(use.call.args) > 1
    )
    if many and fn not in COMMUTE:
        yield Mutant(f"{fn}: arguments exchanged", _exchanging(dialect, fn), many)


def _texts(dialect: Dialect, use: Use) -> str:
    """The text of a use without its arguments; nothing where the target has no form of it."""
    printer = Printer(dialect, lambda source: (source,), {})
    try:
        text = _apart(printer, use.call, _printed(dialect, printer, use.call, use.is_windowed))[0]
    except (Refused, AssertionError, LookupError, NotImplementedError):
        return ""
    return "" if printer.refusals else text


def _printed(dialect: Dialect, printer: Printer, call: Made, is_windowed: bool) -> Piece:
    if isinstance(call, Cast):
        return dialect.cast(printer, call)
    if is_windowed and isinstance(call, Agg) and call.fn in dialect.window_functions:
        return dialect.window_functions[call.fn](printer, call)
    rendering = dialect.functions[call.fn]
    if not isinstance(rendering, str):
        assert not isinstance(rendering, Refusal)
        return rendering(printer, call)
    arguments = printer.aggregate_arguments(call) if isinstance(call, Agg) else [printer.scalar(a) for a in call.args]
    return dialect.templates[call.fn].fill(arguments)


def _apart(printer: Printer, call: Made, piece: Piece) -> tuple[str, Callable[[str], Piece]]:
    """The text of a call with marks for its arguments, which are no part of it, and how they are put back."""
    args = (call.arg,) if isinstance(call, Cast) else call.args
    own = [a for a in args if isinstance(a, Call | Agg | Cast) or (isinstance(a, Lit) and " " in str(a.value))]
    inner = sorted({printer.text(a) for a in own}, key=len, reverse=True)
    text = piece.text
    for at, each in enumerate(inner):
        text = text.replace(each, f"\x01{chr(65 + at)}\x01")

    def whole(changed: str) -> Piece:
        for at, each in enumerate(inner):
            changed = changed.replace(f"\x01{chr(65 + at)}\x01", each)
        return Piece(changed, piece.binds)

    return text, whole


def _saying(dialect: Dialect, fn: str, operation: Operation) -> Dialect:
    def said(printer: Printer, call: Made, is_windowed: bool) -> Piece:
        text, whole = _apart(printer, call, _printed(dialect, printer, call, is_windowed))
        return whole(operation(text))

    return _with(dialect, fn, said)


def _exchanging(dialect: Dialect, fn: str) -> Dialect:
    def said(printer: Printer, call: Made, is_windowed: bool) -> Piece:
        if not isinstance(call, Cast) and len(call.args) > 1:
            call = replace(call, args=(call.args[1], call.args[0], *call.args[2:]))
        return _printed(dialect, printer, call, is_windowed)

    return _with(dialect, fn, said)


def _with(dialect: Dialect, fn: str, said: Callable[[Printer, Made, bool], Piece]) -> Dialect:
    """The dialect in which one function, under OVER, too, or CAST is said otherwise."""
    if fn == CASTS:
        cast: CastRenderer = lambda printer, call: said(printer, call, False)  # noqa: E731
        return replace(dialect, cast=cast)
    functions = {**dialect.functions, fn: lambda printer, call: said(printer, call, False)}
    windowed = dict(dialect.window_functions)
    if fn in windowed:
        windowed[fn] = lambda printer, call: said(printer, call, True)
    return replace(dialect, functions=functions, window_functions=windowed)


COMMUTE = frozenset(
    "eq ne same and or greatest least add mul interval_add corr covar_samp covar_pop count concat".split()
)
"""Functions to which the order of their arguments is nothing."""
