-- Classes of levels: each hundredth below 0.08, above it four a doubling.
CREATE MACRO exponent(n) AS length(bin(CAST(n AS BIGINT))) - 1;
CREATE MACRO level_class(level) AS
    CASE WHEN level < 8 THEN level
        ELSE 8 + 4 * (exponent(level) - 3) + (4 * level // CAST(pow(2, exponent(level)) AS BIGINT) - 4) END;
CREATE MACRO class_start(class) AS
    CASE WHEN class < 8 THEN class
        ELSE CAST(pow(2, 3 + (class - 8) // 4) AS BIGINT) * (4 + (class - 8) % 4) // 4 END;

-- Customers active at the opening of a complete period, and whether they left in it.
CREATE TABLE observation AS
SELECT p.grain, p.start, s.pid,
    bool_or(s.until IS NOT NULL AND s.until >= p.start AND s.until < p.stop) AS has_left
FROM spell s JOIN period p ON p.is_complete AND s.day < p.stop AND coalesce(s.until >= p.start, true)
GROUP BY ALL
HAVING bool_or(s.day < p.start);

CREATE TABLE class_count AS
SELECT o.grain, p.segment, p.segment_value, g.signal,
    level_class(CAST(coalesce(l.level, 0) AS BIGINT)) AS class,
    count(*) AS n,
    count(*) FILTER (has_left) AS churned,
    sum(coalesce(l.level, 0)) AS level,
    coalesce(sum(l.level) FILTER (has_left), 0) AS churned_level
FROM observation o
JOIN person p USING (pid)
JOIN signal g ON o.start - getvariable('indicator_days') >= g.first_day
LEFT JOIN signal_level l ON l.day = o.start AND l.signal = g.signal AND l.who = who_of(p.customer_id)
GROUP BY ALL;

CREATE TABLE churn_indicators AS
WITH ordered AS (
    SELECT *, n - churned AS stayed,
        sum(n) OVER (w ORDER BY class) AS upto,
        sum(n) OVER w AS total,
        sum(n - churned) OVER (w ORDER BY class) - (n - churned) AS stayed_below
    FROM class_count
    WINDOW w AS (PARTITION BY grain, segment, segment_value, signal)
),
split AS (
    SELECT *, min(class) FILTER (2 * upto >= total)
        OVER (PARTITION BY grain, segment, segment_value, signal) + 1 AS threshold_class
    FROM ordered
),
counted AS (
    SELECT grain, segment, segment_value, signal,
        sum(n) AS observations,
        sum(churned) AS churned,
        coalesce(sum(n) FILTER (class > 0), 0) AS with_signal,
        sum(churned_level) AS churned_level,
        sum(level) - sum(churned_level) AS stayed_level,
        class_start(any_value(threshold_class)) AS threshold,
        coalesce(sum(n) FILTER (class >= threshold_class), 0) AS exposed,
        coalesce(sum(churned) FILTER (class >= threshold_class), 0) AS exposed_churned,
        sum(churned * (2 * stayed_below + stayed)) AS higher
    FROM split GROUP BY ALL
),
told AS (
    SELECT *, observations - exposed AS unexposed, churned - exposed_churned AS unexposed_churned,
        CAST(exposed_churned AS DOUBLE) AS a, CAST(exposed - exposed_churned AS DOUBLE) AS b,
        CAST(unexposed_churned AS DOUBLE) AS c, CAST(unexposed - unexposed_churned AS DOUBLE) AS d,
        a > 0 AND b > 0 AND c > 0 AND d > 0 AS has_odds,
        CASE WHEN has_odds THEN 1.959963984540054 * sqrt(1 / a + 1 / b + 1 / c + 1 / d) END AS half
    FROM counted
)
SELECT grain, segment, segment_value, signal,
    observations, churned, with_signal,
    rate(churned_level, 100 * churned) AS mean_level_churned,
    rate(stayed_level, 100 * (observations - churned)) AS mean_level_stayed,
    threshold / 100 AS threshold,
    exposed, exposed_churned, unexposed, unexposed_churned,
    CASE WHEN has_odds THEN (a * d) / (b * c) END AS odds_ratio,
    CASE WHEN has_odds THEN exp(ln((a * d) / (b * c)) - half) END AS odds_ratio_low,
    CASE WHEN has_odds THEN exp(ln((a * d) / (b * c)) + half) END AS odds_ratio_high,
    rate(higher, 2 * churned * (observations - churned)) AS auc
FROM told;
