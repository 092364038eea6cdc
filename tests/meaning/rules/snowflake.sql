-- Snowflake, SQL reference. {sf} is docs.snowflake.com/en/sql-reference; the session's TIMEZONE is UTC, WEEK_START 1.
-- Names: operators by what they do, functions as f_<name>, casts as cast_<type>.

-- What several rules say; no rule itself. A macro is a text: one that says its argument twice, in itself five times, is 32 of it.
CREATE MACRO is_double(x) AS typeof(x) = 'DOUBLE';
CREATE MACRO not_zero(x) AS CAST(regexp_replace(CAST(CAST(x AS DOUBLE) AS VARCHAR), '^-?0\.0$', 'division by zero') AS DOUBLE);
CREATE MACRO without_zone(t) AS CAST(regexp_replace(CAST(t AS VARCHAR), '(:\d\d(\.\d+)?)[-+].*$', '\1 of an instant') AS TIMESTAMP);

-- {sf}/operators-arithmetic.html: NUMBER(38) arithmetic; an overflow is an error; "with floating-point, floating-point".
CREATE MACRO add(a, b) AS a + CAST(0 AS HUGEINT) + b;
CREATE MACRO subtract(a, b) AS a + CAST(0 AS HUGEINT) - b;
CREATE MACRO multiply(a, b) AS a * CAST(1 AS HUGEINT) * b;
CREATE MACRO negate(a) AS CAST(0 AS HUGEINT) - a;
-- {sf}/operators-arithmetic.html: "Division: the scale of the output is max(s1, min(s1 + 6, 12))", so quotients of integers have six
-- decimals, rounded; a zero divisor is an error.
CREATE MACRO divide(a, b) AS CASE WHEN is_double(a) OR is_double(b) THEN CAST(a AS DOUBLE) / not_zero(b) ELSE round(CAST(a AS DOUBLE) / not_zero(b), 6) END;
-- {sf}/functions/concat.html: "If any of the values is null, the result is also null".
CREATE MACRO concatenate(a, b) AS CAST(a AS VARCHAR) || CAST(b AS VARCHAR);
-- {sf}/functions/like.html: case-sensitive, % and _; "There is no default escape character".
CREATE MACRO matches_like(x, pattern) AS like_escape(x, pattern, '');
CREATE MACRO matches_ilike(x, pattern) AS ilike_escape(x, pattern, '');
CREATE MACRO f_like_escape(x, pattern, mark) AS like_escape(x, pattern, mark);
CREATE MACRO f_ilike_escape(x, pattern, mark) AS ilike_escape(x, pattern, mark);
-- {sf}/functions/nullif.html
CREATE MACRO f_nullif(a, b) AS nullif(a, b);
-- {sf}/functions/greatest.html: "If any of the arguments is NULL, returns NULL".
CREATE MACRO f_greatest(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE greatest(a, b) END;
-- {sf}/functions/greatest_ignore_nulls.html: "Returns the largest non-NULL value".
CREATE MACRO f_greatest_ignore_nulls(a, b) AS greatest(a, b), (a, b, c) AS greatest(a, b, c), (a, b, c, d) AS greatest(a, b, c, d);
CREATE MACRO f_least_ignore_nulls(a, b) AS least(a, b), (a, b, c) AS least(a, b, c), (a, b, c, d) AS least(a, b, c, d);
-- {sf}/functions/mod.html: "the remainder of input expr1 divided by input expr2"; with the sign of expr1.
CREATE MACRO f_mod(a, b) AS CASE WHEN b = 0 THEN error('division by zero') ELSE a % b END;
-- {sf}/functions/abs.html, sign.html, ceil.html, floor.html
CREATE MACRO f_abs(x) AS abs(x + CAST(0 AS HUGEINT));
CREATE MACRO f_sign(x) AS CAST(sign(x) AS INTEGER);
CREATE MACRO f_ceil(x) AS ceil(x);
CREATE MACRO f_floor(x) AS floor(x);
-- {sf}/functions/round.html: "HALF_AWAY_FROM_ZERO ... this is the default"; of fixed-point exact.
CREATE MACRO f_round(x) AS round(x), (x, n) AS round(x, n);
-- {sf}/functions/trunc.html: "Rounds the input expression down to the nearest (or equal) value closer to zero".
CREATE MACRO f_trunc(x) AS trunc(x), (x, n) AS trunc(x, n);
-- {sf}/functions/pow.html, sqrt.html, exp.html, ln.html: floating-point.
CREATE MACRO f_power(a, b) AS pow(a, b);
CREATE MACRO f_sqrt(x) AS sqrt(x);
CREATE MACRO f_exp(x) AS exp(x);
CREATE MACRO f_ln(x) AS ln(x);

-- {sf}/functions/lower.html, upper.html, reverse.html, md5.html, length.html: as their names say; LENGTH counts characters.
CREATE MACRO f_lower(x) AS lower(x);
-- Letter by letter, so that ß stays: of letters without a capital the page says nothing.
CREATE MACRO f_upper(x) AS replace(upper(replace(x, 'ß', chr(64976))), chr(64976), 'ß');
CREATE MACRO f_reverse(x) AS array_to_string(list_reverse(regexp_extract_all(x, '(?s).')), '');
CREATE MACRO f_md5(x) AS md5(x);
CREATE MACRO f_length(x) AS length(x);
-- {sf}/functions/substr.html: "start_expr: The offset from which the substring starts. The offset is 1-based".
CREATE MACRO f_substring(x, start) AS substring(x, CAST(start AS BIGINT)), (x, start, size) AS substring(x, CAST(start AS BIGINT), CAST(size AS BIGINT));
-- {sf}/functions/left.html, right.html: "a leftmost (rightmost) substring"; a negative length gives the empty text.
CREATE MACRO f_left(x, n) AS left(x, greatest(CAST(n AS BIGINT), 0));
CREATE MACRO f_right(x, n) AS right(x, greatest(CAST(n AS BIGINT), 0));
-- {sf}/functions/trim.html, ltrim.html, rtrim.html: "Default: ' '"; else every one of the characters.
CREATE MACRO f_trim(x) AS trim(x, ' '), (x, chars) AS trim(x, chars);
CREATE MACRO f_ltrim(x) AS ltrim(x, ' '), (x, chars) AS ltrim(x, chars);
CREATE MACRO f_rtrim(x) AS rtrim(x, ' '), (x, chars) AS rtrim(x, chars);
-- {sf}/functions/replace.html: "Removes all occurrences of a specified substring, and optionally replaces them with another
-- substring".
CREATE MACRO f_replace(x, a, b) AS replace(x, a, b);
-- {sf}/functions/lpad.html, rpad.html: "If the base argument is longer than length_expr, then base is truncated".
CREATE MACRO f_lpad(x, n) AS lpad(x, CAST(n AS INTEGER), ' '), (x, n, fill) AS lpad(x, CAST(n AS INTEGER), fill);
CREATE MACRO f_rpad(x, n) AS rpad(x, CAST(n AS INTEGER), ' '), (x, n, fill) AS rpad(x, CAST(n AS INTEGER), fill);
-- {sf}/functions/repeat.html
CREATE MACRO f_repeat(x, n) AS repeat(x, CAST(n AS BIGINT));
-- {sf}/functions/split_part.html: "Requested part of the split (1-based)"; an empty text when it is not there.
CREATE MACRO f_split_part(x, mark, n) AS split_part(x, mark, n);
-- {sf}/functions/charindex.html: "Searches for the first occurrence of the first argument in the second argument"; else 0.
CREATE MACRO f_charindex(part, x) AS strpos(x, part);
-- {sf}/functions/startswith.html
CREATE MACRO f_startswith(x, part) AS starts_with(x, part);

-- {sf}/functions/date_trunc.html: "Truncates a DATE, TIME, or TIMESTAMP to the specified part"; of a DATE a DATE; weeks by WEEK_START.
CREATE MACRO f_date_trunc(unit, t) AS date_trunc(unit, without_zone(t));
-- {sf}/functions/dateadd.html: "When date_or_time_part is year, quarter, or month (or any of their variations), if the result month has
-- fewer days than the original day of the month, the result day of the month might be different from the original day"; its example
-- adds a month to 31 January and gives the last day of February.
CREATE MACRO f_dateadd_month(n, t) AS without_zone(t) + to_months(CAST(n AS INTEGER));
CREATE MACRO f_dateadd_day(n, t) AS without_zone(t) + to_days(CAST(n AS INTEGER));
CREATE MACRO f_dateadd_hour(n, t) AS without_zone(t) + to_hours(CAST(n AS BIGINT));
CREATE MACRO f_dateadd_minute(n, t) AS without_zone(t) + to_minutes(CAST(n AS BIGINT));
CREATE MACRO f_dateadd_microsecond(n, t) AS without_zone(t) + to_microseconds(CAST(n AS BIGINT));
-- {sf}/functions/datediff.html: boundaries of the unit are counted, what is below it is cut off.
CREATE MACRO f_datediff_month(b, a) AS date_diff('month', without_zone(b), without_zone(a));
CREATE MACRO f_datediff_day(b, a) AS date_diff('day', without_zone(b), without_zone(a));
CREATE MACRO f_datediff_microsecond(b, a) AS date_diff('microsecond', without_zone(b), without_zone(a));
-- {sf}/functions/year.html: YEAR, MONTH, QUARTER, DAYOFYEAR, WEEKISO, YEAROFWEEKISO ("ISO semantics"), DAYOFWEEKISO ("1 (Monday) to 7
-- (Sunday)"); {sf}/functions/hour-minute-second.html: HOUR, MINUTE.
CREATE MACRO f_year(t) AS date_part('year', without_zone(t));
CREATE MACRO f_quarter(t) AS date_part('quarter', without_zone(t));
CREATE MACRO f_month(t) AS date_part('month', without_zone(t));
CREATE MACRO f_day(t) AS date_part('day', without_zone(t));
CREATE MACRO f_hour(t) AS date_part('hour', without_zone(t));
CREATE MACRO f_minute(t) AS date_part('minute', without_zone(t));
CREATE MACRO f_dayofyear(t) AS date_part('doy', without_zone(t));
CREATE MACRO f_weekiso(t) AS date_part('week', without_zone(t));
CREATE MACRO f_yearofweekiso(t) AS date_part('isoyear', without_zone(t));
CREATE MACRO f_dayofweekiso(t) AS date_part('isodow', without_zone(t));
-- {sf}/functions/convert_timezone.html: "CONVERT_TIMEZONE(source_tz, target_tz, timestamp_ntz): the return value is always of type
-- TIMESTAMP_NTZ".
CREATE MACRO f_convert_timezone(source, target, t) AS timezone(target, timezone(source, without_zone(t)));
-- {sf}/functions/to_date.html, to_timestamp.html, {sf}/date-time-input-output.html: a cast reads a text by the session's input format,
-- which is AUTO; of a timestamp the date or the wall time.
CREATE MACRO cast_date(x) AS CAST(x AS DATE);
CREATE MACRO cast_timestamp_ntz(x) AS CAST(x AS TIMESTAMP);
CREATE MACRO cast_timestamp_ltz(x) AS CAST(x AS TIMESTAMPTZ);
-- {sf}/functions/last_day.html: "the last day of the specified date part for a date or timestamp"; the month by default.
CREATE MACRO f_last_day(t) AS last_day(t);
-- {sf}/functions/to_char.html, {sf}/date-time-input-output.html: "YYYY: Four-digit year", "YY: Two-digit year", "MM", "DD", "MON: Abbreviated
-- month name", "HH24: Two digits for hour (00 through 23)", "HH12: Two digits for hour (01 through 12)", "AM, PM: Ante meridiem (AM) / post
-- meridiem (PM)", "MI", "SS", "FF[0-9]: Fractional seconds with precision 0 (seconds) to 9 (nanoseconds)".
CREATE MACRO f_to_char(t, template) AS strftime(t, replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(template, 'YYYY', '%Y'), 'YY', '%y'), 'MON', '%b'), 'DD', '%d'), 'MM', '%m'), 'SS', '%S'), 'MI', '%M'), 'HH24', '%H'), 'HH12', '%I'), 'AM', '%p'), 'PM', '%p'), 'FF3', '%g'), 'FF6', '%f'));

