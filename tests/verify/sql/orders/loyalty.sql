CREATE TABLE bought AS
SELECT pid, day, count(*) AS orders, sum(value) AS value FROM movement WHERE is_activity GROUP BY ALL;

CREATE TABLE loyalty AS
WITH so_far AS (
    SELECT c.grain, c.idx, b.pid, sum(b.orders) AS orders, sum(b.value) AS value
    FROM bought b JOIN calendar c USING (day)
    GROUP BY ALL
),
buyer AS (
    SELECT *, sum(orders) OVER (PARTITION BY grain, pid ORDER BY idx) AS upto FROM so_far
),
in_period AS (
    SELECT b.grain, b.idx, p.segment, p.segment_value,
        count(*) AS buyers,
        count(*) FILTER (b.upto >= 2) AS repeat_buyers,
        sum(b.orders) AS orders,
        sum(b.value) AS order_revenue,
        coalesce(sum(b.value) FILTER (p.first_day < t.start), 0) AS returning_revenue
    FROM buyer b JOIN person p USING (pid) JOIN period t USING (grain, idx)
    GROUP BY ALL
),
recent AS (
    SELECT t.grain, t.idx, b.pid, sum(b.orders) AS orders
    FROM bought b JOIN boundary t ON b.day <= t.day AND b.day > t.day - getvariable('loyal_window')
    GROUP BY ALL
),
in_window AS (
    SELECT t.grain, t.idx, p.segment, p.segment_value,
        count(*) AS window_buyers,
        count(*) FILTER (t.orders >= 2) AS window_repeat_buyers,
        count(*) FILTER (t.orders >= getvariable('loyal_orders')) AS loyal
    FROM recent t JOIN person p USING (pid)
    GROUP BY ALL
),
filled AS (
    SELECT p.grain, p.segment, p.segment_value, p.start AS period,
        coalesce(i.buyers, 0) AS buyers, coalesce(i.repeat_buyers, 0) AS repeat_buyers,
        coalesce(w.window_buyers, 0) AS window_buyers, coalesce(w.window_repeat_buyers, 0) AS window_repeat_buyers,
        coalesce(w.loyal, 0) AS loyal,
        coalesce(i.orders, 0) AS orders, coalesce(i.order_revenue, 0) AS order_revenue,
        coalesce(i.returning_revenue, 0) AS returning_revenue,
        p.is_complete AND coalesce(
            b.day - getvariable('loyal_window') + 1 >= getvariable('history_start'), true) AS is_complete
    FROM segment_period p
    JOIN boundary b USING (grain, idx)
    LEFT JOIN in_period i ON i.grain = p.grain AND i.idx = p.idx
        AND i.segment = p.segment AND i.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN in_window w ON w.grain = p.grain AND w.idx = p.idx
        AND w.segment = p.segment AND w.segment_value IS NOT DISTINCT FROM p.segment_value
)
SELECT grain, segment, segment_value, period,
    buyers, repeat_buyers, rate(repeat_buyers, buyers) AS repeat_purchase_ratio,
    window_buyers, window_repeat_buyers,
    rate(window_repeat_buyers, window_buyers) AS window_repeat_purchase_ratio,
    loyal, rate(loyal, window_buyers) AS loyal_customer_rate,
    orders, rate(orders, buyers) AS orders_per_customer,
    order_revenue, average(order_revenue, orders) AS average_order_value,
    returning_revenue, rate(returning_revenue, order_revenue) AS returning_revenue_share,
    is_complete
FROM filled;
