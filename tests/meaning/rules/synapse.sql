-- Microsoft, Transact-SQL reference. {ms} is learn.microsoft.com/sql/t-sql. What type a result has stands in tsql_types.py.
-- Names: operators by what they do, functions as f_<name>, casts as cast_<type>.

-- What several rules say; no rule itself. A macro is a text: one that says its argument twice, in itself five times, is 32 of it.
CREATE MACRO not_zero(x) AS CASE WHEN x = 0 THEN CAST('division by zero: ' || x AS INTEGER) ELSE x END;
CREATE MACRO real_not_zero(x) AS CAST(regexp_replace(CAST(CAST(x AS DOUBLE) AS VARCHAR), '^-?0\.0$', 'division by zero') AS DOUBLE);
CREATE MACRO naive(t) AS CAST(t AS TIMESTAMP);

-- {ms}/language-elements/equals-transact-sql and the ANSI rule that it follows: "'abc' and 'abc ' are considered equivalent"; the
-- order of a _BIN2 collation is that of the code points ({ms}/../relational-databases/collations/collation-and-unicode-support).
CREATE MACRO binary_key(x) AS rtrim(x, ' ');
-- {ms}/../relational-databases/collations/collation-and-unicode-support: "Case-sensitive (_CS) ... If this option isn't selected,
-- the collation is case-insensitive"; the default is SQL_Latin1_General_CP1_CI_AS.
CREATE MACRO database_key(x) AS lower(rtrim(x, ' '));

-- {ms}/language-elements/add-transact-sql, subtract-transact-sql, multiply-transact-sql: numbers; an overflow is an error.
CREATE MACRO add(a, b) AS a + b;
CREATE MACRO subtract(a, b) AS a - b;
CREATE MACRO multiply(a, b) AS a * b;
-- {ms}/language-elements/unary-operators-negative
CREATE MACRO negate(a) AS -a;
-- {ms}/language-elements/divide-transact-sql: "If an integer dividend is divided by an integer divisor, the result is an integer that
-- has any fractional part of the result truncated."
CREATE MACRO divide_whole(a, b) AS a // not_zero(b);
CREATE MACRO divide(a, b) AS CAST(a AS DOUBLE) / real_not_zero(b);
-- {ms}/language-elements/modulo-transact-sql: "Returns the remainder of one number divided by another."
CREATE MACRO modulo(a, b) AS a % not_zero(b);
-- {ms}/statements/set-arithabort-transact-sql: "Ends a query when an overflow or divide-by-zero error occurs during query execution."
CREATE MACRO finite(x) AS CAST(regexp_replace(CAST(x AS VARCHAR), '^-?(inf|nan).*$', 'overflow: \0') AS DOUBLE);
-- {ms}/language-elements/string-concatenation-transact-sql: with a NULL it is NULL; "if the result of the concatenation of strings
-- exceeds the limit of 8,000 bytes, the result is truncated. However, if at least one of the strings concatenated is a large value
-- type, truncation doesn't occur."
CREATE MACRO concatenate(a, b) AS left(a || b, 4000);
CREATE MACRO concatenate_long(a, b) AS a || b;
-- {ms}/language-elements/like-transact-sql: %, _, [ ] and [^]; the pattern comes as a regular expression.
CREATE MACRO matches(x, pattern) AS regexp_full_match(x, pattern, 's');
CREATE MACRO matches_any_case(x, pattern) AS regexp_full_match(x, pattern, 'si');
-- {ms}/language-elements/nullif-transact-sql: "Returns a null value if the two specified expressions are equal."
CREATE MACRO f_nullif(a, b) AS nullif(a, b);

