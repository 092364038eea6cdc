"""`cloudwatch`: a dashboard a category and an alarm for each threshold, over what the service exports.

CloudWatch's agent scrapes the service and writes to the namespace `KpiEngine`, by the labels `kpi` and `total`:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-PrometheusEC2.html
"""

from __future__ import annotations

from collections.abc import Sequence

from kpictl.emit.alerts import Alert, alerts, comparisons, limits, measured, slug
from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.literals import json_document
from kpictl.model.exported import ANOMALY, BUCKET_END, BURN_RATE, COMPUTED, PREVIOUS, VALUE
from kpictl.model.kpis import Kpi
from kpictl.rules.conditions import Range

NAMESPACE = "KpiEngine"
_PERIOD = 300
_HOUR = 3600
_LONGEST = 7 * 24 * _HOUR
"""An alarm looks back seven days at most, in periods of an hour:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""
_WIDGETS = 250
"""On a dashboard; CloudWatch takes 500."""
_DESCRIPTION = 1024
_COLOURS = {"warn": "#ff9900", "critical": "#d13212"}


def make(emission: Emission) -> Files:
    """Bodies of dashboards, requests for alarms, the agent's configuration."""
    found, unread = alerts(emission)
    said = [alert for alert in found if _sayable(alert)]
    boards = _boards(emission, found)
    files = {f"dashboards/{name}.json": json_document(body) for name, body in boards.items()}
    files |= {f"alarms/{alert.name}.json": json_document(_alarm(emission, alert)) for alert in said}
    files["agent.json"] = json_document(_AGENT)
    files["prometheus.yml"] = emission.render("prometheus.yml.j2", header=emission.header)
    left = [f"{alert.name}: it must hold for more than seven days" for alert in found if not _sayable(alert)]
    files["README.md"] = emission.render(
        "README.md.j2",
        emission=emission,
        boards=sorted(boards),
        alarms=len(said),
        unread=[*unread, *left],
        unresolved=[alert.name for alert in said if alert.ends is not None],
    )
    return files


def _sayable(alert: Alert) -> bool:
    return alert.lasting + _HOUR <= _LONGEST


# -- dashboards: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html


def _boards(emission: Emission, found: Sequence[Alert]) -> dict[str, dict[str, object]]:
    lines = limits(found)
    made: dict[str, dict[str, object]] = {}
    for category, kpis in emission.by_category.items():
        for part in range(0, len(kpis), _WIDGETS):
            name = slug(category) + (f"-{part // _WIDGETS + 1}" if part else "")
            widgets = [
                _widget(kpi, lines.get(kpi.name, ()), place) for place, kpi in enumerate(kpis[part : part + _WIDGETS])
            ]
            made[name] = {"start": "-P28D", "periodOverride": "inherit", "widgets": widgets}
    return made


def _widget(kpi: Kpi, limits: Sequence[Alert], place: int) -> dict[str, object]:
    lines = [
        {"label": f"{alert.severity}: {alert.text}", "value": end, "color": _COLOURS[alert.severity]}
        for alert in limits
        for each in alert.ranges
        for end in (each.low, each.high)
        if end is not None
    ]
    properties: dict[str, object] = {
        "title": kpi.label or kpi.name,
        "view": "timeSeries",
        "stat": "Maximum",
        "period": _PERIOD,
        "metrics": [[NAMESPACE, VALUE.name, "kpi", kpi.name, "total", "true"]],
    }
    if lines:
        properties["annotations"] = {"horizontal": lines}
    return {
        "type": "metric",
        "x": place % 2 * 12,
        "y": place // 2 * 6,
        "width": 12,
        "height": 6,
        "properties": properties,
    }


# -- alarms


def _alarm(emission: Emission, alert: Alert) -> dict[str, object]:
    """The request of PutMetricAlarm, without actions. Metric math is 1 while the threshold's condition holds."""
    watching = alert.kind in ("stale", "no_data")
    period = _HOUR if alert.lasting else _PERIOD
    periods = -(-alert.lasting // period) + 1
    expression, metrics = _math(alert)
    kpi = alert.kpi
    texts = [f"{kpi.label or kpi.name}: {alert.kind} {alert.text}", kpi.description or "", kpi.owner or ""]
    return {
        "AlarmName": f"{emission.name}-{alert.name}",
        "AlarmDescription": "\n".join(text for text in texts if text)[:_DESCRIPTION],
        "EvaluationPeriods": periods,
        "DatapointsToAlarm": periods,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "breaching" if watching else "notBreaching",
        "Metrics": [
            {"Id": "firing", "Expression": expression, "ReturnData": True, "Label": alert.name},
            *(_metric(id, name, kpi, period, total=not watching) for id, name in metrics.items()),
        ],
        "Tags": [{"Key": "kpi", "Value": kpi.name}, {"Key": "severity", "Value": alert.severity}],
    }


def _metric(id: str, name: str, kpi: Kpi, period: int, *, total: bool) -> dict[str, object]:
    dimensions = [{"Name": "kpi", "Value": kpi.name}, *([{"Name": "total", "Value": "true"}] if total else [])]
    metric = {"Namespace": NAMESPACE, "MetricName": name, "Dimensions": dimensions}
    return {"Id": id, "MetricStat": {"Metric": metric, "Period": period, "Stat": "Maximum"}, "ReturnData": False}


def _math(alert: Alert) -> tuple[str, dict[str, str]]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html"""
    if alert.kind in ("stale", "no_data"):
        name = COMPUTED.name if alert.kind == "stale" else BUCKET_END.name
        return f"IF(EPOCH(m1) - m1 > {alert.older}, 1, 0)", {"m1": name}
    if alert.kind == "change_pct":
        condition = _within("(100 * (m1 / m2 - 1))", alert.ranges)
        return f"IF(m2 != 0 AND ({condition}), 1, 0)", {"m1": VALUE.name, "m2": PREVIOUS.name}
    return f"IF({_within('m1', alert.ranges)}, 1, 0)", {"m1": measured(alert)}


def _within(value: str, ranges: Sequence[Range]) -> str:
    parts = [" AND ".join(comparisons(value, each)) or f"{value} == {value}" for each in ranges]
    return " OR ".join(f"({part})" for part in parts) or f"{value} != {value}"


_AGENT = {
    "logs": {
        "metrics_collected": {
            "prometheus": {
                "prometheus_config_path": "/etc/cloudwatch/prometheus.yml",
                "log_group_name": "/kpi-engine/prometheus",
                "emf_processor": {
                    "metric_namespace": NAMESPACE,
                    "metric_declaration": [
                        {
                            "source_labels": ["job"],
                            "label_matcher": "^kpi-engine$",
                            "dimensions": [["kpi", "total"]],
                            "metric_selectors": [
                                f"^{name}$" for name in (VALUE.name, PREVIOUS.name, ANOMALY.name, BURN_RATE.name)
                            ],
                        },
                        {
                            "source_labels": ["job"],
                            "label_matcher": "^kpi-engine$",
                            "dimensions": [["kpi"]],
                            "metric_selectors": [f"^{name}$" for name in (BUCKET_END.name, COMPUTED.name)],
                        },
                    ],
                },
            }
        }
    }
}


EMITTER = Emitter(
    name="cloudwatch",
    summary="a dashboard a category and an alarm for each threshold, for CloudWatch",
    make=make,
)
