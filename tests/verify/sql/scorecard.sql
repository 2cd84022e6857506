-- Every headline rate as the tables have it. What was divided is money: counts are whole units of it.
CREATE MACRO units(count) AS CAST(count AS HUGEINT) * getvariable('minor_units');

CREATE TABLE headline AS
WITH retained AS (
    SELECT grain, segment, segment_value, period, is_complete,
        unnest([
            {'metric': 'retention_rate', 'value': retention_rate,
                'numerator': units(closing - new_at_close - entered_existing_at_close), 'denominator': units(opening)},
            {'metric': 'kept_rate', 'value': kept_rate, 'numerator': units(kept), 'denominator': units(opening)},
            {'metric': 'churn_rate', 'value': churn_rate, 'numerator': units(lost), 'denominator': units(opening)},
            {'metric': 'annualised_churn_rate', 'value': annualised_churn_rate, 'numerator': NULL, 'denominator': NULL},
            {'metric': 'yearly_kept_rate', 'value': yearly_kept_rate,
                'numerator': units(yearly_kept), 'denominator': units(yearly_opening)},
            {'metric': 'yearly_buyer_rate', 'value': yearly_buyer_rate,
                'numerator': units(yearly_buyers), 'denominator': units(yearly_opening)}
        ], recursive := true)
    FROM customer_retention
),
money AS (
    SELECT grain, segment, segment_value, period, is_complete,
        CAST(churned_revenue + contraction_revenue AS HUGEINT) AS gone,
        CAST(opening_revenue AS HUGEINT) AS opening,
        unnest([
            {'metric': 'gross_revenue_churn_rate', 'value': gross_revenue_churn_rate,
                'numerator': gone, 'denominator': opening},
            {'metric': 'net_revenue_churn_rate', 'value': net_revenue_churn_rate,
                'numerator': gone - expansion_revenue, 'denominator': opening},
            {'metric': 'gross_revenue_retention', 'value': gross_revenue_retention,
                'numerator': opening - gone, 'denominator': opening},
            {'metric': 'net_revenue_retention', 'value': net_revenue_retention,
                'numerator': opening - gone + expansion_revenue, 'denominator': opening},
            {'metric': 'existing_customer_growth_rate', 'value': existing_customer_growth_rate,
                'numerator': reactivated_revenue + expansion_revenue - gone, 'denominator': opening},
            {'metric': 'quick_ratio', 'value': quick_ratio,
                'numerator': new_revenue + reactivated_revenue + expansion_revenue, 'denominator': gone}
        ], recursive := true)
    FROM revenue_churn
),
-- Of subscriptions what is paid at the close: in a month, in a year, and by a customer.
recurring AS (
    SELECT grain, segment, segment_value, period, is_complete,
        unnest([
            {'metric': 'mrr', 'value': CAST(closing_revenue AS DOUBLE) / getvariable('minor_units'),
                'numerator': NULL, 'denominator': NULL},
            {'metric': 'arr', 'value': CAST(12 * closing_revenue AS DOUBLE) / getvariable('minor_units'),
                'numerator': NULL, 'denominator': NULL},
            {'metric': 'arpa', 'value': average_revenue_per_customer,
                'numerator': CAST(closing_revenue AS HUGEINT), 'denominator': units(closing_customers)}
        ], recursive := true)
    FROM revenue_churn WHERE getvariable('has_subscriptions')
),
back AS (
    SELECT grain, segment, segment_value, period, is_complete,
        unnest([
            {'metric': 'win_back_rate', 'value': win_back_rate,
                'numerator': units(won_back), 'denominator': units(lapsed_opening)},
            {'metric': 'reactivation_rate', 'value': reactivation_rate,
                'numerator': units(reactivated), 'denominator': units(inactive_opening)}
        ], recursive := true)
    FROM win_back WHERE breakdown = 'total'
),
loyal AS (
    SELECT grain, segment, segment_value, period, is_complete,
        unnest([
            {'metric': 'repeat_purchase_ratio', 'value': repeat_purchase_ratio,
                'numerator': units(repeat_buyers), 'denominator': units(buyers)},
            {'metric': 'loyal_customer_rate', 'value': loyal_customer_rate,
                'numerator': units(loyal), 'denominator': units(window_buyers)}
        ], recursive := true)
    FROM loyalty WHERE getvariable('has_orders')
),
sold AS (
    SELECT grain, segment, segment_value, period, is_complete, source || '_conversion_rate' AS metric,
        rate(sum(won), sum(won) + sum(lost)) AS value, units(sum(won)) AS numerator,
        units(sum(won) + sum(lost)) AS denominator
    FROM lost_sales WHERE breakdown = 'total' AND (source <> 'orders' OR getvariable('has_status'))
    GROUP BY ALL
),
visited AS (
    SELECT grain, segment, segment_value, period, is_complete, 'funnel_conversion_rate' AS metric,
        overall_conversion_rate AS value, units(entered) AS numerator, units(visitors) AS denominator
    FROM funnel WHERE step_number = getvariable('last_step')
),
filled AS (
    SELECT grain, segment, segment_value, period, is_complete,
        unnest([
            {'metric': 'cart_abandonment_rate', 'value': abandonment_rate,
                'numerator': units(abandoned), 'denominator': units(purchased + abandoned)},
            {'metric': 'cart_recovery_rate', 'value': recovery_rate,
                'numerator': units(recovered), 'denominator': units(abandoned)}
        ], recursive := true)
    FROM carts
),
returned AS (
    SELECT grain, segment, segment_value, period, is_mature AS is_complete, 'unit_return_rate' AS metric,
        unit_return_rate AS value, units(returned_units) AS numerator, units(sold_units) AS denominator
    FROM product_returns
    WHERE breakdown = 'total' AND attribution = 'order_date' AND getvariable('has_returns')
),
owed AS (
    SELECT grain, segment, segment_value, period, is_complete,
        unnest([
            {'metric': 'dso', 'value': dso, 'numerator': NULL, 'denominator': NULL},
            {'metric': 'late_share', 'value': late_share, 'numerator': units(paid_late), 'denominator': units(paid)}
        ], recursive := true)
    FROM receivables
),
recommended AS (
    SELECT grain, segment, segment_value, period, is_complete, 'nps' AS metric,
        nps AS value, units(promoters - detractors) AS numerator, units(responses) AS denominator
    FROM nps
)
FROM retained WHERE metric <> CASE WHEN getvariable('has_orders') THEN 'annualised_churn_rate' ELSE 'yearly_buyer_rate' END
UNION ALL BY NAME SELECT * EXCLUDE (gone, opening) FROM money
UNION ALL BY NAME FROM recurring
UNION ALL BY NAME FROM back
UNION ALL BY NAME FROM loyal
UNION ALL BY NAME FROM sold
UNION ALL BY NAME FROM visited
UNION ALL BY NAME FROM filled
UNION ALL BY NAME FROM returned
UNION ALL BY NAME FROM owed
UNION ALL BY NAME FROM recommended;

