"""What stands on the disk: links, pipes, devices, odd names, folders in the place of files and files of folders."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.forks import Forks
from tests.faults.test_cases import tree

_CANARY = "CANARY-d41d8cd9: nobody may see this line\n"
_GOOD = "1 KPI checked"


def _link_out(p: Path) -> None:
    (p / "kpis/x.yml").symlink_to(p.parent / "canary.yml")


def _device(p: Path) -> None:
    (p / "kpis/x.yml").symlink_to("/dev/zero")


def _pipe(p: Path) -> None:
    os.mkfifo(p / "kpis/x.yml")


def _folder_link_out(p: Path) -> None:
    (p / "kpis/sub").symlink_to(p.parent)


def _loops(p: Path) -> None:
    (p / "kpis/one").symlink_to(".")
    (p / "kpis/two").symlink_to("..")


def _itself(p: Path) -> None:
    (p / "kpis/x.yml").symlink_to("x.yml")


def _nowhere(p: Path) -> None:
    (p / "kpis/x.yml").symlink_to("nothing.yml")


def _project_link(p: Path) -> None:
    (p / "kpi_project.yml").unlink()
    (p / "kpi_project.yml").symlink_to(p.parent / "canary.yml")


def _profile_link(p: Path) -> None:
    (p / "profiles.yml").unlink()
    (p / "profiles.yml").symlink_to(p.parent / "canary.yml")


def _profile_pipe(p: Path) -> None:
    (p / "profiles.yml").unlink()
    os.mkfifo(p / "profiles.yml")


def _analysis_link(p: Path) -> None:
    (p / "analyses").mkdir()
    (p / "analyses/x.sql").symlink_to(p.parent / "canary.yml")


def _macro_link(p: Path) -> None:
    (p / "macros").mkdir()
    (p / "macros/x.sql").symlink_to(p.parent / "canary.yml")


def _kpis_is_a_file(p: Path) -> None:
    shutil.rmtree(p / "kpis")
    (p / "kpis").write_text("kpis: {}\n")


def _odd_names(p: Path) -> None:
    for name in ("a\nb.yml", "x\x1b[31m.yml", "-x.yml", "$(touch owned).yml", "a'b.yml", "\u202elmy.x.yml"):
        (p / "kpis" / name).write_text("kpis: {}\n")
    with open(os.fsencode(p / "kpis") + b"/\xff.yml", "wb") as file:
        file.write(b"kpis: {}\n")


def _good_names(p: Path) -> None:
    for name in ("a b.yml", "ü.yml", "x.y.yaml", "n" * 250 + ".yml", ".hidden.yml", "notes.txt", "a+b@c.yml"):
        text = "\tno YAML at all" if name in (".hidden.yml", "notes.txt") else "kpis: {}\n"
        (p / "kpis" / name).write_text(text)


def _folder_like_a_file(p: Path) -> None:
    (p / "kpis/folder.yml").mkdir()


def _link_inside(p: Path) -> None:
    (p / "more.yml").write_text("sources: {}\n")
    (p / "kpis/x.yml").symlink_to("../more.yml")


LAYOUTS: dict[str, tuple[Callable[[Path], None], int, str]] = {
    "a link out of the project": (_link_out, 1, "kpis/x.yml:1:1"),
    "a device": (_device, 1, "kpis/x.yml:1:1"),
    "a pipe": (_pipe, 1, "no regular file"),
    "a folder that is a link": (_folder_link_out, 1, "is a link to a folder"),
    "folders in a circle": (_loops, 1, "is a link to a folder"),
    "a link to itself": (_itself, 1, "kpis/x.yml:1:1"),
    "a link to nothing": (_nowhere, 1, "kpis/x.yml:1:1"),
    "settings that are a link": (_project_link, 1, "kpi_project.yml:1:1"),
    "a profile that is a link": (_profile_link, 1, "profiles.yml:1:1"),
    "a profile that is a pipe": (_profile_pipe, 1, "no regular file"),
    "an analysis that is a link": (_analysis_link, 1, "analyses/x.sql:1:1"),
    "a macro that is a link": (_macro_link, 1, "macros/x.sql:1:1"),
    "a file in the place of a folder": (_kpis_is_a_file, 1, "kpis:1:1"),
    "odd names": (_odd_names, 1, "KPI113"),
    "good names": (_good_names, 0, _GOOD),
    "a folder like a file": (_folder_like_a_file, 0, _GOOD),
    "a link inside of the project": (_link_inside, 0, _GOOD),
}


@pytest.fixture(autouse=True)
def canary(tmp_path: Path) -> None:
    """A file beside the project that nobody may see."""
    (tmp_path / "canary.yml").write_text(_CANARY)


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(name: str, forks: Forks, project: Path) -> None:
    make, code, said = LAYOUTS[name]
    make(project)
    outside = (project.parent / "canary.yml").stat().st_mtime_ns
    for command in ("check", "compile") if code else ("check",):
        done = forks.run(project, command)
        told = done.said
        assert done.code == code, told
        assert said in told or (command != "check" and not code)
        assert "CANARY" not in told
        assert "nobody" not in told
        assert "\x1b" not in told
        assert "internal error" not in told
        assert "Traceback" not in told
        if code:
            assert not (project / "target").exists()
    assert (project.parent / "canary.yml").stat().st_mtime_ns == outside
    assert not (project / "owned").exists()


def test_a_store_behind_a_link_is_refused(forks: Forks, project: Path) -> None:
    outside = project.parent / "outside"
    outside.mkdir()
    (project / "target").mkdir()
    (project / "target" / "kpis.duckdb").symlink_to(outside / "k.duckdb")
    done = forks.run(project, "run")
    assert done.code == 1
    assert "KPI916" in done.said
    (project / "target" / "kpis.duckdb").unlink()
    (project / "target" / "sub").symlink_to(outside)
    profile = project / "profiles.yml"
    profile.write_text(profile.read_text().replace("target/kpis.duckdb", "target/sub/kpis.duckdb"))
    done = forks.run(project, "run")
    assert done.code == 1
    assert "KPI916" in done.said
    assert list(outside.iterdir()) == []


def test_a_store_elsewhere_is_the_authors_will(forks: Forks, project: Path) -> None:
    profile = project / "profiles.yml"
    profile.write_text(profile.read_text().replace("target/kpis.duckdb", "../elsewhere.duckdb"))
    assert forks.run(project, "run").code == 0
    assert (project.parent / "elsewhere.duckdb").is_file()


def test_results_that_are_in_the_way(forks: Forks, project: Path) -> None:
    (project / "target/compile_results.json").mkdir(parents=True)
    (project / "target/run_results.json").mkdir(parents=True)
    for command in ("compile", "run"):
        done = forks.run(project, command)
        assert done.code == 1
        assert "Is a directory" in done.said
        assert "Traceback" not in done.said
    assert not [path for path in (project / "target").iterdir() if path.name.startswith(".compile_results")]


def test_a_data_folder_that_is_gone_is_an_error_of_the_kpi(forks: Forks, project: Path) -> None:
    shutil.rmtree(project / "data")
    done = forks.run(project, "run")
    assert done.code == 1
    assert "KPI901" in done.said
    assert "nothing to do" not in done.said
    assert forks.run(project, "check").code == 0


def test_odd_data_files(forks: Forks, project: Path) -> None:
    data = project / "data"
    (data / "noise.csv").write_bytes(b"\xff\xfe\0\1\n" * 10)
    (data / "broken.parquet").write_bytes(b"PAR1")
    (data / "two.sql").write_text("SELECT 1; DROP TABLE orders")
    (data / "latin.sql").write_bytes(b"SELECT '\xe9'")
    done = forks.run(project, "run")
    assert done.code == 1
    assert "latin.sql" in done.said
    (data / "latin.sql").unlink()
    (data / "a*.csv").write_text("x\n1\n")
    (data / "out.sql").write_text("COPY (SELECT 1) TO 'owned.csv'")
    before = tree(data)
    done = forks.run(project, "run")
    assert done.code == 0, done.said
    assert tree(data) == before
    (project / "kpis/more.yml").write_text(
        "sources:\n"
        + "".join(f"  {name}: {{connection: app}}\n" for name in ("noise", "broken", "two", "out"))
        + "kpis:\n"
        + "".join(f"  k_{name}: {{query: select count(*) from {name}}}\n" for name in ("noise", "broken", "two", "out"))
    )
    done = forks.run(project, "run")
    assert done.code == 1
    for name in ("broken.parquet", "two.sql", "out.sql"):
        assert name in done.said
    assert "internal error" not in done.said
    assert not (project / "owned.csv").exists()
    assert tree(data) == before
