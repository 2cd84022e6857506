-- A rate is NULL unless its denominator is above zero.
CREATE MACRO rate(numerator, denominator) AS
    CASE WHEN denominator > 0 THEN CAST(numerator AS DOUBLE) / CAST(denominator AS DOUBLE) END;

-- Money per head in whole currency units.
CREATE MACRO average(money, heads) AS
    CASE WHEN heads > 0 THEN CAST(money AS DOUBLE) / CAST(heads * getvariable('minor_units') AS DOUBLE) END;

-- amount * numerator / denominator of an amount of zero or more, rounded half away from zero.
CREATE MACRO rounded_share(amount, numerator, denominator) AS
    CASE WHEN denominator > 0 THEN
        (2 * CAST(amount AS HUGEINT) * CAST(numerator AS HUGEINT) + CAST(denominator AS HUGEINT))
        // (2 * CAST(denominator AS HUGEINT))
    END;

CREATE MACRO cause_rank(cause) AS CASE cause WHEN 'voluntary' THEN 0 WHEN 'involuntary' THEN 1 ELSE 2 END;

-- Bounds of Wilson's interval for x of n: n > 0, z for 95 %.
CREATE MACRO wilson_half(x, n, z) AS z * sqrt((x / n) * (1 - x / n) / n + z * z / (4.0 * n * n)) / (1 + z * z / n);
CREATE MACRO wilson_low(x, n, z := 1.959963984540054) AS
    (x / n + z * z / (2.0 * n)) / (1 + z * z / n) - wilson_half(x, n, z);
CREATE MACRO wilson_high(x, n, z := 1.959963984540054) AS
    (x / n + z * z / (2.0 * n)) / (1 + z * z / n) + wilson_half(x, n, z);

-- Bounds of x / n - y / m by Newcombe's method 10.
CREATE MACRO newcombe_low(x, n, y, m) AS CASE WHEN n > 0 AND m > 0 THEN
    x / n - y / m - sqrt(pow(x / n - wilson_low(x, n), 2) + pow(wilson_high(y, m) - y / m, 2)) END;
CREATE MACRO newcombe_high(x, n, y, m) AS CASE WHEN n > 0 AND m > 0 THEN
    x / n - y / m + sqrt(pow(wilson_high(x, n) - x / n, 2) + pow(y / m - wilson_low(y, m), 2)) END;
