"""What a mutant does to a printed text: an operator swapped, a call dropped, a number moved.

DuckDB spells its functions in small letters, which its list of words names alone; the other targets share one, whatever
the letters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

Operation = Callable[[str], str]

_SWAPS = """
    min max|ceil floor|upper lower|ltrim rtrim|left right|lpad rpad|lag lead|rank dense_rank|first_value last_value
    first last|percent_rank cume_dist|bool_and bool_or|quantile_cont quantile_disc|stddev_samp stddev_pop
    var_samp var_pop|covar_samp covar_pop|sum fsum|avg favg|round trunc|ln log10|json_extract json_extract_string
    greatest least|regr_slope regr_intercept|to_months to_days|to_days to_microseconds|row_number rank
    starts_with contains|trim ltrim|list_contains list_position|count approx_count_distinct|strftime date_trunc
    """.replace("\n", "|")
_WORDS = """
    AND OR|LIKE ILIKE|TRUE FALSE|MONTH DAY|DAY HOUR|'month' 'quarter'|'week' 'day'|'day' 'hour'|'year' 'month'
    'quarter' 'month'|'isodow' 'dow'|'doy' 'day'|'isoyear' 'year'|'hour' 'minute'|'year' 'isoyear'|HOUR MINUTE
    MINUTE SECOND|HUGEINT BIGINT|BIGINT INTEGER
    """.replace("\n", "|")
_SYMBOLS = (
    ("< to <=", r"(?<![<>=|!-])<(?![=>])", "<="),
    ("<= to <", r"<=", "<"),
    ("> to >=", r"(?<![<>=-])>(?!=)", ">="),
    (">= to >", r">=", ">"),
    ("= to <>", r"(?<![<>!=])=(?![=>])", "<>"),
    ("<> to =", r"<>", "="),
    ("+ to -", r" \+ ", " - "),
    ("- to +", r" - ", " + "),
    ("* to /", r" \* ", " / "),
    ("/ to *", r" / ", " * "),
    ("// to /", r" // ", " / "),
    ("% to //", r" % ", " // "),
    ("|| to +", r" \|\| ", " || ' ' || "),
    ("without NOT", r"\bNOT ", ""),
    ("without minus", r"(?<![\w' ])-(?=[\w(])", ""),
    ("without DISTINCT", r"\bDISTINCT ", ""),
    ("without ESCAPE", r" ESCAPE '[^']*'", ""),
    ("without ELSE", r" ELSE .* END", " END"),
    ("zone to UTC", r"'[A-Z][a-z]+/[A-Za-z_]+'", "'UTC'"),
    ("UTC to a zone", r"'UTC'", "'Asia/Kolkata'"),
)
_STANDARD = """
    min max|ceil floor|ceiling floor|upper lower|ltrim rtrim|left right|lag lead|rank dense_rank|first_value last_value
    percent_rank cume_dist|greatest least|row_number rank|trim ltrim|sum avg|count sum|abs sign|coalesce nullif
    """.replace("\n", "|")
_OWN = {
    "postgres": """
        lpad rpad|bool_and bool_or|percentile_cont percentile_disc|stddev_samp stddev_pop|var_samp var_pop|round trunc
        covar_samp covar_pop|ln log10|regr_slope regr_intercept|btrim ltrim|length octet_length|date_trunc date_bin
        """,
    "redshift": """
        lpad rpad|bool_and bool_or|round trunc|ln log|btrim ltrim|length octet_length|dateadd datediff|len length
        date_trunc last_day
        """,
    "snowflake": """
        lpad rpad|booland_agg boolor_agg|round trunc|ln exp|length octet_length|dateadd datediff|startswith endswith
        greatest_ignore_nulls least_ignore_nulls|greatest greatest_ignore_nulls|least least_ignore_nulls
        weekiso dayofweekiso|to_char to_date
        """,
    "synapse": """
        len datalength|dateadd datediff|json_value json_query|try_cast cast|log exp|isnull nullif|try_convert convert
        datediff datediff_big|string_agg min
        """,
    "bigquery": """
        lpad rpad|logical_and logical_or|round trunc|ln log10|starts_with ends_with|timestamp_add timestamp_sub
        date_add date_sub|datetime_add datetime_sub|json_value json_query|div mod|char_length byte_length|length byte_length
        timestamp_micros timestamp_millis|unix_micros unix_millis|safe_cast cast|is_inf is_nan|any_value min
        timestamp_diff timestamp_sub|date_trunc last_day|stddev_samp stddev_pop|var_samp var_pop|covar_samp covar_pop
        """,
    "druid": """
        lpad rpad|round truncate|ln log10|btrim ltrim|earliest latest|earliest_by latest_by|time_floor time_ceil
        timestamp_to_millis time_floor|string_agg array_agg|json_value json_query|mod div|length octet_length
        stddev_samp stddev_pop|var_samp var_pop|any_value min|safe_divide div
        """,
}
_WORDS_ELSEWHERE = """
    AND OR|LIKE ILIKE|TRUE FALSE|MONTH DAY|DAY HOUR|WEEK DAY|QUARTER MONTH|YEAR ISOYEAR|ISOWEEK WEEK|ISO_WEEK WEEK
    DAYOFWEEK DAYOFYEAR|HOUR MINUTE|MINUTE SECOND|SECOND MILLISECOND|MICROSECOND MILLISECOND|FLOAT64 INT64
    BIGINT INTEGER|BIGINT INT|'week' 'day'|'day' 'hour'|'year' 'month'|'quarter' 'month'
    'isodow' 'dow'|'doy' 'dow'|'isoyear' 'year'|'hour' 'minute'|'P1D' 'P1M'|'PT1H' 'PT1M'|'P7D' 'P1D'|'P1Y' 'P1M'
    FIRST LAST|IGNORE RESPECT|PRECEDING FOLLOWING|NTZ LTZ|'DOW' 'ISODOW'|NVARCHAR VARCHAR|DATETIME2 DATE
    """.replace("\n", "|")
_SYMBOLS_ELSEWHERE = (
    ("without COLLATE", r' COLLATE "?\w+"?', ""),
    ("without NULLS", r" NULLS (FIRST|LAST)", ""),
    ("without N", r"\bN(?=')", ""),
)
_NO_CALLS = (
    "IN OVER AND OR FILTER EXISTS VALUES THEN WHEN NOT CASE ELSE SELECT FROM WHERE BY ON AS"
    " DECIMAL NUMERIC BIGNUMERIC NUMBER VARCHAR NVARCHAR CHAR DATETIME2 FLOAT GROUP"
).split()


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for pair in text.split("|"):
        if len(words := pair.split()) == 2:
            yield words[0], words[1]


def _regex(pattern: str, to: str) -> Operation:
    compiled = re.compile(pattern)
    return lambda text: compiled.sub(lambda _: to, text)


def operations(texts: list[str], target: str, constants: set[str]) -> Iterator[tuple[str, Operation]]:
    """Every change of a function's texts on a target; numbers that are arguments stay."""
    if target != "duckdb":
        yield from _elsewhere(texts, target, constants)
        return
    for name, pattern, to in _SYMBOLS:
        yield name, _regex(pattern, to)
    for one, other in _pairs(_SWAPS):
        yield f"{one} to {other}", _regex(rf"\b{one}\(", f"{other}(")
        yield f"{other} to {one}", _regex(rf"\b{other}\(", f"{one}(")
    for one, other in _pairs(_WORDS):
        edge = r"\b" if one[0] != "'" else ""
        yield f"{one} to {other}", _regex(f"{edge}{one}{edge}", other)
        yield f"{other} to {one}", _regex(f"{edge}{other}{edge}", one)
    yield "numbers + 1", lambda text: re.sub(r"(?<![\w.'])\d+(?![\w.'])", lambda m: str(int(m[0]) + 1), text)
    yield from _without_calls(texts)


