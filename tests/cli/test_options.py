"""What holds for every command: variables, help, the options that stand everywhere."""

from __future__ import annotations

from importlib import import_module

import click
import pytest

from kpictl.cli.listing import COMMANDS, GLOBAL_OPTIONS
from kpictl.cli.options import global_options, variable


def _command(module: str) -> click.Command:
    return import_module(f"kpictl.cli.commands.{module}").command


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_every_option_has_its_variable(entry) -> None:
    for parameter in _command(entry.module).params:
        if isinstance(parameter, click.Option) and parameter.expose_value:
            long = next(name for name in parameter.opts if name.startswith("--"))
            assert parameter.envvar == variable(long)


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_help_says_what_the_command_and_each_option_do(entry) -> None:
    command = _command(entry.module)
    assert command.help
    assert all(parameter.help for parameter in command.params if isinstance(parameter, click.Option))


def test_the_top_level_help_lists_the_global_options() -> None:
    listed = " ".join(flags for flags, _ in GLOBAL_OPTIONS)
    for parameter in global_options(hidden=False):
        assert all(name in listed for name in parameter.opts)
