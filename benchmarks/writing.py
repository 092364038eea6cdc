"""How fast values are written into a store, into a new one and into one with values: CPU seconds of client and server.

`python -m benchmarks.writing [--postgres DSN] [--values N]` writes N values of 100 KPIs twice: other KPIs the second time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kpictl.diagnostics import Place
from kpictl.model.project import Connection
from kpictl.stores import Batch, NewValues, Store
from kpictl.stores.canonical import canonical, dimensions_key
from kpictl.stores.duckdb import DuckdbStore
from kpictl.stores.postgres import PostgresStore
from kpictl.stores.postgres_session import open_session

_START = datetime(2024, 1, 1, tzinfo=UTC)
_MEMBERS = 5


def batches(first: int, values: int) -> list[Batch]:
    """Batches of 100 KPIs by day and member, so many values in all."""
    days = values // 100 // _MEMBERS
    times = [_START + timedelta(days=n) for n in range(days)]
    texts = [canonical({"country": f"c{n}"}) for n in range(_MEMBERS)]
    number = days * _MEMBERS
    found = []
    for kpi in range(first, first + 100):
        new = NewValues(
            times=[at for at in times for _ in texts],
            buckets=[at.date().isoformat() for at in times for _ in texts],
            values=[float(n * kpi % 977) for n in range(number)],
            statuses=["ok"] * number,
            dimensions=texts * days,
            keys=[dimensions_key(text) for text in texts] * days,
            metadata=["{}"] * number,
        )
        span = (times[0], times[-1] + timedelta(days=1))
        found.append(
            Batch(
                kpi=f"metric_{kpi}",
                grain="day",
                zone="UTC",
                definition=f"{kpi:032}",
                body="{}",
                first_bucket=times[0],
                ranges=(span,),
                values=new,
                done=(span,),
            )
        )
    return found


def measure(store: Store, values: int, server: Callable[[], float]) -> None:
    """Writes twice and prints what it took."""
    for turn, what in enumerate(("into a new store", "into one with values")):
        made = batches(turn * 100, values)
        number = sum(len(each.values) for each in made)
        before, wall, there = time.process_time(), time.perf_counter(), server()
        store.write(made, f"run{turn}", datetime.now(UTC))
        client, there = time.process_time() - before, server() - there
        rate = number / (client + there)
        seconds = time.perf_counter() - wall
        print(
            f"| {store.__class__.__name__}, {number:,} {what} | {client:.2f} | {there:.2f} | {seconds:.2f} | {rate:,.0f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres")
    parser.add_argument("--values", type=int, default=182_500)
    options = parser.parse_args()
    print("| store, values | client CPU s | server CPU s | wall s | values a second of CPU |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        measure(DuckdbStore(Path(folder) / "k.duckdb", "bench"), options.values, lambda: 0.0)
    if options.postgres is None:
        return
    bound = Connection(name="store", type="postgres", options={"uri": options.postgres}, place=Place("bench"))
    opened: list[Any] = []

    def connect() -> Any:
        found = open_session(bound, Path(), lock_timeout=5.0)
        opened.append(found[0])
        return found

    def server() -> float:
        """CPU seconds of the session's process, where it is on this machine."""
        try:
            told = Path(f"/proc/{opened[-1].info.backend_pid}/stat").read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            return 0.0
        return (int(told[11]) + int(told[12])) / 100

    store = PostgresStore(connect, "bench")
    store.state()
    measure(store, options.values, server)
    store.close()


if __name__ == "__main__":
    main()
