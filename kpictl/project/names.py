"""Names of what a project defines."""

from __future__ import annotations

import re
from typing import Any

from kpictl.diagnostics import Diagnostic
from kpictl.model.key_findings import WrongType
from kpictl.model.readers import INVALID, NAME, At, Out, Schema, kind_of, place_of, shown
from kpictl.project.findings import BadName


class Names:
    """A name of something that is defined here: `[a-z][a-z0-9_]{0,99}`; its diagnostic stands at the key."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        if isinstance(value, str) and NAME.fullmatch(value):
            return str(value)
        place = place_of(at)
        message = f"{shown(value)} is no name: a lower-case letter, then at most 99 lower-case letters, digits and _"
        near = nearest(value) if isinstance(value, str) else None
        hints = [f"did you mean {near!r}?"] if near else []
        out.append(BadName.at(place.key() if place.keys else place, message, help=hints))
        return INVALID

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{NAME.pattern}$"}


def nearest(name: str) -> str | None:
    """A name that is spelt as names are and looks like this text; None when there is none."""
    found = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:100]
    return found if NAME.fullmatch(found) else None


def no_mapping(what: str, value: Any, at: At) -> Diagnostic:
    """The diagnostic where `what` should map names to definitions; a list is shown how it is written."""
    message = f"`{what}` is a mapping of names, not {kind_of(value)}"
    first = value[0] if isinstance(value, list) and value else None
    named = first.get("name") if isinstance(first, dict) else first
    name = nearest(named) if isinstance(named, str) else None
    help = [f"the name is the key: `{name}:` instead of `- name: {named}`"] if name and isinstance(first, dict) else []
    return WrongType.at(place_of(at), message, help=help)
