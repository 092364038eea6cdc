"""The block of a KPI: the keys that all kinds have, those of its kind, and the Kpi that they make."""

from __future__ import annotations

from typing import Any

from kpictl.diagnostics import Label
from kpictl.kinds import KINDS, PLANNED, Kind
from kpictl.model.durations import Duration
from kpictl.model.key_findings import NoKind, NotSupportedYet, SeveralKinds, WrongType
from kpictl.model.keys import Block, Key
from kpictl.model.kpis import Access, Kpi, KpiTest, Threshold
from kpictl.model.readers import (
    INVALID,
    At,
    Boolean,
    Core,
    Cron,
    DurationText,
    Filled,
    ListOf,
    MappingOf,
    Moment,
    Name,
    Number,
    OneOf,
    Out,
    Schema,
    Text,
    kind_of,
    place_of,
)
from kpictl.records import dataclass

GRAINS = ("hour", "day", "week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year")


class Deprecation:
    """`true`, or why it is deprecated and what to use instead."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        found = Filled().read(value, at, out)
        return {"true": "deprecated", "false": None}.get(found, found) if found is not INVALID else INVALID

    def schema(self) -> Schema:
        return {"type": ["boolean", "string", "number"], "pattern": r"\S"}


THRESHOLD = Block(
    "a threshold",
    (
        Key("severity", OneOf(("warn", "critical")), "How bad it is.", required=True),
        Key("when", Filled(), "A condition over `value`."),
        Key("change_pct", Filled(), "A condition over the change in percent."),
        Key("burn_rate", Filled(), "A condition over the rate at which an error budget burns."),
        Key("anomaly", Filled(), "A condition over the distance from what was expected."),
        Key("stale", DurationText(), "The last value is older than this."),
        Key("no_data", DurationText(), "There was no value for this long."),
        Key("for", Number(integer=True, least=1), "For how many buckets in a row."),
        Key("notify", ListOf(Filled(), single=True), "Whom to tell."),
        Key("resolve", Filled(), "The condition under which it ends."),
    ),
)
ACCESS = Block(
    "`access`",
    (
        Key("roles", ListOf(Filled(), single=True), "Who may see it."),
        Key("rows", Filled(), "Which rows a reader may see."),
        Key("min_group_size", Number(integer=True, least=1), "Smaller groups are suppressed."),
    ),
)
COMMON = (
    Key("label", Text(), "The name that people read."),
    Key("description", Text(), "What it says, in a sentence."),
    Key("owner", Filled(), "Who answers for it."),
    Key("tags", ListOf(Filled(), single=True), "Words to select by."),
    Key("category", Filled(), "Its category; the file's when left out."),
    Key("schedule", Cron(), "When it is computed, as cron."),
    Key("start", Moment(), "There is no value before it."),
    Key("retention", DurationText(), "How long values are kept."),
    Key("unit", Filled(), "The unit of its values; `percent` says that they are x 100 already."),
    Key("format", Filled(), "How values are shown; `percent` shows a fraction x 100."),
    Key("direction", OneOf(("up", "down")), "Which way is good."),
    Key("dimensions", ListOf(Name(), single=True), "What it is broken down by."),
    Key("grain", OneOf(GRAINS), "The length of its buckets."),
    Key("fill", OneOf(("zero", "previous", "none")), "What reads show where a combination has no row."),
    Key("renamed_from", Name(), "Its former name, whose history it continues."),
    Key("goal", Number(), "What the business wants it to be."),
    Key("thresholds", ListOf(THRESHOLD), "When to raise an alert."),
    Key("checks", ListOf(Filled(), single=True), "What holds for every value."),
    Key("access", ACCESS, "Who may see what of it."),
    Key("certified", Boolean(), "It has been reviewed."),
    Key("deprecated", Deprecation(), "It should not be used any more, and why."),
    Key("docs", Text(), "Where to read more."),
)
_KINDS = {kind.NAME: kind for kind in KINDS}
KIND_NAMES = (*_KINDS, *PLANNED)
KPI: dict[str, Block] = {
    kind.NAME: Block(f"a KPI with `{kind.NAME}`", COMMON + kind.KEYS, elsewhere={
        key.name: f"`{key.name}` belongs to a KPI with `{other.NAME}`"
        for other in KINDS if other is not kind for key in other.KEYS if key not in kind.KEYS
    })
    for kind in KINDS
}  # fmt: skip

TEST = Block(
    "a test",
    (
        Key("kpi", Name(), "The KPI that is tested.", required=True),
        Key("as_of", Moment(), "What now is."),
        Key("given", MappingOf(ListOf(MappingOf(Core()))), "Rows by source.", required=True),
        Key("expect", ListOf(MappingOf(Core())), "The values that must come out.", required=True),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What KPIs take when they say nothing."""

    owner: str | None = None
    retention: Duration | None = None
    schedule: str | None = None


