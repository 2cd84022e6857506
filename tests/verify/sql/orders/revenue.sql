-- Revenue per customer in the window of each period, n, and in the one before it, b. A period's
-- revenue counts as `now` in the w rows from its own on and as `before` in the w rows that
-- follow those.
CREATE TABLE compared AS
WITH share AS (
    SELECT s.grain, s.pid, unnest(range(s.idx, s.idx + g.window_periods)) AS idx,
        s.revenue AS now, 0::HUGEINT AS before
    FROM spend s JOIN grain g USING (grain)
    UNION ALL
    SELECT s.grain, s.pid, unnest(range(s.idx + g.window_periods, s.idx + 2 * g.window_periods)) AS idx,
        0::HUGEINT AS now, s.revenue AS before
    FROM spend s JOIN grain g USING (grain)
)
SELECT grain, idx, pid,
    greatest(sum(now), 0) AS n, greatest(-sum(now), 0) AS n_credit,
    greatest(sum(before), 0) AS b, greatest(-sum(before), 0) AS b_credit
FROM share
GROUP BY grain, idx, pid;

-- How many periods before its own a row's comparison begins: the first one of the window before.
CREATE MACRO compared_periods(w) AS 2 * w - 1;
