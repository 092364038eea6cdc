"""`python -m tests.dialects NAME [FUNCTION ...]`: where an engine differs from the reference, and what is refused.

The list of refusals of that dialect in `refused.yml` is written anew.
"""

from __future__ import annotations

import sys

from kpictl.dialects import named
from tests.dialects import refusals
from tests.dialects.cases import cases
from tests.dialects.engine import Engine
from tests.oracles import make_judge


def main(name: str, functions: list[str]) -> int:
    judge = make_judge(name)
    judge.start()
    count, found = 0, {}
    try:
        engine = Engine(named(name), judge, {})
        engine.load()
        for case in cases():
            if functions and case.fn not in functions:
                continue
            found[case.label] = engine.refuses(case)
            if found[case.label]:
                continue
            for constants in (False, True):
                for told in engine.differences(case, constants=constants):
                    count += 1
                    print("constants" if constants else "columns", told)
    finally:
        judge.stop()
    if not functions:
        refusals.write(name, found)
    print(f"{count} differences, {sum(found.values())} cases refused")
    return 1 if count else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], sys.argv[2:]))