-- {ms}/functions/abs-transact-sql, ceiling-transact-sql, floor-transact-sql: as their names say.
CREATE MACRO f_abs(x) AS abs(x);
CREATE MACRO f_ceiling(x) AS ceil(x);
CREATE MACRO f_floor(x) AS floor(x);
-- {ms}/functions/round-transact-sql: "Returns a numeric value, rounded to the specified length or precision"; its examples round
-- 150.75 to 151.00 and 748.58 to -2 places to 700.00; "When a value other than 0 is specified [as function], numeric_expression is
-- truncated."
CREATE MACRO f_round(x, n) AS round(x, n), (x, n, cut) AS trunc(x, n);
-- {ms}/functions/power-transact-sql, sqrt-transact-sql, exp-transact-sql, log10-transact-sql
CREATE MACRO f_power(a, b) AS pow(a, b);
CREATE MACRO f_sqrt(x) AS sqrt(x);
CREATE MACRO f_exp(x) AS exp(x);
CREATE MACRO f_log10(x) AS log10(x);
-- {ms}/functions/log-transact-sql: "By default, LOG() returns the natural logarithm."
CREATE MACRO f_log(x) AS ln(x);

-- {ms}/functions/lower-transact-sql, upper-transact-sql, reverse-transact-sql: as their names say.
CREATE MACRO f_lower(x) AS lower(x);
-- Letter by letter, so that ß stays: of letters without a capital the page says nothing.
CREATE MACRO f_upper(x) AS replace(upper(replace(x, 'ß', chr(64976))), chr(64976), 'ß');
CREATE MACRO f_reverse(x) AS array_to_string(list_reverse(regexp_extract_all(x, '(?s).')), '');
-- {ms}/functions/nchar-transact-sql: "Returns the Unicode character with the specified integer code".
CREATE MACRO f_nchar(n) AS chr(n);
-- {ms}/functions/len-transact-sql: "Returns the number of characters of the specified string expression, excluding trailing spaces."
CREATE MACRO f_len(x) AS length(rtrim(x, ' '));
-- {ms}/functions/datalength-transact-sql: "the number of bytes used to represent any expression"; two a character of NVARCHAR.
CREATE MACRO f_datalength(x) AS 2 * length(x);
-- {ms}/functions/substring-transact-sql: "If the sum of start and length is greater than the number of characters in expression, the
-- whole value expression beginning at start is returned"; a negative length is an error.
CREATE MACRO f_substring(x, start, size) AS substring(x, CAST(start AS BIGINT), CASE WHEN size < 0 THEN CAST('length ' || size AS BIGINT) ELSE CAST(size AS BIGINT) END);
-- {ms}/functions/left-transact-sql, right-transact-sql: "If integer_expression is negative, an error is returned."
CREATE MACRO f_left(x, n) AS left(x, CASE WHEN n < 0 THEN CAST('negative ' || n AS BIGINT) ELSE CAST(n AS BIGINT) END);
CREATE MACRO f_right(x, n) AS right(x, CASE WHEN n < 0 THEN CAST('negative ' || n AS BIGINT) ELSE CAST(n AS BIGINT) END);
-- {ms}/functions/ltrim-transact-sql, rtrim-transact-sql: "after truncating leading (trailing) spaces".
CREATE MACRO f_ltrim(x) AS ltrim(x, ' ');
CREATE MACRO f_rtrim(x) AS rtrim(x, ' ');
-- {ms}/functions/replace-transact-sql: "Replaces all occurrences of a specified string value with another string value"; "If
-- string_expression isn't of type varchar(max) or nvarchar(max), REPLACE truncates the return value at 8,000 bytes."
CREATE MACRO f_replace(x, a, b) AS replace(x, a, b);
-- {ms}/functions/replicate-transact-sql: "Repeats a string value a specified number of times"; "If integer_expression is negative,
-- NULL is returned"; not of type (max) it is truncated at 8,000 bytes.
CREATE MACRO f_replicate(x, n) AS CASE WHEN n >= 0 THEN repeat(x, CAST(n AS BIGINT)) END;
-- {ms}/functions/charindex-transact-sql: "searches for one character expression inside a second character expression, returning the
-- starting position of the first expression if found"; else 0; "start_location: The position ... at which the search starts".
CREATE MACRO f_charindex(part, x) AS strpos(x, part), (part, x, start) AS CASE WHEN strpos(substring(x, CAST(start AS BIGINT)), part) = 0 THEN 0 ELSE strpos(substring(x, CAST(start AS BIGINT)), part) + start - 1 END;

