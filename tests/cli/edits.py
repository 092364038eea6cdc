"""Random edits of a small project, for the law that compiling again gives what compiling anew gives."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

PROFILE = """shop:
  target: {target}
  outputs:
    dev: &dev
      store: {{type: duckdb, path: target/kpis.duckdb}}
      as_of: 2025-01-01T06:00
      connections: {{app: {{type: duckdb, files: data}}}}
    pg:
      store: {{type: duckdb, path: target/pg.duckdb}}
      as_of: 2025-01-01T06:00
      connections: {{app: {{type: postgres, host: h, dbname: d, user: u, password: "{{{{ env_var('PW', 'hunter2x') }}}}"}}}}
"""

START = {
    "kpi_project.yml": "name: shop\ntimezone: Europe/Berlin\ndefaults: {owner: a@x.example}\n",
    "profiles.yml": PROFILE.format(target="dev"),
    "kpis/sources.yml": """sources:
  orders:
    time: created_at
    key: [id]
    columns: {id: bigint, customer: bigint, amount: double, kind: text, created_at: timestamptz}
    dimensions: {land: buyer.country}
    joins: {buyer: {source: customers, on: orders.customer = buyer.id, type: many_to_one}}
  customers: {key: [id], columns: {id: bigint, country: text, name: text}}
  visits: {time: at, columns: {at: timestamptz, visitor: bigint, page: text}}
""",
    "kpis/sales/revenue.yml": """kpis:
  revenue: {measure: sum(amount), source: orders, grain: day, unit: EUR}
  paid: {measure: sum(amount), source: orders, where: kind = 'pay' and amount > 3, grain: day}
  orders: {measure: count(*), source: orders, grain: day}
""",
    "kpis/sales/derived.yml": """kpis:
  basket: {ratio: {numerator: revenue, denominator: orders}, grain: day}
  growth: {expr: "revenue / lag(revenue, 7d) - 1", grain: day}
  by_land: {measure: sum(amount), source: orders, dimensions: [land], grain: day}
""",
    "kpis/web/visits.yml": """kpis:
  visits: {measure: count(distinct visitor), source: visits, grain: day}
  pages: {query: "SELECT date_trunc('day', at) AS time, count(*) AS value FROM visits WHERE page = 'a' GROUP BY 1"}
  both: {query: "SELECT count(*) AS value FROM orders, customers WHERE orders.customer = customers.id"}
tests:
  t: {kpi: visits, given: {visits: [{at: 2024-01-01, visitor: 1}]}, expect: [{value: 1}]}
