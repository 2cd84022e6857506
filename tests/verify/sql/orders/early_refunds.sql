-- Refunds in a period of the finest grain before that of the customer's first order.
CREATE VIEW early_refund AS
SELECT e.customer_id, e.day
FROM event e
JOIN grain g ON g.rank = (SELECT min(rank) FROM grain)
JOIN calendar c ON c.grain = g.grain AND c.day = e.day
JOIN person p ON p.segment = 'all' AND p.customer_id = e.customer_id
JOIN calendar f ON f.grain = g.grain AND f.day = p.first_day
WHERE e.kind = 'refund' AND c.start < f.start;
