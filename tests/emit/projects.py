"""Projects to emit: a small one, and one whose every text is hostile."""

from __future__ import annotations

import json
from pathlib import Path

from kpictl import api
from kpictl.diagnostics import Refused
from kpictl.syntax import read
from tests.emit.hostile import TEXTS

SOURCES = """\
sources:
  orders:
    connection: app
    time: created_at
    history: append
    complete: now
    key: [id]
    columns: {id: bigint, user_id: bigint, amount: "numeric(12,2)", status: text, country: text, created_at: timestamptz}
"""
KPIS = """\
category: business
kpis:
  revenue:
    label: Revenue
    description: What was paid
    owner: finance@shop.example
    measure: sum(amount)
    source: orders
    where: status = 'paid'
    grain: day
    dimensions: [country]
    unit: usd
    schedule: "0 1 * * *"
    retention: 365d
    direction: up
    goal: 2000
    thresholds:
      - {when: "value < 1000", severity: warn, for: 2, notify: [slack_ops], resolve: "value >= 1100"}
      - {when: "value < 100", severity: critical, notify: [pagerduty_ops, mail_finance]}
      - {stale: 3d, severity: warn}
  orders_placed: {measure: count(*), source: orders, grain: day, owner: finance@shop.example, schedule: "0 1 * * *"}
  revenue_per_order:
    ratio: {numerator: revenue, denominator: orders_placed}
    owner: finance@shop.example
    schedule: "0 5 * * 1"
    category: custom
"""
PROFILES = """\
shop:
  target: dev
  outputs:
    dev:
      store: {type: timescale, dsn: "{{ env_var('KPI_STORE_DSN') }}"}
      connections:
        app: {type: postgres, host: db1, user: kpi, password: "{{ env_var('PGPASSWORD') }}", dbname: shop}
"""


def shop(root: Path, *, kpis: str = KPIS, settings: str = "timezone: Europe/Berlin\n") -> Path:
    """Writes a project; the variables of its profile are set nowhere."""
    (root / "kpis").mkdir(parents=True)
    (root / "kpi_project.yml").write_text("name: shop\n" + settings)
    (root / "profiles.yml").write_text(PROFILES)
    (root / "kpis" / "sources.yml").write_text(SOURCES)
    (root / "kpis" / "orders.yml").write_text(kpis)
    return root


def hostile(root: Path) -> tuple[Path, list[str]]:
    """A project with each hostile text that YAML can hold as the texts of a KPI; the texts by KPI."""
    texts = [text for text in TEXTS if text.strip() and readable(text)]
    definitions = []
    for i, text in enumerate(texts):
        word = json.dumps(text)
        definitions.append(
            f"  kpi_{i:02}:\n    label: {word}\n    description: {word}\n    owner: {word}\n    category: {word}\n"
            f"    tags: [{word}]\n    unit: {word}\n    docs: {word}\n    measure: sum(amount)\n    source: orders\n"
            f"    where: {json.dumps('status = ' + _sql(text))}\n    grain: day\n    dimensions: [country]\n"
            '    thresholds: [{when: "value < 5", severity: critical, notify: [slack_ops]}]\n'
        )
    return shop(root, kpis="kpis:\n" + "".join(definitions)), texts


def emitted(root: Path, artifact: str, **options: str) -> dict[str, str]:
    """The files of an artifact."""
    loaded = api.load(root, outlined=True)
    assert loaded.project is not None, loaded.diagnostics
    checked = api.check(loaded)
    return api.emitter(loaded, checked, **options)(artifact, f"kpictl emit {artifact}").files  # type: ignore[arg-type]


def _sql(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def readable(text: str) -> bool:
    """Whether kpictl's YAML takes it; control characters are refused before any emitter sees them."""
    try:
        return bool(read("x.yml", f"a: {json.dumps(text)}".encode()) == {"a": text})
    except Refused:
        return False
