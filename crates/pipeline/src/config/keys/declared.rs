//! Declarations of the keys of the pipeline file, but for those of inputs and of measures.

use super::KeyTable;

/// The tables with fixed keys, in the order in which messages and pages list them. A part of a name in
/// capitals stands for one that the user chooses.
pub(super) static DECLARED: &[KeyTable] = key_tables! {
    "" {
        "name": "text", "the file's name without its extension",
            "The name of the pipeline in run records, lineage and metrics.",
            "name = \"my-shop\"";
        "calendar": "section", "defaults of its keys",
            "Days, periods, and which days are known.",
            "[calendar]";
        "customers": "section", "defaults of its keys",
            "When a customer has left, and who is at risk.",
            "[customers]";
        "inputs": "section", "required",
            "The inputs: orders or subscriptions, and what there is beside them or without them.",
            "[inputs.orders]";
        "lookups": "section", "none",
            "Files of keys, in which expressions look values up.",
            "[lookups.products]";
        "money": "section", "defaults of its keys",
            "In what money is, in a pipeline without orders and subscriptions.",
            "[money]";
        "segments": "section", "defaults of its keys",
            "The break-downs of every table.",
            "[segments]";
        "revenue": "section", "defaults of its keys",
            "Settings of `revenue_churn` and `revenue_movements`.",
            "[revenue]";
        "alerts": "section", "defaults of its keys",
            "Thresholds of headline rates.",
            "[alerts]";
        "outputs": "section", "required",
            "Where the tables go, and which.",
            "[outputs]";
        "checks": "section", "defaults of its keys",
            "What must hold, or nothing is published.",
            "[checks]";
        "records": "section", "defaults of its keys",
            "Records of runs for other programs.",
            "[records]";
        "state": "section", "defaults of its keys",
            "What is kept of the inputs from run to run.",
            "[state]";
    }
    "calendar" {
        "timezone": "time zone", "`\"UTC\"`",
            "IANA name of the zone in which a day begins; timestamps with a zone are converted to it.",
            "timezone = \"Europe/Berlin\"";
        "naive_times": "time zone", "`timezone`; INT96 times: UTC",
            "The zone of timestamps without a zone, in all inputs that name none themselves.",
            "naive_times = \"UTC\"";
        "week_start": "weekday", "`\"monday\"`",
            "The first day of a week.",
            "week_start = \"sunday\"";
        "fiscal_year_start": "month, 1 to 12", "`1`",
            "The month in which years, and with them quarters, start.",
            "fiscal_year_start = 4";
        "grains": "list of grains", "`[\"month\"]`",
            "The lengths of periods that tables have rows for: `day`, `week`, `month`, `quarter`, `year`.",
            "grains = [\"month\", \"week\"]";
        "as_of": "date", "the day after the newest order; with subscriptions the day after the newest start, end or cancellation; with neither the day after the newest day of all inputs",
            "The first day that is not known: rows on or after it are left out.",
            "as_of = 2025-01-01";
        "history_start": "date", "none: all of the history is there",
            "The first day of the extract, where the business is older: rows before it are left out, and whoever is first seen within the lapse window after it is not counted as new.",
            "history_start = 2022-01-01";
        "max_k": "integer, 0 to 100000", "none for month, quarter and year; `400` for day and week",
            "The largest `k` that `cohort_retention` has rows for.",
            "max_k = 24";
    }
    "customers" {
        "lapse_after_days": "days, 1 to 36500, or `\"auto\"`", "`90`",
            "Orders only: a customer has left when so many days have passed without an order; `\"auto\"` measures it (the 90th percentile of the gaps between orders).",
            "lapse_after_days = 120";
        "activity": "`\"sales\"` or `\"any\"`", "`\"sales\"`",
            "Orders only: what makes and keeps a customer: orders of a value of zero or more, or with `\"any\"` refunds too.",
            "activity = \"any\"";
        "reactivation_gap_days": "days, 0 to 36500", "`0`",
            "Subscriptions only: who pays again after a gap of at most so many days has never left.",
            "reactivation_gap_days = 14";
    }
    "lookups" {
        "NAME": "table", "none",
            "A lookup of this name: `LOOKUP(NAME.column, key)` in an expression is what the column has in the row of that key. A name has letters, digits and underscores, and begins with a letter.",
            "products = { path = \"products.parquet\", key = \"sku\" }";
    }
    "lookups.NAME" {
        "path": "path, or list of paths", "required",
            "The Parquet files that hold the rows: a file, a folder, a glob, a URL of an object store, or a list of them; relative to the pipeline file.",
            "path = \"products.parquet\"";
        "key": "SQL expression: integer or text", "required",
            "The key of a row, which no other row has; rows in which it is NULL are never found.",
            "key = \"sku\"";
        "where": "SQL expression", "all rows",
            "A condition: only rows for which it is true are there to be found.",
            "where = \"is_current\"";
        "unknown_keys": "`\"warn\"`, `\"error\"` or `\"ignore\"`", "`\"warn\"`",
            "What follows from rows in which a key is looked for that no row has.",
            "unknown_keys = \"error\"";
    }
    "money" {
        "scale": "integer, 0 to 18", "`2`",
            "The decimal places of money: 2 for cents. A history says it under its own section.",
            "scale = 2";
        "currency": "ISO 4217 code", "none: amounts have no currency name",
            "The currency of all amounts. A history says it under its own section.",
            "currency = \"USD\"";
    }
    "segments" {
        "max_segment_values": "integer, 1 to 65535", "`1000`",
            "The most values that one segment may have; more end the run.",
            "max_segment_values = 5000";
        "NAME": "SQL expression or table", "none",
            "A segment of this name: an expression, or a table with `column` and `at`. A name has letters, digits and underscores, begins with a letter, and is not `all`.",
            "country = \"Country\"";
    }
    "segments.NAME" {
        "column": "SQL expression", "required",
            "The value; missing or empty is `(none)`.",
            "column = \"Country\"";
        "at": "`\"first\"` or `\"order\"`", "`\"first\"`",
            "Whether a customer has one value, that of the first order, or each order counts under its own.",
            "at = \"order\"";
    }
    "revenue" {
        "window": "text such as `\"12 months\"`, or a table by grain", "with orders a year: 12 months, 4 quarters, 52 weeks, 365 days; with subscriptions one period of the grain",
            "How long a time `revenue_churn` compares with as long a time before it; grains that it is no whole number of keep the default.",
            "window = \"12 months\"";
    }
    "alerts" {
        "METRIC": "table", "built in: `churn_rate` by month, with subscriptions `above = 0.07`, with orders `unusual = \"above\"`",
            "A threshold of the headline rate of this name (docs/tables/scorecard.md lists them).",
            "churn_rate = { above = 0.05, grain = \"month\" }";
    }
    "alerts.METRIC" {
        "above": "number", "this, `below` or `unusual` is required",
            "The value above which the rate is bad.",
            "above = 0.05";
        "below": "number", "this, `above` or `unusual` is required",
            "The value below which the rate is bad.",
            "below = 0.3";
        "unusual": "`above`, `below` or `either`", "this, `above` or `below` is required",
            "The side on which the rate leaves the usual range of its own past: of the last 24 complete periods, 8 at least.",
            "unusual = \"either\"";
        "grain": "grain", "every grain",
            "The grain that the threshold is for; one of `[calendar] grains`.",
            "grain = \"month\"";
    }
    "outputs" {
        "path": "path", "required",
            "The folder that the runs are published to, or the URL of one on an object store.",
            "path = \"tables\"";
        "tables": "list of tables and patterns", "every table that the inputs offer, without those on request",
            "The tables to publish: names, patterns, and either with a `+` in front for what they are made of too.",
            "tables = [\"cohort_*\", \"+alerts\", \"customers\"]";
        "format": "`\"parquet\"`, `\"hive\"` or `\"delta\"`", "`\"parquet\"`",
            "How the tables lie in the output.",
            "format = \"hive\"";
        "partition_by": "key column", "`\"grain\"`",
            "The column that divides the tables; only with `format = \"hive\"`.",
            "partition_by = \"grain\"";
        "keep_runs": "integer, 1 to 10000", "`7`",
            "How many runs stay, the newest ones and the current one.",
            "keep_runs = 30";
    }
    "checks" {
        "max_rejected": "share, 0 to 1", "`0.01`",
            "The share of rows of an input that may be rejected; more, and nothing is published.",
            "max_rejected = 0.001";
        "unknown_values": "`\"warn\"` or `\"error\"`", "`\"warn\"`",
            "What follows from a text of a list in this file that no row has.",
            "unknown_values = \"error\"";
        "allow_empty": "boolean", "`false`",
            "Whether a run publishes where the orders or subscriptions, without them any input, have no row and had some in the last run.",
            "allow_empty = true";
        "earliest": "date", "none; a gap of more than 1,096 days in the oldest rows is a warning",
            "Rows before this day are rejected as `before_earliest`.",
            "earliest = 2009-01-01";
        "unique_order_ids": "boolean, or table with `severity`", "`false`",
            "Whether a repeated (`customer_id`, `order_id`) fails the run; only with `rows = \"orders\"`.",
            "unique_order_ids = true";
        "identities": "boolean, or table with `severity`", "`false`",
            "Whether the sums of every table must balance.",
            "identities = true";
        "columns": "section", "none",
            "Checks of columns, by input and name.",
            "[checks.columns.orders]";
        "rows": "section", "none",
            "Checks of the number of rows against the last run, by input.",
            "[checks.rows.orders]";
        "freshness": "section", "none",
            "Checks of the age of the newest row, by input.",
            "[checks.freshness.orders]";
    }
    "checks.unique_order_ids" {
        "severity": "`\"warn\"` or `\"error\"`", "`\"error\"`",
            "Whether the run ends or warns where it does not hold.",
            "severity = \"warn\"";
    }
    "checks.columns.INPUT.COLUMN" {
        "column": "SQL expression", "the column of the table's name",
            "What is looked at, where it is not a plain column.",
            "column = \"Quantity * UnitPrice\"";
        "type": "`\"text\"`, `\"integer\"`, `\"decimal\"`, `\"float\"`, `\"boolean\"`, `\"date\"` or `\"timestamp\"`", "none; this, `max_null_share` or `accepted` is required",
            "The type that it has in every file, of any width.",
            "type = \"text\"";
        "max_null_share": "share, 0 to 1", "not checked",
            "The share of the rows in which it may be NULL.",
            "max_null_share = 0.01";
        "accepted": "list of texts", "not checked",
            "The texts that it may have.",
            "accepted = [\"DE\", \"FR\", \"GB\"]";
        "max_other_share": "share, 0 to 1", "`0`",
            "The share of the rows in which it may have another text; needs `accepted`.",
            "max_other_share = 0.001";
        "severity": "`\"warn\"` or `\"error\"`", "`\"error\"`",
            "Whether the run ends or warns where it does not hold.",
            "severity = \"warn\"";
    }
    "checks.rows.INPUT" {
        "max_drop": "share, 0 to 1", "not checked; this or `max_growth` is required",
            "The share of the last run's rows by which they may be fewer.",
            "max_drop = 0.2";
        "max_growth": "number from 0", "not checked; this or `max_drop` is required",
            "The share of the last run's rows by which they may be more; 1 is twice as many.",
            "max_growth = 3.0";
        "severity": "`\"warn\"` or `\"error\"`", "`\"error\"`",
            "Whether the run ends or warns where it does not hold.",
            "severity = \"warn\"";
    }
    "checks.freshness.INPUT" {
        "max_age_days": "days, 0 to 36500", "required",
            "How many days old the newest row may be on the day of the run.",
            "max_age_days = 2";
        "severity": "`\"warn\"` or `\"error\"`", "`\"error\"`",
            "Whether the run ends or warns where it does not hold.",
            "severity = \"warn\"";
    }
    "records" {
        "lineage": "path or http address", "none",
            "Where OpenLineage events go: a file that they are appended to, or an address.",
            "lineage = \"lineage.jsonl\"";
        "lineage_namespace": "text", "`\"kohort\"`",
            "The namespace of the pipeline's name in lineage events.",
            "lineage_namespace = \"warehouse\"";
        "prometheus": "path ending in `.prom`", "none",
            "The file of metrics for node_exporter.",
            "prometheus = \"shop.prom\"";
    }
    "state" {
        "path": "path", "`.state` in the output; none where the output is on an object store",
            "The folder for what runs keep of what they read, on this machine.",
            "path = \"/var/lib/kohort/my-shop\"";
        "keep": "boolean", "`true`",
            "Whether anything is kept: with `false` every run reads every file.",
            "keep = false";
    }
};
