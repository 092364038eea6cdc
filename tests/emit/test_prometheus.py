"""promtool and amtool take what is emitted, and the alerts fire where the thresholds say."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from kpictl.emit.alerts import compared, outside
from tests.emit.projects import emitted, hostile, shop
from tests.emit.tools import program, put, run

_MORE = """\
kpis:
  a: {measure: sum(amount), source: orders, grain: hour, owner: x@y.example, label: "{{ $value }} {{", thresholds: [
    {when: "value < 1 or value between 5 and 7 or value > 100", severity: warn, notify: x@y.example},
    {when: "not value = 3", severity: critical}, {change_pct: "< -20", severity: warn, for: 3},
    {anomaly: "value > 3", severity: warn}, {burn_rate: "value > 14.4", severity: critical}, {no_data: 2d, severity: warn}]}
"""


def test_promtool_and_amtool_take_it(tmp_path: Path) -> None:
    root = shop(tmp_path / "shop")
    (root / "kpis" / "more.yml").write_text(_MORE)
    folder = put(tmp_path / "out", emitted(root, "prometheus"))
    promtool, amtool = program("promtool", "prometheus"), program("amtool", "prometheus-alertmanager")
    for command in (("check", "rules", "rules/recording.yml", "rules/alerts.yml"), ("test", "rules", "tests.yml")):
        code, said = run(promtool, *command, cwd=folder)
        assert code == 0, said
    code, said = run(amtool, "check-config", "alertmanager.yml", cwd=folder)
    assert code == 0, said
    for labels, receivers in (
        (("notify_slack_ops=yes",), "slack_ops"),
        (("notify_pagerduty_ops=yes", "notify_mail_finance=yes"), "pagerduty_ops,mail_finance"),
        (("severity=warn",), "nobody"),
    ):
        _, said = run(amtool, "config", "routes", "test", "--config.file=alertmanager.yml", *labels, cwd=folder)
        assert said.split()[-1] == receivers


def test_the_emitted_tests_can_fail(tmp_path: Path) -> None:
    """A threshold that is changed in the rules alone is noticed."""
    files = emitted(shop(tmp_path / "shop"), "prometheus")
    assert " < 1000" in files["rules/alerts.yml"]
    files["rules/alerts.yml"] = files["rules/alerts.yml"].replace(" < 1000", " < 0")
    code, _ = run(program("promtool", "prometheus"), "test", "rules", "tests.yml", cwd=put(tmp_path / "out", files))
    assert code != 0


def test_resolve_keeps_it_firing(tmp_path: Path) -> None:
    """Below 1000 for two days in a row it fires, at 1050 it goes on, at 1100 it ends."""
    folder = put(tmp_path / "out", emitted(shop(tmp_path / "shop"), "prometheus"))
    test = {
        "rule_files": ["rules/alerts.yml"],
        "evaluation_interval": "4m",
        "tests": [
            {
                "interval": "4m",
                "input_series": [
                    {
                        "series": 'kpi_value{kpi="revenue", total="true"}',
                        "values": "1500x30 900x450 1050x150 1200x150",
                    }
                ],
                "promql_expr_test": [
                    {
                        "expr": 'count(ALERTS{alertname="revenue_warn_1", alertstate="firing"}) or vector(0)',
                        "eval_time": f"{hour}h",
                        "exp_samples": [{"labels": "{}", "value": firing}],
                    }
                    for hour, firing in ((2, 0), (20, 0), (30, 1), (40, 1), (52, 0))
                ],
            }
        ],
    }
    (folder / "own.yml").write_text(yaml.safe_dump(test))
    code, said = run(program("promtool", "prometheus"), "test", "rules", "own.yml", cwd=folder)
    assert code == 0, said


def test_hostile_texts_come_back_rendered(tmp_path: Path) -> None:
    """The tests that are emitted expect the texts as they are: promtool renders the templates of the rules."""
    root, texts = hostile(tmp_path / "hostile")
    files = emitted(root, "prometheus")
    groups = yaml.safe_load(files["rules/alerts.yml"])["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) == len(texts) + 2
    expected = [
        test["alert_rule_test"][0]["exp_alerts"][0]["exp_annotations"]
        for test in yaml.safe_load(files["tests.yml"])["tests"]
        if test["alert_rule_test"][0]["exp_alerts"]
    ]
    assert [each["description"] for each in expected] == texts
    folder = put(tmp_path / "out", files)
    code, said = run(program("promtool", "prometheus"), "test", "rules", "tests.yml", cwd=folder)
    assert code == 0, said


@pytest.mark.parametrize(
    "text",
    [
        "value < 1",
        "value >= 2 and value < 5",
        "value = 3",
        "not value = 3",
        "value < 1 or value > 1",
        "value < 0 and value > 1",
    ],
)
def test_ranges(text: str) -> None:
    condition = compared(text)
    assert condition is not None
    for number in (-1, 0, 0.5, 1, 1.5, 2, 3, 4, 5, 6):
        for ranges, wanted in ((condition.ranges(), True), (outside(condition.ranges()), False)):
            held = any(
                (each.low is None or number > each.low or (number == each.low and each.with_low))
                and (each.high is None or number < each.high or (number == each.high and each.with_high))
                for each in ranges
            )
            assert held == (condition.test(number) is wanted)