-- {ms}/functions/dateadd-transact-sql: "adds a number (a signed integer) to a datepart of an input date"; where "the date
-- day does not exist in the return month ... DATEADD returns the last day of the return month"; the number is an int.
CREATE MACRO f_dateadd(part, n, t) AS naive(t) + CAST(n AS INTEGER) * CASE part
  WHEN 'year' THEN INTERVAL 1 YEAR WHEN 'quarter' THEN INTERVAL 3 MONTH WHEN 'month' THEN INTERVAL 1 MONTH WHEN 'day' THEN INTERVAL 1 DAY
  WHEN 'hour' THEN INTERVAL 1 HOUR WHEN 'minute' THEN INTERVAL 1 MINUTE WHEN 'second' THEN INTERVAL 1 SECOND
  WHEN 'millisecond' THEN INTERVAL 1 MILLISECOND WHEN 'microsecond' THEN INTERVAL 1 MICROSECOND END;
-- {ms}/functions/datediff-transact-sql: "the count (as a signed integer value) of the specified datepart boundaries crossed between
-- the specified startdate and enddate"; "For a return value out of range for int, DATEDIFF returns an error."
CREATE MACRO f_datediff(part, b, a) AS CAST(date_diff(CASE WHEN part IN ('year', 'quarter', 'month', 'day', 'hour', 'minute', 'second', 'millisecond') THEN part END, naive(b), naive(a)) AS INTEGER);
-- {ms}/functions/datediff-big-transact-sql: the same "as a signed big integer value".
CREATE MACRO f_datediff_big(part, b, a) AS date_diff(CASE WHEN part = 'microsecond' THEN part END, naive(b), naive(a));
-- {ms}/functions/datepart-transact-sql: "iso_week" is the ISO 8601 week number; "microsecond" of 00:00:01.1234567 is 123456.
CREATE MACRO f_datepart(part, t) AS CAST(date_part(CASE part
  WHEN 'year' THEN 'year' WHEN 'quarter' THEN 'quarter' WHEN 'month' THEN 'month' WHEN 'day' THEN 'day' WHEN 'dayofyear' THEN 'doy'
  WHEN 'iso_week' THEN 'week' WHEN 'hour' THEN 'hour' WHEN 'minute' THEN 'minute' WHEN 'second' THEN 'second' WHEN 'microsecond' THEN 'microsecond'
  END, naive(t)) % CASE part WHEN 'microsecond' THEN 1000000 ELSE 10000 END AS INTEGER);
-- {ms}/functions/eomonth-transact-sql: "This function returns the last day of the month containing a specified date".
CREATE MACRO f_eomonth(t) AS last_day(naive(t));
-- {ms}/functions/datefromparts-transact-sql: "returns a date value that maps to the specified year, month, and day values"; an error
-- when they are invalid.
CREATE MACRO f_datefromparts(y, m, d) AS make_date(y, m, d);
-- {ms}/queries/at-time-zone-transact-sql: "the function applies the offset of the time zone assuming that inputdate is in the target
-- time zone"; a point in the gap "is moved 1 hour ahead"; one of the overlapped interval is "presented with the offset before the clock
-- change", so it is the earlier one.
CREATE MACRO at_time_zone(t, zone) AS timezone(zone, t) - CASE WHEN timezone(zone, timezone(zone, t) - INTERVAL '1 hour') = t THEN INTERVAL '1 hour' ELSE INTERVAL '0 hours' END;
-- {ms}/data-types/datetimeoffset-transact-sql: converting to datetime2 copies date and time, and the offset is truncated.
CREATE MACRO without_offset(t, zone) AS timezone(zone, t);
-- {ms}/functions/switchoffset-transact-sql: "a datetimeoffset value that is changed from the stored time zone offset to a specified
-- new time zone offset".
CREATE MACRO f_switchoffset(t) AS t;

