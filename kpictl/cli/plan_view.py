"""A plan as people read it: a line for each KPI that would be computed or whose definition is another, then the sums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kpictl.cli.numbers import NumberStyle
from kpictl.cli.tables import Cell, Column, Styled, table
from kpictl.cli.terminal import Terminal
from kpictl.cli.value_table import style_of
from kpictl.model.project import Project
from kpictl.plan.changes import Change
from kpictl.runner.overview import COUNTED, Delta, Line, Overview

_STYLES = {Change.VALUE: "warning", Change.GRAIN: "warning", Change.NEW: "bold"}
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def plan_view(found: Overview, project: Project, terminal: Terminal) -> str:
    """The whole plan as text."""
    blocks = [_table(found.lines, terminal)] if found.lines else []
    if found.values:
        blocks.append(_values(found.values, project, terminal))
    elif found.values is not None:
        blocks.append("no definition has another meaning: no value would change for it")
    return "\n\n".join([*blocks, "\n".join(_sums(found))])


def _table(lines: Iterable[Line], terminal: Terminal) -> str:
    columns = [
        Column("KPI", shrink=2),
        Column("definition"),
        *(Column(name, right=True, shrink=0) for name in COUNTED),
        Column("first", shrink=0),
        Column("last", shrink=0),
        Column("note", style="dim", shrink=3),
    ]
    return table(columns, [_row(line) for line in lines], terminal)


def _values(values: Sequence[Delta], project: Project, terminal: Terminal) -> str:
    """Buckets by the old and the new definition; what is stored besides, where that is not what the old one makes now."""
    columns = [
        Column("KPI", shrink=2),
        Column("bucket", shrink=0),
        Column("stored", right=True, shrink=0),
        Column("old", right=True, shrink=0),
        Column("new", right=True, shrink=0),
        Column("difference", right=True, shrink=0),
        Column("%", right=True, shrink=0),
    ]
    rows: list[list[Cell]] = []
    for each in values:
        style = style_of(project.kpis.get(each.kpi))
        moved = percent = ""
        before = each.stored if each.old_status is None else each.old
        if before is not None and each.new is not None and before != each.new:
            moved = style.full(each.new - before)
            percent = f"{(each.new - before) / abs(before) * 100:+.1f}" if before else ""
        stored, new = _shown(style, each.stored, each.stored_status), _shown(style, each.new, each.new_status)
        old = "" if each.old_status is None else _shown(style, each.old, each.old_status)
        rows.append([each.kpi, each.bucket, stored, old, new, moved, percent])
    return table(columns, rows, terminal)


def _shown(style: NumberStyle, value: float | None, status: str | None) -> str:
    if value is not None:
        return style.full(value)
    return "not stored" if status is None else status.replace("_", " ")


def _row(line: Line) -> list[Cell]:
    style = _STYLES.get(line.change)
    word = "" if line.change is Change.SAME else line.change.value
    counts = [f"{line.buckets[name]:,}" if line.buckets[name] else "" for name in COUNTED]
    return [line.kpi, Styled(word, style) if style else word, *counts, line.first or "", line.last or "", _note(line)]


def _note(line: Line) -> str:
    if line.change is Change.GRAIN:
        return f"values by {line.before} stay under it"
    told = [f"{', '.join(line.keys)} changed"] if line.keys else []
    told += [f"begins with {line.begins}, what is stored stays"] if line.begins is not None else []
    told += [f"not complete from {line.partial_from} on"] if line.partial_from is not None else []
    told += ["reads all earlier rows"] if line.reads_all_before else []
    return "; ".join(told)


def _sums(found: Overview) -> list[str]:
    """`3 KPIs to compute, 2 up to date; 4 statements instead of 9, about 12,300 rows of at most 1,000,000`."""
    plan, cost = found.plan, found.cost
    later = sum(1 for step in plan.steps if not step.due and not step.evaluations)
    told = [f"{len(plan.steps) - later} to compute"] if len(plan.steps) > later else []
    told += [f"{later} to begin later"] if later else []
    told += [f"{len(plan.up_to_date)} up to date"] if plan.up_to_date else []
    told += [f"{len(plan.refused)} cannot be computed"] if plan.refused else []
    lines = [f"as of {plan.as_of:%Y-%m-%d %H:%M} UTC: {', '.join(told) or 'nothing to do'}"]
    if cost.statements:
        before, after = cost.scans
        shared = f" instead of {before:,}" if after < before else ""
        size = [_size(f"{cost.rows:,} rows", found.limits[0])] if cost.rows is not None else []
        size += [_size(_bytes(cost.bytes), found.limits[1], _bytes)] if cost.bytes is not None else []
        estimate = f", reading about {' and '.join(size)}" if size else ", of a size that the engine does not tell"
        lines.append(f"{after:,} statement{'' if after == 1 else 's'}{shared}{estimate}")
    if found.left:
        names = ", ".join(found.left[:5]) + (f" and {len(found.left) - 5} more" if len(found.left) > 5 else "")
        lines.append(f"stored, but not in the project: {names}")
    if plan.steps:
        lines.append("`kpictl run target/plan.json` does exactly this")
    return lines


def _size(text: str, limit: int | None, said: object = None) -> str:
    if limit is None:
        return text
    return f"{text} (limit {_bytes(limit) if said is _bytes else f'{limit:,}'})"


def _bytes(number: int) -> str:
    size, unit = float(number), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} {_UNITS[unit]}" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"
