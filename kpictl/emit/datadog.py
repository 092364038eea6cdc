"""`datadog`: a dashboard a category and a monitor for each threshold, over what the service exports.

Datadog's agent scrapes the service into the namespace `kpi_engine`, with the labels as tags:
https://docs.datadoghq.com/integrations/openmetrics/. Texts of users stand in titles alone: a message would read `@name` as
somebody to tell, and `{{` as a template.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kpictl.emit.alerts import Alert, alerts, measured, number, slug
from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.literals import json_document
from kpictl.model.exported import METRICS, PREVIOUS, VALUE
from kpictl.model.kpis import Kpi
from kpictl.rules.conditions import Range

NAMESPACE = "kpi_engine"
_HOUR = 3600
_LONGEST = 48
"""Hours that a monitor of a metric looks back at most: https://docs.datadoghq.com/api/latest/monitors/#create-a-monitor"""
_PRIORITIES = {"critical": 1, "warn": 3}


def make(emission: Emission) -> Files:
    """Requests for dashboards and monitors, the agent's configuration."""
    found, unread = alerts(emission)
    left = [*unread]
    files: Files = {}
    for alert in found:
        if why := _unsayable(alert):
            left.append(f"{alert.name}: {why}")
            continue
        for place, body in enumerate(_monitors(emission, alert), 1):
            files[f"monitors/{alert.name}{'' if place == 1 else f'.{place}'}.json"] = json_document(body)
    monitors = len(files)
    for category, kpis in emission.by_category.items():
        files[f"dashboards/{slug(category)}.json"] = json_document(_dashboard(emission, category, kpis))
    files["openmetrics.d/conf.yaml"] = emission.render(
        "conf.yaml.j2", header=emission.header, namespace=NAMESPACE, metrics=[each.name for each in METRICS]
    )
    files["README.md"] = emission.render(
        "README.md.j2",
        emission=emission,
        boards=sum(path.startswith("dashboards/") for path in files),
        monitors=monitors,
        left=left,
        unresolved=[alert.name for alert in found if alert.ends is not None and not _unsayable(alert)],
    )
    return files


# -- monitors


def _unsayable(alert: Alert) -> str | None:
    """Why no monitor can say an alert; None where one can."""
    if alert.kind in ("stale", "no_data"):
        return "a monitor does not know what time it is"
    if _hours(alert) > _LONGEST:
        return f"it must hold for more than {_LONGEST} hours"
    if not alert.ranges or any((each.low is None) == (each.high is None) for each in alert.ranges):
        return "a monitor compares with one number"
    return None


def _hours(alert: Alert) -> int:
    return -(-alert.lasting // _HOUR) + 1 if alert.lasting else 0


def _monitors(emission: Emission, alert: Alert) -> Iterator[dict[str, object]]:
    """One for each range: a monitor compares with one number. It fires where every sample of its window does."""
    window = f"last_{_hours(alert)}h" if alert.lasting else "last_5m"
    for each in alert.ranges:
        below = each.low is None
        end = number(each.high if each.high is not None else each.low or 0.0)
        query = f"{'max' if below else 'min'}({window}):{_query(alert)} {_sign(each)} {end}"
        yield {
            "name": f"{emission.name}: {alert.name}",
            "type": "query alert",
            "query": query,
            "message": f"KPI {alert.kpi.name}: {alert.kind} {_sign(each)} {end}",
            "priority": _PRIORITIES[alert.severity],
            "tags": [f"kpi:{alert.kpi.name}", f"severity:{alert.severity}", "made_by:kpictl"],
            "options": {"thresholds": {"critical": float(end)}, "notify_no_data": False, "include_tags": True},
        }


def _sign(each: Range) -> str:
    if each.low is None:
        return "<=" if each.with_high else "<"
    return ">=" if each.with_low else ">"


def _query(alert: Alert) -> str:
    if alert.kind == "change_pct":
        return f"100 * ({_metric(VALUE.name, alert.kpi)} / {_metric(PREVIOUS.name, alert.kpi)} - 1)"
    return _metric(measured(alert), alert.kpi)


def _metric(name: str, kpi: Kpi) -> str:
    return f"max:{NAMESPACE}.{name}{{kpi:{kpi.name},total:true}}"


# -- dashboards


def _dashboard(emission: Emission, category: str, kpis: Sequence[Kpi]) -> dict[str, object]:
    return {
        "title": f"{emission.name}: {category}"[:255],
        "layout_type": "ordered",
        "widgets": [
            {
                "definition": {
                    "type": "timeseries",
                    "title": kpi.label or kpi.name,
                    "requests": [
                        {
                            "response_format": "timeseries",
                            "display_type": "line",
                            "queries": [{"data_source": "metrics", "name": "value", "query": _metric(VALUE.name, kpi)}],
                            "formulas": [{"formula": "value"}],
                        }
                    ],
                }
            }
            for kpi in kpis
        ],
    }


EMITTER = Emitter(
    name="datadog", summary="a dashboard a category and a monitor for each threshold, for Datadog", make=make
)
