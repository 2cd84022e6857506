//! What does not go together in a pipeline file.

/// Settings that do not go together; its text follows the key of one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// What is set has no use without another setting; the declaration of the input says which.
    #[error("{0}")]
    Alone(&'static str),
    /// `lost_reason` without lost orders.
    #[error(
        "says why an order was lost, but inputs.orders.lost is not set, so none is; list the \
         statuses that mean lost, or remove lost_reason"
    )]
    ReasonWithoutLost,
    /// `[lost_sales] reasons` without an input that tells any.
    #[error(
        "renames the reasons of lost sales, but no input tells any; set inputs.orders.lost_reason \
         or inputs.opportunities.reason to the column that holds them, or remove reasons"
    )]
    ReasonsWithoutReason,
    /// `[lost_sales] stages` without the stages of opportunities.
    #[error(
        "lists the stages of opportunities, but inputs.opportunities.stage is not set; set it to \
         the column that holds them, or remove stages"
    )]
    StagesWithoutStage,
    /// `[lost_sales]` without an input that tells of sales.
    #[error(
        "is about sales that were nearly made, but no input tells of any; add \
         [inputs.opportunities] or set inputs.touchpoints.cart_id, or remove it"
    )]
    SalesOfNobody,
    /// `[funnel]` without touchpoints.
    #[error("is about visitors, but no input tells of any; add [inputs.touchpoints] or remove it")]
    FunnelOfNobody,
    /// `[carts]` without touchpoints that name carts.
    #[error(
        "is about carts, but no input tells of any; set inputs.touchpoints.cart_id to the column \
         that tells them apart, or remove it"
    )]
    CartsOfNobody,
    /// `[product_returns]` without returns.
    #[error(
        "is about goods that came back, but no input tells of any; add [inputs.returns] or remove \
         it"
    )]
    ReturnsOfNobody,
    /// `[product_returns] reasons` without the reasons of returns.
    #[error(
        "renames the texts of inputs.returns.reason, which is not set; set it to the column that \
         holds them, or remove reasons"
    )]
    ReasonsOfReturns,
    /// `[receivables]` without invoices.
    #[error("is about invoices, but no input tells of any; add [inputs.invoices] or remove it")]
    InvoicesOfNobody,
    /// `[cross_sell]` without lines of orders.
    #[error(
        "is about what is bought together, but no input tells what orders are made of; add \
         [inputs.order_lines] or remove it"
    )]
    LinesOfNobody,
    /// `[state] path` beside `keep = false`.
    #[error("names a folder for what state.keep = false does not keep; remove one of them")]
    StateNotKept,
    /// `[state] path` that is a URL.
    #[error("is a URL, but the state lies on a disk; name a folder")]
    StateByUrl,
    /// `above` and `below` of one alert.
    #[error("stands beside above, but only one side can be bad; remove one of them")]
    TwoSides,
    /// The grain of an alert that is not asked for.
    #[error(
        "is not in calendar.grains, so no table has rows of it; add it there or choose another"
    )]
    GrainNotAsked,
    /// `updated_at` with `rows = "lines"`.
    #[error(
        "picks the latest row of an order, so it needs rows = \"orders\"; with rows = \"lines\" \
         all rows of an order count"
    )]
    UpdatedLines,
    /// `unique_order_ids` with `rows = "lines"`.
    #[error(
        "makes a repeated order id an error, so it needs rows = \"orders\"; with rows = \"lines\" \
         the lines of an order share its id"
    )]
    UniqueLines,
    /// `rates` without `currency`.
    #[error(
        "converts amounts, but currency does not stand beside it to say from which; set it to the \
         column that holds each row's currency"
    )]
    RatesWithoutCurrency,
    /// `currency` that is no code, without `rates`.
    #[error(
        "is not a code of three capital letters such as GBP; for a column of currencies set rates \
         too, to a table of date, currency and rate"
    )]
    CurrencyWithoutRates,
    /// `as_of` on or before `history_start`.
    #[error("is not before calendar.as_of, so no day would be known")]
    NothingKnown,
    /// `calibration_end` outside `history_start` and `as_of`.
    #[error(
        "is not between calendar.history_start and calendar.as_of, so there would be nothing to \
         fit models to before it, or nothing to test them on after it"
    )]
    NothingCalibrated,
    /// `[inputs.orders]` and `[inputs.subscriptions]`.
    #[error(
        "is a second history, but a pipeline follows orders or subscriptions; keep one of \
         [inputs.orders] and [inputs.subscriptions] and write a second pipeline file for the \
         other"
    )]
    TwoHistories,
    /// `plan` both as a key and as a segment.
    #[error("makes a segment named plan, but [segments] has one too; remove one of them")]
    TwoPlans,
    /// `[churn_reasons] reasons` without an input that tells any.
    #[error(
        "renames the reasons of customers who left, but no input tells any; add [inputs.surveys] \
         with reason or, with subscriptions, set their cancel_reason, or remove reasons"
    )]
    ReasonsOfNobody,
    /// `lapse_after_days` with subscriptions.
    #[error(
        "is for orders, but a subscriber leaves on the first day that is not paid; remove it, or \
         set reactivation_gap_days to overlook short gaps"
    )]
    LapseOfSubscriptions,
    /// `reactivation_gap_days` with orders.
    #[error(
        "is for subscriptions, but this pipeline follows orders; remove it, or set \
         lapse_after_days to say when a customer has left"
    )]
    GapOfOrders,
    /// `partition_by` without `format = "hive"`.
    #[error(
        "names the column that divides tables, but outputs.format is not \"hive\"; set it so, or \
         remove partition_by"
    )]
    PartitionsOfFiles,
    /// `partition_by` where no table can be divided.
    #[error(
        "names the column that divides tables, but no table asked for has a text, a date or a \
         whole number in its key; remove it, or ask for other tables"
    )]
    NoPartitions,
    /// `format = "delta"` on an object store.
    #[error(
        "is \"delta\", but outputs.path is on an object store, where Kohort writes no Delta log; \
         write to a folder, or set it to \"parquet\" or \"hive\""
    )]
    DeltaOnStore,
    /// `timezone` of an input without times.
    #[error("tells in which zone times are, but the rows of this input have no time; remove it")]
    TimezoneWithoutTimes,
    /// A check of an input that the pipeline does not have.
    #[error("is about an input that this pipeline does not have; add it to [inputs] or remove it")]
    CheckOfNoInput,
    /// `max_other_share` without `accepted`.
    #[error(
        "is about texts that are not accepted, but accepted is not set; list it or remove this"
    )]
    OtherShareWithoutAccepted,
    /// Freshness of rows without a time.
    #[error("asks how old the newest row is, but the rows of this input have no time; remove it")]
    FreshnessWithoutTime,
    /// Any other setting that only orders have, with subscriptions.
    #[error("is for orders, but this pipeline follows subscriptions; remove it")]
    OrdersOnly,
}
