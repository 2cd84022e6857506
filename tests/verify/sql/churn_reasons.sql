-- Churn events with what was lost and, with subscriptions, the span that ended then.
CREATE TABLE churn_event AS
WITH answer AS (
    SELECT l.pid, l.spell, first(s.reason ORDER BY s.day DESC, s.reason) AS reason
    FROM parting l JOIN person p USING (pid) JOIN surveys s USING (customer_id)
    WHERE s.reason <> 'unknown'
        AND s.day >= l.last_day - getvariable('survey_window') AND s.day <= l.day + getvariable('survey_window')
    GROUP BY ALL
)
SELECT l.*,
    CASE WHEN l.reason <> 'unknown' THEN 'cancellation' WHEN a.reason IS NOT NULL THEN 'survey' ELSE 'none' END
        AS source,
    CASE WHEN l.reason <> 'unknown' THEN l.reason ELSE coalesce(a.reason, 'unknown') END AS told
FROM parting l LEFT JOIN answer a USING (pid, spell);

CREATE TABLE churn_reasons AS
WITH counted AS (
    SELECT p.segment, p.segment_value, c.grain, c.idx, e.source, e.told AS reason, e.cause,
        count(*) AS churned,
        sum(e.revenue) AS revenue_lost,
        count(e.cancelled) AS with_notice,
        sum(e.day - e.cancelled) AS notice_days
    FROM churn_event e JOIN person p USING (pid) JOIN calendar c USING (day)
    GROUP BY ALL
)
SELECT c.grain, c.segment, c.segment_value, p.start AS period, c.source, c.reason, c.cause,
    c.churned,
    sum(c.churned) OVER total AS churned_total,
    rate(c.churned, sum(c.churned) OVER total) AS churned_share,
    c.revenue_lost,
    sum(c.revenue_lost) OVER total AS revenue_lost_total,
    rate(c.revenue_lost, sum(c.revenue_lost) OVER total) AS revenue_lost_share,
    c.with_notice,
    CASE WHEN c.with_notice > 0 THEN c.notice_days / c.with_notice END AS mean_notice_days,
    p.is_complete
FROM counted c JOIN period p USING (grain, idx)
WINDOW total AS (PARTITION BY c.grain, c.segment, c.segment_value, c.idx);
