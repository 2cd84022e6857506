-- The cells as one writes them at first: dates stay dates, amounts stay decimals, and each table is a
-- query of its own over orders, with groups, windows and joins.
CREATE TEMP VIEW orders AS
SELECT o_custkey AS customer, o_orderkey AS id, o_orderdate AS day, o_totalprice AS amount, o_orderstatus AS status
FROM read_parquet($orders);

CREATE TEMP VIEW won AS SELECT * FROM orders WHERE status IN ('F', 'O');

CREATE TEMP TABLE cohort_months AS
WITH days AS (
    SELECT
        customer,
        date_trunc('month', day) AS month,
        amount,
        day - lag(day) OVER (PARTITION BY customer ORDER BY day) > 90 AS returns
    FROM won
),
months AS (
    SELECT
        customer, month, count(*) AS orders, sum(amount) AS revenue, count(*) FILTER (returns) AS returned
    FROM days
    GROUP BY customer, month
),
members AS (
    SELECT
        *,
        min(month) OVER (PARTITION BY customer) AS cohort,
        lag(month) OVER (PARTITION BY customer ORDER BY month) AS previous
    FROM months
)
SELECT
    month_of(cohort) AS cohort,
    month_of(month) AS month,
    count(*) AS active,
    count(*) FILTER (previous = month - INTERVAL 1 MONTH) AS returning,
    sum(orders)::BIGINT AS orders,
    (sum(revenue) * 100)::BIGINT AS revenue,
    sum(returned)::BIGINT AS returned
FROM members
GROUP BY ALL;

CREATE TEMP TABLE churn_events AS
WITH gaps AS (
    SELECT day, lead(day) OVER (PARTITION BY customer ORDER BY day) AS next_day FROM won
),
lapses AS (
    SELECT day + 90 AS lapsed, next_day FROM gaps WHERE next_day IS NULL OR next_day - day > 90
)
SELECT
    month_of(lapsed) AS month,
    count(*) AS churned,
    count(*) FILTER (date_trunc('month', next_day) = date_trunc('month', lapsed)) AS back_within
FROM lapses
WHERE lapsed <= (SELECT max(day) FROM won)
GROUP BY ALL;

CREATE TEMP TABLE movements AS
WITH months AS (
    SELECT customer, date_trunc('month', day) AS month, sum(amount) AS revenue
    FROM won
    GROUP BY ALL
)
SELECT
    month_of(now.month) AS month,
    (sum(before.revenue) * 100)::BIGINT AS retained_before,
    (sum(greatest(now.revenue - before.revenue, 0)) * 100)::BIGINT AS expansion,
    (sum(greatest(before.revenue - now.revenue, 0)) * 100)::BIGINT AS contraction,
    count(*) AS retained_customers,
    count(*) FILTER (now.revenue > before.revenue) AS expansion_customers,
    count(*) FILTER (now.revenue < before.revenue) AS contraction_customers
FROM months AS now
JOIN months AS before
    ON before.customer = now.customer AND before.month = now.month - INTERVAL 1 MONTH
GROUP BY ALL;

CREATE TEMP TABLE first_day_orders AS
WITH firsts AS (SELECT customer, min(day) AS day FROM won GROUP BY customer)
SELECT month_of(day) AS month, count(*) AS orders, (sum(amount) * 100)::BIGINT AS revenue
FROM won
JOIN firsts USING (customer, day)
GROUP BY ALL;

-- A lost order is recovered by the customer's next attempt, if that is won, comes on a later day and within 30.
CREATE TEMP TABLE lost_orders AS
WITH attempts AS (
    SELECT
        day,
        amount,
        status,
        min(day) FILTER (status <> 'P') OVER (PARTITION BY customer) AS first_day,
        lead(day) OVER attempts AS next_day,
        lead(status) OVER attempts AS next_status
    FROM orders
    WINDOW attempts AS (PARTITION BY customer ORDER BY day, status = 'P', id)
),
lost AS (
    SELECT
        *,
        coalesce(first_day < day, false) AS is_customer,
        coalesce(next_status <> 'P' AND next_day > day AND next_day <= day + 30, false) AS is_recovered
    FROM attempts
    WHERE status = 'P'
)
SELECT
    month_of(day) AS month,
    is_customer,
    count(*) AS lost,
    count(*) FILTER (is_recovered) AS recovered,
    (sum(amount) * 100)::BIGINT AS lost_value,
    (coalesce(sum(amount) FILTER (is_recovered), 0) * 100)::BIGINT AS recovered_value
FROM lost
GROUP BY ALL;
