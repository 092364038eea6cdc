"""Sections of the summary at the end of a run, from whichever process ran the tests (`pytest -n 2` has several)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

_SECTIONS = pytest.StashKey[dict[str, Callable[[], list[str]]]]()
_TOLD = pytest.StashKey[dict[str, list[str]]]()


def of(config: pytest.Config) -> dict[str, Callable[[], list[str]]]:
    """Title to the lines of that section, asked for when all tests have run; a section without lines is left out."""
    return config.stash.setdefault(_SECTIONS, {})


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Ask for the lines while their fixtures are still known; a worker process hands them on."""
    told = {title: lines() for title, lines in of(session.config).items()}
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is None:
        _add(session.config, told)
    else:
        output["sections"] = told


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker process has ended: take its lines. One that died has none."""
    _add(node.config, getattr(node, "workeroutput", {}).get("sections", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for title, lines in config.stash.get(_TOLD, {}).items():
        terminalreporter.section(title)
        for line in dict.fromkeys(lines):
            terminalreporter.write_line(line)


def _add(config: pytest.Config, told: dict[str, list[str]]) -> None:
    kept = config.stash.setdefault(_TOLD, {})
    for title, lines in told.items():
        if lines:
            kept.setdefault(title, []).extend(lines)
