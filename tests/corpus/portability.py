"""`python -m tests.corpus.portability [--write] [TARGET...]`: the figures of docs/portability.md, from one run.

`--refusals` writes kpictl's own columns and the classes of refusals anew, without an engine: what is not refused answers
the same, or `tests/corpus/test_targets.py` fails. The columns of sqlglot stay.

Each query of both corpora goes to each target twice: compiled by kpictl, and as `sqlglot.transpile` prints it (the clock
replaced by the corpus' own, so that both ask the same). Both texts are given to the same judge over the same tables.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import sqlglot
import yaml
from sqlglot import exp

from kpictl.plan.compiled import Compiled
from tests import oracles
from tests.corpus import corpus
from tests.corpus.compare import difference
from tests.corpus.corpus import Query
from tests.corpus.extended import extended
from tests.corpus.outcomes import HERE, TARGETS, Outcome, Reviewed, analysed, beyond, compiled, load, outcomes, reviewed
from tests.oracles import Judge

PAGE = HERE.parents[1] / "docs" / "portability.md"
CORPORA: tuple[tuple[str, ModuleType], ...] = (
    ("KPI queries as companies write them", corpus),
    ("constructs and data that hurt", extended),
)
_DIALECTS = {"timescale": "postgres", "synapse": "tsql"}
"""What sqlglot calls a target, where it has another name for it."""
_WORDS = ("same", "refused", "different", "rejected", "not held")
_HEAD = """# Portability

One definition, the same number on every engine, or a refusal. This page says how often which, on two corpora of queries
with known answers: {counts}.
`python -m tests.corpus.portability --write` writes it; CI holds every single query (`tests/corpus/test_targets.py`).

Each query is compiled by kpictl, and in the same run printed by plain `sqlglot.transpile` (read as PostgreSQL), and both
texts go to the same judge over the same tables. *Same*: the true rows. *Refused*: an error at the author's line before
anything runs. *Different*: other rows, and nobody is told. *Rejected*: the engine's own error.

