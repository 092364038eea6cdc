"""`github`: a workflow that checks definitions, tells what changed on a pull request, and gates."""

from __future__ import annotations

from kpictl.emit.continuous import comment, requirement
from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.schedules import jobs


def make(emission: Emission) -> Files:
    """One workflow, and the program that writes its comment."""
    values = {"emission": emission, "requirement": requirement(emission), "jobs": jobs(emission)}
    return {
        ".github/workflows/kpis.yml": emission.render("kpis.yml.j2", **values),
        ".github/kpis_comment.py": comment(emission),
        "README.md": emission.render("README.md.j2", **values),
    }


EMITTER = Emitter(name="github", summary="a GitHub workflow: check, compare, gate, run", make=make)
