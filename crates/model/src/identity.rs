//! Declarations of what balances in a table, and between tables.
//!
//! Rules are written in a small language, `closing = opening + new - churned where grain is month`,
//! which kohort-checks reads and applies.

use crate::Basis;

/// What holds in a table.
#[derive(Clone, Copy, Debug)]
pub struct Identities {
    /// The columns that are the same in rows that follow one another, so that a rule may name a
    /// column of the next row.
    pub group: &'static [&'static str],
    /// What holds in each row, or between a row and the next of its group.
    pub rules: &'static [&'static str],
    /// Rules of tables of one kind of history alone.
    pub of_basis: Option<OfBasis>,
    /// Whether counts and money of the values of a segment add up to those of everybody.
    pub additive: Additive,
    /// Columns that do not add up although others do.
    pub not_additive: &'static [&'static str],
    /// Sums of other rows, of this table or of another, that equal those of this one.
    pub sums: &'static [SumsOf],
}

/// Rules of tables of orders or of subscriptions alone.
#[derive(Clone, Copy, Debug)]
pub struct OfBasis {
    /// The kind of history.
    pub basis: Basis,
    /// What holds in each row.
    pub rules: &'static [&'static str],
}

/// Whether the values of a segment add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Additive {
    /// They do not.
    No,
    /// In all rows.
    Everywhere,
    /// In the rows of this condition.
    Where(&'static str),
}

/// Totals, and the parts that add up to them.
#[derive(Clone, Copy, Debug)]
pub struct SumsOf {
    /// Which rows of the table are the totals: a condition; empty for all.
    pub at: &'static str,
    /// How a total compares to the sum of its parts.
    pub compare: Compare,
    /// The table of the parts; empty for the table of the totals itself.
    pub table: &'static str,
    /// Which of its rows are: a condition; empty for all.
    pub over: &'static str,
    /// The columns that a total and its parts have in common.
    pub by: &'static [&'static str],
    /// The same columns as the parts call them; empty where they have the same names.
    pub part_by: &'static [&'static str],
    /// Whether a total without parts must be 0, and parts without a total too.
    pub is_complete: bool,
    /// Sums of columns of the totals, and the sums of columns that add up to them.
    pub columns: &'static [(&'static str, &'static str)],
    /// Of one kind of history alone.
    pub basis: Option<Basis>,
}

/// How two numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Compare {
    Equal,
    Different,
    AtMost,
    Below,
    AtLeast,
    Above,
}

/// The key columns of a table by segment and grain.
pub const BY_GRAIN: &[&str] = &["grain", "segment", "segment_value"];
/// The key columns of a table by segment, grain and period.
pub const BY_PERIOD: &[&str] = &["grain", "segment", "segment_value", "period"];

impl Identities {
    /// Nothing but that no key stands twice.
    pub const NONE: Self = Self {
        group: &[],
        rules: &[],
        of_basis: None,
        additive: Additive::No,
        not_additive: &[],
        sums: &[],
    };

    /// Rules of a table by segment, grain and period whose counts add up over segments.
    #[must_use]
    pub const fn by_grain(rules: &'static [&'static str]) -> Self {
        Self { group: BY_GRAIN, rules, additive: Additive::Everywhere, ..Self::NONE }
    }
}

impl SumsOf {
    /// The parts of a breakdown add up to the row of the total, wherever there are parts.
    #[must_use]
    pub const fn breakdown(
        over: &'static str,
        by: &'static [&'static str],
        columns: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self {
            at: "breakdown is total",
            compare: Compare::Equal,
            table: "",
            over,
            by,
            part_by: &[],
            is_complete: false,
            columns,
            basis: None,
        }
    }

    /// The rows of a period in another table, or in others of the same, add up to each of those `at`.
    #[must_use]
    pub const fn period(
        at: &'static str,
        table: &'static str,
        over: &'static str,
        columns: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self {
            at,
            compare: Compare::Equal,
            table,
            over,
            by: BY_PERIOD,
            part_by: &[],
            is_complete: true,
            columns,
            basis: None,
        }
    }
}
