-- Lines of orders and what came back of them, each with the day of its order.
CREATE TABLE order_day AS
SELECT customer_id, order_id, first(day ORDER BY instant) AS day FROM order_lines GROUP BY ALL;

CREATE TABLE goods AS
WITH category AS (
    SELECT customer_id, order_id, product, min(category) AS category FROM order_lines GROUP BY ALL
)
SELECT false AS is_return, o.day AS order_day, o.day, l.customer_id, l.order_id,
    l.product, l.category, CAST(NULL AS VARCHAR) AS reason, l.units, l.value
FROM order_lines l JOIN order_day o USING (customer_id, order_id)
UNION ALL
SELECT true, o.day, r.day, r.customer_id, r.order_id,
    r.product, coalesce(c.category, '(none)'), r.reason, r.units, r.value
FROM returns r
LEFT JOIN order_day o USING (customer_id, order_id)
LEFT JOIN category c USING (customer_id, order_id, product);

CREATE TABLE product_returns AS
WITH placed AS (
    SELECT 'order_date' AS attribution, order_day AS placed_on, * FROM goods WHERE order_day IS NOT NULL
    UNION ALL
    SELECT 'return_date', day, * FROM goods
),
each AS (
    SELECT *,
        unnest(
            [{'breakdown': 'total', 'breakdown_value': CAST(NULL AS VARCHAR)}]
            || CASE WHEN getvariable('has_category')
                THEN [{'breakdown': 'category', 'breakdown_value': category}] ELSE [] END
            || CASE WHEN getvariable('has_product')
                THEN [{'breakdown': 'product', 'breakdown_value': product}] ELSE [] END
            || CASE WHEN getvariable('has_return_reason') AND is_return
                THEN [{'breakdown': 'reason', 'breakdown_value': reason}] ELSE [] END,
            recursive := true)
    FROM placed
),
counted AS (
    SELECT c.grain, c.idx, s.segment, s.segment_value, e.attribution, e.breakdown, e.breakdown_value,
        coalesce(sum(units) FILTER (NOT is_return), 0) AS sold_units,
        count(DISTINCT (e.customer_id, e.order_id)) FILTER (NOT is_return) AS sold_orders,
        coalesce(sum(value) FILTER (NOT is_return), 0) AS sold_value,
        coalesce(sum(units) FILTER (is_return), 0) AS returned_units,
        count(DISTINCT (e.customer_id, e.order_id)) FILTER (is_return) AS returned_orders,
        coalesce(sum(value) FILTER (is_return), 0) AS returned_value,
        count(*) FILTER (order_day IS NULL) AS unmatched
    FROM each e JOIN calendar c ON c.day = e.placed_on JOIN slot s ON s.who = who_of(e.customer_id)
    GROUP BY ALL
),
span AS (
    SELECT grain, segment, segment_value, min(idx) AS first_idx FROM counted GROUP BY ALL
),
total AS (
    SELECT p.grain, p.idx, s.segment, s.segment_value, a.attribution,
        'total' AS breakdown, CAST(NULL AS VARCHAR) AS breakdown_value,
        coalesce(COLUMNS(c.* EXCLUDE (grain, idx, segment, segment_value, attribution, breakdown, breakdown_value)), 0)
    FROM span s
    JOIN period p ON p.grain = s.grain AND p.idx >= s.first_idx
    CROSS JOIN (VALUES ('order_date'), ('return_date')) a(attribution)
    LEFT JOIN counted c ON c.grain = p.grain AND c.idx = p.idx AND c.attribution = a.attribution
        AND c.breakdown = 'total' AND c.segment = s.segment AND c.segment_value IS NOT DISTINCT FROM s.segment_value
),
row AS (
    FROM total
    UNION ALL BY NAME
    FROM counted WHERE breakdown IN ('category', 'product')
    UNION ALL BY NAME
    SELECT c.* REPLACE (t.sold_units AS sold_units, t.sold_orders AS sold_orders, t.sold_value AS sold_value)
    FROM counted c JOIN total t ON t.grain = c.grain AND t.idx = c.idx AND t.attribution = c.attribution
        AND t.segment = c.segment AND t.segment_value IS NOT DISTINCT FROM c.segment_value
    WHERE c.breakdown = 'reason'
)
SELECT r.grain, r.segment, r.segment_value, p.start AS period, r.attribution, r.breakdown, r.breakdown_value,
    sold_units, sold_orders, sold_value, returned_units, returned_orders, returned_value,
    rate(returned_units, sold_units) AS unit_return_rate,
    rate(returned_orders, sold_orders) AS order_return_rate,
    rate(returned_value, sold_value) AS value_return_rate,
    CASE WHEN attribution = 'return_date' AND breakdown = 'total' THEN unmatched END AS unmatched,
    p.is_complete AND (attribution = 'return_date'
        OR p.stop + getvariable('mature_after') <= getvariable('as_of')) AS is_mature,
    p.is_complete
FROM row r JOIN period p USING (grain, idx);
