"""How long a text can be that a function makes. Engines cannot be interrupted while they make one of gigabytes."""

from __future__ import annotations

import math
from decimal import Decimal

from kpictl.ir.scalars import Call, Case, Cast, Lit, Scalar

LONGEST = 1_000_000
"""Characters that one call may make."""
USUAL = 1_000
"""Characters that a column's text is taken to have at most."""

_KEPT = ("round", "floor", "ceil", "trunc")


def made(fn: str, args: tuple[Scalar, ...]) -> int | None:
    """The most characters that `repeat`, `lpad`, `rpad` or `replace` make of arguments; None where nothing bounds them."""
    if fn == "replace":
        return longest(args[0]) * max(1, longest(args[2]))
    count = at_most(args[1])
    if count is None:
        return None
    return max(0, count) * (longest(args[0]) if fn == "repeat" else 1)


def longest(text: Scalar) -> int:
    """The most characters that a text has, where a column has `USUAL`."""
    match text:
        case Lit(value=str(value)):
            return len(value)
        case Lit(value=value):
            return 0 if value is None else len(str(value))
        case Call(fn="repeat" | "lpad" | "rpad" | "replace" as fn, args=args):
            found = made(fn, args)
            return USUAL if found is None else found
        case Call(fn="left" | "right" | "substring", args=args):
            return longest(args[0])
        case Call(args=args) if args:
            return max(sum(map(longest, args)), 1)
        case Case(whens=whens, otherwise=default):
            return max([longest(value) for _, value in whens] + [0 if default is None else longest(default)])
        case Cast(arg=arg):
            return longest(arg)
    return USUAL


def at_most(number: Scalar) -> int | None:
    """An upper bound of a whole number; None where nothing bounds it."""
    match number:
        case Lit(value=None):
            return 0
        case Lit(value=int() | Decimal() as value) if not isinstance(value, bool):
            return math.ceil(value)
        case Cast(arg=arg):
            return at_most(arg)
        case Case(whens=whens, otherwise=default):
            return _all([value for _, value in whens] + ([] if default is None else [default]))
        case Call(fn="length", args=args):
            return longest(args[0])
        case Call(fn="least", args=args):
            return min((bound for each in args if (bound := at_most(each)) is not None), default=None)
        case Call(fn="greatest" | "coalesce", args=args):
            return _all(args)
        case Call(fn=fn, args=args) if fn in _KEPT:
            bound = at_most(args[0])
            return None if bound is None else bound + 1
        case Call(fn="mod", args=(_, Lit() as by)):
            bound = at_most(by)
            return None if bound is None else abs(bound)
        case Call(fn="add", args=(left, right)):
            bounds = at_most(left), at_most(right)
            return None if bounds[0] is None or bounds[1] is None else bounds[0] + bounds[1]
        case Call(fn="sub", args=(left, Lit() as right)):
            bounds = at_most(left), at_most(right)
            return None if bounds[0] is None or bounds[1] is None else bounds[0] - min(0, bounds[1]) + 1
        case Call(fn="mul", args=(left, Lit() as by)) | Call(fn="mul", args=(Lit() as by, left)):
            bounds = at_most(left), at_most(by)
            return None if bounds[0] is None or bounds[1] is None or bounds[1] < 0 else max(0, bounds[0] * bounds[1])
    return None


def _all(scalars: list[Scalar] | tuple[Scalar, ...]) -> int | None:
    """The bound of whichever of them it is."""
    bounds = [at_most(each) for each in scalars]
    return None if any(bound is None for bound in bounds) else max(b for b in bounds if b is not None)
