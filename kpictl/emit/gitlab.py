"""`gitlab`: a pipeline that checks definitions, tells what changed on a merge request, gates, and runs by schedule."""

from __future__ import annotations

from kpictl import __version__
from kpictl.emit.emitter import Emission, Emitter, Files
from kpictl.emit.schedules import jobs


def make(emission: Emission) -> Files:
    """One pipeline."""
    values = {"emission": emission, "version": __version__, "jobs": jobs(emission)}
    return {
        ".gitlab-ci.yml": emission.render("gitlab-ci.yml.j2", **values),
        "README.md": emission.render("README.md.j2", **values),
    }


EMITTER = Emitter(name="gitlab", summary="a GitLab pipeline: check, compare, gate, run", make=make)
