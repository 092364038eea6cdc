"""Files for Tableau, Power BI and Looker: read back, and their measures computed on a real store."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import psycopg
import pytest

from kpictl.emit.ddl import scripts
from kpictl.emit.literals import commented
from tests.emit import tools
from tests.emit.projects import emitted, hostile, shop
from tests.emit.tools import put, run
from tests.oracles.judge import Judge

_LOAD = "import json, lkml, sys; print(json.dumps([lkml.load(open(path, newline='').read()) for path in sys.argv[1:]]))"
_LIQUID = "{{ '{' }}"
_LABELS = ("revenue", "revenue_by_country", "orders_placed", "revenue_per_order")


def _looker(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    paths = ("looker/kpi_values.view.lkml", "looker/kpis.explore.lkml")
    code, said = run(tools.python_of("bi"), "-c", _LOAD, *paths, cwd=folder)
    assert code == 0, said
    view, explore = json.loads(said)
    return view["views"][0], explore


def _meant(text: str) -> str:
    """What Looker shows of a quoted text, after Liquid."""
    return re.sub(r"\\(.)", r"\1", text, flags=re.S).replace(_LIQUID, "{")


def _power(folder: Path, tmdl: str) -> dict[str, Any]:
    """The table of a model as Microsoft's own library reads it."""
    put(folder, {"model.tmdl": "model Model\n\nref table kpi_values\n", "tables/kpi_values.tmdl": tmdl})
    code, said = run(*tools.tabular(), folder, cwd=folder, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT="1")
    assert code == 0, said
    (table,) = json.loads(said)
    assert table["name"] == "kpi_values"
    found: dict[str, Any] = table
    return found


_FIELDS = """
import json, sys
from tableaudocumentapi import Datasource
fields = Datasource.from_file(sys.argv[1]).fields.values()
print(json.dumps({each.id: [each.caption, each.calculation, each.datatype, each.role] for each in fields}))
"""


def _tableau(text: str) -> dict[str, dict[str, str | None]]:
    root = ElementTree.fromstring(text.encode())
    assert root.tag == "datasource"
    return {
        str(each.get("name")): {
            "caption": each.get("caption"),
            "description": each.findtext("desc/formatted-text/run"),
            "formula": formula.get("formula") if (formula := each.find("calculation")) is not None else None,
        }
        for each in root.iter("column")
    }


def test_every_tool_has_the_measures(tmp_path: Path) -> None:
    files = emitted(shop(tmp_path / "shop"), "bi")
    view, explore = _looker(put(tmp_path / "out", files))
    assert [each["name"] for each in view["measures"]] == [f"m_{name}" for name in _LABELS]
    assert {each["name"] for each in view["dimensions"]} == {"kpi_name", "grain", "bucket", "cut", "dim_country"}
    assert explore["explores"][0]["name"] == view["name"] == "kpi_values"
    table = _power(tmp_path / "model", files["powerbi/kpi_values.tmdl"])
    assert list(table["measures"]) == [f"m_{name}" for name in _LABELS]
    assert table["partitions"] == ["kpi_values"]
    assert table["columns"]["time"] == "DateTime"
    columns = _tableau(files["tableau/kpis.tds"])
    assert [name for name, each in columns.items() if each["formula"]] == [f"[m_{name}]" for name in _LABELS]
    code, said = run(tools.python_of("bi"), "-c", _FIELDS, "tableau/kpis.tds", cwd=tmp_path / "out")
    assert code == 0, said
    fields = json.loads(said)
    assert set(fields) == set(columns)
    assert fields["[kpi_value]"][2:] == ["real", "measure"]
    assert {name: each[1] for name, each in fields.items() if each[1]} == {
        name: each["formula"] for name, each in columns.items() if each["formula"]
    }
    (connection,) = json.loads(files["powerbi/kpis.pbids"])["connections"]
    assert connection["details"]["protocol"] == "postgresql"


