"""What a pipeline of GitHub and one of GitLab share: what they install, and the program that writes their comment."""

from __future__ import annotations

from kpictl import __version__
from kpictl.emit.emitter import Emission

_EXTRAS = {"bigquery": "bigquery", "snowflake": "snowflake", "redshift": "redshift", "synapse": "synapse"}


def requirement(emission: Emission) -> str:
    """kpictl of this version for pip, with the extras that the output's store and connections need."""
    output = emission.project.output
    kinds = set() if output is None else {output.store.type, *(each.type for each in output.connections)}
    extras = sorted(_EXTRAS[kind] for kind in kinds if kind in _EXTRAS)
    return f"kpictl[{','.join(extras)}]=={__version__}" if extras else f"kpictl=={__version__}"


def comment(emission: Emission) -> str:
    """A Python program without other packages: check, plan with values, and SQL as one comment."""
    output = emission.project.output
    return emission.render(
        "kpis_comment.py.j2",
        emission=emission,
        output="" if output is None else output.name,
        secrets=" ".join(emission.variables),
    )
