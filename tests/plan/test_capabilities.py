"""What a connection declares of its engine is held against what the compiled SQL rests on; no engine is asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from kpictl import api
from kpictl.dialects import druid, named
from kpictl.plan import compile as compiling
from kpictl.plan.compiled import Compiled
from kpictl.plan.extensions import missing

KPIS = """\
sources:
  orders: {time: at, columns: {at: timestamptz, amount: numeric, kind: text}}
kpis:
  revenue: {measure: sum(amount), source: orders, grain: day, dimensions: [kind]}
"""


def compiled(root: Path, connection: dict[str, object], *dialects: str) -> Compiled:
    (root / "kpis").mkdir()
    (root / "kpis/k.yml").write_text(KPIS)
    output = {"store": {"type": "duckdb", "path": "s.duckdb"}, "connections": {"app": connection}}
    (root / "profiles.yml").write_text(yaml.safe_dump({root.name: {"target": "dev", "outputs": {"dev": output}}}))
    (root / "kpi_project.yml").write_text(f"name: {root.name}\n")
    loaded = api.load(root)
    assert [each for each in loaded.diagnostics if each.is_error] == [], loaded.diagnostics
    (found,) = api.compile(loaded, dialects=dialects)
    return found


@pytest.mark.parametrize("version", ["31", 31, "31.0.2", "9.1"])
def test_a_druid_that_is_too_old_is_refused(tmp_path: Path, version: object) -> None:
    found = compiled(tmp_path, {"type": "druid", "url": "http://druid", "version": version})
    (told,) = found.diagnostics
    assert (found.status, told.code, told.node) == ("refused", "KPI506", "revenue")
    assert told.message == f"connection `app` is Druid {version}; before 32 NULL may count as 0 or an empty text"


@pytest.mark.parametrize("version", ["32", "33.0.0", 34, "35.0.0-SNAPSHOT"])
def test_later_ones_have_the_same_text(tmp_path: Path, version: object) -> None:
    (tmp_path / "said").mkdir()
    (tmp_path / "left").mkdir()
    keys = {"type": "druid", "url": "http://druid"}
    said = compiled(tmp_path / "said", {**keys, "version": version, "extensions": ["druid-stats"]})
    left = compiled(tmp_path / "left", keys)
    assert (said.status, said.statement) == ("compiled", left.statement)


def test_the_version_is_that_of_its_own_target(tmp_path: Path) -> None:
    connection = {"type": "druid", "url": "http://druid", "version": "30"}
    assert compiled(tmp_path, connection, "duckdb").status == "compiled"


def test_both_pools_of_synapse_take_one_text(tmp_path: Path) -> None:
    texts = set()
    for pool in ("dedicated", "serverless"):
        (tmp_path / pool).mkdir()
        found = compiled(tmp_path / pool, {"type": "synapse", "server": "s", "pool": pool})
        assert found.statement is not None
        texts.add(found.statement.sql)
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("key", "value"), [("version", "new"), ("version", ""), ("version", "3 3"), ("pool", "elastic")]
)
def test_what_is_no_version_or_pool(tmp_path: Path, key: str, value: str) -> None:
    kind = "synapse" if key == "pool" else "druid"
    with pytest.raises(AssertionError, match="KPI0"):
        compiled(tmp_path, {"type": kind, "url": "http://x", key: value})


NEEDED = "APPROX_QUANTILE_DS is of the extension druid-datasketches, which connection `app` does not load"


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        (None, None),  # the cluster that is emitted loads it
        (["druid-datasketches", "druid-stats"], None),
        (["druid-stats"], "KPI507"),
        ([], "KPI507"),
    ],
)
def test_an_extension_that_is_not_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: list[str] | None, code: str | None
) -> None:
    """No rendering calls a function of an extension today: one that does is put in."""
    functions = {**druid.DRUID.functions, "sum": "APPROX_QUANTILE_DS({0}, 0.5)"}
    calling = replace(druid.DRUID, functions=functions)
    monkeypatch.setattr(compiling, "named", lambda name: calling if name == "druid" else named(name))
    keys = {"type": "druid", "url": "http://druid"}
    found = compiled(tmp_path, keys if listed is None else {**keys, "extensions": listed})
    told = [(each.code, each.message) for each in found.diagnostics]
    assert told == ([] if code is None else [(code, NEEDED)])
    assert (found.status == "refused") is (code is not None)


def test_the_name_of_a_column_or_a_text_is_no_function(tmp_path: Path) -> None:
    assert missing("SELECT \"stddev\"(1), 'variance(x)' FROM t", druid.DRUID, ()) is None
    assert missing("SELECT STDDEV(x) FROM t", druid.DRUID, ()) == ("STDDEV", "druid-stats")


@pytest.mark.parametrize("extensions", ["druid-stats", [{}], {"a": "b"}])
def test_what_is_no_list_of_extensions(tmp_path: Path, extensions: object) -> None:
    with pytest.raises(AssertionError, match="KPI0"):
        compiled(tmp_path, {"type": "druid", "url": "http://x", "extensions": extensions})


def test_what_is_emitted_is_held_against_it_too(tmp_path: Path) -> None:
    """`emit` reads no variables of the profile, but what it says of the engine."""
    compiled(tmp_path, {"type": "druid", "url": "{{ env_var('NOWHERE', 'http://d') }}", "version": 30})
    (found,) = api.compile(api.load(tmp_path, outlined=True), dialects=("druid",))
    assert [each.code for each in found.diagnostics] == ["KPI506"]
