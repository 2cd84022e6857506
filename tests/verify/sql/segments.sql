-- First and last period of each segment value with its periods in between.
CREATE TABLE segment_period AS
WITH seen AS (
    SELECT p.segment, p.segment_value, c.grain, min(c.idx) AS first_idx
    FROM person p JOIN calendar c ON c.day = p.first_day
    GROUP BY ALL
)
SELECT s.segment, s.segment_value, s.first_idx, p.*
FROM seen s JOIN period p ON p.grain = s.grain AND p.idx >= s.first_idx;

-- Lapse spells: from the churn event to the day before the next spell of activity.
CREATE TABLE lapse AS
SELECT pid, spell, until AS day, returned
FROM (SELECT *, lead(day) OVER (PARTITION BY pid ORDER BY spell) AS returned FROM spell)
WHERE until IS NOT NULL;
