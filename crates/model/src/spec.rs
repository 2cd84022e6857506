//! Declarations of measures and tables, from which all else about them is derived: which tables a
//! pipeline offers, their settings, pictures, identities, headline rates and reference pages.

use std::sync::Arc;

use crate::calc::Formula;
use crate::{
    Context, Headline, Identities, Input, Measure, Omission, Settings, SettingsSection,
    TableSchema, View,
};

/// A measure, and the tables that it makes.
pub struct MeasureSpec {
    /// The tables that one fold makes, in the order in which it gives them.
    pub tables: &'static [TableSpec],
    /// Optional inputs of its fold, beside orders or subscriptions. Later passes skip the rows of all others.
    pub reads: &'static [Input],
    /// What is carried for it beside customer, day and value of orders.
    pub carries: Carries,
    /// How often it looks at every customer.
    pub passes: Passes,
    /// The sections of the pipeline file that it is set by; measures may share one.
    pub settings: &'static [&'static SettingsSection],
    /// What of it can be computed from numbers that are typed in, as `kohort calc` does.
    pub formulas: &'static [Formula],
    /// The measure with nothing counted.
    pub start: fn(Arc<Context>, &Settings) -> Box<dyn Measure>,
}

impl MeasureSpec {
    /// A measure of orders or subscriptions alone, without settings, which looks at every customer
    /// once; a declaration names what differs.
    pub const PLAIN: Self = Self {
        tables: &[],
        reads: &[],
        carries: Carries::NOTHING,
        passes: Passes::One,
        settings: &[],
        formulas: &[],
        start: |_, _| unreachable!("a declaration names its measure"),
    };
}

/// What is carried of each row for the sake of a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carries {
    /// Orders that were lost or are open: by instant, reason and id.
    pub attempts: bool,
    /// Why subscriptions ended.
    pub endings: bool,
}

impl Carries {
    /// Nothing more.
    pub const NOTHING: Self = Self { attempts: false, endings: false };
}

/// How often a measure looks at every customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passes {
    /// Once.
    One,
    /// Once, and then again to write a row for each ([`crate::CustomerTable`]).
    ThenRows,
    /// Twice: the second fold counts what the first has found to matter.
    Two,
}

/// A table.
pub struct TableSpec {
    /// Its columns and key.
    pub schema: &'static TableSchema,
    /// Whether it is about customers, so that a pipeline without orders and subscriptions does not offer it.
    pub needs_history: bool,
    /// The inputs without which a pipeline does not offer it.
    pub requires: Requires,
    /// Whether a pipeline that offers it writes it unasked.
    pub written: Written,
    /// How it is drawn.
    pub view: View,
    /// What balances in it, and between it and other tables.
    pub identities: Identities,
    /// Its headline rates, which `scorecard` collects.
    pub headlines: &'static [Headline],
    /// Rows that it does not count.
    pub omissions: &'static [Omission],
}

impl TableSpec {
    /// A table that every pipeline of orders or subscriptions offers and writes, drawn column by column; a
    /// declaration names its schema and what differs.
    #[must_use]
    pub const fn of(schema: &'static TableSchema) -> Self {
        Self {
            schema,
            needs_history: true,
            requires: Requires::NOTHING,
            written: Written::ByDefault,
            view: View::PLAIN,
            identities: Identities::NONE,
            headlines: &[],
            omissions: &[],
        }
    }
}

/// Whether a table is written without being named in `[outputs] tables`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Wherever the pipeline offers it.
    ByDefault,
    /// Where the pipeline has one of these; otherwise it says little.
    Where(Requires),
    /// Where the pipeline declares checks.
    WithChecks,
    /// Never: it has a row for each customer, and may be as large as the input.
    OnRequest,
}

/// Something that a pipeline may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An input.
    Input(Input),
    /// A column of an input, where the pipeline maps it.
    Column(Input, &'static str),
}

/// What has to be there: one of some sources. Of none, nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requires(pub &'static [Source]);

impl Requires {
    /// Nothing has to be there.
    pub const NOTHING: Self = Self(&[]);
    /// Orders, not subscriptions.
    pub const ORDERS: Self = Self(&[Source::Input(Input::Orders)]);
    /// A history: orders or subscriptions.
    pub const HISTORY: Self =
        Self(&[Source::Input(Input::Orders), Source::Input(Input::Subscriptions)]);
    /// Subscriptions, not orders.
    pub const SUBSCRIPTIONS: Self = Self(&[Source::Input(Input::Subscriptions)]);

    /// Whether a pipeline satisfies it; `has` tells of one source whether the pipeline has it.
    pub fn is_met(self, has: impl FnMut(&Source) -> bool) -> bool {
        self.0.is_empty() || self.0.iter().any(has)
    }
}
