"""Arguments of functions: how many there are, which are constants, and which must be numbers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from sqlglot import exp

from kpictl.ir.scalars import Scalar
from kpictl.model.types import DOUBLE, INTEGER, Kind
from kpictl.sql import coercion, literals, values
from kpictl.sql.findings import WrongArguments, WrongType
from kpictl.sql.reader import Reader
from kpictl.sql.reading import MARK
from kpictl.sql.scalars import scalar

Args = list[exp.Expr]
Rule = Callable[[Reader, exp.Expr, Args], Scalar]
"""What a function means: a call with its arguments as written, as a scalar."""


def function_name(node: exp.Expr) -> str:
    """The name of a call as it was written, in lower case."""
    if isinstance(node, exp.Anonymous):
        name = node.this
        written = name.name if isinstance(name, exp.Identifier) else str(name)
        return written.removeprefix(MARK).lower()
    return node.key


def counted(r: Reader, node: exp.Expr, args: Args, least: int, most: int) -> bool:
    """Whether there are so many arguments; reported when there are not."""
    if least <= len(args) <= most:
        return True
    name = function_name(node)
    wanted = str(least) if least == most else f"{least} to {most}" if most < 99 else f"at least {least}"
    r.fail(WrongArguments, node, f"`{name}` takes {wanted} arguments, not {len(args)}")
    return False


def constant(r: Reader, node: exp.Expr, what: str) -> str | int | Decimal | None:
    """The value of a constant argument; None (reported) when it is none."""
    sign = 1
    while isinstance(node, exp.Neg | exp.Paren):
        sign = -sign if isinstance(node, exp.Neg) else sign
        node = node.this
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal):
        node = node.this
    if isinstance(node, exp.Literal):
        if node.is_string:
            return str(node.this)
        found = literals.parse_number(node.this)
        if found is not None:
            return found * sign
    r.fail(WrongArguments, node, f"{what} must be a constant")
    return None


def whole(r: Reader, node: exp.Expr) -> Scalar:
    """An expression where a whole number is needed."""
    x = coercion.coerce(r, node, scalar(r, node), INTEGER)
    if x.type.kind in (Kind.INTEGER, Kind.UNKNOWN, Kind.NULL):
        return x
    return r.fail(WrongType, node, f"a whole number is needed, and this is {x.type}", help=("cast it: `x::int`",))


def number(r: Reader, node: exp.Expr) -> Scalar:
    """An expression where a number is needed."""
    x = scalar(r, node)
    if values.is_text_constant(x):
        x = coercion.coerce(r, node, x, DOUBLE)
    if x.type.is_numeric or x.type.kind in (Kind.UNKNOWN, Kind.NULL):
        return x
    return r.fail(WrongType, node, f"a number is needed, and this is {x.type}", help=("cast it: `x::numeric`",))