def _elsewhere(texts: list[str], target: str, constants: set[str]) -> Iterator[tuple[str, Operation]]:
    for name, pattern, to in (*_SYMBOLS, *_SYMBOLS_ELSEWHERE):
        yield name, _regex(pattern, to)
    for one, other in _pairs(_STANDARD + _OWN[target].replace("\n", "|")):
        yield f"{one} to {other}", _regex(rf"(?i)\b{one}\(", f"{other.upper()}(")
        yield f"{other} to {one}", _regex(rf"(?i)\b{other}\(", f"{one.upper()}(")
    for one, other in _pairs(_WORDS_ELSEWHERE):
        edge = r"\b" if one[0] != "'" else ""
        yield f"{one} to {other}", _regex(rf"{edge}{one}{edge}(?!\()", other)
        yield f"{other} to {one}", _regex(rf"{edge}{other}{edge}(?!\()", one)
    numbers = {found for text in texts for found in _NUMBER.findall(_SIZES.sub("", text))} - constants
    for number in sorted(numbers, key=int)[:8]:
        yield f"{number} + 1", _regex(rf"(?<![\w.'(])(?<!\w\(){number}(?![\w.'])", str(int(number) + 1))
    yield from _without_calls(texts)


_NUMBER = re.compile(r"(?<![\w.':-])\d+(?![\w.':-])")
_SIZES = re.compile(r"\b(?:DECIMAL|NUMERIC|BIGNUMERIC|NUMBER|N?VARCHAR|CHAR|DATETIME2|FLOAT)\([\d, ]+\)")


def _without_calls(texts: list[str]) -> Iterator[tuple[str, Operation]]:
    called = {name for text in texts for name in re.findall(r"\b([A-Za-z_]\w*)\(", text)}
    for name in sorted(called - set(_NO_CALLS)):
        yield f"without {name}", _dropped(name)


def _dropped(name: str) -> Operation:
    """`name(a, b)` becomes `(a)`."""

    def change(text: str) -> str:
        at = text.find(name + "(")
        while at >= 0 and at > 0 and (text[at - 1].isalnum() or text[at - 1] == "_"):
            at = text.find(name + "(", at + 1)
        if at < 0:
            return text
        found = _first_argument(text, at + len(name))
        if found is None:
            return text
        inside, end = found
        return change(text[:at] + f"({inside})" + text[end:])

    return change


def _first_argument(text: str, start: int) -> tuple[str, int] | None:
    """The first argument of the parentheses that open at `start` (of CAST: what is cast), and where they close.

    None where a quote is escaped by a backslash, so that texts cannot be told from what is around them.
    """
    depth, quoted, cut = 0, False, None
    for at in range(start, len(text)):
        char = text[at]
        quoted ^= char == "'"
        if quoted:
            continue
        depth += (char in "([") - (char in ")]")
        if (
            depth == 1
            and cut is None
            and (char == "," or text.startswith(" AS ", at) or text.startswith(" ORDER BY ", at))
        ):
            cut = at
        if depth == 0:
            return text[start + 1 : cut or at].replace("DISTINCT ", ""), at + 1
    return None
