"""What the files below kpis/, analyses/ and macros/ define, by name, with every clash of names."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from kpictl.diagnostics import Diagnostic, Label, Place
from kpictl.model.keys import Block, Key
from kpictl.model.kpis import Analysis, Kpi, KpiTest
from kpictl.model.readers import INVALID, NAME, At, Filled, Out, Schema, place_of
from kpictl.model.sources import Source
from kpictl.project.findings import CaseOnly, NameTwice
from kpictl.project.kpi_blocks import Defaults, bind_kpi, bind_test
from kpictl.project.names import Names, no_mapping
from kpictl.project.source_blocks import bind_source
from kpictl.syntax.findings import TooManyMistakes

_MOST = 5_000
"""Mistakes of one file that are told."""


class Named:
    """A mapping of names to definitions, which are read one by one."""

    def __init__(self, what: str, schema: Schema) -> None:
        self._what = what
        self._schema = schema

    def read(self, value: Any, at: At, out: Out) -> Any:
        if isinstance(value, dict):
            return value
        out.append(no_mapping(self._what, value, at))
        return INVALID

    def schema(self) -> Schema:
        return {"type": "object", "propertyNames": Names().schema(), "additionalProperties": self._schema}


FILE = Block(
    "a file below kpis/",
    (
        Key("category", Filled(), "The category of the file's KPIs; the first folder's name when left out."),
        Key("sources", Named("sources", {}), "Tables, views and collections, by name."),
        Key("kpis", Named("kpis", {}), "KPIs, by name."),
        Key("tests", Named("tests", {}), "Tests of KPIs, by name."),
    ),
)


class Definitions:
    """Collects definitions file by file, in the order in which files are given."""

    def __init__(self, defaults: Defaults, out: list[Diagnostic]) -> None:
        self._defaults = defaults
        self._out = out
        self._seen: dict[tuple[str, str], tuple[str, Place]] = {}
        self.sources: dict[str, Source] = {}
        self.kpis: dict[str, Kpi] = {}
        self.tests: dict[str, KpiTest] = {}
        self.analyses: dict[str, Analysis] = {}
        self.macros: list[tuple[str, str]] = []

    @property
    def unread(self) -> frozenset[str]:
        """Names that stand in the files, of sources and KPIs that could not be read."""
        known: dict[str, dict[str, Any]] = {"source": self.sources, "KPI": self.kpis}
        return frozenset(
            name for (what, _), (name, _) in self._seen.items() if what in known and name not in known[what]
        )

    def file(self, path: str, value: object) -> None:
        """Takes the values of a YAML file."""
        place = Place(path)
        values = FILE.read(value, place, self._out)
        if values is INVALID:
            return
        out = self._out
        most = len(out) + _MOST
        at: At = (place, "sources")
        for name, item in values.get("sources", {}).items():
            if len(out) > most:
                self._enough(place)
                return
            if self._named("source", name, (at, name)) and (source := bind_source(name, item, (at, name), out)):
                self.sources[name] = source
        at, category = (place, "kpis"), values.get("category") or _folder(path)
        for name, item in values.get("kpis", {}).items():
            if len(out) > most:
                self._enough(place)
                return
            if self._named("KPI", name, (at, name)):
                kpi = bind_kpi(name, item, (at, name), out, category, self._defaults)
                if kpi is not None:
                    self.kpis[name] = kpi
        at = (place, "tests")
        for name, item in values.get("tests", {}).items():
            if len(out) > most:
                self._enough(place)
                return
            if self._named("test", name, (at, name)) and (test := bind_test(name, item, (at, name), out)):
                self.tests[name] = test

    def _enough(self, place: Place) -> None:
        message = f"this file has more than {_MOST:,} mistakes; the rest of it is not read"
        self._out.append(TooManyMistakes.at(place, message, help=["mend the first one, and check again"]))

    def sql(self, path: str, text: str) -> None:
        """Takes the text of a file of analyses/ or macros/."""
        if path.startswith("macros/"):
            self.macros.append((path, text))
            return
        name = PurePosixPath(path).stem
        if self._named("analysis", name, Place(path)):
            self.analyses[name] = Analysis(name=name, sql=text, place=Place(path))

    def _named(self, what: str, name: str, at: At) -> bool:
        """Whether a name is one, and new."""
        key = (what, name.lower())
        before = self._seen.get(key)
        if before is None:
            place = place_of(at)
            self._seen[key] = (name, place)
            if NAME.fullmatch(name):
                return True
            Names().read(name, place if not place.keys else at, self._out)
            return False
        first, where = before
        label = Label(place=where.key() if where.keys else where, text="the first one is here")
        place = place_of(at)
        place = place.key() if place.keys else place
        if first == name:
            message = f"there are two {'analyses' if what == 'analysis' else what + 's'} called {name!r}"
            self._out.append(NameTwice.at(place, message, others=[label], help=["rename one of them"], node=name))
        else:
            message = f"the names {first!r} and {name!r} differ in case only"
            self._out.append(CaseOnly.at(place, message, others=[label], help=["names are lower case"], node=name))
        return False


def _folder(path: str) -> str | None:
    """The first folder below kpis/ that a file stands in."""
    parts = path.split("/")
    return parts[1] if len(parts) > 2 else None
