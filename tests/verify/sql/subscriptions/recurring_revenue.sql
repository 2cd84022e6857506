-- Monthly recurring revenue per customer at the close of each period, n, and at that of the
-- period w earlier, b.
CREATE TABLE compared AS
WITH share AS (
    SELECT s.grain, s.pid, s.idx, s.revenue AS n, 0::HUGEINT AS b FROM spend s WHERE s.revenue > 0
    UNION ALL
    SELECT s.grain, s.pid, s.idx + g.window_periods AS idx, 0::HUGEINT AS n, s.revenue AS b
    FROM spend s JOIN grain g USING (grain)
    WHERE s.revenue > 0
)
SELECT grain, idx, pid, sum(n) AS n, 0::HUGEINT AS n_credit, sum(b) AS b, 0::HUGEINT AS b_credit
FROM share
GROUP BY grain, idx, pid;

-- How many periods before its own a row's comparison begins.
CREATE MACRO compared_periods(w) AS w;
