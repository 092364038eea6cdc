"""`profiles.yml`: where data lives and where values go, one block a project, in dbt's shape."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from os.path import normpath
from typing import Any
from zoneinfo import ZoneInfo

from kpictl.diagnostics import Label, Place, did_you_mean
from kpictl.model.key_findings import MissingKey, WrongType
from kpictl.model.keys import Block, Key
from kpictl.model.project import Connection, Output, Settings
from kpictl.model.readers import (
    INVALID,
    At,
    Filled,
    Moment,
    Number,
    OneOf,
    Out,
    Schema,
    kind_of,
    parse_moment,
    place_of,
    shown,
)
from kpictl.project.connection_keys import CONNECTIONS, FROM_DBT, KNOWN_KEYS, TYPES
from kpictl.project.env_vars import Environment
from kpictl.project.findings import SharedStore
from kpictl.project.names import no_mapping
from kpictl.project.secrets import secrets_of, spellings
from kpictl.project.settings import PROJECT_NAME


class NoProject(Exception):
    """There is no project here, or it cannot be read: `message` says so, `help` says what to do."""

    def __init__(self, message: str, help: str) -> None:
        self.message = message
        self.help = help
        super().__init__(message)


class NoProfile(NoProject):
    """There is no profile, or no such output."""


class ConnectionReader:
    """A mapping whose `type` says which other keys it takes."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        if not isinstance(value, dict):
            out.append(WrongType.at(place_of(at), f"a connection is a mapping of keys, not {kind_of(value)}"))
            return INVALID
        kind = value.get("type")
        if kind is None:
            message = "a connection needs the key `type`"
            out.append(MissingKey.at(place_of(at).key(), message, help=[f"one of {', '.join(TYPES)}"]))
            return INVALID
        if not isinstance(kind, str) or kind not in CONNECTIONS:
            return OneOf(TYPES).read(kind, (at, "type"), out)
        return CONNECTIONS[kind].read(value, at, out)

    def schema(self) -> Schema:
        return {"anyOf": [_typed(name, block.schema()) for name, block in CONNECTIONS.items()]}


def _typed(name: str, schema: Schema) -> Schema:
    return {**schema, "properties": {**schema["properties"], "type": {"const": name}}, "required": ["type"]}


_TEMPLATE: Schema = {"type": "string", "pattern": r"\{\{"}


def _templated(schema: Schema) -> Schema:
    """The schema of a value before its templates are rendered: each text, number or word may be one."""
    found = dict(schema)
    if "properties" in found:
        found["properties"] = {name: _templated(item) for name, item in found["properties"].items()}
    if isinstance(found.get("additionalProperties"), dict):
        found["additionalProperties"] = _templated(found["additionalProperties"])
    if found.get("type") == "object":
        return found
    if "anyOf" in found and all("properties" in item for item in found["anyOf"]):
        return {**found, "anyOf": [_templated(item) for item in found["anyOf"]]}
    described = {"description": found.pop("description")} if "description" in found else {}
    return {**described, "anyOf": [found, _TEMPLATE]} if set(found) - {"description"} else {**described, **found}


class Connections:
    """Connections by logical name."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        if not isinstance(value, dict):
            out.append(no_mapping("connections", value, at))
            return INVALID
        found = {}
        for name, item in value.items():
            if not PROJECT_NAME.fullmatch(name):
                message = f"{shown(name)} is no name of a connection: a letter, then letters, digits, _ and -"
                out.append(WrongType.at(place_of(at).child(name).key(), message))
            found[name] = ConnectionReader().read(item, (at, name), out)
        return found

    def schema(self) -> Schema:
        return {
            "type": "object",
            "propertyNames": {"pattern": f"^{PROJECT_NAME.pattern}$"},
            "additionalProperties": ConnectionReader().schema(),
        }


_BELOW = "it is a key of a connection: an output has `store:` and `connections: {name: {type: ..., ...}}`"
OUTPUT = Block(
    "an output",
    (
        Key("store", ConnectionReader(), "Where values go.", required=True),
        Key("connections", Connections(), "Where the data of each logical connection lives.", required=True),
        Key("as_of", Moment(), "What now is, for data that has ended; every command that uses it says so."),
        Key(
            "threads",
            Number(integer=True, least=1),
            "How many threads each DuckDB connection may use that does not say; engines elsewhere have their own.",
        ),
    ),
    elsewhere={
        **dict.fromkeys(KNOWN_KEYS - {"target", "outputs", "store", "as_of", "threads"}, _BELOW),
        **FROM_DBT,
    },
)


class Outputs:
    """Outputs by name; only the selected one is read."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        if isinstance(value, dict):
            return value
        out.append(no_mapping("outputs", value, at))
        return INVALID

    def schema(self) -> Schema:
        return {"type": "object", "minProperties": 1, "additionalProperties": _templated(OUTPUT.schema())}


PROFILE = Block(
    "a profile",
    (
        Key("target", Filled(), "The output that is used when --target names none.", required=True),
        Key("outputs", Outputs(), "The environments: dev, prod and so on.", required=True),
    ),
)


