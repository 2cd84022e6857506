-- The largest n such that n months after `day` is at or before `known`.
CREATE MACRO whole_months(day, known) AS
    datediff('month', day, known)
    - CASE WHEN day + to_months(CAST(datediff('month', day, known) AS INTEGER)) > known THEN 1 ELSE 0 END;

-- The first spell of each customer: the month in which it ended, or the months it has survived.
CREATE TABLE sbg_customer AS
SELECT p.pid, p.segment, p.segment_value,
    CASE WHEN s.until IS NOT NULL THEN whole_months(s.day, s.until - 1) + 1 END AS ended_in,
    CASE WHEN s.until IS NULL THEN whole_months(s.day, getvariable('as_of') - 1) END AS survived
FROM spell s JOIN person p USING (pid)
WHERE s.spell = 1;

CREATE TABLE clv_models AS
SELECT segment, segment_value, 'sbg' AS model, unnest(['alpha', 'beta']) AS parameter,
    CAST(NULL AS DOUBLE) AS estimate, CAST(NULL AS DOUBLE) AS standard_error,
    CAST(NULL AS DOUBLE) AS mean, CAST(NULL AS DOUBLE) AS log_likelihood,
    count(*) AS customers,
    CAST(30 AS INTEGER) AS unit_days,
    CAST(NULL AS BOOLEAN) AS is_converged, CAST(NULL AS VARCHAR) AS maximum
FROM sbg_customer
GROUP BY segment, segment_value;
