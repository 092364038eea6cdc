"""`grafana`: a dashboard a category over the store, and provisioning of the data source, the dashboards and alert rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import count

from kpictl.emit.alerts import Alert, alerts, comparisons, go_template, limits, slug
from kpictl.emit.costs import monthly
from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.literals import json_document, sql_literal
from kpictl.model.kpis import Kpi
from kpictl.plan.compiled import Compiled
from kpictl.rules.conditions import Range
from kpictl.stores.canonical import dimensions_key

SOURCE = {"type": "grafana-postgresql-datasource", "uid": "${datasource}"}
_UID = "kpi-store"
_TOTAL = f"dimensions_key = {sql_literal(dimensions_key('{}'))}"
_UNITS = {"usd": "currencyUSD", "eur": "currencyEUR", "gbp": "currencyGBP", "percent": "percent", "ms": "ms", "s": "s"}
_COLOURS = {"warn": "orange", "critical": "red"}


def make(emission: Emission) -> Files:
    """Dashboards as JSON, provisioning as YAML."""
    found = boards(emission)
    rules = alert_rules(emission)
    files: Files = {f"dashboards/{name}.json": json_document(board) for name, (_, board) in found.items()}
    documents = {
        "datasources/kpi-store.yml": _datasource(),
        "dashboards/kpis.yml": _provider(emission),
        "alerting/kpis.yml": _alerting(emission, rules),
    }
    for path, body in documents.items():
        files[f"provisioning/{path}"] = emission.render("document.yml.j2", header=emission.header, body=body)
    members = emission.by_category
    files["README.md"] = emission.render(
        "README.md.j2",
        emission=emission,
        boards={name: (category, len(members[category])) for name, (category, _) in found.items()},
        rules=len(rules),
        cost=monthly(memory_gb=1),
    )
    return files


def boards(emission: Emission) -> dict[str, tuple[str, dict[str, object]]]:
    """Each category and its dashboard, by the name of a file."""
    compiled = emission.compiled(emission.options.dialect)
    found, _ = alerts(emission)
    by_kpi = limits(found)
    return {
        slug(category): (category, _dashboard(emission, category, kpis, compiled, by_kpi))
        for category, kpis in emission.by_category.items()
    }


def alert_rules(emission: Emission) -> list[dict[str, object]]:
    """Rules over the store, as Grafana's provisioning and its API have them; texts are as they were written."""
    compiled = emission.compiled(emission.options.dialect)
    found, _ = alerts(emission)
    return [_rule(alert, compiled[alert.kpi.name]) for alert in found if alert.kind in ("when", "stale", "no_data")]


# -- dashboards


def _dashboard(
    emission: Emission,
    category: str,
    kpis: Sequence[Kpi],
    nodes: Mapping[str, Compiled],
    found: Mapping[str, Sequence[Alert]],
) -> dict[str, object]:
    dimensions = list(dict.fromkeys(name for kpi in kpis for name in _dimensions(nodes[kpi.name])))
    numbers = count(1)
    panels: list[dict[str, object]] = []
    for place, kpi in enumerate(kpis):
        mine = found.get(kpi.name, ())
        node = nodes[kpi.name]
        top = place * 8
        panels.append(_stat(next(numbers), kpi, node, mine, top))
        by = _dimensions(node)
        panels.append(_series(next(numbers), kpi, node, mine, {"h": 8, "w": 10 if by else 20, "x": 4, "y": top}))
        if by:
            panels.append(_breakdown(next(numbers), kpi, node, by, {"h": 8, "w": 10, "x": 14, "y": top}))
    return {
        "uid": f"kpi-{slug(category, 30)}",
        "title": f"{emission.name}: {category}",
        "description": " ".join(emission.header),
        "tags": ["kpictl", category],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "timezone": emission.project.settings.timezone,
        "time": {"from": "now-90d", "to": "now"},
        "refresh": "5m",
        "templating": {"list": [_datasources(), *(_variable(name) for name in dimensions)]},
        "annotations": {"list": [_restatements(kpis)]},
        "panels": panels,
    }


def _datasources() -> dict[str, object]:
    return {
        "name": "datasource",
        "label": "Store",
        "type": "datasource",
        "query": SOURCE["type"],
        "current": {"text": _UID, "value": _UID},
    }


