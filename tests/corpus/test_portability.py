"""docs/portability.md says of kpictl what holds now; sqlglot's columns are of the day on which the page was written."""

from __future__ import annotations

import re

from tests.corpus.outcomes import TARGETS, compiled, reviewed
from tests.corpus.portability import CORPORA, PAGE, VERDICTS, classes, verdict


def test_the_page_counts_the_refusals_of_today() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for title, source in CORPORA:
        table = page.split(f"## {title[0].upper()}{title[1:]}")[1].split("## ")[0]
        rows = dict(re.findall(r"^\| (\w+) \| \*\*[\d.]+%\*\* \| (\d+) \| 0 \| 0 \| \d+ \|", table, re.MULTILINE))
        refused = {t: sum(each.statement is None for each in compiled(source)[t].values()) for t in TARGETS}
        assert rows == {target: str(count) for target, count in refused.items()}, (
            "python -m tests.corpus.portability --write"
        )


def test_the_page_lists_every_class_of_refusals() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for target in TARGETS:
        for (code, why), count in classes(reviewed(target).values()):
            assert f"| {count} | {code} | {why} | {verdict(why)} |" in page, (
                "python -m tests.corpus.portability --write"
            )


def test_every_refusal_has_one_verdict() -> None:
    """Also one to come: whoever lists it says what it is."""
    reasons = {each.reason for target in TARGETS for each in reviewed(target).values()}
    assert {verdict(reason) for reason in reasons} <= VERDICTS.keys()
