"""Options and how commands are made of them. Each option has a variable: `--as-of` is KPICTL_AS_OF."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from kpictl.cli.session import Session, find_root, read_variables
from kpictl.cli.terminal import open_terminal


def option(*names: str, help: str, **settings: Any) -> click.Option:
    """An option with its KPICTL_ variable."""
    long = next(name for name in names if name.startswith("--")).split("/")[0]
    return click.Option(names, help=help, envvar=variable(long), **settings)


def variable(long: str) -> str:
    """The variable of a long option."""
    return "KPICTL_" + long.removeprefix("--").replace("-", "_").upper()


def _remember(context: click.Context, parameter: click.Parameter, value: object) -> None:
    """Keeps a global option, wherever it stood; one after the command beats one before it."""
    if value not in (None, False, 0):
        context.find_root().ensure_object(dict)[parameter.name] = value


def global_options(*, hidden: bool) -> list[click.Parameter]:
    """The options that every command takes, too; hidden there, because the top-level help lists them."""

    def make(*names: str, help: str, **settings: Any) -> click.Option:
        made = option(*names, help=help, hidden=hidden, expose_value=False, callback=_remember, **settings)
        if hidden:
            made.envvar = None
        return made

    return [
        make("--project-dir", metavar="DIR", help="The project."),
        make("--profiles-dir", metavar="DIR", help="Where profiles.yml stands."),
        make("--target", "-t", metavar="NAME", help="The profile's output."),
        make("--vars", metavar="YAML", help="Values of variables."),
        make("--state", metavar="DIR", help="An earlier target/ to compare with."),
        make("--quiet", "-q", is_flag=True, help="Results and errors only."),
        make("--verbose", "-v", count=True, help="Say more."),
    ]


SELECTORS: tuple[Callable[[], click.Parameter], ...] = (
    lambda: click.Argument(["selectors"], nargs=-1, metavar="[SELECTOR]..."),
    lambda: option("--select", "-s", multiple=True, metavar="SELECTOR", help="The same as an argument, as in dbt."),
    lambda: option("--exclude", multiple=True, metavar="SELECTOR", help="What to leave out."),
)
"""Names, globs, revenue+, +arpu, 2+x, tag:, category:, owner:, source:, path:, state:, result:."""


def selector_options() -> list[click.Parameter]:
    """SELECTOR..., --select, --exclude."""
    return [make() for make in SELECTORS]


def what_options() -> list[click.Parameter]:
    """What of the selected KPIs is computed, for `run` and `plan`."""
    return [
        option("--backfill", metavar="FROM..TO", help="Compute these buckets again; TO is not included."),
        option("--full-refresh", is_flag=True, help="Forget what is stored of the selected KPIs and compute it anew."),
        option("--forward-only", is_flag=True, help="A changed definition begins now; what is done keeps its values."),
    ]


def how_options() -> list[click.Parameter]:
    """How a run goes about it, for `run`, `retry` and `schedule`."""
    return [
        option(
            "--threads",
            type=click.IntRange(1, 64),
            default=4,
            show_default=True,
            metavar="N",
            help="Connections that are asked at once; how many threads DuckDB uses says the profile.",
        ),
        option("--fail-fast", is_flag=True, help="Begin nothing more after the first failure."),
    ]


def command(
    name: str, parameters: Sequence[click.Parameter], *, epilog: str = ""
) -> Callable[[Callable[..., int]], click.Command]:
    """Makes a command of a function `(session, **parameters) -> exit code`; its docstring is the help."""

    def make(function: Callable[..., int]) -> click.Command:
        def callback(**given: Any) -> int:
            return function(session_of(click.get_current_context()), **given)

        return click.Command(
            name,
            params=[*parameters, *global_options(hidden=True)],
            callback=callback,
            help=function.__doc__,
            epilog=epilog or "The options of `kpictl --help` work here too; each option has a KPICTL_ variable.",
            context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        )

    return make


def session_of(context: click.Context) -> Session:
    """The session that the options before and after the command describe."""
    given = context.find_root().ensure_object(dict)
    terminal = given.get("terminal") or open_terminal(os.environ)
    return Session(
        terminal=replace(terminal, quiet=bool(given.get("quiet")), verbose=int(given.get("verbose", 0))),
        root=find_root(given.get("project_dir")),
        profiles_dir=Path(given["profiles_dir"]) if "profiles_dir" in given else None,
        target=given.get("target"),
        variables=read_variables(given.get("vars")),
        state=Path(given["state"]) if "state" in given else None,
    )
