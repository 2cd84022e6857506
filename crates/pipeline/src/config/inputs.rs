//! `[inputs]`: the history that a pipeline follows, if it follows one, and the inputs beside it, read as
//! they declare themselves.

use std::path::PathBuf;

use chrono_tz::Tz;
use kohort_inputs::INPUTS;
use kohort_model::{
    Basis, Input, InputColumn, InputSpec, InputSwitch, Presence, Scale, Switch, ValueKind,
};

use super::conflict::Conflict;
use super::error::ConfigError;
use super::section::{EXPRESSION, Item, Section};
use super::status::{ListedTexts, read_lists};
use super::{calendar, orders};

/// What the record of a run has in place of a history's name where there is none.
pub(crate) const NO_HISTORY: &str = "none";

/// The settings of the history that makes customers of people, and of its money, which is that of a pipeline
/// without a history too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    basis: Option<Basis>,
    rows: Rows,
    scale: Scale,
    currency: Currency,
}

/// What a row of orders is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// An order, or a state of one.
    Orders,
    /// A line; the lines of one `order_id` are one order.
    Lines,
}

impl History {
    /// Whether orders or subscriptions make customers; `None` where nothing does.
    #[must_use]
    pub fn basis(&self) -> Option<Basis> {
        self.basis
    }

    /// The input that has its rows, if there is one.
    #[must_use]
    pub fn input(&self) -> Option<Input> {
        self.basis.map(|basis| match basis {
            Basis::Orders => Input::Orders,
            Basis::Subscriptions => Input::Subscriptions,
        })
    }

    /// Its name in records of runs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.input().map_or(NO_HISTORY, Input::name)
    }

    /// The section of the pipeline file that says how many decimal places money has.
    #[must_use]
    pub fn money_section(&self) -> String {
        self.input().map_or_else(|| MONEY.to_owned(), |input| format!("inputs.{}", input.name()))
    }

    /// What a row of orders is.
    #[must_use]
    pub fn rows(&self) -> Rows {
        self.rows
    }

    /// Decimal places of money.
    #[must_use]
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// In which currency the amounts are.
    #[must_use]
    pub fn currency(&self) -> &Currency {
        &self.currency
    }
}

/// The section that says in what money is, where no history does.
const MONEY: &str = "money";

/// In which currency the amounts are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Currency {
    /// One that has no name.
    Unnamed,
    /// All in the currency of this ISO 4217 code.
    Code(String),
    /// Each row in its own, converted by the rate of its day.
    Converted {
        /// SQL expression of the row's currency.
        column: String,
        /// Parquet or CSV file with the columns date, currency and rate, absolute.
        rates: PathBuf,
    },
}

/// An input that a pipeline file has.
#[derive(Clone, Debug)]
pub struct MappedInput {
    /// How it declares itself.
    pub spec: &'static InputSpec,
    /// Files, folders and globs, absolute, at least one.
    pub paths: Vec<PathBuf>,
    /// The columns that are mapped, in the order of the declaration.
    pub columns: Vec<MappedColumn>,
    /// What it says of all its rows, in the order of the declaration.
    pub switches: Vec<&'static InputSwitch>,
    /// The rows that count, as an SQL condition; `None` for all.
    pub filter: Option<String>,
    /// The zone of its times without one; `None` where that of all inputs holds.
    pub timezone: Option<Tz>,
    /// Whether rows that are equal in all columns of the source count once.
    pub deduplicate: bool,
    /// Whether its rows are lines, several of which are one thing.
    pub are_lines: bool,
}

/// A column of an input, and where its values come from.
#[derive(Clone, Debug)]
pub struct MappedColumn {
    /// How it is declared.
    pub column: &'static InputColumn,
    /// SQL expression over the source's columns.
    pub expression: String,
    /// What lists in the pipeline file say of its texts, in the order of the declaration.
    pub lists: Vec<ListedTexts>,
}

impl MappedInput {
    /// Whether its rows are read in a way that is not so in every pipeline.
    #[must_use]
    pub fn is_on(&self, switch: Switch) -> bool {
        self.switches.iter().any(|on| on.switch == switch)
    }

    /// The column of this name, where it is mapped.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&MappedColumn> {
        self.columns.iter().find(|mapped| mapped.column.name == name)
    }
}

/// Every input of a pipeline.
#[derive(Clone, Debug)]
pub(super) struct Inputs {
    pub basis: History,
    /// In the order of the declarations.
    pub all: Vec<MappedInput>,
}

