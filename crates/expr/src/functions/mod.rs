//! The functions that expressions may call: one list, which binds them and prints the documentation.

use crate::bind::Binder;
use crate::column::Column;
use crate::node::Node;
use crate::types::{Exact, Type};

pub(crate) mod choice;
pub(crate) mod numeric;
pub(crate) mod text;
pub(crate) mod time;

type Bound<T = Node> = Result<T, String>;

/// A function.
pub struct Function {
    /// Its names in capitals; the first is the one that is shown.
    pub names: &'static [&'static str],
    /// What it takes, as it is written in a call.
    pub takes: &'static str,
    /// What it gives, in a few words.
    pub gives: &'static str,
    pub(crate) fewest: usize,
    pub(crate) most: usize,
    pub(crate) bind: fn(&Binder<'_>, &Args) -> Bound,
}

/// An entry of a list of functions.
const fn function(
    names: &'static [&'static str],
    takes: &'static str,
    gives: &'static str,
    fewest: usize,
    most: usize,
    bind: fn(&Binder<'_>, &Args) -> Bound,
) -> Function {
    Function { names, takes, gives, fewest, most, bind }
}

/// All functions, by subject.
pub fn all() -> impl Iterator<Item = &'static Function> {
    numeric::FUNCTIONS
        .iter()
        .chain(&text::FUNCTIONS)
        .chain(&text::PATTERNS)
        .chain(&time::FUNCTIONS)
        .chain(&choice::FUNCTIONS)
}

/// Functions over several rows, which have no place here.
pub(crate) const AGGREGATES: [&str; 22] = [
    "SUM",
    "COUNT",
    "AVG",
    "MEAN",
    "MIN",
    "MAX",
    "MEDIAN",
    "FIRST",
    "LAST",
    "STDDEV",
    "VARIANCE",
    "ARRAY_AGG",
    "STRING_AGG",
    "LISTAGG",
    "ROW_NUMBER",
    "RANK",
    "DENSE_RANK",
    "LAG",
    "LEAD",
    "UNNEST",
    "EXPLODE",
    "QUANTILE",
];

/// A call of a function.
///
/// # Errors
/// In a sentence why there is no such call; a wrong name lists those that are near.
pub(crate) fn bind(binder: &Binder<'_>, name: &str, args: Vec<Node>) -> Bound {
    let Some(function) = all().find(|function| function.names.contains(&name)) else {
        return Err(unknown(name));
    };
    let given = args.len();
    if given < function.fewest || given > function.most {
        return Err(format!(
            "the call is {}({}), and it has {given} arguments",
            name, function.takes
        ));
    }
    (function.bind)(binder, &Args { name: name.to_owned(), nodes: args })
}

fn unknown(name: &str) -> String {
    let names = all().flat_map(|function| function.names);
    let mut near: Vec<_> = names.map(|known| (strsim::jaro_winkler(name, known), *known)).collect();
    near.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let near: Vec<_> = near.into_iter().take(6).map(|(_, known)| known).collect();
    format!("there is no function {name}; near to it are {}", near.join(", "))
}

/// The arguments of a call.
pub(crate) struct Args {
    pub(crate) name: String,
    pub(crate) nodes: Vec<Node>,
}

impl Args {
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// An argument as it is.
    pub fn node(&self, place: usize) -> Node {
        self.nodes.get(place).cloned().unwrap_or_else(Node::null)
    }

    fn wrong(&self, place: usize, wanted: &str, found: Type, advice: &str) -> String {
        format!(
            "argument {} of {} is {wanted}, and this is of type {found}{advice}",
            place + 1,
            self.name
        )
    }

    /// An argument that is a text.
    pub fn text(&self, binder: &Binder<'_>, place: usize) -> Bound {
        let node = self.node(place);
        match node.ty {
            Type::Text => Ok(node),
            Type::Null => binder.converted(node, Type::Text),
            found => Err(self.wrong(place, "a text", found, ": use CAST(x AS VARCHAR)")),
        }
    }

    /// An argument that is a text in quotes.
    pub fn constant(&self, place: usize) -> Bound<String> {
        let node = self.node(place);
        let text = node.as_text().map(str::to_owned);
        text.ok_or_else(|| self.wrong(place, "a text in quotes", node.ty, ""))
    }

    /// An argument that is a whole number.
    pub fn integer(&self, binder: &Binder<'_>, place: usize) -> Bound {
        let node = binder.coerced(self.node(place), Type::exact(18, 0))?;
        match node.ty {
            Type::Exact(Exact { scale: 0, .. }) => Ok(node),
            Type::Null => binder.converted(node, Type::exact(18, 0)),
            found => Err(self.wrong(place, "a whole number", found, ": use CAST(x AS BIGINT)")),
        }
    }

    /// An argument that is a whole number, and a constant.
    pub fn constant_integer(&self, binder: &Binder<'_>, place: usize) -> Bound<i64> {
        let node = self.integer(binder, place)?;
        let column = node.as_constant().filter(|column| !column.marks.any());
        let value = column.and_then(|column| i64::try_from(column.wide().at(0)).ok());
        value.ok_or_else(|| self.wrong(place, "a constant number", node.ty, ""))
    }

    /// An argument that is a number.
    pub fn number(&self, binder: &Binder<'_>, place: usize) -> Bound {
        let node = binder.coerced(self.node(place), Type::exact(18, 0))?;
        match node.ty {
            ty if ty.is_number() => Ok(node),
            Type::Null => binder.converted(node, Type::exact(18, 0)),
            found => Err(self.wrong(place, "a number", found, "")),
        }
    }

    /// An argument that is a day or a moment; a text in quotes is a moment of the wall clock.
    pub fn time(&self, binder: &Binder<'_>, place: usize) -> Bound {
        let node = binder.coerced(self.node(place), Type::Timestamp)?;
        match node.ty {
            ty if ty.is_time() => Ok(node),
            Type::Null => binder.converted(node, Type::Timestamp),
            found => {
                Err(self.wrong(place, "a date or a timestamp", found, ": use CAST(x AS TIMESTAMP)"))
            }
        }
    }
}

/// A whole number of a row as 64 bits, cut at their ends.
pub(crate) fn clamped(n: i128) -> i64 {
    i64::try_from(n).unwrap_or(if n < 0 { i64::MIN } else { i64::MAX })
}

/// The size and form of a call's result.
pub(crate) fn form(args: &[Column<'_>], rows: usize) -> (usize, bool) {
    crate::number::form(args, rows)
}
