"""A law over many KPIs: what breaks it is made small, and printed as a `.kpitest` script that can be kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

import yaml

from kpictl.model.sources import HistoryKind
from tests.laws.engine import Answer
from tests.laws.world import DEFINITIONS, Range, Rows, World, calendar_of, lowered, project, settings

Broken = tuple[list[str], Range | None, Answer | None]
"""What differs, and as far as it has them the range that was asked for and the right values of the total."""
Law = Callable[[str, Rows], Broken | None]
"""Of a KPI's name and rows: what is wrong, None when the law holds."""


def hold(world: World, names: Iterable[str], law: Law) -> None:
    """Fails with every KPI that breaks the law, the first of them made small and written as a script."""
    broken = {name: found for name in names if (found := law(name, world.rows)) is not None and found[0]}
    if not broken:
        return
    name = next(iter(broken))
    rows = smaller(name, world.rows, law)
    found = law(name, rows)
    assert found is not None
    told, over, right = found
    others = ", ".join(list(broken)[1:])
    raise AssertionError(
        f"{name} in {world.zone} ({world.seed}):\n  " + "\n  ".join(told) + "\n"
        f"{f'broken as well: {others}' if others else ''}\n\n{script(world.zone, name, rows, over, right)}"
    )


def smaller(name: str, rows: Rows, law: Law) -> Rows:
    """The rows without those that the failure does not need."""

    def fails(tried: Rows) -> bool:
        found = law(name, tried)
        return found is not None and bool(found[0])

    size = None
    while size != (size := sum(map(len, rows.values()))):
        for table in rows:
            for row in list(rows[table]):
                without = {**rows, table: [each for each in rows[table] if each is not row]}
                if fails(without):
                    rows = without
    return rows


def script(zone: str, name: str, rows: Rows, over: Range | None, right: Answer | None) -> str:
    """A `.kpitest` case with the KPI, what it reads and the rows."""
    kpi = lowered(zone)[name]
    # All values stay the texts that they are: `on` is no truth here.
    whole = yaml.load(DEFINITIONS.read_text(encoding="utf-8").replace("ZONE", zone), Loader=yaml.BaseLoader)
    kpis = {each: whole["kpis"][each] for each in _needed(zone, name)}
    sources = {each: {**_complete(zone, each), **whole["sources"][each]} for each in _sources(zone, name)}
    defined = yaml.safe_dump({"sources": sources, "kpis": kpis}, sort_keys=False, default_flow_style=None, width=1000)
    parts = [f"case {name} in {zone}", "settings", *_indented(settings(zone).replace("name: world\n", ""))]
    parts += ["define", *_indented(defined)]
    for table in sources:
        parts += [f"load {table}", *_indented("\n".join(_loaded(zone, table, rows.get(table, []))))]
    if over is not None:
        parts += [
            f"now {over.as_of.isoformat()}",
            f"run --backfill {_plain(over.start)}..{_plain(over.stop)}",
            f"eval {name}",
        ]
        known = calendar_of(kpi)
        for at in known.spine(over.start, over.stop, kpi.grain.unit):
            found = None if right is None else right.get((at,), {}).get("value")
            value = kpi.empty if found is None and (at,) not in (right or {}) else found
            shown = "- no_data" if value is None else f"{float(value):.12g} ok"
            parts.append(f"  {known.label(at, kpi.grain.unit)} {shown}")
    return "\n".join(parts)


def _plain(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%MZ")


def _needed(zone: str, name: str) -> list[str]:
    """The KPI and those that it reads, whatever way."""
    found = [name]
    for each in found:
        found += [up for up in lowered(zone)[each].upstream if up not in found]
    return found


def _sources(zone: str, name: str) -> list[str]:
    sources = project(zone).sources
    found = list(dict.fromkeys(source for each in _needed(zone, name) for source in lowered(zone)[each].sources))
    joined = [join.source for each in found for join in sources[each].joins]
    return list(dict.fromkeys([*found, *joined]))


def _complete(zone: str, source: str) -> Mapping[str, str]:
    declared = project(zone).sources[source]
    timed = declared.time is not None or declared.history.kind is HistoryKind.VALID
    return {"complete": "now"} if timed else {}


def _loaded(zone: str, table: str, rows: list[dict[str, Any]]) -> Iterable[str]:
    columns = project(zone).sources[table].columns
    types = {"text": "TEXT", "timestamptz": "TIMESTAMPTZ"}
    yield " ".join(f"{c.name}:{types.get(str(c.type), str(c.type).upper().replace(' ', ''))}" for c in columns)
    for row in rows:
        yield " ".join(_cell(row.get(c.name)) for c in columns)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    text = (
        value.isoformat(sep=" ")
        if isinstance(value, datetime)
        else value.isoformat()
        if isinstance(value, date)
        else str(value)
    )
    return f'"{text}"' if re.search(r"\s", text) else text


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.rstrip("\n").split("\n")]
