-- What only orders have, empty, for the tables that are made of several sources.
CREATE TABLE order_attempt AS
SELECT segment, segment_value, '' AS who, day, false AS is_customer, '' AS kind, CAST(0 AS HUGEINT) AS value,
    '' AS reason, day AS lost_day, false AS is_recovered
FROM paying WHERE false;

CREATE TABLE loyalty AS
SELECT '' AS grain, segment, segment_value, day AS period, 0 AS buyers, 0 AS repeat_buyers,
    0.0 AS repeat_purchase_ratio, 0 AS window_buyers, 0 AS loyal, 0.0 AS loyal_customer_rate, false AS is_complete
FROM paying WHERE false;

CREATE VIEW early_refund AS SELECT customer_id, day FROM paying WHERE false;
