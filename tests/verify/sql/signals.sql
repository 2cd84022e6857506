-- What may tell who leaves: the level of each signal, in hundredths, in the days before a day that is asked for.

-- Each signal with the first day on which all of its inputs are known.
CREATE TABLE signal AS
SELECT signal, max(first_day) AS first_day
FROM (
    SELECT DISTINCT kind AS signal, (SELECT min(day) FROM engagement) AS first_day FROM engagement
    UNION ALL SELECT 'late_payments', min(day) FROM invoices WHERE getvariable('has_invoices')
    UNION ALL SELECT 'product_returns', min(day) FROM returns WHERE getvariable('has_returns')
    UNION ALL SELECT 'low_scores', min(day) FROM surveys WHERE getvariable('has_scores')
)
WHERE first_day IS NOT NULL
GROUP BY signal;

-- The days on which a signal counts, from first to last, each time by so much.
CREATE TABLE signal_row AS
SELECT kind AS signal, who_of(customer_id) AS who, day AS first_day, day AS last_day, value AS level FROM engagement
UNION ALL
SELECT 'late_payments', who, greatest(due + 1, day), coalesce(paid - 1, getvariable('as_of') - 1), 100
FROM invoice WHERE NOT is_credit AND coalesce(paid - 1 >= greatest(due + 1, day), true)
UNION ALL
SELECT 'product_returns', who_of(customer_id), day, day, 100 FROM returns
UNION ALL
SELECT 'low_scores', who_of(customer_id), day, day, 100 FROM surveys WHERE score <= 6;

-- Calendar months, whatever the grains of the tables are. With orders the lapse window from the first day on is known.
CREATE TABLE risk_month AS
SELECT CAST(start AS DATE) AS start, CAST(start + INTERVAL 1 MONTH AS DATE) AS stop
FROM (
    SELECT unnest(generate_series(
        date_trunc('month', getvariable('first_known')), CAST(getvariable('as_of') AS TIMESTAMP), INTERVAL 1 MONTH
    )) AS start
)
WHERE stop + getvariable('undecided') <= getvariable('as_of')
    AND (NOT getvariable('has_orders') OR CAST(start AS DATE) + getvariable('lapse') <= getvariable('as_of'))
    AND coalesce(CAST(start AS DATE) >= getvariable('history_start') + getvariable('lapse'), true);

CREATE TABLE signal_level AS
WITH asked AS (
    SELECT start AS day FROM period
    UNION SELECT start FROM risk_month
    UNION SELECT getvariable('as_of')
)
SELECT a.day, r.signal, r.who, sum(r.level) AS level
FROM signal_row r JOIN asked a
    ON r.first_day < a.day AND r.last_day >= a.day - getvariable('indicator_days')
GROUP BY ALL;
