"""Readers: each turns the value that was typed under a key into what it means, and knows its own JSON Schema.

A reader returns `INVALID` after it has put a diagnostic into `out`. `at` says where the value stands without making a
`Place` for every value that is right: it is a Place, or a pair of such a thing and a key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Protocol, Union

from kpictl.diagnostics import Diagnostic, Fix, Place, did_you_mean
from kpictl.model.cron import cron_problem
from kpictl.model.durations import parse_duration
from kpictl.model.key_findings import BadCron, BadDate, BadDuration, NotAChoice, UnknownZone, WrongType
from kpictl.records import dataclass
from kpictl.syntax import core

At = Union[Place, "tuple[At, str | int]"]
Out = list[Diagnostic]
Schema = dict[str, Any]


class _Invalid:
    def __repr__(self) -> str:
        return "INVALID"


INVALID: Any = _Invalid()

NAME = re.compile(r"[a-z][a-z0-9_]{0,99}", re.ASCII)


def place_of(at: At) -> Place:
    """The place that an `At` stands for."""
    keys: list[str | int] = []
    while not isinstance(at, Place):
        at, key = at
        keys.append(key)
    return at.child(*reversed(keys)) if keys else at


def kind_of(value: object) -> str:
    """A word for what was typed."""
    return {dict: "a mapping", list: "a list", type(None): "nothing"}.get(type(value), "text")


class Reader(Protocol):
    """How the value of one key is read."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        """The value that it means, or INVALID."""

    def schema(self) -> Schema:
        """Its JSON Schema (draft 2020-12)."""


def _wrong(value: object, wanted: str, at: At, out: Out) -> Any:
    key = at[1] if isinstance(at, tuple) else None
    what = f"`{key}` takes {wanted}" if isinstance(key, str) else f"{wanted} is expected here"
    out.append(WrongType.at(place_of(at), f"{what}, not {kind_of(value)}"))
    return INVALID


@dataclass(frozen=True, slots=True)
class Text:
    """Any text, as typed."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        if value.__class__ is str:
            return value
        return str.__str__(value) if isinstance(value, str) else _wrong(value, "text", at, out)

    def schema(self) -> Schema:
        return {"type": ["string", "number", "boolean"]}


@dataclass(frozen=True, slots=True)
class Filled:
    """Text that is not blank."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        if not isinstance(value, str):
            return _wrong(value, "text", at, out)
        if not value.strip():
            return _wrong(None, "text", at, out)
        return value if value.__class__ is str else str.__str__(value)

    def schema(self) -> Schema:
        return {"type": ["string", "number", "boolean"], "pattern": r"\S"}


@dataclass(frozen=True, slots=True)
class Name:
    """A name of ours: `[a-z][a-z0-9_]{0,99}`."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        if not isinstance(value, str):
            return _wrong(value, "a name", at, out)
        if NAME.fullmatch(value) is None:
            message = f"{shown(value)} is no name: a lower-case letter, then at most 99 letters, digits and _"
            out.append(WrongType.at(place_of(at), message))
            return INVALID
        return value if value.__class__ is str else str.__str__(value)

    def schema(self) -> Schema:
        return {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,99}$"}


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        found = core(value) if isinstance(value, str) else None
        if isinstance(found, bool):
            return found
        fix = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(str(value).lower())
        key = at[1] if isinstance(at, tuple) else "value"
        out.append(
            WrongType.at(
                place_of(at),
                f"`{key}` takes true or false, not {shown(value)}",
                help=[f"did you mean {fix}?"] if fix else (),
                fix=Fix(place=place_of(at), replacement=fix) if fix and isinstance(value, str) else None,
            )
        )
        return INVALID

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number; with `integer` a whole one, where `1e9` is one too."""

    integer: bool = False
    least: float | None = None

    def read(self, value: Any, at: At, out: Out) -> Any:
        found = core(value) if isinstance(value, str) else None
        if isinstance(found, bool) or not isinstance(found, int | float):
            return self._refuse(value, at, out)
        if isinstance(found, float) and (found != found or found in (float("inf"), float("-inf"))):
            return self._refuse(value, at, out)
        if self.integer and found != int(found):
            return self._refuse(value, at, out)
        if self.least is not None and found < self.least:
            return self._refuse(value, at, out)
        return int(found) if self.integer else found

    def _refuse(self, value: object, at: At, out: Out) -> Any:
        key = at[1] if isinstance(at, tuple) else "value"
        least = "" if self.least is None else f" of at least {self.least:g}"
        what = "a whole number" if self.integer else "a number"
        out.append(WrongType.at(place_of(at), f"`{key}` takes {what}{least}, not {shown(value)}"))
        return INVALID

    def schema(self) -> Schema:
        found: Schema = {"type": "number"}
        if self.integer:
            found["multipleOf"] = 1
        if self.least is not None:
            found["minimum"] = self.least
        return found


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words."""

    choices: tuple[str, ...]

    def read(self, value: Any, at: At, out: Out) -> Any:
        if isinstance(value, str) and value in self.choices:
            return str(value)
        key = at[1] if isinstance(at, tuple) else "value"
        near = did_you_mean(value, self.choices) if isinstance(value, str) else ()
        out.append(
            NotAChoice.at(
                place_of(at),
                f"`{key}` cannot be {shown(value)}; it is one of {', '.join(self.choices)}",
                help=[f"did you mean {near[0]!r}?"] if near else (),
                fix=Fix(place=place_of(at), replacement=near[0], safe=False) if near else None,
            )
        )
        return INVALID

    def schema(self) -> Schema:
        return {"enum": list(self.choices)}


