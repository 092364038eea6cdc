"""Refusals of a target: what it cannot say, and what to write instead."""

from __future__ import annotations

from kpictl.diagnostics import Finding


class UnsayableFunction(Finding):
    """A target has no exact form of a function.

    ## What it does
    Refuses a KPI on one target because a function in it has no rendering there that keeps its meaning.

    ## Why it matters
    A near miss would be a silently wrong number: another rounding, another week, an approximate percentile.

    ## Example
    `to_char(sum(amount), 'FM999,990.00')` on DuckDB, which has no templates for numbers.

    ## Use instead
    What the message suggests, or leave this target out for this KPI (`kpictl check --dialect all` shows where it
    compiles).
    """

    code = "KPI501"


class UnsayableType(Finding):
    """A target has no type for a value.

    ## What it does
    Refuses a KPI on one target because a value in it has a type that the target cannot hold.

    ## Why it matters
    Squeezing a value into another type (an array into text, an interval into a number) changes comparisons and sums.

    ## Example
    `array_agg(id)` on a target without arrays.

    ## Use instead
    Reduce the value to a number, text or time before it leaves the query.
    """

    code = "KPI502"


class UnsayableConstruct(Finding):
    """A target cannot say a construct, and no pass can express it another way.

    ## What it does
    Refuses a KPI on one target because a clause of its query has no equivalent there.

    ## Why it matters
    Leaving the clause out, or hoping that the engine understands it, would answer another question.

    ## Example
    A recursive WITH on a target without recursion.

    ## Use instead
    What the message suggests; a measure over a source is the most portable form.
    """

    code = "KPI503"


class UnreadableForm(Finding):
    """A stored form that a target cannot read as the declared type.

    ## What it does
    Looks up the words of `physical:` among the forms that the target's manual page lists for the column's type.

    ## Why it matters
    A column read in another form than it is stored in gives other dates, other truths, other sums.

    ## Example
    `columns: {day: {type: date, physical: {druid: "julian"}}}`

    ## Use instead
    A form of the list, with its pattern where it takes one: `text yyyy-MM-dd`.
    """

    code = "KPI504"


class NoDialect(Finding):
    """A KPI or analysis on a connection of a type that kpictl does not compile for.

    ## What it does
    Refuses what reads a connection whose `type` is none of the targets.

    ## Why it matters
    Such a connection is known to the profile, but no query can be printed for it.

    ## Example
    `connections: {app: {type: mongodb, ..}}`

    ## Use instead
    A connection of one of the targets; `kpictl check --dialect all` shows what each of them can say.
    """

    code = "KPI505"


class EngineTooOld(Finding):
    """A connection whose declared version lacks what the compiled SQL rests on.

    ## What it does
    Compares `version:` of the connection with the oldest version on which the target's SQL means what it says. Left out, it
    is the version that the target's page names as executed.

    ## Why it matters
    Before Druid 32 a cluster may keep NULL as 0 or an empty text: counts and averages would be silently wrong.

    ## Example
    `app: {type: druid, url: .., version: 30}`

    ## Use instead
    A newer cluster; or correct `version:` where it is one already.
    """

    code = "KPI506"


class ExtensionMissing(Finding):
    """A function of an extension that the connection's engine does not load.

    ## What it does
    Looks up every function of a compiled statement that an extension of Druid brings, and holds the extension against
    `extensions:` of the connection. Left out, the list is that of the cluster that `kpictl emit druid` writes.

    ## Why it matters
    A cluster without the extension knows no such function: the run would fail, or an emitted roll-up never be filled.

    ## Example
    `app: {type: druid, url: .., extensions: [postgresql-metadata-storage]}` and a roll-up that keeps sketches.

    ## Use instead
    Load the extension, and list it in `extensions:`; or read the rows.
    """

    code = "KPI507"