What judges: {evidence}.
*Checked* means that no engine of that kind can be had: the text is executed under rules quoted from the engine's manual
(`tests/meaning`), which is less than the engine's own word. A function without a rule counts there as rejected, so that
sqlglot's column says less about those targets than about the others. The row of Synapse is that of its dedicated and of its
serverless pool: one text, of what both know.
"""


def plain(query: Query, target: str, judge: Judge, held: frozenset[str], as_of: str) -> Outcome:
    """What plain sqlglot makes of a query."""
    dialect = _DIALECTS.get(target, target)
    try:
        tree = sqlglot.parse_one(query.sql, read="postgres").transform(_at, as_of)
        sql = tree.sql(dialect=dialect, unsupported_level=sqlglot.ErrorLevel.RAISE)
    except Exception as error:  # it raises its own errors, and falls over some trees
        return Outcome("refused", str(error))
    if set(query.tables) - held:
        return Outcome("not held")
    try:
        answer = judge.execute(sql)
    except NotImplementedError:
        return analysed(sql, judge)
    except Exception as error:  # a judge that trips over a text does not accept it
        if isinstance(error, oracles.EngineLost):
            raise
        return Outcome("rejected", str(error), sql)
    told = difference(query.rows, answer.rows, query.ordered, booleans=judge.has_boolean)
    return Outcome("same") if told is None else Outcome("different", told, sql)


def _at(node: exp.Expression, as_of: str) -> exp.Expression:
    if isinstance(node, exp.CurrentDate):
        return exp.cast(exp.Literal.string(as_of[:10]), "date")
    if isinstance(node, exp.CurrentTimestamp):
        return exp.cast(exp.Literal.string(as_of), "timestamptz")
    return node


def measured(target: str) -> dict[str, tuple[list[Outcome], list[Outcome]]]:
    """By corpus, what kpictl and plain sqlglot come to on a target."""
    judge = oracles.make_judge(target)
    judge.start()
    try:
        found = {}
        for title, source in CORPORA:
            ours = list(outcomes(source, target, judge).values())
            held = load(judge, source.tables())
            as_of = f"{source.AS_OF:%Y-%m-%d %H:%M:%S}+00"
            found[title] = (ours, [plain(query, target, judge, held, as_of) for query in source.queries()])
        return found
    finally:
        judge.stop()


def page(found: dict[str, dict[str, tuple[list[Outcome], list[Outcome]]]]) -> str:
    """docs/portability.md."""
    counts = " and ".join(f"{len(source.queries())} {title}" for title, source in CORPORA)
    evidence = ", ".join(f"{target} {oracles.evidence(target)}" for target in found)
    parts = [_HEAD.format(counts=counts, evidence=evidence)]
    for title, _ in CORPORA:
        parts.append(f"## {title[0].upper()}{title[1:]}\n")
        words = " | ".join(_WORDS)
        parts.append(f"| target | kpictl {words} | sqlglot {words} |")
        parts.append("|---" * (1 + 2 * len(_WORDS)) + "|")
        parts += [f"| {target} | {_row(each[title][0])} | {_row(each[title][1])} |" for target, each in found.items()]
        parts.append("")
    parts.append(
        "Shares are of all queries. *Not held*: the engine cannot store the rows that the answer rests on, so that it"
    )
    parts.append("answers by what it can store. Druid has no table without rows; beside that:\n")
    parts += [f"- {target}, `{query}`: {why}" for target in found for query, why in beyond(target).items()]
    parts.append("")
    parts.append("## What is refused\n")
    parts.append(
        "By construct, over both corpora; `kpictl explain KPI501` and the pages of the targets say more. A refusal"
    )
    parts.append("more is a change of `tests/corpus/refused`, which is reviewed.\n")
    return "\n".join([*parts, *_classes(found)]).rstrip() + "\n"


VERDICTS: dict[str, list[str]] = yaml.safe_load((HERE / "verdicts.yml").read_text(encoding="utf-8"))
_TOLD = {
    "limit": "the engine cannot say it: its manual, or the engine itself, says so",
    "meaning": "the engine has it with another meaning, and no exact form is known",
    "silent": "the manual does not say what it does, and nothing that can be had judges it",
    "open": "it could be said with more work; until then the way out holds",
}


def verdict(reason: str) -> str:
    """What the review of a refusal came to: `limit`, `meaning`, `silent` or `open`; raises KeyError for one not reviewed."""
    found = {word for word, texts in VERDICTS.items() for text in texts if text in reason}
    if len(found) != 1:
        raise KeyError(f"tests/corpus/verdicts.yml: {reason!r} is {' and '.join(sorted(found)) or 'not there'}")
    return found.pop()


def _reviewed(targets: Iterable[str]) -> list[str]:
    """How many refusals of each target have which verdict."""
    parts = ["Each was read as its author would read it; what the review came to (`tests/corpus/verdicts.yml`):\n"]
    parts += [f"| target | {' | '.join(_TOLD)} |", "|---" * (1 + len(_TOLD)) + "|"]
    for target in targets:
        counted = Counter(verdict(each.reason) for each in reviewed(target).values())
        if counted:
            parts.append(f"| {target} | {' | '.join(str(counted[word]) for word in _TOLD)} |")
    return [*parts, "", *(f"- *{word}*: {told}" for word, told in _TOLD.items()), ""]


def _classes(targets: Iterable[str]) -> list[str]:
    targets = tuple(targets)
    parts = ["### What the review came to\n", *_reviewed(targets)]
    for target in targets:
        listed = reviewed(target).values()
        if listed:
            parts += [
                f"### {target}\n",
                "| queries | code | why, and what to write instead | verdict |",
                "|---|---|---|---|",
            ]
            parts += [f"| {count} | {code} | {why} | {verdict(why)} |" for (code, why), count in classes(listed)]
            parts.append("")
    return parts


_OURS = re.compile(r"^\| (\w+) \| \*\*[\d.]+%\*\* \| \d+ \| 0 \| 0 \| (\d+) \|", re.MULTILINE)
"""A target's row up to sqlglot's columns: nothing of kpictl's is different or rejected."""


def with_refusals_of_today(text: str) -> str:
    """The page with what is refused now."""
    head, mark, _ = text.partition("### ")
    for title, source in CORPORA:
        total, nodes = len(source.queries()), compiled(source)

        def row(found: re.Match[str], total: int = total, nodes: dict[str, dict[str, Compiled]] = nodes) -> str:
            refused = sum(each.statement is None for each in nodes[found[1]].values())
            share = f"{(total - refused - int(found[2])) / total:.1%}"
            return f"| {found[1]} | **{share}** | {refused} | 0 | 0 | {found[2]} |"

        before, begins, rest = head.partition(f"## {title[0].upper()}{title[1:]}\n")
        table, ends, after = rest.partition("\n## ")
        head = before + begins + _OURS.sub(row, table) + ends + after
    return head + ("\n".join(_classes(TARGETS)).rstrip() + "\n" if mark else "")


def classes(listed: Iterable[Reviewed]) -> list[tuple[tuple[str, str], int]]:
    """Code and reason of each class of refusals, and how many queries meet it, most first."""
    counted = Counter((each.code, re.sub(r"\s+", " ", each.reason).replace("|", "\\|")) for each in listed)
    return sorted(counted.items(), key=lambda each: (-each[1], each[0]))


def _row(found: list[Outcome]) -> str:
    words = [each.word for each in found]
    share = f"{words.count('same') / len(words):.1%}"
    return " | ".join([f"**{share}**", *(str(words.count(word)) for word in _WORDS[1:])])


def main(targets: list[str], *, write: bool) -> None:
    text = page({target: measured(target) for target in targets or TARGETS})
    if write:
        Path(PAGE).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    if "--refusals" in sys.argv:
        PAGE.write_text(with_refusals_of_today(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
        sys.exit()
    main([each for each in sys.argv[1:] if not each.startswith("--")], write="--write" in sys.argv)