CREATE TABLE scorecard AS
WITH placed AS (
    SELECT h.*, c.idx, h.is_complete AND h.value IS NOT NULL AS is_past
    FROM headline h JOIN period c ON c.grain = h.grain AND c.start = h.period
),
compared AS (
    SELECT *,
        lag(value) OVER line AS previous_value,
        -- How many values there are before.
        count(*) FILTER (is_past) OVER (line ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS number
    FROM placed WINDOW line AS (PARTITION BY metric, grain, segment, segment_value ORDER BY idx)
),
stepped AS (
    SELECT metric, grain, segment, segment_value, number + 1 AS number, value,
        abs(value - lag(value) OVER (PARTITION BY metric, grain, segment, segment_value ORDER BY idx)) AS step
    FROM compared WHERE is_past
),
-- What is usual after so many values, by the last 24: an XmR chart's limits.
usual AS (
    SELECT metric, grain, segment, segment_value, number,
        avg(value) OVER (line ROWS BETWEEN 23 PRECEDING AND CURRENT ROW) AS middle,
        2.66 * avg(step) OVER (line ROWS BETWEEN 22 PRECEDING AND CURRENT ROW) + 1e-9 * abs(middle) AS reach
    FROM stepped WINDOW line AS (PARTITION BY metric, grain, segment, segment_value ORDER BY number)
),
held AS (
    SELECT c.*, t.threshold AS fixed, u.middle, u.reach,
        CASE WHEN t.threshold IS NULL AND u.middle IS NULL THEN NULL
            WHEN t.side = 'either' THEN CASE WHEN c.value >= u.middle THEN 'above' WHEN c.value < u.middle THEN 'below' END
            ELSE t.side
        END AS direction
    FROM compared c
    LEFT JOIN held_to t ON t.metric = c.metric AND coalesce(t.grain = c.grain, true)
    LEFT JOIN usual u ON t.threshold IS NULL AND u.number >= 8 AND u.number = c.number
        AND u.metric = c.metric AND u.grain = c.grain AND u.segment = c.segment
        AND u.segment_value IS NOT DISTINCT FROM c.segment_value
),
limited AS (
    SELECT *, coalesce(fixed, CASE direction WHEN 'above' THEN middle + reach WHEN 'below' THEN middle - reach END)
        AS threshold
    FROM held
)
SELECT metric, grain, segment, segment_value, period, value, numerator, denominator,
    CASE metric WHEN 'dso' THEN 'days' WHEN 'nps' THEN 'points'
        WHEN 'mrr' THEN 'currency' WHEN 'arr' THEN 'currency' WHEN 'arpa' THEN 'currency' ELSE 'ratio' END AS unit,
    previous_value,
    value - previous_value AS change,
    threshold, direction,
    CASE WHEN is_past AND threshold IS NOT NULL THEN
        CASE WHEN CASE direction WHEN 'above' THEN value > threshold ELSE value < threshold END
            THEN CASE WHEN fixed IS NULL THEN 'unusual' ELSE 'act' END
            ELSE 'ok' END
    END AS status,
    is_complete
FROM limited;

CREATE TABLE alerts AS
WITH latest AS (
    SELECT metric, grain, segment, segment_value, max(period) FILTER (is_complete AND value IS NOT NULL) AS period
    FROM scorecard GROUP BY ALL
)
SELECT s.* EXCLUDE (unit, is_complete), s.period = l.period AS is_latest
FROM scorecard s JOIN latest l ON l.metric = s.metric AND l.grain = s.grain AND l.segment = s.segment
    AND l.segment_value IS NOT DISTINCT FROM s.segment_value
WHERE s.status IN ('act', 'unusual');
