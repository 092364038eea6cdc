"""KPI0xx: what can be wrong with a file before anything in it has a meaning."""

from __future__ import annotations

from kpictl.diagnostics import Finding


class InvalidYaml(Finding):
    """A file is not valid YAML.

    ## What it does
    Reports the first place where the text stops to be YAML. Nothing after it is read.

    ## Why it matters
    A reader that guesses reads something else than its author meant.

    ## Example
        kpis:
          revenue: {measure: sum(amount), source: orders

    ## Use instead
    Close every bracket and quote, and put text that holds `: ` or ` #` in quotes:

        kpis:
          revenue: {measure: sum(amount), source: orders}
    """

    code = "KPI001"


class DuplicateKey(Finding):
    """A key stands twice in one mapping.

    ## What it does
    Reports the second of two equal keys, and shows the first.

    ## Why it matters
    Most YAML readers keep the last one in silence, so an edit of the first has no effect.

    ## Example
        revenue:
          grain: day
          grain: month

    ## Use instead
    Keep one of them.
    """

    code = "KPI002"


class Tab(Finding):
    """A tab is used where YAML takes spaces only.

    ## What it does
    Reports a tab in the indentation of a line.

    ## Why it matters
    The width of a tab is a matter of the editor's taste, the depth of a key is not.

    ## Example
    A line that begins with a tab character.

    ## Use instead
    Indent with spaces, two a level.
    """

    code = "KPI003"


class Tag(Finding):
    """A value carries a YAML tag.

    ## What it does
    Reports `!name`, `!!type` and `!<uri>` before a value.

    ## Why it matters
    Tags ask a reader to build objects. Here each key says by itself what it takes.

    ## Example
        start: !!timestamp 2024-01-01

    ## Use instead
        start: 2024-01-01
    """

    code = "KPI004"


class ExplodingAlias(Finding):
    """Aliases repeat too much, or an alias stands inside of what it names.

    ## What it does
    Adds up the text that all aliases of a file repeat, and reports the alias at which it passes 100,000 characters; also
    an alias whose anchor is not closed yet.

    ## Why it matters
    Nine lines of aliases can stand for a billion values.

    ## Example
        a: &a [x, x, x, x, x, x, x, x, x]
        b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]

    ## Use instead
    Write the values out, or put what is common to all KPIs under `defaults` of `kpi_project.yml`.
    """

    code = "KPI005"


class NotUtf8(Finding):
    """A file is not UTF-8.

    ## What it does
    Reports the first byte that is no UTF-8 text.

    ## Why it matters
    In another encoding the same bytes are other letters, and names would not match.

    ## Example
    A file saved as Latin-1 or UTF-16.

    ## Use instead
    Save the file as UTF-8 without a byte order mark.
    """

    code = "KPI006"


class ControlCharacter(Finding):
    """A file holds a character that cannot be seen and has no meaning in a definition.

    ## What it does
    Reports NUL and the other control characters (tab and line ends apart), typed or written as an escape in double
    quotes, and the Unicode characters that readers take for line ends while editors do not.

    ## Why it matters
    Programs disagree about them: one stops at a NUL, the next reads on.

    ## Example
        description: "revenue\\0"

    ## Use instead
    Take the character out.
    """

    code = "KPI007"


class ByteOrderMark(Finding):
    """A file begins with a byte order mark.

    ## What it does
    Reports the invisible character U+FEFF at the start of a file.

    ## Why it matters
    Some tools of a team drop it and some make it a part of the first key.

    ## Example
    A file saved by an editor as "UTF-8 with BOM".

    ## Use instead
    Save it as plain UTF-8.
    """

    code = "KPI008"


class SeveralDocuments(Finding):
    """A file holds more than one YAML document.

    ## What it does
    Reports the `---` at which a second document begins.

    ## Why it matters
    Readers that expect one document read the first and drop the rest in silence.

    ## Example
        kpis: {}
        ---
        sources: {}

    ## Use instead
    One document a file: join them, or make two files.
    """

    code = "KPI009"


class TooLarge(Finding):
    """A file is too large.

    ## What it does
    Refuses files over 10 MB and files of more than 200,000 values.

    ## Why it matters
    Reading must end soon, whatever the file holds.

    ## Example
    A data export that was put into `kpis/`.

    ## Use instead
    Split the file; data belongs into a source.
    """

    code = "KPI010"


class TooDeep(Finding):
    """Values are nested too deep.

    ## What it does
    Refuses more than 32 levels of mappings and lists.

    ## Why it matters
    No definition needs them, and deep input is a way to exhaust a reader.

    ## Example
        a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]

    ## Use instead
    The documented shape of the key.
    """

    code = "KPI011"


class MergeKey(Finding):
    """A mapping uses the merge key `<<`.

    ## What it does
    Reports `<<` as a key.

    ## Why it matters
    It left the language with YAML 1.2, and readers disagree about which of two equal keys wins.

    ## Example
        mau:
          <<: *common
          measure: count(distinct user_id)

    ## Use instead
    Write the keys out, or put what is common under `defaults` of `kpi_project.yml`.
    """

    code = "KPI012"


class KeyNotText(Finding):
    """A key is no text.

    ## What it does
    Reports a list, a mapping, an alias or nothing in the place of a key.

    ## Why it matters
    Every key is a name.

    ## Example
        ? [revenue, orders]
        : {owner: finance@nexpo.example}

    ## Use instead
    A name as key: `revenue: {owner: finance@nexpo.example}`.
    """

    code = "KPI013"


class TooManyMistakes(Finding):
    """A file has more mistakes than anybody reads.

    ## What it does
    Stops reading a file at its 5,000th mistake.

    ## Why it matters
    So many mistakes have one cause, and to tell them all takes longer than to find it.

    ## Example
    Another program's file that was put into `kpis/`.

    ## Use instead
    Mend the first one and check again; move what is no definition out of `kpis/`.
    """

    code = "KPI014"
