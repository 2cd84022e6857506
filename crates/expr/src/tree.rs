//! Parsed expressions, before anything is known of the columns.

use crate::compare::Comparison;
use crate::interval::Interval;
use crate::logic::Test;
use crate::number::Arithmetic;

/// A parsed expression.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Column(String),
    Null,
    Bool(bool),
    /// A number as it was written.
    Number(String),
    /// A text in quotes.
    Text(String),
    Interval(Interval),
    Negative(Box<Tree>),
    /// A first operand, and what is done to it one after the other.
    Arithmetic(Box<Tree>, Vec<(Arithmetic, Tree)>),
    Compare(Comparison, Box<Tree>, Box<Tree>),
    Distinct {
        left: Box<Tree>,
        right: Box<Tree>,
        negated: bool,
    },
    In {
        value: Box<Tree>,
        list: Vec<Tree>,
        negated: bool,
    },
    Between {
        value: Box<Tree>,
        low: Box<Tree>,
        high: Box<Tree>,
        negated: bool,
    },
    Is {
        value: Box<Tree>,
        test: Test,
        negated: bool,
    },
    Like {
        value: Box<Tree>,
        pattern: Box<Tree>,
        escape: Option<char>,
        any_case: bool,
        negated: bool,
    },
    Matches {
        value: Box<Tree>,
        pattern: Box<Tree>,
        any_case: bool,
        negated: bool,
    },
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
    Case {
        operand: Option<Box<Tree>>,
        branches: Vec<(Tree, Tree)>,
        otherwise: Option<Box<Tree>>,
    },
    Cast {
        value: Box<Tree>,
        to: Target,
        tries: bool,
    },
    AtTimeZone(Box<Tree>, Box<Tree>),
    /// The value that a column of a lookup has for a key.
    Lookup {
        lookup: String,
        column: String,
        key: Box<Tree>,
    },
    /// A function by its name in capitals.
    Call(String, Vec<Tree>),
}

/// What a cast makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Integer(Width),
    Decimal {
        digits: u16,
        scale: u16,
    },
    /// A float, of 32 bits or of 64.
    Float {
        is_short: bool,
    },
    Text,
    Bool,
    Date,
    Timestamp,
    Instant,
}

/// The integers of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
}

impl Width {
    /// The smallest and the largest.
    pub fn range(self) -> (i128, i128) {
        match self {
            Self::I8 => (i8::MIN.into(), i8::MAX.into()),
            Self::I16 => (i16::MIN.into(), i16::MAX.into()),
            Self::I32 => (i32::MIN.into(), i32::MAX.into()),
            Self::I64 => (i64::MIN.into(), i64::MAX.into()),
            // Of 128 bits those that every operation can use.
            Self::I128 => (1 - 10_i128.pow(38), 10_i128.pow(38) - 1),
            Self::U8 => (0, u8::MAX.into()),
            Self::U16 => (0, u16::MAX.into()),
            Self::U32 => (0, u32::MAX.into()),
            Self::U64 => (0, u64::MAX.into()),
        }
    }

    /// Digits of the largest.
    pub fn digits(self) -> u16 {
        match self {
            Self::I8 | Self::U8 => 3,
            Self::I16 | Self::U16 => 5,
            Self::I32 | Self::U32 => 10,
            Self::I64 => 19,
            Self::U64 => 20,
            Self::I128 => 38,
        }
    }
}

impl Tree {
    /// The columns that it names, each once.
    pub fn columns(&self) -> Vec<String> {
        let mut columns = Vec::new();
        self.visit(&mut |tree| {
            if let Self::Column(name) = tree
                && !columns.contains(name)
            {
                columns.push(name.clone());
            }
        });
        columns
    }

    /// The columns of lookups that it names, each once: lookup and column.
    pub fn lookups(&self) -> Vec<(String, String)> {
        let mut lookups = Vec::new();
        self.visit(&mut |tree| {
            if let Self::Lookup { lookup, column, .. } = tree {
                let named = (lookup.clone(), column.clone());
                if !lookups.contains(&named) {
                    lookups.push(named);
                }
            }
        });
        lookups
    }

    fn visit(&self, see: &mut dyn FnMut(&Self)) {
        see(self);
        let mut each = |trees: &[&Self]| trees.iter().for_each(|tree| tree.visit(see));
        match self {
            Self::Column(_)
            | Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Interval(_) => (),
            Self::Negative(a) | Self::Not(a) => each(&[a]),
            Self::Is { value, .. } | Self::Cast { value, .. } | Self::Lookup { key: value, .. } => {
                each(&[value]);
            }
            Self::Arithmetic(first, rest) => {
                each(&[first]);
                for (_, tree) in rest {
                    each(&[tree]);
                }
            }
            Self::Compare(_, a, b) | Self::AtTimeZone(a, b) => each(&[a, b]),
            Self::Distinct { left, right, .. } => each(&[left, right]),
            Self::Like { value, pattern, .. } | Self::Matches { value, pattern, .. } => {
                each(&[value, pattern]);
            }
            Self::In { value, list, .. } => {
                each(&[value]);
                for tree in list {
                    each(&[tree]);
                }
            }
            Self::Between { value, low, high, .. } => each(&[value, low, high]),
            Self::All(trees) | Self::Any(trees) | Self::Call(_, trees) => {
                for tree in trees {
                    each(&[tree]);
                }
            }
            Self::Case { operand, branches, otherwise } => {
                for tree in operand.iter().chain(otherwise) {
                    each(&[tree]);
                }
                for (a, b) in branches {
                    each(&[a, b]);
                }
            }
        }
    }
}
