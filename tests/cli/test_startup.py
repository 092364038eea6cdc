"""What may be imported when: answers about kpictl itself cost nothing, and help costs no engine."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kpictl.cli.listing import COMMANDS

_HEAVY = ("sqlglot", "duckdb", "rich", "jinja2", "psycopg", "pymongo", "yaml", "msgspec")


def _loaded(*arguments: str) -> set[str]:
    """Top-level packages in memory after a command."""
    script = (
        "import sys\nfrom kpictl.__main__ import main\n"
        f"try: main({list(arguments)!r})\nexcept SystemExit: pass\n"
        "print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("arguments", [["--version"], ["version"], ["--help"]])
def test_answers_about_itself_load_no_command_line(arguments: list[str]) -> None:
    assert not _loaded(*arguments) & {"click", *_HEAVY}


@pytest.mark.parametrize("name", [entry.name for entry in COMMANDS])
def test_help_of_a_command_loads_no_engine(name: str) -> None:
    assert not _loaded(name, "--help") & set(_HEAVY)


def test_listing_loads_no_engine(tmp_path) -> None:
    (tmp_path / "kpi_project.yml").write_text("name: a\n")
    (tmp_path / "kpis").mkdir()
    (tmp_path / "kpis" / "a.yml").write_text(
        "sources: {t: {time: at, columns: {at: timestamptz}}}\nkpis: {a: {measure: count(*), source: t}}\n"
    )
    assert not _loaded("--project-dir", str(tmp_path), "ls") & {"sqlglot", "duckdb", "rich", "jinja2"}
