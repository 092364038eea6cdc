"""Proposes lines for `refused/<target>.jsonl`: `python -m tests.corpus TARGET [--write]`.

Each refusal that is not listed yet becomes a line with the reason that the author would be shown. Read each before it
is committed: a reason that a user would not accept is a fault of the target. Lines of queries that compile now are told.
"""

from __future__ import annotations

import json
import re
import sys

from kpictl.plan.compiled import Compiled
from tests.corpus import corpus
from tests.corpus.extended import extended
from tests.corpus.outcomes import HERE, compiled, reviewed


def proposed(target: str) -> list[dict[str, str]]:
    """The refusals of a target that are not listed, in the order of the corpora."""
    listed = reviewed(target)
    nodes = [compiled(source)[target][query.id] for source in (corpus, extended) for query in source.queries()]
    return [_line(node) for node in nodes if node.statement is None and node.name not in listed]


def _line(node: Compiled) -> dict[str, str]:
    first = node.diagnostics[0]
    message = re.sub(rf"^{node.dialect} (?:has no exact form of|cannot say|cannot hold) ", "", first.message)
    reason = f"{message}; instead: {first.help[0]}" if first.help else message
    return {"query": node.name, "code": " ".join(sorted({d.code for d in node.diagnostics})), "reason": reason}


def main(target: str, *, write: bool) -> None:
    lines = [json.dumps(line, ensure_ascii=False) + "\n" for line in proposed(target)]
    sys.stdout.writelines(lines)
    stale = [
        q for q in reviewed(target) if all(_compiles(source, target, q) is not False for source in (corpus, extended))
    ]
    sys.stdout.writelines(f"compiles now: {query}\n" for query in stale)
    if write:
        with (HERE / "refused" / f"{target}.jsonl").open("a") as file:
            file.writelines(lines)


def _compiles(source: object, target: str, query: str) -> bool | None:
    found = compiled(source)[target].get(query)  # type: ignore[arg-type]
    return None if found is None else found.statement is not None


if __name__ == "__main__":
    main(sys.argv[1], write="--write" in sys.argv[2:])
