"""The definitions by which stored values were computed, made again from what the store remembers of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

from kpictl.diagnostics import Place
from kpictl.kinds import KINDS
from kpictl.model.durations import parse_duration
from kpictl.model.kpis import ExprSpec, Kpi
from kpictl.model.project import Project
from kpictl.plan.compile import compile_project
from kpictl.plan.compiled import Compiled
from kpictl.plan.state import StoreState

_SPECS = {kind.NAME: kind.SPEC for kind in KINDS}
_DURATIONS = ("window", "carry")


def before(project: Project, state: StoreState, names: Iterable[str]) -> tuple[Project, list[Compiled]]:
    """The project with every definition by which it was last run, and those of the names that are the same as then.

    A definition is made again from its own words and today's sources and settings. Where these mean something else now,
    its fingerprint is not the stored one, and it is left out: nothing else could be called the old definition.
    """
    used = state.used()
    kpis = dict(project.kpis)
    for name, (grain, definition) in used.items():
        known = _kpi(name, state.of(name, grain, definition).body, project.kpis.get(name))
        if known is not None:
            kpis[name] = known
    earlier = replace(project, kpis=kpis)
    wanted = [f"kpi.{name}" for name in names if name in kpis]
    found = compile_project(earlier, (), wanted, run=True)
    return earlier, [
        each
        for each in found
        if each.lowered is not None and used.get(each.name, ("", ""))[1] == each.lowered.fingerprint
    ]


def _kpi(name: str, text: str, now: Kpi | None) -> Kpi | None:
    """A definition from the JSON that `changes.body_of` makes; what does not bear on its values is today's."""
    body: dict[str, Any] = json.loads(text) if text else {}
    make = _SPECS.get(body.get("kind", ""))
    if make is None or "about" not in body:
        return None
    values = {each.name: _value(each.name, body[each.name]) for each in fields(make) if each.name in body}
    if now is None:
        now = Kpi(name=name, kind=body["kind"], spec=ExprSpec(expr="0"), place=Place("kpi_definitions", (name,)))
    return replace(
        now,
        kind=body["kind"],
        spec=make(**values),
        dimensions=tuple(body.get("dimensions", ())),
        grain=body.get("grain"),
        start=body.get("start"),
        fill=body.get("fill"),
        schedule=body["about"].get("schedule"),
    )


def _value(name: str, value: Any) -> Any:
    if name in _DURATIONS:
        return parse_duration(value)
    return tuple(value) if isinstance(value, list) else value
