"""`dataclass`, made quickly: what `dataclasses.dataclass` makes of a frozen class with slots, at a fifth of the time.

The standard decorator compiles six methods a class, and some 170 such classes are loaded before a thousand KPIs compile:
a fifth of that command (docs/performance.md). Here only `__init__` is compiled; equality, hash and text are read from the
fields, in the order and with the exceptions (`compare=False`, `repr=False`, `init=False`) of `dataclasses.field`. The
classes are dataclasses in every other way: `fields`, `replace` and `match` know them, and types are checked as before.
"""

from __future__ import annotations

import dataclasses
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(kind=None, /, *, frozen=False, slots=False, kw_only=False):
        """The decorator; anything but a frozen class with slots is left to the standard one."""
        if not (frozen and slots):
            return dataclasses.dataclass(kind, frozen=frozen, slots=slots, kw_only=kw_only)
        return lambda made: _frozen(made, kw_only)


def _frozen(kind: type, kw_only: bool) -> Any:
    made: Any = dataclasses.dataclass(kind, init=False, repr=False, eq=False, slots=True, kw_only=kw_only)
    fields = dataclasses.fields(made)
    made.__init__ = _init(made, fields)
    made.__setattr__ = _set
    made.__delattr__ = _delete
    shown = tuple(each.name for each in fields if each.repr)
    compared = _reader([each.name for each in fields if each.compare])
    own = vars(made)
    if "__repr__" not in own:
        made.__repr__ = lambda self: (
            f"{type(self).__qualname__}({', '.join(f'{n}={getattr(self, n)!r}' for n in shown)})"
        )
    if "__eq__" not in own:

        def equal(self: object, other: object) -> Any:
            return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

        made.__eq__ = equal
    if own.get("__hash__") is None:
        made.__hash__ = lambda self: hash(compared(self))
    return made


def _reader(names: list[str]) -> Any:
    """What reads these attributes of a record, as one value that compares as they do in their order."""
    return attrgetter(*names) if names else lambda _: ()


def _init(kind: Any, fields: tuple[dataclasses.Field[Any], ...]) -> Any:
    """`__init__` of the fields, compiled: positional ones, then those by keyword, then `__post_init__`."""
    known: dict[str, Any] = {"_set": object.__setattr__}
    positional: list[str] = []
    by_name: list[str] = []
    body: list[str] = []
    for field in fields:
        name, value = field.name, field.name
        if field.default_factory is not dataclasses.MISSING:
            known[f"_make_{name}"] = field.default_factory
            default, value = "=_set", f"_make_{name}() if {name} is _set else {name}"
        elif field.default is not dataclasses.MISSING:
            known[f"_default_{name}"] = field.default
            default = f"=_default_{name}"
        else:
            default = ""
        if field.init:
            (by_name if field.kw_only else positional).append(name + default)
        elif not default:
            continue
        else:
            value = f"_make_{name}()" if default == "=_set" else default[1:]
        body.append(f" _set(self, {name!r}, {value})")
    if hasattr(kind, "__post_init__"):
        body.append(" self.__post_init__()")
    signature = ", ".join(["self", *positional, *(["*"] if by_name else []), *by_name])
    exec(f"def __init__({signature}):\n" + ("\n".join(body) or " pass"), known)
    return known["__init__"]


def _set(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
