"""The judges as pytest fixtures, and what they did in the summary.

`judge(name)` is a started judge, one a session. An engine that does not come up fails the test where CI=true and skips it
elsewhere, with the command that would bring it. One that takes seconds to start and works while it waits is ended with
the last test of its group; whoever asks for it afterwards has it started again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import datetime
from threading import Lock
from typing import Any, TypeVar

import pytest

from tests import summary
from tests.oracles import NAMES, make_judge
from tests.oracles.judge import Answer, Evidence, Judge, Params, Tables
from tests.oracles.places import in_ci

_T = TypeVar("_T")
_LONGEST_FIRST = ("synapse", "druid", "snowflake", "redshift", "tests/mutants", "tests/laws", "bigquery", "timescale")
"""Engines and folders whose tests take minutes; a process that starts them last would run on alone."""
_COSTLY = frozenset({"druid", "synapse", "timescale", "bigquery"})
"""Engines with a process of their own that takes seconds to start: two of them would cost more than any test."""
_ALSO = {
    "tests/emit/test_ddl.py": "synapse",
    "tests/emit/test_druid_ingestion.py": "druid",
    "tests/engines/test_same_series.py": "druid",
    "tests/oracles/test_judges.py::test_druid": "druid",
    "tests/oracles/test_judges.py::test_synapse": "synapse",
    "tests/runner/test_live.py::test_a_connection_to_timescale": "timescale",
    "tests/runner/test_live.py::test_druid": "druid",
}
"""Tests of a costly engine that neither their file nor a parameter names, by the start of their id."""


class Counted:
    """A judge that counts its statements and their seconds; all else is the judge's own."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.name: str = judge.name
        self.evidence: Evidence = judge.evidence
        self.has_boolean: bool = judge.has_boolean
        self.statements = 0
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._judge, name)

    def missing(self) -> str | None:
        return self._judge.missing()

    def start(self) -> None:
        self._timed(self._judge.start)

    def stop(self) -> None:
        self._judge.stop()

    def load(self, tables: Tables) -> None:
        self._timed(lambda: self._judge.load(tables))

    def execute(
        self,
        sql: str,
        params: Params = None,
        settings: Mapping[str, object] | None = None,
        as_of: datetime | None = None,
    ) -> Answer:
        self.statements += 1
        return self._timed(lambda: self._judge.execute(sql, params, settings, as_of))

    def analyse(self, sql: str) -> list[tuple[str, str]]:
        self.statements += 1
        return self._timed(lambda: self._judge.analyse(sql))

    def _timed(self, act: Callable[[], _T]) -> _T:
        began = time.monotonic()
        try:
            return act()
        finally:
            self.seconds += time.monotonic() - began


class Bench:
    """The judges of one session: each is started when first asked for, and stopped at the end."""

    def __init__(self) -> None:
        self.sitting: dict[str, Counted] = {}
        self.released: list[Counted] = []
        self.absent: dict[str, str] = {}
        self._locks = {name: Lock() for name in NAMES}

    def ask(self, name: str) -> Counted | None:
        """The judge, or None with the reason in `absent`."""
        with self._locks[name]:
            if name not in self.sitting and name not in self.absent:
                self._start(name)
        return self.sitting.get(name)

    def _start(self, name: str) -> None:
        judge = Counted(make_judge(name))
        if reason := judge.missing():
            self.absent[name] = reason
            return
        try:
            judge.start()
        except Exception as error:  # whatever a third party's engine raises, its tests are told
            judge.stop()
            self.absent[name] = f"did not start: {error}"
        else:
            self.sitting[name] = judge

    def release(self, name: str) -> None:
        """End an engine that no test of its group needs any more."""
        with self._locks[name]:
            if (judge := self.sitting.pop(name, None)) is not None:
                judge.stop()
                self.released.append(judge)

    def told(self) -> list[str]:
        """A line for each engine that judged; two lines of a name are an engine that was started twice."""
        all_of_them = [*self.released, *self.sitting.values()]
        if not all_of_them:
            return []
        head = f"{'engine':<10} {'evidence':<9} {'statements':>10} {'seconds':>8}"
        rows = (f"{one.name:<10} {one.evidence:<9} {one.statements:>10} {one.seconds:>8.1f}" for one in all_of_them)
        return [head, *rows]

    def close(self) -> None:
        for judge in self.sitting.values():
            judge.stop()


def required(bench: Bench, name: str) -> Counted:
    """The judge; without it the test fails where CI=true and is skipped elsewhere."""
    found = bench.ask(name)
    if found is None:
        reason = f"{name} cannot judge: {bench.absent[name]}"
        if in_ci():
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return found


_BENCH = pytest.StashKey[Bench]()


@pytest.fixture(scope="session")
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """All judges of the session, started or not."""
    found = request.config.stash[_BENCH] = Bench()
    summary.of(request.config)["engines that judged"] = found.told
    summary.of(request.config)["engines missing"] = lambda: [f"{name:<10} {why}" for name, why in found.absent.items()]
    yield found
    found.close()


@pytest.fixture(scope="session")
def judge(bench: Bench) -> Callable[[str], Counted]:
    """judge(name): that engine, started; fails or skips the test when it cannot be had."""
    return lambda name: required(bench, name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, None, None]:
    """After the last test of a group, and what its fixtures had to undo, the group's engine ends."""
    yield
    group = _group(item.nodeid)
    if group in _COSTLY and nextitem is not None and _group(nextitem.nodeid) != group and _BENCH in item.config.stash:
        item.config.stash[_BENCH].release(group)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest groups first."""
    items.sort(key=lambda item: _place(_group(item.nodeid)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Where processes share the work (`-n 2`), a group stays in one of them, so that an engine is started once."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):  # type: ignore[misc,unused-ignore]
        def _split_scope(self, nodeid: str) -> str:
            return _group(nodeid)

    return ByGroup(config, log)


def _group(nodeid: str) -> str:
    """The engine that the test's file or a parameter names, else the file."""
    if found := next((name for start, name in _ALSO.items() if nodeid.startswith(start)), None):
        return found
    path, _, name = nodeid.partition("::")
    words = [path.rpartition("test_")[2].removesuffix(".py"), *name.partition("[")[2].removesuffix("]").split("-")]
    return next((word for word in words if word in NAMES and word != "duckdb"), path)


def _place(group: str) -> int:
    return next((n for n, start in enumerate(_LONGEST_FIRST) if group.startswith(start)), len(_LONGEST_FIRST))
