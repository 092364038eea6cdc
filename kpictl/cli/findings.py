"""Shows findings to a person, and loads a project or stops with what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kpictl import api
from kpictl.cli.session import Session, Stop
from kpictl.cli.snippet import drawn, summary
from kpictl.cli.terminal import Terminal, Veil
from kpictl.diagnostics import Diagnostic, Refused, Severity

if TYPE_CHECKING:
    from kpictl.graph import Before, Graph
    from kpictl.model.project import Project
    from kpictl.project import Contents, Loaded
    from kpictl.project.locating import Located

_BREAK = re.compile(r"\r\n|\r|\n")
_LONGEST = 1_000
_SHOWN_AT_MOST = 200
"""Findings drawn at once; more help nobody. All are in `check --format json`."""


def text_of(
    findings: Sequence[Located],
    root: Path,
    terminal: Terminal,
    *,
    colour: bool,
    texts: Mapping[str, str] | None = None,
) -> str:
    """The findings as drawn, with an empty line between. Secrets are hidden before a line is cut."""
    width = terminal.width
    sources = _sources(findings[:_SHOWN_AT_MOST], root, terminal.redact)
    sources.update({path: tuple(map(terminal.redact.mask, text.splitlines())) for path, text in (texts or {}).items()})
    blocks = [drawn(each, sources, width=width, colour=colour) for each in findings[:_SHOWN_AT_MOST]]
    if len(findings) > _SHOWN_AT_MOST:
        blocks.append(f"... and {len(findings) - _SHOWN_AT_MOST} more (all: kpictl check --format json)")
    return "\n\n".join(blocks)


def show_all(session: Session, diagnostics: Sequence[Diagnostic]) -> int:
    """Draws findings of any severity on stderr, without a summary; the exit code that they ask for."""
    if not diagnostics:
        return 0
    terminal = session.terminal
    terminal.complain(text_of(located(session, diagnostics), session.root, terminal, colour=terminal.colour_err))
    return 1 if any(each.is_error for each in diagnostics) else 0


def _sources(findings: Sequence[Located], root: Path, veil: Veil) -> dict[str, tuple[str, ...]]:
    """The lines of each file that is drawn, up to the last one that is needed."""
    from kpictl.project.files import shown_text

    last: dict[str, int] = {}
    for finding in findings:
        for span in (finding.span, *finding.others):
            if span is not None:
                last[span.path] = max(last.get(span.path, 0), span.line)
    found = {}
    for path, number in last.items():
        text = shown_text(root, path)
        if text is not None:
            found[path] = tuple(veil.mask(line) for line in _BREAK.split(text, number)[:number])
    return found


def located(session: Session, diagnostics: Iterable[Diagnostic]) -> list[Located]:
    """The diagnostics with lines and columns, sorted, without secrets, and none longer than a reader has patience for."""
    return covered(api.locate(diagnostics, session.root), session.terminal.redact)


def covered(findings: Iterable[Located], veil: Veil) -> list[Located]:
    """The findings without secrets; what is longer than 1,000 characters is cut after that."""

    def short(text: str) -> str:
        text = veil(text)
        return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."

    def cover(each: Located) -> Located:
        found = each.diagnostic
        if not veil and len(found.message) <= _LONGEST and not found.notes and not found.others:
            return each
        changed = replace(
            found,
            message=short(found.message),
            label=short(found.label),
            notes=tuple(map(short, found.notes)),
            help=tuple(map(short, found.help)),
            others=tuple(replace(label, text=short(label.text)) for label in found.others),
        )
        return replace(each, diagnostic=changed)

    return [cover(each) for each in findings]


def complain(
    terminal: Terminal, diagnostics: Iterable[Diagnostic], root: Path, texts: Mapping[str, str] | None = None
) -> list[Located]:
    """Draws findings on stderr with their summary. Hints are shown only with -v, errors even with --quiet.

    `texts` are those that stand in no file, by the path of their places.
    """
    wanted = [
        each
        for each in covered(api.locate(diagnostics, root, texts), terminal.redact)
        if each.diagnostic.is_error
        or (not terminal.quiet and (terminal.verbose or each.diagnostic.severity is Severity.WARNING))
    ]
    if wanted:
        terminal.complain(text_of(wanted, root, terminal, colour=terminal.colour_err, texts=texts) + "\n")
        terminal.complain(summary(wanted))
    return wanted


@contextmanager
def keeping_settings(session: Session) -> Iterator[None]:
    """Draws what the project's settings do not allow where they stand, as `plan` does, and ends the command with 1."""
    try:
        yield
    except Refused as refused:
        if not any(each.place is not None and each.place.path == "kpi_project.yml" for each in refused.diagnostics):
            raise
        complain(session.terminal, refused.diagnostics, session.root)
        raise SystemExit(1) from None


def load_or_stop(
    session: Session, *, profile: bool = True, now: bool = True, contents: Contents | None = None
) -> tuple[Session, Loaded, Project]:
    """A project without errors; else its findings are shown and the command ends with 1.

    `profile=False` is for commands that need no data, `now=False` for those that do not care what now is; `contents`
    are the project's files where they were read already.
    """
    session, loaded = session.load(profile=profile, contents=contents)
    if loaded.project is None:
        complain(session.terminal, loaded.diagnostics, session.root)
        raise SystemExit(1)
    if now:
        say_as_of(session, loaded.project)
    return session, loaded, loaded.project


def say_as_of(session: Session, project: Project) -> None:
    """Tells what "now" is when the output says so."""
    for line in as_of_line(project):
        session.terminal.say(session.terminal.on_err(line, "dim"))


def as_of_line(project: Project) -> list[str]:
    """The line that tells what "now" is, if the output says so."""
    output = project.output
    if output is None or output.as_of is None:
        return []
    from zoneinfo import ZoneInfo

    local = output.as_of.astimezone(ZoneInfo(project.settings.timezone))
    return [f"now is {local:%Y-%m-%d %H:%M} {project.settings.timezone} (as_of of output {output.name!r})"]


def chosen(
    session: Session,
    project: Project,
    selectors: Sequence[str],
    exclude: Sequence[str],
    graph: Graph | None = None,
) -> tuple[str, ...]:
    """What the selectors mean; a selector that means nothing ends the command with 2."""
    from kpictl.graph import UnknownSelector

    try:
        return api.select(project, selectors, exclude, before=before(session), graph=graph)
    except UnknownSelector as error:
        raise Stop(error.message, *([error.help] if error.help else [])) from None


def before(session: Session) -> Before | None:
    """The state named by `--state`."""
    if session.state is None:
        return None
    from kpictl.graph.manifest import read_before

    try:
        return read_before(session.state)
    except ValueError as error:
        raise Stop(f"--state: {error}") from None