def _variable(dimension: str) -> dict[str, object]:
    name = sql_literal(dimension)
    return {
        "name": f"dim_{dimension}",
        "label": dimension,
        "type": "query",
        "datasource": SOURCE,
        "query": f"SELECT DISTINCT dimensions->>{name} FROM kpi_metrics WHERE jsonb_exists(dimensions, {name}) ORDER BY 1",
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _restatements(kpis: Sequence[Kpi]) -> dict[str, object]:
    names = ", ".join(sql_literal(kpi.name) for kpi in kpis)
    return {
        "name": "Restatements",
        "datasource": SOURCE,
        "enable": True,
        "iconColor": "purple",
        "target": {
            "refId": "Anno",
            "format": "table",
            "rawQuery": True,
            "rawSql": "SELECT h.superseded_at AS time, h.kpi_name || ' ' || h.bucket || ' restated' AS text\n"
            "FROM kpi_metrics_history AS h\n"
            f"WHERE $__timeFilter(h.superseded_at) AND h.kpi_name IN ({names}) AND h.{_TOTAL}\n"
            "ORDER BY h.superseded_at",
        },
    }


def _panel(
    id: int, kind: str, kpi: Kpi, title: str, place: dict[str, int], sql: str, **more: object
) -> dict[str, object]:
    return {
        "id": id,
        "type": kind,
        "title": title,
        "description": kpi.description or "",
        "gridPos": place,
        "datasource": SOURCE,
        "targets": [
            {
                "refId": "A",
                "datasource": SOURCE,
                "format": "table" if kind == "stat" else "time_series",
                "rawQuery": True,
                "rawSql": sql,
            }
        ],
        **more,
    }


def _stat(id: int, kpi: Kpi, node: Compiled, mine: Sequence[Alert], top: int) -> dict[str, object]:
    sql = (
        f"SELECT kpi_value AS value FROM kpi_metrics\nWHERE {_of(kpi, node)} AND {_TOTAL} AND status <> 'partial'\n"
        "ORDER BY time DESC LIMIT 1"
    )
    options = {"colorMode": "value", "graphMode": "none", "reduceOptions": {"calcs": ["lastNotNull"], "values": False}}
    place = {"h": 8, "w": 4, "x": 0, "y": top}
    return _panel(
        id, "stat", kpi, kpi.label or kpi.name, place, sql, options=options, fieldConfig=_fields(kpi, mine, label=True)
    )


def _series(id: int, kpi: Kpi, node: Compiled, mine: Sequence[Alert], place: dict[str, int]) -> dict[str, object]:
    sql = (
        f"SELECT time, kpi_value AS value FROM kpi_metrics\nWHERE {_of(kpi, node)} AND {_TOTAL} AND $__timeFilter(time)\n"
        "ORDER BY time"
    )
    fields = _fields(kpi, mine, label=True)
    return _panel(id, "timeseries", kpi, f"{kpi.label or kpi.name} over time", place, sql, fieldConfig=fields)


def _breakdown(id: int, kpi: Kpi, node: Compiled, by: Sequence[str], place: dict[str, int]) -> dict[str, object]:
    metric = " || ', ' || ".join(f"coalesce(dimensions->>{sql_literal(name)}, 'none')" for name in by)
    chosen = "".join(
        f"\n    AND coalesce(dimensions->>{sql_literal(name)}, '') IN (${{dim_{name}:sqlstring}})" for name in by
    )
    names = ", ".join(sql_literal(name) for name in sorted(by))
    sql = (
        f"SELECT time, {metric} AS metric, kpi_value AS value FROM kpi_metrics\n"
        f"WHERE {_of(kpi, node)} AND $__timeFilter(time)\n"
        f"    AND ARRAY(SELECT jsonb_object_keys(dimensions) ORDER BY 1) = ARRAY[{names}]{chosen}\nORDER BY time"
    )
    title = f"{kpi.label or kpi.name} by {', '.join(by)}"
    return _panel(id, "timeseries", kpi, title, place, sql, fieldConfig=_fields(kpi, (), label=False))


def _fields(kpi: Kpi, mine: Sequence[Alert], *, label: bool) -> dict[str, object]:
    defaults: dict[str, object] = {"thresholds": {"mode": "absolute", "steps": _steps(mine)}}
    if label:
        defaults["displayName"] = kpi.label or kpi.name
    unit = "percentunit" if kpi.format == "percent" else _UNITS.get((kpi.unit or "").lower())
    if unit is not None:
        defaults["unit"] = unit
    if mine and label:
        defaults["color"] = {"mode": "thresholds"}
        defaults["custom"] = {"thresholdsStyle": {"mode": "line"}}
    return {"defaults": defaults, "overrides": []}


def _steps(mine: Sequence[Alert]) -> list[dict[str, object]]:
    """The colours of the number line from left to right; a step begins at its number, as Grafana's do."""
    ends = sorted({end for each in mine for part in each.ranges for end in (part.low, part.high) if end is not None})
    if not mine:
        return [{"color": "green", "value": None}]
    found: list[dict[str, object]] = []
    for start, end in zip([None, *ends], [*ends, None], strict=True):
        inside = Range(low=start, high=end).inside
        colour = "green"
        for each in sorted(mine, key=lambda each: each.severity, reverse=True):
            if any((r.low is None or inside > r.low) and (r.high is None or inside < r.high) for r in each.ranges):
                colour = _COLOURS[each.severity]
        if not found or found[-1]["color"] != colour:
            found.append({"color": colour, "value": start})
    return found


def _of(kpi: Kpi, node: Compiled) -> str:
    grain = "" if node.lowered is None else f" AND grain = {sql_literal(node.lowered.grain.unit)}"
    return f"kpi_name = {sql_literal(kpi.name)}{grain}"


def _dimensions(node: Compiled) -> Sequence[str]:
    return () if node.lowered is None else node.lowered.dimensions


# -- provisioning


def _datasource() -> dict[str, object]:
    return {
        "apiVersion": 1,
        "datasources": [
            {
                "name": "KPI store",
                "uid": _UID,
                "type": SOURCE["type"],
                "access": "proxy",
                "url": "$KPI_STORE_HOST:$KPI_STORE_PORT",
                "user": "$KPI_STORE_USER",
                "secureJsonData": {"password": "$KPI_STORE_PASSWORD"},
                "jsonData": {"database": "$KPI_STORE_DATABASE", "sslmode": "$KPI_STORE_SSLMODE", "timescaledb": True},
                "editable": False,
            }
        ],
    }


def _provider(emission: Emission) -> dict[str, object]:
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": "kpictl",
                "folder": f"KPIs of {emission.name}",
                "type": "file",
                "allowUiUpdates": False,
                "options": {"path": "/var/lib/grafana/dashboards/kpis"},
            }
        ],
    }


