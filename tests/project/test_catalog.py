"""catalog.lock.json: read as it was written, told where it is damaged, and filled from real connections."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import yaml

from kpictl import api
from kpictl.model.types import TEXT, Kind, Type
from kpictl.project.catalog import Catalogue, Known, catalogue
from tests.oracles.plugin import Counted

DAMAGED: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "catalogues.yml").read_text("utf-8"))
KPIS = """\
sources:
  orders: {time: at}
  typed: {time: at, columns: {at: timestamptz, note: {description: what was said}}}
kpis:
  revenue: {measure: sum(amount), source: orders, grain: day}
"""


def project(root: Path, app: dict[str, Any], kpis: str = KPIS) -> Path:
    (root / "kpis").mkdir()
    (root / "kpis/k.yml").write_text(kpis)
    (root / "kpi_project.yml").write_text("name: p\n")
    output = {"store": {"type": "duckdb", "path": "s.duckdb"}, "connections": {"app": app}}
    (root / "profiles.yml").write_text(yaml.safe_dump({"p": {"target": "dev", "outputs": {"dev": output}}}))
    return root


FILES = {"type": "duckdb", "files": "data"}


@pytest.mark.parametrize("case", DAMAGED, ids=[case["what"] for case in DAMAGED])
def test_damage_is_told_with_the_way_out(case: dict[str, Any], tmp_path: Path) -> None:
    (project(tmp_path, FILES) / "catalog.lock.json").write_text(case["text"])
    found = [
        each
        for each in api.locate(api.load(tmp_path).diagnostics, tmp_path)
        if each.span is not None and each.span.path == "catalog.lock.json"
    ]
    assert [each.diagnostic.code for each in found] == case["codes"]
    assert all("sources refresh" in " ".join(each.diagnostic.help) for each in found)
    span = found[0].span
    assert span is not None
    if "there" in case:
        assert case["text"].splitlines()[span.line - 1][span.column - 1 : span.end_column - 1] == case["there"]


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "canary.json").write_text('{"canary": 1}')
    (tmp_path / "p").mkdir()
    root = project(tmp_path / "p", FILES)
    os.symlink(tmp_path / "canary.json", root / "catalog.lock.json")
    (found,) = api.load(root).diagnostics
    assert "link" in found.message
    assert "canary" not in repr(found)


def test_what_is_written_is_read_and_stays_the_same() -> None:
    known = {
        "b": Known(type=None, native="STRUCT(a INTEGER)"),
        'a"\\ü': Known(type=Type(Kind.DECIMAL, precision=12, scale=2), native="x", physical=(("druid", "text yyyy"),)),
    }
    some = Catalogue(
        relations={("z", "t"): known, ("a", "s.t"): {"x": Known(type=TEXT, native="text")}, ("a", "e"): {}}
    )
    out: list[Any] = []
    again = catalogue(some.text().encode(), out)
    assert (out, again.text()) == ([], some.text())
    assert dict(again.relations["z", "t"]) == known
    assert json.loads(some.text()) == json.loads(json.dumps(json.loads(some.text()), sort_keys=True))


def test_a_source_says_more_than_the_catalogue(tmp_path: Path) -> None:
    root = project(tmp_path, FILES)
    columns = {name: Known(type=TEXT, native="text") for name in ("at", "note", "more")}
    lock = Catalogue(relations={("app", "typed"): columns, ("app", "orders"): columns})
    (root / "catalog.lock.json").write_text(lock.text())
    read = api.load(root).project
    assert read is not None
    typed, orders = read.sources["typed"], read.sources["orders"]
    assert [(each.name, str(each.type)) for each in typed.columns] == [("at", "timestamptz"), ("note", "text")]
    assert [(each.name, str(each.type)) for each in orders.columns] == [(name, "text") for name in sorted(columns)]


def test_a_physical_form_of_the_catalogue_is_printed(tmp_path: Path) -> None:
    root = project(
        tmp_path,
        FILES,
        "sources: {t: {}}\nkpis: {n: {query: SELECT count(*) AS value FROM t WHERE day > '2024-01-01'}}\n",
    )
    columns = {"day": Known(type=Type(Kind.DATE), native="x", physical=(("bigquery", "text %Y/%m/%d"),))}
    printed = []
    for form in ((), columns["day"].physical):
        lock = Catalogue(relations={("app", "t"): {"day": Known(type=Type(Kind.DATE), native="x", physical=form)}})
        (root / "catalog.lock.json").write_text(lock.text())
        (node,) = api.compile(api.load(root), dialects=["bigquery"])
        printed.append([found.code for found in node.diagnostics] or (node.statement and node.statement.sql))
    assert printed[0] != printed[1]


@pytest.mark.parametrize(("native", "kept"), [("VARCHAR", "date"), ("BIGINT", "text")])
def test_a_type_written_beside_a_stored_form_stays(tmp_path: Path, native: str, kept: str) -> None:
    with duckdb.connect(str(tmp_path / "data.duckdb")) as made:
        made.execute("CREATE TABLE t (day VARCHAR)")
    root = project(tmp_path, {"type": "duckdb", "path": str(tmp_path / "data.duckdb")})
    written = Known(type=Type(Kind.DATE), native=native, physical=(("duckdb", "text"),))
    (root / "catalog.lock.json").write_text(Catalogue(relations={("app", "t"): {"day": written}}).text())
    found = api.refresh_sources(api.load(root)).catalogue.relations[("app", "t")]["day"]
    assert (str(found.type), found.physical) == (kept, written.physical)


def test_postgres_is_imported_and_refreshed(judge: Callable[[str], Counted], tmp_path: Path) -> None:
    uri = judge("postgres").database("imported")
    root = project(tmp_path, {"type": "postgres", "uri": uri.replace("postgres@", "postgres:s3cr3t-word@")})
    with psycopg.connect(uri, autocommit=True) as admin:
        admin.execute("CREATE TABLE orders (id bigint, at timestamptz, amount numeric(12, 2), document jsonb, box box)")
        admin.execute('CREATE SCHEMA "Other" CREATE TABLE "Odd Name" ("on" date, at timestamp)')
        first = api.import_sources(api.load(root), "app")
        assert list(first.catalogue.relations) == [("app", "Other.Odd Name"), ("app", "orders")]
        assert yaml.safe_load(first.proposal) == {
            "sources": {
                "odd_name": {"relation": "Other.Odd Name", "columns": {"at": "timestamp", "on": "date"}},
            }
        }
        (root / "catalog.lock.json").write_text(first.catalogue.text())
        assert "s3cr3t" not in first.catalogue.text() + first.proposal
        admin.execute(
            "ALTER TABLE orders DROP COLUMN document, ADD COLUMN note text, ALTER amount TYPE double precision"
        )
        admin.execute('DROP TABLE "Other"."Odd Name"')
        second = api.refresh_sources(api.load(root))
    assert [(change.relation, change.what, change.kpis) for change in second.changes] == [
        ("Other.Odd Name", "it is gone, or may not be read", ()),
        ("orders", "retyped `amount`: numeric(12,2) is now double", ("revenue",)),
        ("orders", "dropped `document` (json)", ()),
        ("orders", "added `note` (text)", ()),
    ]
    (root / "catalog.lock.json").write_text(second.catalogue.text())
    assert api.refresh_sources(api.load(root)).changes == ()


def test_a_connection_that_is_gone_keeps_its_columns(tmp_path: Path) -> None:
    root = project(tmp_path, {"type": "postgres", "host": "127.0.0.1", "port": 1})
    lock = Catalogue(relations={("app", "orders"): {"at": Known(type=TEXT, native="text")}})
    (root / "catalog.lock.json").write_text(lock.text())
    found = api.refresh_sources(api.load(root))
    assert [each.code for each in found.diagnostics] == ["KPI901"]
    assert found.catalogue.text() == lock.text()
