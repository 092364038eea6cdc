"""Writes the reference pages from the code, or checks that they are fresh: `python -m docs.generate [--check]`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def pages() -> dict[str, str]:
    """Path below docs/ and text of every generated page."""
    return {}


def main(arguments: list[str]) -> int:
    """Writes the pages; with `--check` writes nothing and returns 1 when one is stale."""
    stale = [name for name, text in pages().items() if _read(ROOT / name) != text]
    if "--check" in arguments:
        for name in stale:
            print(f"stale: docs/{name} (run: make docs)", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages()[name], encoding="utf-8")
        print(f"wrote docs/{name}")
    return 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
