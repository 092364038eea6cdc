"""`gitlab`: a pipeline that checks definitions, tells what changed on a merge request, gates, and runs by schedule."""

from __future__ import annotations

from kpictl.emit.continuous import comment, requirement
from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.schedules import jobs


def make(emission: Emission) -> Files:
    """One pipeline, and the program that writes its note."""
    values = {"emission": emission, "requirement": requirement(emission), "jobs": jobs(emission)}
    return {
        ".gitlab-ci.yml": emission.render("gitlab-ci.yml.j2", **values),
        ".gitlab/kpis_comment.py": comment(emission),
        "README.md": emission.render("README.md.j2", **values),
    }


EMITTER = Emitter(name="gitlab", summary="a GitLab pipeline: check, compare, gate, run", make=make)
