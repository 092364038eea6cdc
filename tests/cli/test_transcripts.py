"""Every transcript is what happens. KPICTL_UPDATE=1 writes what happened instead; read the difference then."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.cli.transcript import rerun

_ROOT = Path(__file__).parents[2]
_FILES = [*sorted((Path(__file__).parent / "transcripts").glob("*.md")), _ROOT / "docs" / "tutorial.md"]
_SECONDS = re.compile(r"in \d+\.\d s$", re.MULTILINE)


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_transcript(path: Path, tmp_path: Path) -> None:
    written = path.read_text(encoding="utf-8")
    happened = _SECONDS.sub("in 0.4 s", rerun(written, tmp_path))
    if os.environ.get("KPICTL_UPDATE"):
        path.write_text(happened, encoding="utf-8")
    assert happened == written


def test_there_are_transcripts() -> None:
    assert len(_FILES) >= 6


def test_links_of_the_manual_lead_somewhere() -> None:
    """Relative links in the pages that are written by hand."""
    pages = [*_ROOT.glob("*.md"), *(_ROOT / "docs").glob("*.md"), *(_ROOT / "examples").glob("*/*.md")]
    dead = [
        f"{page.name}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert not dead
