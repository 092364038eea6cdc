"""`newrelic`: a dashboard a category and a condition for each threshold, as requests of NerdGraph and as Terraform.

Prometheus scrapes the service and writes on to New Relic, which keeps labels as attributes:
https://docs.newrelic.com/docs/infrastructure/prometheus-integrations/install-configure-remote-write/set-your-prometheus-remote-write-integration/.
Texts of users stand in titles alone: a condition's description is a template of New Relic's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kpictl.emit.alerts import Alert, alerts, measured, number, slug
from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.hcl import carried, filled, hcl_value
from kpictl.emit.literals import json_document
from kpictl.model.exported import PREVIOUS, VALUE
from kpictl.model.kpis import Kpi
from kpictl.records import dataclass
from kpictl.rules.conditions import Range

Object = dict[str, object]
SEVERITIES = ("critical", "warn")
_MINUTE = 60
_SHORTEST = 300
_LONGEST = 24 * 3600
"""Seconds for which a condition can hold: https://docs.newrelic.com/docs/alerts/create-alert/set-thresholds/set-thresholds-alert-condition/"""
_WIDGETS = 100
"""On a page; New Relic takes 150."""
_DASHBOARD = (
    "mutation($accountId: Int!, $dashboard: DashboardInput!)"
    " { dashboardCreate(accountId: $accountId, dashboard: $dashboard)"
    " { entityResult { guid } errors { description type } } }"
)
_CONDITION = (
    "mutation($accountId: Int!, $policyId: ID!, $condition: AlertsNrqlConditionStaticInput!)"
    " { alertsNrqlConditionStaticCreate(accountId: $accountId, policyId: $policyId, condition: $condition) { id name } }"
)
_POLICY = (
    "mutation($accountId: Int!, $policy: AlertsPolicyInput!)"
    " { alertsPolicyCreate(accountId: $accountId, policy: $policy) { id name } }"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Condition:
    """One comparison with one number."""

    name: str
    severity: str
    query: str
    operator: str
    threshold: float
    duration: int


def make(emission: Emission) -> Files:
    """Requests of NerdGraph, a Terraform module that makes the same, and the scraper's configuration."""
    found, unread = alerts(emission)
    left = [*unread]
    conditions: list[_Condition] = []
    for alert in found:
        if why := _unsayable(alert):
            left.append(f"{alert.name}: {why}")
        else:
            conditions += _conditions(alert)
    files: Files = {}
    boards = {slug(category): _pages(category, kpis) for category, kpis in emission.by_category.items()}
    for name, pages in boards.items():
        files[f"dashboards/{name}.json"] = json_document(_request(_DASHBOARD, dashboard=_board(emission, pages)))
    for severity in SEVERITIES:
        policy = {"name": f"{emission.name}: {severity}", "incidentPreference": "PER_CONDITION"}
        files[f"policies/{severity}.json"] = json_document(_request(_POLICY, policy=policy))
    for each in conditions:
        request = _request(_CONDITION, policyId="", condition=_static(emission, each))
        files[f"conditions/{each.severity}/{each.name}.json"] = json_document(request)
    files |= _terraform(emission, boards, conditions)
    files["prometheus.yml"] = emission.render("prometheus.yml.j2", header=emission.header)
    files["README.md"] = emission.render(
        "README.md.j2",
        emission=emission,
        boards=len(boards),
        conditions=len(conditions),
        left=left,
        unresolved=[alert.name for alert in found if alert.ends is not None and not _unsayable(alert)],
    )
    return files


def _request(mutation: str, **variables: object) -> Object:
    """The body of a call of NerdGraph; the account and the policy are filled in when it is sent."""
    return {"query": mutation, "variables": {"accountId": 0, **variables}}


# -- conditions: https://docs.newrelic.com/docs/apis/nerdgraph/examples/nerdgraph-api-nrql-condition-alerts/


def _unsayable(alert: Alert) -> str | None:
    """Why no condition can say an alert; None where one can."""
    if alert.kind in ("stale", "no_data"):
        return "a condition does not know what time it is"
    if alert.lasting > _LONGEST:
        return "it must hold for more than a day"
    if not alert.ranges or any((each.low is None) == (each.high is None) for each in alert.ranges):
        return "a condition compares with one number"
    return None


def _conditions(alert: Alert) -> Iterator[_Condition]:
    """One for each range."""
    for place, each in enumerate(alert.ranges, 1):
        end = each.high if each.high is not None else each.low or 0.0
        yield _Condition(
            name=alert.name + ("" if place == 1 else f".{place}"),
            severity=alert.severity,
            query=f"SELECT {_measured(alert)} FROM Metric WHERE {_of(alert.kpi)}",
            operator=_operator(each),
            threshold=float(number(end)),
            duration=alert.lasting or _SHORTEST,
        )


def _operator(each: Range) -> str:
    if each.low is None:
        return "BELOW_OR_EQUALS" if each.with_high else "BELOW"
    return "ABOVE_OR_EQUALS" if each.with_low else "ABOVE"


def _measured(alert: Alert) -> str:
    if alert.kind == "change_pct":
        return f"100 * (latest({VALUE.name}) / latest({PREVIOUS.name}) - 1)"
    return f"latest({measured(alert)})"


def _of(kpi: Kpi) -> str:
    return f"kpi = '{kpi.name}' AND total = 'true'"


def _static(emission: Emission, each: _Condition) -> Object:
    return {
        "name": f"{emission.name}: {each.name}",
        "enabled": True,
        "nrql": {"query": each.query},
        "signal": {"aggregationWindow": _MINUTE, "aggregationMethod": "EVENT_FLOW", "aggregationDelay": 120},
        "terms": [
            {
                "priority": "CRITICAL",
                "operator": each.operator,
                "threshold": each.threshold,
                "thresholdDuration": each.duration,
                "thresholdOccurrences": "ALL",
            }
        ],
        "violationTimeLimitSeconds": 30 * 86400,
    }


# -- dashboards: https://docs.newrelic.com/docs/apis/nerdgraph/examples/nerdgraph-dashboards/


def _pages(category: str, kpis: Sequence[Kpi]) -> list[tuple[str, Sequence[Kpi]]]:
    parts = [kpis[start : start + _WIDGETS] for start in range(0, len(kpis), _WIDGETS)]
    return [(category if place == 1 else f"{category} {place}", part) for place, part in enumerate(parts, 1)]


def _board(emission: Emission, pages: Sequence[tuple[str, Sequence[Kpi]]]) -> Object:
    return {
        "name": f"{emission.name}: {pages[0][0]}",
        "permissions": "PUBLIC_READ_WRITE",
        "pages": [{"name": name, "widgets": [_widget(*each) for each in enumerate(kpis)]} for name, kpis in pages],
    }


def _widget(place: int, kpi: Kpi) -> Object:
    column, row = _place(place)
    return {
        "title": kpi.label or kpi.name,
        "visualization": {"id": "viz.line"},
        "layout": {"column": column, "row": row, "width": 6, "height": 3},
        "rawConfiguration": {"nrqlQueries": [{"accountId": 0, "query": _series(kpi)}]},
    }


def _place(place: int) -> tuple[int, int]:
    """Column and row in a grid of twelve columns."""
    return 1 + 6 * (place % 2), 1 + 3 * (place // 2)


def _series(kpi: Kpi) -> str:
    return f"SELECT latest({VALUE.name}) FROM Metric WHERE {_of(kpi)} TIMESERIES SINCE 1 month ago"


# -- Terraform: https://registry.terraform.io/providers/newrelic/newrelic/latest/docs


def _terraform(
    emission: Emission, boards: Mapping[str, Sequence[tuple[str, Sequence[Kpi]]]], conditions: Sequence[_Condition]
) -> Files:
    dashboards = {
        name: {
            **carried("name", f"{emission.name}: {pages[0][0]}"),
            "pages": [
                {**carried("name", title), "widgets": [_line(*each) for each in enumerate(kpis)]}
                for title, kpis in pages
            ],
        }
        for name, pages in boards.items()
    }
    listed = {
        each.name: {
            "name": f"{emission.name}: {each.name}",
            "severity": each.severity,
            "query": each.query,
            "operator": each.operator.lower(),
            "threshold": each.threshold,
            "duration": each.duration,
        }
        for each in conditions
    }
    said: dict[str, dict[str, object]] = {
        "versions.tf": {},
        "dashboards.tf": {"dashboards": hcl_value(dashboards, 2)},
        "alerts.tf": {"project": emission.name, "conditions": hcl_value(listed, 2)},
    }
    return {
        f"terraform/{name}": filled(emission.render, f"{name}.j2", {"header": emission.header, **values})
        for name, values in said.items()
    }


def _line(place: int, kpi: Kpi) -> Object:
    column, row = _place(place)
    return {**carried("title", kpi.label or kpi.name), "query": _series(kpi), "column": column, "row": row}


EMITTER = Emitter(
    name="newrelic",
    summary="a dashboard a category and a condition for each threshold, for New Relic, also as Terraform",
    make=make,
)
