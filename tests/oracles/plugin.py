"""The judges as pytest fixtures, and what they did in the summary.

`judge(name)` is a started judge, one a session. `judges` are all of them. An engine that does not come up fails the
test where CI=true and skips it elsewhere, with the command that would bring it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
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

    def told(self) -> list[str]:
        """A line for each engine that judged."""
        if not self.sitting:
            return []
        head = f"{'engine':<10} {'evidence':<9} {'statements':>10} {'seconds':>8}"
        rows = (
            f"{n:<10} {one.evidence:<9} {one.statements:>10} {one.seconds:>8.1f}" for n, one in self.sitting.items()
        )
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


@pytest.fixture(scope="session")
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """All judges of the session, started or not."""
    found = Bench()
    summary.of(request.config)["engines that judged"] = found.told
    summary.of(request.config)["engines missing"] = lambda: [f"{name:<10} {why}" for name, why in found.absent.items()]
    yield found
    found.close()


@pytest.fixture(scope="session")
def judge(bench: Bench) -> Callable[[str], Counted]:
    """judge(name): that engine, started; fails or skips the test when it cannot be had."""
    return lambda name: required(bench, name)


@pytest.fixture(scope="session")
def judges(bench: Bench) -> dict[str, Counted]:
    """Every judge by name, started side by side; where CI=true all must be there, elsewhere those that are."""
    with ThreadPoolExecutor(len(NAMES)) as pool:
        found = dict(zip(NAMES, pool.map(bench.ask, NAMES), strict=True))
    if bench.absent and in_ci():
        pytest.fail("\n".join(f"{name} cannot judge: {why}" for name, why in bench.absent.items()), pytrace=False)
    return {name: one for name, one in found.items() if one}


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
    path, _, name = nodeid.partition("::")
    words = [path.rpartition("test_")[2].removesuffix(".py"), *name.partition("[")[2].removesuffix("]").split("-")]
    return next((word for word in words if word in NAMES and word != "duckdb"), path)


def _place(group: str) -> int:
    return next((n for n, start in enumerate(_LONGEST_FIRST) if group.startswith(start)), len(_LONGEST_FIRST))
