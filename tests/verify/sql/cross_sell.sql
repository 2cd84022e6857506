-- Items of each level, with the orders of a customer in their order.
CREATE TABLE placed_order AS
SELECT customer_id, order_id,
    row_number() OVER (PARTITION BY customer_id ORDER BY min(instant), order_id) AS place
FROM order_lines GROUP BY customer_id, order_id;

CREATE TABLE item_line AS
SELECT v.level, v.item, who_of(l.customer_id) AS who, o.place,
    row_number() OVER (PARTITION BY v.level, l.customer_id
        ORDER BY l.instant, l.order_id, l.category, l.product) AS line,
    l.units, l.value
FROM order_lines l
JOIN placed_order o USING (customer_id, order_id)
CROSS JOIN LATERAL (VALUES ('category', l.category), ('product', l.product)) v(level, item)
WHERE CASE v.level WHEN 'category' THEN getvariable('has_category') ELSE getvariable('has_line_product') END;

-- An order that holds an item, with what was paid for it.
CREATE TABLE item_order AS
SELECT level, who, place, item, sum(units) AS units, sum(value) AS value FROM item_line GROUP BY ALL;

-- The first item of a customer, and the first other one in a later order, order by order; NULL where there is none.
CREATE TABLE next_item AS
WITH first_item AS (
    SELECT level, who, item, place FROM item_line WHERE line = 1
)
SELECT f.level, f.who, f.item, first(n.item ORDER BY n.place, n.line) AS other_item
FROM first_item f LEFT JOIN item_line n
    ON n.level = f.level AND n.who = f.who AND n.place > f.place AND n.item <> f.item
GROUP BY ALL;

-- Baskets that hold an item, and pairs of them, in each relation.
CREATE TABLE basket_item AS
SELECT DISTINCT 'customer' AS relation, level, who, 0 AS place, item FROM item_order
UNION ALL
SELECT 'order', level, who, place, item FROM item_order;

CREATE TABLE basket AS
SELECT s.segment, s.segment_value, b.relation, b.level, count(DISTINCT (who, place)) AS baskets
FROM basket_item b JOIN slot s USING (who)
GROUP BY ALL;

-- How many baskets have an item: of next customers have it, whenever they bought it.
CREATE TABLE frequent AS
WITH counted AS (
    SELECT s.segment, s.segment_value, b.relation, b.level, b.item, count(*) AS n
    FROM basket_item b JOIN slot s USING (who)
    GROUP BY ALL
)
SELECT c.*, b.baskets
FROM counted c JOIN basket b ON b.relation = c.relation AND b.level = c.level AND b.segment = c.segment
    AND b.segment_value IS NOT DISTINCT FROM c.segment_value
WHERE c.n >= 2 AND c.n >= getvariable('min_support') * b.baskets
QUALIFY row_number() OVER (PARTITION BY c.segment, c.segment_value, c.relation, c.level
    ORDER BY c.n DESC, c.item) <= getvariable('max_items');

CREATE TABLE pair AS
SELECT s.segment, s.segment_value, a.relation, a.level, a.item, b.item AS other_item, count(*) AS with_both
FROM basket_item a
JOIN basket_item b ON b.relation = a.relation AND b.level = a.level AND b.who = a.who AND b.place = a.place
    AND b.item <> a.item
JOIN slot s ON s.who = a.who
GROUP BY ALL
UNION ALL
SELECT s.segment, s.segment_value, 'next', n.level, n.item, n.other_item, count(*)
FROM next_item n JOIN slot s USING (who)
WHERE n.other_item IS NOT NULL
GROUP BY ALL;

CREATE TABLE next_count AS
SELECT s.segment, s.segment_value, n.level, n.side, n.item, count(*) AS n
FROM (
    SELECT level, who, 'item' AS side, item FROM next_item
    UNION ALL
    SELECT level, who, 'other_item', other_item FROM next_item WHERE other_item IS NOT NULL
) n JOIN slot s USING (who)
GROUP BY ALL;

CREATE TABLE cross_sell AS
WITH joined AS (
    SELECT p.*, a.baskets,
        CASE WHEN p.relation = 'next' THEN x.n ELSE a.n END AS with_item,
        CASE WHEN p.relation = 'next' THEN y.n ELSE b.n END AS with_other
    FROM pair p
    JOIN frequent a ON a.relation = CASE p.relation WHEN 'next' THEN 'customer' ELSE p.relation END
        AND a.level = p.level AND a.item = p.item
        AND a.segment = p.segment AND a.segment_value IS NOT DISTINCT FROM p.segment_value
    JOIN frequent b ON b.relation = a.relation AND b.level = p.level AND b.item = p.other_item
        AND b.segment = p.segment AND b.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN next_count x ON x.side = 'item' AND x.level = p.level AND x.item = p.item
        AND x.segment = p.segment AND x.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN next_count y ON y.side = 'other_item' AND y.level = p.level AND y.item = p.other_item
        AND y.segment = p.segment AND y.segment_value IS NOT DISTINCT FROM p.segment_value
)
SELECT segment, segment_value, level, relation, item, other_item, baskets, with_item, with_other, with_both,
    rate(with_both, baskets) AS support,
    rate(with_both, with_item) AS confidence,
    rate(CAST(with_both AS HUGEINT) * baskets, CAST(with_item AS HUGEINT) * with_other) AS lift
FROM joined
WHERE with_both >= 2 AND with_both >= getvariable('min_support') * baskets;
