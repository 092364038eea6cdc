"""Findings for machines keep to their formats: the published schema, SARIF 2.1.0, GitHub's workflow commands."""

from __future__ import annotations

import json

import jsonschema

from kpictl import api
from kpictl.cli.reports import as_github, as_json, as_sarif
from kpictl.diagnostics import Diagnostic, Fix, Label, Severity, Span
from kpictl.project.locating import Located
from kpictl.rules.composition import CircularKpis, DeprecatedOperand

_SPAN = Span(path="kpis/ä b.yml", line=3, column=4, end_line=3, end_column=9)
_FINDINGS = [
    Located(
        diagnostic=Diagnostic(
            code="KPI160",
            severity=Severity.ERROR,
            message="100 % wrong,\nsee: here",
            place=_SPAN,
            others=(Label(place=_SPAN, text="again"),),
            help=("do it",),
            fix=Fix(place=_SPAN, replacement="x"),
            node="a",
        ),
        span=_SPAN,
        others=(_SPAN,),
    ),
    Located(diagnostic=Diagnostic(code="KPI161", severity=Severity.WARNING, message="w"), span=None),
]

# What SARIF 2.1.0 (OASIS, sarif-schema-2.1.0.json) demands of the parts that are written, in short.
_TEXT = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string"}},
    "additionalProperties": False,
}
_COUNT = {"type": "integer", "minimum": 1}
_REGION = {
    "type": "object",
    "properties": dict.fromkeys(("startLine", "startColumn", "endLine", "endColumn"), _COUNT),
    "additionalProperties": False,
}
_LOCATION = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": -1},
        "message": _TEXT,
        "physicalLocation": {
            "type": "object",
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "properties": {"uri": {"type": "string", "pattern": "^[!-~]+$"}},
                },
                "region": _REGION,
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
_SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "name": {"type": "string"},
                                    "version": {"type": "string"},
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "type": "object",
                                            "required": ["id"],
                                            "properties": {
                                                "id": {"type": "string"},
                                                "shortDescription": _TEXT,
                                                "help": _TEXT,
                                            },
                                            "additionalProperties": False,
                                        },
                                    },
                                },
                                "additionalProperties": False,
                            }
                        },
                        "additionalProperties": False,
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["message"],
                            "properties": {
                                "ruleId": {"type": "string"},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": _TEXT,
                                "locations": {"type": "array", "items": _LOCATION},
                                "relatedLocations": {"type": "array", "uniqueItems": True, "items": _LOCATION},
                            },
                            "additionalProperties": False,
                        },
                    },
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}


def test_json_keeps_to_the_published_schema() -> None:
    body = json.loads(as_json(_FINDINGS, [{"kpi": "a", "reading": "snapshot", "grain": "day", "why_not": []}]))
    jsonschema.validate(body, api.schema("check"))
    assert body["summary"] == {"errors": 1, "warnings": 1, "hints": 0}
    assert (body["diagnostics"][0]["line"], body["diagnostics"][0]["column"]) == (3, 4)
    assert [each["fixable"] for each in body["diagnostics"]] == [True, False]


def test_sarif() -> None:
    log = json.loads(as_sarif(_FINDINGS, [CircularKpis, DeprecatedOperand]))
    jsonschema.validate(log, _SARIF)
    run = log["runs"][0]
    described = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [described[result["ruleIndex"]] for result in run["results"]] == ["KPI160", "KPI161"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "kpis/%C3%A4%20b.yml"


def test_github_annotations_escape_what_would_end_them() -> None:
    assert as_github(_FINDINGS).split("\n") == [
        "::error file=kpis/ä b.yml,line=3,col=4,endLine=3,endColumn=9,title=KPI160"
        "::100 %25 wrong,%0Asee: here%0Ahelp: do it",
        "::warning title=KPI161::w",
    ]


def test_published_schemas_are_schemas() -> None:
    for name in ("check", "manifest", "compile_results", "run_results", "plan"):
        jsonschema.Draft202012Validator.check_schema(api.schema(name))
