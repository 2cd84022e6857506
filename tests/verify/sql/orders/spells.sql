-- Activity days with the one before and the one after, and the number of each.
CREATE TABLE activity_day AS
SELECT pid, day,
    row_number() OVER w AS number,
    lag(day) OVER w AS previous,
    lead(day) OVER w AS following
FROM (SELECT DISTINCT pid, day FROM movement WHERE is_activity)
WINDOW w AS (PARTITION BY pid ORDER BY day);

CREATE VIEW bought_day AS SELECT pid, day FROM activity_day;

-- Spells of activity, from `day` to the day before `until`, the churn event; NULL where none is known.
CREATE TABLE spell AS
WITH first_day AS (
    SELECT pid, day, row_number() OVER (PARTITION BY pid ORDER BY day) AS spell
    FROM activity_day
    WHERE previous IS NULL OR day > previous + getvariable('lapse')
),
last_day AS (
    SELECT pid, day + getvariable('lapse') AS until, row_number() OVER (PARTITION BY pid ORDER BY day) AS spell
    FROM activity_day
    WHERE following IS NULL OR following > day + getvariable('lapse')
)
SELECT pid, spell, day, CASE WHEN until < getvariable('as_of') THEN until END AS until
FROM first_day JOIN last_day USING (pid, spell);