-- {sf}/functions-regexp.html, {sf}/functions/regexp_like.html: "The function implicitly anchors a pattern at both ends"; "c: case-sensitive
-- matching", "i: case-insensitive matching", "s: POSIX wildcard character . matches \n".
CREATE MACRO f_regexp_like(x, pattern, parameters) AS regexp_full_match(x, pattern, CASE WHEN contains(parameters, 'i') THEN 'si' ELSE 's' END);
-- {sf}/functions/regexp_substr.html: "e: Extract submatches"; NULL where nothing matches.
CREATE MACRO f_regexp_substr(x, pattern, position, occurrence, parameters) AS CASE WHEN regexp_matches(x, pattern, 's') THEN regexp_extract(x, pattern, 0, 's') END, (x, pattern, position, occurrence, parameters, number) AS CASE WHEN regexp_matches(x, pattern, 's') THEN regexp_extract(x, pattern, number, 's') END;
-- {sf}/functions/regexp_replace.html: "If 0 is specified, all occurrences are replaced"; "backreference (\n)".
CREATE MACRO f_regexp_replace(x, pattern, replacement, position, occurrence, parameters) AS CASE WHEN occurrence = 0 AND contains(parameters, 'i') THEN regexp_replace(x, pattern, replacement, 'gsi') WHEN occurrence = 0 THEN regexp_replace(x, pattern, replacement, 'gs') WHEN contains(parameters, 'i') THEN regexp_replace(x, pattern, replacement, 'si') ELSE regexp_replace(x, pattern, replacement, 's') END;

-- {sf}/functions/listagg.html: "If the input is empty, an empty string is returned."
CREATE MACRO listed(found, x) AS coalesce(found, '');
-- {sf}/functions/parse_json.html: "Interprets an input string as a JSON document, producing a VARIANT value."
CREATE MACRO f_parse_json(x) AS CAST(x AS JSON);
-- {sf}/functions/get_path.html: "Extracts a value from semi-structured data using a path name"; NULL when it is not there.
CREATE MACRO f_get_path(x, path) AS json_extract_string(x, '$' || regexp_replace(path, '\["([^"]*)"\]', '."\1"', 'g'));
