"""`prometheus`: recording and alert rules over what the service exports, their unit tests, and Alertmanager's routes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kpictl.emit.alerts import Alert, alerts, go_template, measured, number, outside, word
from kpictl.emit.costs import monthly
from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.model.exported import BUCKET_END, COMPUTED, FAILURES, METRICS, PREVIOUS, VALUE
from kpictl.model.kpis import Kpi
from kpictl.rules.conditions import Range


def make(emission: Emission) -> Files:
    """Rules, tests of the rules, Alertmanager's configuration."""
    found, unread = alerts(emission)
    receivers = list(dict.fromkeys(name for alert in found for name in alert.notify))
    return {
        "rules/recording.yml": _document(emission, {"groups": [_recording(emission)]}),
        "rules/alerts.yml": _document(emission, {"groups": [*_groups(emission, found), _pipeline()]}),
        "tests.yml": _document(emission, _tests(found)),
        "alertmanager.yml": _document(emission, _alertmanager(receivers)),
        "prometheus.yml": _document(emission, _scrape()),
        "README.md": emission.render(
            "README.md.j2",
            emission=emission,
            alerts=found,
            unread=unread,
            receivers=receivers,
            metrics=METRICS,
            cost=monthly(memory_gb=2),
        ),
    }


def _document(emission: Emission, body: object) -> str:
    return emission.render("document.yml.j2", header=emission.header, body=body)


def _scrape() -> dict[str, object]:
    return {
        "global": {"scrape_interval": "30s", "evaluation_interval": "1m"},
        "rule_files": ["rules/*.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": ["alertmanager:9093"]}]}]},
        "scrape_configs": [{"job_name": "kpi-engine", "static_configs": [{"targets": ["kpi-engine:8080"]}]}],
    }


def _recording(emission: Emission) -> dict[str, object]:
    total = f'{VALUE.name}{{total="true"}}'
    rules: list[dict[str, object]] = [
        {"record": "kpi:value:avg7d", "expr": f"avg_over_time({total}[7d])"},
        {"record": "kpi:value:avg28d", "expr": f"avg_over_time({total}[28d])"},
        {"record": "kpi:change:pct", "expr": f"100 * ({total} / ({PREVIOUS.name} != 0) - 1)"},
        {"record": "kpi:age:seconds", "expr": f"time() - {BUCKET_END.name}"},
    ]
    rules += [
        {"record": "kpi:goal:ratio", "expr": f"{selector(VALUE.name, kpi)} / {number(kpi.goal)}"}
        for kpi in emission.kpis
        if kpi.goal
    ]
    return {"name": "kpi-recording", "interval": "1m", "rules": rules}


def _groups(emission: Emission, found: Sequence[Alert]) -> list[dict[str, object]]:
    by_category: dict[str, list[Alert]] = {}
    for alert in found:
        by_category.setdefault(alert.kpi.category or "kpis", []).append(alert)
    return [
        {"name": f"kpi-alerts-{category}", "interval": "1m", "rules": [_rule(alert) for alert in group]}
        for category, group in by_category.items()
    ]


def _pipeline() -> dict[str, object]:
    """What is wrong with the computing, not with the numbers."""
    return {
        "name": "kpi-pipeline",
        "interval": "1m",
        "rules": [
            {
                "alert": "KpiComputationFails",
                "expr": f"increase({FAILURES.name}[1h]) > 0",
                "labels": {"severity": "warn"},
                "annotations": {"summary": "{{ $labels.kpi }} could not be computed"},
            },
            {
                "alert": "KpiServiceDown",
                "expr": 'up{job="kpi-engine"} == 0',
                "for": "5m",
                "labels": {"severity": "critical"},
                "annotations": {"summary": "the KPI service answers no scrape"},
            },
        ],
    }


def _rule(alert: Alert) -> dict[str, object]:
    rule: dict[str, object] = {"alert": alert.name, "expr": expression(alert)}
    if alert.lasting:
        rule["for"] = f"{alert.lasting}s"
    return rule | {"labels": _labels(alert), "annotations": _annotations(alert, go_template)}


def _labels(alert: Alert) -> dict[str, str]:
    receivers = {f"notify_{word(name)}": "yes" for name in alert.notify}
    return {"kpi": alert.kpi.name, "severity": alert.severity, **receivers}


def _annotations(alert: Alert, text: Callable[[str], str] = str) -> dict[str, str]:
    """`text` is applied to what users wrote: the rules need templates escaped, the tests see what comes out."""
    found = {
        "summary": f"{alert.kpi.label or alert.kpi.name}: {_what(alert)}",
        "description": alert.kpi.description,
        "owner": alert.kpi.owner,
    }
    return {key: text(value) for key, value in found.items() if value}


def _what(alert: Alert) -> str:
    if alert.kind == "stale":
        return f"not computed for more than {alert.text}"
    if alert.kind == "no_data":
        return f"no value for more than {alert.text}"
    return alert.text if alert.kind == "when" else f"{alert.kind} {alert.text}"


