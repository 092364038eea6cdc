"""Reads and plays `.kpitest` scripts: a project, rows that arrive, a clock, runs, and the values that must be stored.

settings             keys of kpi_project.yml, below it indented
define               a file of kpis/, which replaces the one before
case NAME            a world of its own, which begins with what stands before the first case
load TABLE           a header `name:type ...` and rows, blank-separated; `-` is NULL, quotes hold blanks
sql                  statements on the source database
now TIME             the logical time of what follows (in the reporting zone unless it names another)
run [--full-refresh | --forward-only | --backfill FROM..TO | --as-of T]   and, indented, what must come of it:
                     `kpi status [values=N] [restated=N] [buckets=N] [KPIxxx]`
audit                and, indented, which buckets would have another value now: `KPIxxx buckets of kpi`
plan [as run]        and, indented, each KPI with its change and due buckets: `kpi change [missing=N] [late=N] [open=N] ..
                     [begins=BUCKET]`
eval KPI [by DIM..]  and, indented, all stored rows: `bucket value status [flag..] [{"dim": ..}]`
history KPI          and, indented, all superseded rows, likewise
count TABLE N        rows of a table of the store
diverges WHY         a store rebuilt in one run at the end may differ from the one that grew step by step
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from kpictl import api
from kpictl.cli.moments import read_moment, span
from kpictl.model.project import Project
from kpictl.runner.results import RunReport
from kpictl.stores import StoredValue

_PROFILE = """\
{name}:
  target: dev
  outputs:
    dev:
      store: {{type: duckdb, path: {store}}}
      as_of: {now}
      connections: {{app: {{type: duckdb, path: warehouse.duckdb, threads: {threads}}}}}
