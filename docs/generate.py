"""Writes the reference pages from the code, or checks that they are fresh: `python -m docs.generate [--check]`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from docs import deploy_pages, reference_pages, target_pages

ROOT = Path(__file__).resolve().parent


def pages() -> dict[str, str]:
    """Path below docs/ and text of every generated page."""
    return {**reference_pages.pages(), **target_pages.pages(), **deploy_pages.pages(), **_schemas()}


def main(arguments: list[str]) -> int:
    """Writes the pages; with `--check` writes nothing and returns 1 when one is stale."""
    fresh = pages()
    stale = [name for name, text in fresh.items() if _read(ROOT / name) != text]
    gone = [path for path in _generated() if str(path.relative_to(ROOT)) not in fresh]
    if "--check" in arguments:
        for name in [*stale, *(str(path.relative_to(ROOT)) for path in gone)]:
            print(f"stale: docs/{name} (run: make docs)", file=sys.stderr)
        return 1 if stale or gone else 0
    for path in gone:
        path.unlink()
    for name in stale:
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fresh[name], encoding="utf-8")
        print(f"wrote docs/{name}")
    return 0


def _schemas() -> dict[str, str]:
    from kpictl.project import schemas

    return {
        f"schemas/{name}.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in schemas().items()
    }


def _generated() -> list[Path]:
    return [
        p
        for folder in ("reference", "targets", "schemas", "deploy")
        for p in sorted((ROOT / folder).glob("*"))
        if p.is_file()
    ]


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
