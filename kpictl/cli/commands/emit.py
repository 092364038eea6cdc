"""`kpictl emit`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kpictl import api
from kpictl.cli.findings import complain
from kpictl.cli.options import command as make
from kpictl.cli.options import option
from kpictl.cli.session import Session, Stop
from kpictl.diagnostics import Diagnostic, did_you_mean

if TYPE_CHECKING:
    from kpictl.emit.writing import Difference


@make(
    "emit",
    [
        click.Argument(["artifacts"], nargs=-1, metavar="[ARTIFACT]..."),
        option("--out", metavar="DIR", help="Where files go; default: deploy/ARTIFACT below the project."),
        option(
            "--dialect", metavar="DIALECT", help="The SQL of artifacts that hold some; default: as the profile says."
        ),
        option("--cloud", metavar="CLOUD", help="The cloud of artifacts that know several."),
        option("--check", is_flag=True, help="Write nothing; end with 1 when files on disk are stale."),
        option("--dry-run", is_flag=True, help="Write nothing; say what would be written."),
        option("--force", is_flag=True, help="Replace files that kpictl did not write, too."),
        option("--list", is_flag=True, help="Say what there is to emit."),
        option("--format", type=click.Choice(["text", "json"]), default="text", help="How the result is printed."),
    ],
)
def command(
    session: Session,
    artifacts: tuple[str, ...],
    out: str | None,
    dialect: str | None,
    cloud: str | None,
    check: bool,
    dry_run: bool,
    force: bool,
    list: bool,
    format: str,
) -> int:
    """Writes what other tools deploy, made of the definitions alone: no store, no data and no secret is read.

    `kpictl emit --list` says what there is; `kpictl emit all` makes all of it, `kpictl emit --check` looks at what was
    made. A project's own templates/ARTIFACT/ shadows the templates that kpictl brings. Files of an earlier emit that are
    made no more are removed; a failed emit leaves everything as it was.
    """
    known = {each.name: each for each in api.artifacts()}
    if list:
        return _listed(session, known, format)
    if check and not artifacts and out is None:
        artifacts = _there(session, known)
    chosen = _chosen(artifacts, known)
    if out is not None and len(chosen) > 1:
        raise Stop("--out takes one artifact at a time")
    given = {"dialect": dialect, "cloud": cloud}
    for name, value in given.items():
        if value is not None and not any(name in each.options for each in chosen):
            raise Stop(f"{chosen[0].name} takes no --{name}")
    if dialect is not None and dialect not in api.dialects():
        near = did_you_mean(dialect, api.dialects())
        raise Stop(f"there is no dialect `{dialect}`", *([f"did you mean `{near[0]}`?"] if near else []))
    session, loaded = session.load(outlined=True)
    checked = api.check(loaded)
    if api.blocking(checked.diagnostics) or loaded.project is None:
        complain(session.terminal, checked.diagnostics, session.root)
        return 1
    emit = api.emitter(loaded, checked, dialect=dialect, cloud=cloud)
    results = []
    commands = []
    findings: dict[object, Diagnostic] = {}
    for each in chosen:
        folder = session.root / each.folder if out is None else Path(out)
        commands.append(_command(session, each, given, folder))
        made = emit(each.name, commands[-1])
        findings |= {(found.code, found.message): found for found in made.diagnostics}
        results.append((each.name, folder, _done(session, folder, each.name, made.files, check or dry_run, force)))
    complain(session.terminal, findings.values(), session.root)
    stale = any(difference for _, _, difference in results)
    _tell(session, results, format, check=check, dry_run=dry_run)
    if check and stale and format == "text":
        again = [text for text, (_, _, difference) in zip(commands, results, strict=True) if difference]
        session.terminal.say(f"stale: make it again with `{'`, `'.join(again)}`")
    return 1 if check and stale else 0


def _there(session: Session, known: Mapping[str, api.Artifact]) -> tuple[str, ...]:
    """The artifacts that were emitted to where they go by default."""
    from kpictl.emit.writing import RECORD

    return tuple(name for name, each in known.items() if (session.root / each.folder / RECORD).exists())


def _chosen(names: Sequence[str], known: Mapping[str, api.Artifact]) -> list[api.Artifact]:
    if not names:
        raise Stop("emit: which artifact?", f"there are {', '.join(known)}; `kpictl emit --list` says more")
    chosen = {}
    for name in known if "all" in names else names:
        if name not in known:
            near = did_you_mean(name, known)
            raise Stop(
                f"there is no artifact `{name}`",
                *([f"did you mean `{near[0]}`?"] if near else []),
                f"there are {', '.join(known)}",
            )
        chosen[name] = known[name]
    return [*chosen.values()]


def _command(session: Session, artifact: api.Artifact, given: Mapping[str, str | None], folder: Path) -> str:
    """The command that makes the same again, in the project's folder."""
    parts = ["kpictl", "emit", artifact.name]
    for name, value in given.items():
        if value is not None and name in artifact.options:
            parts += [f"--{name}", value]
    if session.target is not None:
        parts += ["--target", session.target]
    absolute = folder.absolute()
    if absolute != (session.root / artifact.folder).absolute():
        inside = absolute.is_relative_to(session.root)
        parts += ["--out", absolute.relative_to(session.root).as_posix() if inside else "THIS_FOLDER"]
    return " ".join(parts)


def _done(
    session: Session, folder: Path, artifact: str, files: Mapping[str, str], look: bool, force: bool
) -> Difference:
    from kpictl.emit.writing import difference, write

    if look:
        return difference(folder, artifact, files, root=session.root)
    return write(folder, artifact, files, root=session.root, force=force)


def _listed(session: Session, known: Mapping[str, api.Artifact], format: str) -> int:
    if format == "json":
        rows = [
            {"name": each.name, "what": each.summary, "folder": each.folder, "options": [*each.options]}
            for each in known.values()
        ]
        session.terminal.result(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    width = max(map(len, known))
    session.terminal.result("\n".join(f"{each.name:<{width}}  {each.summary}" for each in known.values()))
    return 0


def _tell(
    session: Session, results: Sequence[tuple[str, Path, Difference]], format: str, *, check: bool, dry_run: bool
) -> None:
    shown = [(name, _shown(session, folder), difference) for name, folder, difference in results]
    if format == "json":
        rows = [
            {
                "artifact": name,
                "folder": folder,
                "new": [*difference.new],
                "changed": [*difference.changed],
                "gone": [*difference.gone],
                "same": difference.same,
            }
            for name, folder, difference in shown
        ]
        session.terminal.result(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for name, folder, difference in shown:
        if check or dry_run:
            words = ("missing", "stale", "left over") if check else ("new", "changed", "removed")
            for word, paths in zip(words, (difference.new, difference.changed, difference.gone), strict=True):
                for path in paths:
                    session.terminal.result(f"{word}: {folder}/{path}")
        counts = [
            f"{len(paths)} {word}"
            for word, paths in (
                ("new", difference.new),
                ("changed", difference.changed),
                ("removed", difference.gone),
            )
            if paths
        ]
        counts += [f"{difference.same} as they were"] if difference.same else []
        session.terminal.say(f"{name}: {', '.join(counts) or 'no files'} in {folder}/")


def _shown(session: Session, folder: Path) -> str:
    absolute = folder.absolute()
    return absolute.relative_to(session.root).as_posix() if absolute.is_relative_to(session.root) else str(folder)