@dataclass(frozen=True, slots=True)
class DurationText:
    """A duration: `30d`, `12h`, `1 month`."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        found = parse_duration(value) if isinstance(value, str) else None
        if found is not None:
            return found
        key = at[1] if isinstance(at, tuple) else "value"
        out.append(
            BadDuration.at(
                place_of(at),
                f"`{key}` takes a duration, not {shown(value)}",
                help=["write 30d, 12h, 15m (minutes), 2w, 1 month, 2 quarters or 1 year"],
            )
        )
        return INVALID

    def schema(self) -> Schema:
        return {"type": "string", "pattern": r"^\s*(?=\d*[1-9])\d{1,9}\s*([smhdw]|(month|quarter|year)s?)\s*$"}


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or an instant, kept as text: `2024-03-31`, `2024-03-31T06:00`, `2024-03-31T06:00:00Z`."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        if isinstance(value, str) and parse_moment(value) is not None:
            return str(value)
        key = at[1] if isinstance(at, tuple) else "value"
        out.append(
            BadDate.at(
                place_of(at),
                f"`{key}` takes a date or an instant, not {shown(value)}",
                help=["write 2024-03-31, 2024-03-31T06:00 or 2024-03-31T06:00Z, of the years 1900 to 2200"],
            )
        )
        return INVALID

    def schema(self) -> Schema:
        return {"type": "string", "pattern": _LIKELY_MOMENT}


_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?", re.ASCII)

_LIKELY_MOMENT = (
    r"^(19\d\d|2[01]\d\d|2200)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?$"
)
"""What a schema can say of it: all but the length of each month."""


def parse_moment(text: str) -> date | datetime | None:
    """The date, or the instant (naive when it names no offset), that a text spells; None when it spells neither.

    Years are 1900 to 2200: what lies beyond is a slip of the finger, and calendars end not far from it.
    """
    if _MOMENT.fullmatch(text) is None or not 1900 <= int(text[:4]) <= 2200:
        return None
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        if not isinstance(value, str):
            return _wrong(value, "a cron expression", at, out)
        problem = cron_problem(value)
        if problem is None:
            return value if value.__class__ is str else str.__str__(value)
        start, end, message = problem
        out.append(
            BadCron.at(
                place_of(at).within(start, end),
                message,
                help=["minute, hour, day of month, month, day of week; '0 5 * * *' is every day at 05:00"],
            )
        )
        return INVALID

    def schema(self) -> Schema:
        return {"type": "string", "pattern": r"^\s*(@\w+|\S+(\s+\S+){4})\s*$", "examples": ["0 5 * * *", "@daily"]}


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone of the IANA database."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        if isinstance(value, str) and is_zone(value):
            return str(value)
        key = at[1] if isinstance(at, tuple) else "value"
        out.append(
            UnknownZone.at(
                place_of(at),
                f"`{key}` takes a time zone, and {shown(value)} is none",
                help=["write one such as Europe/Berlin, America/New_York or UTC"],
            )
        )
        return INVALID

    def schema(self) -> Schema:
        return {"type": "string", "examples": ["UTC", "Europe/Berlin"]}


def is_zone(name: str) -> bool:
    """Whether the IANA database has a zone of this name."""
    if name == "UTC":
        return True
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; one value alone is a list of one where `single` says so."""

    of: Reader
    single: bool = False
    exactly: int | None = None

    def read(self, value: Any, at: At, out: Out) -> Any:
        if not isinstance(value, list):
            if not self.single or isinstance(value, dict) or value is None:
                return _wrong(value, "a list", at, out)
            value = [value]
        if self.exactly is not None and len(value) != self.exactly:
            out.append(WrongType.at(place_of(at), f"a list of {self.exactly} is expected here, not of {len(value)}"))
            return INVALID
        read = self.of.read
        found = tuple([read(item, (at, position), out) for position, item in enumerate(value)])
        return INVALID if INVALID in found else found

    def schema(self) -> Schema:
        found: Schema = {"type": "array", "items": self.of.schema()}
        if self.exactly is not None:
            found |= {"minItems": self.exactly, "maxItems": self.exactly}
        return {"anyOf": [self.of.schema(), found]} if self.single else found


