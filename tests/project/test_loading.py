"""A folder becomes a project: which files are read, in which order, what they inherit, and which names clash."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from kpictl.diagnostics import Diagnostic, Place, Span
from kpictl.project import Loaded, NoProfile, NoProject, contents, load, redact, spellings
from kpictl.project.secrets import secrets_in_text
from kpictl.syntax import locate

_PROFILE = """shop:
  target: dev
  outputs:
    dev: {store: {type: duckdb, path: target/k.duckdb}, connections: {app: {type: duckdb, files: data}}, as_of: 2025-01-01}
    prod: {store: {type: timescale, dsn: "{{ env_var('DSN') }}"}, connections: {app: {type: postgres,
      host: h, password: "{{ env_var('PW', 'none') }}"}}}
"""
_KPI = "{query: select 1}"


def _write(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in {"kpi_project.yml": "name: shop\n", **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def _load(root: Path, files: Mapping[str, str], **options: Any) -> Loaded:
    return load(_write(root, files), profile=False, **options)


def _at(found: Diagnostic, root: Path) -> str:
    """`path:line:column` of a finding, and of its second place."""
    places = [found.place, *(other.place for other in found.others)]
    spans = [
        each if isinstance(each, Span) else locate(each, (root / each.path).read_bytes()) for each in places if each
    ]
    return " and ".join(f"{each.path}:{each.line}:{each.column}" for each in spans)


# -- files -------------------------------------------------------------------------------------------------------------


def test_which_files_are_read_and_in_which_order(tmp_path: Path) -> None:
    read = ["kpis/a/z.yml", "kpis/a.yml", "kpis/b.yaml", "kpis/sub/deep/x.yml", "kpis/ü 1.yml", "analyses/q.sql"]
    read += ["macros/m.sql"]
    unread = [
        "kpis/.hidden.yml",
        "kpis/.git/x.yml",
        "kpis/notes.txt",
        "kpis/x.sql",
        "kpis/a.yml~",
        "other/x.yml",
        "x.yml",
    ]
    unread += ["analyses/.q.sql", "analyses/x.yml", "macros/x.jinja", "kpis/x.YML.bak"]
    root = _write(tmp_path, dict.fromkeys([*read, *unread], ""))
    found = contents(root)
    assert list(found.files) == read
    assert found.refused == ()


def test_order_is_that_of_names_however_the_disk_lists_them(tmp_path: Path) -> None:
    names = [f"kpis/{name}.yml" for name in ("b", "a", "B", "_", "1", "aa", "a-b", "a.b")]
    assert list(contents(_write(tmp_path, dict.fromkeys(names, ""))).files) == sorted(names)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_inside_of_the_project_are_read_and_others_refused(tmp_path: Path) -> None:
    root = _write(tmp_path / "p", {"kpis/a.yml": "", "shared/s.yml": "kpis: {s: {query: select 1}}"})
    (tmp_path / "out.yml").write_text("kpis: {out: {query: select 1}}")
    (root / "kpis" / "in.yml").symlink_to(root / "shared" / "s.yml")
    (root / "kpis" / "out.yml").symlink_to(tmp_path / "out.yml")
    (root / "kpis" / "folder").symlink_to(root / "shared")
    (root / "kpis" / "gone.yml").symlink_to(root / "nothing.yml")
    found = contents(root)
    assert list(found.files) == ["kpis/a.yml", "kpis/in.yml"]
    assert [_at(each, root) for each in found.refused] == ["kpis/folder:1:1", "kpis/gone.yml:1:1", "kpis/out.yml:1:1"]
    assert {each.code for each in found.refused} == {"KPI113"}


def test_a_folder_without_marks_is_no_project(tmp_path: Path) -> None:
    for folder, says in ((tmp_path, "is no project"), (tmp_path / "nothing", "there is no folder")):
        with pytest.raises(NoProject, match=says) as problem:
            load(folder)
        assert problem.value.help


def test_files_that_were_read_already_are_not_read_again(tmp_path: Path) -> None:
    root = _write(
        tmp_path, {"kpis/a.yml": "kpis: {a: {query: select 1}}", "kpis/b.yml": "kpis: {b: {query: select 1}}"}
    )
    before = contents(root)
    (root / "kpis" / "a.yml").write_text("kpis: {c: {query: select 1}}")
    assert set(load(root, profile=False, contents=before).project.kpis) == {"a", "b"}  # type: ignore[union-attr]
    only = load(root, profile=False, contents=before, only=["kpis/b.yml"])
    assert set(only.project.kpis) == {"b"}  # type: ignore[union-attr]


def test_every_mistake_of_every_file_is_told(tmp_path: Path) -> None:
    files = {
        "kpis/a.yml": "kpis: {a: {query: select 1, ownr: me}, b: {grain: day}}\nx: 1\n",
        "kpis/b.yml": "kpis: {a: [\n",
        "kpis/c.yml": "kpis: {c: {query: select 1}, D: {query: select 1}}\n",
        "kpi_project.yml": "name: shop\ntimezone: Mars\n",
    }
    loaded = _load(tmp_path, files)
    assert loaded.project is None
    assert sorted(_at(each, tmp_path) for each in loaded.diagnostics) == sorted([
        "kpi_project.yml:2:11", "kpis/a.yml:1:29", "kpis/a.yml:1:40", "kpis/a.yml:2:1", "kpis/b.yml:2:1", "kpis/c.yml:1:30",
    ])  # fmt: skip
    assert set(loaded.readable.kpis) == {"c"}  # type: ignore[union-attr]
    assert loaded.unread == {"a", "b", "D"}
    assert set(loaded.files) == set(files)


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Revenue-EU", "revenue_eu"),
        ("1a", None),
        ("_a", "a"),
        ("a" * 101, "a" * 100),
        ("ä", None),
        ("a b", "a_b"),
        ("", None),
    ],
)
def test_names_that_are_none(name: str, near: str | None, tmp_path: Path) -> None:
    for what, block in (("kpis", _KPI), ("sources", "{connection: app}"), ("tests", "{kpi: a, given: {}, expect: []}")):
        (found,) = _load(tmp_path, {"kpis/a.yml": f'{what}:\n  "{name}": {block}\n'}).diagnostics
        assert (found.code, _at(found, tmp_path)) == ("KPI110", "kpis/a.yml:2:3")
        assert [text for text in found.help if near] == ([f"did you mean {near!r}?"] if near else [])


@pytest.mark.parametrize("name", ["a", "a1", "a_", "a" * 100, "select", "true", "z9_"])
def test_names_that_are_some(name: str, tmp_path: Path) -> None:
    project = _load(tmp_path, {"kpis/a.yml": f"kpis: {{{name}: {_KPI}}}\n"}).project
    assert project is not None
    assert list(project.kpis) == [name]


@pytest.mark.parametrize(
    ("what", "block", "code", "second"),
    [
        ("kpis", _KPI, "KPI111", "x"),
        ("sources", "{connection: app}", "KPI111", "x"),
        ("tests", "{kpi: x, given: {}, expect: []}", "KPI111", "x"),
        ("kpis", _KPI, "KPI112", "X"),
        ("sources", "{connection: app}", "KPI112", "X"),
    ],
)
def test_one_name_in_two_files_shows_both(what: str, block: str, code: str, second: str, tmp_path: Path) -> None:
    files = {
        "kpis/a.yml": f"{what}:\n  x: {block}\n",
        "kpis/sub/b.yml": f"# b\n{what}:\n  y: {block}\n  {second}: {block}\n",
    }
    loaded = _load(tmp_path, files)
    (found,) = loaded.diagnostics
    assert (found.code, _at(found, tmp_path)) == (code, "kpis/sub/b.yml:4:3 and kpis/a.yml:2:3")


def test_an_analysis_twice_shows_both(tmp_path: Path) -> None:
    (found,) = _load(tmp_path, {"kpis/a.yml": "", "analyses/a.sql": "", "analyses/sub/a.sql": ""}).diagnostics
    assert (found.code, _at(found, tmp_path)) == ("KPI111", "analyses/sub/a.sql:1:1 and analyses/a.sql:1:1")


def test_a_kpi_and_a_source_may_share_a_name(tmp_path: Path) -> None:
    loaded = _load(tmp_path, {"kpis/a.yml": f"kpis: {{x: {_KPI}}}\nsources: {{x: {{connection: app}}}}\n"})
    assert loaded.diagnostics == ()


# -- settings and what is inherited ------------------------------------------------------------------------------------


def test_settings_when_nothing_is_said(tmp_path: Path) -> None:
    settings = _load(tmp_path, {"kpis/a.yml": ""}).project.settings  # type: ignore[union-attr]
    assert (settings.name, settings.timezone, settings.week_start, settings.dialect) == ("shop", "UTC", 0, "postgres")
    assert (settings.fiscal_year_start, settings.start, settings.owner, settings.retention) == (1, None, None, None)
    assert settings.vars == {}


def test_settings_that_are_said(tmp_path: Path) -> None:
    text = """name: nexpo
