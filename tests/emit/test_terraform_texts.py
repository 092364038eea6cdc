"""Whatever a definition says, Terraform reads the same; and HCL is written in the columns of `terraform fmt`."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import textwrap
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from kpictl.emit import clouds
from kpictl.emit.hcl import carried, formatted, hcl_value
from tests.emit import tools
from tests.emit.hostile import TEXTS
from tests.emit.projects import emitted, hostile, shop
from tests.emit.terraform.terraform import Terraform
from tests.emit.tools import put
from tests.oracles import places

KPIS = "microservices/kpi-engine/kpi-definitions"


@pytest.fixture(scope="module")
def tool() -> Terraform:
    if shutil.which("terraform") is None:
        tools.lacking("terraform is missing: install it from its maker's packages")
    return Terraform({})


def test_texts_of_definitions_come_back(tmp_path: Path, tool: Terraform) -> None:
    root, texts = hostile(tmp_path / "hostile")
    folder = put(tmp_path / "out", emitted(root, "terraform")) / KPIS
    tool.good(folder, "init", "-no-color", "-input=false")
    kpis = tool.plan(folder)["planned_values"]["outputs"]["kpis"]["value"]
    statements = emitted(root, "jobs")
    assert len(kpis) == len(texts)
    for i, text in enumerate(texts):
        found = kpis[f"kpi_{i:02}"]
        for key in ("label", "description", "owner", "category", "unit"):
            assert _read(found, key) == text, key
        assert _read(found, "tags") == [text]
        assert str(_read(found, "query")).rstrip() in statements[f"sql/kpi_{i:02}.sql"]
        assert set(found["sql"]) == {"timescale", "druid"}


def test_texts_of_variables_come_back(tmp_path: Path, tool: Terraform) -> None:
    folder = put(tmp_path / "out", emitted(shop(tmp_path / "shop"), "terraform")) / KPIS
    given = {
        f"k{i}": {"query": text, "schedule": "0 3 * * *", "retention": "30d", "label": text}
        for i, text in enumerate(TEXTS)
        if text and "\x85" not in text and not set("\x7f\x9f\x0b\ufeff") & set(text)
    }
    (folder / "given.tfvars.json").write_text(json.dumps({"custom_kpis": given}))
    tool.good(folder, "init", "-no-color", "-input=false")
    outputs = tool.plan(folder, "-var-file=given.tfvars.json")["planned_values"]["outputs"]
    read = yaml.safe_load(outputs["definitions"]["value"])["kpis"]
    assert read == {name: {**kpi, "category": "custom"} for name, kpi in given.items()}
    assert outputs["schedules"]["value"]["daily-0100"]["kpis"] == ["orders_placed", "revenue"]
    assert len(outputs["kpis"]["value"]) == 3


def test_a_kpi_given_twice_is_refused(tmp_path: Path, tool: Terraform) -> None:
    folder = put(tmp_path / "out", emitted(shop(tmp_path / "shop"), "terraform")) / KPIS
    tool.good(folder, "init", "-no-color", "-input=false")
    given = {"revenue": {"query": "SELECT 1", "schedule": "@daily", "retention": "30d"}}
    code, said = tool.run(folder, "plan", "-no-color", "-refresh=false", f"-var=custom_kpis={json.dumps(given)}")
    assert code == 1
    assert "has the name of one of the project" in " ".join(said.split())


def test_literals_are_read_and_formatted(tmp_path: Path, tool: Terraform) -> None:
    """Every hostile text as a value and as a key, over one line and over several."""
    values = {
        "texts": list(TEXTS),
        "keys": {text: i for i, text in enumerate(TEXTS)},
        "lines": {f"k{i}": f"{text}\n{text}" for i, text in enumerate(TEXTS)},
        "nested": [{"a": [{"b": "x\ny"}], "long_name": True}, {}, [], None],
    }
    body = "".join(f"  {name} = {hcl_value(value, 2)}\n" for name, value in values.items())
    names = ", ".join(f"{name} = local.{name}" for name in values)
    text = f'locals {{\n{body}}}\n\noutput "all" {{\n  value = jsonencode({{ {names} }})\n}}\n'
    (tmp_path / "main.tf").write_bytes(formatted(text).encode())
    tool.good(tmp_path, "init", "-no-color", "-input=false")
    tool.good(tmp_path, "fmt", "-check", "-diff", "-no-color")
    assert json.loads(tool.plan(tmp_path)["planned_values"]["outputs"]["all"]["value"]) == values


def test_columns() -> None:
    text = """\
a = 1
long = "x = y" # = z
b = {
  c = [1]
  dd = "${x == 1 ? "}" : "{"}"
}
e = <<-EOT
  x = 1
  yy = 2
