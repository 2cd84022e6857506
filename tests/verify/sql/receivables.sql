-- What was paid of invoices where payments tell, by day; what is paid before the invoice counts on its day.
CREATE TABLE receipt AS
SELECT customer_id, invoice_id, day, sum(value) OVER (PARTITION BY customer_id, invoice_id ORDER BY day) AS value
FROM (
    SELECT customer_id, invoice_id, greatest(p.day, i.day) AS day, CAST(sum(p.value) AS HUGEINT) AS value
    FROM payments p JOIN invoices i USING (customer_id, invoice_id)
    GROUP BY ALL
);

-- The first day at whose end nothing is left of an invoice.
CREATE TABLE settled AS
WITH moment AS (
    SELECT customer_id, invoice_id, day FROM invoices
    UNION SELECT customer_id, invoice_id, day FROM receipt
),
rest AS (
    SELECT m.*, i.value, i.value - coalesce(r.value, 0) AS rest
    FROM moment m JOIN invoices i USING (customer_id, invoice_id)
    ASOF LEFT JOIN receipt r
        ON r.customer_id = m.customer_id AND r.invoice_id = m.invoice_id AND r.day <= m.day
)
SELECT customer_id, invoice_id, min(day) AS paid
FROM rest WHERE CASE WHEN value < 0 THEN rest >= 0 ELSE rest <= 0 END
GROUP BY ALL;

-- Invoices and credit notes with the day of payment, as far as it is known.
CREATE TABLE invoice AS
SELECT who_of(i.customer_id) AS who, i.customer_id, i.invoice_id, i.day, i.due, i.value, i.value < 0 AS is_credit,
    CASE WHEN getvariable('has_payments') THEN s.paid
        WHEN i.paid < getvariable('as_of') THEN greatest(i.paid, i.day)
    END AS paid
FROM invoices i LEFT JOIN settled s ON s.customer_id = i.customer_id AND s.invoice_id = i.invoice_id;

CREATE TABLE owed AS
SELECT s.segment, s.segment_value, i.* FROM invoice i JOIN slot s USING (who);

CREATE TABLE receivable_period AS
WITH span AS (
    SELECT o.segment, o.segment_value, c.grain, min(c.idx) AS first_idx FROM owed o JOIN calendar c USING (day)
    GROUP BY ALL
)
SELECT s.segment, s.segment_value, p.*, b.day AS close, CAST(b.day - p.start + 1 AS INTEGER) AS days
FROM span s JOIN period p ON p.grain = s.grain AND p.idx >= s.first_idx
JOIN boundary b ON b.grain = p.grain AND b.idx = p.idx;

-- What is left of each invoice at the end of a day, of another sign where more was paid.
CREATE MACRO left_of(paid, value, received, day) AS
    CASE WHEN getvariable('has_payments') THEN value - coalesce(received, 0)
        WHEN coalesce(paid > day, true) THEN value
        ELSE 0
    END;

CREATE TABLE left_at AS
WITH looked AS (
    SELECT p.grain, p.idx, p.segment, p.segment_value, p.close, o.*
    FROM receivable_period p JOIN owed o ON o.segment = p.segment
        AND o.segment_value IS NOT DISTINCT FROM p.segment_value AND o.day <= p.close
    WHERE getvariable('has_payments') OR coalesce(o.paid > p.close, true)
),
rest AS (
    SELECT l.*, left_of(l.paid, l.value, r.value, l.close) AS rest
    FROM looked l ASOF LEFT JOIN receipt r
        ON r.customer_id = l.customer_id AND r.invoice_id = l.invoice_id AND r.day <= l.close
)
SELECT grain, idx, segment, segment_value, close, who, due, is_credit, rest,
    CASE WHEN is_credit THEN least(rest, 0) ELSE greatest(rest, 0) END AS open,
    CASE WHEN getvariable('has_payments') THEN rest <> 0 AND (rest < 0) = is_credit ELSE true END AS is_open
FROM rest;

-- What is open at the close of each period, and at its opening.
CREATE TABLE open_at AS
SELECT grain, idx, segment, segment_value,
    coalesce(sum(open) FILTER (NOT is_credit), 0) AS receivables,
    count(*) FILTER (NOT is_credit AND is_open) AS open_invoices,
    coalesce(sum(open) FILTER (NOT is_credit AND due >= close), 0) AS not_due,
    coalesce(sum(open) FILTER (NOT is_credit AND close - due BETWEEN 1 AND 30), 0) AS overdue_1_30,
    coalesce(sum(open) FILTER (NOT is_credit AND close - due BETWEEN 31 AND 60), 0) AS overdue_31_60,
    coalesce(sum(open) FILTER (NOT is_credit AND close - due BETWEEN 61 AND 90), 0) AS overdue_61_90,
    coalesce(sum(open) FILTER (NOT is_credit AND close - due > 90), 0) AS overdue_over_90,
    coalesce(sum(-open) FILTER (is_credit), 0) AS open_credits,
    coalesce(sum(abs(rest - open)), 0) AS overpaid
FROM left_at
GROUP BY ALL;

