"""What a profile says without its values: types of connections and of the store, what an engine can, and its variables.

Emitted artifacts need no more; so nothing has to be set where they are made, and nothing secret can get into them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kpictl.diagnostics import Place, Refused
from kpictl.model.project import Connection, Output
from kpictl.project.connection_keys import TYPES
from kpictl.project.env_vars import variables_of
from kpictl.project.files import PROFILES_FILE, leads_out, read_file
from kpictl.project.profiles import NoProfile
from kpictl.records import dataclass
from kpictl.syntax import read


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """`output` is None where there is no profile, or none that can be read without its values."""

    output: Output | None = None
    variables: tuple[str, ...] = ()
    """Of the output, in alphabetical order."""


_CAPABILITIES = ("version", "pool", "extensions")


def outline(folder: Path, project: str, target: str | None) -> Outline:
    """The selected output of a project's profile; raises NoProfile where `target` names none."""
    data = None if leads_out(folder, PROFILES_FILE) else read_file(folder, PROFILES_FILE, [])
    try:
        value = read(PROFILES_FILE, data) if data is not None else None
    except Refused:
        value = None
    profile = value.get(project) if isinstance(value, dict) else None
    outputs = profile.get("outputs") if isinstance(profile, dict) else None
    if not isinstance(profile, dict) or not isinstance(outputs, dict):
        if target is None:
            return Outline()
        raise NoProfile(f"there is no output {target!r}", f"{PROFILES_FILE} in {folder} cannot be read, or has none")
    name = target or str(profile.get("target"))
    if name not in outputs:
        if target is None:
            return Outline()
        raise NoProfile(f"the profile {project!r} has no output {target!r}", f"it has {', '.join(outputs)}")
    return Outline(output=_output(name, outputs[name]), variables=tuple(sorted(variables_of(outputs[name]))))


def _output(name: str, value: Any) -> Output | None:
    place = Place(PROFILES_FILE)
    connections = value.get("connections") if isinstance(value, dict) else None
    store = _type(value.get("store")) if isinstance(value, dict) else None
    if store is None or not isinstance(connections, dict):
        return None
    types = {str(key): (_type(item), _capabilities(item)) for key, item in connections.items()}
    return Output(
        name=name,
        store=Connection(name="store", type=store, options={}, place=place),
        connections=tuple(
            Connection(name=key, type=kind, options=options, place=place)
            for key, (kind, options) in types.items()
            if kind is not None
        ),
        place=place,
    )


def _type(value: Any) -> str | None:
    kind = value.get("type") if isinstance(value, dict) else None
    return str(kind) if kind in TYPES else None


def _capabilities(value: Any) -> dict[str, Any]:
    """What a connection says of its engine, which compiled SQL is held against; nothing that a variable fills."""
    if not isinstance(value, dict):
        return {}
    return {key: value[key] for key in _CAPABILITIES if key in value and "{{" not in str(value[key])}
