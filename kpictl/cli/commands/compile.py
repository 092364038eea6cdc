"""`kpictl compile`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kpictl import api
from kpictl.cli.commands.check import dialect_names
from kpictl.cli.findings import chosen, complain, load_or_stop
from kpictl.cli.moments import as_of_option, moment
from kpictl.cli.options import command as make
from kpictl.cli.options import option, selector_options
from kpictl.cli.session import Session, Stop

if TYPE_CHECKING:
    from kpictl.cli.compiling.inputs import Inputs
    from kpictl.cli.compiling.record import Record
    from kpictl.model.project import Project


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
    change, and only what a change can reach is compiled again. analyses/*.sql are compiled, too.
    """
    asked = dialect_names(dialect)
    chosen_by = (*selectors, *select)
    if inline is not None or print_after is not None:
        session, _, project = load_or_stop(session, now=False)
        if inline is not None:
            return _inline(session, project, inline, asked, moment(as_of, project, "--as-of"))
        return _passes(session, project, chosen(session, project, chosen_by, exclude), print_after or "all")
    return _compile(session, chosen_by, exclude, asked, as_of)


def _compile(
    session: Session, selectors: Sequence[str], exclude: Sequence[str], dialects: Sequence[str], as_of: str | None
) -> int:
    from kpictl.cli.compiling.inputs import inputs
    from kpictl.cli.compiling.record import recall

    folder = session.target_dir
    options = {"compile": [list(selectors), list(exclude), list(dialects), as_of or ""]}
    given = inputs(session, options)
    record = None if session.state or given.contents.refused else recall(folder, given.key)
    if record is not None and record.digests == given.digests:
        return _told(session, given, record)
    if record is not None and record.partial:
        from kpictl.cli.compiling.again import compile_again

        again = compile_again(session, given, record, dialects, as_of)
        if again is not None:
            return _ended(session, given, again)
    return _whole(session, given, selectors, exclude, dialects, as_of)


def _whole(
    session: Session,
    given: Inputs,
    selectors: Sequence[str],
    exclude: Sequence[str],
    dialects: Sequence[str],
    as_of: str | None,
) -> int:
    from kpictl.cli.compiling.whole import compile_whole
    from kpictl.graph import dependency_graph

    session, loaded, project = load_or_stop(session, now=False, contents=given.contents)
    graph = dependency_graph(project)
    selection = chosen(session, project, selectors, exclude, graph)
    when = moment(as_of, project, "--as-of")
    record = compile_whole(
        session,
        loaded,
        graph,
        given=given,
        selection=selection,
        dialects=dialects,
        as_of=when,
        everything=not (selectors or exclude),
    )
    if isinstance(record, list):
        complain(session.terminal, record, session.root)
        return 1
    return _ended(session, given, record)


def _ended(session: Session, given: Inputs, record: Record) -> int:
    from kpictl.cli.compiling.record import remember
    from kpictl.rules.schedules import StartInFuture

    # What the clock decides is found anew each time.
    if session.state is None and not record.says(StartInFuture.code):
        remember(session.target_dir, record)
    return _told(session, given, record)


def _told(session: Session, given: Inputs, record: Record) -> int:
    findings = record.findings()
    if findings:
        session, _ = session.load(contents=given.contents, only=())  # for its secrets
        complain(session.terminal, findings, session.root)
    for line in record.lines:
        session.terminal.say(line)
    return 1 if record.refused else 0


def _inline(session: Session, project: Project, sql: str, asked: Sequence[str], when: Any) -> int:
    dialects = asked or api.default_dialects(project)[:1]
    failed = False
    for dialect in dialects:
        node = api.compile_inline(project, sql, dialect, as_of=when)
        if node.statement is None:
            failed = True
            complain(session.terminal, node.diagnostics, session.root, {"<inline>": sql})
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
