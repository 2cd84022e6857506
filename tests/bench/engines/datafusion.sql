-- A completed order among its customer's others. Arrays of one integer, in which day,
-- order id and cents are packed (12, 26 and 26 bits), take a quarter of the time that
-- windows partitioned by customer take. Days count from 1992-01-01.
CREATE TABLE history AS
WITH
packed AS (
    SELECT
        arrow_cast(o_custkey, 'Int32') AS customer,
        array_sort(array_agg(
            (arrow_cast(arrow_cast(o_orderdate, 'Int32') - 8035, 'UInt64') << 52)
            + (arrow_cast(o_orderkey, 'UInt64') << 26)
            + arrow_cast(o_totalprice * 100, 'UInt64')
        )) AS orders
    FROM orders
    WHERE o_orderstatus IN ('F', 'O')
    GROUP BY o_custkey
),
neighbours AS (
    SELECT
        customer,
        orders[1] AS first_order,
        unnest(array_prepend(arrow_cast(NULL, 'UInt64'), array_pop_back(orders))) AS previous,
        unnest(orders) AS current,
        unnest(array_append(array_pop_front(orders), arrow_cast(NULL, 'UInt64'))) AS next
    FROM packed
),
days AS (
    SELECT
        customer,
        arrow_cast(first_order >> 52, 'Int32') AS first_day,
        arrow_cast(previous >> 52, 'Int32') AS previous_day,
        arrow_cast(current >> 52, 'Int32') AS day,
        arrow_cast(next >> 52, 'Int32') AS next_day,
        arrow_cast(current & 67108863, 'Int64') AS cents
    FROM neighbours
)
SELECT
    customer,
    month_of(first_day) AS cohort,
    month_of(previous_day) AS previous_month,
    month_of(day) AS month,
    month_of(next_day) AS next_month,
    day = first_day AS is_first_day,
    previous_day,
    day,
    next_day,
    cents
FROM days;

CREATE TABLE cohort_months AS
SELECT
    cohort,
    month,
    count(*) FILTER (WHERE previous_day IS NULL OR previous_month < month) AS active,
    count(*) FILTER (WHERE previous_month = month - 1) AS returning,
    count(*) AS orders,
    sum(cents) AS revenue,
    count(*) FILTER (WHERE day - previous_day > 90) AS returned
FROM history
GROUP BY cohort, month;

CREATE TABLE churn_events AS
SELECT
    month,
    count(*) AS churned,
    count(*) FILTER (WHERE next_month = month) AS back_within
FROM (
    SELECT month_of(arrow_cast(day + 90, 'Int32')) AS month, next_month
    FROM history
    WHERE (next_day IS NULL OR next_day - day > 90)
        AND day + 90 <= (SELECT max(day) FROM history)
)
GROUP BY month;

-- Only customers who bought in neighbouring months keep, expand or contract anything:
-- a sixth of all (customer, month) pairs.
CREATE TABLE neighbours AS
SELECT customer, month, sum(cents) AS revenue
FROM history
WHERE previous_month >= month - 1 OR next_month <= month + 1
GROUP BY customer, month;

CREATE TABLE movements AS
SELECT
    now.month,
    sum(before.revenue) AS retained_before,
    sum(now.revenue - before.revenue) FILTER (WHERE now.revenue > before.revenue) AS expansion,
    sum(before.revenue - now.revenue) FILTER (WHERE now.revenue < before.revenue) AS contraction,
    count(*) AS retained_customers,
    count(*) FILTER (WHERE now.revenue > before.revenue) AS expansion_customers,
    count(*) FILTER (WHERE now.revenue < before.revenue) AS contraction_customers
FROM neighbours AS now
JOIN neighbours AS before ON before.customer = now.customer AND before.month = now.month - 1
GROUP BY now.month;

CREATE TABLE first_day_orders AS
SELECT month, count(*) AS orders, sum(cents) AS revenue
FROM history
WHERE is_first_day
GROUP BY month;

-- The completed orders of a day come before its lost ones, so the next attempt of the
-- last lost order of a day lies on a later day, and is won if one of that day is.
CREATE TABLE lost AS
SELECT
    customer,
    order_id,
    day,
    cents,
    CASE WHEN lead(customer) OVER attempts = customer THEN lead(day) OVER attempts END
        AS next_lost_day
FROM (
    SELECT
        arrow_cast(o_custkey, 'Int32') AS customer,
        o_orderkey AS order_id,
        arrow_cast(arrow_cast(o_orderdate, 'Int32') - 8035, 'Int32') AS day,
        arrow_cast(o_totalprice * 100, 'Int64') AS cents
    FROM orders
    WHERE o_orderstatus = 'P'
)
WINDOW attempts AS (ORDER BY customer, day, order_id);

CREATE TABLE lost_orders AS
WITH
next_won AS (
    SELECT lost.order_id, min(history.day) AS next_won_day
    FROM lost
    JOIN history ON history.customer = lost.customer
        AND history.day > lost.day AND history.day <= lost.day + 30
    WHERE history.day BETWEEN (SELECT min(day) FROM lost) AND (SELECT max(day) + 30 FROM lost)
    GROUP BY lost.order_id
),
first_days AS (
    SELECT customer, day AS first_day FROM history WHERE previous_day IS NULL
),
attempts AS (
    SELECT
        lost.day,
        lost.cents,
        coalesce(first_days.first_day < lost.day, false) AS is_customer,
        next_won.next_won_day IS NOT NULL
            AND (lost.next_lost_day IS NULL OR next_won.next_won_day <= lost.next_lost_day)
            AND lost.next_lost_day IS DISTINCT FROM lost.day AS is_recovered
    FROM lost
    LEFT JOIN next_won ON next_won.order_id = lost.order_id
    LEFT JOIN first_days ON first_days.customer = lost.customer
)
SELECT
    month_of(day) AS month,
    is_customer,
    count(*) AS lost,
    count(*) FILTER (WHERE is_recovered) AS recovered,
    sum(cents) AS lost_value,
    coalesce(sum(cents) FILTER (WHERE is_recovered), 0) AS recovered_value
FROM attempts
GROUP BY month_of(day), is_customer;
