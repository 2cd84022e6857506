CREATE TABLE gap AS
SELECT pid, number, day,
    coalesce(following, getvariable('as_of') - 1) - day AS length,
    following IS NULL AS is_open
FROM activity_day;

-- Each gap under its number and under all numbers (NULL).
CREATE TABLE counted_gap AS
WITH numbered AS (
    SELECT *, unnest([CAST(number AS INTEGER), NULL]) AS gap_number FROM gap
)
SELECT p.segment, p.segment_value, c.grain, c.idx, n.gap_number, n.length, n.is_open
FROM numbered n JOIN person p USING (pid) JOIN calendar c USING (day)
WHERE n.gap_number IS NULL OR n.gap_number <= getvariable('max_gap_number');

CREATE TABLE purchase_gaps AS
WITH counted AS (
    SELECT grain, idx, segment, segment_value, gap_number,
        count(*) FILTER (NOT is_open) AS gaps,
        count(*) FILTER (is_open) AS open,
        avg(length) FILTER (NOT is_open) AS mean_days,
        quantile_cont(length, [0.25, 0.5, 0.75, 0.9]) FILTER (NOT is_open) AS quantiles
    FROM counted_gap
    GROUP BY ALL
),
at_length AS (
    SELECT grain, idx, segment, segment_value, gap_number, length,
        count(*) FILTER (NOT is_open) AS ended, count(*) AS gaps
    FROM counted_gap
    GROUP BY ALL
),
-- What share lasts longer than each length, with open gaps at risk until they are last seen.
survival AS (
    SELECT *, product(1 - ended / at_risk)
        OVER (PARTITION BY grain, idx, segment, segment_value, gap_number ORDER BY length) AS share
    FROM (
        SELECT *, sum(gaps) OVER (PARTITION BY grain, idx, segment, segment_value, gap_number ORDER BY length DESC)
            AS at_risk
        FROM at_length
    )
),
halved AS (
    SELECT grain, idx, segment, segment_value, gap_number, CAST(min(length) AS DOUBLE) AS km_median_days
    FROM survival WHERE share <= 0.5 + 1e-12
    GROUP BY ALL
),
place AS (
    SELECT grain, idx, segment, segment_value, gap_number FROM counted WHERE gap_number IS NOT NULL
    UNION ALL
    SELECT grain, idx, segment, segment_value, NULL FROM segment_period
)
SELECT x.grain, x.segment, x.segment_value, p.start AS period, x.gap_number,
    coalesce(c.gaps, 0) AS gaps,
    coalesce(c.open, 0) AS open,
    c.mean_days,
    c.quantiles[1] AS p25_days, c.quantiles[2] AS median_days, c.quantiles[3] AS p75_days, c.quantiles[4] AS p90_days,
    h.km_median_days,
    p.is_complete
FROM place x
JOIN period p USING (grain, idx)
LEFT JOIN counted c ON c.grain = x.grain AND c.idx = x.idx AND c.segment = x.segment
    AND c.segment_value IS NOT DISTINCT FROM x.segment_value AND c.gap_number IS NOT DISTINCT FROM x.gap_number
LEFT JOIN halved h ON h.grain = x.grain AND h.idx = x.idx AND h.segment = x.segment
    AND h.segment_value IS NOT DISTINCT FROM x.segment_value AND h.gap_number IS NOT DISTINCT FROM x.gap_number;

CREATE TABLE purchase_gap_histogram AS
WITH bucket AS (
    SELECT *, CAST(length // getvariable('bucket_days') * getvariable('bucket_days') AS INTEGER) AS days_from
    FROM counted_gap
)
SELECT b.grain, b.segment, b.segment_value, p.start AS period, b.gap_number,
    b.days_from,
    CAST(b.days_from + getvariable('bucket_days') - 1 AS INTEGER) AS days_to,
    count(*) FILTER (NOT b.is_open) AS gaps,
    count(*) FILTER (b.is_open) AS open,
    p.is_complete
FROM bucket b JOIN period p USING (grain, idx)
GROUP BY ALL;
