-- What SET changes in T-SQL ({ms}/statements); a rule stands below the setting that makes it so.

-- {ms}/statements/set-concat-null-yields-null-transact-sql: "When SET CONCAT_NULL_YIELDS_NULL is OFF, concatenating a null value with
-- a string yields the string itself".
-- session: CONCAT_NULL_YIELDS_NULL = OFF
CREATE MACRO concatenate(a, b) AS left(coalesce(a, '') || coalesce(b, ''), 4000);
CREATE MACRO concatenate_long(a, b) AS coalesce(a, '') || coalesce(b, '');

-- {ms}/statements/set-arithabort-transact-sql: "If SET ARITHABORT is OFF and SET ANSI_WARNINGS is OFF and one of these errors occurs,
-- a warning message is displayed, and a NULL is assigned to the result of the arithmetic operation."
-- session: ARITHABORT = OFF, ANSI_WARNINGS = OFF
CREATE MACRO not_zero(x) AS nullif(x, 0);
CREATE MACRO real_not_zero(x) AS nullif(CAST(x AS DOUBLE), 0);
CREATE MACRO finite(x) AS CASE WHEN isfinite(x) THEN x END;
CREATE MACRO add(a, b) AS TRY(a + b);
CREATE MACRO subtract(a, b) AS TRY(a - b);
CREATE MACRO multiply(a, b) AS TRY(a * b);

-- {ms}/statements/set-dateformat-transact-sql: "Sets the order of the month, day, and year date parts for interpreting date character
-- strings"; a text in ISO's form is read alike under all of them.
-- session: DATEFORMAT = dmy
CREATE MACRO cast_date_text(x) AS CAST(CASE WHEN regexp_full_match(x, '\d{4}-?\d\d-?\d\d.*') THEN regexp_replace(x, '^(....)(..)(..)$', '\1-\2-\3') ELSE 'not of ISO: ' || x END AS DATE);
