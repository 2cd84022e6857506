-- Rows that a table does not count, as run.json has them beside it.
CREATE VIEW omitted AS
SELECT 'cohort_retention' AS of_table, 'refunds_before_cohort' AS name, count(*) AS n FROM early_refund
UNION ALL
SELECT 'win_back',
    CASE WHEN c.day >= p.first_day THEN 'contacts_while_active' ELSE 'contacts_before_first_activity' END,
    count(*)
FROM contacts c LEFT JOIN person p ON p.segment = 'all' AND p.customer_id = c.customer_id
WHERE NOT EXISTS (
    FROM lapse l WHERE l.pid = p.pid AND c.day >= l.day AND c.day <= coalesce(l.returned, getvariable('as_of') - 1)
)
GROUP BY ALL
UNION ALL
SELECT 'churn_reasons', 'answers_near_no_churn_event', count(*)
FROM surveys s
WHERE s.reason <> 'unknown' AND NOT EXISTS (
    FROM parting l JOIN person p USING (pid)
    WHERE p.segment = 'all' AND p.customer_id = s.customer_id
        AND s.day >= l.last_day - getvariable('survey_window') AND s.day <= l.day + getvariable('survey_window')
)
UNION ALL
SELECT 'nps', 'answers_without_score', count(*) FROM surveys WHERE score IS NULL
UNION ALL
SELECT 'carts', 'events_without_cart', count(*) FROM touch WHERE number IS NOT NULL AND cart_id IS NULL
UNION ALL
SELECT 'funnel', 'events_without_first_step', count(*)
FROM touch t
WHERE t.number IS NOT NULL AND NOT EXISTS (
    FROM touch f WHERE f.who = t.who AND f.visitor_id = t.visitor_id AND f.number = 1
)
UNION ALL
SELECT 'churn_indicators', 'engagement_of_no_customer', count(*)
FROM engagement e ANTI JOIN (SELECT customer_id FROM person WHERE segment = 'all') USING (customer_id);