def bind_kpi(name: str, value: Any, at: At, out: Out, category: str | None, defaults: Defaults) -> Kpi | None:
    """The KPI of a block; None when a diagnostic says why there is none."""
    if value.__class__ is not dict:
        out.append(WrongType.at(place_of(at), f"a KPI is a mapping of keys, not {kind_of(value)}", node=name))
        return None
    kind = _kind(value, at, out)
    if kind is None:
        return None
    before = len(out)
    values = KPI[kind.NAME].read(value, at, out)
    if len(out) > before:
        return None
    place = place_of(at)
    get = values.get
    return Kpi(
        name=name,
        kind=kind.NAME,
        spec=kind.bind(values, place),
        label=get("label"),
        description=get("description"),
        owner=get("owner", defaults.owner),
        category=get("category", category),
        tags=get("tags", ()),
        schedule=get("schedule", defaults.schedule),
        start=get("start"),
        retention=get("retention", defaults.retention),
        unit=get("unit"),
        format=get("format"),
        direction=get("direction"),
        dimensions=get("dimensions", ()),
        grain=get("grain"),
        fill=get("fill"),
        renamed_from=get("renamed_from"),
        goal=get("goal"),
        thresholds=_thresholds(get("thresholds", ()), at),
        checks=get("checks", ()),
        access=Access(**get("access")) if "access" in values else None,
        certified=get("certified", False),
        deprecated=get("deprecated"),
        docs=get("docs"),
        place=place,
    )


def _kind(value: dict[str, Any], at: At, out: Out) -> Kind | None:
    """The kind of a KPI's block, by the one key that says it."""
    found = [name for name in KIND_NAMES if name in value]
    if len(found) == 1 and found[0] in _KINDS:
        return _KINDS[found[0]]
    place = place_of(at)
    if not found:
        message = "this KPI has no key that says what it is"
        out.append(NoKind.at(place.key(), message, help=[f"give it one of {', '.join(KIND_NAMES)}"]))
    elif len(found) == 1:
        message = f"`{found[0]}` is not supported yet by this version"
        out.append(NotSupportedYet.at(place.child(found[0]).key(), message, help=["write it as a `query` until then"]))
    else:
        first, second = sorted(found, key=list(value).index)[:2]
        label = Label(place=place.child(first).key(), text="the first one is here")
        message = f"this KPI is a `{first}` and a `{second}` at once"
        out.append(SeveralKinds.at(place.child(second).key(), message, others=[label], help=["keep one of them"]))
    return None


def _thresholds(values: Any, at: At) -> tuple[Threshold, ...]:
    found = []
    for position, value in enumerate(values):
        fields = {("for_" if key == "for" else key): item for key, item in value.items()}
        found.append(Threshold(**fields, place=place_of(((at, "thresholds"), position))))
    return tuple(found)


def bind_test(name: str, value: Any, at: At, out: Out) -> KpiTest | None:
    """The test of a block; None when a diagnostic says why there is none."""
    before = len(out)
    values = TEST.read(value, at, out)
    if values is INVALID or len(out) > before:
        return None
    return KpiTest(
        name=name,
        kpi=values["kpi"],
        as_of=values.get("as_of"),
        given=values["given"],
        expect=values["expect"],
        place=place_of(at),
    )