def _alerting(emission: Emission, rules: Sequence[dict[str, object]]) -> dict[str, object]:
    if not rules:
        return {"apiVersion": 1}
    return {
        "apiVersion": 1,
        "groups": [
            {
                "orgId": 1,
                "name": "kpi-thresholds",
                "folder": f"KPIs of {emission.name}",
                "interval": "5m",
                "rules": [_provisioned(rule) for rule in rules],
            }
        ],
    }


def _rule(alert: Alert, node: Compiled) -> dict[str, object]:
    texts = {
        "summary": f"{alert.kpi.label or alert.kpi.name}: {alert.kind} {alert.text}",
        "description": alert.kpi.description,
        "owner": alert.kpi.owner,
    }
    return {
        "uid": "kpi-" + sha256(alert.name.encode()).hexdigest()[:24],
        "title": alert.name,
        "condition": "B",
        "data": [
            {
                "refId": "A",
                "relativeTimeRange": {"from": 600, "to": 0},
                "datasourceUid": _UID,
                "model": {"refId": "A", "format": "table", "rawQuery": True, "rawSql": _firing(alert, node)},
            },
            {
                "refId": "B",
                "relativeTimeRange": {"from": 600, "to": 0},
                "datasourceUid": "__expr__",
                "model": {
                    "refId": "B",
                    "type": "threshold",
                    "expression": "A",
                    "conditions": [{"evaluator": {"type": "gt", "params": [0]}}],
                },
            },
        ],
        "for": f"{alert.lasting}s",
        "noDataState": "OK",
        "execErrState": "Error",
        "labels": {"kpi": alert.kpi.name, "severity": alert.severity},
        "annotations": {key: go_template(text) for key, text in texts.items() if text},
    }


def _firing(alert: Alert, node: Compiled) -> str:
    """SQL of one number: 1 while it fires."""
    where = f"{_of(alert.kpi, node)} AND {_TOTAL}"
    if alert.older:
        column = "known_at" if alert.kind == "stale" else "time"
        return (
            f"SELECT CASE WHEN coalesce(max({column}) < now() - INTERVAL '{alert.older} seconds', true)"
            f" THEN 1 ELSE 0 END AS firing\nFROM kpi_metrics WHERE {where}"
        )
    return (
        f"SELECT CASE WHEN {within('kpi_value', alert.ranges)} THEN 1 ELSE 0 END AS firing\nFROM kpi_metrics\n"
        f"WHERE {where} AND status <> 'partial'\nORDER BY time DESC LIMIT 1"
    )


def within(column: str, ranges: Sequence[Range]) -> str:
    """A condition in SQL: a column lies in one of the ranges."""
    parts = [" AND ".join(comparisons(column, each)) or f"{column} IS NOT NULL" for each in ranges]
    return " OR ".join(f"({part})" for part in parts) or "1 = 0"


def _provisioned(rule: dict[str, object]) -> dict[str, object]:
    texts = rule["annotations"]
    assert isinstance(texts, dict)
    return rule | {"annotations": {key: provisioned(text) for key, text in texts.items()}}


def provisioned(text: str) -> str:
    """A text that Grafana's provisioning, which fills in variables, gives back as it is."""
    return text.replace("$", "$$")


EMITTER = Emitter(
    name="grafana",
    summary="a dashboard a category, provisioning of the data source and alert rules",
    make=make,
)
