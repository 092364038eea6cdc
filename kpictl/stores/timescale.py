"""The store in TimescaleDB: PostgreSQL's, with a hypertable, hourly values, and policies that compress and drop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kpictl.stores.migrations import interval
from kpictl.stores.postgres import PostgresStore

if TYPE_CHECKING:
    import psycopg

_POLICY = """
SELECT CAST(config->>'drop_after' AS interval) = %(keep)s::interval
FROM timescaledb_information.jobs
WHERE proc_name = 'policy_retention' AND hypertable_schema = current_schema() AND hypertable_name = 'kpi_metrics'
"""


class TimescaleStore(PostgresStore):
    """As PostgreSQL's; the retention policy follows the longest retention of the KPIs."""

    dialect = "timescale"
    _bulk = False
    _looked = False

    @contextmanager
    def writing(
        self,
        *,
        older: bool = False,
        damaged: bool = False,
        before: Callable[[psycopg.Connection[Any]], None] | None = None,
    ) -> Iterator[psycopg.Connection[Any]]:
        with super().writing(older=older, damaged=damaged, before=before) as session:
            if not older and not self._looked:
                self._keep_as_long(session)
            yield session
        self._looked = self._looked or not older

    changing = writing

    def _keep_as_long(self, session: psycopg.Connection[Any]) -> None:
        """Puts another retention policy in the place of one whose length is no longer the longest."""
        found = session.execute(_POLICY.encode(), {"keep": interval(self.keep)}).fetchone()
        if found == (True,):
            return
        session.execute("SELECT remove_retention_policy('kpi_metrics', if_exists => true)")
        session.execute(
            "SELECT add_retention_policy('kpi_metrics', %s::interval, if_not_exists => true)", (interval(self.keep),)
        )