impl Inputs {
    /// Reads those that are there. `unique_order_ids` is that check, where it is on.
    pub fn read(
        root: &Section<'_>,
        unique_order_ids: Option<&Item<'_>>,
    ) -> Result<Self, ConfigError> {
        let inputs = root.table("inputs")?;
        let history = history(&inputs)?;
        let mut all = Vec::new();
        let mut basis = None;
        for spec in INPUTS {
            let name = spec.input.name();
            let Some(table) = inputs.optional_table(name)? else { continue };
            if let Some((other, alone)) =
                spec.beside.filter(|(i, _)| inputs.get(i.name()).is_none())
            {
                debug_assert_ne!(other, spec.input, "an input stands beside another");
                inputs.unused(name, Conflict::Alone(alone))?;
            }
            let input = read(&table, spec, &inputs)?;
            if Some(spec.input) == history {
                basis = Some(read_history(&table, &input, unique_order_ids)?);
            }
            all.push(input);
        }
        if all.is_empty() {
            return Err(ConfigError::NoInputs { at: inputs.at() });
        }
        let basis = match (basis, root.get(MONEY)) {
            (Some(_), Some(item)) => return Err(item.conflict(Conflict::MoneyOfHistory)),
            (Some(basis), None) => basis,
            (None, _) => read_money(&root.table(MONEY)?)?,
        };
        Ok(Self { basis, all })
    }

    /// The input, if it is there.
    pub fn get(&self, input: Input) -> Option<&MappedInput> {
        self.all.iter().find(|mapped| mapped.spec.input == input)
    }

    /// Whether it is there.
    pub fn has(&self, input: Input) -> bool {
        self.get(input).is_some()
    }

    /// Whether it is there and maps the column of this name.
    pub fn maps(&self, input: Input, column: &str) -> bool {
        self.get(input).is_some_and(|mapped| mapped.column(column).is_some())
    }
}

/// Which of the inputs is the history, of which there is one at most.
fn history(inputs: &Section<'_>) -> Result<Option<Input>, ConfigError> {
    let of_name = |name: &str| {
        let spec = INPUTS.into_iter().find(|spec| spec.input.name() == name);
        spec.filter(|spec| spec.is_history).map(|spec| spec.input)
    };
    let mut histories = inputs.items().filter_map(|(name, item)| Some((of_name(name)?, item)));
    let first = histories.next().map(|(history, _)| history);
    match histories.next() {
        Some((_, second)) => Err(second.conflict(Conflict::TwoHistories)),
        None => Ok(first),
    }
}

fn read_history(
    table: &Section<'_>,
    input: &MappedInput,
    unique_order_ids: Option<&Item<'_>>,
) -> Result<History, ConfigError> {
    let (basis, rows) = match input.spec.input {
        Input::Subscriptions => (Basis::Subscriptions, Rows::Orders),
        _ => (Basis::Orders, orders::read_rows(table, input, unique_order_ids)?),
    };
    let (basis, scale, currency) = (Some(basis), read_scale(table)?, read_currency(table)?);
    Ok(History { basis, rows, scale, currency })
}

/// What takes the place of a history where there is none.
fn read_money(money: &Section<'_>) -> Result<History, ConfigError> {
    let currency = match money.get("currency") {
        Some(item) => {
            let allowed = "a code of three capital letters such as \"GBP\"";
            let text = item.text(allowed)?;
            Currency::Code(if is_code(&text) { text } else { return Err(item.wrong(allowed)) })
        }
        None => Currency::Unnamed,
    };
    Ok(History { basis: None, rows: Rows::Orders, scale: read_scale(money)?, currency })
}

/// Whether a text is in the form of ISO 4217.
fn is_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase())
}

