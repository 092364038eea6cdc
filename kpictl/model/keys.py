"""Blocks and their keys: each is described once, and the binder, the JSON Schema and the reference page follow.

    ORDER = Block("an order", (Key("id", Text(), "Its number.", required=True), Key("paid", Boolean(), "Whether.")))
    ORDER.read({"id": "7"}, place, out) == {"id": "7"}

Binding collects every mistake of a block and never stops at the first one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from kpictl.diagnostics import Diagnostic, Fix, did_you_mean
from kpictl.model.key_findings import MissingKey, UnknownKey, WrongType
from kpictl.model.readers import INVALID, At, Out, Reader, Schema, kind_of, place_of, shown
from kpictl.records import dataclass

_MOST_COMMAS = 20
"""Pieces of one text that are put together again."""
_MOST_UNKNOWN = 100
"""Unknown keys of one block that are reported one by one."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a block: its name, how its value is read, and one sentence for the manual and the editor."""

    name: str
    reader: Reader
    doc: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A mapping with known keys. `what` names it in messages ("a source")."""

    what: str
    keys: tuple[Key, ...]
    elsewhere: Mapping[str, str] = field(default_factory=dict, compare=False)
    """For keys that exist, but not here: a sentence that says where."""
    _readers: dict[str, Any] = field(init=False, repr=False, compare=False)
    _required: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_readers", {key.name: key.reader.read for key in self.keys})
        object.__setattr__(self, "_required", tuple(key.name for key in self.keys if key.required))

    def read(self, value: Any, at: At, out: Out) -> Any:
        """The values by key, without those that were left out or are wrong; INVALID when it is no mapping.

        A key without a value counts as left out.
        """
        if not isinstance(value, dict):
            what = f"{self.what} is a mapping of keys, not {kind_of(value)}"
            out.append(WrongType.at(place_of(at), what))
            return INVALID
        readers = self._readers
        bound: dict[str, Any] = {}
        meant: set[str] = set()
        strange = 0
        for key, item in value.items():
            read = readers.get(key)
            if read is None:
                strange += 1
                if strange <= _MOST_UNKNOWN:
                    unknown = self.unknown(key, at, value)
                    out.append(unknown)
                    meant |= {unknown.fix.replacement} if unknown.fix is not None else set()
            elif item is not None:
                found = read(item, (at, key), out)
                if found is not INVALID:
                    bound[key] = found
        if strange > _MOST_UNKNOWN:
            what = f"{self.what} has {strange - _MOST_UNKNOWN:,} more keys that are unknown"
            out.append(UnknownKey.at(place_of(at).key(), what))
        for key in self._required:
            if key not in bound and value.get(key) is None and key not in meant:
                out.append(self._missing(key, key in value, at))
        return bound

    def schema(self) -> Schema:
        """Its JSON Schema: closed, with the sentence of each key."""
        found: Schema = {
            "type": "object",
            "additionalProperties": False,
            "properties": {key.name: {"description": key.doc, **_schema(key)} for key in self.keys},
        }
        if self._required:
            found["required"] = list(self._required)
        return found

    def unknown(self, key: str, at: At, value: dict[str, Any]) -> Diagnostic:
        """The diagnostic of a key that the block does not know."""
        place = place_of(at).child(key).key()
        message = f"{self.what} has no key {shown(key)}"
        if key in self.elsewhere:
            return UnknownKey.at(place, message, help=[self.elsewhere[key]])
        if (whole := _cut_text(key, value)) is not None:
            return UnknownKey.at(place, message, help=[f"between braces a comma ends a text; quote it: `{whole}`"])
        near = did_you_mean(key, [name for name in self._readers if name not in value])
        return UnknownKey.at(
            place,
            message,
            help=[f"did you mean {near[0]!r}?"] if near else [f"its keys: {', '.join(sorted(self._readers))}"],
            fix=Fix(place=place, replacement=near[0]) if near else None,
        )

    def _missing(self, key: str, present: bool, at: At) -> Diagnostic:
        if present:
            return MissingKey.at(place_of(at).child(key).key(), f"`{key}` has no value")
        return MissingKey.at(place_of(at).key(), f"{self.what} needs the key `{key}`")


def _cut_text(key: str, value: dict[str, Any]) -> str | None:
    """What was meant by `{expr: n - lag(n, 1d)}`, of which YAML makes the text `n - lag(n` and a key `1d)` without a value."""
    start, text, cut = "", "", list[str]()
    for name, item in value.items():
        if item is None and len(cut) < _MOST_COMMAS and text.count("(") > text.count(")"):
            text += f", {name}"
            cut.append(name)
        elif key in (start, *cut):
            break
        else:
            start, text, cut = name, item if isinstance(item, str) else "", list[str]()
    return f'{start}: "{text}"' if key in cut else None


def _schema(key: Key) -> Schema:
    """The schema of a key's value; one without a value counts as left out, where it may be."""
    found = key.reader.schema()
    if key.required:
        return found
    if "enum" in found:
        return {**found, "enum": [*found["enum"], None]}
    if "anyOf" in found:
        return {**found, "anyOf": [*found["anyOf"], {"type": "null"}]}
    if "type" in found:
        types = found["type"] if isinstance(found["type"], list) else [found["type"]]
        return {**found, "type": [*types, "null"]}
    return found
