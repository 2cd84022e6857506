-- Periods: every day of the period of the first known one to the last, mapped to the first day of
-- its period in each grain; periods are numbered without holes.

CREATE MACRO period_start(grain, day) AS CAST(CASE grain
    WHEN 'day' THEN day
    WHEN 'week' THEN date_trunc('week', day - getvariable('week_offset')) + INTERVAL 1 DAY * getvariable('week_offset')
    WHEN 'month' THEN date_trunc('month', day)
    WHEN 'quarter' THEN
        date_trunc('quarter', date_trunc('month', day) - INTERVAL 1 MONTH * getvariable('fiscal_offset'))
        + INTERVAL 1 MONTH * getvariable('fiscal_offset')
    WHEN 'year' THEN
        date_trunc('year', date_trunc('month', day) - INTERVAL 1 MONTH * getvariable('fiscal_offset'))
        + INTERVAL 1 MONTH * getvariable('fiscal_offset')
END AS DATE);

CREATE MACRO next_period(grain, start) AS CAST(start + CASE grain
    WHEN 'day' THEN INTERVAL 1 DAY
    WHEN 'week' THEN INTERVAL 7 DAY
    WHEN 'month' THEN INTERVAL 1 MONTH
    WHEN 'quarter' THEN INTERVAL 3 MONTH
    WHEN 'year' THEN INTERVAL 12 MONTH
END AS DATE);

CREATE TABLE calendar AS
WITH span AS (
    SELECT min(period_start(grain, least(getvariable('first_row'), getvariable('history_start')))) AS lo,
        getvariable('as_of') - 1 AS hi
    FROM grain
),
days AS (
    SELECT CAST(unnest(generate_series(CAST(lo AS TIMESTAMP), CAST(hi AS TIMESTAMP), INTERVAL 1 DAY)) AS DATE) AS day
    FROM span
)
SELECT grain, day, period_start(grain, day) AS start,
    CAST(dense_rank() OVER (PARTITION BY grain ORDER BY period_start(grain, day)) AS INTEGER) AS idx
FROM days CROSS JOIN grain;

CREATE TABLE period AS
SELECT DISTINCT grain, idx, start,
    next_period(grain, start) AS stop,
    next_period(grain, start) + getvariable('undecided') <= getvariable('as_of')
        AND (getvariable('history_start') IS NULL
            OR start >= getvariable('history_start') + getvariable('lapse')) AS is_complete
FROM calendar;

-- The last period of each grain that starts before as_of.
CREATE TABLE horizon AS
SELECT grain, max(idx) AS idx FROM period GROUP BY grain;

-- The days at whose end the state is asked for: n - 1 is the opening of period n, n its
-- closing; a period that as_of cuts closes on the last known day.
CREATE TABLE boundary AS
SELECT grain, idx, least(stop, getvariable('as_of')) - 1 AS day FROM period;
