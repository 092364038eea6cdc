"""What the JSON Schemas accept and refuse is what loading accepts and refuses: every key with every sort of value."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from kpictl.diagnostics import Diagnostic
from kpictl.kinds import KINDS
from kpictl.model.keys import Block
from kpictl.project.connection_keys import CONNECTIONS
from kpictl.project.definitions import Definitions
from kpictl.project.env_vars import Environment
from kpictl.project.kpi_blocks import COMMON, KPI, TEST, Defaults
from kpictl.project.profiles import OUTPUT, PROFILE, NoProject, bind_output
from kpictl.project.schema import schemas
from kpictl.project.settings import DEFAULTS, LIMITS, PROJECT, bind_settings
from kpictl.project.source_blocks import SOURCE
from kpictl.syntax import core, read

_VALUES = (
    *("", "~", "''", '" "', "x", "X y", "'5'", "5", "0", "-1", "1.5", "1e3", "1_000", "0x1F", ".inf", "017"),
    *("true", "'true'", "yes", "NO", "12:30", "30d", "0d", "1 month", "-5d", "monday", "april", "day", "up", "zero"),
    *("2024-01-01", "2024-01-01T06:00", "2024-02-30", "1066-01-01", "2024-13-01", "100GB", "-1GB", "100 gib", "bigint"),
    *("'0 5 * * *'", "UTC", "postgres", "append", "many_to_one", "warn", "[]", "[x]", "[x, y]", "[1]", "['']", "[[x]]"),
    *(
        "[{}]",
        "[{a: 1}]",
        "{}",
        "{a: 1}",
        "{A: x}",
        "{a: {b: 1}}",
        "{a: [x]}",
        "{a: }",
        "{type: x}",
        "{x: {type: text}}",
    ),
    *("{valid: [a, b]}", "{valid: [a]}", "{on: a = b, type: many_to_one}", "{u: {on: a = b, type: many_to_one}}"),
    *(
        "[{severity: warn, when: value < 1}]",
        "[{severity: bad}]",
        "{rows: 1e9, bytes: 1GB}",
        "{rows: 0}",
        "{owner: me}",
    ),
    *("[{severity: warn, for: 2, notify: me, stale: 3d}]", "{warn_after: 1h}", "{interval: 5m, batch_size: 1}"),
    *(
        "{of: a, to_date: month}",
        "{numerator: a, denominator: b}",
        "{roles: [a], min_group_size: 5}",
        "{t: [{a: 1, b: x}]}",
        "{'': x}",
    ),
)
_TEMPLATE = "\"{{ env_var('X', '5') }}\""


def _typed(value: object) -> object:
    """What an editor's reader of YAML 1.2 makes of it."""
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items()}
    return [_typed(item) for item in value] if isinstance(value, list) else core(value)


def _errors(found: list[Diagnostic]) -> bool:
    return any(each.is_error for each in found)


def _definitions(value: Any) -> bool:
    out: list[Diagnostic] = []
    if value is not None:
        Definitions(Defaults(), out).file("kpis/a.yml", value)
    return not _errors(out)


def _settings(value: Any) -> bool:
    out: list[Diagnostic] = []
    settings, _ = bind_settings(value, "kpi_project.yml", {}, out)
    return bool(settings.name) and not _errors(out)


def _profile(value: Any) -> bool:
    out: list[Diagnostic] = []
    settings = bind_settings({"name": "shop"}, "kpi_project.yml", {}, [])[0]
    try:
        bind_output(value, "profiles.yml", settings, "dev", Environment({}), out)
    except NoProject:
        return False
    return not _errors(out)


_LOADERS = {"kpi": _definitions, "project": _settings, "profiles": _profile}


@cache
def _validator(name: str) -> Draft202012Validator:
    schema = schemas()[name]
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _agree(name: str, text: str) -> tuple[bool, bool]:
    """Whether the schema accepts a document, and whether loading does."""
    value = read("a.yml", text.encode())
    return _validator(name).is_valid(_typed(value)), _LOADERS[name](value)


_BASES = {
    "query": "query: select 1",
    "measure": "measure: count(*), source: s",
    "ratio": "ratio: {numerator: a, denominator: b}",
    "expr": "expr: a / b",
    "cumulative": "cumulative: {of: a, window: 28d}",
}


