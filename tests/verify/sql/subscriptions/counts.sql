-- What run.json counts of subscriptions beside the rows: input, part, name and number.
INSERT INTO counted
SELECT 'subscriptions', 'left_out', left_out, count(*) FROM span WHERE left_out IS NOT NULL GROUP BY ALL
UNION ALL SELECT NULL, 'events', 'subscriptions', count(DISTINCT (customer_id, subscription_id))
    FROM stand WHERE mrr > 0
UNION ALL SELECT NULL, 'events', 'customers', count(*) FROM person WHERE segment = 'all';
