//! Expressions that are bound to the types of their columns, and what they give for some rows.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use polars::prelude::{DataType, PlSmallStr, Series, TimeUnit};

use crate::column::{Cells, Column, Marks, NULL, Texts, VALUE, Values};
use crate::compare::{self, Comparison, Set};
use crate::logic::{self, Choice, Junction, Test};
use crate::lookup::{LookUp, Looking};
use crate::types::{NARROW, Type};
use crate::zone::Zone;

/// What a function does with columns of some rows.
pub(crate) type Apply = Arc<dyn Fn(&[Column<'_>], usize) -> Column<'static> + Send + Sync>;

/// A bound expression.
#[derive(Clone)]
pub(crate) struct Node {
    pub ty: Type,
    pub op: Op,
    /// Whether it is a text in quotes, which may be a constant of another type as well.
    pub is_quoted: bool,
}

#[derive(Clone)]
pub(crate) enum Op {
    Const(Column<'static>),
    Column(Load),
    Compare(Comparison, Box<Node>, Box<Node>),
    /// Whether a value is one of some constants, which are of one type.
    In {
        value: Box<Node>,
        list: Vec<Column<'static>>,
        ty: Type,
        set: Set,
        has_null: bool,
    },
    Is {
        value: Box<Node>,
        test: Test,
        negated: bool,
    },
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    /// Conditions and the values where they are true, and the value elsewhere.
    Case {
        branches: Vec<(Node, Node)>,
        otherwise: Box<Node>,
    },
    /// The first that is not NULL.
    First(Vec<Node>),
    /// The greatest or the smallest: what is compared, and the same as values of the common type.
    Extreme {
        wants: Ordering,
        compared: Vec<Node>,
        values: Vec<Node>,
    },
    Apply {
        args: Vec<Node>,
        apply: Apply,
    },
    /// What another table has for a key.
    LookUp(Box<LookUp>),
}

/// A column of the frame.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub name: PlSmallStr,
    /// Its place among the columns of the program.
    pub slot: usize,
    /// The zone of the wall clock that its times are of; `None` where they are taken as they are.
    pub wall: Option<Arc<Zone>>,
}

/// Some rows of the columns of a program.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub columns: &'a [&'a Series],
    pub start: usize,
    pub len: usize,
    /// Where keys that are looked for in vain are counted, of expressions that look for any.
    pub looking: Option<&'a Looking>,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expression of type {}", self.ty)
    }
}

impl Node {
    pub fn new(ty: Type, op: Op) -> Self {
        Self { ty, op, is_quoted: false }
    }

    pub fn constant(ty: Type, column: Column<'static>) -> Self {
        Self::new(ty, Op::Const(column))
    }

    pub fn null() -> Self {
        Self::constant(Type::Null, Column::null())
    }

