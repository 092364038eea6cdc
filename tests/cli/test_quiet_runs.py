"""A run that had nothing to do is remembered; whatever could make something due makes it look again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from kpictl import api
from kpictl.__main__ import main

PROJECT = {
    "kpi_project.yml": "name: quiet\n",
    "profiles.yml": "quiet: {target: dev, outputs: {dev: {store: {type: duckdb, path: target/kpis.duckdb}, "
    "as_of: 2024-01-10T06:00, connections: {app: {type: duckdb, files: data}}}}}\n",
    "kpis/all.yml": "sources: {orders: {time: at, complete: now, columns: {at: timestamptz, n: int}}}\n"
    "kpis: {total: {measure: sum(n), source: orders, grain: day, start: 2024-01-01, owner: a@b.example}}\n",
    "data/orders.csv": "at,n\n2024-01-02T00:00:00Z,5\n",
}
Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    for name, text in PROJECT.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)

    def act(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["kpictl", "run", "--no-table", *arguments])
        assert not main()
        return capsys.readouterr().err.splitlines()[-1]

    return act


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was lowered and checked."""
    found: list[str] = []
    real = api.check

    def check(*arguments: object, **named: object) -> object:
        found.append("checked")
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(api, "check", check)
    return found


def test_the_second_run_does_not_look(run: Run, looked: list[str]) -> None:
    assert run().startswith("1 computed (8 values)")
    assert run() == run() == "nothing to do: every KPI is up to date"
    assert looked == ["checked"]
    results = json.loads(Path("target/run_results.json").read_text())
    assert [each["status"] for each in results["results"]] == ["nothing_to_do"]


@pytest.mark.parametrize("change", ["definition", "store", "time", "full refresh", "profile"])
def test_whatever_matters_makes_it_look(run: Run, looked: list[str], change: str) -> None:
    run()
    run()
    before = len(looked)
    arguments: tuple[str, ...] = ()
    if change == "definition":
        Path("kpis/all.yml").write_text(PROJECT["kpis/all.yml"].replace("sum(n)", "max(n)"))
    elif change == "profile":
        Path("profiles.yml").write_text(PROJECT["profiles.yml"].replace("01-10", "01-11"))
    elif change == "store":
        with duckdb.connect("target/kpis.duckdb") as store:
            store.execute("DELETE FROM kpi_intervals")
    elif change == "time":
        arguments = ("--as-of", "2024-01-12")
    else:
        arguments = ("--full-refresh",)
    run(*arguments)
    assert len(looked) == before + 1


def test_a_run_that_changes_nothing_only_for_its_option_says_nothing_of_others(run: Run) -> None:
    run()
    Path("kpis/all.yml").write_text(PROJECT["kpis/all.yml"].replace("sum(n)", "max(n)"))
    assert run("--forward-only").startswith("1 computed (0 values)")
    assert run("--forward-only") == run() == "nothing to do: every KPI is up to date"
    Path("kpis/all.yml").write_text(PROJECT["kpis/all.yml"].replace("sum(n)", "min(n + 1)"))
    assert run("--as-of", "2024-01-10").startswith("1 computed (8 values, 1 restated)")
