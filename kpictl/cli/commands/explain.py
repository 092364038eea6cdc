"""`kpictl explain`."""

from __future__ import annotations

import re
from inspect import cleandoc

import click

from kpictl.cli.options import command as make
from kpictl.cli.options import option
from kpictl.cli.session import Session, Stop
from kpictl.diagnostics import Finding

_CODE = re.compile(r"(?i)(?:kpi)?-?(\d{3})")


@make(
    "explain",
    [
        click.Argument(["what"], metavar="CODE|KPI"),
        option("--dialect", metavar="DIALECT", help="For a KPI: the dialect of the SQL that is shown."),
    ],
)
def command(session: Session, what: str, dialect: str | None) -> int:
    """Prints the page of a code, or how a KPI is read and compiled.

    kpictl explain KPI104 tells what the code does, why it matters, an example, and what to write instead.
    kpictl explain revenue tells kind, grain, what it reads, how its query was read, its tree before and after each
    pass that changes it, and its SQL; 1 when it has none.
    """
    if _CODE.fullmatch(what):
        session.terminal.result(_page(session, _finding(what)))
        return 0
    from kpictl.cli.portrait import portrait

    text, is_sound = portrait(session, what, dialect)
    session.terminal.result(text)
    return 0 if is_sound else 1


def _finding(what: str) -> type[Finding]:
    from kpictl.rules.catalogue import every_finding

    match = _CODE.fullmatch(what)
    assert match is not None
    code = f"KPI{match[1]}"
    known = {each.code: each for each in every_finding()}
    if code not in known:
        near = sorted(sorted(known, key=lambda each: abs(int(each[3:]) - int(match[1])))[:3])
        raise Stop(f"there is no code {code}", f"near it: {', '.join(near)}")
    return known[code]


def _page(session: Session, finding: type[Finding]) -> str:
    terminal = session.terminal
    head, *lines = cleandoc(finding.__doc__ or "").split("\n")
    severity = finding.severity.value
    shown = [f"{terminal.on_out(f'{severity}[{finding.code}]', severity)}: {terminal.on_out(head, 'bold')}"]
    shown += [terminal.on_out(line.removeprefix("## "), "bold") if line.startswith("## ") else line for line in lines]
    return "\n".join(shown)
