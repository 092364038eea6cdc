-- What Snowflake's session parameters change ({sf}/parameters.html); a rule stands below the setting that makes it so.

-- {sf}/parameters.html#week-start: "Specifies the first day of the week (used by week-related date functions)"; 7 is Sunday.
-- session: WEEK_START = 7
CREATE MACRO f_date_trunc(unit, t) AS CASE WHEN unit = 'week' THEN date_trunc('week', without_zone(t) + INTERVAL 1 DAY) - INTERVAL 1 DAY ELSE date_trunc(unit, without_zone(t)) END;

-- {sf}/parameters.html#date-input-format: "Specifies the input format for the DATE data type"; the default, AUTO, takes ISO's.
-- session: DATE_INPUT_FORMAT = DD/MM/YYYY
CREATE MACRO cast_date(x) AS CAST(CASE WHEN typeof(x) = 'VARCHAR' THEN CAST(CAST(strptime(CAST(x AS VARCHAR), '%d/%m/%Y') AS DATE) AS VARCHAR) ELSE CAST(x AS VARCHAR) END AS DATE);

-- {sf}/parameters.html#timestamp-input-format: "Specifies the input format for the TIMESTAMP data type alias"; of the variants, too
-- ({sf}/date-time-input-output.html: "Session parameters for dates, times, and timestamps").
-- session: TIMESTAMP_INPUT_FORMAT = DD/MM/YYYY HH24:MI:SS
CREATE MACRO cast_timestamp_ntz(x) AS CAST(CASE WHEN typeof(x) = 'VARCHAR' THEN CAST(strptime(CAST(x AS VARCHAR), '%d/%m/%Y %H:%M:%S') AS VARCHAR) ELSE CAST(x AS VARCHAR) END AS TIMESTAMP);
CREATE MACRO cast_timestamp_ltz(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CAST(CAST(strptime(CAST(x AS VARCHAR), '%d/%m/%Y %H:%M:%S') AS VARCHAR) AS TIMESTAMPTZ) ELSE CAST(x AS TIMESTAMPTZ) END;
