"""Files go into their folder: all or none, never through a link, never over what somebody else wrote."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kpictl.diagnostics import Refused
from kpictl.emit import writing
from kpictl.emit.writing import RECORD, difference, write


def _there(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != RECORD
    }


def test_what_is_left_over_goes(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, "x", {"a.txt": "1\n", "b/c.txt": "2\n"})
    assert _there(out) == {"a.txt": "1\n", "b/c.txt": "2\n"}
    assert difference(out, "x", {"a.txt": "1\n"}).gone == ("b/c.txt",)
    write(out, "x", {"a.txt": "3\n"})
    assert _there(out) == {"a.txt": "3\n"}
    assert not (out / "b").exists()
    assert not difference(out, "x", {"a.txt": "3\n"})


def test_a_left_over_file_that_was_changed_stays(tmp_path: Path) -> None:
    write(tmp_path, "x", {"a.txt": "1\n", "b.txt": "2\n"})
    (tmp_path / "b.txt").write_text("mine")
    write(tmp_path, "x", {"a.txt": "1\n"})
    assert _there(tmp_path) == {"a.txt": "1\n", "b.txt": "mine"}


def test_two_artifacts_share_a_folder(tmp_path: Path) -> None:
    write(tmp_path, "x", {"a.txt": "1\n"})
    write(tmp_path, "y", {"b.txt": "2\n"})
    write(tmp_path, "x", {"c.txt": "3\n"})
    assert _there(tmp_path) == {"b.txt": "2\n", "c.txt": "3\n"}


def test_what_kpictl_did_not_write_stays(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(Refused, match="KPI705"):
        write(tmp_path, "x", {"README.md": "ours\n", "a.txt": "1\n"})
    assert _there(tmp_path) == {"README.md": "mine"}
    write(tmp_path, "x", {"README.md": "ours\n"}, force=True)
    assert _there(tmp_path) == {"README.md": "ours\n"}


@pytest.mark.parametrize("link", ["out", "out/b", "out/b/c.txt", "out/" + RECORD])
def test_no_link_is_followed(tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "c.txt").write_text("canary")
    place = tmp_path / link
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(outside / "c.txt" if place.suffix else outside)
    with pytest.raises(Refused, match="KPI703"):
        write(tmp_path / "out", "x", {"a.txt": "1\n", "b/c.txt": "2\n"}, force=True)
    assert _there(outside) == {"c.txt": "canary"}


def test_a_link_above_the_folder_inside_the_project_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "deploy").symlink_to(outside)
    monkeypatch.chdir(tmp_path / "project")
    for out in (Path("deploy/jobs"), tmp_path / "project" / "deploy" / "jobs"):
        with pytest.raises(Refused, match="KPI703"):
            write(out, "x", {"a.txt": "1\n"}, root=tmp_path / "project")
    assert not list(outside.iterdir())


def test_a_record_cannot_make_us_remove_other_files(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("1\n")
    out = tmp_path / "out"
    write(out, "x", {"a.txt": "1\n"})
    digest = (out / RECORD).read_text().split('"a.txt": "')[1].split('"')[0]
    (out / RECORD).write_text(f'{{"x": {{"../canary": "{digest}", "{canary}": "{digest}"}}}}')
    write(out, "x", {"b.txt": "2\n"})
    assert canary.read_text() == "1\n"


def test_a_failure_leaves_the_earlier_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "x", {"a.txt": "1\n", "b.txt": "1\n"})
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    real = writing._put

    def full(path: str, data: bytes) -> None:
        if path.endswith("/b.txt"):
            raise OSError(28, os.strerror(28))
        real(path, data)

    monkeypatch.setattr(writing, "_put", full)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path, "x", {"a.txt": "2\n", "b.txt": "2\n"})
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
