"""Rules: what is wrong with a project although each part of it can be read. One class a rule, listed in `catalogue`."""

from kpictl.rules.rule import Checked, Rule

__all__ = ["Checked", "Rule"]
