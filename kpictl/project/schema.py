"""JSON Schemas (draft 2020-12) for editors, made from the keys of each block."""

from __future__ import annotations

from typing import Any

from kpictl.kinds import KINDS
from kpictl.model.readers import NAME, Schema
from kpictl.project.catalog import CATALOG
from kpictl.project.definitions import FILE
from kpictl.project.kpi_blocks import COMMON, KPI, TEST
from kpictl.project.profiles import PROFILE
from kpictl.project.settings import PROJECT
from kpictl.project.source_blocks import SOURCE

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> Schema:
    """The schema of a file below kpis/, the one that `init` writes for editors."""
    return schemas()["kpi"]


def schemas() -> dict[str, Schema]:
    """Every schema by what it is for: `kpi` (files below kpis/), `project` (kpi_project.yml), `profiles`, `catalog`."""
    return {
        "kpi": _document("kpictl: a file below kpis/", _definitions()),
        "project": _document("kpictl: kpi_project.yml", PROJECT.schema()),
        "profiles": _document(
            "kpictl: profiles.yml", {"type": "object", "minProperties": 1, "additionalProperties": PROFILE.schema()}
        ),
        "catalog": _document("kpictl: catalog.lock.json", CATALOG.schema()),
    }


def _document(title: str, schema: Schema) -> Schema:
    return {"$schema": DRAFT, "title": title, **schema}


def _definitions() -> Schema:
    found = FILE.schema()
    blocks = {"sources": SOURCE.schema(), "kpis": _kpi(), "tests": TEST.schema()}
    for name in blocks:
        found["properties"][name] |= {
            "propertyNames": {"pattern": f"^{NAME.pattern}$"},
            "additionalProperties": {"$ref": f"#/$defs/{name}"},
        }
    # A file or a mapping with nothing in it is no mistake.
    found["type"] = ["object", "null"]
    found["$defs"] = blocks
    return found


def _kpi() -> Schema:
    """One closed object with all keys, so that editors complete them, of which exactly one says the kind."""
    properties: dict[str, Any] = {}
    for kind in KINDS:
        properties |= KPI[kind.NAME].schema()["properties"]
    kinds = [_of_kind(kind.NAME, tuple(key.name for key in (*COMMON, *kind.KEYS)), properties) for kind in KINDS]
    return {"type": "object", "properties": properties, "additionalProperties": False, "oneOf": kinds}


def _of_kind(name: str, keys: tuple[str, ...], properties: dict[str, Any]) -> Schema:
    others = sorted(set(properties) - set(keys))
    return {"required": KPI[name].schema()["required"], "properties": dict.fromkeys(others, False)}
