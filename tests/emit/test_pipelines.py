"""The comment of a pull or merge request: one, updated in place, out of which no text breaks."""

from __future__ import annotations

import http.server
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from kpictl.cli.app import run
from tests.emit.projects import emitted, shop
from tests.emit.tools import put

_HOSTILE = "| x |\n```\n````\n::set-env name=A::b\n/close\n@everyone <b>\n<!-- \x1b[31m \u202e -->\n" + "`" * 200 + "\n"
_KPICTL = """\
#!/usr/bin/env python3
import os, pathlib, sys
with open(os.environ["ASKED"], "a") as asked:
    asked.write(" ".join(sys.argv[1:]) + "\\n")
if "--out" in sys.argv:
    out = pathlib.Path(sys.argv[-1], "sql")
    out.mkdir(parents=True, exist_ok=True)
    (out / "revenue.sql").write_text("before\\n" if "--project-dir" in sys.argv else "-- now\\n" + os.environ["HOSTILE"])
else:
    print(os.environ["HOSTILE"], os.environ.get("PGPASSWORD"), os.environ.get("KPI_STORE_DSN"))
sys.exit(3 if "plan" in sys.argv else 0)
"""
_BY_ANOTHER = "<!-- kpictl: shop --> not ours"


class _Api(http.server.BaseHTTPRequestHandler):
    """Comments as GitHub and notes as GitLab keep them; the robot is user 7."""

    kept: ClassVar[list[dict[str, Any]]] = []

    def _say(self, value: object) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def _body(self) -> str:
        return str(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"])

    def do_GET(self) -> None:
        if self.path == "/user":
            return self._say({"id": 7})
        page = int(re.findall(r"[?&]page=(\d+)", self.path)[0])
        return self._say(self.kept[100 * page - 100 : 100 * page])

    def do_POST(self) -> None:
        assert re.fullmatch(r"/repos/o/r/issues/5/comments|/projects/9/merge_requests/5/notes", self.path)
        assert "token-1" in (self.headers["Authorization"] or self.headers["PRIVATE-TOKEN"])
        self.kept.append(_written(len(self.kept), 7, self._body()))
        self._say({})

    def _change(self) -> None:
        self.kept[int(self.path.rsplit("/", 1)[1])]["body"] = self._body()
        self._say({})

    def do_PATCH(self) -> None:
        assert re.fullmatch(r"/repos/o/r/issues/comments/\d+", self.path)
        self._change()

    def do_PUT(self) -> None:
        assert re.fullmatch(r"/projects/9/merge_requests/5/notes/\d+", self.path)
        self._change()

    def log_message(self, format: str, *args: object) -> None: ...


def _written(number: int, user: int, body: str) -> dict[str, Any]:
    who = {"id": user, "type": "Bot" if user == 7 else "User"}
    return {"id": number, "body": body, "user": who, "author": who}


@pytest.fixture
def api() -> Iterator[str]:
    """Its address; 100 comments of others are there, the first with our mark."""
    _Api.kept = [_written(i, 1, _BY_ANOTHER) for i in range(100)]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Api) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


class _Made:
    """An emitted program beside a kpictl that answers with hostile texts."""

    def __init__(self, root: Path, artifact: str, address: str) -> None:
        put(root / "out", emitted(shop(root / "shop"), artifact))
        self.asked = root / "asked"
        self._program = root / "out" / f".{artifact}" / "kpis_comment.py"
        put(root, {"bin/kpictl": _KPICTL})
        (root / "bin" / "kpictl").chmod(0o755)
        at = {
            "github": {
                "GITHUB_ACTIONS": "true", "GITHUB_API_URL": address, "GITHUB_REPOSITORY": "o/r", "NUMBER": "5",
                "GH_TOKEN": "token-1",
            },
            "gitlab": {
                "CI_API_V4_URL": address, "CI_PROJECT_ID": "9", "CI_MERGE_REQUEST_IID": "5",
                "KPICTL_COMMENT_TOKEN": "token-1",
            },
        }[artifact]  # fmt: skip
        self._environment = at | {
            "PATH": f"{root / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ASKED": str(self.asked),
            "HOSTILE": _HOSTILE,
            "GITHUB_STEP_SUMMARY": str(root / "summary.md"),
            "NO_PROXY": "127.0.0.1",
        }
        self._root = root

    def run(self, **environment: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, self._program, "."],
            cwd=self._root / "shop",
            env=self._environment | environment,
            text=True,
            capture_output=True,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout


def _outside(markdown: str) -> tuple[list[str], list[str]]:
    """Lines outside of fenced blocks, and the blocks, by CommonMark's rule: a fence as long ends a block."""
    outside, blocks, fence = [], [], ""
    for line in markdown.splitlines():
        found = re.match(r" {0,3}(`{3,})(\w*) *$", line)
        if fence:
            if found and not found[2] and len(found[1]) >= len(fence):
                fence = ""
            else:
                blocks[-1] += line + "\n"
        elif found:
            fence = found[1]
            blocks.append("")
        else:
            outside.append(line)
    assert not fence
    return outside, blocks


@pytest.mark.parametrize("artifact", ["github", "gitlab"])
def test_one_comment_holds_check_values_and_sql(artifact: str, tmp_path: Path, api: str) -> None:
    made = _Made(tmp_path, artifact, api)
    secrets = {"PGPASSWORD": "canary-77", "KPI_STORE_DSN": "postgresql://canary-78"}
    code, log = made.run(**secrets)
    assert code == 0
    assert not [line for line in log.splitlines() if line.lstrip().startswith("::")]
    assert made.run(**secrets, KPICTL_GATE="plan")[0] == 3
    assert [each["body"] for each in _Api.kept[:100]] == [_BY_ANOTHER] * 100
    (one,) = _Api.kept[100:]
    outside, blocks = _outside(one["body"])
    assert [line for line in outside if line] == [
        "<!-- kpictl: shop -->",
        "### Definitions are right",
        "### Values of what has another meaning",
        "### SQL of the KPIs that this change reaches",
    ]
    assert len(blocks) == 3
    assert all("::set-env" in block and "\n/close" not in block and "\x1b" not in block for block in blocks)
    assert "canary" not in one["body"] + log + (tmp_path / "summary.md").read_text()
    asked = made.asked.read_text().splitlines()
    assert "--target dev plan --values 3 --exit-code" in asked
    # Options are looked at before --help is.
    assert all(run([*line.split(), "--help"]) == 0 for line in asked)


@pytest.mark.parametrize("artifact", ["github", "gitlab"])
def test_forks_are_told_why_there_are_no_values(artifact: str, tmp_path: Path, api: str) -> None:
    made = _Made(tmp_path, artifact, api)
    code, _ = made.run(GH_TOKEN="", KPICTL_COMMENT_TOKEN="", PGPASSWORD="", KPICTL_GATE="plan")
    assert code == 0
    assert len(_Api.kept) == 100
    assert "no secret that the profile reads is set here" in (tmp_path / "summary.md").read_text()
    assert "plan" not in made.asked.read_text()