CREATE TABLE open_before AS
WITH looked AS (
    SELECT p.grain, p.idx, p.segment, p.segment_value, p.start - 1 AS opening, o.*
    FROM receivable_period p JOIN owed o ON o.segment = p.segment
        AND o.segment_value IS NOT DISTINCT FROM p.segment_value AND o.day < p.start
    WHERE NOT is_credit AND (getvariable('has_payments') OR coalesce(o.paid >= p.start, true))
)
SELECT l.grain, l.idx, l.segment, l.segment_value,
    sum(greatest(left_of(l.paid, l.value, r.value, l.opening), 0)) AS receivables
FROM looked l ASOF LEFT JOIN receipt r
    ON r.customer_id = l.customer_id AND r.invoice_id = l.invoice_id AND r.day <= l.opening
GROUP BY ALL;

CREATE TABLE in_credit AS
SELECT grain, idx, segment, segment_value, count(*) AS customers
FROM (
    SELECT grain, idx, segment, segment_value, who FROM left_at
    GROUP BY ALL HAVING sum(open) < 0
)
GROUP BY ALL;

CREATE TABLE sold_on_credit AS
SELECT c.grain, c.idx, o.segment, o.segment_value, sum(value) AS credit_sales, count(*) AS invoices
FROM owed o JOIN calendar c USING (day) WHERE NOT is_credit
GROUP BY ALL;

CREATE TABLE paid_in AS
SELECT c.grain, c.idx, o.segment, o.segment_value,
    count(*) AS paid,
    avg(o.paid - o.day) AS mean_days_to_pay,
    count(*) FILTER (o.paid > o.due) AS paid_late,
    avg(o.paid - o.due) FILTER (o.paid > o.due) AS mean_days_late
FROM owed o JOIN calendar c ON c.day = o.paid WHERE NOT is_credit
GROUP BY ALL;

CREATE TABLE receivables AS
WITH joined AS (
    SELECT p.*, coalesce(b.receivables, 0) AS opening, coalesce(o.receivables, 0) AS closing,
        coalesce(s.credit_sales, 0) AS credit_sales, coalesce(s.invoices, 0) AS invoices,
        coalesce(n.customers, 0) AS customers_in_credit,
        coalesce(COLUMNS(o.* EXCLUDE (grain, idx, segment, segment_value, receivables)), 0),
        coalesce(d.paid, 0) AS paid, coalesce(d.paid_late, 0) AS paid_late, d.mean_days_to_pay, d.mean_days_late
    FROM receivable_period p
    LEFT JOIN open_at o ON o.grain = p.grain AND o.idx = p.idx
        AND o.segment = p.segment AND o.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN open_before b ON b.grain = p.grain AND b.idx = p.idx
        AND b.segment = p.segment AND b.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN in_credit n ON n.grain = p.grain AND n.idx = p.idx
        AND n.segment = p.segment AND n.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN sold_on_credit s ON s.grain = p.grain AND s.idx = p.idx
        AND s.segment = p.segment AND s.segment_value IS NOT DISTINCT FROM p.segment_value
    LEFT JOIN paid_in d ON d.grain = p.grain AND d.idx = p.idx
        AND d.segment = p.segment AND d.segment_value IS NOT DISTINCT FROM p.segment_value
),
-- The period of each row down to which the newest credit sales add up to the receivables.
counted_back AS (
    SELECT r.grain, r.idx, r.segment, r.segment_value, r.closing, b.days, b.credit_sales,
        sum(b.credit_sales) OVER w - b.credit_sales AS newer_sales,
        sum(b.days) OVER w - b.days AS newer_days
    FROM joined r JOIN joined b ON b.grain = r.grain AND b.segment = r.segment
        AND b.segment_value IS NOT DISTINCT FROM r.segment_value AND b.idx <= r.idx
    WINDOW w AS (PARTITION BY r.grain, r.idx, r.segment, r.segment_value ORDER BY b.idx DESC)
),
countback AS (
    SELECT grain, idx, segment, segment_value,
        newer_days + days * CAST(closing - newer_sales AS DOUBLE) / CAST(credit_sales AS DOUBLE) AS days
    FROM counted_back WHERE newer_sales < closing AND closing <= newer_sales + credit_sales
)
SELECT j.grain, j.segment, j.segment_value, j.start AS period, j.days,
    opening AS opening_receivables, closing AS receivables, open_invoices, credit_sales, invoices,
    rate(closing, credit_sales) * j.days AS dso,
    rate(opening + closing, 2 * credit_sales) * j.days AS dso_average,
    CASE WHEN closing = 0 THEN 0 ELSE b.days END AS dso_countback,
    rate(not_due, credit_sales) * j.days AS best_possible_dso,
    paid, mean_days_to_pay, paid_late, rate(paid_late, paid) AS late_share, mean_days_late,
    not_due AS current, overdue_1_30, overdue_31_60, overdue_61_90, overdue_over_90,
    open_credits, customers_in_credit, overpaid, is_complete
FROM joined j
LEFT JOIN countback b ON b.grain = j.grain AND b.idx = j.idx
    AND b.segment = j.segment AND b.segment_value IS NOT DISTINCT FROM j.segment_value;