-- {ms}/functions/cast-and-convert-transact-sql: of numbers to bigint and int "Truncate"; a text that is no whole number is an error,
-- an empty one is 0.
CREATE MACRO cast_whole(x) AS trunc(x);
CREATE MACRO cast_whole_text(x) AS CASE WHEN trim(x) IN ('', '-', '+') THEN 0 WHEN regexp_full_match(trim(x), '[-+]?[0-9]+') THEN CAST(trim(x) AS HUGEINT) ELSE CAST('no integer: ' || x AS HUGEINT) END;
-- the same page: to numeric "Round"; from a text an error where it is no number, an empty one too.
CREATE MACRO cast_decimal(x) AS x;
CREATE MACRO cast_float_text(x) AS CASE WHEN trim(x) = '' THEN 0 ELSE CAST(trim(x) AS DOUBLE) END;
-- {ms}/data-types/bit-transact-sql: "The string values TRUE and FALSE can be converted to bit values: TRUE is converted to 1 and FALSE
-- is converted to 0. Converting to bit promotes any nonzero value to 1."
CREATE MACRO cast_bit(x) AS CASE WHEN x = 0 THEN 0 WHEN x <> 0 THEN 1 END;
CREATE MACRO cast_bit_text(x) AS CASE lower(x) WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE CAST(CAST(x AS INTEGER) <> 0 AS INTEGER) END;
-- {ms}/functions/cast-and-convert-transact-sql: the date part, or midnight; ISO 8601 texts whatever the session's language.
CREATE MACRO cast_date(x) AS CAST(x AS DATE);
CREATE MACRO cast_date_text(x) AS CAST(regexp_replace(x, '^(....)(..)(..)$', '\1-\2-\3') AS DATE);
CREATE MACRO cast_datetime2(x) AS CAST(x AS TIMESTAMP);
-- the same page, styles: 23 is yyyy-mm-dd, 121 is yyyy-mm-dd hh:mi:ss.mmm "ODBC canonical (with milliseconds)", with six digits of
-- DATETIME2(6).
CREATE MACRO style_23(t) AS strftime(t, '%Y-%m-%d');
CREATE MACRO style_121(t) AS strftime(naive(t), '%Y-%m-%d %H:%M:%S.%f');

-- {ms}/functions/json-value-transact-sql: "Extracts a scalar value from a JSON string"; in lax mode NULL "if the value is greater than
-- 4000 characters", if there is nothing, or if it is an object or array; in strict mode an error.
CREATE MACRO f_json_value(x, path) AS CASE WHEN json_type(CAST(x AS JSON), path) IN ('OBJECT', 'ARRAY') OR length(x ->> path) > 4000 THEN NULL ELSE x ->> path END;
CREATE MACRO f_json_value_strict(x, path) AS CASE WHEN x IS NOT NULL AND (json_type(CAST(x AS JSON), path) IS NULL OR json_type(CAST(x AS JSON), path) IN ('OBJECT', 'ARRAY') OR length(x ->> path) > 4000) THEN CAST(CAST('no scalar: ' || path AS INTEGER) AS VARCHAR) ELSE x ->> path END;
-- {ms}/functions/json-query-transact-sql: "Extracts an object or an array from a JSON string"; of a scalar NULL in lax mode.
CREATE MACRO f_json_query(x, path) AS CASE WHEN json_type(CAST(x AS JSON), path) IN ('OBJECT', 'ARRAY') THEN x ->> path END;

-- {ms}/functions/sum-transact-sql: of int an int, of bigint a bigint, of decimal(p, s) a decimal(38, s), of float a float.
CREATE MACRO total(sum) AS sum;
-- {ms}/functions/avg-transact-sql: of int an int, of bigint a bigint, of float a float.
CREATE MACRO average(mean) AS mean;
CREATE MACRO average_whole(mean) AS trunc(mean);
-- {ms}/functions/string-agg-transact-sql: "Null values are ignored and the corresponding separator is not added."
CREATE MACRO listed(told) AS told;
