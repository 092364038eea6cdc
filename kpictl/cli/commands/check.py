"""`kpictl check`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from kpictl import api
from kpictl.cli.findings import located, text_of
from kpictl.cli.options import command as make
from kpictl.cli.options import option
from kpictl.cli.session import Session, Stop
from kpictl.cli.snippet import summary
from kpictl.diagnostics import Severity, did_you_mean

if TYPE_CHECKING:
    from kpictl.kinds.lowered import Lowered
    from kpictl.plan.compiled import Compiled
    from kpictl.project.locating import Located


@make(
    "check",
    [
        option(
            "--format",
            type=click.Choice(["human", "json", "github", "sarif"]),
            default="human",
            show_default=True,
            help="How findings are written to stdout.",
        ),
        option(
            "--dialect",
            multiple=True,
            metavar="DIALECT",
            help="Also: can each KPI be said there? `all` asks every one.",
        ),
        option(
            "--fail-on",
            type=click.Choice(["error", "warn"]),
            default="error",
            show_default=True,
            help="warn: exit 3 on warnings.",
        ),
        option("--live", is_flag=True, help="Also: have each connection plan each query, without running any."),
        option("--fix", is_flag=True, help="Apply the safe fixes first."),
    ],
)
def command(session: Session, format: str, dialect: tuple[str, ...], fail_on: str, live: bool, fix: bool) -> int:
    """Checks everything that can be known without touching data.

    Reads YAML, names, types, circles, every query and rule, and with --dialect whether each KPI can be said there.
    With --live each connection of the output is asked, too: it plans every query (EXPLAIN), and runs none.
    Says how each query was read, and why not another way. Writes nothing, except with --fix.
    """
    dialects = dialect_names(dialect)
    session, loaded = session.load()
    result = api.check(loaded, dialects=dialects, analyses=True)
    if fix:
        from kpictl.cli.fixing import apply_fixes

        changed = apply_fixes(api.locate(result.diagnostics, session.root), session.root)
        session.terminal.say(f"fixed {changed} place{'s' if changed != 1 else ''}")
        if changed:
            session, loaded = session.load()
            result = api.check(loaded, dialects=dialects, analyses=True)
    if live and result.project is not None:
        result = replace(result, diagnostics=(*result.diagnostics, *api.live(loaded, result)))
    findings = located(session, result.diagnostics)
    _show(session, result, findings, format)
    if result.failed:
        return 1
    warned = any(each.diagnostic.severity is Severity.WARNING for each in findings)
    return 3 if warned and fail_on == "warn" else 0


def dialect_names(asked: Sequence[str]) -> tuple[str, ...]:
    """The dialects that `--dialect a,b` or `--dialect all` means; an unknown one ends the command with 2."""
    if not asked:
        return ()
    known = api.dialects()
    names = [name for text in asked for name in text.replace(",", " ").split()]
    if "all" in names:
        return known
    for name in names:
        if name not in known:
            near = did_you_mean(name, known)
            raise Stop(
                f"--dialect: unknown dialect `{name}`",
                f"did you mean `{near[0]}`?" if near else f"there are {', '.join(known)}, and all",
            )
    return tuple(dict.fromkeys(names))


def _show(session: Session, result: api.Check, findings: list[Located], format: str) -> None:
    from kpictl.cli import reports

    terminal = session.terminal
    if format == "json":
        terminal.result(reports.as_json(findings, [_record(each) for each in _queries(result)]))
    elif format == "github":
        if findings:
            terminal.result(reports.as_github(findings))
    elif format == "sarif":
        from kpictl.rules.catalogue import every_finding

        terminal.result(reports.as_sarif(findings, every_finding()))
    else:
        _show_human(session, result, findings)


def _show_human(session: Session, result: api.Check, findings: list[Located]) -> None:
    terminal = session.terminal
    if findings:
        terminal.result(text_of(findings, session.root, terminal, colour=terminal.colour_out) + "\n")
    if not terminal.quiet and _queries(result):
        terminal.result(_readings(session, _queries(result)) + "\n")
    if result.portability:
        terminal.result(_portability(session, result.portability) + "\n")
    counted = summary(findings)
    if result.project is not None and not counted:
        counted = terminal.on_out(
            f"{_plural(len(result.project.kpis), 'KPI')} checked, nothing to complain about", "good"
        )
    if counted:
        terminal.result(counted)


def _queries(result: api.Check) -> list[Lowered]:
    """What the KPIs written as queries became, in file order."""
    if result.project is None:
        return []
    names = [kpi.name for kpi in result.project.kpis.values() if kpi.kind == "query"]
    return [result.lowered[name] for name in names if name in result.lowered]


def _readings(session: Session, queries: list[Lowered]) -> str:
    """How each query was read: name, reading, grain, and below it why it is nothing better."""
    terminal = session.terminal
    wide = max(len(each.name) for each in queries)
    kind = max(len(each.reading.value) for each in queries)
    lines = [terminal.on_out("How each query is read", "bold")]
    for each in queries:
        lines.append(f"  {each.name:<{wide}}  {each.reading.value:<{kind}}  by {each.grain.unit}".rstrip())
        for reading, why in each.why_not:
            lines += _wrapped(f"no {reading.value}: {why}", "      ", terminal.width, terminal.on_out)
    return "\n".join(lines)


def _wrapped(text: str, indent: str, width: int, paint: Any) -> list[str]:
    from textwrap import wrap

    return [paint(line, "dim") for line in wrap(text, width, initial_indent=indent, subsequent_indent=indent + "  ")]


def _record(lowered: Lowered) -> dict[str, Any]:
    return {
        "kpi": lowered.name,
        "reading": lowered.reading.value,
        "grain": lowered.grain.unit,
        "why_not": [{"reading": reading.value, "why": why} for reading, why in lowered.why_not],
    }


def _portability(session: Session, compiled: Sequence[Compiled]) -> str:
    """A row a node, a column a dialect: yes, or the code of the refusal."""
    from kpictl.cli.tables import Cell, Column, Styled, table

    dialects = list(dict.fromkeys(each.dialect for each in compiled))
    cells: dict[str, dict[str, Cell]] = {}
    for each in compiled:
        codes = [diagnostic.code for diagnostic in each.diagnostics if diagnostic.is_error]
        cell = Styled("yes", "good") if each.statement is not None else Styled(codes[0] if codes else "no", "bad")
        cells.setdefault(each.name, {})[each.dialect] = cell
    columns = [Column("KPI"), *(Column(name, shrink=0) for name in dialects)]
    rows = [[name, *(row.get(dialect, "") for dialect in dialects)] for name, row in cells.items()]
    return table(columns, rows, session.terminal)


def _plural(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"