EOT
far = 1
f == 1
"""
    wanted = text.replace("a = 1\n", "a    = 1\n", 1).replace("  c = ", "  c  = ").replace("\ne = ", "\ne   = ")
    assert formatted(text) == wanted


def test_what_terraform_would_normalise_is_in_base64() -> None:
    assert carried("label", "\u00e9") == {"label": "\u00e9"}
    (found,) = carried("label", "e\u0301").items()
    assert found[0] == "label_base64"
    assert b64decode(str(found[1])).decode() == "e\u0301"


def _read(kpi: dict[str, object], key: str) -> object:
    """A text, or what stands in base64 for it."""
    if key in kpi:
        return kpi[key]
    held = kpi[f"{key}_base64"]
    return [b64decode(each).decode() for each in held] if isinstance(held, list) else b64decode(str(held)).decode()


def test_a_container_checks_what_it_was_given(tmp_path: Path) -> None:
    """What the emitted start does before the command: definitions join the project's, and a refusal ends it."""
    root = shop(tmp_path / "project")
    text = emitted(root, "terraform")["microservices/kpi-engine/data-pipeline/transformation.tf"]
    body = re.search(r"start = <<-EOT\n(.*?)\n  EOT", text, re.S)
    assert body is not None
    script = textwrap.dedent(body[1]).replace("$${", "${")
    script = script.replace("/tmp/project", f"{tmp_path}/copy").replace("/project/.", f"{root}/.")
    good = '"kpis":\n  "orders_now":\n    "query": "SELECT count(*) AS n FROM orders"\n    "schedule": "0 0 * * *"\n'
    places = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "KPI_STORE_DSN": "x", "PGPASSWORD": "x"}
    for given, code, says in (
        ("", 0, "revenue"),
        ("{}", 0, "revenue"),
        (good, 0, "orders_now"),
        (good.replace("count(*)", "count(nothing_there)"), 1, "nothing_there"),
        (good.replace("orders_now", "revenue"), 1, "revenue"),
    ):
        shutil.rmtree(tmp_path / "copy", ignore_errors=True)
        done = tools.run("sh", "-c", script, "kpictl", "ls", cwd=tmp_path, KPI_DEFINITIONS=given, **places)
        assert done[0] == code, (given, done[1])
        assert says in done[1]


def test_a_container_whose_kpictl_has_no_service_is_healthy(tmp_path: Path) -> None:
    """The start of Terraform's containers and that of the image are the same: health checks answer, all else is not there."""
    root = shop(tmp_path / "project")
    terraform_text = emitted(root, "terraform")["microservices/kpi-engine/data-pipeline/transformation.tf"]
    body = re.search(r"start = <<-EOT\n(.*?)\n  EOT", terraform_text, re.S)
    image = re.search(r"kpi-start\n(.*?)^EOF$", emitted(root, "docker")["Dockerfile"], re.S | re.M)
    assert body is not None
    assert image is not None
    case = image[1].partition('case "$1"')[2]
    assert case.strip() == textwrap.dedent(body[1]).partition('case "$1"')[2].strip()

    # A kpictl with neither command, whose `debug` finds nothing wrong.
    (tmp_path / "bin").mkdir()
    stand_in = tmp_path / "bin" / "kpictl"
    stand_in.write_text('#!/bin/sh\ncase "$1" in serve|ingest) exit 2;; esac\necho "ran $*"\n')
    stand_in.chmod(0o755)
    path = f"{tmp_path}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}"
    assert tools.run("sh", "-c", image[1], "kpi-start", "run", "x", cwd=tmp_path, PATH=path) == (0, "ran run x\n")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = ["sh", "-c", image[1], "kpi-start", "serve", "--host", "0.0.0.0", "--port", str(port)]
    with _running(command, path) as process:
        assert process.stdout is not None
        assert "no command serve" in process.stdout.readline()
        for page, status in (("/health", 200), ("/health/detailed?x", 200), ("/api/kpis", 404)):
            assert _status(port, page) == status, page
        process.terminate()
        assert process.wait(10) == 0
    command = ["sh", "-c", image[1], "kpi-start", "ingest", "--watch"]
    with _running(command, path) as process:
        assert process.stdout is not None
        assert "no command ingest" in process.stdout.readline()


@contextmanager
def _running(command: list[str], path: str) -> Iterator[subprocess.Popen[str]]:
    """A process that is ended whatever becomes of the test, which would wait for it for ever otherwise."""
    with subprocess.Popen(command, env={**os.environ, "PATH": path}, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def _status(port: int, page: str) -> int:
    """What a server that is about to listen answers."""
    for _ in range(50):
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            asked.request("GET", page)
            return asked.getresponse().status
        except ConnectionRefusedError:
            time.sleep(0.1)
        finally:
            asked.close()
    raise AssertionError(f"nothing listens at {port}")


@pytest.mark.parametrize("cloud", clouds.names())
def test_checkov_finds_what_is_left_out_alone(cloud: str, tmp_path: Path) -> None:
    """Each check that fails is named in the emitted `.checkov.yaml`, with the reason."""
    folder = places.venv_folder("checkov")
    if not places.complete(folder):
        pytest.skip("checkov is missing: python -m tests.emit.tools linters")
    root = (
        put(tmp_path / "out", emitted(shop(tmp_path / "shop"), "terraform", cloud=cloud)) / "microservices/kpi-engine"
    )
    asked = ("-d", ".", "--quiet", "--compact", "--skip-download", "-o", "json", "--framework", "terraform")
    _, said = tools.run(folder / "bin" / "checkov", *asked, cwd=root)
    found = json.loads(said[said.index("{") :])
    assert not found["results"]["failed_checks"]
    assert found["summary"]["passed"] > 5
    # Its parser takes no argument named `for`, which an alert rule of Grafana has.
    assert found["summary"]["parsing_errors"] == 1
    if cloud != "aws":
        return
    # Without the file it finds something, so it did look.
    (root / ".checkov.yaml").unlink()
    code, _ = tools.run(folder / "bin" / "checkov", *asked, cwd=root)
    assert code == 1
