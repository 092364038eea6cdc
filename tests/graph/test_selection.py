"""Selectors mean what selection.yml says, over the project in nexpo.yml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kpictl.diagnostics import Place
from kpictl.graph import Before, UnknownSelector, dependency_graph, select
from kpictl.model.kpis import ExprSpec, Kpi, MeasureSpec, QuerySpec, RatioSpec, Spec
from kpictl.model.project import Project, Settings
from kpictl.model.sources import History, HistoryKind, Source

_HERE = Path(__file__).parent
_CASES = yaml.safe_load((_HERE / "selection.yml").read_text())


def _spec(text: dict[str, Any]) -> tuple[str, Spec]:
    if "source" in text:
        return "measure", MeasureSpec(measure="count(*)", source=text["source"])
    if "ratio" in text:
        return "ratio", RatioSpec(numerator=text["ratio"][0], denominator=text["ratio"][1])
    if "query" in text:
        return "query", QuerySpec(query=text["query"])
    return "expr", ExprSpec(expr=text["expr"])


def project_of(text: dict[str, Any]) -> Project:
    """A project of a file like nexpo.yml."""
    kpis = {}
    for name, each in text["kpis"].items():
        kind, spec = _spec(each)
        keys = {key: each.get(key) for key in ("owner", "category")}
        tags = tuple(each.get("tags", ()))
        place = Place(each.get("path", "kpis/a.yml"), ("kpis", name))
        kpis[name] = Kpi(name=name, kind=kind, spec=spec, tags=tags, place=place, **keys)
    sources = {
        name: Source(
            name=name,
            connection=None,
            relation=name,
            history=History(kind=HistoryKind.APPEND),
            place=Place("kpis/sources.yml", ("sources", name)),
        )
        for name in text["sources"]
    }
    return Project(root="/", settings=Settings(name="nexpo"), sources=sources, kpis=kpis)


@pytest.fixture(scope="module")
def project() -> Project:
    return project_of(yaml.safe_load((_HERE / "nexpo.yml").read_text()))


@pytest.mark.parametrize("case", _CASES, ids=lambda case: " ".join(case["select"]) or "everything")
def test_selection(project: Project, case: dict[str, Any]) -> None:
    now = {f"kpi.{name}": "same" for name in project.kpis}
    old = {node: sum_ for node, sum_ in now.items() if node != "kpi.arpu_copy"} | {"kpi.mau": "other"}
    before = Before(checksums=old, results={"kpi.revenue": "error", "kpi.mau": "success", "kpi.gone": "error"})

    def chosen() -> list[str]:
        nodes = select(project, case["select"], case.get("exclude", ()), before=before, now=now)
        return [node.removeprefix("kpi.") for node in nodes]

    if "error" in case:
        with pytest.raises(UnknownSelector) as caught:
            chosen()
        assert [caught.value.message, caught.value.help] == case["error"]
    else:
        assert chosen() == case["is"]


def test_state_and_result_ask_for_an_earlier_state(project: Project) -> None:
    for selector in ("state:modified", "result:error"):
        with pytest.raises(UnknownSelector, match="needs"):
            select(project, [selector])


def test_what_is_read_stands_first() -> None:
    kpis = {f"k{n}": {"expr": f"k{n + 1} * 2"} for n in range(5000)} | {"k5000": {"source": "t"}}
    order = dependency_graph(project_of({"sources": ["t"], "kpis": kpis})).ordered()
    assert order == ["source.t", *(f"kpi.k{n}" for n in range(5000, -1, -1))]


@pytest.mark.parametrize(
    ("kpis", "circles"),
    [
        ({"a": {"expr": "b + 1"}, "b": {"expr": "a + 1"}}, [("kpi.a", "kpi.b")]),
        ({"a": {"expr": "a + 1"}}, [("kpi.a",)]),
        ({"a": {"expr": "b"}, "b": {"expr": "c"}, "c": {"expr": "b + d"}, "d": {"source": "t"}}, [("kpi.b", "kpi.c")]),
        ({"a": {"expr": "b + c"}, "b": {"expr": "c"}, "c": {"source": "t"}}, []),
        (
            {"a": {"expr": "b"}, "b": {"expr": "a"}, "c": {"ratio": ["d", "a"]}, "d": {"expr": "c"}},
            [("kpi.a", "kpi.b"), ("kpi.c", "kpi.d")],
        ),
    ],
)
def test_circles(kpis: dict[str, Any], circles: list[tuple[str, ...]]) -> None:
    graph = dependency_graph(project_of({"sources": ["t"], "kpis": kpis}))
    assert sorted(graph.cycles()) == circles


def test_a_circle_of_many_thousand_is_found() -> None:
    kpis = {f"k{n}": {"expr": f"k{(n + 1) % 20000}"} for n in range(20000)}
    circles = dependency_graph(project_of({"sources": [], "kpis": kpis})).cycles()
    assert [len(circle) for circle in circles] == [20000]
