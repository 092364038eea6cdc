"""Values for programs: JSON, JSON lines, CSV. Exact, in UTC, the bucket beside it in the reporting zone."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from kpictl.cli.options import option
from kpictl.stores import StoredValue as Value

FIELDS = (
    "time",
    "bucket",
    "kpi",
    "value",
    "dimensions",
    "grain",
    "status",
    "metadata",
    "definition",
    "run_id",
    "known_at",
)


def format_option(*others: str, default: str = "table") -> click.Option:
    """`--format`."""
    choices = [*others, "table", "json", "csv", "jsonl"]
    return option(
        "--format", type=click.Choice(choices), default=default, show_default=True, help="How values are written."
    )


def written(values: Iterable[Value], format: str) -> str:
    """The values as json (an array), jsonl (an object a line) or csv (a header and a row each)."""
    return text_of([value.record() for value in values], FIELDS, format)


def text_of(records: Sequence[Mapping[str, Any]], names: Sequence[str], format: str) -> str:
    """Objects as json (an array), jsonl (one a line) or csv (a header of the names and a row each)."""
    if format == "json":
        return json.dumps(records, indent=2, ensure_ascii=False)
    if format == "jsonl":
        return "\n".join(json.dumps(each, ensure_ascii=False) for each in records)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for each in records:
        writer.writerow(_cell(each[name]) for name in names)
    return text.getvalue().rstrip("\n")


def _cell(value: object) -> object:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, float) else "" if value is None else value