"""
_STORE = "target/kpis.duckdb"


@dataclass(frozen=True)
class Step:
    """One line of a script with its indented body."""

    line: int
    word: str
    rest: str
    body: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """A named sequence of steps."""

    name: str
    steps: tuple[Step, ...]

    @property
    def rebuilt(self) -> bool:
        """Whether one run at the end must come to what the steps have stored."""
        words = {step.word for step in self.steps}
        return "run" in words and "diverges" not in words


def read(text: str) -> list[Case]:
    """The cases of a script."""
    first: list[Step] = []
    found: list[tuple[str, list[Step]]] = []
    for step in _steps(text):
        if step.word == "case":
            found.append((step.rest, []))
        else:
            (found[-1][1] if found else first).append(step)
    return [Case(name, (*first, *steps)) for name, steps in found]


def _steps(text: str) -> Iterator[Step]:
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        start, line = at, lines[at]
        at += 1
        if not line.strip() or line.startswith("#"):
            continue
        body = []
        while at < len(lines) and (not lines[at].strip() or lines[at].startswith(" ")):
            body.append(lines[at])
            at += 1
        word, _, rest = line.partition(" ")
        yield Step(start + 1, word, rest.strip(), _dedented(body))


def _dedented(body: list[str]) -> tuple[str, ...]:
    while body and not body[-1].strip():
        body.pop()
    depth = min((len(each) - len(each.lstrip()) for each in body if each.strip()), default=0)
    return tuple(each[depth:].rstrip() for each in body)


class Broken(AssertionError):
    """What a script asks for is not so."""


@dataclass
class World:
    """A project folder, its warehouse, its store and its clock."""

    root: Path
    now: str = "2024-01-01"
    settings: str = ""
    store: str = _STORE
    threads: int = 1
    names: list[str] = field(default_factory=list)

    def play(self, case: Case) -> None:
        """Does all steps; raises `Broken` at the first that is not as the script says."""
        (self.root / "kpis").mkdir(exist_ok=True)
        for step in case.steps:
            try:
                getattr(self, f"do_{step.word}")(step)
            except Broken as broken:
                raise Broken(f"line {step.line}: {step.word} {step.rest}\n{broken}") from None

    # -- what a script can say

    def do_settings(self, step: Step) -> None:
        self.settings = "\n".join(step.body)

    def do_define(self, step: Step) -> None:
        (self.root / "kpis" / "all.yml").write_text("\n".join(step.body) + "\n", encoding="utf-8")

    def do_now(self, step: Step) -> None:
        self.now = step.rest

    def do_diverges(self, step: Step) -> None:
        """Read by `Case.rebuilt`."""

    def do_sql(self, step: Step) -> None:
        self._warehouse("\n".join(step.body))

    def do_load(self, step: Step) -> None:
        header, *rows = (shlex.split(line, comments=True) for line in step.body if line.strip())
        columns = [column.split(":", 1) for column in header]
        made = ", ".join(f'"{name}" {kind}' for name, kind in columns)
        values = [
            "(" + ", ".join("NULL" if v == "-" else "'" + v.replace("'", "''") + "'" for v in row) + ")" for row in rows
        ]
        text = f"CREATE TABLE IF NOT EXISTS {step.rest} ({made});"
        if values:
            text += f"INSERT INTO {step.rest} VALUES {', '.join(values)};"
        self._warehouse(text)

    def do_run(self, step: Step) -> None:
        arguments = step.rest.split()
        report = self.run(arguments)
        told = {each.unique_id.removeprefix("kpi."): each for each in report.results}
        if not step.body:
            bad = [f"{name}: {each.status}: {each.message}" for name, each in told.items() if each.status == "error"]
            if bad:
                raise Broken("\n".join(bad))
        notes = [line for line in step.body if line.startswith("KPI")]
        if notes or report.diagnostics:
            _compare([f"{each.code} {each.message}" for each in report.diagnostics], notes)
        for line in step.body:
            if line in notes:
                continue
            name, *expected = line.split()
            result = told[name]
            codes = {each.code for each in result.diagnostics}
            known = {result.status, f"values={result.values}", f"buckets={result.buckets}"}
            known |= {f"restated={result.restated}", *codes}
            if not set(expected) <= known or (codes and not codes <= set(expected)):
                raise Broken(f"expected: {line}\nbut was:  {name} {' '.join(sorted(known))}  {result.message or ''}")

    def do_audit(self, step: Step) -> None:
        loaded = self.loaded()
        found = api.late(loaded, kpis=list(loaded.project.kpis))
        _compare([f"{each.code} {each.message.split(' would')[0]}" for each in found], step.body)

    def do_plan(self, step: Step) -> None:
        loaded, options = self._asked(step.rest.split())
        found = api.plan(loaded, kpis=list(loaded.project.kpis), **options)
        lines = []
        for each in found.lines:
            counts = [f"{name}={number}" for name, number in each.buckets.items() if number]
            counts += [] if each.begins is None else [f"begins={each.begins}"]
            lines.append(" ".join([each.kpi, each.change.value, *counts]))
        _compare(lines, step.body)

    def do_eval(self, step: Step) -> None:
        name, _, dims = step.rest.partition(" by ")
        by = tuple(dims.split())
        with_store = [row for row in self.stored(name.strip()) if tuple(sorted(row.dimensions)) == tuple(sorted(by))]
        _compare([_text(row) for row in with_store], step.body)

    def do_history(self, step: Step) -> None:
        rows = self._store_rows(
            "SELECT bucket, kpi_value, status, metadata, dimensions FROM kpi_metrics_history WHERE kpi_name = ? "
            "ORDER BY superseded_at, time, dimensions::VARCHAR",
            [step.rest],
        )
        found = [_line(b, v, s, json.loads(m), json.loads(d)) for b, v, s, m, d in rows]
        _compare(found, step.body)

    def do_count(self, step: Step) -> None:
        table, _, number = step.rest.rpartition(" ")
        exists = (self.root / self.store).exists()
        found = self._store_rows(f"SELECT count(*) FROM {table}", [])[0][0] if exists else 0
        if found != int(number):
            raise Broken(f"{table} has {found} rows")

    # -- machinery

    def loaded(self) -> Any:
        text = f"name: world\n{self.settings}\n"
        (self.root / "kpi_project.yml").write_text(text, encoding="utf-8")
        profile = _PROFILE.format(name="world", store=self.store, now=self.now, threads=self.threads)
        (self.root / "profiles.yml").write_text(profile, encoding="utf-8")
        loaded = api.load(self.root)
        if loaded.project is None:
            raise Broken("\n".join(f"{each.code} {each.message}" for each in loaded.diagnostics))
        return loaded

    def run(self, arguments: list[str]) -> RunReport:
        loaded, options = self._asked(arguments)
        self.names = list(loaded.project.kpis)
        checked = api.check(loaded)
        if blocking := api.blocking(checked.diagnostics):
            raise Broken("\n".join(f"{each.code} {each.message}" for each in blocking))
        return api.run(loaded, kpis=self.names, **options)

    def _asked(self, arguments: list[str]) -> tuple[Any, dict[str, Any]]:
        loaded = self.loaded()
        project: Project = loaded.project
        as_of: datetime | None = None
        backfill = None
        if arguments[:1] == ["--as-of"]:
            as_of = read_moment(arguments[1], project.settings.timezone, "--as-of")
        if arguments[:1] == ["--backfill"]:
            backfill = span(arguments[1], project, "--backfill")
        return loaded, {
            "as_of": as_of,
            "backfill": backfill,
            "full_refresh": "--full-refresh" in arguments,
            "forward_only": "--forward-only" in arguments,
        }

    def stored(self, name: str) -> list[StoredValue]:
        from kpictl.stores import Wish, open_store

        store = open_store(self.loaded().project)
        return sorted(
            store.values(Wish(kpis={name: None}, dimensions=None)),
            key=lambda row: (row.time, json.dumps(dict(row.dimensions), sort_keys=True, ensure_ascii=False)),
        )

    def superseded(self) -> int:
        """How many values of the store were replaced by others."""
        return int(self._store_rows("SELECT count(*) FROM kpi_metrics_history", [])[0][0])

    def _warehouse(self, text: str) -> None:
        with duckdb.connect(str(self.root / "warehouse.duckdb")) as session:
            session.execute("SET TimeZone = 'UTC'")
            session.execute(text)

    def _store_rows(self, text: str, values: list[Any]) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.root / self.store), read_only=True) as session:
            return session.execute(text, values).fetchall()


def comparable(row: StoredValue) -> str:
    """A value as two ways of computing it must agree on: without the flags that tell how it came to be."""
    flags = {key: value for key, value in row.metadata.items() if key not in ("restated", "late")}
    return _line(row.bucket, row.value, row.status, flags, dict(row.dimensions))


def _text(row: StoredValue) -> str:
    return _line(row.bucket, row.value, row.status, dict(row.metadata), dict(row.dimensions))


def _line(bucket: str, value: float | None, status: str, metadata: dict[str, Any], dimensions: dict[str, Any]) -> str:
    flags = [key if flag is True else f"{key}={flag}" for key, flag in sorted(metadata.items())]
    members = [json.dumps(dimensions, ensure_ascii=False)] if dimensions else []
    shown = "-" if value is None else f"{value:.12g}"
    return " ".join([bucket, shown, status, *flags, *members])


def _compare(found: list[str], body: tuple[str, ...]) -> None:
    wanted = [" ".join(line.split("#")[0].split()) for line in body if line.split("#")[0].strip()]
    if found != wanted:
        marks = [
            *(f"  - {line}" for line in wanted if line not in found),
            *(f"  + {line}" for line in found if line not in wanted),
        ]
        shown = "\n".join(f"    {line}" for line in found)
        raise Broken("stored:\n" + shown + "\ndifference (- wanted, + found):\n" + "\n".join(marks))
