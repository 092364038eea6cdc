"""The outer edge: dispatches to a command that is loaded only when asked for, and turns every end into an exit code.

0 done; 1 findings, or something failed; 2 wrong invocation, or no readable project or profile; 3 only when asked;
130 and 143 on signals, 141 when the reader of stdout has gone.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from types import FrameType

import click

from kpictl.cli.listing import COMMANDS, find, names, top_level_help
from kpictl.cli.options import global_options
from kpictl.cli.session import Stop
from kpictl.cli.terminal import Terminal, open_terminal, visible
from kpictl.diagnostics import Refused, did_you_mean


class _Terminated(BaseException):
    """SIGTERM, raised where it hits so that transactions roll back and locks are let go."""


class _Commands(click.Group):
    """The commands by name, each loaded when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [entry.name for entry in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = find(cmd_name)
        if entry is None:
            near = did_you_mean(cmd_name, names())
            raise Stop(
                f"unknown command `{visible(cmd_name)}`",
                *([f"did you mean `kpictl {near[0]}`?"] if near else []),
                "`kpictl --help` lists the commands",
            )
        loaded: click.Command = import_module(f"kpictl.cli.commands.{entry.module}").command
        return loaded

    def get_help(self, ctx: click.Context) -> str:
        return top_level_help()


def run(arguments: Sequence[str]) -> int:
    """Runs one invocation."""
    terminal = open_terminal(os.environ, quiet="-q" in arguments or "--quiet" in arguments)
    previous = signal.signal(signal.SIGTERM, _on_terminate)
    try:
        code = _guarded(list(arguments), terminal)
        terminal.out.flush()
    except BrokenPipeError:
        _close_quietly()
        return 141
    except OSError as error:
        _close_quietly()
        terminal.complain(f"{terminal.on_err('error', 'error')}: cannot write the output: {error.strerror}")
        return 1
    finally:
        signal.signal(signal.SIGTERM, previous)
    return code


def _guarded(arguments: list[str], terminal: Terminal) -> int:
    try:
        return _invoke(arguments, terminal)
    except Stop as stop:
        _complain(terminal, stop.message, stop.help)
        return stop.code
    except click.UsageError as error:
        usage = [f"usage: {error.ctx.get_usage().removeprefix('Usage: ')}"] if error.ctx is not None else []
        path = error.ctx.command_path if error.ctx is not None else "kpictl"
        _complain(terminal, error.format_message().rstrip("."), (*usage, f"`{path} --help` lists the options"))
        return 2
    except click.ClickException as error:
        _complain(terminal, error.format_message())
        return error.exit_code
    except Refused as refused:
        for diagnostic in refused.diagnostics:
            head = terminal.on_err(f"{diagnostic.severity.value}[{diagnostic.code}]", diagnostic.severity.value)
            terminal.complain(f"{head}: {visible(diagnostic.message)}")
            for word, texts in (("note", diagnostic.notes), ("help", diagnostic.help)):
                for text in texts:
                    terminal.complain(f"  {word}: {text}")
        return 1
    except (KeyboardInterrupt, click.Abort):
        terminal.complain("interrupted: what was not finished is rolled back")
        return 130
    except _Terminated:
        terminal.complain("terminated: what was not finished is rolled back")
        return 143
    except BrokenPipeError:
        raise
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        _complain(terminal, f"{name}{error.strerror or error}")
        return 1
    except Exception as error:  # the outer edge: whatever arrives here is a fault of ours, and says so
        _internal(terminal, error)
        return 1


def _invoke(arguments: list[str], terminal: Terminal) -> int:
    group = _Commands(
        "kpictl",
        params=global_options(hidden=False),
        context_settings={"help_option_names": ["-h", "--help"]},
        no_args_is_help=False,
    )
    result = group.main(arguments, prog_name="kpictl", standalone_mode=False, obj={"terminal": terminal})
    return result if isinstance(result, int) else 0


def _complain(terminal: Terminal, message: str, help: Sequence[str] = ()) -> None:
    terminal.complain(f"{terminal.on_err('error', 'error')}: {message}")
    for text in help:
        terminal.complain(f"  {text}")


def _internal(terminal: Terminal, error: Exception) -> None:
    """Says that it is ours. The text of the error is left out unless asked for: it may hold what was being read."""
    if os.environ.get("KPICTL_TRACEBACK"):
        import traceback

        terminal.complain("".join(traceback.format_exception(error)).rstrip())
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = f"{os.path.basename(where.tb_frame.f_code.co_filename)}:{where.tb_lineno}" if where is not None else "?"
    terminal.complain(f"{terminal.on_err('internal error', 'error')}: {type(error).__name__} in {place}")
    terminal.complain("  this is a fault of kpictl, not of your project")
    terminal.complain(
        "  please report it where kpictl is developed, with what the same command says under KPICTL_TRACEBACK=1"
    )


def _on_terminate(number: int, frame: FrameType | None) -> None:
    raise _Terminated


def _close_quietly() -> None:
    """Lets the interpreter's last flush go nowhere instead of failing again."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
