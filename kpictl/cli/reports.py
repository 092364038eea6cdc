"""Findings for machines: JSON, GitHub annotations, SARIF 2.1.0."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from kpictl import __version__
from kpictl.diagnostics import Finding, Severity, Span

if TYPE_CHECKING:
    from kpictl.project.locating import Located

_SARIF_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "note"}
_GITHUB_WORD = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "notice"}


def as_record(finding: Located) -> dict[str, Any]:
    """One finding as `check --format json` and the artifacts write it."""
    diagnostic = finding.diagnostic
    record: dict[str, Any] = {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "node": diagnostic.node,
        **_position(finding.span),
        "label": diagnostic.label,
        "notes": list(diagnostic.notes),
        "help": list(diagnostic.help),
        "related": [
            {"message": label.text, **_position(span)}
            for label, span in zip(diagnostic.others, finding.others, strict=True)
        ],
        "fixable": diagnostic.fix is not None and diagnostic.fix.safe,
    }
    return record


def short_record(finding: Located) -> dict[str, Any]:
    """One finding as compile_results.json and run_results.json write it."""
    span = finding.span
    return {
        "code": finding.diagnostic.code,
        "severity": finding.diagnostic.severity.value,
        "message": finding.diagnostic.message,
        "file": span.path if span else None,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "help": list(finding.diagnostic.help),
    }


def as_json(findings: Sequence[Located], readings: Sequence[dict[str, Any]] = ()) -> str:
    """`{"schema_version": 1, "diagnostics": [...], "readings": [...], "summary": {...}}`."""
    counts = {
        f"{severity.value}s": sum(1 for each in findings if each.diagnostic.severity is severity)
        for severity in Severity
    }
    body = {
        "schema_version": 1,
        "kpictl_version": __version__,
        "summary": counts,
        "diagnostics": [as_record(each) for each in findings],
        "readings": list(readings),
    }
    return json.dumps(body, indent=2, ensure_ascii=False)


def as_github(findings: Iterable[Located]) -> str:
    """Workflow commands that GitHub shows beside the lines of a change."""
    return "\n".join(_annotation(each) for each in findings)


def _annotation(finding: Located) -> str:
    diagnostic, span = finding.diagnostic, finding.span
    values = {"title": diagnostic.code}
    if span is not None:
        values = {
            "file": span.path,
            "line": str(span.line),
            "col": str(span.column),
            "endLine": str(span.end_line),
            "endColumn": str(span.end_column),
        } | values
    properties = ",".join(f"{key}={_escaped(value, property_=True)}" for key, value in values.items())
    text = "\n".join([diagnostic.message, *(f"help: {each}" for each in diagnostic.help)])
    return f"::{_GITHUB_WORD[diagnostic.severity]} {properties}::{_escaped(text)}"


def _escaped(text: str, *, property_: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property_ else text


def as_sarif(findings: Sequence[Located], rules: Sequence[type[Finding]]) -> str:
    """A SARIF 2.1.0 log; only the rules that were broken are described in it."""
    broken = sorted({each.diagnostic.code for each in findings})
    pages = {rule.code: rule.__doc__ or "" for rule in rules}
    run = {
        "tool": {
            "driver": {
                "name": "kpictl",
                "version": __version__,
                "rules": [_rule(code, pages.get(code, "")) for code in broken],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, broken) for each in findings],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _rule(code: str, page: str) -> dict[str, Any]:
    first = page.strip().split("\n")[0] or code
    return {"id": code, "shortDescription": {"text": first}, "help": {"text": f"kpictl explain {code}"}}


def _result(finding: Located, codes: Sequence[str]) -> dict[str, Any]:
    diagnostic = finding.diagnostic
    text = "\n".join([diagnostic.message, *diagnostic.notes, *(f"help: {each}" for each in diagnostic.help)])
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": codes.index(diagnostic.code),
        "level": _SARIF_LEVEL[diagnostic.severity],
        "message": {"text": text},
    }
    if finding.span is not None:
        result["locations"] = [_location(finding.span)]
    related = [
        {"id": n, "message": {"text": label.text}, **_location(span)}
        for n, (label, span) in enumerate(zip(diagnostic.others, finding.others, strict=True), start=1)
        if span is not None
    ]
    if related:
        result["relatedLocations"] = related
    return result


def _location(span: Span) -> dict[str, Any]:
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": max(span.end_line, span.line),
        "endColumn": max(span.end_column, 1),
    }
    return {"physicalLocation": {"artifactLocation": {"uri": quote(span.path)}, "region": region}}


def _position(span: Span | None) -> dict[str, Any]:
    if span is None:
        return {"file": None, "line": None, "column": None, "end_line": None, "end_column": None}
    return {
        "file": span.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
