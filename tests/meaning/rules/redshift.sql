-- Amazon Redshift, Database Developer Guide. {dg} is docs.aws.amazon.com/redshift/latest/dg.
-- Names: operators by what they do, functions as f_<name>, casts as cast_<type>.

-- What several rules say; no rule itself. A macro is a text: one that says its argument twice, in itself five times, is 32 of it.
CREATE MACRO is_whole(x) AS typeof(x) IN ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT');
CREATE MACRO without_zone(t) AS CAST(regexp_replace(CAST(t AS VARCHAR), '(:\d\d(\.\d+)?)[-+].*$', '\1 of an instant') AS TIMESTAMP);
CREATE MACRO not_zero(x) AS CAST(regexp_replace(CAST(CAST(x AS DOUBLE) AS VARCHAR), '^-?0\.0$', 'division by zero') AS DOUBLE);

-- {dg}/r_Character_types.html: "Trailing spaces in VARCHAR and CHAR values are treated as semantically insignificant when values
-- are compared."
CREATE MACRO comparison_key(x) AS rtrim(x, ' ');

-- {dg}/r_numeric_computations201.html: INT8 + INT8 is INT8, with DECIMAL it is DECIMAL, with FLOAT8 it is FLOAT8; "the computation is
-- impossible and the query returns a numeric overflow error".
CREATE MACRO add(a, b) AS a + b;
CREATE MACRO subtract(a, b) AS a - b;
CREATE MACRO multiply(a, b) AS a * b;
CREATE MACRO negate(a) AS -a;

-- {dg}/r_numeric_computations201.html: the result of INT8 / INT8 is INT8; {dg}/r_OPERATOR_SYMBOLS.html: "/ Division 4/2 = 2".
CREATE MACRO divide(a, b) AS CASE WHEN is_whole(a) AND is_whole(b) THEN trunc(CAST(a AS DOUBLE) / not_zero(b)) ELSE CAST(a AS DOUBLE) / not_zero(b) END;

-- {dg}/r_concat_op.html: "The || operator concatenates two expressions"; "If one or both expressions is null, the result ... is null".
CREATE MACRO concatenate(a, b) AS CAST(a AS VARCHAR) || CAST(b AS VARCHAR);

-- {dg}/r_patternmatching_condition_like.html: "LIKE performs a case-sensitive pattern match. ILIKE performs a case-insensitive pattern
-- match"; "escape_char: A character expression that will escape metacharacters characters in the pattern. The default is two
-- backslashes ('\\')."
CREATE MACRO f_like_escape(x, pattern, mark) AS like_escape(x, pattern, mark);
CREATE MACRO f_ilike_escape(x, pattern, mark) AS ilike_escape(x, pattern, mark);

-- {dg}/pattern-matching-conditions-posix.html: "~ finds a case-sensitive match anywhere".
CREATE MACRO f_regexp_matches(x, pattern) AS regexp_matches(x, pattern, 's');
-- {dg}/REGEXP_INSTR.html: "returns an integer that indicates the beginning position"; "If no match is found, then the function returns 0";
-- "i: Perform case-insensitive matching".
CREATE MACRO f_regexp_instr(x, pattern, position, occurrence, option, parameters) AS CASE WHEN NOT regexp_matches(x, pattern, CASE WHEN contains(parameters, 'i') THEN 'si' ELSE 's' END) THEN 0 WHEN x IS NOT NULL THEN 1 END;
-- {dg}/REGEXP_SUBSTR.html: "If the function can't match the regular expression to any characters in the string, it returns an empty
-- string"; "e: Extract a substring using a subexpression".
CREATE MACRO f_regexp_substr(x, pattern) AS regexp_extract(x, pattern, 0, 's'), (x, pattern, position, occurrence, parameters) AS regexp_extract(x, pattern, 1, 's');
-- {dg}/REGEXP_REPLACE.html: "replaces every occurrence of the pattern with the specified string".
CREATE MACRO f_regexp_replace(x, pattern, replacement) AS regexp_replace(x, pattern, replacement, 'gs');

-- {dg}/r_NULLIF_function.html: "compares two arguments and returns null if the arguments are equal".
CREATE MACRO f_nullif(a, b) AS nullif(a, b);

-- {dg}/r_GREATEST_LEAST.html: "NULL values in the list are ignored. If all of the expressions evaluate to NULL, the result is
-- NULL."
CREATE MACRO f_greatest(a, b) AS greatest(a, b), (a, b, c) AS greatest(a, b, c), (a, b, c, d) AS greatest(a, b, c, d);
CREATE MACRO f_least(a, b) AS least(a, b), (a, b, c) AS least(a, b, c), (a, b, c, d) AS least(a, b, c, d);

