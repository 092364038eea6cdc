"""`kpictl schema`."""

from __future__ import annotations

import json

import click

from kpictl import api
from kpictl.cli.options import command as make
from kpictl.cli.session import Session

_NAMES = ("kpi", "project", "profiles", "catalog", "manifest", "compile_results", "run_results", "plan", "check")


@make("schema", [click.Argument(["name"], type=click.Choice(_NAMES), default="kpi", required=False, metavar="[NAME]")])
def command(session: Session, name: str) -> int:
    """Prints a JSON Schema: of KPI files (the default), of settings, profiles and the catalogue, or of what kpictl writes.

    kpictl schema > .kpictl/kpi.schema.json, and as the first line of a KPI file
    # yaml-language-server: $schema=../.kpictl/kpi.schema.json
    makes editors complete and check keys.
    """
    session.terminal.result(json.dumps(api.schema(name), indent=2, ensure_ascii=False))
    return 0
