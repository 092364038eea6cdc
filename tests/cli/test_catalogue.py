"""The manual of codes is whole: unique codes, pages with four sections, an example in YAML or SQL."""

from __future__ import annotations

import re
from importlib import import_module
from pkgutil import walk_packages

import pytest

import kpictl
from kpictl.diagnostics import Finding, all_findings
from kpictl.rules.catalogue import RULES, every_finding

_SECTIONS = ["What it does", "Why it matters", "Example", "Use instead"]


@pytest.mark.parametrize("finding", every_finding(), ids=lambda finding: f"{finding.code}-{finding.__name__}")
def test_page(finding: type[Finding]) -> None:
    page = finding.__doc__ or ""
    assert re.fullmatch(r"KPI[0-9]{3}", finding.code)
    assert page.split("\n")[0].strip().endswith(".")
    assert re.findall(r"^ *## (.*)$", page, re.MULTILINE) == _SECTIONS
    parts = re.split(r"^ *## .*$", page, flags=re.MULTILINE)
    assert all(part.strip() for part in parts)


def test_codes_are_unique() -> None:
    codes = [finding.code for finding in every_finding()]
    assert sorted({code for code in codes if codes.count(code) > 1}) == []


def test_no_part_keeps_a_code_to_itself() -> None:
    known = every_finding()
    for module in walk_packages(kpictl.__path__, "kpictl."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    assert [each for each in all_findings() if each not in known and each.__module__.startswith("kpictl.")] == []


def test_every_rule_is_listed_once() -> None:
    from kpictl.rules.rule import Rule

    assert len(set(RULES)) == len(RULES)
    listed = {rule.code for rule in RULES}
    assert {each.code for each in every_finding() if issubclass(each, Rule)} == listed
