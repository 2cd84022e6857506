CREATE TABLE cross_sell_customers AS
WITH repeated AS (
    SELECT *, row_number() OVER w > 1 AS is_repeat,
        -- Unit prices are compared without dividing; without units there is none.
        CASE WHEN units > 0 AND lag(units) OVER w > 0
            THEN CAST(value AS HUGEINT) * lag(units) OVER w - CAST(lag(value) OVER w AS HUGEINT) * units END AS step
    FROM item_order
    WINDOW w AS (PARTITION BY level, who, item ORDER BY place)
),
bought AS (
    SELECT level, who, item, count(*) OVER (PARTITION BY level, who) > 1 AS has_others,
        count(*) FILTER (is_repeat) AS repeat_purchases,
        count(*) FILTER (step > 0) AS upgrades,
        count(*) FILTER (step < 0) AS downgrades
    FROM repeated GROUP BY level, who, item
),
whole AS (
    SELECT level, who, CAST(NULL AS VARCHAR) AS item, bool_or(has_others) AS has_others,
        sum(repeat_purchases) AS repeat_purchases, sum(upgrades) AS upgrades, sum(downgrades) AS downgrades
    FROM bought GROUP BY level, who
)
SELECT s.segment, s.segment_value, b.level, b.item,
    count(*) AS customers,
    count(*) FILTER (has_others) AS with_others,
    rate(with_others, customers) AS with_others_rate,
    sum(b.repeat_purchases) AS repeat_purchases,
    sum(b.upgrades) AS upgrades,
    sum(b.downgrades) AS downgrades,
    rate(sum(b.upgrades), sum(b.repeat_purchases)) AS upgrade_rate
FROM (FROM bought UNION ALL FROM whole) b JOIN slot s USING (who)
GROUP BY s.segment, s.segment_value, b.level, b.item;
