"""What can be wrong with emitted artifacts."""

from __future__ import annotations

from kpictl.diagnostics import Finding, Severity


class BadTemplate(Finding):
    """A project's own template cannot be rendered.

    ## What it does
    Reports a file of the project's `templates/` that is no template, asks for a value that there is not, or leads out of
    the project.

    ## Why it matters
    A project's templates shadow those that kpictl brings; half of an artifact is worse than none, so nothing is written.

    ## Example
    `templates/jobs/README.md.j2` with `{{ projct }}`.

    ## Use instead
    A copy of the template that kpictl brings, changed where it must be.
    """

    code = "KPI701"


class StaleArtifact(Finding):
    """An emitted file is not what the definitions say now.

    ## What it does
    `kpictl emit --check` reports each file that would be written anew, is missing, or is left over.

    ## Why it matters
    What is deployed computes yesterday's definition.

    ## Example
    A threshold was changed, and `deploy/prometheus/` was not made again.

    ## Use instead
    The command that the file's header names.
    """

    code = "KPI702"


class OutsideOut(Finding):
    """An artifact would be written outside of its folder.

    ## What it does
    Refuses a folder of `--out` that is a symbolic link, or has one on the way to a file.

    ## Why it matters
    A link in a repository could lead a build anywhere; kpictl writes only where it was told to.

    ## Example
    `deploy/jobs` is a link to `/etc`.

    ## Use instead
    A folder. `--out` names any other.
    """

    code = "KPI703"


class NotEmitted(Finding):
    """A KPI is left out of an artifact, because its target cannot say it.

    ## What it does
    Lists each KPI whose SQL is refused in the dialect of the artifact; the others are emitted.

    ## Why it matters
    A job that is missing is noticed when its number is looked for. The same finding in `kpictl check --dialect` says why.

    ## Example
    A percentile over a distinct set, emitted for Druid.

    ## Use instead
    Another dialect, or what the refusal's help says.
    """

    code = "KPI704"
    severity = Severity.WARNING


class NotOurs(Finding):
    """A file stands where an artifact would be written, and kpictl did not write it.

    ## What it does
    Refuses to replace a file that is not in the list of what was emitted before, unless `--force` says so.

    ## Why it matters
    `--out .` in a repository would replace its README.

    ## Example
    `kpictl emit docker --out .` beside a Dockerfile that somebody wrote.

    ## Use instead
    A folder of its own, or `--force`.
    """

    code = "KPI705"


class CannotEmit(Finding):
    """An artifact cannot be made of this project.

    ## What it does
    Reports that what an artifact needs is not there: a KPI, a threshold, a dialect, a name that the tool takes.

    ## Why it matters
    An empty artifact looks like a complete one.

    ## Example
    `kpictl emit bigquery` where no KPI can be said in BigQuery.

    ## Use instead
    `kpictl emit --list` says what there is.
    """

    code = "KPI706"


class UnknownCloud(Finding):
    """There is no cloud of the name that `--cloud` says.

    ## What it does
    Refuses a cloud that kpictl has no module for.

    ## Why it matters
    Files for another cloud would be applied to the wrong account.

    ## Example
    `kpictl emit terraform --cloud amazon`.

    ## Use instead
    One of the names that the message lists, or `all`.
    """

    code = "KPI707"
