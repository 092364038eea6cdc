"""`kpictl explain KPI`: what a KPI is, how it is read, what it reads and who reads it, its tree and its SQL."""

from __future__ import annotations

from textwrap import wrap

from kpictl import api
from kpictl.cli.commands.check import dialect_names
from kpictl.cli.findings import complain, load_or_stop
from kpictl.cli.session import Session, Stop
from kpictl.cli.terminal import Terminal, visible
from kpictl.diagnostics import did_you_mean
from kpictl.graph import dependency_graph
from kpictl.kinds.lowered import Lowered
from kpictl.model.kpis import Kpi
from kpictl.model.project import Project
from kpictl.plan.timed import watched_sources


def portrait(session: Session, name: str, dialect: str | None) -> tuple[str, bool]:
    """The KPI as text, and whether it can be compiled; what is against that is shown. An unknown name ends the command with 2."""
    session, loaded, project = load_or_stop(session, now=False)
    kpi = project.kpis.get(name)
    if kpi is None:
        near = did_you_mean(name, project.kpis)
        raise Stop(f"no KPI is called `{visible(name)}`", *([f"did you mean `{near[0]}`?"] if near else []))
    dialects = dialect_names([dialect] if dialect else [])
    compiled = api.compile(loaded, dialects=dialects, selection=[kpi.unique_id])
    blocks = [_head(kpi, session.terminal)]
    lowered = next((each.lowered for each in compiled if each.lowered is not None), None)
    blocks.append("\n".join(_facts(kpi, lowered, project, session.terminal)))
    if lowered is not None:
        blocks += _trees(project, kpi, session.terminal)
    for node in compiled:
        if node.statement is not None:
            title = session.terminal.on_out(f"SQL ({node.dialect})", "bold")
            blocks.append(f"{title}\n{node.statement.sql.rstrip()}")
        complain(session.terminal, node.diagnostics, session.root)
    return "\n\n".join(blocks), not any(each.is_error for node in compiled for each in node.diagnostics)


def _trees(project: Project, kpi: Kpi, terminal: Terminal) -> list[str]:
    """The tree as the definition says it, and after each pass that changes it."""
    shown, blocks = "", list[str]()
    for title, tree in api.after_pass(project, [kpi.unique_id], "all"):
        if tree != shown:
            after = title.removeprefix(f"{kpi.name}, ")
            name = "Tree" if not blocks else f"Tree, {after}"
            blocks.append(f"{terminal.on_out(name, 'bold')}\n{tree.rstrip()}")
        shown = tree
    return blocks


def _head(kpi: Kpi, terminal: Terminal) -> str:
    title = terminal.on_out(kpi.name, "bold") + (f" · {visible(kpi.label)}" if kpi.label else "")
    text = wrap(visible(kpi.description or ""), terminal.width - 2)
    return "\n".join([title, *(f"  {line}" for line in text)])


def _facts(kpi: Kpi, lowered: Lowered | None, project: Project, terminal: Terminal) -> list[str]:
    graph = dependency_graph(project)
    watched = () if lowered is None else watched_sources(project, lowered, kpi)
    reads = [node.replace(".", " ", 1) for node in graph.parents[kpi.unique_id]]
    readers = [node.removeprefix("kpi.") for node in graph.children[kpi.unique_id]]
    facts = [
        ("defined in", f"{kpi.place.path}"),
        ("kind", kpi.kind if lowered is None else f"{kpi.kind}, read as {lowered.reading.value}"),
        ("grain", "" if lowered is None else lowered.grain.unit),
        ("dimensions", ", ".join(kpi.dimensions)),
        ("schedule", kpi.schedule or ""),
        ("retention", str(kpi.retention or "")),
        ("unit", kpi.format or kpi.unit or ""),
        ("owner", kpi.owner or ""),
        ("tags", ", ".join(kpi.tags)),
        ("reads", ", ".join(reads)),
        ("complete", "; ".join(f"{s.name} up to {' '.join(str(s.watermark).split())}" for s in watched)),
        ("read by", ", ".join(readers)),
        ("definition", "" if lowered is None else lowered.fingerprint),
    ]
    lines = [f"  {terminal.on_out(f'{key:<11}', 'dim')} {visible(value)}" for key, value in facts if value]
    for reading, why in lowered.why_not if lowered is not None else ():
        text = f"no {reading.value}: {why}"
        lines += [
            terminal.on_out(line, "dim")
            for line in wrap(text, terminal.width, initial_indent="  ", subsequent_indent="    ")
        ]
    return lines