def selector(metric: str, kpi: Kpi) -> str:
    """The total of a KPI."""
    return f'{metric}{{kpi="{kpi.name}", total="true"}}'


def expression(alert: Alert) -> str:
    """PromQL that has a sample while the alert holds."""
    kpi = alert.kpi
    if alert.kind == "stale":
        return f'time() - {COMPUTED.name}{{kpi="{kpi.name}"}} > {alert.older}'
    if alert.kind == "no_data":
        old = f'time() - {BUCKET_END.name}{{kpi="{kpi.name}"}} > {alert.older}'
        return f'{old} or absent({BUCKET_END.name}{{kpi="{kpi.name}"}})'
    value = selector(measured(alert), kpi)
    if alert.kind == "change_pct":
        value = f"(100 * ({value} / ({selector(PREVIOUS.name, kpi)} != 0) - 1))"
    fires = _within(value, alert.ranges)
    if alert.ends is None:
        return fires
    held = _within(value, outside(alert.ends))
    return f'({fires}) or (({held}) and on (kpi) ALERTS{{alertname="{alert.name}", alertstate="firing"}})'


def _within(value: str, ranges: Sequence[Range]) -> str:
    """Samples of a vector that lie in one of the ranges; a condition that is never true has none."""
    return " or ".join(f"{value}{_ends(each)}" for each in ranges) or f"{value} != {value}"


def _ends(each: Range) -> str:
    if each.low is not None and each.low == each.high:
        return f" == {number(each.low)}"
    low = "" if each.low is None else f" {'>=' if each.with_low else '>'} {number(each.low)}"
    high = "" if each.high is None else f" {'<=' if each.with_high else '<'} {number(each.high)}"
    return low + high


def _tests(found: Sequence[Alert]) -> dict[str, object]:
    """For each alert over a value: one that fires it, and one that does not."""
    tests: list[dict[str, object]] = []
    for alert in found:
        if alert.kind != "when":
            continue
        quiet = outside(alert.ranges)
        for ranges, fires in ((alert.ranges, True), (quiet, False)):
            if not ranges:
                continue
            hours = alert.lasting // 3600 + 2
            series = selector(VALUE.name, alert.kpi)
            expected = [{"exp_labels": _labels(alert) | {"total": "true"}, "exp_annotations": _annotations(alert)}]
            tests.append(
                {
                    "interval": "1h",
                    "input_series": [{"series": series, "values": f"{number(ranges[0].inside)}x{hours}"}],
                    "alert_rule_test": [
                        {
                            "eval_time": f"{hours}h",
                            "alertname": alert.name,
                            "exp_alerts": expected if fires else [],
                        }
                    ],
                }
            )
    return {"rule_files": ["rules/recording.yml", "rules/alerts.yml"], "evaluation_interval": "1h", "tests": tests}


def _alertmanager(receivers: Sequence[str]) -> dict[str, object]:
    routes = [{"matchers": [f'notify_{word(name)}="yes"'], "receiver": name, "continue": True} for name in receivers]
    found: dict[str, object] = {}
    if any(_channel(name) == "email" for name in receivers):
        found["global"] = {
            "smtp_smarthost": "smtp:587",
            "smtp_from": "kpi-engine@localhost",
            "smtp_auth_username": "kpi-engine",
            "smtp_auth_password_file": "/etc/alertmanager/secrets/smtp_password",
        }
    return {
        **found,
        "route": {
            "receiver": "nobody",
            "group_by": ["alertname", "kpi"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "12h",
            "routes": routes,
        },
        "inhibit_rules": [
            {"source_matchers": ['severity="critical"'], "target_matchers": ['severity="warn"'], "equal": ["kpi"]}
        ],
        "receivers": [{"name": "nobody"}, *(_receiver(name) for name in receivers)],
    }


def _channel(name: str) -> str:
    if "@" in name and " " not in name:
        return "email"
    head = name.lower().replace("-", "_").partition("_")[0]
    return {"slack": "slack", "pagerduty": "pagerduty", "pager": "pagerduty"}.get(head, "")


def _receiver(name: str) -> dict[str, object]:
    secret = f"/etc/alertmanager/secrets/{word(name)}"
    match _channel(name):
        case "slack":
            text = "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ end }}"
            return {"name": name, "slack_configs": [{"api_url_file": secret, "send_resolved": True, "text": text}]}
        case "pagerduty":
            return {"name": name, "pagerduty_configs": [{"routing_key_file": secret, "send_resolved": True}]}
        case "email":
            return {"name": name, "email_configs": [{"to": name, "send_resolved": True}]}
    return {"name": name}


EMITTER = Emitter(
    name="prometheus",
    summary="recording and alert rules with their tests, and Alertmanager's routes",
    make=make,
)
