"""`--vars` reads values as the project file does; endings of files count in whatever case; threads of an output."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpictl import api
from kpictl.project import read_vars

PROFILE = """\
world:
  target: dev
  outputs:
    dev:
      store: {type: duckdb}
      threads: 3
      connections: {a: {type: duckdb, path: a.duckdb}, b: {type: duckdb, path: b.duckdb, threads: 1}, c: {type: postgres}}
"""


@pytest.mark.parametrize(
    "text",
    [
        "017",
        "'017'",
        "0o17",
        "true",
        "'true'",
        "yes",
        "1.50",
        "1e3",
        "12:30",
        "null",
        "2024-01-01",
        "[1, 017, '017']",
        "{a: 017}",
    ],
)
def test_a_value_of_the_command_line_is_that_of_a_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "kpi_project.yml").write_text(f"name: world\nvars: {{n: {text}}}\n", encoding="utf-8")
    loaded = api.load(tmp_path, profile=False)
    assert loaded.project is not None
    in_file = loaded.project.settings.vars["n"]
    given = api.load(tmp_path, profile=False, variables=read_vars(f"{{n: {text}}}"))
    assert given.project is not None
    assert (given.project.settings.vars["n"], type(given.project.settings.vars["n"])) == (in_file, type(in_file))


@pytest.mark.parametrize("text", ["[1]", "n", "{n: 12345678901234567890.123}", "{n: 1, n: 2}"])
def test_what_a_file_refuses_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_vars(text)


def test_endings_in_any_case_and_threads_of_an_output(tmp_path: Path) -> None:
    (tmp_path / "kpi_project.yml").write_text("name: world\n", encoding="utf-8")
    (tmp_path / "profiles.yml").write_text(PROFILE, encoding="utf-8")
    for folder, name, text in (("kpis", "x.YML", "kpis: {k: {query: select 1}}"), ("analyses", "a.SQL", "select 1")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text, encoding="utf-8")
    project = api.load(tmp_path).project
    assert project is not None
    assert project.output is not None
    assert list(project.kpis) == ["k"]
    assert len(project.analyses) == 1
    assert [each.options.get("threads") for each in project.output.connections] == [3, 1, None]