-- {dg}/r_MOD.html: "The MOD function returns a numeric result that is the remainder of two numeric parameters"; of integers an integer.
CREATE MACRO f_mod(a, b) AS CASE WHEN b = 0 THEN error('division by zero') ELSE a % b END;
-- {dg}/r_ABS.html, r_SIGN.html, r_CEILING_FLOOR.html, r_FLOOR.html: as their names say.
CREATE MACRO f_abs(x) AS abs(x);
CREATE MACRO f_sign(x) AS CAST(sign(x) AS INTEGER);
CREATE MACRO f_ceiling(x) AS ceil(x);
CREATE MACRO f_floor(x) AS floor(x);
-- {dg}/r_ROUND.html: "rounds numbers to the nearest integer or decimal"; "a negative integer ... to the left of the decimal point"; of
-- DECIMAL a DECIMAL; the example rounds 28.05 to 28.1, away from zero.
CREATE MACRO f_round(x) AS round(x), (x, n) AS round(x, n);
-- {dg}/r_TRUNC.html: "truncates a number to the previous integer or decimal".
CREATE MACRO f_trunc(x) AS trunc(x), (x, n) AS trunc(x, n);
-- {dg}/r_POWER.html, r_SQRT.html, r_EXP.html, r_LN.html: "DOUBLE PRECISION".
CREATE MACRO f_power(a, b) AS pow(a, b);
CREATE MACRO f_sqrt(x) AS sqrt(x);
CREATE MACRO f_exp(x) AS exp(x);
CREATE MACRO f_ln(x) AS ln(x);

-- {dg}/r_LOWER.html, r_UPPER.html, r_REVERSE.html, r_MD5.html, r_CHR.html: as their names say.
CREATE MACRO f_lower(x) AS lower(x);
-- Letter by letter, so that ß stays: of letters without a capital the page says nothing.
CREATE MACRO f_upper(x) AS replace(upper(replace(x, 'ß', chr(64976))), chr(64976), 'ß');
CREATE MACRO f_reverse(x) AS array_to_string(list_reverse(regexp_extract_all(x, '(?s).')), '');
CREATE MACRO f_md5(x) AS md5(x);
CREATE MACRO f_chr(n) AS chr(n);
-- {dg}/r_LEN.html: "for VARCHAR ... the length ... with trailing spaces included".
CREATE MACRO f_len(x) AS length(x);
-- {dg}/r_SUBSTRING.html: "returns the subset of a string based on the specified start position"; the first is 1.
CREATE MACRO f_substring(x, start) AS substring(x, CAST(start AS BIGINT)), (x, start, size) AS substring(x, CAST(start AS BIGINT), CAST(size AS BIGINT));
-- {dg}/r_LEFT.html: "return the specified number of leftmost or rightmost characters".
CREATE MACRO f_left(x, n) AS left(x, CASE WHEN n < 0 THEN CAST('negative ' || n AS BIGINT) ELSE CAST(n AS BIGINT) END);
CREATE MACRO f_right(x, n) AS right(x, CASE WHEN n < 0 THEN CAST('negative ' || n AS BIGINT) ELSE CAST(n AS BIGINT) END);
-- {dg}/r_BTRIM.html, r_LTRIM.html, r_RTRIM.html: blanks by default, else "the characters to be trimmed".
CREATE MACRO f_btrim(x) AS trim(x, ' '), (x, chars) AS trim(x, chars);
CREATE MACRO f_ltrim(x) AS ltrim(x, ' '), (x, chars) AS ltrim(x, chars);
CREATE MACRO f_rtrim(x) AS rtrim(x, ' '), (x, chars) AS rtrim(x, chars);
-- {dg}/r_REPLACE.html: "Replaces all occurrences of a set of characters within an existing string".
CREATE MACRO f_replace(x, a, b) AS replace(x, a, b);
-- {dg}/r_LPAD.html: "prepend or append characters to a string, based on a specified length"; longer ones are truncated on the right.
CREATE MACRO f_lpad(x, n) AS lpad(x, CAST(n AS INTEGER), ' '), (x, n, fill) AS lpad(x, CAST(n AS INTEGER), fill);
CREATE MACRO f_rpad(x, n) AS rpad(x, CAST(n AS INTEGER), ' '), (x, n, fill) AS rpad(x, CAST(n AS INTEGER), fill);
-- {dg}/r_REPEAT.html: "Repeats a string the specified number of times".
CREATE MACRO f_repeat(x, n) AS repeat(x, n);
-- {dg}/SPLIT_PART.html: "Splits a string on the specified delimiter and returns the part at the specified position (counting from 1)";
-- "if the specified portion doesn't exist, an empty string".
CREATE MACRO f_split_part(x, mark, n) AS split_part(x, mark, CASE WHEN n < 1 THEN CAST('position ' || n AS BIGINT) ELSE n END);
-- {dg}/r_STRPOS.html: "Returns the position of a substring within a specified string"; 0 when it is not there.
CREATE MACRO f_strpos(x, part) AS strpos(x, part);

