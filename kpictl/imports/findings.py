"""What can be wrong with files of other tools."""

from __future__ import annotations

from kpictl.diagnostics import Finding, Severity


class BadHcl(Finding):
    """A file of Terraform's values cannot be read.

    ## What it does
    Reports where a `.tfvars` file is no HCL, or holds something that is no literal: a reference, a function, a template.

    ## Why it matters
    A value that is guessed would become a definition. Terraform refuses the same in such a file.

    ## Example
    `query = file("mrr.sql")`.

    ## Use instead
    The value itself.
    """

    code = "KPI708"


class NotCarried(Finding):
    """Something of an imported file has no place in a project of kpictl.

    ## What it does
    Names each variable, key or connection that was left out, and where it belongs.

    ## Why it matters
    What is left out without a word is missed when it is too late.

    ## Example
    `instance_count = 2`, which says how the service is deployed.

    ## Use instead
    Leave it in the file that Terraform reads; `kpictl emit terraform` has a variable for it.
    """

    code = "KPI709"
    severity = Severity.WARNING
