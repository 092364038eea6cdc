"""`kpictl compile`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from kpictl import __version__, api
from kpictl.cli import unchanged
from kpictl.cli.artifacts import make_folder, remove_stale, write_json, write_many
from kpictl.cli.commands.check import dialect_names
from kpictl.cli.findings import chosen, complain, load_or_stop
from kpictl.cli.moments import as_of_option, moment
from kpictl.cli.options import command as make
from kpictl.cli.options import option, selector_options
from kpictl.cli.reports import short_record
from kpictl.cli.session import Session, Stop
from kpictl.graph import dependency_graph
from kpictl.graph.manifest import manifest

if TYPE_CHECKING:
    from kpictl.model.project import Project
    from kpictl.plan.compiled import Compiled, Statement


@make(
    "compile",
    [
        *selector_options(),
        option(
            "--dialect",
            multiple=True,
            metavar="DIALECT",
            help="`all`, or a dialect; default: that of each KPI's connection.",
        ),
        as_of_option("A literal logical time instead of the parameter as_of."),
        option("--inline", metavar="SQL", help="Print one SELECT in the dialect; writes nothing."),
        option("--print-after", metavar="PASS", help="Show the ir after a pass, `all` after each; writes nothing."),
    ],
)
def command(
    session: Session,
    selectors: tuple[str, ...],
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    dialect: tuple[str, ...],
    as_of: str | None,
    inline: str | None,
    print_after: str | None,
) -> int:
    """Writes each KPI's SQL to target/compiled/DIALECT/, and what happened to target/compile_results.json.

    A KPI that a dialect cannot say is refused with a KPI5xx error, never approximated. Files are written only when they
    change. analyses/*.sql are compiled, too.
    """
    asked = dialect_names(dialect)
    if inline is not None or print_after is not None:
        session, _, project = load_or_stop(session, now=False)
        when = moment(as_of, project, "--as-of")
        if inline is not None:
            return _inline(session, project, inline, asked, when)
        selection = chosen(session, project, (*selectors, *select), exclude)
        return _passes(session, project, selection, print_after or "all")
    folder = session.target_dir
    wanted = _Wanted((*selectors, *select), exclude, asked, as_of)
    key = unchanged.key_of(session, {"compile": [list(part or ()) for part in wanted]})
    said = None if session.state else unchanged.recall(folder, key)
    if said is None:
        return _compile(session, folder, wanted, key)
    for line in said:
        session.terminal.say(line)
    return 0


class _Wanted(NamedTuple):
    """What was asked for."""

    selectors: tuple[str, ...]
    exclude: tuple[str, ...]
    dialects: tuple[str, ...]
    as_of: str | None


def _compile(session: Session, folder: Path, wanted: _Wanted, key: str) -> int:
    session, loaded, project = load_or_stop(session, now=False)
    graph = dependency_graph(project)
    selection = chosen(session, project, wanted.selectors, wanted.exclude, graph)
    when = moment(wanted.as_of, project, "--as-of")
    checked = api.check(loaded, graph=graph)
    blocking = api.blocking(checked.diagnostics)
    if blocking:
        complain(session.terminal, checked.diagnostics, session.root)
        return 1
    compiled = api.compile(loaded, dialects=wanted.dialects, selection=selection, as_of=when, outcomes=checked.outcomes)
    unchanged.forget(folder)
    wrote = _write(session, folder, compiled, whole=not (wanted.selectors or wanted.exclude))
    write_json(folder / "manifest.json", manifest(project, graph), session.terminal.redact)
    wrote.append(str(folder / "manifest.json"))
    found = [*checked.diagnostics, *(each for node in compiled for each in node.diagnostics)]
    shown = complain(session.terminal, found, session.root)
    lines = _summary(session, compiled, folder)
    for line in lines:
        session.terminal.say(line)
    if any(node.statement is None for node in compiled):
        return 1
    if not shown:
        unchanged.remember(folder, key, lines, wrote)
    return 0


def _write(session: Session, folder: Path, compiled: Sequence[Compiled], whole: bool) -> list[str]:
    """Writes what changed, removes what no node makes any more; returns all files that stand for this compilation."""
    kept: dict[str, set[str]] = {}
    texts: dict[str, str] = {}
    for node in compiled:
        path = f"{folder}/compiled/{node.dialect}/{node.path}"
        paths = kept.setdefault(node.dialect, set())
        if node.statement is not None:
            paths.add(path)
            texts[path] = _file(node)
        elif os.path.isfile(path) and not os.path.islink(path):
            os.unlink(path)
    write_many(texts)
    if whole:
        for dialect, paths in kept.items():
            make_folder(folder / "compiled" / dialect)
            remove_stale(folder / "compiled" / dialect, paths)
    results = folder / "compile_results.json"
    write_json(results, _results(session, compiled), session.terminal.redact)
    return [*(path for paths in kept.values() for path in paths), str(results)]


def _file(node: Compiled) -> str:
    assert node.statement is not None
    return node.statement.sql.rstrip().rstrip(";") + "\n"


def _results(session: Session, compiled: Sequence[Compiled]) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "kpictl_version": __version__,
        "results": [_result(session, node) for node in compiled],
    }


def _result(session: Session, node: Compiled) -> dict[str, Any]:
    statement = node.statement
    result: dict[str, Any] = {
        "unique_id": node.unique_id,
        "dialect": node.dialect,
        "status": node.status,
        "path": None if statement is None else f"target/compiled/{node.dialect}/{node.path}",
        "connection": node.connection,
        "settings": {} if statement is None else dict(statement.settings),
        "parameters": _parameters(statement),
        "total": None,
        "diagnostics": [short_record(each) for each in api.locate(node.diagnostics, session.root)],
    }
    if node.total is not None:
        result["total"] = {"sql": node.total.sql, "parameters": _parameters(node.total)}
    return result


def _parameters(statement: Statement | None) -> list[dict[str, str]]:
    if statement is None:
        return []
    return [{"name": each.name, "type": str(each.type)} for each in statement.parameters]


def _summary(session: Session, compiled: Sequence[Compiled], folder: Path) -> list[str]:
    """One line a dialect: how many were compiled, how many refused."""
    lines = []
    for dialect in dict.fromkeys(node.dialect for node in compiled):
        nodes = [node for node in compiled if node.dialect == dialect]
        refused = sum(1 for node in nodes if node.statement is None)
        tail = f", {refused} refused" if refused else ""
        place = folder.relative_to(session.root) / "compiled" / dialect
        lines.append(f"{dialect}: {len(nodes) - refused} compiled to {place}/{tail}")
    return lines or ["nothing is selected"]


def _inline(session: Session, project: Project, sql: str, asked: Sequence[str], when: Any) -> int:
    dialects = asked or api.default_dialects(project)[:1]
    failed = False
    for dialect in dialects:
        node = api.compile_inline(project, sql, dialect, as_of=when)
        if node.statement is None:
            failed = True
            complain(session.terminal, node.diagnostics, session.root)
        else:
            head = f"-- {dialect}\n" if len(dialects) > 1 else ""
            session.terminal.result(head + node.statement.sql)
    return 1 if failed else 0


def _passes(session: Session, project: Project, selection: Sequence[str], name: str) -> int:
    try:
        for title, text in api.after_pass(project, selection, name):
            session.terminal.result(session.terminal.on_out(f"-- {title}", "dim") + f"\n{text}\n")
    except LookupError as error:
        raise Stop(f"--print-after: {error.args[0]}") from None
    return 0
