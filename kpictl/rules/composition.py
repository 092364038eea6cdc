"""Rules about KPIs that read other KPIs."""

from __future__ import annotations

from collections.abc import Iterator

from kpictl.diagnostics import Diagnostic, Label, Severity
from kpictl.rules.rule import Checked, Rule


class CircularKpis(Rule):
    """A KPI reads itself, directly or through other KPIs.

    ## What it does
    Follows ratio, expr, cumulative and `{{ kpi('x') }}` from KPI to KPI and reports every way that comes back.

    ## Why it matters
    A value that needs itself has no value: there is no order in which the KPIs of the circle could be computed.

    ## Example
    ```yaml
    kpis:
      margin: {expr: profit / revenue}
      profit: {expr: margin * revenue}
    ```

    ## Use instead
    Define one of them from its source, so that the others have something to stand on:
    ```yaml
    kpis:
      profit: {measure: sum(profit), source: orders}
      margin: {expr: profit / revenue}
    ```
    """

    code = "KPI160"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        places = project.graph.places
        for circle in project.graph.cycles():
            steps = list(zip(circle, (*circle[1:], circle[0]), strict=True))
            names = [node.removeprefix("kpi.") for node in (*circle, circle[0])]
            first, *rest = steps
            yield self.at(
                places[first],
                f"`{names[0]}` needs itself: {' -> '.join(names)}" if rest else f"`{names[0]}` reads itself",
                label=f"`{names[0]}` reads `{names[1]}`",
                others=[
                    Label(place=places[step], text=f"`{names[n]}` reads `{names[n + 1]}`")
                    for n, step in enumerate(rest, start=1)
                ],
                help=["define one of them from a source, with `measure:` or `query:`"],
                node=names[0],
            )


class DeprecatedOperand(Rule):
    """A KPI that is not deprecated reads one that is.

    ## What it does
    Looks at every operand of a KPI: is it marked `deprecated:` while the reader is not?

    ## Why it matters
    A deprecated KPI will be taken out. Whatever reads it breaks on that day, or quietly keeps an old meaning alive.

    ## Example
    ```yaml
    kpis:
      revenue_old: {measure: sum(amount), source: orders, deprecated: use revenue}
      arpu:        {expr: revenue_old / mau}
    ```

    ## Use instead
    The successor that the note names, or mark the reader as deprecated too:
    ```yaml
    kpis:
      arpu: {expr: revenue / mau}
    ```
    """

    code = "KPI161"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            if kpi.deprecated is None:
                continue
            for reader in project.readers(kpi.name):
                if reader.deprecated is None and reader.name != kpi.name:
                    yield self.at(
                        project.graph.places[reader.unique_id, kpi.unique_id],
                        f"`{reader.name}` reads `{kpi.name}`, which is deprecated",
                        label="deprecated",
                        others=[Label(place=kpi.place.child("deprecated"), text="marked here")],
                        notes=[f"its author says: {kpi.deprecated}"],
                        node=reader.name,
                    )
