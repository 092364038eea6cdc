"""JSON Schemas of the files that people write, made from the same keys that the binder reads."""

from __future__ import annotations

from typing import Any

from kpictl.kinds import KINDS
from kpictl.model.readers import Schema
from kpictl.project.definitions import FILE
from kpictl.project.kpi_blocks import COMMON, TEST
from kpictl.project.profiles import PROFILE
from kpictl.project.settings import PROJECT
from kpictl.project.source_blocks import SOURCE

_DRAFT = "http://json-schema.org/draft-07/schema#"
"""The draft that editors' YAML support knows best."""


def json_schemas() -> dict[str, Schema]:
    """By name: `kpi` (files below kpis/), `project` (kpi_project.yml), `profiles` (profiles.yml)."""
    return {
        "kpi": _published("A file of KPIs", _kpi_file()),
        "project": _published("kpi_project.yml", PROJECT.schema()),
        "profiles": _published("profiles.yml", {"type": "object", "additionalProperties": PROFILE.schema()}),
    }


def _published(title: str, body: Schema) -> Schema:
    return {"$schema": _DRAFT, "title": title, **body}


def _kpi_file() -> Schema:
    body = FILE.schema()
    found: dict[str, Any] = body["properties"]
    for name, block in (("sources", SOURCE.schema()), ("kpis", _kpi()), ("tests", TEST.schema())):
        found[name] = {**found[name], "additionalProperties": block}
    return body


def _kpi() -> Schema:
    """One object with the keys of all kinds: editors complete them, and exactly one says which kind it is."""
    keys = {key.name: key for key in (*COMMON, *(key for kind in KINDS for key in kind.KEYS))}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key.name: {"description": key.doc, **key.reader.schema()} for key in keys.values()},
        "oneOf": [{"required": [kind.NAME], "description": kind.DOC} for kind in KINDS],
    }
