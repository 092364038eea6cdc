"""What `kpictl init` makes runs at once and shows the numbers of its own file."""

from __future__ import annotations

import csv
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.example.test_expected_values import close, kpictl

LAST = "2017-12-30"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("starter")
    kpictl(root, "init", "shop")
    kpictl(root / "shop", "run")
    return root / "shop"


def shown(shop: Path, *arguments: str) -> dict[tuple[str, str | None], dict[str, Any]]:
    found = json.loads(kpictl(shop, *arguments, "--format", "json"))
    return {(row["bucket"], row["dimensions"].get("region")): row for row in found}


def orders(shop: Path) -> list[dict[str, str]]:
    with (shop / "data" / "superstore_2017.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_no_placeholder_is_left(shop: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in shop.rglob("*") if path.suffix in (".yml", ".md", ".sql")]
    assert len(texts) > 4
    assert not [text for text in texts if "__PROJECT__" in text]
    assert (shop / ".gitignore").is_file()


def test_editors_find_the_schema(shop: Path) -> None:
    first = (shop / "kpis" / "shop.yml").read_text(encoding="utf-8").splitlines()[0]
    _, found, path = first.partition("# yaml-language-server: $schema=")
    assert found
    schema = json.loads((shop / "kpis" / path).resolve().read_text(encoding="utf-8"))
    assert "$schema" in schema


def test_revenue_by_day_and_region(shop: Path) -> None:
    wanted: Counter[tuple[str, str | None]] = Counter()
    for order in orders(shop):
        for region in (None, order["region"]):
            wanted[order["order_date"], region] += Decimal(order["amount"])  # type: ignore[assignment]
    found = {key: row["value"] for key, row in shown(shop, "history", "revenue").items() if row["value"] is not None}
    totals = {key: value for key, value in found.items() if key[1] is None}
    assert set(totals) == {key for key in wanted if key[1] is None}
    assert all(close(value, wanted[key]) for key, value in found.items())
    assert shown(shop, "show", "revenue")[LAST, None]["status"] == "ok"


def test_orders_per_day(shop: Path) -> None:
    wanted = Counter(order["order_date"] for order in orders(shop))
    found = {bucket: row["value"] for (bucket, _), row in shown(shop, "history", "orders_per_day").items()}
    assert found
    assert all(value == wanted[bucket] for bucket, value in found.items())
    assert shown(shop, "show", "orders_per_day")[LAST, None]["value"] == wanted[LAST]
