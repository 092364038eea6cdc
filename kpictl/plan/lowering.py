"""All KPIs of a project in the ir: templates are rendered first, and what is found is led back to the author's text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kpictl.diagnostics import Diagnostic, Refused
from kpictl.kinds.assemble import Narrow
from kpictl.kinds.lower import Outcome, ProjectLowering
from kpictl.kinds.lowered import Lowered
from kpictl.model.kpis import QuerySpec
from kpictl.model.project import Project
from kpictl.plan.shapes import Outcomes, outcomes

_MARKS = ("{{", "{%", "{#")


def lowering(project: Project, names: Iterable[str] | None = None) -> Mapping[str, Outcome]:
    """By KPI name (None: all): what it became, or the diagnostics that say why it became nothing."""
    chosen = tuple(project.kpis if names is None else names)
    if not _has_templates(project):
        return outcomes(ProjectLowering(project), project.kpis, chosen)
    return _rendered(project, chosen)


def _has_templates(project: Project) -> bool:
    specs = (kpi.spec for kpi in project.kpis.values())
    return any(isinstance(s, QuerySpec) and any(mark in s.query for mark in _MARKS) for s in specs)


def _rendered(project: Project, names: tuple[str, ...]) -> Mapping[str, Outcome]:
    from kpictl.project.jinja import led_back, rendered

    mistakes: list[Diagnostic] = []
    plain, done = rendered(project, mistakes)
    broken: dict[str, tuple[Diagnostic, ...]] = {}
    for mistake in mistakes:
        name = mistake.node or ""
        broken[name] = (*broken.get(name, ()), mistake)
    good = [name for name in names if name not in broken]
    found = outcomes(ProjectLowering(plain), plain.kpis, good)

    def back(outcome: Outcome) -> Outcome:
        if isinstance(outcome, Lowered):
            return replace(outcome, hints=tuple(led_back(hint, project, done) for hint in outcome.hints))
        return tuple(led_back(found, project, done) for found in outcome)

    whole = Outcomes()
    whole.instances.update(found.instances)
    whole.update((name, broken[name] if name in broken else back(found[name])) for name in names)
    return whole


def narrowed(project: Project, narrow: Narrow) -> ProjectLowering:
    """Lowers KPIs with a condition that their definitions do not have; raises Refused where a template is broken."""
    if not _has_templates(project):
        return ProjectLowering(project, narrow)
    from kpictl.project.jinja import rendered

    mistakes: list[Diagnostic] = []
    plain, _ = rendered(project, mistakes)
    if mistakes:
        raise Refused(mistakes)
    return ProjectLowering(plain, narrow)
