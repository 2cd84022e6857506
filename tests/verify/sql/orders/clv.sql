-- Repeat order days, days from the first to the last and days known, as the models see a customer.
CREATE TABLE clv_customer AS
SELECT p.pid, p.segment, p.segment_value, p.first_day,
    count(*) - 1 AS frequency,
    p.last_day - p.first_day AS recency,
    getvariable('as_of') - 1 - p.first_day AS age,
    coalesce(sum(b.value) FILTER (b.day > p.first_day), 0) AS repeat_value
FROM person p JOIN bought b USING (pid)
GROUP BY ALL;

CREATE TABLE clv_models AS
WITH parameter AS (
    SELECT * FROM (VALUES ('bg_nbd', ['a', 'alpha', 'b', 'r']), ('mbg_nbd', ['a', 'alpha', 'b', 'r']),
        ('pareto_nbd', ['alpha', 'beta', 'r', 's']), ('gamma_gamma', ['gamma', 'p', 'q'])) m(model, names)
),
people AS (
    SELECT segment, segment_value, count(*) AS everybody,
        count(*) FILTER (frequency > 0 AND repeat_value > 0) AS paying
    FROM clv_customer GROUP BY ALL
)
SELECT segment, segment_value, model, unnest(names) AS parameter,
    CAST(NULL AS DOUBLE) AS estimate, CAST(NULL AS DOUBLE) AS standard_error,
    CAST(NULL AS DOUBLE) AS mean, CAST(NULL AS DOUBLE) AS log_likelihood,
    CASE WHEN model = 'gamma_gamma' THEN paying ELSE everybody END AS customers,
    CAST(getvariable('unit_days') AS INTEGER) AS unit_days,
    CAST(NULL AS BOOLEAN) AS is_converged, CAST(NULL AS VARCHAR) AS maximum
FROM people CROSS JOIN parameter;

CREATE MACRO days_of(units) AS CAST(units * getvariable('unit_days') AS INTEGER);

CREATE TABLE clv_holdout AS
WITH history AS (
    SELECT min(first_day) AS origin, getvariable('as_of') - min(first_day) AS days FROM person
),
calibration AS (
    SELECT *, least(getvariable('as_of'), coalesce(getvariable('calibration_end'),
        origin + days_of(days // getvariable('unit_days') // 2))) AS calibration_end
    FROM history
),
dated AS (
    SELECT CAST(step AS INTEGER) AS step, calibration_end,
        origin + days_of(step - 1) AS start, origin + days_of(step) AS stop
    FROM calibration, unnest(range(1, days + 1)) s(step)
    WHERE start < getvariable('as_of')
),
known AS (
    SELECT p.segment, p.segment_value, d.step, d.start, d.stop, d.calibration_end,
        count(*) FILTER (p.first_day < d.stop) AS customers
    FROM person p CROSS JOIN dated d
    WHERE p.first_day < d.calibration_end
    GROUP BY ALL
),
repeats AS (
    SELECT p.segment, p.segment_value, d.step, count(*) AS orders
    FROM person p JOIN activity_day a USING (pid) JOIN dated d ON a.day >= d.start AND a.day < d.stop
    WHERE p.first_day < d.calibration_end AND a.day > p.first_day
    GROUP BY ALL
)
SELECT k.segment, k.segment_value, m.model, k.step,
    k.start AS step_start,
    k.stop > k.calibration_end AS is_holdout,
    k.customers,
    coalesce(r.orders, 0) AS actual_orders,
    sum(coalesce(r.orders, 0)) OVER (PARTITION BY k.segment, k.segment_value, m.model ORDER BY k.step)
        AS actual_cumulative,
    CAST(NULL AS DOUBLE) AS expected_orders, CAST(NULL AS DOUBLE) AS expected_cumulative,
    k.stop <= getvariable('as_of') AS is_complete
FROM known k
CROSS JOIN (VALUES ('bg_nbd'), ('mbg_nbd'), ('pareto_nbd')) m(model)
LEFT JOIN repeats r ON r.segment = k.segment AND r.segment_value IS NOT DISTINCT FROM k.segment_value
    AND r.step = k.step;
