"""`python -m tests.mutants TARGET [FUNCTION ...]`: the mutants of a target's renderings and of its parts that no data catches.

Each rendering with a token swapped or dropped, each pass, habit of the engine and refused construct left out; on the target's
own judge, by the cases of functions and the queries of the corpora.
"""

from __future__ import annotations

import sys

from tests.mutants.parts import parts
from tests.mutants.trial import NAMES, Trial
from tests.oracles import make_judge


def main(target: str, functions: list[str]) -> int:
    judge = make_judge(target)
    judge.start()
    tried, living = 0, 0
    try:
        trial = Trial(judge, target)
        for fn in functions or NAMES:
            for mutant, own in trial.mutants(fn):
                tried += 1
                if trial.of_function(fn, mutant, own) is None:
                    living += 1
                    print(mutant.name, flush=True)
        for name, dialect in () if functions else parts(trial.dialect):
            tried += 1
            if trial.query_killer(dialect) is None:
                living += 1
                print(f"dialect: {name}", flush=True)
    finally:
        judge.stop()
    print(f"{tried - living} died, {living} live")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], sys.argv[2:]))