timezone: Europe/Berlin
week_start: sunday
fiscal_year_start: april
dialect: bigquery
start: 2023-01-01
limits: {rows: 1e9, bytes: 1.5GiB}
defaults: {owner: me, retention: 730d, schedule: "@daily"}
vars: {a: 017, b: NO, c: ~, d: '1'}
"""
    settings = _load(tmp_path, {"kpis/a.yml": "", "kpi_project.yml": text}).project.settings  # type: ignore[union-attr]
    assert (settings.week_start, settings.fiscal_year_start, settings.dialect) == (6, 4, "bigquery")
    assert (settings.limits.rows, settings.limits.bytes) == (10**9, 1_610_612_736)
    assert settings.vars == {"a": 17, "b": "NO", "c": None, "d": "1"}


def test_what_a_kpi_inherits(tmp_path: Path) -> None:
    own = "owner: me, retention: 1d, schedule: '@hourly', category: c"
    files = {
        "kpi_project.yml": 'name: shop\ndefaults: {owner: all, retention: 10d, schedule: "@daily"}\n',
        "kpis/a.yml": f"kpis: {{plain: {_KPI}, own: {{query: select 1, {own}}}}}\n",
        "kpis/sales/b.yml": f"kpis: {{below: {_KPI}, empty: {{query: select 1, owner: , category: }}}}\n",
        "kpis/sales/deep/c.yml": f"category: file\nkpis: {{said: {_KPI}, both: {{query: select 1, category: kpi}}}}\n",
    }
    project = _load(tmp_path, files).project
    assert project is not None
    found = {name: (kpi.owner, str(kpi.retention), kpi.schedule, kpi.category) for name, kpi in project.kpis.items()}
    ten, one = found["plain"][1], found["own"][1]
    assert ten != one
    assert found == {
        "plain": ("all", ten, "@daily", None),
        "own": ("me", one, "@hourly", "c"),
        "below": ("all", ten, "@daily", "sales"),
        "empty": ("all", ten, "@daily", "sales"),
        "said": ("all", ten, "@daily", "file"),
        "both": ("all", ten, "@daily", "kpi"),
    }


def test_what_a_source_is_when_little_is_said(tmp_path: Path) -> None:
    text = "sources: {s: {columns: {a: bigint}}, t: {time: at, joins: {s: {on: a = b, type: many_to_one}}}}\n"
    loaded = _load(tmp_path, {"kpis/a.yml": text})
    sources = loaded.project.sources  # type: ignore[union-attr]
    assert (sources["s"].relation, sources["s"].history.kind.value, sources["s"].key) == ("s", "current", ())
    assert (sources["t"].history.kind.value, sources["t"].joins[0].source) == ("append", "s")
    assert sources["s"].columns[0].place == Place("kpis/a.yml", ("sources", "s", "columns", "a"))


def test_a_project_without_settings_is_called_like_its_only_profile(tmp_path: Path) -> None:
    (tmp_path / "kpis").mkdir()
    (tmp_path / "profiles.yml").write_text(_PROFILE)
    loaded = load(tmp_path)
    assert loaded.project is not None
    assert loaded.project.settings.name == "shop"


# -- profiles ----------------------------------------------------------------------------------------------------------


def test_the_selected_output(tmp_path: Path) -> None:
    root = _write(tmp_path, {"kpis/a.yml": "", "profiles.yml": _PROFILE})
    dev = load(root, environ={}).project
    assert dev is not None
    assert dev.output is not None
    assert (dev.output.name, dev.output.store.type, dev.output.connections[0].name) == ("dev", "duckdb", "app")
    assert dev.output.as_of is not None
    assert dev.output.as_of.isoformat() == "2025-01-01T00:00:00+00:00"
    prod = load(root, target="prod", environ={"DSN": "postgres://u:p4ssw0rd@h/d"})
    assert prod.project is not None
    assert prod.project.output is not None
    assert prod.project.output.store.options["dsn"] == "postgres://u:p4ssw0rd@h/d"
    assert prod.project.output.connections[0].options["password"] == "none"
    assert "p4ssw0rd" not in redact("postgres://u:p4ssw0rd@h/d and p4ssw0rd", prod.secrets)
    assert "p4ssw0rd" not in repr(prod)


def test_a_variable_that_is_not_set_stands_at_its_name(tmp_path: Path) -> None:
    root = _write(tmp_path, {"kpis/a.yml": "", "profiles.yml": _PROFILE})
    (found,) = load(root, target="prod", environ={}).diagnostics
    column = _PROFILE.splitlines()[4].index("DSN") + 1
    assert (found.code, _at(found, root)) == ("KPI115", f"profiles.yml:5:{column}")
    assert "DSN" in found.message
    assert "default" in found.help[0]


@pytest.mark.parametrize(
    ("target", "name", "message", "help"),
    [
        ("prd", "shop", "the profile 'shop' has no output 'prd'", "did you mean 'prod'? profiles.yml has dev, prod"),
        ("x", "shop", "the profile 'shop' has no output 'x'", "profiles.yml has dev, prod"),
        (None, "shp", "profiles.yml has no profile 'shp'", "it has 'shop'"),
    ],
)
def test_what_there_is_not(target: str | None, name: str, message: str, help: str, tmp_path: Path) -> None:
    root = _write(tmp_path, {"kpis/a.yml": "", "profiles.yml": _PROFILE, "kpi_project.yml": f"name: {name}\n"})
    with pytest.raises(NoProfile) as problem:
        load(root, target=target, environ={})
    assert problem.value.message == message
    assert problem.value.help.startswith(help)


def test_profiles_may_stand_elsewhere(tmp_path: Path) -> None:
    root = _write(tmp_path / "p", {"kpis/a.yml": ""})
    with pytest.raises(NoProfile, match=r"no profiles\.yml"):
        load(root)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "profiles.yml").write_text(_PROFILE)
    assert load(root, profiles_dir=tmp_path / "home", environ={}).project is not None


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("{{ env_var('A') }}", "x", "x"),
        ("a{{env_var( \"A\" )}}b{{ env_var('B', 'c') }}", "x", "axbc"),
        ("{{- env_var('A') -}}", "x", "x"),
        ("{{ env_var('A') | upper }}", "x", "X"),
        ("{{ env_var('B', env_var('A')) }}", "x", "x"),
        ("{% if env_var('A') == 'x' %}yes{% endif %}", "x", "yes"),
        ("{{ env_var('A') }}", "{{ env_var('B') }}", "{{ env_var('B') }}"),
        ("{{ env_var('A') }}", "", ""),
        ("no template", "x", "no template"),
    ],
)
def test_templates_of_profiles(text: str, value: str, said: str, tmp_path: Path) -> None:
    quoted = text.replace("'", "''")
    profile = (
        f"shop: {{target: dev, outputs: {{dev: {{store: {{type: duckdb, schema: '{quoted}'}}, connections: {{}}}}}}}}\n"
    )
    loaded = load(_write(tmp_path, {"kpis/a.yml": "", "profiles.yml": profile}), environ={"A": value})
    assert loaded.project is not None
    assert loaded.project.output is not None
    assert loaded.project.output.store.options["schema"] == said


@pytest.mark.parametrize(
    "text", ["{{ var('x') }}", "{{ env_var() }}", "{{ env_var('A' }}", "{{ source('x') }}", "{{ x }}"]
)
def test_profiles_know_nothing_but_the_environment(text: str, tmp_path: Path) -> None:
    profile = (
        f'shop:\n  target: dev\n  outputs: {{dev: {{store: {{type: duckdb, schema: "{text}"}}, connections: {{}}}}}}\n'
    )
    (found,) = load(_write(tmp_path, {"kpis/a.yml": "", "profiles.yml": profile}), environ={"A": "x"}).diagnostics
    assert (found.code, _at(found, tmp_path)) == ("KPI116", f"profiles.yml:3:{profile.splitlines()[2].index(text)}")
    assert "env_var" in found.help[0]


def test_a_profile_that_is_too_large_is_not_even_drawn(tmp_path: Path) -> None:
    root = _write(tmp_path, {"kpis/a.yml": "", "profiles.yml": "a: {password: x}\n" * 10_000})
    with pytest.raises(NoProfile, match="the limit is 100,000") as problem:
        load(root)
    assert "password" not in problem.value.message


@pytest.mark.parametrize(
    "text",
    [
        "a: {" + "password: secret7, " * 5_000,
        "password: " + "x" * 90_000,
        "password" + " " * 90_000 + "=x",
        "a " * 50_000,
    ],
    ids=["many", "long", "spaces", "words"],
)
def test_a_hostile_profile_is_searched_soon(text: str) -> None:
    began = process_time()
    spellings(secrets_in_text(text))
    assert process_time() - began < 4.0


def test_an_unknown_key_of_any_block_is_told_with_what_was_meant(tmp_path: Path) -> None:
    text = """sources:
  s: {conection: app, joins: {u: {on: a = b, typ: many_to_one}}}
kpis:
  k: {query: select 1, owmer: me, thresholds: [{severity: warn, resolv: x}]}
tests:
  t: {kpi: k, given: {}, expect: [], asof: 2024-01-01}
"""
    loaded = _load(tmp_path, {"kpis/a.yml": text})
    told = {_at(each, tmp_path): each.help for each in loaded.diagnostics}
    assert told == {
        "kpis/a.yml:2:7": ("did you mean 'connection'?",),
        "kpis/a.yml:2:46": ("did you mean 'type'?",),
        "kpis/a.yml:4:24": ("did you mean 'owner'?",),
        "kpis/a.yml:4:65": ("did you mean 'resolve'?",),
        "kpis/a.yml:6:38": ("did you mean 'as_of'?",),
    }