def test_names_of_columns_are_names_of_kpis(tmp_path: Path) -> None:
    words = ("bucket", "cut", "time", "grain")
    kpis = "".join(
        f"  {word}: {{measure: count(*), source: orders, grain: day, owner: a@b.example}}\n" for word in words
    )
    files = emitted(shop(tmp_path / "shop", kpis=f"kpis:\n{kpis}"), "bi")
    columns = _tableau(files["tableau/kpis.tds"])
    assert len(columns) == 6 + len(words)
    assert not {f"m_{word}" for word in words} & set(re.findall(r"\tcolumn (\w+)", files["powerbi/kpi_values.tmdl"]))


def test_texts_come_back(tmp_path: Path) -> None:
    root, texts = hostile(tmp_path / "hostile")
    files = emitted(root, "bi")
    view, _ = _looker(put(tmp_path / "out", files))
    looker = {each["name"].removeprefix("m_"): each for each in view["measures"]}
    power = _power(tmp_path / "model", files["powerbi/kpi_values.tmdl"])["measures"]
    tableau = _tableau(files["tableau/kpis.tds"])
    assert len(looker) == len(power) == len(texts) * 2
    for i, text in enumerate(texts):
        name = f"kpi_{i:02}"
        assert [_meant(looker[name][key]) for key in ("label", "description")] == [text, text]
        assert "{%" not in looker[name]["label"]
        measure = power[f"m_{name}"]
        assert json.loads(measure["annotations"]["kpictl"]) == {"label": text, "description": text, "owner": text}
        # Descriptions are lines of text there, without the blanks around them.
        said = [line.removeprefix("///").strip() for line in commented(text, "///").split("\n")]
        assert [line.strip() for line in re.split(r"\r?\n", measure["description"])] == said
        column = tableau[f"[m_{name}]"]
        assert (column["caption"], column["description"]) == (text, text)


@pytest.fixture
def store(judge: Callable[[str], Judge]) -> Iterator[psycopg.Connection[Any]]:
    """The store's tables with two days, each in total and by country, and a day that has not ended."""
    engine: Any = judge("postgres")
    with psycopg.connect(engine.uri, autocommit=True) as session:
        session.execute("CREATE SCHEMA bi")
        session.execute("SET search_path = bi")
        for statement in scripts("postgres")["postgres.sql"]:
            session.execute(statement)
        for day, status in (("2024-01-01", "ok"), ("2024-01-02", "ok"), ("2024-01-03", "partial")):
            for cut, value in (("{}", 30), ('{"country": "DE"}', 10), ('{"country": null}', 20)):
                session.execute(
                    "INSERT INTO kpi_metrics VALUES (%s::timestamptz, 'revenue', %s, %s::jsonb, '{}', 'day', %s, %s, %s,"
                    " 'd', 'r', now())",
                    (day, value, cut, day, cut, status),
                )
        yield session
        session.execute("DROP SCHEMA bi CASCADE")


def test_a_measure_has_a_value_where_one_row_is_meant(store: psycopg.Connection[Any], tmp_path: Path) -> None:
    files = emitted(shop(tmp_path / "shop"), "bi")
    for _ in range(2):
        store.execute(files["view.sql"].encode())
    view, _ = _looker(put(tmp_path / "out", files))
    sql = {each["name"]: each["sql"].replace("${TABLE}", "kpi_values") for each in view["measures"]}
    total, by = sql["m_revenue"], sql["m_revenue_by_country"]

    def asked(what: str, rest: str = "") -> list[tuple[object, ...]]:
        return store.execute(f"SELECT {what} FROM kpi_values {rest}".encode()).fetchall()

    assert asked(f"bucket, {total}, {by}", "GROUP BY bucket ORDER BY bucket") == [
        ("2024-01-01", 30, None), ("2024-01-02", 30, None)
    ]  # fmt: skip
    assert asked(f"dim_country, {by}", "WHERE bucket = '2024-01-01' AND cut <> '' GROUP BY 1 ORDER BY 1") == [
        ("DE", 10), (None, 20)
    ]  # fmt: skip
    assert asked(f"{total}, {by}") == [(None, None)]
