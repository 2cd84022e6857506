//! What does not go together in a pipeline file.

use std::fmt;

use kohort_inputs::spec;
use kohort_model::{Basis, Input, Requires, Source};

/// Settings that do not go together; its text follows the key of one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// An input that has no use without another; its declaration says why.
    #[error("{0}")]
    Alone(&'static str),
    /// A list of texts without the column that has them: the input and the column.
    #[error(
        "lists texts of inputs.{0}.{1}, which is not set; set it to the column that holds them, or \
         remove the list"
    )]
    ListOfNoColumn(&'static str, &'static str),
    /// A switch without the column that it is about: the input and the column.
    #[error(
        "says how inputs.{0}.{1} is read, which is not set; set it to the column that holds it, or remove \
         this"
    )]
    SwitchOfNoColumn(&'static str, &'static str),
    /// `lost_reason` without lost orders.
    #[error(
        "says why an order was lost, but inputs.orders.lost is not set, so none is; list the \
         statuses that mean lost, or remove lost_reason"
    )]
    ReasonWithoutLost,
    /// `[state] path` beside `keep = false`.
    #[error("names a folder for what state.keep = false does not keep; remove one of them")]
    StateNotKept,
    /// `[state] path` that is a URL.
    #[error("is a URL, but the state lies on a disk; name a folder")]
    StateByUrl,
    /// `above` and `below` of one alert.
    #[error("stands beside above, but only one side can be bad; remove one of them")]
    TwoSides,
    /// `unusual` of an alert that has a limit.
    #[error(
        "stands beside a limit; remove one of them: a rate is held to a limit or to its own past"
    )]
    LimitAndUsual,
    /// The grain of an alert that is not asked for.
    #[error(
        "is not in calendar.grains, so no table has rows of it; add it there or choose another"
    )]
    GrainNotAsked,
    /// A column without another that gives it a use: the input and that column.
    #[error(
        "has no use without inputs.{0}.{1}, which is not set; set that one too, or remove this"
    )]
    ColumnAlone(&'static str, &'static str),
    /// A column of what another input tells.
    #[error("tells the same as [inputs.{0}], and both can't hold; remove one of them")]
    ToldTwice(&'static str),
    /// `updated_at` with `rows = "lines"`: what the lines make, and several of these.
    #[error(
        "picks the latest row of an {one}, so it needs rows = \"{many}\"; with rows = \"lines\" all rows \
         of an {one} count"
    )]
    UpdatedLines {
        /// One of what the lines make.
        one: &'static str,
        /// Several.
        many: &'static str,
    },
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
    /// `[money]` with a history, which says it itself.
    #[error(
        "is for pipelines without orders and subscriptions; set scale and currency under the history's own \
         section and remove this"
    )]
    MoneyOfHistory,
    /// `plan` both as a key and as a segment.
    #[error("makes a segment named plan, but [segments] has one too; remove one of them")]
    TwoPlans,
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
    /// A setting without any of the inputs that give it an effect.
    #[error("{unmet}; {}", unmet.advice())]
    Unmet {
        /// What it would need.
        unmet: Unmet,
    },
    /// Any other setting that only orders have, with subscriptions.
    #[error("is for orders, but this pipeline follows subscriptions; remove it")]
    OrdersOnly,
}

/// What a pipeline would have to have: one of some sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// The sources, none of which it has; none where it lacks a history alone.
    pub requires: Requires,
    /// Whether it lacks a history, which has to be there too.
    pub lacks_history: bool,
    /// The history that it follows, if it follows one.
    pub basis: Option<Basis>,
}

impl Unmet {
    /// The sources that the pipeline could have with the history that it follows, and whether each is a
    /// history.
    fn possible(&self) -> Vec<(String, bool)> {
        let other = self.basis.map(|basis| match basis {
            Basis::Orders => Input::Subscriptions,
            Basis::Subscriptions => Input::Orders,
        });
        let name = |source: &Source| {
            let (Source::Input(input) | Source::Column(input, _)) = *source;
            let section = format!("[inputs.{}]", input.name());
            let name = match source {
                Source::Input(_) => section,
                Source::Column(_, column) => format!("{section} with {column}"),
            };
            (Some(input) != other).then_some((name, spec(input).is_history))
        };
        self.requires.0.iter().filter_map(name).collect()
    }

    /// What to do where a setting is unmet.
    fn advice(&self) -> &'static str {
        let may_be_met = self.lacks_history || !self.possible().is_empty();
        if may_be_met { "add it, or remove the setting" } else { "remove it" }
    }
}

impl fmt::Display for Unmet {
    /// `needs [inputs.invoices], or [inputs.surveys] with score`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let possible = self.possible();
        let names = |wanted: Option<bool>| -> Vec<String> {
            let of = possible.iter().filter(|(_, is)| wanted.is_none_or(|wanted| wanted == *is));
            of.map(|(name, _)| name.clone()).collect()
        };
        if !self.lacks_history {
            return match (self.basis, names(None)) {
                (Some(Basis::Subscriptions), names) if names.is_empty() => {
                    f.write_str("is about orders, but this pipeline follows subscriptions")
                }
                (Some(Basis::Orders), names) if names.is_empty() => {
                    f.write_str("is about subscriptions, but this pipeline follows orders")
                }
                (_, names) => write!(f, "needs {}", one_of(&names)),
            };
        }
        let (histories, others) = (names(Some(true)), names(Some(false)));
        let all = Requires::HISTORY.0.iter().map(|source| {
            let (Source::Input(input) | Source::Column(input, _)) = source;
            format!("[inputs.{}]", input.name())
        });
        let rest: Vec<String> = all.filter(|name| !histories.contains(name)).collect();
        match (&*histories, &*others) {
            ([], []) => write!(f, "needs {}", one_of(&rest)),
            (_, []) => write!(f, "needs {}", one_of(&histories)),
            ([], _) => write!(f, "needs {}, and beside it {}", one_of(&rest), one_of(&others)),
            _ => {
                let (own, rest) = (one_of(&histories), one_of(&rest));
                write!(f, "needs {own}, or {rest} and beside it {}", one_of(&others))
            }
        }
    }
}

/// `a, b, or c`.
fn one_of(names: &[String]) -> String {
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{}, or {last}", others.join(", ")),
    }
}
