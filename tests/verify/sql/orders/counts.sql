-- What run.json counts of orders beside the rows: input, part, name and number.
INSERT INTO counted
WITH mixed AS (
    SELECT customer_id, order_id FROM kept GROUP BY ALL HAVING count(DISTINCT kind) > 1
),
refund AS (
    SELECT p.pid
    FROM event e LEFT JOIN person p ON p.segment = 'all' AND p.customer_id = e.customer_id
    WHERE e.kind = 'refund'
)
SELECT 'orders', 'left_out', 'superseded',
    CASE WHEN getvariable('is_latest') THEN count(*) - (SELECT count(*) FROM entry) ELSE 0 END
FROM kept
UNION ALL SELECT 'orders', 'rejected', 'mixed_status', count(*) FROM kept JOIN mixed USING (customer_id, order_id)
    WHERE getvariable('is_lines')
UNION ALL SELECT 'orders', 'left_out', left_out, count(*) FROM entry WHERE left_out IS NOT NULL GROUP BY ALL
UNION ALL SELECT 'orders', 'left_out', 'refund_without_order', count(*) FROM refund WHERE pid IS NULL
UNION ALL SELECT NULL, 'events', CASE WHEN kind IN ('order', 'refund') THEN kind || 's' ELSE kind END, count(*)
    FROM event GROUP BY ALL
UNION ALL SELECT NULL, 'events', 'customers', count(*) FROM person WHERE segment = 'all';
