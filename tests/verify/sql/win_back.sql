-- Contacts in the order in which they follow each other; those to people without any order have no pid.
CREATE TABLE contact AS
SELECT p.pid, p.segment, p.segment_value, c.*,
    row_number() OVER (PARTITION BY p.pid ORDER BY c.day, c.is_withheld, c.campaign, c.strategy) AS place
FROM contacts c LEFT JOIN person p USING (customer_id);

-- A contact within each of its breakdowns.
CREATE MACRO broken_down(campaign, strategy) AS [
    {'breakdown': 'total', 'breakdown_value': CAST(NULL AS VARCHAR)},
    {'breakdown': 'campaign', 'breakdown_value': campaign},
    {'breakdown': 'strategy', 'breakdown_value': strategy}
];

CREATE TABLE contact_count AS
WITH reached AS (
    SELECT 'all' AS segment, CAST(NULL AS VARCHAR) AS segment_value, day, campaign, strategy FROM contacts
    UNION ALL
    SELECT segment, segment_value, day, campaign, strategy FROM contact WHERE segment <> 'all'
),
each AS (
    SELECT segment, segment_value, day, unnest(broken_down(campaign, strategy), recursive := true) FROM reached
)
SELECT c.grain, c.idx, e.segment, e.segment_value, e.breakdown, e.breakdown_value, count(*) AS contacts
FROM each e JOIN calendar c USING (day)
GROUP BY ALL;

-- The last contact of each lapse spell and period within each breakdown. One on the day of
-- return comes before it, one on the day of the churn event after that.
CREATE TABLE attribution AS
WITH within AS (
    SELECT l.pid, l.spell, l.returned, c.day, c.place, c.is_withheld, c.campaign, c.strategy,
        max(c.place) OVER (PARTITION BY l.pid, l.spell) AS last_place
    FROM lapse l JOIN contact c
        ON c.pid = l.pid AND c.day >= l.day AND c.day <= coalesce(l.returned, getvariable('as_of') - 1)
),
each AS (
    SELECT *, unnest(broken_down(campaign, strategy), recursive := true) FROM within
),
last AS (
    SELECT e.*, c.grain, c.idx
    FROM each e JOIN calendar c USING (day)
    QUALIFY row_number() OVER (PARTITION BY c.grain, c.idx, pid, spell, breakdown, breakdown_value
        ORDER BY place DESC) = 1
),
judged AS (
    SELECT *,
        coalesce(place = last_place AND returned <= day + getvariable('attribution_window'), false) AS is_converted,
        returned IS NULL AND day + getvariable('attribution_window') >= getvariable('as_of') AS is_open
    FROM last
)
SELECT j.grain, j.idx, p.segment, p.segment_value, j.breakdown, j.breakdown_value,
    count(*) FILTER (NOT is_withheld) AS contacted,
    count(*) FILTER (NOT is_withheld AND is_converted) AS converted,
    count(*) FILTER (is_withheld) AS holdout,
    count(*) FILTER (is_withheld AND is_converted) AS holdout_converted,
    count(*) FILTER (is_open) AS attribution_open
FROM judged j JOIN person p USING (pid)
GROUP BY ALL;

-- Of those who had left when a period began: who came back in it, and what that brought.
CREATE TABLE return_count AS
WITH lapsed AS (
    SELECT p.grain, p.idx, l.*, l.returned < p.stop AS is_back
    FROM lapse l JOIN period p ON l.day < p.start AND coalesce(l.returned >= p.start, true)
)
SELECT l.grain, l.idx, p.segment, p.segment_value,
    count(*) AS lapsed_opening,
    count(*) FILTER (is_back) AS won_back,
    median(l.returned - l.day) FILTER (is_back) AS median_days_lapsed
FROM lapsed l JOIN person p USING (pid)
GROUP BY ALL;

CREATE TABLE again_count AS
SELECT c.grain, c.idx, p.segment, p.segment_value, count(*) AS spells_again
FROM lapse l JOIN calendar c USING (day) JOIN person p USING (pid)
WHERE l.spell > 1
GROUP BY ALL;

CREATE TABLE won_back_revenue AS
WITH won_back AS (
    SELECT p.grain, p.idx, l.pid, l.returned
    FROM lapse l JOIN period p ON l.day < p.start AND l.returned >= p.start AND l.returned < p.stop
)
SELECT w.grain, w.idx, p.segment, p.segment_value, sum(m.revenue) AS revenue
FROM won_back w
JOIN person p USING (pid)
JOIN earned m ON m.pid = w.pid AND m.grain = w.grain AND m.idx = w.idx AND (m.day IS NULL OR m.day >= w.returned)
GROUP BY ALL;