    /// A function of other nodes; where all of them are constant so is it.
    pub fn apply(
        ty: Type,
        args: Vec<Self>,
        apply: impl Fn(&[Column<'_>], usize) -> Column<'static> + Send + Sync + 'static,
    ) -> Self {
        Self::new(ty, Op::Apply { args, apply: Arc::new(apply) }).folded()
    }

    /// As a constant, if it depends on no column.
    pub fn folded(self) -> Self {
        let is_constant = match &self.op {
            // What a lookup holds may not be known yet.
            Op::Const(_) | Op::Column(_) | Op::LookUp(_) => false,
            Op::Compare(_, a, b) => a.is_constant() && b.is_constant(),
            Op::In { value, .. } | Op::Is { value, .. } | Op::Not(value) => value.is_constant(),
            Op::All(nodes)
            | Op::Any(nodes)
            | Op::First(nodes)
            | Op::Extreme { values: nodes, .. } => nodes.iter().all(Self::is_constant),
            Op::Case { branches, otherwise } => {
                otherwise.is_constant()
                    && branches.iter().all(|(a, b)| a.is_constant() && b.is_constant())
            }
            Op::Apply { args, .. } => args.iter().all(Self::is_constant),
        };
        if !is_constant {
            return self;
        }
        let value = self.eval(Rows { columns: &[], start: 0, len: 1, looking: None });
        let value = value.narrowed().into_constant();
        value.map_or(self.clone(), |value| Self::constant(self.ty, value))
    }

    pub fn is_constant(&self) -> bool {
        matches!(self.op, Op::Const(_))
    }

    /// Its value, if it is a constant.
    pub fn as_constant(&self) -> Option<&Column<'static>> {
        match &self.op {
            Op::Const(column) => Some(column),
            _ => None,
        }
    }

    /// The text of a constant text that is not NULL.
    pub fn as_text(&self) -> Option<&str> {
        let column = self.as_constant()?;
        (self.ty == Type::Text && column.marks.at(0) == VALUE).then(|| column.text(0))
    }

    /// Marks the slots of the columns that it reads.
    pub fn read_slots(&self, slots: &mut [bool]) {
        match &self.op {
            Op::Const(_) => (),
            Op::Column(load) => {
                if let Some(slot) = slots.get_mut(load.slot) {
                    *slot = true;
                }
            }
            Op::Compare(_, a, b) => {
                a.read_slots(slots);
                b.read_slots(slots);
            }
            Op::In { value, .. } | Op::Is { value, .. } | Op::Not(value) => value.read_slots(slots),
            Op::LookUp(look_up) => look_up.key.read_slots(slots),
            Op::All(nodes)
            | Op::Any(nodes)
            | Op::First(nodes)
            | Op::Extreme { values: nodes, .. }
            | Op::Apply { args: nodes, .. } => {
                for node in nodes {
                    node.read_slots(slots);
                }
            }
            Op::Case { branches, otherwise } => {
                otherwise.read_slots(slots);
                for (condition, value) in branches {
                    condition.read_slots(slots);
                    value.read_slots(slots);
                }
            }
        }
    }

    /// Whether something in it is looked up.
    pub fn looks_up(&self) -> bool {
        match &self.op {
            Op::LookUp(_) => true,
            Op::Const(_) | Op::Column(_) => false,
            Op::Compare(_, a, b) => a.looks_up() || b.looks_up(),
            Op::In { value, .. } | Op::Is { value, .. } | Op::Not(value) => value.looks_up(),
            Op::All(nodes)
            | Op::Any(nodes)
            | Op::First(nodes)
            | Op::Extreme { values: nodes, .. }
            | Op::Apply { args: nodes, .. } => nodes.iter().any(Self::looks_up),
            Op::Case { branches, otherwise } => {
                let mut branches = branches.iter();
                otherwise.looks_up() || branches.any(|(a, b)| a.looks_up() || b.looks_up())
            }
        }
    }

    /// The values of some rows, of which only some count as looking for something.
    fn eval_within<'a>(&self, rows: Rows<'a>, counts: impl FnOnce() -> Vec<bool>) -> Column<'a> {
        match rows.looking.filter(|_| self.looks_up()) {
            Some(looking) => looking.within(counts(), || self.eval(rows)),
            None => self.eval(rows),
        }
    }

    /// The values of some rows.
    pub fn eval<'a>(&self, rows: Rows<'a>) -> Column<'a> {
        // Sums are as deep as they are long, on their left.
        let mut spine = Vec::new();
        let mut at = self;
        while let Op::Apply { args, apply } = &at.op
            && let [left, right] = &**args
        {
            spine.push((apply, right));
            at = left;
        }
        let mut value = at.eval_here(rows);
        while let Some((apply, right)) = spine.pop() {
            value = apply(&[value, right.eval(rows)], rows.len);
        }
        value
    }

    fn eval_here<'a>(&self, rows: Rows<'a>) -> Column<'a> {
        match &self.op {
            Op::Const(column) => column.clone(),
            Op::Column(load) => load.eval(rows),
            Op::Compare(op, a, b) => {
                let (left, right) = (a.eval(rows), b.eval(rows));
                compare::compared(*op, (&left, a.ty), (&right, b.ty), rows.len)
            }
            Op::In { value, set, has_null, .. } => {
                let column = value.eval(rows);
                let found = set.contains(&column, value.ty, rows.len);
                let mut marks = column.marks.clone();
                if *has_null {
                    // What is not found may equal what is not known.
                    let form = (rows.len, column.is_constant());
                    let or_null = |row: usize| if found.at(row) { Ok(()) } else { Err(NULL) };
                    crate::column::attempt(form, &mut marks, or_null);
                }
                Column::new(Values::Bool(found), marks)
            }
            Op::Is { value, test, negated } => {
                logic::is(*test, *negated, &value.eval(rows), rows.len)
            }
            Op::All(nodes) => junction(false, nodes, rows),
            Op::Any(nodes) => junction(true, nodes, rows),
            Op::Not(node) => {
                let column = node.eval(rows);
                let values = column.bools().map(|is| !is);
                Column::new(Values::Bool(values), column.marks)
            }
            Op::Case { branches, otherwise } => case(branches, otherwise, self.ty, rows),
            Op::First(nodes) => first(nodes, self.ty, rows),
            Op::Extreme { wants, compared, values } => {
                extreme(*wants, (compared, values), self.ty, rows)
            }
            Op::Apply { args, apply } => {
                let args: Vec<_> = args.iter().map(|arg| arg.eval(rows)).collect();
                apply(&args, rows.len)
            }
            Op::LookUp(look_up) => look_up.eval(rows),
        }
    }
}

