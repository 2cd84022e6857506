CREATE TABLE state AS
SELECT b.grain, b.idx, s.pid
FROM spell s JOIN boundary b ON b.day >= s.day AND (s.until IS NULL OR b.day < s.until);

-- The year up to the close of each period.
CREATE TABLE year_before AS
SELECT grain, idx, CAST(day + 1 - INTERVAL 12 MONTH AS DATE) AS start, day + 1 AS stop FROM boundary;

CREATE TABLE customer_retention AS
WITH yearly AS (
    SELECT y.grain, y.idx, p.segment, p.segment_value,
        count(*) AS yearly_opening,
        count(n.pid) AS yearly_kept,
        count(*) FILTER (a.day >= y.start) AS yearly_buyers
    FROM year_before y
    JOIN spell s ON s.day < y.start AND (s.until IS NULL OR s.until >= y.start)
    JOIN person p ON p.pid = s.pid
    LEFT JOIN state n ON n.grain = y.grain AND n.idx = y.idx AND n.pid = s.pid
    ASOF LEFT JOIN bought_day a ON a.pid = s.pid AND a.day < y.stop
    GROUP BY ALL
),
closing AS (
    SELECT s.grain, s.idx, p.segment, p.segment_value,
        count(*) AS closing,
        count(*) FILTER (f.idx = s.idx AND NOT p.is_existing) AS new_at_close,
        count(*) FILTER (f.idx = s.idx AND p.is_existing) AS entered_existing_at_close
    FROM state s
    JOIN person p USING (pid)
    JOIN calendar f ON f.grain = s.grain AND f.day = p.first_day
    GROUP BY ALL
),
kept AS (
    SELECT s.grain, s.idx, p.segment, p.segment_value, count(*) AS kept
    FROM state s
    JOIN state o ON o.grain = s.grain AND o.pid = s.pid AND o.idx = s.idx - 1
    JOIN person p ON p.pid = s.pid
    GROUP BY ALL
),
entered AS (
    SELECT c.grain, c.idx, p.segment, p.segment_value,
        count(*) FILTER (NOT p.is_existing) AS new,
        count(*) FILTER (p.is_existing) AS entered_existing
    FROM person p JOIN calendar c ON c.day = p.first_day
    GROUP BY ALL
),
returned AS (
    SELECT c.grain, c.idx, p.segment, p.segment_value, count(*) AS returned
    FROM spell s JOIN calendar c USING (day) JOIN person p USING (pid)
    WHERE s.spell > 1
    GROUP BY ALL
),
churned AS (
    SELECT c.grain, c.idx, p.segment, p.segment_value, count(*) AS churned
    FROM lapse l JOIN calendar c USING (day) JOIN person p USING (pid)
    GROUP BY ALL
),
bought AS (
    SELECT s.grain, s.idx, p.segment, p.segment_value,
        count(*) AS buyers,
        count(*) FILTER (f.idx = s.idx AND NOT p.is_existing) AS lifecycle_new,
        count(*) FILTER (b.pid IS NOT NULL) AS lifecycle_returning,
        count(*) FILTER (b.pid IS NULL AND f.idx < s.idx) AS lifecycle_resurrected
    FROM spend s
    JOIN person p USING (pid)
    JOIN calendar f ON f.grain = s.grain AND f.day = p.first_day
    LEFT JOIN spend b ON b.grain = s.grain AND b.pid = s.pid AND b.idx = s.idx - 1 AND b.is_active
    WHERE s.is_active
    GROUP BY ALL
),
dormant AS (
    SELECT b.grain, b.idx + 1 AS idx, p.segment, p.segment_value, count(*) AS lifecycle_dormant
    FROM spend b
    JOIN person p USING (pid)
    LEFT JOIN spend s ON s.grain = b.grain AND s.pid = b.pid AND s.idx = b.idx + 1 AND s.is_active
    WHERE b.is_active AND s.pid IS NULL
    GROUP BY ALL
),
joined AS (
    SELECT p.grain, p.segment, p.segment_value, p.start AS period,
        coalesce(o.closing, 0) AS opening,
        coalesce(e.new, 0) AS new,
        coalesce(e.entered_existing, 0) AS entered_existing,
        coalesce(r.returned, 0) AS returned,
        coalesce(x.churned, 0) AS churned,
        coalesce(c.closing, 0) AS closing,
        coalesce(c.new_at_close, 0) AS new_at_close,
        coalesce(c.entered_existing_at_close, 0) AS entered_existing_at_close,
        coalesce(k.kept, 0) AS kept,
        CASE WHEN is_known THEN coalesce(y.yearly_opening, 0) END AS yearly_opening,
        CASE WHEN is_known THEN coalesce(y.yearly_kept, 0) END AS yearly_kept,
        CASE WHEN is_known AND getvariable('has_orders') THEN coalesce(y.yearly_buyers, 0) END AS yearly_buyers,
        coalesce(b.buyers, 0) AS buyers,
        coalesce(b.lifecycle_new, 0) AS lifecycle_new,
        coalesce(b.lifecycle_returning, 0) AS lifecycle_returning,
        coalesce(b.lifecycle_resurrected, 0) AS lifecycle_resurrected,
        coalesce(d.lifecycle_dormant, 0) AS lifecycle_dormant,
        p.is_complete
    FROM segment_period p
    JOIN (
        SELECT grain, idx, coalesce(start >= getvariable('history_start') + getvariable('lapse'), true) AS is_known
        FROM year_before
    ) USING (grain, idx)
    LEFT JOIN yearly y ON y.grain = p.grain AND y.idx = p.idx
        AND y.segment = p.segment AND y.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN closing o ON o.grain = p.grain AND o.idx = p.idx - 1
        AND o.segment = p.segment AND o.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN closing c ON c.grain = p.grain AND c.idx = p.idx
        AND c.segment = p.segment AND c.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN kept k ON k.grain = p.grain AND k.idx = p.idx
        AND k.segment = p.segment AND k.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN entered e ON e.grain = p.grain AND e.idx = p.idx
        AND e.segment = p.segment AND e.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN returned r ON r.grain = p.grain AND r.idx = p.idx
        AND r.segment = p.segment AND r.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN churned x ON x.grain = p.grain AND x.idx = p.idx
        AND x.segment = p.segment AND x.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN bought b ON b.grain = p.grain AND b.idx = p.idx
        AND b.segment = p.segment AND b.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN dormant d ON d.grain = p.grain AND d.idx = p.idx
        AND d.segment = p.segment AND d.segment_value IS NOT DISTINCT FROM p.segment_value
)
SELECT grain, segment, segment_value, period,
    opening, new, entered_existing, returned, churned, closing,
    new_at_close, entered_existing_at_close, kept,
    opening - kept AS lost,
    rate(closing - new_at_close - entered_existing_at_close, opening) AS retention_rate,
    rate(kept, opening) AS kept_rate,
    rate(opening - kept, opening) AS churn_rate,
    CASE WHEN NOT getvariable('has_orders') THEN 1 - pow(1 - rate(opening - kept, opening), per_year) END
        AS annualised_churn_rate,
    yearly_opening, yearly_kept, yearly_buyers,
    rate(yearly_kept, yearly_opening) AS yearly_kept_rate,
    rate(yearly_buyers, yearly_opening) AS yearly_buyer_rate,
    buyers, lifecycle_new, lifecycle_returning, lifecycle_resurrected, lifecycle_dormant,
    is_complete
FROM joined JOIN grain USING (grain);