def _with(base: str, key: str, value: str) -> str:
    """A flow mapping with a key in the place of the one it had."""
    before = _without(base, key)
    return f"{{{before}{', ' if before else ''}{key}: {value}}}"


@cache
def _without(base: str, key: str) -> str:
    values = yaml.load(f"{{{base}}}", Loader=yaml.BaseLoader)
    values.pop(key, None)
    return yaml.dump(values, default_flow_style=True, width=10_000).strip()[1:-1]


def _keys() -> Iterator[tuple[str, str, str, str]]:
    """Every key: schema, the document around, the mapping that it is put into, and its name."""
    for kind in KINDS:
        for key in (*(COMMON if kind is KINDS[0] else ()), *kind.KEYS):
            yield "kpi", "kpis: {k: MAPPING}", _BASES[kind.NAME], key.name
    for key in SOURCE.keys:
        yield "kpi", "sources: {s: MAPPING}", "connection: app", key.name
    for key in TEST.keys:
        yield "kpi", "tests: {t: MAPPING}", "kpi: k, given: {s: []}, expect: []", key.name
    for name in ("category", "sources", "kpis", "tests"):
        yield "kpi", "MAPPING", "", name
    for key in PROJECT.keys:
        yield "project", "MAPPING", "name: shop", key.name
    for block, name in ((LIMITS, "limits"), (DEFAULTS, "defaults")):
        for key in block.keys:
            yield "project", f"{{name: shop, {name}: MAPPING}}", "", key.name
    output = "store: {type: duckdb, path: x}, connections: {}"
    for key in PROFILE.keys:
        yield "profiles", "shop: MAPPING", f"target: dev, outputs: {{dev: {{{output}}}}}", key.name
    for key in OUTPUT.keys:
        yield "profiles", "shop: {target: dev, outputs: {dev: MAPPING}}", output, key.name
    seen: set[int] = set()
    for name, connection in CONNECTIONS.items():
        around = f"shop: {{target: dev, outputs: {{dev: {{{output.replace('{}', '{c: MAPPING}')}}}}}}}"
        for key in connection.keys:
            if id(key) not in seen:
                seen.add(id(key))
                yield "profiles", around, f"type: {name}", key.name


_MORE_THAN_A_SCHEMA_SAYS = {
    ".inf": "JSON has no infinity",
    "0x1F": "an editor sees the number 31",
    "2024-02-30": "the length of each month",
    _TEMPLATE: "what the environment says",
}
_KEYS_OF_MORE = {"timezone": "the names of all zones", "columns": "all spellings of types"}


def _known(value: str, key: str, schema: bool) -> bool:
    """Whether a difference is one that a schema cannot help."""
    if schema:
        return value in _MORE_THAN_A_SCHEMA_SAYS or key in _KEYS_OF_MORE
    return value == "true"  # A name for us; an editor's reader makes a boolean of it.


@pytest.mark.parametrize(("name", "around", "base", "key"), list(_keys()))
def test_every_key(name: str, around: str, base: str, key: str) -> None:
    values = (*_VALUES, _TEMPLATE) if name == "profiles" else _VALUES
    accepted = 0
    for value in values:
        schema, loader = _agree(name, around.replace("MAPPING", _with(base, key, value)))
        accepted += loader
        assert schema == loader or _known(value, key, schema), (value, f"schema: {schema}, loading: {loader}")
    assert accepted or key in ("type", "outputs", "store"), "no value is right"


_DOCUMENTS: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("documents.yml").read_text("utf-8"))


@pytest.mark.parametrize("case", _DOCUMENTS, ids=lambda case: f"{case['of']}-{case['name'].replace(' ', '-')}")
def test_documents(case: dict[str, Any]) -> None:
    assert _agree(case["of"], case["text"]) == (case["good"], case["good"])


def test_each_key_is_in_its_schema_with_its_sentence() -> None:
    blocks: list[tuple[dict[str, Any], Block]] = [(schemas()["project"], PROJECT)]
    kpi = schemas()["kpi"]
    blocks += [(kpi["$defs"]["kpis"], block) for block in KPI.values()]
    blocks += [(kpi["$defs"]["sources"], SOURCE), (kpi["$defs"]["tests"], TEST)]
    for schema, block in blocks:
        for key in block.keys:
            assert schema["properties"][key.name]["description"]
