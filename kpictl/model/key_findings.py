"""What can be wrong with the keys and values of a block, before the block means anything."""

from __future__ import annotations

from kpictl.diagnostics import Finding


class UnknownKey(Finding):
    """A block has a key that does not exist there.

    ## What it does
    Reports every key that the kind of block does not know, with the nearest one that it does.

    ## Why it matters
    A mistyped key that is ignored is a filter, a window or an owner that is not there.

    ## Example
        revenue:
          measure: sum(amount)
          source: orders
          wehre: status = 'completed'

    ## Use instead
          where: status = 'completed'
    """

    code = "KPI020"


class MissingKey(Finding):
    """A block lacks a key that it needs.

    ## What it does
    Reports the block, and names the key.

    ## Why it matters
    There is no sensible default for it.

    ## Example
        revenue: {measure: sum(amount)}

    ## Use instead
        revenue: {measure: sum(amount), source: orders}
    """

    code = "KPI021"


class WrongType(Finding):
    """A key has a value of another type than it takes.

    ## What it does
    Reports a list where text is taken, text where a mapping is taken, a number that is none, and so on.

    ## Why it matters
    Nothing is converted by guessing.

    ## Example
        tags: {board: true}

    ## Use instead
        tags: [board]
    """

    code = "KPI022"


class NotAChoice(Finding):
    """A key has a value that is not one of those it takes.

    ## What it does
    Reports the value, and lists the ones that exist.

    ## Why it matters
    A choice that nobody knows would be ignored.

    ## Example
        grain: daily

    ## Use instead
        grain: day
    """

    code = "KPI023"


class SeveralKinds(Finding):
    """A KPI has two keys that each say which kind it is.

    ## What it does
    Reports the second of `query`, `measure`, `ratio`, `expr`, `cumulative`, `funnel`, `cohort_retention`, and shows the
    first.

    ## Why it matters
    Only one of them can be the definition, and no reader should have to know which one wins.

    ## Example
        revenue:
          measure: sum(amount)
          query: SELECT sum(amount) FROM orders

    ## Use instead
    Keep one; for both, make two KPIs.
    """

    code = "KPI024"


class NoKind(Finding):
    """A KPI has no key that says which kind it is.

    ## What it does
    Reports a KPI without `query`, `measure`, `ratio`, `expr`, `cumulative`, `funnel` or `cohort_retention`.

    ## Why it matters
    There is nothing to compute.

    ## Example
        revenue: {label: Revenue, source: orders}

    ## Use instead
        revenue: {label: Revenue, measure: sum(amount), source: orders}
    """

    code = "KPI025"


class NotSupportedYet(Finding):
    """A KPI is of a kind that this version reads but cannot compute.

    ## What it does
    Reports `funnel` and `cohort_retention`.

    ## Why it matters
    The language has them, this version does not compute them yet; leaving the KPI out in silence would be worse.

    ## Example
        checkout: {funnel: {source: events, entity: user_id, steps: ["name = 'view'", "name = 'pay'"]}}

    ## Use instead
    A `query`, until a later version.
    """

    code = "KPI026"


class BadDuration(Finding):
    """A duration is not written as durations are.

    ## What it does
    Reports what is not `<n>` with `s`, `m`, `h`, `d` or `w`, nor `<n> months`, `quarters` or `years`.

    ## Why it matters
    `m` is minutes; a month is spelt out, so that nobody has to guess.

    ## Example
        retention: 1 yr

    ## Use instead
        retention: 1 year
    """

    code = "KPI220"


class BadDate(Finding):
    """A date or an instant is not written as ISO 8601 writes it, or does not exist.

    ## What it does
    Reports what is not `2024-03-31`, `2024-03-31T06:00` or `2024-03-31T06:00Z` (or with an offset such as `+02:00`).

    ## Why it matters
    `03/04/2024` is March in one country and April in the next.

    ## Example
        start: 2024-02-30

    ## Use instead
        start: 2024-02-29
    """

    code = "KPI221"


class BadCron(Finding):
    """A schedule is no cron expression.

    ## What it does
    Reports what is not five fields (minute, hour, day of month, month, day of week) with values in their ranges, nor
    `@hourly`, `@daily`, `@weekly`, `@monthly` or `@yearly`.

    ## Why it matters
    A schedule that cannot be read never runs.

    ## Example
        schedule: "0 25 * * *"

    ## Use instead
        schedule: "0 1 * * *"
    """

    code = "KPI222"


class UnknownZone(Finding):
    """A time zone does not exist.

    ## What it does
    Reports a zone that the IANA database does not have.

    ## Why it matters
    Days begin where the zone says; there is no near enough.

    ## Example
        timezone: CEST

    ## Use instead
        timezone: Europe/Berlin
    """

    code = "KPI223"