/// Reads an input's table, one of `inputs`.
fn read(
    table: &Section<'_>,
    spec: &'static InputSpec,
    inputs: &Section<'_>,
) -> Result<MappedInput, ConfigError> {
    let path = table.need("path", format!("a file, folder or glob that holds {}", spec.holds))?;
    let paths = path.paths("a path, or a list of paths, to files, folders or globs")?;
    let mut columns = Vec::new();
    for column in spec.columns {
        columns.extend(read_column(table, spec.input, column, inputs)?);
    }
    for mapped in &columns {
        let is_missing = |other: &&str| columns.iter().all(|c| c.column.name != *other);
        if let Some(other) = mapped.column.beside.filter(is_missing) {
            let conflict = Conflict::ColumnAlone(spec.input.name(), other);
            table.unused(mapped.column.name, conflict)?;
        }
    }
    let are_lines = read_lines(table, spec)?;
    let is_updated = columns.iter().any(|mapped| mapped.column.kind == ValueKind::Update);
    if let Some(latest) = spec.latest.as_ref().filter(|_| is_updated) {
        table.need(latest.by, "with updated_at it tells which rows are one")?;
    }
    let settled_by = INPUTS.into_iter().filter(|other| inputs.get(other.input.name()).is_some());
    let settled_by = settled_by.filter(|other| other.beside.is_some_and(|(i, _)| i == spec.input));
    for (other, settles) in settled_by.filter_map(|other| Some((other, other.settles.as_ref()?))) {
        let meaning = format!("it tells which of them [inputs.{}] is about", other.input.name());
        table.need(settles.by, meaning)?;
    }
    let mut switches = Vec::new();
    for switch in spec.switches {
        let is_on = table.get(switch.name).map_or(Ok(false), |item| item.boolean())?;
        let is_mapped =
            columns.iter().any(|mapped: &MappedColumn| mapped.column.name == switch.column);
        if is_on && !is_mapped {
            let conflict = Conflict::SwitchOfNoColumn(spec.input.name(), switch.column);
            table.unused(switch.name, conflict)?;
        }
        switches.extend(is_on.then_some(switch));
    }
    if spec.time().is_none() {
        table.unused("timezone", Conflict::TimezoneWithoutTimes)?;
    }
    let deduplicate = table.get("deduplicate").map_or(Ok(false), |item| item.boolean())?;
    let (filter, timezone) = (table.expression("where")?, calendar::zone(table, "timezone")?);
    Ok(MappedInput { spec, paths, columns, switches, filter, timezone, deduplicate, are_lines })
}

/// Whether the rows of an input are lines.
fn read_lines(table: &Section<'_>, spec: &InputSpec) -> Result<bool, ConfigError> {
    let (Some(lines), Some(item)) = (&spec.lines, table.get("rows")) else { return Ok(false) };
    let allowed = format!("\"{}\" or \"lines\"", lines.many);
    if !item.choice(&[(lines.many, false), ("lines", true)], allowed)? {
        return Ok(false);
    }
    table.unused("updated_at", Conflict::UpdatedLines { one: lines.one, many: lines.many })?;
    let meaning = format!("with rows = \"lines\" it tells which lines are one {}", lines.one);
    table.need(lines.by, meaning)?;
    Ok(true)
}

fn read_column(
    table: &Section<'_>,
    input: Input,
    column: &'static InputColumn,
    inputs: &Section<'_>,
) -> Result<Option<MappedColumn>, ConfigError> {
    let meaning = format!("an SQL expression that tells {}", column.meaning.replace('`', ""));
    let item = match column.presence {
        Presence::Required => Some(table.need(column.name, meaning)?),
        Presence::Unless(others) if others.iter().all(|other| table.get(other).is_none()) => {
            Some(table.need(column.name, format!("{meaning}; or set {}", others.join(" or ")))?)
        }
        Presence::UnlessInput(other) if inputs.get(other.name()).is_none() => {
            let meaning = format!("{meaning}; or add [inputs.{}]", other.name());
            Some(table.need(column.name, meaning)?)
        }
        Presence::UnlessInput(other) => {
            table.unused(column.name, Conflict::ToldTwice(other.name()))?;
            None
        }
        Presence::Unless(_) | Presence::Optional => table.get(column.name),
    };
    let expression = item.map(|item| item.text(EXPRESSION)).transpose()?;
    let lists = match (column.kind.lists(), &expression) {
        (lists, Some(_)) => read_lists(table, lists)?,
        (lists, None) => {
            let conflict = Conflict::ListOfNoColumn(input.name(), column.name);
            lists.iter().try_for_each(|list| table.unused(list.key, conflict))?;
            Vec::new()
        }
    };
    Ok(expression.map(|expression| MappedColumn { column, expression, lists }))
}

fn read_scale(table: &Section<'_>) -> Result<Scale, ConfigError> {
    let allowed = "a number of decimal places from 0 to 18";
    let places = table.integer_or("scale", 2, 0..=u32::from(Scale::MAX), allowed)?;
    Ok(u8::try_from(places).ok().and_then(Scale::new).expect("at most 18"))
}

fn read_currency(table: &Section<'_>) -> Result<Currency, ConfigError> {
    let rates = table.get("rates");
    let Some(item) = table.get("currency") else {
        return match rates {
            Some(item) => Err(item.conflict(Conflict::RatesWithoutCurrency)),
            None => Ok(Currency::Unnamed),
        };
    };
    let text = item.text("a code such as \"GBP\", or with rates an SQL expression")?;
    match rates {
        Some(rates) => {
            let rates = rates.local_path(
                "a path to a Parquet or CSV file of date, currency and rate on this machine, \
                 not a URL",
            )?;
            Ok(Currency::Converted { column: text, rates })
        }
        None if is_code(&text) => Ok(Currency::Code(text)),
        None => Err(item.conflict(Conflict::CurrencyWithoutRates)),
    }
}