-- {dg}/r_DATE_TRUNC.html: "truncates a timestamp expression or literal based on the date part that you specify"; "for week, the first
-- day of the week ... Monday"; returns a timestamp.
CREATE MACRO f_date_trunc(unit, t) AS date_trunc(unit, without_zone(t));
-- {dg}/r_DATEADD_function.html: "Increments a DATE, TIME, TIMETZ, or TIMESTAMP value by a specified interval"; of a date a TIMESTAMP.
-- Its examples: 2008-04-30 + 1 month is 2008-05-30, 2016-02-29 + 12 months is 2017-02-28; but 2016-02-29 + 1 year is 2017-03-01, so
-- that there is no rule for years.
CREATE MACRO f_dateadd_month(n, t) AS without_zone(t) + to_months(CAST(n AS INTEGER));
CREATE MACRO f_dateadd_day(n, t) AS without_zone(t) + to_days(CAST(n AS INTEGER));
CREATE MACRO f_dateadd_hour(n, t) AS without_zone(t) + to_hours(CAST(n AS BIGINT));
CREATE MACRO f_dateadd_minute(n, t) AS without_zone(t) + to_minutes(CAST(n AS BIGINT));
CREATE MACRO f_dateadd_microsecond(n, t) AS without_zone(t) + to_microseconds(CAST(n AS BIGINT));
-- {dg}/r_DATEDIFF_function.html: "the difference between the date parts of two date or time expressions"; "DATEDIFF
-- determines the number of date part boundaries that are crossed between two expressions".
CREATE MACRO f_datediff_month(b, a) AS date_diff('month', without_zone(b), without_zone(a));
CREATE MACRO f_datediff_day(b, a) AS date_diff('day', without_zone(b), without_zone(a));
CREATE MACRO f_datediff_microsecond(b, a) AS date_diff('microsecond', without_zone(b), without_zone(a));
-- {dg}/r_DATE_PART_function.html: "The week number calculation follows the ISO 8601 standard"; "day of week: 0 to 6, starting with
-- Sunday"; returns DOUBLE.
CREATE MACRO f_date_part(part, t) AS CAST(date_part(CAST(part AS VARCHAR), without_zone(t)) AS DOUBLE);
-- {dg}/r_TIMEZONE.html: "returns a timestamp for the specified time zone and timestamp value"; of a TIMESTAMP a TIMESTAMPTZ, of a
-- TIMESTAMPTZ a TIMESTAMP.
CREATE MACRO f_timezone(zone, t) AS timezone(zone, t);
-- {dg}/r_enable_numeric_rounding.html: "on (true), off (false)", off by default: "Amazon Redshift truncates NUMERIC values when casting
-- them to other numeric types".
CREATE MACRO cast_decimal_scale(x, digits) AS list_transform([x], lambda v: CASE WHEN typeof(v) LIKE 'DECIMAL%' THEN rtrim(regexp_replace(CAST(v AS VARCHAR), '(\.\d{' || digits || '})\d+$', '\1'), '.') ELSE CAST(v AS VARCHAR) END)[1];
-- Casts stand within casts: an argument that a macro names several times would be copied as often, so it is named once.
CREATE MACRO cast_bigint(x) AS list_transform([x], lambda v: CASE WHEN typeof(v) LIKE 'DECIMAL%' THEN CAST(regexp_replace(CAST(v AS VARCHAR), '\..*$', '') AS BIGINT) WHEN typeof(v) = 'VARCHAR' AND contains(CAST(v AS VARCHAR), '.') THEN CAST('Invalid digit: ' || CAST(v AS VARCHAR) AS BIGINT) ELSE CAST(v AS BIGINT) END)[1];
-- {dg}/r_LAST_DAY.html: "returns the date of the last day of the month that contains date".
CREATE MACRO f_last_day(t) AS last_day(t);
-- {dg}/r_TO_CHAR.html, {dg}/r_FORMAT_strings.html: "IYYY: 4-digit ISO 8601 week-numbering year number", "IW: ISO 8601 week number",
-- "DDD: day of year", "HH24", "HH12", "MS: milliseconds", "US: microseconds", "AM or PM: uppercase meridian indicator", "Mon: mixed-case
-- abbreviated month name".
CREATE MACRO f_to_char(t, template) AS strftime(t, replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(template, 'IYYY', '%G'), 'YYYY', '%Y'), 'YY', '%y'), 'DDD', '%j'), 'DD', '%d'), 'MM', '%m'), 'SS', '%S'), 'MS', '%g'), 'US', '%f'), 'MI', '%M'), 'HH24', '%H'), 'HH12', '%I'), 'IW', '%V'), 'Mon', '%b'), 'AM', '%p'), 'PM', '%p'));

-- {dg}/r_AVG.html: "The argument types supported by the AVG function are SMALLINT, INTEGER, BIGINT ..."; "BIGINT for any integer type
-- argument", "DOUBLE PRECISION for a floating point argument".
CREATE MACRO average(mean, x) AS CASE WHEN is_whole(x) THEN trunc(mean) ELSE mean END;
-- {dg}/r_SUM.html: "BIGINT for INTEGER, NUMERIC for BIGINT, NUMERIC for NUMERIC, DOUBLE PRECISION for a floating point argument".
CREATE MACRO total(sum, x) AS sum;

-- {dg}/super-overview.html, query-super.html: "navigate into arrays and nested structures using the [...] bracket and dot notation"; "lax
-- ... returns null when the navigation is not valid".
CREATE MACRO super_text(x, path) AS x ->> path;
