-- Whom the further inputs tell of: customers, prospects and visitors, and the segment values of each.

CREATE MACRO who_of(customer_id) AS 'c' || CAST(customer_id AS VARCHAR);

-- The customer of a visitor: the one that identities names, else that of its earliest event with one.
CREATE TABLE visitor AS
WITH named AS (
    SELECT visitor_id, min(customer_id) AS customer_id FROM identities GROUP BY visitor_id
),
seen AS (
    SELECT visitor_id, first(customer_id ORDER BY instant, customer_id) AS customer_id
    FROM touchpoints WHERE customer_id IS NOT NULL
    GROUP BY visitor_id
)
SELECT visitor_id, coalesce(n.customer_id, s.customer_id) AS customer_id
FROM named n FULL JOIN seen s USING (visitor_id);

-- What visitors did, with the number of the step where it is one of the funnel.
CREATE TABLE touch AS
SELECT coalesce(who_of(coalesce(t.customer_id, v.customer_id)), 'v' || CAST(t.visitor_id AS VARCHAR)) AS who,
    t.visitor_id, t.instant, t.day, s.number, t.cart_id, t.value
FROM touchpoints t LEFT JOIN visitor v USING (visitor_id) LEFT JOIN funnel_step s USING (step);

CREATE TABLE everyone AS
SELECT DISTINCT who FROM (
    SELECT who FROM touch WHERE number IS NOT NULL
    UNION ALL
    SELECT who_of(customer_id) FROM (
        SELECT customer_id FROM known_person
        UNION ALL SELECT customer_id FROM surveys
        UNION ALL SELECT customer_id FROM opportunities
        UNION ALL SELECT customer_id FROM order_lines
        UNION ALL SELECT customer_id FROM returns
        UNION ALL SELECT customer_id FROM invoices
        UNION ALL SELECT customer_id FROM engagement
    )
) WHERE who IS NOT NULL;

-- Each of them once for everybody and once for each segment value that it has.
CREATE TABLE slot AS
WITH valued AS (
    SELECT segment, who_of(customer_id) AS who, segment_value FROM own_value
    UNION ALL
    SELECT segment, who_of(customer_id), segment_value FROM ordered_value
)
SELECT s.*, p.pid
FROM (
    SELECT 'all' AS segment, CAST(NULL AS VARCHAR) AS segment_value, who FROM everyone
    UNION ALL
    SELECT k.segment, coalesce(v.segment_value, '(none)'), e.who
    FROM everyone e CROSS JOIN segment_kind k LEFT JOIN valued v USING (segment, who)
) s
LEFT JOIN person p ON p.segment = s.segment AND p.segment_value IS NOT DISTINCT FROM s.segment_value
    AND who_of(p.customer_id) = s.who;
