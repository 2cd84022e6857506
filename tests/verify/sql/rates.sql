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
