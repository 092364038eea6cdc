"""Thresholds as alerts, for the tools that watch values: what is compared, with which numbers, for how long."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

from kpictl.emit.emitter import Emission
from kpictl.model.durations import Duration
from kpictl.model.exported import ANOMALY, BURN_RATE, VALUE
from kpictl.model.kpis import Kpi, Threshold
from kpictl.records import dataclass
from kpictl.rules.conditions import Condition, Range, read_condition

KINDS = ("when", "change_pct", "anomaly", "burn_rate", "stale", "no_data")
_GRAIN = {"hour": 3600, "day": 86400, "week": 604800, "month": 31 * 86400, "quarter": 92 * 86400, "year": 366 * 86400}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One condition of one threshold."""

    name: str
    """A word, unique in the project."""
    kpi: Kpi
    severity: str
    """warn or critical."""
    kind: str
    """Of `KINDS`."""
    text: str
    """The condition as it was written."""
    ranges: tuple[Range, ...] = ()
    """Where the compared number fires; empty for `stale` and `no_data`."""
    ends: tuple[Range, ...] | None = None
    """Where it ends once it fires; None: where it does not fire."""
    older: int = 0
    """For `stale` and `no_data`, seconds."""
    lasting: int = 0
    """Seconds for which it must hold: `for` buckets in a row are one bucket less than that many apart."""
    notify: tuple[str, ...] = ()


def alerts(emission: Emission) -> tuple[Sequence[Alert], Sequence[str]]:
    """Every alert in the order of KPIs, and what could not be read as a condition."""
    compiled = emission.compiled(emission.options.dialect)
    found: list[Alert] = []
    unread: list[str] = []
    for kpi in emission.kpis:
        lowered = compiled[kpi.name].lowered
        grain = lowered.grain.unit if lowered is not None else kpi.grain or "day"
        for number, threshold in enumerate(kpi.thresholds, 1):
            for each in _of(kpi, threshold, number, _GRAIN.get(grain, 86400)):
                if isinstance(each, str):
                    unread.append(each)
                else:
                    found.append(each)
    return found, unread


def limits(found: Sequence[Alert]) -> Mapping[str, Sequence[Alert]]:
    """By KPI the alerts that compare its value with fixed numbers: lines of a chart."""
    by_kpi: dict[str, list[Alert]] = {}
    for alert in found:
        if alert.kind == "when":
            by_kpi.setdefault(alert.kpi.name, []).append(alert)
    return by_kpi


def _of(kpi: Kpi, threshold: Threshold, number: int, grain: int) -> Iterator[Alert | str]:
    for kind in KINDS:
        wanted = getattr(threshold, kind)
        if wanted is None:
            continue
        ranges: tuple[Range, ...] = ()
        ends = None
        older = 0
        if isinstance(wanted, Duration):
            older = wanted.seconds or wanted.days_at_most * 86400
        else:
            condition = compared(wanted)
            if condition is None:
                yield f"{kpi.name}: {kind}: {wanted}"
                continue
            ranges = condition.ranges()
            resolved = compared(threshold.resolve) if threshold.resolve is not None else None
            ends = resolved.ranges() if resolved is not None else None
        yield Alert(
            name=f"{kpi.name}_{threshold.severity}_{number}{'' if kind == 'when' else '_' + kind}",
            kpi=kpi,
            severity=threshold.severity,
            kind=kind,
            text=str(wanted),
            ranges=ranges,
            ends=ends,
            older=older,
            lasting=(threshold.for_ - 1) * grain,
            notify=threshold.notify,
        )


def measured(alert: Alert) -> str:
    """The exported value whose number an alert compares; of a change in percent, the later of two."""
    return {"anomaly": ANOMALY.name, "burn_rate": BURN_RATE.name}.get(alert.kind, VALUE.name)


def compared(text: str) -> Condition | None:
    """A condition, `value` left out or not; None when it is none."""
    for each in (text, f"value {text}"):
        found = read_condition(each)
        if isinstance(found, Condition):
            return found
    return None


def outside(ranges: tuple[Range, ...]) -> tuple[Range, ...]:
    """What lies between and beyond ranges in ascending order."""
    found: list[Range] = []
    low: float | None = None
    with_low = True
    for each in ranges:
        if each.low is not None:
            found.append(Range(low=low, with_low=with_low, high=each.low, with_high=not each.with_low))
        if each.high is None:
            return tuple(found)
        low, with_low = each.high, not each.with_high
    return (*found, Range(low=low, with_low=with_low))


def comparisons(value: str, within: Range) -> list[str]:
    """What a value is compared with to lie in a range: `value >= 1`, `value < 2`; nothing where it has no end."""
    found = []
    if within.low is not None:
        found.append(f"{value} {'>=' if within.with_low else '>'} {number(within.low)}")
    if within.high is not None:
        found.append(f"{value} {'<=' if within.with_high else '<'} {number(within.high)}")
    return found


def slug(text: str, longest: int = 40) -> str:
    """Lower-case letters, digits and `-`; what does not come back from it ends with a digest, so that none are equal."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if plain == text and len(plain) <= longest:
        return plain
    return f"{plain[: longest - 9].strip('-') or 'x'}-{sha256(text.encode()).hexdigest()[:8]}"


def word(text: str) -> str:
    """A name of letters, digits and `_`, as unique as the text."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", text)
    return plain if plain == text and len(text) <= 60 else f"{plain[:40]}_{sha256(text.encode()).hexdigest()[:8]}"


def go_template(text: str) -> str:
    """A text that Go's templates (Prometheus, Alertmanager, Grafana's alerts, Helm) give back as it is."""
    return text.replace("{{", '{{ "{{" }}')


def number(value: float) -> str:
    """A number as every engine reads it."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
