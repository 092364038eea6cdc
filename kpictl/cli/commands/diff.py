"""`kpictl diff`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from kpictl import api
from kpictl.cli.commands.show import dimensions_of, selected
from kpictl.cli.findings import load_or_stop
from kpictl.cli.moments import moment
from kpictl.cli.options import command as make
from kpictl.cli.options import option
from kpictl.cli.session import Session, Stop
from kpictl.cli.tables import Cell, Column, table
from kpictl.cli.value_table import style_of
from kpictl.model.project import Project
from kpictl.records import dataclass
from kpictl.stores import StoredValue


@dataclass(frozen=True, slots=True)
class _Pair:
    """A value as it was reported at two times; None where it was not there."""

    before: StoredValue | None
    after: StoredValue | None

    @property
    def one(self) -> StoredValue:
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def what(self) -> str:
        """added, removed, definition (another one computed it), data (the same one did)."""
        if self.before is None or self.after is None:
            return "added" if self.before is None else "removed"
        return "data" if self.before.definition == self.after.definition else "definition"

    @property
    def differs(self) -> bool:
        if self.before is None or self.after is None:
            return True
        return (self.before.value, self.before.status) != (self.after.value, self.after.status)


@make(
    "diff",
    [
        click.Argument(["selectors"], nargs=-1, required=True, metavar="KPI..."),
        option("--between", nargs=2, required=True, metavar="A B", help="Two times; `now` is one."),
        option("--by", metavar="DIMENSION[,DIMENSION]", help="The members of dimensions instead of the total."),
        option("--format", type=click.Choice(["table", "json"]), default="table", help="How it is written."),
    ],
)
def command(session: Session, selectors: tuple[str, ...], between: tuple[str, str], by: str | None, format: str) -> int:
    """Shows which reported numbers changed between two times, and whether the definition or the data did it.

    kpictl diff revenue --between 2024-06-30 now compares what was reported then with what is now.
    """
    session, loaded, project = load_or_stop(session, now=False)
    names = selected(session, project, selectors, ())
    first, second = (_instant(text, project) for text in between)
    if first >= second:
        raise Stop(f"--between: {between[1]} is not after {between[0]}", "write the earlier time first")
    members = dimensions_of(loaded, names, by)
    before = api.values(loaded, kpis=names, known_at=first, by=members)
    after = api.values(loaded, kpis=names, known_at=second, by=members)
    pairs = _pairs(before, after)
    if format == "json":
        session.terminal.result(json.dumps([_record(each) for each in pairs], indent=2, ensure_ascii=False))
    elif pairs:
        session.terminal.result(_table(session, project, pairs))
    else:
        session.terminal.say("nothing changed")
    return 0


def _instant(text: str, project: Project) -> datetime:
    found = datetime.now(UTC) if text == "now" else moment(text, project, "--between")
    assert found is not None
    return found


def _pairs(before: Sequence[StoredValue], after: Sequence[StoredValue]) -> list[_Pair]:
    """What differs, by KPI and time."""
    old, new = ({_key(each): each for each in values} for values in (before, after))
    pairs = (_Pair(old.get(key), new.get(key)) for key in dict.fromkeys((*old, *new)))
    return sorted((each for each in pairs if each.differs), key=lambda each: _key(each.one))


def _key(value: StoredValue) -> tuple[str, str, datetime, str]:
    return value.kpi, value.grain, value.time, json.dumps(dict(value.dimensions), sort_keys=True)


def _table(session: Session, project: Project, pairs: Sequence[_Pair]) -> str:
    names = list(dict.fromkeys(name for each in pairs for name in each.one.dimensions))
    columns = [
        Column("KPI", shrink=1),
        Column("bucket", shrink=0),
        *(Column(name) for name in names),
        Column("before", right=True, shrink=0),
        Column("after", right=True, shrink=0),
        Column("difference", right=True, shrink=0),
        Column("what changed", style="dim", shrink=2),
    ]
    rows: list[list[Cell]] = []
    for each in pairs:
        style = style_of(project.kpis.get(each.one.kpi))
        old = each.before.value if each.before is not None else None
        new = each.after.value if each.after is not None else None
        moved = style.full(new - old) if old is not None and new is not None else ""
        shown = [_member(each.one.dimensions.get(name)) for name in names]
        rows.append([each.one.kpi, each.one.bucket, *shown, style.full(old), style.full(new), moved, each.what])
    return table(columns, rows, session.terminal)


def _member(value: object) -> str:
    return "(null)" if value is None else str(value)


def _record(pair: _Pair) -> dict[str, Any]:
    one = pair.one.record()
    return {
        **{name: one[name] for name in ("kpi", "grain", "time", "bucket", "dimensions")},
        "what": pair.what,
        "before": None if pair.before is None else _side(pair.before),
        "after": None if pair.after is None else _side(pair.after),
    }


def _side(value: StoredValue) -> dict[str, Any]:
    record = value.record()
    return {name: record[name] for name in ("value", "status", "definition", "run_id", "known_at")}
