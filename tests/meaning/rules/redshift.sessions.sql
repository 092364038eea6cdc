-- What Redshift's configuration changes ({dg}/cm_chap_ConfigurationRef.html); a rule stands below the setting that makes it so.

-- {dg}/super-configurations.html: "If you run your query in the strict mode, Amazon Redshift returns an error"
-- session: navigate_super_null_on_error = off
CREATE MACRO super_text(x, path) AS CASE WHEN x IS NOT NULL AND json_type(CAST(x AS JSON), path) IS NULL THEN CAST(CAST('no such member: ' || path AS INTEGER) AS VARCHAR) ELSE x ->> path END;

-- {dg}/super-configurations.html: "you must be able to navigate SUPER type structures in a case sensitive way. To do that, you can
-- configure enable_case_sensitive_identifier to TRUE [or] enable_case_sensitive_super_attribute to TRUE"; else a name is folded.
-- session: enable_case_sensitive_super_attribute = false
CREATE MACRO super_text(x, path) AS x ->> lower(path);
