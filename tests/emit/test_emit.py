"""What holds for every artifact, and the command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kpictl import api
from kpictl.cli.app import run
from kpictl.emit import NAMES, named
from kpictl.emit.templating import ours
from tests.emit.projects import emitted, hostile, shop


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = shop(tmp_path / "shop")
    monkeypatch.chdir(root)
    for name in ("KPI_STORE_DSN", "PGPASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return root


@pytest.mark.parametrize("name", NAMES)
def test_an_emitter_is_two_files_and_a_word(name: str) -> None:
    emitter = named(name)
    assert emitter.name == name
    assert emitter.summary
    assert (ours() / name).is_dir()


def test_every_folder_of_templates_is_an_emitters() -> None:
    assert {path.name for path in ours().iterdir() if path.is_dir()} == {*NAMES, "shared"}


@pytest.mark.parametrize("name", NAMES)
def test_same_bytes(name: str, project: Path) -> None:
    first = emitted(project, name)
    assert first
    assert emitted(project, name) == first
    assert "README.md" in first


@pytest.mark.parametrize("name", NAMES)
def test_every_readme_says_how_to_make_it_again(name: str, project: Path) -> None:
    text = emitted(project, name)["README.md"]
    assert f"kpictl emit {name}" in text


_TOLD = {
    "what it needs": r"You need|## Prerequisites",
    "commands": r"```(sh|bash)\n",
    "blue and green": r"[Bb]lue and green",
    "a canary": r"[Cc]anary",
    "the way back": r"[Rr]oll back",
    "its cost": r"\b[Cc]osts?\b",
}


@pytest.mark.parametrize("name", NAMES)
def test_every_readme_leads_to_a_deployed_service(name: str, project: Path) -> None:
    files = emitted(project, name)
    text = "\n".join(files[path] for path in sorted(files) if path.endswith("README.md"))
    assert [what for what, told in _TOLD.items() if not re.search(told, text)] == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_secret_is_in_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what the profile says in plain text, nor what its variables hold."""
    root = shop(tmp_path / "shop")
    text = (root / "profiles.yml").read_text().replace("host: db1", "host: canary-host-77")
    (root / "profiles.yml").write_text(text.replace("user: kpi", "user: canary-user-77"))
    for variable in ("KPI_STORE_DSN", "PGPASSWORD"):
        monkeypatch.setenv(variable, "canary-value-77")
    assert not [path for path, text in emitted(root, name).items() if "canary-" in text]


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_project_makes_the_same_number_of_files(name: str, tmp_path: Path) -> None:
    """Kpis of the same number with plain words make as many files, of the same names."""
    root, texts = hostile(tmp_path / "hostile")
    files = emitted(root, name)
    plain = shop(tmp_path / "plain", kpis=_plain(len(texts)))
    assert len(emitted(plain, name)) == len(files)


@pytest.mark.parametrize("name", ["ddl", "kubernetes", "docker", "github", "gitlab"])
def test_texts_of_definitions_stand_nowhere(name: str, tmp_path: Path) -> None:
    """What holds no label, description, owner, category, tag or query cannot be broken by one."""
    root, texts = hostile(tmp_path / "hostile")
    assert emitted(root, name) == emitted(shop(tmp_path / "plain", kpis=_plain(len(texts))), name)


def _plain(count: int) -> str:
    return "kpis:\n" + "".join(
        f"  kpi_{i:02}: {{label: w{i}, description: w, owner: w, category: w{i}, tags: [w], unit: w, docs: w, "
        "measure: sum(amount), source: orders, where: status = 'w', grain: day, dimensions: [country], "
        'thresholds: [{when: "value < 5", severity: critical, notify: [slack_ops]}]}\n'
        for i in range(count)
    )


def test_emit_check_and_again(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["emit", "jobs", "--check"]) == 1
    assert "missing: deploy/jobs/README.md" in capsys.readouterr().out
    assert run(["emit", "jobs", "--dry-run"]) == 0
    assert not (project / "deploy").exists()
    assert run(["emit", "jobs"]) == 0
    assert run(["emit", "jobs", "--check"]) == 0
    capsys.readouterr()
    (project / "kpis" / "orders.yml").write_text(
        (project / "kpis" / "orders.yml").read_text().replace("'paid'", "'done'")
    )
    assert run(["emit", "jobs", "--check"]) == 1
    assert "stale: deploy/jobs/sql/revenue.sql" in capsys.readouterr().out


def test_errors_of_the_project_stop_it(project: Path) -> None:
    assert run(["emit", "jobs"]) == 0
    before = (project / "deploy/jobs/manifest.json").read_bytes()
    (project / "kpis" / "orders.yml").write_text("kpis: {x: {measure: sum(nothing), source: orders}}")
    assert run(["emit", "jobs"]) == 1
    assert (project / "deploy/jobs/manifest.json").read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [["emit"], ["emit", "job"], ["emit", "jobs", "--dialect", "mysql"], ["emit", "jobs", "--cloud", "aws"]],
    ids=" ".join,
)
def test_wrong_invocations(project: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert "error" in capsys.readouterr().err


def test_a_projects_own_template_shadows_ours(project: Path) -> None:
    own = project / "templates" / "jobs"
    own.mkdir(parents=True)
    (own / "README.md.j2").write_text("mine: {{ kpis }}\n")
    assert emitted(project, "jobs")["README.md"] == "mine: 3\n"


@pytest.mark.parametrize(
    "template",
    [
        "{{ nothing }}",
        "{{ kpis",
        "{% include 'x' %}",
        "{{ ''.__class__.__mro__ }}",
        "{{ emission | word }}",
        "{{ 1/0 }}",
    ],
)
def test_a_bad_template_of_ones_own(project: Path, template: str, capsys: pytest.CaptureFixture[str]) -> None:
    own = project / "templates" / "jobs"
    own.mkdir(parents=True)
    (own / "README.md.j2").write_text(template)
    assert run(["emit", "jobs"]) == 1
    said = capsys.readouterr().err
    assert "KPI701" in said
    assert "internal error" not in said
    assert not (project / "deploy").exists()


def test_a_template_that_leads_out(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "canary").write_text("canary-77")
    own = project / "templates" / "jobs"
    own.mkdir(parents=True)
    (own / "README.md.j2").symlink_to(tmp_path / "canary")
    assert run(["emit", "jobs"]) == 1
    said = capsys.readouterr()
    assert "KPI701" in said.err
    assert "canary-77" not in said.err + said.out


def test_a_kpi_that_a_dialect_cannot_say_is_left_out(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "kpis" / "more.yml").write_text(
        "kpis: {all_of: {query: \"SELECT length(string_agg(status, ',' ORDER BY id)) FROM orders\", owner: x@y.example}}"
    )
    assert run(["emit", "jobs", "--dialect", "druid", "--format", "json"]) == 0
    said = capsys.readouterr()
    assert "KPI704" in said.err
    assert not (project / "deploy/jobs/sql/all_of.sql").exists()
    assert (project / "deploy/jobs/sql/revenue.sql").exists()


def test_the_list(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["emit", "--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(NAMES) == len(api.artifacts())