@dataclass(frozen=True, slots=True)
class MappingOf:
    """A mapping from names (or any text) to one kind of value, as a tuple of pairs in the order of the file."""

    of: Reader
    names: Reader = Text()

    def read(self, value: Any, at: At, out: Out) -> Any:
        if not isinstance(value, dict):
            return _wrong(value, "a mapping", at, out)
        pairs: list[tuple[str, Any]] = []
        valid = True
        for key, item in value.items():
            before = len(out)
            name = self.names.read(key, (at, key), out)
            out[before:] = [_on_key(diagnostic) for diagnostic in out[before:]]
            bound = self.of.read(item, (at, key), out)
            valid = valid and name is not INVALID and bound is not INVALID
            pairs.append((name, bound))
        return tuple(pairs) if valid else INVALID

    def schema(self) -> Schema:
        found: Schema = {"type": "object", "additionalProperties": self.of.schema()}
        return found if isinstance(self.names, Text) else {**found, "propertyNames": self.names.schema()}


def _on_key(diagnostic: Diagnostic) -> Diagnostic:
    from dataclasses import replace

    place = diagnostic.place
    return replace(diagnostic, place=place.key()) if isinstance(place, Place) else diagnostic


@dataclass(frozen=True, slots=True)
class Core:
    """Any scalar, typed as YAML 1.2's core schema types it; lists and mappings of them."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        if isinstance(value, dict):
            return {key: self.read(item, (at, key), out) for key, item in value.items()}
        if isinstance(value, list):
            return [self.read(item, (at, position), out) for position, item in enumerate(value)]
        return core(value)

    def schema(self) -> Schema:
        return {}


@dataclass(frozen=True, slots=True)
class Either:
    """One reader for mappings, another one for everything else."""

    mapping: Reader
    other: Reader

    def read(self, value: Any, at: At, out: Out) -> Any:
        return (self.mapping if isinstance(value, dict) else self.other).read(value, at, out)

    def schema(self) -> Schema:
        return {"anyOf": [self.other.schema(), self.mapping.schema()]}


@dataclass(frozen=True, slots=True)
class Made:
    """Another reader's value, made into something else."""

    of: Reader
    make: Callable[[Any, At], Any]

    def read(self, value: Any, at: At, out: Out) -> Any:
        found = self.of.read(value, at, out)
        return INVALID if found is INVALID else self.make(found, at)

    def schema(self) -> Schema:
        return self.of.schema()


def shown(value: object) -> str:
    """A value in a message: quoted, one line, not long."""
    if isinstance(value, str):
        text = value if len(value) <= 40 else value[:37] + "..."
        return repr(str(text))
    return kind_of(value)


Values = Mapping[str, Any]
