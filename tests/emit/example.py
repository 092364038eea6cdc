"""`python -m tests.emit.example`: writes examples/nexpo/deploy, what the example's project deploys."""

from __future__ import annotations

import sys
from pathlib import Path

from kpictl.cli.app import run
from kpictl.emit import NAMES

ROOT = Path(__file__).parents[2]


def main(*options: str) -> int:
    """Emits every artifact for the output `prod`; the worst exit code."""
    codes = []
    for name in NAMES:
        out = ROOT / "examples" / "nexpo" / "deploy" / name
        codes.append(run(["emit", name, "--project-dir", str(ROOT), "--target", "prod", "--out", str(out), *options]))
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
