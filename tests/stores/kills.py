"""kill -9 at random moments of a backfill, and what must hold then: whole batches, and after another run the truth.

`python -m pytest -s -m kills tests/stores/test_kills.py` does two hundred and prints what it found.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kpictl import api
from kpictl.stores import open_keeper
from kpictl.stores.checking import check
from tests.faults.forks import Forks

_SERIES = "SELECT kpi_name, grain, time, dimensions_key, kpi_value, status, definition FROM kpi_metrics"
_PROJECT = "name: shop\nstart: 2024-01-01\n"
_FILES = "{type: duckdb, files: data}"
_SOURCE = """\
sources:
  orders:
    connection: app
    time: created_at
    timezone: UTC
    key: [id]
{relation}    columns: {{id: bigint, amount: "numeric(12,2)", country: text, created_at: timestamp}}
kpis:
"""


def orders() -> list[tuple[int, str, str, str]]:
    """A year of orders: id, amount, country, created_at."""
    return [
        (n, f"{n % 97}.25", ("DE", "FR")[n % 2], f"2024-{n % 12 + 1:02}-{n % 28 + 1:02} 10:00:00") for n in range(1500)
    ]


def write_project(root: Path, store: str, app: str = _FILES, relation: str = "") -> Path:
    """A project of 50 KPIs over a year of orders, with a store and the connection of the orders as the profile writes them.

    `relation` is where the orders stand there; they are in a file otherwise.
    """
    (root / "data").mkdir(parents=True)
    (root / "kpis").mkdir()
    lines = ["id,amount,country,created_at", *(",".join(map(str, row)) for row in orders())]
    (root / "data/orders.csv").write_text("\n".join(lines) + "\n")
    kpis = [
        f"  k{n}: {{measure: {('sum(amount)', 'count(*)')[n % 2]}, source: orders, where: id % {n + 2} = 0, "
        f"grain: day{', dimensions: [country]' if n % 5 == 0 else ''}}}\n"
        for n in range(45)
    ]
    kpis += [f"  r{n}: {{ratio: {{numerator: k{2 * n}, denominator: k{2 * n + 1}}}}}\n" for n in range(5)]
    (root / "kpis/orders.yml").write_text(
        _SOURCE.format(relation=f"    relation: {relation}\n" if relation else "") + "".join(kpis)
    )
    (root / "kpi_project.yml").write_text(_PROJECT)
    (root / "profiles.yml").write_text(
        "shop:\n  target: dev\n  outputs:\n    dev:\n"
        f"      store: {store}\n      as_of: 2025-01-01\n      connections: {{app: {app}}}\n"
    )
    return root


@dataclass
class Report:
    """What was found at the moments of the kills."""

    seconds: float = 0.0
    """How long a run takes that nobody ends."""
    values: int = 0
    at: Counter[str] = field(default_factory=Counter)

    def line(self, kind: str) -> str:
        found = ", ".join(f"{count} {what}" for what, count in sorted(self.at.items()))
        return f"{kind}: {self.values:,} values, {self.seconds:.1f} s a run; {sum(self.at.values())} kills: {found}"


def kills(
    forks: Forks,
    root: Path,
    number: int,
    forget: Callable[[], None],
    ask: Callable[[str], list[tuple[Any, ...]]],
    first: int = 0,
) -> Report:
    """Ends runs at random moments; `forget` makes the store new, `ask` reads it without kpictl ([] where it is not made).

    The moments are spread over a run; `first` goes on with a series that was stopped.
    """
    assert forks.run(root, "run", "--quiet").code == 0
    truth = Counter(ask(_SERIES))
    counts = Counter(row[0] for row in truth.elements())
    assert len(counts) == 50
    assert truth.most_common(1)[0][1] == 1
    report = Report(values=sum(truth.values()))
    forget()
    began = time.monotonic()
    assert forks.run(root, "run", "--quiet").code == 0
    report.seconds = time.monotonic() - began
    dice = random.Random(number)
    for point in range(number):
        moment = report.seconds * (0.2 + 0.85 * (point + dice.random()) / number)
        if point < first:
            continue
        fresh = point % 3 != 2
        if fresh:
            forget()
        again = [] if fresh else ["--full-refresh"]
        ended = forks.kill(root, moment, "run", "--quiet", *again)
        _look(report, ended.code, Counter(ask(_SERIES)), truth, counts, fresh)
        done = forks.run(root, "run", "--quiet")
        assert done.code == 0, done.said
        assert Counter(ask(_SERIES)) == truth
        assert ask("SELECT count(*) FROM kpi_metrics_history") == [(0,)]
        assert _faults(root) == ()
        if point % 10 == 9:
            print(report.line(f"after {point + 1}"), flush=True)
    return report


def _look(
    report: Report, code: int, found: Counter[Any], truth: Counter[Any], counts: Counter[str], fresh: bool
) -> None:
    """What is there is a part of the truth, each KPI wholly or not at all."""
    assert not found - truth
    for name, there in Counter(row[0] for row in found.elements()).items():
        assert there == counts[name], f"half of {name}"
    if code != -9:
        report.at["after the end"] += 1
    elif not fresh:
        report.at["in a full refresh"] += 1
        assert found == truth
    elif not found:
        report.at["before the values were committed"] += 1
    else:
        report.at["after some or all were committed"] += 1


def _faults(root: Path) -> tuple[str, ...]:
    """What `store check` finds: rows of no definition, ledger entries twice, buckets that are done and have no value."""
    project = api.load(root).readable
    assert project is not None
    store = open_keeper(project)
    try:
        return tuple(fault.message() for fault in check(store))
    finally:
        store.close()
