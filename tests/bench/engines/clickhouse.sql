-- The completed orders of a customer as one sorted array of integers, in which day, order id
-- and cents are packed (12, 26 and 26 bits): windows take three times as long. Days count
-- from 1992-01-01; 0, which no order has, stands for no neighbour.
CREATE TABLE history ENGINE = Memory AS
SELECT
    toUInt32(o_custkey) AS customer,
    arraySort(groupArray(
        bitShiftLeft(toUInt64(toInt32(o_orderdate) - 8035), 52)
        + bitShiftLeft(toUInt64(o_orderkey), 26)
        + toUInt64(o_totalprice * 100)
    )) AS packed
FROM file({orders:String}, Parquet)
WHERE o_orderstatus IN ('F', 'O')
GROUP BY customer;

CREATE FUNCTION day_of AS order -> toUInt16(bitShiftRight(order, 52));
CREATE FUNCTION cents_of AS order -> bitAnd(order, 67108863);
CREATE FUNCTION month_of AS day -> toRelativeMonthNum(toDate(day + 8035)) - 1;
CREATE FUNCTION previous_of AS orders -> arrayPushFront(arrayPopBack(orders), 0);
CREATE FUNCTION next_of AS orders -> arrayPushBack(arrayPopFront(orders), 0);

CREATE TABLE cohort_months ENGINE = Memory AS
WITH if(previous = 0, 0, month_of(day_of(previous))) AS previous_month
SELECT
    month_of(day_of(packed[1])) AS cohort,
    month_of(day_of(current)) AS month,
    countIf(previous_month < month) AS active,
    countIf(previous_month = month - 1) AS returning,
    count() AS orders,
    sum(cents_of(current)) AS revenue,
    countIf(previous != 0 AND day_of(current) - day_of(previous) > 90) AS returned
FROM history
ARRAY JOIN packed AS current, previous_of(packed) AS previous
GROUP BY cohort, month;

CREATE TABLE churn_events ENGINE = Memory AS
WITH (SELECT max(day_of(packed[-1])) FROM history) AS last_day
SELECT
    month_of(day_of(current) + 90) AS month,
    count() AS churned,
    countIf(next != 0 AND month_of(day_of(next)) = month) AS back_within
FROM history
ARRAY JOIN packed AS current, next_of(packed) AS next
WHERE (next = 0 OR day_of(next) - day_of(current) > 90) AND day_of(current) + 90 <= last_day
GROUP BY month;

-- Only customers who bought in neighbouring months keep, expand or contract anything:
-- a sixth of all (customer, month) pairs.
CREATE TABLE neighbours ENGINE = Memory AS
SELECT
    customer,
    month_of(day_of(current)) AS month,
    toInt64(sum(cents_of(current))) AS revenue
FROM history
ARRAY JOIN packed AS current, previous_of(packed) AS previous, next_of(packed) AS next
WHERE (previous != 0 AND month_of(day_of(previous)) >= month - 1)
    OR (next != 0 AND month_of(day_of(next)) <= month + 1)
GROUP BY customer, month;

CREATE TABLE movements ENGINE = Memory AS
SELECT
    now.month AS month,
    sum(before.revenue) AS retained_before,
    sumIf(now.revenue - before.revenue, now.revenue > before.revenue) AS expansion,
    sumIf(before.revenue - now.revenue, now.revenue < before.revenue) AS contraction,
    count() AS retained_customers,
    countIf(now.revenue > before.revenue) AS expansion_customers,
    countIf(now.revenue < before.revenue) AS contraction_customers
FROM neighbours AS now
JOIN neighbours AS before ON before.customer = now.customer AND before.month + 1 = now.month
GROUP BY month;

CREATE TABLE first_day_orders ENGINE = Memory AS
SELECT month_of(day_of(current)) AS month, count() AS orders, sum(cents_of(current)) AS revenue
FROM history
ARRAY JOIN arrayFilter(order -> day_of(order) = day_of(packed[1]), packed) AS current
GROUP BY month;

-- The completed orders of a day come before its lost ones, so the next attempt of the
-- last lost order of a day lies on a later day, and is won if one of that day is.
CREATE TABLE lost ENGINE = Memory AS
SELECT
    toUInt32(o_custkey) AS customer,
    toUInt16(toInt32(o_orderdate) - 8035) AS day,
    toInt64(o_totalprice * 100) AS cents,
    leadInFrame(day, 1, 65535) OVER (
        PARTITION BY o_custkey ORDER BY o_orderdate, o_orderkey
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS next_lost_day
FROM file({orders:String}, Parquet)
WHERE o_orderstatus = 'P';

CREATE TABLE lost_orders ENGINE = Memory AS
WITH
    arrayFirst(order -> day_of(order) > day, completed.packed) AS next_won,
    next_won != 0
        AND day_of(next_won) <= day + 30
        AND day_of(next_won) <= next_lost_day
        AND next_lost_day != day AS is_recovered
SELECT
    month_of(day) AS month,
    notEmpty(completed.packed) AND day_of(completed.packed[1]) < day AS is_customer,
    count() AS lost,
    countIf(is_recovered) AS recovered,
    sum(cents) AS lost_value,
    sumIf(cents, is_recovered) AS recovered_value
FROM lost
LEFT JOIN (
    SELECT customer, packed FROM history WHERE customer IN (SELECT customer FROM lost)
) AS completed USING (customer)
GROUP BY month, is_customer;
