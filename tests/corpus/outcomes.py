"""What becomes of every query of a corpus on a target: compiled as an analysis of a project, judged by the engine.

A corpus is a module with `queries()`, `schema()`, `tables()`, `TIMES` and `AS_OF`. Its tables are the sources of a
project on disk, each query one file of `analyses/`; the project is compiled as `kpictl compile` does it, for all
targets at once, and the statements of a target are given to its judge in one go. Reviewed refusals stand in
`refused/<target>.jsonl`, those of the front door (whatever the target) in `refused/every.jsonl`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Literal

from kpictl import api
from kpictl.dialects import NAMES, named
from kpictl.plan.compiled import Compiled, Statement
from tests import oracles
from tests.corpus.compare import difference
from tests.corpus.corpus import Query
from tests.oracles import CannotHold, Judge, Rejected, Tables

Word = Literal["same", "refused", "different", "rejected", "not held", "accepted"]
"""`not held`: the engine has no such table (Druid: none without rows). `accepted`: the judge only parses."""
TARGETS = tuple(name for name in NAMES if name in oracles.NAMES)
"""Every dialect of kpictl that a judge can speak for."""
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one query on one target, with the codes of a refusal or the words of what is wrong."""

    word: Word
    detail: str = ""
    sql: str = ""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A refusal that was looked at: its code, and a reason that a user would accept."""

    query: str
    code: str
    reason: str


@cache
def reviewed(target: str) -> dict[str, Reviewed]:
    """By query, what the target refuses for a reason; `every`: what the front door refuses."""
    found: dict[str, Reviewed] = {}
    for name in dict.fromkeys(("every", target)):
        path = HERE / "refused" / f"{name}.jsonl"
        lines = path.read_text().splitlines() if path.exists() else ()
        for told in (Reviewed(**json.loads(line)) for line in lines if line.strip()):
            assert told.query not in found, f"{path.name}: {told.query} stands there twice"
            found[told.query] = told
    return found


@cache
def compiled(corpus: ModuleType) -> dict[str, dict[str, Compiled]]:
    """By target and query: the analysis of that query, compiled."""
    with TemporaryDirectory() as folder:
        write_project(Path(folder), corpus)
        loaded = api.load(folder, profile=False)
        assert not loaded.diagnostics, loaded.diagnostics
        found: dict[str, dict[str, Compiled]] = {target: {} for target in TARGETS}
        for one in api.compile(loaded, dialects=TARGETS, as_of=corpus.AS_OF):
            found[one.dialect][one.name] = one
    return found


def write_project(folder: Path, corpus: ModuleType) -> None:
    (folder / "kpi_project.yml").write_text("name: corpus\n")
    (folder / "kpis").mkdir()
    sources = {name: _source(columns, corpus.TIMES.get(name)) for name, columns in corpus.schema().items()}
    # JSON is YAML.
    (folder / "kpis" / "sources.yml").write_text(json.dumps({"sources": sources}, ensure_ascii=False, indent=1))
    (folder / "analyses").mkdir()
    for query in corpus.queries():
        (folder / "analyses" / f"{query.id}.sql").write_text(query.sql)


def _source(columns: dict[str, str], time: str | None) -> dict[str, object]:
    found: dict[str, object] = {"columns": dict(columns), "timezone": "UTC"}
    return found if time is None else {**found, "time": time}


def outcomes(corpus: ModuleType, target: str, judge: Judge) -> dict[str, Outcome]:
    """Every query of the corpus on a target; the judge is loaded once."""
    statements = compiled(corpus)[target]
    held = load(judge, corpus.tables())
    return {query.id: _outcome(query, statements[query.id], held, judge) for query in corpus.queries()}


def load(judge: Judge, tables: Tables) -> frozenset[str]:
    """The tables that the engine holds now."""
    try:
        judge.load(tables)
    except CannotHold:
        tables = {name: table for name, table in tables.items() if table.rows}
        judge.load(tables)
    return frozenset(tables)


def _outcome(query: Query, node: Compiled, held: frozenset[str], judge: Judge) -> Outcome:
    if node.statement is None:
        return Outcome("refused", " ".join(sorted({d.code for d in node.diagnostics if d.is_error})))
    sql = text(node.statement, node.dialect)
    if missing := set(query.tables) - held:
        return Outcome("not held", ", ".join(sorted(missing)), sql)
    try:
        answer = judge.execute(sql, settings=node.statement.settings)
    except NotImplementedError:
        return analysed(sql, judge)
    except Rejected as error:
        if query.id in beyond(judge.name):
            return Outcome("not held", beyond(judge.name)[query.id], sql)
        return Outcome("rejected", str(error), sql)
    told = difference(query.rows, answer.rows, query.ordered, booleans=judge.has_boolean)
    if told is not None and query.id in beyond(judge.name):
        return Outcome("not held", beyond(judge.name)[query.id], sql)
    return Outcome("same", "", sql) if told is None else Outcome("different", told, sql)


def text(statement: Statement, target: str) -> str:
    """The statement as it is executed without parameters: a driver that doubles its marks then reads none."""
    mark = named(target).escape_text("%")
    return statement.sql if mark == "%" else statement.sql.replace(mark, "%")


def analysed(sql: str, judge: Judge) -> Outcome:
    try:
        judge.analyse(sql)
    except Rejected as error:
        return Outcome("rejected", str(error), sql)
    return Outcome("accepted", "", sql)


@cache
def beyond(target: str) -> dict[str, str]:
    """By query, why the engine cannot hold the rows that its answer rests on."""
    path = HERE / "beyond" / f"{target}.jsonl"
    lines = path.read_text().splitlines() if path.exists() else ()
    return {told["query"]: told["reason"] for told in map(json.loads, filter(str.strip, lines))}


def wrong(target: str, query: str, outcome: Outcome) -> str | None:
    """Why this outcome breaks the law; None when it keeps it."""
    listed = reviewed(target).get(query)
    if outcome.word == "refused":
        if listed is None:
            return f"refused with {outcome.detail}, and no reviewed reason stands in tests/corpus/refused"
        return None if outcome.detail == listed.code else f"refused with {outcome.detail}, reviewed as {listed.code}"
    if listed is not None:
        return f"{outcome.word}, and listed as refused: shorten the list\n{outcome.detail}\n{outcome.sql}"
    if outcome.word == "same" and query in beyond(target):
        return "same, and listed as beyond the engine: shorten the list"
    if outcome.word in ("different", "rejected"):
        return f"{outcome.word}: {outcome.detail}\n{outcome.sql}"
    return None


def table(found: dict[str, Iterable[Outcome]]) -> str:
    """The share of each outcome, a target a line."""
    words = ("same", "refused", "different", "rejected", "not held", "accepted")
    lines = [f"{'target':<12}" + "".join(f"{word:>11}" for word in words) + f"{'same of':>12}"]
    for target, told in found.items():
        every = [outcome.word for outcome in told]
        counts = "".join(f"{every.count(word):>11}" for word in words)
        lines.append(f"{target:<12}{counts}{every.count('same') / max(len(every), 1):>11.1%}")
    return "\n".join(lines)


class Bench:
    """Outcomes of each corpus on each target, found when first asked for."""

    def __init__(self, judge: Callable[[str], Judge]) -> None:
        self._judge = judge
        self.found: dict[tuple[str, str], dict[str, Outcome]] = {}

    def outcome(self, corpus: ModuleType, target: str, query: str) -> Outcome:
        """What became of a query; raises as `judge` does where there is no such engine."""
        key = (corpus.__name__.rpartition(".")[2], target)
        if key not in self.found:
            self.found[key] = outcomes(corpus, target, self._judge(target))
        return self.found[key][query]
