CREATE TABLE nps AS
WITH answer AS (
    SELECT c.grain, c.idx, r.customer_id, first(r.score ORDER BY r.instant DESC, r.score) AS score
    FROM surveys r JOIN calendar c USING (day)
    WHERE r.score IS NOT NULL AND r.customer_id IS NOT NULL
    GROUP BY ALL
),
-- Answers without a customer, each of one more person who never ordered.
given AS (
    SELECT a.grain, a.idx, s.segment, s.segment_value, a.score
    FROM answer a JOIN slot s ON s.who = who_of(a.customer_id)
    UNION ALL
    SELECT c.grain, c.idx, k.segment, k.segment_value, r.score
    FROM surveys r JOIN calendar c USING (day) CROSS JOIN (
        SELECT 'all' AS segment, CAST(NULL AS VARCHAR) AS segment_value
        UNION ALL SELECT segment, '(none)' FROM segment_kind
    ) k
    WHERE r.score IS NOT NULL AND r.customer_id IS NULL
),
counted AS (
    SELECT grain, idx, segment, segment_value,
        count(*) AS responses,
        count(*) FILTER (score >= 9) AS promoters,
        count(*) FILTER (score IN (7, 8)) AS passives,
        count(*) FILTER (score <= 6) AS detractors
    FROM given
    GROUP BY ALL
),
span AS (
    SELECT grain, segment, segment_value, min(idx) AS first_idx FROM counted GROUP BY ALL
),
filled AS (
    SELECT p.grain, p.start, p.is_complete, s.segment, s.segment_value,
        coalesce(COLUMNS(c.* EXCLUDE (grain, idx, segment, segment_value)), 0)
    FROM span s
    JOIN period p ON p.grain = s.grain AND p.idx >= s.first_idx
    LEFT JOIN counted c ON c.grain = p.grain AND c.idx = p.idx AND c.segment = s.segment
        AND c.segment_value IS NOT DISTINCT FROM s.segment_value
)
SELECT grain, segment, segment_value, start AS period,
    responses, promoters, passives, detractors,
    100 * rate(promoters - detractors, responses) AS nps,
    -- (p + d - (p - d)^2) / n with whole numbers up to the last division.
    100 * sqrt(rate(
        responses * (promoters + detractors) - (promoters - detractors) * (promoters - detractors),
        responses * responses * responses)) AS nps_standard_error,
    is_complete
FROM filled;
