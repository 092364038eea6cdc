"""What can be wrong with a project's names, files, variables and templates."""

from __future__ import annotations

from kpictl.diagnostics import Finding, Severity


class BadName(Finding):
    """A name is not written as names are.

    ## What it does
    Reports names of KPIs, sources, joins, dimensions, tests and analyses that are not a lower-case letter followed by
    at most 99 lower-case letters, digits and underscores.

    ## Why it matters
    Names become columns, files, labels and addresses; one spelling that is safe everywhere needs no escaping anywhere.

    ## Example
        kpis:
          Revenue-EU: {measure: sum(amount), source: orders}

    ## Use instead
        kpis:
          revenue_eu: {label: Revenue EU, measure: sum(amount), source: orders}
    """

    code = "KPI110"


class NameTwice(Finding):
    """Two definitions have the same name.

    ## What it does
    Reports the second KPI, source, test or analysis of a name, and shows the first.

    ## Why it matters
    A name stands for one definition in every file, store and selector.

    ## Example
    `revenue` in `kpis/sales.yml` and in `kpis/finance.yml`.

    ## Use instead
    Rename one, or delete it.
    """

    code = "KPI111"


class CaseOnly(Finding):
    """Two names differ in case only.

    ## What it does
    Reports the second of two names such as `revenue` and `Revenue`, and shows the first.

    ## Why it matters
    File systems and engines that ignore case would take one for the other.

    ## Example
    `revenue` and `Revenue`.

    ## Use instead
    Names in lower case that differ in a letter.
    """

    code = "KPI112"


class BadFile(Finding):
    """A file of the project is not read.

    ## What it does
    Refuses symbolic links that lead out of the project, what is no regular file, and file names with characters other
    than letters, digits, spaces and `_ . + @ -`.

    ## Why it matters
    A definition must not pull in files that nobody reviews, and a file's name becomes part of paths that are written.

    ## Example
    `kpis/shared.yml`, a link to `/etc/shared.yml`.

    ## Use instead
    A copy of the file, under a plain name.
    """

    code = "KPI113"


class UnreadableFile(Finding):
    """A file of the project cannot be read.

    ## What it does
    Reports the file and what the operating system said.

    ## Why it matters
    A project of which a part is missing is another project.

    ## Example
    A file without the right to read it.

    ## Use instead
    Grant the right, or move the file out of the project.
    """

    code = "KPI114"


class UnsetVariable(Finding):
    """`profiles.yml` names an environment variable that is not set.

    ## What it does
    Reports an `env_var('X')` without a default of the selected output, when X is not in the environment.

    ## Why it matters
    An empty password or host would be tried, and the error would come from far away.

    ## Example
        password: "{{ env_var('PGPASSWORD') }}"

    ## Use instead
    Set the variable, give a default (`env_var('PGHOST', 'localhost')`), or select another output with `--target`.
    """

    code = "KPI115"


class BadProfileTemplate(Finding):
    """A template in `profiles.yml` cannot be rendered.

    ## What it does
    Reports a template in the selected output that is wrong or uses more than `env_var`.

    ## Why it matters
    Only the environment may change a profile.

    ## Example
        host: "{{ var('host') }}"

    ## Use instead
        host: "{{ env_var('PGHOST') }}"
    """

    code = "KPI116"


class UnknownColumnType(Finding):
    """A column's type is not known.

    ## What it does
    Reports a type that is none of those of SQL that kpictl knows.

    ## Why it matters
    What an expression means depends on the types of its columns.

    ## Example
        columns: {amount: numric(12,2)}

    ## Use instead
        columns: {amount: "numeric(12,2)"}
    """

    code = "KPI117"


class BadTemplate(Finding):
    """A query's template cannot be rendered.

    ## What it does
    Reports an error in the Jinja of a query: its syntax, a forbidden attribute, a wrong call.

    ## Why it matters
    Templates run in a sandbox, which stops at what it does not allow.

    ## Example
        query: SELECT sum(amount) FROM {{ source('orders') }

    ## Use instead
        query: SELECT sum(amount) FROM {{ source('orders') }}
    """

    code = "KPI120"


class ExpensiveTemplate(Finding):
    """A query's template takes too long or grows too large.

    ## What it does
    Stops a template after half a second, at 1,000,000 characters of output, or at a number or text of absurd size.

    ## Why it matters
    Rendering must end soon, whatever a template says.

    ## Example
        query: SELECT {{ 9 ** 9 ** 9 }}

    ## Use instead
    Let the engine compute.
    """

    code = "KPI121"


class UnknownInTemplate(Finding):
    """A query's template uses something that is not defined.

    ## What it does
    Reports a name, variable, source or KPI in a template that does not exist.

    ## Why it matters
    What is undefined would be rendered as nothing.

    ## Example
        query: SELECT count(*) FROM orders WHERE amount > {{ var('min_amuont') }}

    ## Use instead
        query: SELECT count(*) FROM orders WHERE amount > {{ var('min_amount') }}
    """

    code = "KPI122"


class ForeignCatalogue(Finding):
    """A `catalog.lock.json` of a format that this kpictl does not read.

    ## What it does
    Looks at the file's `schema_version` before anything else in it.

    ## Why it matters
    Types that are read wrongly change what a comparison or a sum means.

    ## Example
    `{"schema_version": 2, ...}`, written by a newer kpictl.

    ## Use instead
    The kpictl that wrote it, or `kpictl sources refresh`, which writes the file anew.
    """

    code = "KPI062"


class SharedStore(Finding):
    """Two outputs of a profile that write into one store.

    ## What it does
    Compares where the `store:` of each output points, as far as it is written without variables.

    ## Why it matters
    A run of dev would replace what prod has reported: the same KPIs, from other data.

    ## Example
    ```yaml
    dev:  {store: {type: duckdb, path: kpis.duckdb}, connections: {app: {type: duckdb, files: sample}}}
    prod: {store: {type: duckdb, path: kpis.duckdb}, connections: {app: {type: postgres, dsn: "{{ env_var('APP') }}"}}}
    ```

    ## Use instead
    A file, schema or database for each output.
    """

    code = "KPI063"
    severity = Severity.WARNING