""",
    "analyses/top.sql": "SELECT kind, sum(amount) AS value FROM orders GROUP BY kind\n",
}

_TEXTS = (
    ("kind = 'pay'", "kind = 'buy'"),
    ("amount > 3", "amount > 4"),
    ("amount > 3", "amount > 3 and kind = 'x' and kind = 'y'"),
    ("sum(amount)", "avg(amount)"),
    ("sum(amount)", "sum(amuont)"),
    ("count(*)", "count(id)"),
    ("source: orders", "source: visits"),
    ("source: orders", "source: ordres"),
    ("FROM visits", "FROM hits"),
    ("denominator: orders", "denominator: visits"),
    ('"revenue /', '"paid /'),
    ("lag(revenue", "lag(growth"),
    ("country: text", "country: text, city: text"),
    ("amount: double", 'amount: "numeric(12,2)"'),
    ("created_at: timestamptz", "created_at: timestamp"),
    ("key: [id]\n", "key: [id, kind]\n"),
    ("unit: EUR", "unit: USD"),
    ("grain: day", "grain: day, deprecated: use another"),
    ("grain: day", "grain: day, certified: true"),
    ("grain: day", "grain: month"),
    ("grain: day", 'grain: day, checks: ["revenue >= paid"]'),
    ("grain: day", "grain: day, renamed_from: old_name"),
    ("grain: day", "grain: day, start: 2031-01-01"),
    ("grain: day", "grain: day, schedule: '*/5 * * * *'"),
    ("grain: day", 'grain: day, thresholds: [{when: "value > 1 or value < 2", severity: warn}]'),
    ("page = 'a'", "page = {{ var('page') }}"),
    ("FROM visits", "FROM {{ source('visits') }}"),
    ("  revenue:", "  turnover:"),
    ("  visits:", "  hits:"),
    ("  customers:", "  clients:"),
    ("source: customers", "source: clients"),
    ("kpis:\n", "kpis:\n  # only a comment\n\n"),
    ("kpis:\n", "category: top\nkpis:\n"),
    ("kpis:", "kpis"),
    ("timezone: Europe/Berlin", "timezone: Asia/Kolkata"),
    ("target: dev", "target: pg"),
    ("FROM orders", "FROM orders JOIN hits ON true"),
)
_NEW = (
    ("kpis/new/a.yml", "kpis: {takings: {measure: sum(amount), source: orders, grain: day}}\n"),
    ("kpis/new/b.yml", "kpis: {turnover: {measure: sum(amount), source: orders, where: amount > 9, grain: day}}\n"),
    ("kpis/new/c.yml", "sources: {hits: {time: at, columns: {at: timestamptz, page: text}}}\n"),
    ("kpis/new/d.yml", "sources: {idle: {time: at, columns: {at: timestamptz}}}\n"),
    ("kpis/new/e.yml", "kpis: {revenue: {measure: count(*), source: orders}}\n"),
    ("kpis/new/f.yml", "kpis: {twice: {expr: revenue * 2, renamed_from: old_name}}\n"),
    ("kpis/new/g.yml", "kpis: {top: {measure: max(amount), source: orders, renamed_from: paid}}\n"),
    ("kpis/new/h.yml", "kpis: {hits: {measure: count(*), source: hits}, deep: {expr: twice + basket}}\n"),
    ("analyses/hits.sql", "SELECT count(*) AS n FROM hits\n"),
    ("kpis/aaa.yml", "kpis: {first: {measure: min(amount), source: orders, grain: day, owner: b@x.example}}\n"),
)


def edit(root: Path, dice: random.Random) -> str:
    """Changes a project at random; what was done."""
    actions: list[Callable[[Path, random.Random], str]] = [_replace] * 6 + [_add] * 2 + [_delete, _move, _restore]
    return dice.choice(actions)(root, dice)


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.suffix in (".yml", ".sql") and "target" not in path.parts)


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, "utf-8")


def _replace(root: Path, dice: random.Random) -> str:
    choices = [
        (path, pair)
        for path in files(root)
        for old, new in _TEXTS
        for pair in ((old, new), (new, old))
        if pair[0] in path.read_text("utf-8")
    ]
    path, (old, new) = dice.choice(choices)
    text = path.read_text("utf-8")
    starts = [at for at in range(len(text)) if text.startswith(old, at)]
    at = dice.choice(starts)
    path.write_text(text[:at] + new + text[at + len(old) :], "utf-8")
    return f"{path.name}: {old!r} -> {new!r}"


def _add(root: Path, dice: random.Random) -> str:
    name, text = dice.choice(_NEW)
    write(root, name, text)
    return f"add {name}"


def _delete(root: Path, dice: random.Random) -> str:
    path = dice.choice([path for path in files(root) if path.parent != root])
    path.unlink()
    return f"delete {path.name}"


def _move(root: Path, dice: random.Random) -> str:
    path = dice.choice([path for path in files(root) if path.parent != root and path.suffix == ".yml"])
    place = root / "kpis" / dice.choice(("moved", "sales", "zz")) / path.name
    place.parent.mkdir(parents=True, exist_ok=True)
    path.rename(place)
    return f"move {path.name} to {place.parent.name}"


def _restore(root: Path, dice: random.Random) -> str:
    """Most edits break something; this one mends a file, so that there is something to compile."""
    for name in dice.sample(sorted(START), 4):
        write(root, name, START[name])
    return "restore"
