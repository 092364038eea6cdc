"""Apache Druid 33, executed; see druid_services.py for what runs and druid_load.py for how tables are stored.

Tables of earlier loads stay until a load replaces them, for a load takes a second; a statement that was answered since
then is not asked again (an empty group is the same for each case of a function). The context is the caller's own:
nothing is added to it but what the transport needs. Without settings a statement is asked in UTC; the broker's own default
is hostile.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tests.oracles import druid_http, druid_load, druid_services, places
from tests.oracles.druid_services import install as install
from tests.oracles.judge import Answer, EngineLost, Evidence, Params, Rejected, Tables

_PLAIN = {"sqlTimeZone": "UTC"}


class DruidJudge:
    """`services` has the addresses, for tests of the engine's own client. Its stored booleans are numbers."""

    name = "druid"
    evidence: Evidence = "executed"
    has_boolean = False

    def __init__(self) -> None:
        self.services: druid_services.Services | None = None
        self._loaded: dict[str, str] = {}
        self._answered: dict[tuple[str, ...], Answer] = {}

    def missing(self) -> str | None:
        return places.tell_missing(self.name, [druid_services.folder()])

    def start(self) -> None:
        self.services = druid_services.Services()

    def stop(self) -> None:
        if self.services:
            self.services.stop()

    def load(self, tables: Tables) -> None:
        new = {name: table for name, table in tables.items() if self._loaded.get(name) != table.fingerprint()}
        if new:
            self._answered.clear()
            for name in new:
                self._loaded.pop(name, None)
            druid_load.load(self._running(), new)
            self._loaded.update({name: table.fingerprint() for name, table in new.items()})

    def execute(
        self,
        sql: str,
        params: Params = None,
        settings: Mapping[str, object] | None = None,
        as_of: datetime | None = None,
    ) -> Answer:
        clock = {"sqlCurrentTimestamp": as_of.isoformat()} if as_of else {}
        if isinstance(params, Mapping):
            raise NotImplementedError("Druid's parameters have no names")
        context, given = {**clock, **(_PLAIN if settings is None else settings)}, params or ()
        key = (sql, repr(context), repr(given))
        if key in self._answered:
            found = self._answered[key]
            return Answer(found.columns, list(found.rows))
        try:
            found = druid_http.query(self._running().sql, sql, context, given)
        except druid_http.DruidError as error:
            raise Rejected(str(error)) from None
        self._answered[key] = found
        return Answer(found.columns, list(found.rows))

    def analyse(self, sql: str) -> list[tuple[str, str]]:
        self.execute(f"EXPLAIN PLAN FOR {sql}")
        return []

    def _running(self) -> druid_services.Services:
        if self.services is None:
            raise EngineLost("not started")
        return self.services
