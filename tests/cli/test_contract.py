"""The contract of a good Unix tool: exit codes, streams, signals, closed pipes, full disks, no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

_ENVIRONMENT = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100"}
_KPICTL = [sys.executable, "-m", "kpictl"]


_SECRET_PROFILE = """
shop:
  target: dev
  outputs:
    dev:
      store: {type: duckdb, path: target/k.duckdb}
      connections:
        shop: {type: postgres, host: 127.0.0.1, port: 1, user: kpi, password: "{{ env_var('PW') }}", dbname: x}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What `init` makes."""
    subprocess.run([*_KPICTL, "init", "shop"], cwd=tmp_path, check=True, capture_output=True, env=_ENVIRONMENT)
    return tmp_path / "shop"


def _run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*_KPICTL, *arguments], cwd=cwd, capture_output=True, text=True, env={**_ENVIRONMENT, **environment}, timeout=60
    )


def test_results_go_to_stdout_and_the_rest_to_stderr(project: Path) -> None:
    done = _run("run", cwd=project)
    assert done.returncode == 0
    assert "revenue" in done.stdout
    assert "now is 2017-12-31" in done.stderr
    assert "now is" not in done.stdout
    again = _run("run", cwd=project)
    assert again.returncode == 0
    assert "nothing to do" in again.stderr


def test_quiet_leaves_results_and_errors(project: Path) -> None:
    done = _run("--quiet", "ls", cwd=project)
    assert (done.stdout.split(), done.stderr) == (["revenue", "orders_per_day"], "")
    failed = _run("ls", "--quiet", "nonsense", cwd=project)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "no KPI is called" in failed.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nonsense"], 2),
        (["ls", "--nonsense"], 2),
        (["ls", "nonsense"], 2),
        (["compile", "--dialect", "nonsense"], 2),
        (["compile", "--as-of", "yesterday"], 2),
        (["run", "--backfill", "2017-02-01"], 2),
        (["run", "--backfill", "2017-02-01..2017-01-01"], 2),
        (["explain", "KPI998"], 2),
        (["explain", "nonsense"], 2),
        (["history"], 2),
        (["--project-dir", "/nonexistent", "ls"], 2),
        (["--target", "nonsense", "run"], 2),
        (["--state", "nowhere", "ls", "state:modified"], 2),
        (["--vars", "{", "ls"], 2),
        (["ls"], 0),
        (["check"], 0),
        (["ls", "tag:*nothing*"], 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_exit_codes(project: Path, arguments: list[str], code: int) -> None:
    done = _run(*arguments, cwd=project)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert bool(done.stderr) or code == 0


def test_an_empty_folder_is_no_project(tmp_path: Path) -> None:
    for command in ("check", "ls", "run", "compile", "show", "debug"):
        done = _run(command, cwd=tmp_path)
        assert done.returncode == 2, command
        assert "kpictl init" in done.stderr + done.stdout, command
    assert list(tmp_path.iterdir()) == []


def test_variables_stand_for_options_and_flags_beat_them(project: Path) -> None:
    assert _run("ls", cwd=project, KPICTL_OUTPUT="selector").stdout.split()[0] == "kpi.revenue"
    assert _run("ls", "--output", "name", cwd=project, KPICTL_OUTPUT="selector").stdout.split()[0] == "revenue"
    assert _run("ls", cwd=project.parent, KPICTL_PROJECT_DIR=str(project)).returncode == 0
    assert _run("run", cwd=project, KPICTL_TARGET="nonsense").returncode == 2
    assert _run("run", "--target", "dev", cwd=project, KPICTL_TARGET="nonsense").returncode == 0


def test_global_options_stand_before_or_after_the_command(project: Path) -> None:
    before = _run("--project-dir", str(project), "ls", cwd=project.parent)
    after = _run("ls", "--project-dir", str(project), cwd=project.parent)
    assert before.stdout == after.stdout == "revenue\norders_per_day\n"


def test_a_closed_pipe_is_quiet(project: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", f'set -o pipefail; "{sys.executable}" -m kpictl schema | head -1'],
        cwd=project,
        capture_output=True,
        text=True,
        env=_ENVIRONMENT,
    )
    assert done.stdout == "{\n"
    assert done.stderr == ""
    assert done.returncode in (0, 141)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_on_stdout_is_an_error_without_a_traceback(project: Path) -> None:
    for arguments in (["ls"], ["--help"], ["--version"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [*_KPICTL, *arguments], cwd=project, stdout=full, stderr=subprocess.PIPE, text=True, env=_ENVIRONMENT
            )
        assert done.returncode == 1
        assert "No space left" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals(project: Path, number: signal.Signals, code: int) -> None:
    script = (
        "import sys, time, kpictl.api as api\n"
        "def slow(*_, **__):\n    print('ready', file=sys.stderr, flush=True)\n    time.sleep(30)\n"
        "api.load = slow\nfrom kpictl.__main__ import main\nraise SystemExit(main(['run']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=project,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs ignore SIGINT, and their children would, too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "ready\n"
    time.sleep(0.05)
    process.send_signal(number)
    rest = process.communicate(timeout=60)[1]
    assert process.returncode == code
    assert "Traceback" not in rest
    assert "rolled back" in rest


def test_an_internal_error_says_that_it_is_ours_and_keeps_what_was_read_to_itself(project: Path) -> None:
    script = (
        "import kpictl.api as api\n"
        "def broken(*_, **__): raise RuntimeError('hunter2')\n"
        "api.load = broken\nfrom kpictl.__main__ import main\nraise SystemExit(main(['ls']))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=project, capture_output=True, text=True, env=_ENVIRONMENT)
    assert done.returncode == 1
    assert "fault of kpictl" in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr
    asked = {**_ENVIRONMENT, "KPICTL_TRACEBACK": "1"}
    done = subprocess.run([sys.executable, "-c", script], cwd=project, capture_output=True, text=True, env=asked)
    assert "Traceback" in done.stderr


def test_a_target_that_leads_out_of_the_project_is_refused(project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "canary").write_text("alive")
    (project / "target").symlink_to(outside)
    for command in ("compile", "run", "clean"):
        done = _run(command, cwd=project)
        assert done.returncode == 1, command
        assert "symbolic link" in done.stderr
    assert [path.name for path in outside.iterdir()] == ["canary"]


def test_a_link_below_target_is_not_written_through(project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep.sql").write_text("alive")
    (project / "target").mkdir()
    (project / "target" / "compiled").symlink_to(outside)
    done = _run("compile", cwd=project)
    assert done.returncode == 1
    assert "symbolic link" in done.stderr
    assert [path.name for path in outside.iterdir()] == ["keep.sql"]
    assert _run("clean", cwd=project).returncode == 0
    assert (outside / "keep.sql").read_text() == "alive"


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "a/b", "A", "a-b", "a" * 101, "", "1a", "a\x1b[31m", "..", "-x"])
def test_init_takes_only_names(tmp_path: Path, name: str) -> None:
    done = _run("init", "--", name, cwd=tmp_path)
    assert done.returncode == 2
    assert "\x1b" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_init_never_overwrites(project: Path) -> None:
    (project / "kpis" / "shop.yml").write_text("mine")
    done = _run("init", "shop", cwd=project.parent)
    assert done.returncode == 2
    assert (project / "kpis" / "shop.yml").read_text() == "mine"


def test_nothing_is_written_by_a_command_that_fails_its_checks(project: Path) -> None:
    with (project / "kpis" / "shop.yml").open("a") as file:
        file.write("  bad:\n    measure: sum(nothing)\n    source: orders\n")
    for command in ("compile", "run"):
        done = _run(command, cwd=project)
        assert done.returncode == 1, command
        assert "nothing" in done.stderr
    assert not (project / "target").exists()


def test_secrets_are_never_printed(project: Path) -> None:
    secret = "s3cr3t/with%signs"
    (project / "profiles.yml").write_text(_SECRET_PROFILE)
    for arguments in (
        ["debug"],
        ["-vv", "run"],
        ["check"],
        ["compile"],
        ["ls", "--output", "json", "--output-keys", "all"],
    ):
        done = _run(*arguments, cwd=project, PW=secret, KPICTL_TRACEBACK="1")
        assert secret not in done.stdout + done.stderr, arguments
        assert "s3cr3t%2Fwith%25signs" not in done.stdout + done.stderr, arguments
    for path in (project / "target").rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path