fn junction(decides: bool, nodes: &[Node], rows: Rows<'_>) -> Column<'static> {
    let mut junction = Junction::new(decides, rows.len);
    // A scan may have been asked those that look nothing up, and then hands over no other rows: so that
    // the same rows count they come first.
    let (looking, others): (Vec<_>, Vec<_>) = match rows.looking {
        Some(_) => nodes.iter().partition(|node| node.looks_up()),
        None => (Vec::new(), nodes.iter().collect()),
    };
    for node in others {
        junction.add(&node.eval(rows));
    }
    let open = if looking.is_empty() { Vec::new() } else { junction.open() };
    for node in looking {
        junction.add(&node.eval_within(rows, || open.clone()));
    }
    junction.finish()
}

/// Every branch is computed for every row, and nothing of those that a row does not take counts.
fn case<'a>(branches: &[(Node, Node)], otherwise: &Node, ty: Type, rows: Rows<'a>) -> Column<'a> {
    let mut choice = Choice::new(rows.len);
    let mut values = Vec::with_capacity(branches.len() + 1);
    for (place, (condition, value)) in (0_u32..).zip(branches) {
        if choice.is_done() {
            break;
        }
        let condition = condition.eval_within(rows, || choice.open());
        let taken = choice.when(&condition, place);
        values.push(taken.then(|| value.eval_within(rows, || choice.rows_of(place))));
    }
    if !choice.is_done() {
        let place = u32::try_from(values.len()).unwrap_or(Choice::NONE);
        values.push(Some(otherwise.eval_within(rows, || choice.open())));
        choice.otherwise(place);
    }
    choice.blend(&values, ty)
}

fn first<'a>(nodes: &[Node], ty: Type, rows: Rows<'a>) -> Column<'a> {
    let mut choice = Choice::new(rows.len);
    let mut values = Vec::with_capacity(nodes.len());
    for (place, node) in (0_u32..).zip(nodes) {
        if choice.is_done() {
            break;
        }
        let value = node.eval_within(rows, || choice.open());
        let taken = choice.unless_null(&value, place);
        values.push(taken.then_some(value));
    }
    choice.blend(&values, ty)
}

fn extreme<'a>(
    wants: Ordering,
    (compared, values): (&[Node], &[Node]),
    ty: Type,
    rows: Rows<'a>,
) -> Column<'a> {
    let columns: Vec<_> = compared.iter().map(|node| node.eval(rows)).collect();
    let types: Vec<_> = compared.iter().map(|node| node.ty).collect();
    let (chosen, is_constant) = compare::extreme(&columns, &types, wants, rows.len);
    let columns: Vec<_> = values.iter().map(|node| node.eval(rows)).collect();
    let mark = |(row, place): (usize, &u32)| {
        columns.get(*place as usize).map_or(NULL, |column| column.marks.at(row))
    };
    let marks: Vec<u8> = chosen.iter().enumerate().map(mark).collect();
    let columns: Vec<_> = columns.into_iter().map(Some).collect();
    let values = logic::blended(&columns, &chosen, &marks, ty);
    let column = Column::new(values, Marks::Each(marks));
    if is_constant { column.narrowed() } else { column }
}

