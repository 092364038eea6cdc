"""`kpictl lineage`."""

from __future__ import annotations

import click

from kpictl import api
from kpictl.cli.findings import complain, load_or_stop
from kpictl.cli.lineage_view import FORMS, Lineage, drawn
from kpictl.cli.options import command as make
from kpictl.cli.options import option
from kpictl.cli.session import Session, Stop
from kpictl.cli.terminal import visible
from kpictl.diagnostics import Diagnostic, did_you_mean
from kpictl.graph import dependency_graph
from kpictl.kinds.lowered import Lowered
from kpictl.plan.reads import columns_read


@make(
    "lineage",
    [
        click.Argument(["kpi"], metavar="KPI"),
        option("--format", type=click.Choice(FORMS), default="tree", show_default=True, help="How it is drawn."),
    ],
)
def command(session: Session, kpi: str, format: str) -> int:
    """Shows what a KPI is made of, down to the columns of its sources, and what is made of it.

    Ends with 1 where a definition of it is wrong, for then the columns that it reads are not known.
    """
    session, loaded, project = load_or_stop(session, profile=False, now=False)
    if kpi not in project.kpis:
        near = did_you_mean(kpi, project.kpis)
        raise Stop(f"no KPI is called `{visible(kpi)}`", *([f"did you mean `{near[0]}`?"] if near else []))
    graph = dependency_graph(project)
    node = project.kpis[kpi].unique_id
    above, below = graph.ancestors([node]), graph.descendants([node])
    wanted = {node, *above, *below}
    checked = api.check(loaded, graph=graph)
    columns: dict[tuple[str, str], tuple[str, ...]] = {}
    wrong: list[Diagnostic] = []
    for reader in (node, *above):
        lowered = checked.outcomes.get(reader.removeprefix("kpi.")) if reader.startswith("kpi.") else None
        if isinstance(lowered, tuple):
            wrong += lowered
        if isinstance(lowered, Lowered):
            read = columns_read(project, lowered)
            for parent in graph.parents[reader]:
                if parent.startswith("source."):
                    columns[reader, parent] = read.get(parent.removeprefix("source."), ())
    kinds = {each.unique_id: each.kind for each in project.kpis.values()}
    edges = [(parent, child) for child in graph.ordered() if child in wanted for parent in graph.parents[child]]
    # A reader's other operands are no part of this KPI's lineage.
    edges = [(parent, child) for parent, child in edges if parent in wanted]
    found = Lineage(root=node, edges=tuple(edges), columns=columns, kinds=kinds)
    session.terminal.result(drawn(found, format, session.terminal))
    return 1 if complain(session.terminal, [each for each in wrong if each.is_error], session.root) else 0