-- Prospects who have been silent for long when a period begins, and those of them who then begin.
CREATE TABLE prospect_count AS
WITH prospect AS (
    SELECT c.customer_id, min(c.day) AS seen, any_value(p.first_day) AS first_day
    FROM prospects c LEFT JOIN person p ON p.segment = 'all' AND p.customer_id = c.customer_id
    GROUP BY c.customer_id
)
SELECT p.grain, p.idx, count(*) AS inactive, count(*) FILTER (c.first_day < p.stop) AS activated
FROM prospect c
JOIN period p ON c.seen < p.start - getvariable('prospect_after') AND coalesce(c.first_day >= p.start, true)
GROUP BY ALL;

CREATE TABLE win_back AS
WITH place AS (
    SELECT p.*, 'total' AS breakdown, CAST(NULL AS VARCHAR) AS breakdown_value FROM segment_period p
    UNION ALL BY NAME
    SELECT p.*, c.breakdown, c.breakdown_value
    FROM segment_period p JOIN contact_count c
        ON c.grain = p.grain AND c.idx = p.idx AND c.segment = p.segment
            AND c.segment_value IS NOT DISTINCT FROM p.segment_value
    WHERE c.breakdown <> 'total'
),
joined AS (
    SELECT p.*, p.breakdown = 'total' AS is_total,
        getvariable('has_prospects') AND p.breakdown = 'total' AND p.segment = 'all' AS has_prospects,
        coalesce(r.lapsed_opening, 0) AS lapsed, coalesce(r.won_back, 0) AS back,
        r.median_days_lapsed,
        coalesce(m.revenue, 0) AS revenue,
        coalesce(a.spells_again, 0) AS again,
        coalesce(i.inactive, 0) AS inactive, coalesce(i.activated, 0) AS activated,
        coalesce(n.contacts, 0) AS contacts,
        coalesce(t.contacted, 0) AS contacted, coalesce(t.converted, 0) AS converted,
        coalesce(t.holdout, 0) AS holdout, coalesce(t.holdout_converted, 0) AS holdout_converted,
        coalesce(t.attribution_open, 0) AS attribution_open
    FROM place p
    LEFT JOIN return_count r ON r.grain = p.grain AND r.idx = p.idx
        AND r.segment = p.segment AND r.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN again_count a ON a.grain = p.grain AND a.idx = p.idx
        AND a.segment = p.segment AND a.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN won_back_revenue m ON m.grain = p.grain AND m.idx = p.idx
        AND m.segment = p.segment AND m.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN prospect_count i ON i.grain = p.grain AND i.idx = p.idx
    LEFT JOIN contact_count n ON n.grain = p.grain AND n.idx = p.idx
        AND n.segment = p.segment AND n.segment_value IS NOT DISTINCT FROM p.segment_value
        AND n.breakdown = p.breakdown AND n.breakdown_value IS NOT DISTINCT FROM p.breakdown_value
    LEFT JOIN attribution t ON t.grain = p.grain AND t.idx = p.idx
        AND t.segment = p.segment AND t.segment_value IS NOT DISTINCT FROM p.segment_value
        AND t.breakdown = p.breakdown AND t.breakdown_value IS NOT DISTINCT FROM p.breakdown_value
)
SELECT grain, segment, segment_value, start AS period, breakdown, breakdown_value,
    CASE WHEN is_total THEN lapsed END AS lapsed_opening,
    CASE WHEN is_total THEN back END AS won_back,
    CASE WHEN is_total THEN rate(back, lapsed) END AS win_back_rate,
    CASE WHEN is_total THEN revenue END AS won_back_revenue,
    CASE WHEN is_total THEN median_days_lapsed END AS median_days_lapsed,
    CASE WHEN is_total THEN again END AS spells_again,
    CASE WHEN has_prospects THEN lapsed + inactive END AS inactive_opening,
    CASE WHEN has_prospects THEN back + activated END AS reactivated,
    CASE WHEN has_prospects THEN rate(back + activated, lapsed + inactive) END AS reactivation_rate,
    CASE WHEN getvariable('has_contacts') THEN COLUMNS([
        'contacts', 'contacted', 'converted', 'holdout', 'holdout_converted', 'attribution_open']) END,
    CASE WHEN getvariable('has_contacts') THEN rate(converted, contacted) END AS conversion_rate,
    CASE WHEN getvariable('has_contacts') THEN rate(holdout_converted, holdout) END AS holdout_conversion_rate,
    rate(converted, contacted) - rate(holdout_converted, holdout) AS uplift,
    newcombe_low(converted, contacted, holdout_converted, holdout) AS uplift_low,
    newcombe_high(converted, contacted, holdout_converted, holdout) AS uplift_high,
    is_complete,
    CASE WHEN getvariable('has_contacts') THEN
        is_complete AND stop + getvariable('attribution_window') <= getvariable('as_of') END AS attribution_is_complete
FROM joined;