impl Load {
    /// The values of some rows as they lie in the frame.
    fn eval<'a>(&self, rows: Rows<'a>) -> Column<'a> {
        let Some(series) = rows.columns.get(self.slot) else { return Column::null() };
        let marks = marks(series, rows);
        let values = loaded(series, rows);
        let Some(zone) = &self.wall else { return Column::new(values, marks) };
        let values = match values {
            Values::Time(cells) => Values::Time(cells.map(|wall| zone.utc(wall))),
            values => values,
        };
        Column::new(values, marks)
    }
}

pub(crate) fn marks(series: &Series, rows: Rows<'_>) -> Marks {
    if series.null_count() == 0 {
        return Marks::None;
    }
    let Some(validity) = series.chunks().first().and_then(|chunk| chunk.validity()) else {
        return Marks::All(NULL);
    };
    let each = (rows.start..rows.start + rows.len)
        .map(|row| if validity.get_bit(row) { VALUE } else { NULL });
    Marks::Each(each.collect())
}

/// The values of a series of one chunk, where they are NULL any.
pub(crate) fn loaded<'a>(series: &'a Series, rows: Rows<'a>) -> Values<'a> {
    let Rows { start, len, .. } = rows;
    macro_rules! slice {
        ($column:expr) => {
            &$column.downcast_as_array().values().as_slice()[start..start + len]
        };
    }
    macro_rules! widened {
        ($typed:ident) => {{
            let Ok(column) = series.$typed() else { return Values::Null };
            let slice = slice!(column);
            Values::Narrow(Cells::Many(slice.iter().map(|n| i64::from(*n)).collect()))
        }};
    }
    macro_rules! known {
        ($read:expr) => {
            match $read {
                Ok(column) => column,
                Err(_) => return Values::Null,
            }
        };
    }
    match series.dtype() {
        DataType::Boolean => {
            let column = known!(series.bool());
            let values = column.downcast_as_array().values();
            let bools = (start..start + len).map(|row| values.get_bit(row));
            Values::Bool(Cells::Many(bools.collect()))
        }
        DataType::Int8 => widened!(i8),
        DataType::Int16 => widened!(i16),
        DataType::Int32 => widened!(i32),
        DataType::UInt8 => widened!(u8),
        DataType::UInt16 => widened!(u16),
        DataType::UInt32 => widened!(u32),
        DataType::Int64 => Values::Narrow(Cells::Many(Cow::Borrowed(slice!(known!(series.i64()))))),
        DataType::UInt64 => {
            let slice = slice!(known!(series.u64()));
            Values::Wide(Cells::Many(slice.iter().map(|n| i128::from(*n)).collect()))
        }
        DataType::Decimal(digits, _) => {
            let slice = slice!(known!(series.decimal()).physical());
            if *digits <= usize::from(NARROW) {
                #[expect(clippy::cast_possible_truncation, reason = "it has 18 digits at most")]
                Values::Narrow(Cells::Many(slice.iter().map(|n| *n as i64).collect()))
            } else {
                Values::Wide(Cells::Many(Cow::Borrowed(slice)))
            }
        }
        DataType::Float64 => {
            Values::Double(Cells::Many(Cow::Borrowed(slice!(known!(series.f64())))))
        }
        DataType::Float32 => {
            let slice = slice!(known!(series.f32()));
            Values::Double(Cells::Many(slice.iter().map(|x| f64::from(*x)).collect()))
        }
        DataType::String => Values::Text(Texts::View { column: known!(series.str()), start }),
        DataType::Binary => Values::Binary { column: known!(series.binary()), start },
        DataType::Date => {
            let slice = slice!(known!(series.date()).physical());
            Values::Date(Cells::Many(Cow::Borrowed(slice)))
        }
        DataType::Datetime(unit, _) => {
            let slice = slice!(known!(series.datetime()).physical());
            Values::Time(match unit {
                TimeUnit::Microseconds => Cells::Many(Cow::Borrowed(slice)),
                TimeUnit::Milliseconds => {
                    Cells::Many(slice.iter().map(|ms| ms.saturating_mul(1000)).collect())
                }
                TimeUnit::Nanoseconds => {
                    Cells::Many(slice.iter().map(|ns| ns.div_euclid(1000)).collect())
                }
            })
        }
        _ => Values::Null,
    }
}
