"""Terraform's values are read as Terraform reads them, and definitions come back as they were."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from kpictl import api
from kpictl.cli.app import run
from kpictl.diagnostics import Refused
from kpictl.emit.hcl import formatted, hcl_value
from kpictl.imports.hcl_values import read_values
from tests.emit import tools
from tests.emit.hostile import TEXTS
from tests.emit.projects import emitted
from tests.emit.terraform.terraform import Terraform

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "tests" / "emit" / "terraform" / "document.tfvars"
LITERALS = r"""
a = 1
b = -2.5e3 # three
c = [true, false, null,]
d = { x = "1", "y z" : "two\n\"q\" \\ \u0041\U0001F389", 3 = [], }
e = "$${x} %%{y} $ % $x 100%" // a comment
f = <<EOT
  one
 two $${z}
EOT
g = <<-EOT
    one
      two
    EOT
/* over
   lines */
h = [
  {
    k = (1) # here

    l = "}"
  },
  {},
]
"""


def _plain(text: str) -> dict[str, Any]:
    return {name: value.plain() for name, value in read_values("x.tfvars", text.encode()).items()}


def test_literals() -> None:
    assert _plain(LITERALS) == {
        "a": 1, "b": -2500, "c": [True, False, None], "d": {"x": "1", "y z": 'two\n"q" \\ A🎉', "3": []},
        "e": "${x} %{y} $ % $x 100%", "f": "  one\n two ${z}\n", "g": "one\n  two\n", "h": [{"k": 1, "l": "}"}, {}],
    }  # fmt: skip


def test_terraform_reads_the_same(tmp_path: Path) -> None:
    if shutil.which("terraform") is None:
        tools.lacking("terraform is missing: install it from its maker's packages")
    read = _plain(LITERALS)
    body = "".join(f'variable "{name}" {{}}\n' for name in read) + "".join(
        f'output "{name}" {{\n  value = jsonencode(var.{name})\n}}\n' for name in read
    )
    (tmp_path / "main.tf").write_text(body)
    (tmp_path / "terraform.tfvars").write_text(LITERALS)
    tool = Terraform({})
    tool.good(tmp_path, "init", "-no-color", "-input=false")
    outputs = tool.plan(tmp_path)["planned_values"]["outputs"]
    assert {name: json.loads(each["value"]) for name, each in outputs.items()} == read


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_emitted_is_read(text: str) -> None:
    for value in (text, {text or "x": [text, {"a": text}]}):
        assert _plain(formatted(f"a = {hcl_value(value)}\n").replace('join("\\n", ', "("))["a"] is not None
    assert _plain(f"a = {hcl_value({'k': [text]}) if chr(10) not in text else '0'}\n")["a"] in ({"k": [text]}, 0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('a = file("x")', "`file` is a reference or a function"),
        ("a = var.x", "`var` is a reference"),
        ('a = "${x}"', "a template is no literal"),
        ("a = <<E\n%{ if x }\nE\n", "a template is no literal"),
        ('a = "x', "does not end in its line"),
        ("a = [1 2]", "`,` or `]` is expected"),
        ("a = {b 1}", "`=` is expected after `b`"),
        ("a = {b = 1, b = 2}", "`b` is said twice"),
        ("a = 1\na = 2", "`a` is said twice"),
        ("a = 1 b = 2", "a value ends with its line"),
        ('resource "x" "y" {}', "`=` is expected after `resource`"),
        ('a = "\\q"', "there is no such escape"),
        ("a = <<E\nx\n", "does not end with E"),
        ("a = " + "[" * 60, "nested more than"),
        ("= 1", "the name of a variable is expected"),
        ("a =", "a value is expected here"),
    ],
)
def test_what_is_no_literal_is_refused(text: str, says: str) -> None:
    with pytest.raises(Refused) as refused:
        _plain(text)
    (found,) = refused.value.diagnostics
    assert found.code == "KPI708"
    assert says in found.message


def test_no_utf_8() -> None:
    with pytest.raises(Refused):
        read_values("x", b"a = \xff")


def test_definitions_come_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """HCL to YAML to HCL: queries, schedules and retention of the document, over the sources of the example."""
    folder = tmp_path / "project"
    assert run(["import", "hcl", str(DOCUMENT), "--out", str(folder)]) == 0
    said = capsys.readouterr()
    assert "`cpu_units` says how the service is deployed" in said.err
    assert "user:pass" not in said.err + said.out
    assert not [p for p in folder.rglob("*") if p.is_file() and "user:pass" in p.read_text()]
    profile = yaml.safe_load((folder / "profiles.yml").read_text())["kpi_engine"]["outputs"]["dev"]
    assert profile["connections"]["mongodb_2"]["uri"] == "{{ env_var('SOURCE_DATABASE_2') }}"
    assert profile["store"] == {"type": "timescale", "dsn": "{{ env_var('KPI_STORE_DSN') }}"}

    (folder / "kpis" / "sources.terraform.yml").write_text((ROOT / "kpis" / "sources.yml").read_text())
    (folder / "profiles.yml").write_text((folder / "profiles.yml").read_text().replace("postgresql_1", "app"))
    files = emitted(folder, "terraform")
    given = _plain(DOCUMENT.read_text())
    for group, file in (("business_kpis", "business"), ("user_kpis", "user")):
        text = files[f"microservices/kpi-engine/kpi-definitions/{file}-metrics.tf"]
        body = text[text.index("_metrics = ") + len("_metrics = ") : text.index("\n\n  ")]
        found = _plain("a = " + body.replace('join("\\n", ', "("))["a"]
        assert {
            n: {k: v for k, v in kpi.items() if k in ("query", "schedule", "retention")} for n, kpi in found.items()
        } == given[group]


def test_templates_of_queries_stay_as_they_are(tmp_path: Path) -> None:
    query = "SELECT '{{ 7*7 }} {% if x %} {# c #}' AS x"
    data = (
        f'custom_kpis = {{ k = {{ query = {json.dumps(query)}, schedule = "0 0 * * *", odd = 1 }} }}\nx = 1\n'.encode()
    )
    made = api.import_hcl("x.tfvars", data)
    (tmp_path / "kpis").mkdir()
    for name, text in made.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    loaded = api.load(tmp_path, outlined=True)
    assert loaded.project is not None, loaded.diagnostics
    assert loaded.project.kpis["k"].spec.query == query  # type: ignore[union-attr]
    assert [each.message for each in made.left_out] == ["`odd` of k is not carried", "`x` is not known here"]


def test_what_is_there_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["import", "hcl", str(DOCUMENT)]) == 0
    assert run(["import", "hcl", str(DOCUMENT)]) == 2
    assert run(["import", "hcl", str(DOCUMENT), "--force"]) == 0
    assert run(["import", "hcl", "absent.tfvars"]) == 2
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "kpis").symlink_to(tmp_path / "elsewhere")
    assert run(["import", "hcl", str(DOCUMENT), "--out", "out"]) == 2
    assert not any((tmp_path / "elsewhere").iterdir())
