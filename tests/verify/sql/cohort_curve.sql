CREATE TABLE cohort_curve AS
WITH cell AS (
    SELECT c.*, first_value(c.revenue) OVER w AS cohort_base, p.is_complete AS cohort_is_complete
    FROM cohort_retention c JOIN period p ON p.grain = c.grain AND p.start = c.cohort
    WINDOW w AS (PARTITION BY c.grain, c.segment, c.segment_value, c.cohort ORDER BY c.k)
)
SELECT grain, segment, segment_value, k,
    count(*) AS cohorts,
    sum(cohort_size) AS customers,
    sum(active) AS active,
    rate(sum(active), sum(cohort_size)) AS retention_rate,
    -- fsum is exact to the last bit or two; the tolerance covers a plain sum.
    fsum(retention_rate) / count(*) AS mean_retention_rate,
    sum(revenue) AS revenue,
    sum(cohort_base) AS base_revenue,
    rate(sum(revenue), sum(cohort_base)) AS revenue_retention_rate,
    true AS is_complete
FROM cell
WHERE is_complete AND cohort_is_complete AND NOT is_truncated
GROUP BY grain, segment, segment_value, k;
