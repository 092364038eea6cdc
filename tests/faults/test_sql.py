"""SQL that could do more than ask is refused wherever SQL enters, at its own line, before anything is written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from kpictl import api
from kpictl.__main__ import main
from kpictl.project.locating import Located
from tests.faults.cases import HERE
from tests.faults.test_cases import code, tree

_DATA = yaml.safe_load((HERE / "sql.yml").read_text("utf-8"))
_QUERIES: list[dict[str, Any]] = _DATA["queries"]
_EXPRESSIONS: list[str] = _DATA["expressions"]


def _quoted(text: str) -> str:
    return json.dumps(text)


def _kpis(lines: list[str]) -> dict[str, str]:
    """One file with a KPI a line: `k0` stands in line 2, `k1` in line 3."""
    return {"kpis/a.yml": "kpis:\n" + "".join(f"  k{n}: {line}\n" for n, line in enumerate(lines))}


def _in_macros(texts: list[str]) -> dict[str, str]:
    macros = "".join(f"{{% macro m{n}() %}}{text}{{% endmacro %}}\n" for n, text in enumerate(texts))
    return {"macros/m.sql": macros, **_kpis([f"{{query: '{{{{ m{n}() }}}}'}}" for n in range(len(texts))])}


def _in_vars(texts: list[str]) -> dict[str, str]:
    values = "".join(f"  v{n}: {_quoted(text)}\n" for n, text in enumerate(texts))
    return {
        "kpi_project.yml": f"name: shop\nvars:\n{values}",
        **_kpis([f"{{query: \"{{{{ var('v{n}') }}}}\"}}" for n in range(len(texts))]),
    }


def _joins(texts: list[str]) -> dict[str, str]:
    base = (HERE / "project/kpis/base.yml").read_text("utf-8").split("kpis:\n")[0]
    sources = "".join(
        f"  s{n}:\n    connection: app\n    relation: orders\n    time: created_at\n    timezone: UTC\n"
        f"    columns: {{id: bigint, status: text, created_at: timestamp}}\n"
        f"    dimensions: {{country: users.country}}\n"
        f"    joins: {{users: {{on: {_quoted(text)}, type: many_to_one}}}}\n"
        for n, text in enumerate(texts)
    )
    kpis = [f"{{measure: count(*), source: s{n}, grain: day, dimensions: [country]}}" for n in range(len(texts))]
    return {"kpis/base.yml": base + sources, **_kpis(kpis)}


def _dimensions(texts: list[str]) -> dict[str, str]:
    base = (HERE / "project/kpis/base.yml").read_text("utf-8").split("kpis:\n")[0]
    more = "".join(f"      d{n}: {_quoted(text)}\n" for n, text in enumerate(texts))
    base = base.replace("    dimensions: {country: users.country}\n", f"    dimensions:\n{more}")
    kpis = [f"{{measure: count(*), source: orders, grain: day, dimensions: [d{n}]}}" for n in range(len(texts))]
    return {"kpis/base.yml": base, **_kpis(kpis)}


QUERIES: dict[str, Callable[[list[str]], dict[str, str]]] = {
    "query": lambda texts: _kpis([f"{{query: {_quoted(text)}}}" for text in texts]),
    "analysis": lambda texts: {f"analyses/k{n}.sql": text + "\n" for n, text in enumerate(texts)},
    "macro": _in_macros,
    "variable": _in_vars,
}
EXPRESSIONS: dict[str, Callable[[list[str]], dict[str, str]]] = {
    "measure": lambda texts: _kpis([f"{{measure: {_quoted(t)}, source: orders, grain: day}}" for t in texts]),
    "inside a measure": lambda texts: _kpis(
        [f"{{measure: {_quoted(f'count({t})')}, source: orders, grain: day}}" for t in texts]
    ),
    "where": lambda texts: _kpis(
        [f"{{measure: count(*), source: orders, grain: day, where: {_quoted(t)}}}" for t in texts]
    ),
    "expr": lambda texts: _kpis([f"{{expr: {_quoted(f'revenue + ({t})')}}}" for t in texts]),
    "dimension": _dimensions,
    "join": _joins,
    "query": lambda texts: _kpis([f"{{query: {_quoted(f'SELECT count(*) FROM orders WHERE {t}')}}}" for t in texts]),
    "threshold": lambda texts: _kpis(
        [
            f"{{measure: count(*), source: orders, grain: day, thresholds: [{{when: {_quoted(t)}, severity: warn}}]}}"
            for t in texts
        ]
    ),
}


def _errors(files: dict[str, str], folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, list[Located]]:
    """The errors by KPI or analysis, after every command that could act on them has refused to."""
    shutil.copytree(HERE / "project", folder)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    before = tree(folder)
    commands = ("compile",) if (folder / "analyses").exists() else ("compile", "run")
    for command in commands:
        assert code(lambda name=command: main(["--project-dir", str(folder), name])) == 1
    assert "internal error" not in capsys.readouterr().err
    if (folder / "analyses").exists():  # an analysis that is refused stops no KPI
        assert sorted((folder / "target/compiled").rglob("*.sql")) == [
            folder / "target/compiled/duckdb/kpis/revenue.sql"
        ]
    else:
        assert tree(folder) == before
    found: dict[str, list[Located]] = {}
    for each in api.locate(api.check(api.load(folder), analyses=True).diagnostics, folder):
        if each.diagnostic.is_error:
            assert each.span is not None
            found.setdefault(_subject(each), []).append(each)
    return found


def _subject(each: Located) -> str:
    """`k3`: by its file, or by the line of the file of KPIs."""
    assert each.span is not None
    if each.span.path.startswith("analyses/"):
        return each.span.path.removeprefix("analyses/").removesuffix(".sql")
    if each.span.path == "kpis/a.yml":
        return f"k{each.span.line - 2}"
    return each.diagnostic.node or each.span.path


@pytest.mark.parametrize("way", QUERIES)
def test_queries(way: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = [case["sql"] for case in _QUERIES]
    found = _errors(QUERIES[way](texts), tmp_path / "p", capsys)
    wrong = []
    for n, case in enumerate(_QUERIES):
        codes = [each.diagnostic.code for each in found.get(f"k{n}", [])]
        wanted = case.get("codes") or [case["code"]]
        if not codes or codes[0] not in wanted:
            wrong.append((case["sql"], codes))
    assert not wrong


@pytest.mark.parametrize("way", EXPRESSIONS)
def test_expressions(way: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _errors(EXPRESSIONS[way](_EXPRESSIONS), tmp_path / "p", capsys)
    assert [text for n, text in enumerate(_EXPRESSIONS) if f"k{n}" not in found and f"d{n}" not in found] == []


@pytest.mark.parametrize("case", _QUERIES, ids=lambda case: case["sql"][:30])
def test_inline(case: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(HERE / "project", tmp_path, dirs_exist_ok=True)
    before = tree(tmp_path)
    assert main(["--project-dir", str(tmp_path), "compile", "--inline", case["sql"]]) in (1, 2)
    told = capsys.readouterr()
    assert told.out == ""
    assert "internal error" not in told.err
    assert tree(tmp_path) == before
