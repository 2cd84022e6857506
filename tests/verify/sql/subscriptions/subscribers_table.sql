CREATE TABLE subscribers_plain AS
WITH stays AS (
    SELECT pid, count(*) AS spells, count(until) AS lapses,
        max(day) AS last_begin, first(until ORDER BY day DESC) AS last_until,
        sum(coalesce(until, getvariable('as_of')) - day) AS active_days
    FROM spell GROUP BY pid
),
paying_now AS (
    SELECT pid, mrr FROM step WHERE day < getvariable('as_of') AND until >= getvariable('as_of')
),
found AS (
    SELECT p.customer_id, p.first_day, s.*,
        CASE WHEN last_until IS NULL THEN whole_months(last_begin, getvariable('as_of') - 1)
            ELSE whole_months(last_begin, last_until) END AS tenure_months,
        coalesce(n.mrr, 0) AS mrr
    FROM person p JOIN stays s USING (pid) LEFT JOIN paying_now n USING (pid)
    WHERE p.segment = 'all'
)
SELECT f.customer_id,
    CASE WHEN last_until IS NOT NULL THEN 'lapsed'
        WHEN r.risk_score >= getvariable('at_risk_score') THEN 'at_risk'
        WHEN tenure_months > 0 THEN 'active'
        WHEN spells > 1 THEN 'won_back'
        ELSE 'new'
    END AS status,
    first_day AS first_paid,
    coalesce(last_until, getvariable('as_of')) - 1 AS last_paid,
    CAST(active_days AS BIGINT) AS active_days, CAST(tenure_months AS BIGINT) AS tenure_months, mrr, lapses,
    -- Estimates are compared elsewhere.
    CAST(NULL AS DOUBLE) AS expected_months, CAST(NULL AS DOUBLE) AS expected_value,
    CAST(NULL AS DOUBLE) AS residual_months, CAST(NULL AS DOUBLE) AS clv,
    r.risk_score, r.risk_driver
FROM found f LEFT JOIN risk r ON r.customer_id = CAST(f.customer_id AS VARCHAR);