def bind_output(
    value: object, path: str, settings: Settings, target: str | None, environment: Environment, out: Out
) -> tuple[Output | None, tuple[str, ...]]:
    """The selected output and what is secret in it; raises NoProfile where there is none to select."""
    profile = _profile(value, path, settings.name)
    at: At = (Place(path), settings.name)
    before = len(out)
    bound = PROFILE.read(profile, at, out)
    if bound is INVALID or len(out) > before:
        return None, ()
    naming = environment.apart()  # A name that stands in the file, too, is no secret.
    chosen = target or naming.render(bound["target"], (at, "target"), out)
    if chosen is INVALID:
        return None, ()
    outputs = bound["outputs"]
    if chosen not in outputs:
        near = did_you_mean(chosen, outputs)
        there = f"{path} has {', '.join(outputs) or 'none'}"
        what = f"of the name that `target` takes from {bound['target']}" if naming.used else repr(str(chosen))
        raise NoProfile(
            f"the profile {settings.name!r} has no output {what}",
            f"did you mean {near[0]!r}? {there}" if near else there,
        )
    at = ((at, "outputs"), chosen)
    values = environment.render(outputs[chosen], at, out)
    output = _output(chosen, values, at, settings.timezone, out) if len(out) == before else None
    if output is not None:
        _note_shared(outputs, chosen, at[0], out)
    return output, _secrets(values, environment)


_WHERE = ("path", "dsn", "uri", "host", "port", "dbname", "database", "schema")
"""Keys of a store that say where it is."""


def _note_shared(outputs: Mapping[str, Any], chosen: str, at: At, out: Out) -> None:
    """Warns of another output whose store is in the same place, as far as both are written without variables."""
    mine = _place_of_store(outputs[chosen])
    for name, other in outputs.items():
        if name != chosen and mine is not None and _place_of_store(other) == mine:
            found = SharedStore.at(
                place_of(((at, chosen), "store")),
                f"the outputs `{chosen}` and `{name}` write into one store",
                label="the same place",
                others=[Label(place=place_of(((at, name), "store")), text=f"the store of `{name}`")],
                help=["give each output a file, schema or database of its own"],
            )
            out.append(found)


def _place_of_store(output: object) -> tuple[object, ...] | None:
    """Where an output's store is as it is written; None where a variable says it."""
    store = output.get("store") if isinstance(output, dict) else None
    if not isinstance(store, dict) or not isinstance(store.get("type"), str):
        return None
    said = tuple(str(store.get(key, "")) for key in _WHERE)
    if any("{{" in text or "{%" in text for text in said):
        return None
    kind = store["type"]
    if kind == "duckdb":
        return kind, normpath(said[0] or "target/kpis.duckdb")
    return ("server", *said) if any(said) else None


def _profile(value: object, path: str, name: str) -> object:
    if not isinstance(value, dict) or not value:
        raise NoProfile(f"{path} holds no profile", f"write one: {name}: {{target: dev, outputs: {{dev: ...}}}}")
    if name not in value:
        raise NoProfile(
            f"{path} has no profile {name!r}",
            f"it has {', '.join(map(repr, value))}; a profile is called like the project (`name` in kpi_project.yml)",
        )
    return value[name]


def _output(name: str, values: object, at: At, zone: str, out: Out) -> Output | None:
    before = len(out)
    bound = OUTPUT.read(values, at, out)
    if bound is INVALID or len(out) > before:
        return None
    moment = parse_moment(bound["as_of"]) if "as_of" in bound else None
    return Output(
        name=name,
        store=_connection("store", bound["store"], (at, "store")),
        connections=tuple(
            _connection(key, _threaded(item, bound.get("threads")), ((at, "connections"), key))
            for key, item in bound["connections"].items()
        ),
        as_of=None if moment is None else instant(moment, zone),
        place=place_of(at),
    )


def _threaded(values: dict[str, Any], threads: int | None) -> dict[str, Any]:
    """A DuckDB connection has the output's threads, unless it says its own."""
    return values if threads is None or values["type"] != "duckdb" else {"threads": threads, **values}


def _connection(name: str, values: dict[str, Any], at: At) -> Connection:
    options = {key: item for key, item in values.items() if key != "type"}
    return Connection(name=name, type=values["type"], options=options, place=place_of(at))


def instant(moment: date | datetime, zone: str) -> datetime:
    """The instant of a date (its first) or a wall time in a zone: a repeated one is the later, a skipped one moves on."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    local = ZoneInfo(zone)
    later = moment.replace(tzinfo=local, fold=1).astimezone(UTC)
    earlier = moment.replace(tzinfo=local, fold=0).astimezone(UTC)
    if later >= earlier:
        return later
    return earlier if earlier.astimezone(local).replace(tzinfo=None) >= moment else later + timedelta(0)


def _secrets(values: object, environment: Environment) -> tuple[str, ...]:
    found = set(environment.used)
    if isinstance(values, dict):
        found |= secrets_of(values, KNOWN_KEYS)
    return spellings(found)
