"""`kpictl ls`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from kpictl.cli.findings import chosen, load_or_stop
from kpictl.cli.options import command as make
from kpictl.cli.options import option, selector_options
from kpictl.cli.session import Session, Stop
from kpictl.diagnostics import did_you_mean

_DEFAULT_KEYS = ("unique_id", "name", "resource_type", "kind", "path", "category", "owner", "tags", "depends_on")


@make(
    "ls",
    [
        *selector_options(),
        option(
            "--output",
            "--format",
            "-o",
            type=click.Choice(["name", "path", "selector", "table", "json"]),
            default="name",
            show_default=True,
            help="What to print of each; json is one object a line.",
        ),
        option("--output-keys", metavar="KEY[,KEY]", help="For json and table: which properties, or `all`."),
        option(
            "--resource-type",
            type=click.Choice(["kpi", "source", "analysis", "all"]),
            default="kpi",
            help="What to list.",
        ),
    ],
)
def command(
    session: Session,
    selectors: tuple[str, ...],
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    output: str,
    output_keys: str | None,
    resource_type: str,
) -> int:
    """Lists KPIs, each after what it reads.

    Selectors: names and globs, revenue+ (and what reads it), +arpu (and what it reads), 2+x, tag:board, category:x,
    owner:finance@*, source:orders, path:kpis/ops, kind:ratio, state:modified, result:error. A space is a union,
    a comma an intersection.
    """
    session, _, project = load_or_stop(session, profile=False)
    picked = list(chosen(session, project, (*selectors, *select), exclude))
    if resource_type in ("source", "all") and not (selectors or select):
        picked = [f"source.{name}" for name in project.sources] + picked
    wanted = [node for node in picked if resource_type == "all" or node.startswith(resource_type + ".")]
    if not wanted:
        session.terminal.say("nothing is selected")
        return 0
    if output == "name":
        session.terminal.result("\n".join(node.split(".", 1)[1] for node in wanted))
    elif output == "selector":
        session.terminal.result("\n".join(wanted))
    else:
        from kpictl.graph.manifest import manifest

        nodes = manifest(project)["nodes"]
        rows = [_picked(nodes[node], output_keys) for node in wanted]
        if output == "path":
            session.terminal.result("\n".join(nodes[node]["path"] for node in wanted))
        elif output == "json":
            session.terminal.result("\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
        else:
            _table(session, rows, output_keys)
    return 0


def _picked(node: Mapping[str, Any], keys: str | None) -> dict[str, Any]:
    if keys == "all":
        return dict(node)
    wanted = [key.strip() for key in keys.replace(" ", ",").split(",") if key.strip()] if keys else list(_DEFAULT_KEYS)
    flat = {**node, **node.get("spec", {})}
    for key in wanted:
        if keys and key not in flat:
            near = did_you_mean(key, flat)
            raise Stop(f"--output-keys: there is no `{key}`", *([f"did you mean `{near[0]}`?"] if near else []))
    return {key: flat[key] for key in wanted if key in flat}


def _table(session: Session, rows: list[dict[str, Any]], keys: str | None) -> None:
    from kpictl.cli.tables import Column, table

    names = list(rows[0]) if keys else ["name", "kind", "category", "owner", "tags"]
    body = [[_cell(row.get(name)) for name in names] for row in rows]
    session.terminal.result(table([Column(name) for name in names], body, session.terminal))


def _cell(value: object) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
