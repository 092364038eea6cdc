"""`kpi_project.yml`: the settings of a project."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

from kpictl.diagnostics import Place, Refused
from kpictl.model.key_findings import WrongType
from kpictl.model.keys import Block, Key
from kpictl.model.project import Limits, Settings
from kpictl.model.readers import (
    INVALID,
    At,
    Core,
    Cron,
    DurationText,
    Filled,
    MappingOf,
    Moment,
    Number,
    OneOf,
    Out,
    Schema,
    Zone,
    kind_of,
    place_of,
    shown,
)
from kpictl.project.kpi_blocks import Defaults
from kpictl.syntax import core, read

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
DIALECTS = ("postgres", "duckdb", "bigquery", "druid", "snowflake", "redshift", "synapse")
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,6})?(?:[eE]\d{1,2})?)\s*([kKMGTP]i?)?B?")
_POWERS = {letter: power for power, letter in enumerate(("", "K", "M", "G", "T", "P"))}


class Size:
    """A number of bytes: `100GB`, `512MiB`, `1e9`."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        match = _SIZE.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            message = f"a size such as 100GB is expected here, not {shown(value)}"
            out.append(WrongType.at(place_of(at), message))
            return INVALID
        unit = (match[2] or "").upper()
        return int(float(match[1]) * (1024 if unit.endswith("I") else 1000) ** _POWERS[unit.rstrip("I")])

    def schema(self) -> Schema:
        return {
            "type": ["string", "number"],
            "pattern": f"^({_SIZE.pattern})$",
            "minimum": 0,
            "examples": ["100GB"],
        }


class Variable(Core):
    """A variable's value: any scalar, list or mapping, typed; a number of more digits than one keeps is none."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        if isinstance(value, dict):
            return {key: self.read(item, (at, key), out) for key, item in value.items()}
        if isinstance(value, list):
            return [self.read(item, (at, position), out) for position, item in enumerate(value)]
        found = core(value)
        if isinstance(found, float) and isfinite(found) and Decimal(value) != Decimal(repr(found)):
            message = f"{shown(value)} has more digits than a number keeps; it would be read as {found!r}"
            out.append(WrongType.at(place_of(at), message, help=["put it in quotes: queries get it as it is typed"]))
            return INVALID
        return found


class ProjectName:
    """A name that is also a profile's: letters, digits, `_` and `-`."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        if isinstance(value, str) and PROJECT_NAME.fullmatch(value):
            return str(value)
        message = f"{shown(value)} is no name of a project: a letter, then at most 99 letters, digits, _ and -"
        out.append(WrongType.at(place_of(at), message))
        return INVALID

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{PROJECT_NAME.pattern}$"}


PROJECT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}", re.ASCII)
LIMITS = Block(
    "`limits`",
    (
        Key("rows", Number(integer=True, least=1), "A plan that reads more rows is refused."),
        Key("bytes", Size(), "A plan that reads more bytes is refused."),
    ),
)
DEFAULTS = Block(
    "`defaults`",
    (
        Key("owner", Filled(), "The owner of KPIs that name none."),
        Key("retention", DurationText(), "How long values of KPIs are kept that do not say."),
        Key("schedule", Cron(), "The schedule of KPIs that have none."),
    ),
)
PROJECT = Block(
    "a project",
    (
        Key("name", ProjectName(), "Its name, and the name of its profile.", required=True),
        Key("timezone", Zone(), "The reporting time zone; UTC when left out."),
        Key("week_start", OneOf(DAYS), "The day on which weeks start; monday when left out."),
        Key("fiscal_year_start", OneOf(MONTHS), "The month in which the fiscal year starts."),
        Key("dialect", OneOf(DIALECTS), "The SQL in which definitions are written; postgres when left out."),
        Key("start", Moment(), "There is no value before it."),
        Key("limits", LIMITS, "A plan beyond is refused."),
        Key("defaults", DEFAULTS, "What KPIs take when they say nothing."),
        Key("vars", MappingOf(Variable()), "Values that queries read with var()."),
    ),
)


def bind_settings(value: object, path: str, variables: Mapping[str, object], out: Out) -> tuple[Settings, Defaults]:
    """Settings and defaults of a file's values. What is wrong in it has the documented default, and a diagnostic."""
    found = PROJECT.read({} if value is None else value, Place(path), out)
    values: dict[str, Any] = {} if found is INVALID else found
    defaults = Defaults(**values.get("defaults", {}))
    settings = Settings(
        name=values.get("name", ""),
        timezone=values.get("timezone", "UTC"),
        week_start=DAYS.index(values.get("week_start", "monday")),
        fiscal_year_start=MONTHS.index(values.get("fiscal_year_start", "january")) + 1,
        dialect=values.get("dialect", "postgres"),
        start=values.get("start"),
        limits=Limits(**values.get("limits", {})),
        owner=defaults.owner,
        retention=defaults.retention,
        vars={**dict(values.get("vars", ())), **variables},
    )
    return settings, defaults


def read_vars(text: str) -> dict[str, object]:
    """The variables of `--vars`, a mapping in YAML (or JSON), typed as YAML 1.2 does; raises ValueError.

    What `vars:` of a project file refuses is refused here, too.
    """
    try:
        value = read("--vars", text.encode("utf-8", "surrogateescape"))
    except Refused as refused:
        raise ValueError(refused.diagnostics[0].message) from None
    if not isinstance(value, dict):
        raise ValueError(f"a mapping of names to values is expected, not {kind_of(value)}")
    out: Out = []
    found = MappingOf(Variable()).read(value, Place("--vars"), out)
    if out:
        raise ValueError(out[0].message)
    return dict(found)
