//! Functions of texts. Places and lengths count characters.

use std::borrow::Cow;

use super::{Args, Bound, Function, clamped, form, function};
use crate::bind::Binder;
use crate::cast;
use crate::column::{
    Cells, Column, Failure, Marks, NULL, TextsBuilder, VALUE, Values, attempt, attempt_texts,
};
use crate::like::Like;
use crate::node::Node;
use crate::regexes::{Flags, Pattern, Replacement};
use crate::text::{self, TextError};
use crate::types::Type;

const MANY: usize = usize::MAX;
const UNREADABLE: u8 = Failure::Unreadable as u8;

pub(crate) static FUNCTIONS: [Function; 23] = [
    function(&["LOWER", "LCASE"], "text", "in small letters", 1, 1, |b, args| {
        mapped(b, args, |args, row| Ok(text::lower(args[0].text(row))))
    }),
    function(&["UPPER", "UCASE"], "text", "in capitals", 1, 1, |b, args| {
        mapped(b, args, |args, row| Ok(text::upper(args[0].text(row))))
    }),
    function(&["TRIM"], "text[, characters]", "without blanks at both ends", 1, 2, |b, args| {
        mapped(b, args, |args, row| Ok(text::trim(args[0].text(row), set(args, row)).into()))
    }),
    function(&["LTRIM"], "text[, characters]", "without blanks before it", 1, 2, |b, args| {
        mapped(b, args, |args, row| Ok(text::ltrim(args[0].text(row), set(args, row)).into()))
    }),
    function(&["RTRIM"], "text[, characters]", "without blanks behind it", 1, 2, |b, args| {
        mapped(b, args, |args, row| Ok(text::rtrim(args[0].text(row), set(args, row)).into()))
    }),
    function(
        &["SUBSTR", "SUBSTRING"],
        "text, start[, length]",
        "a part; the first character is 1",
        2,
        3,
        |b, args| {
            mapped(b, args, |args, row| {
                let length = args.get(2).map(|length| integer(length, row));
                let part = text::substr(args[0].text(row), integer(&args[1], row), length);
                part.map(Cow::Borrowed).map_err(failed)
            })
        },
    ),
    function(
        &["LEFT"],
        "text, n",
        "the first n characters, or all but the last -n",
        2,
        2,
        |b, args| {
            mapped(b, args, |args, row| {
                Ok(text::left(args[0].text(row), integer(&args[1], row)).into())
            })
        },
    ),
    function(
        &["RIGHT"],
        "text, n",
        "the last n characters, or all but the first -n",
        2,
        2,
        |b, args| {
            mapped(b, args, |args, row| {
                Ok(text::right(args[0].text(row), integer(&args[1], row)).into())
            })
        },
    ),
    function(
        &["SPLIT_PART"],
        "text, separator, n",
        "the n-th part, from the end where n < 0",
        3,
        3,
        |b, args| {
            mapped(b, args, |args, row| {
                let n = integer(&args[2], row);
                let part = text::split_part(args[0].text(row), args[1].text(row), n);
                part.map(Cow::Borrowed).map_err(failed)
            })
        },
    ),
    function(&["REPLACE"], "text, from, to", "with every `from` as `to`", 3, 3, |b, args| {
        mapped(b, args, |args, row| {
            Ok(text::replace(args[0].text(row), args[1].text(row), args[2].text(row)))
        })
    }),
    function(&["REVERSE"], "text", "from its end to its start", 1, 1, |b, args| {
        mapped(b, args, |args, row| {
            let mut reversed = String::new();
            text::reverse(args[0].text(row), &mut reversed);
            Ok(reversed.into())
        })
    }),
    function(
        &["LPAD"],
        "text, n, fill",
        "filled up to n characters on its left, or cut to n",
        2,
        3,
        |b, args| mapped(b, args, |args, row| padded(args, row, text::lpad)),
    ),
    function(
        &["RPAD"],
        "text, n, fill",
        "filled up to n characters on its right, or cut to n",
        2,
        3,
        |b, args| mapped(b, args, |args, row| padded(args, row, text::rpad)),
    ),
    function(&["REPEAT"], "text, n", "n times, at most 64 KiB", 2, 2, |b, args| {
        mapped(b, args, |args, row| {
            let mut repeated = String::new();
            let done = text::repeat(args[0].text(row), integer(&args[1], row), &mut repeated);
            done.map_err(failed)?;
            Ok(repeated.into())
        })
    }),
    function(&["||"], "a, b, …", "one behind the other, NULL where one is", 1, MANY, joined),
    function(&["CONCAT"], "a, b, …", "one behind the other; NULL is nothing", 1, MANY, concat),
    function(
        &["CONCAT_WS"],
        "separator, a, b, …",
        "those that are not NULL, with the separator between",
        2,
        MANY,
        concat_ws,
    ),
    function(
        &["LENGTH", "LEN", "CHAR_LENGTH", "CHARACTER_LENGTH"],
        "text",
        "its characters",
        1,
        1,
        |b, args| counted(b, args, |args, row| text::length(args[0].text(row))),
    ),
    function(&["OCTET_LENGTH"], "text", "its bytes", 1, 1, |b, args| {
        counted(b, args, |args, row| args[0].text(row).len())
    }),
    function(
        &["STRPOS", "INSTR", "POSITION"],
        "text, part",
        "where the part starts; 0: nowhere",
        2,
        2,
        |b, args| counted(b, args, |args, row| text::strpos(args[0].text(row), args[1].text(row))),
    ),
    function(&["STARTS_WITH", "PREFIX"], "text, part", "whether it starts so", 2, 2, |b, args| {
        asked(b, args, |args, row| text::starts_with(args[0].text(row), args[1].text(row)))
    }),
    function(&["ENDS_WITH", "SUFFIX"], "text, part", "whether it ends so", 2, 2, |b, args| {
        asked(b, args, |args, row| text::ends_with(args[0].text(row), args[1].text(row)))
    }),
    function(&["CONTAINS"], "text, part", "whether the part is in it", 2, 2, |b, args| {
        asked(b, args, |args, row| text::contains(args[0].text(row), args[1].text(row)))
    }),
];

pub(crate) static PATTERNS: [Function; 3] = [
    function(
        &["REGEXP_MATCHES", "REGEXP_LIKE"],
        "text, 'pattern'[, 'options']",
        "whether a part of it matches: text ~ 'pattern'",
        2,
        3,
        |b, args| {
            let flags = flags(args, 2)?;
            searched(b, args.text(b, 0)?, &args.constant(1)?, flags)
        },
    ),
    function(
        &["REGEXP_REPLACE"],
        "text, 'pattern', 'with'[, 'g']",
        "with the first match replaced, or every one; \\1 is a group",
        3,
        4,
        replaced,
    ),
    function(
        &["REGEXP_EXTRACT", "REGEXP_SUBSTR"],
        "text, 'pattern'[, group]",
        "the first match, or a group of it; empty where there is none",
        2,
        3,
        extracted,
    ),
];

fn set<'a>(args: &'a [Column<'_>], row: usize) -> Option<&'a str> {
    args.get(1).map(|set| set.text(row))
}

fn integer(column: &Column<'_>, row: usize) -> i64 {
    clamped(column.wide().at(row))
}

fn failed(error: TextError) -> u8 {
    match error {
        TextError::NegativeLength | TextError::NoField => Failure::Range as u8,
        TextError::TooLong => Failure::Overflow as u8,
    }
}

type Pad = fn(&str, i64, &str, &mut String) -> Result<(), TextError>;

fn padded(args: &[Column<'_>], row: usize, pad: Pad) -> Result<Cow<'static, str>, u8> {
    let fill = args.get(2).map_or(" ", |fill| fill.text(row));
    let mut padded = String::new();
    pad(args[0].text(row), integer(&args[1], row), fill, &mut padded).map_err(failed)?;
    Ok(padded.into())
}

/// Arguments as texts, but for those that are numbers.
fn texts(binder: &Binder<'_>, args: &Args) -> Bound<Vec<Node>> {
    let each = |place: usize| {
        let node = args.node(place);
        let is_number = place > 0 && node.ty.is_number();
        if is_number { args.integer(binder, place) } else { args.text(binder, place) }
    };
    (0..args.len()).map(each).collect()
}

/// A text for each row.
fn mapped(
    binder: &Binder<'_>,
    args: &Args,
    f: for<'a> fn(&'a [Column<'_>], usize) -> Result<Cow<'a, str>, u8>,
) -> Bound {
    Ok(Node::apply(Type::Text, texts(binder, args)?, move |args, rows| {
        let mut marks = Marks::of(args);
        let texts = attempt_texts(form(args, rows), &mut marks, |row, text| {
            text.push_str(&f(args, row)?);
            Ok(())
        });
        Column::new(Values::Text(texts), marks)
    }))
}

/// A count for each row.
fn counted(binder: &Binder<'_>, args: &Args, f: fn(&[Column<'_>], usize) -> usize) -> Bound {
    Ok(Node::apply(Type::exact(18, 0), texts(binder, args)?, move |args, rows| {
        let mut marks = Marks::of(args);
        let counts = attempt(form(args, rows), &mut marks, |row| {
            i64::try_from(f(args, row)).map_err(|_| Failure::Range as u8)
        });
        Column::new(Values::Narrow(counts), marks)
    }))
}

/// True or false for each row.
fn asked(binder: &Binder<'_>, args: &Args, f: fn(&[Column<'_>], usize) -> bool) -> Bound {
    Ok(Node::apply(Type::Bool, texts(binder, args)?, move |args, rows| {
        let mut marks = Marks::of(args);
        let values = attempt(form(args, rows), &mut marks, |row| Ok(f(args, row)));
        Column::new(Values::Bool(values), marks)
    }))
}

/// Values of all types as texts.
fn as_texts(binder: &Binder<'_>, nodes: Vec<Node>) -> Bound<Vec<Node>> {
    let text = |node: Node| match node.ty {
        Type::Null => binder.converted(node, Type::Text),
        _ => cast::to_text(node, binder.zones),
    };
    nodes.into_iter().map(text).collect()
}

fn joined(binder: &Binder<'_>, args: &Args) -> Bound {
    let nodes = as_texts(binder, args.nodes.clone())?;
    Ok(Node::apply(Type::Text, nodes, |args, rows| {
        let mut marks = Marks::of(args);
        let texts = attempt_texts(form(args, rows), &mut marks, |row, text| {
            for arg in args {
                text.push_str(arg.text(row));
            }
            Ok(())
        });
        Column::new(Values::Text(texts), marks)
    }))
}

/// Texts of rows without those that are NULL; a failure is the row's.
fn without_nulls(
    args: &[Column<'_>],
    rows: usize,
    write: impl Fn(usize, &mut String),
) -> Column<'static> {
    let (rows, constant) = form(args, rows);
    let rows = if constant { 1 } else { rows };
    let mut texts = TextsBuilder::default();
    let mut marks = Marks::None;
    for row in 0..rows {
        let failure = args.iter().map(|arg| arg.marks.at(row)).filter(|mark| *mark > NULL).max();
        let Ok(()) = texts.push(|text| {
            if failure.is_none() {
                write(row, text);
            }
            Ok::<_, std::convert::Infallible>(())
        });
        if let Some(mark) = failure {
            marks.set(rows, row, mark);
        }
    }
    let column = Column::new(Values::Text(texts.finish()), marks);
    if constant { column.narrowed() } else { column }
}

fn concat(binder: &Binder<'_>, args: &Args) -> Bound {
    let nodes = as_texts(binder, args.nodes.clone())?;
    Ok(Node::apply(Type::Text, nodes, |args, rows| {
        without_nulls(args, rows, |row, text| {
            let there = args.iter().filter(|arg| arg.marks.at(row) == VALUE);
            there.for_each(|arg| text.push_str(arg.text(row)));
        })
    }))
}

fn concat_ws(binder: &Binder<'_>, args: &Args) -> Bound {
    let nodes = as_texts(binder, args.nodes.clone())?;
    Ok(Node::apply(Type::Text, nodes, |args, rows| {
        let (separator, parts) = (&args[0], &args[1..]);
        let mut column = without_nulls(args, rows, |row, text| {
            let there = parts.iter().filter(|part| part.marks.at(row) == VALUE);
            for (place, part) in there.enumerate() {
                if place > 0 {
                    text.push_str(separator.text(row));
                }
                text.push_str(part.text(row));
            }
        });
        // Without a separator there is nothing to say.
        column.marks = column.marks.union(&separator.marks);
        column
    }))
}

/// `value LIKE pattern`.
pub(crate) fn like(
    binder: &Binder<'_>,
    (value, pattern): (Node, Node),
    escape: Option<char>,
    any_case: bool,
) -> Bound {
    let args = Args { name: "LIKE".to_owned(), nodes: vec![value, pattern] };
    let (value, pattern) = (args.text(binder, 0)?, args.text(binder, 1)?);
    if let Some(text) = pattern.as_text() {
        let like = Like::compile(text, any_case, escape)?;
        return Ok(tested(vec![value], move |args, row| Ok(like.matches(args[0].text(row)))));
    }
    Ok(tested(vec![value, pattern], move |args, row| {
        let like = Like::compile(args[1].text(row), any_case, escape).map_err(|_| UNREADABLE)?;
        Ok(like.matches(args[0].text(row)))
    }))
}

fn tested(
    nodes: Vec<Node>,
    f: impl Fn(&[Column<'_>], usize) -> Result<bool, u8> + Send + Sync + 'static,
) -> Node {
    Node::apply(Type::Bool, nodes, move |args, rows| {
        let mut marks = Marks::of(args);
        let values: Cells<'static, bool> =
            attempt(form(args, rows), &mut marks, |row| f(args, row));
        Column::new(Values::Bool(values), marks)
    })
}

/// `value ~ 'pattern'`.
pub(crate) fn matches(
    binder: &Binder<'_>,
    (value, pattern): (Node, Node),
    any_case: bool,
) -> Bound {
    let args = Args { name: "~".to_owned(), nodes: vec![value, pattern] };
    let flags = Flags { case_insensitive: any_case, ..Flags::default() };
    searched(binder, args.text(binder, 0)?, &args.constant(1)?, flags)
}

fn searched(_: &Binder<'_>, value: Node, pattern: &str, flags: Flags) -> Bound {
    let pattern = Pattern::compile(pattern, flags)?;
    Ok(tested(vec![value], move |args, row| Ok(pattern.matches(args[0].text(row)))))
}

fn flags(args: &Args, place: usize) -> Bound<Flags> {
    if args.len() > place { Flags::parse(&args.constant(place)?) } else { Ok(Flags::default()) }
}

fn replaced(binder: &Binder<'_>, args: &Args) -> Bound {
    let flags = flags(args, 3)?;
    let pattern = Pattern::compile(&args.constant(1)?, flags)?;
    let with = Replacement::compile(&args.constant(2)?, &pattern)?;
    Ok(Node::apply(Type::Text, vec![args.text(binder, 0)?], move |args, rows| {
        let mut marks = args[0].marks.clone();
        let texts = attempt_texts(form(args, rows), &mut marks, |row, text| {
            text.push_str(&pattern.replace(args[0].text(row), &with, flags.global));
            Ok(())
        });
        Column::new(Values::Text(texts), marks)
    }))
}

fn extracted(binder: &Binder<'_>, args: &Args) -> Bound {
    let pattern = Pattern::compile(&args.constant(1)?, Flags::default())?;
    let group = if args.len() > 2 { args.constant_integer(binder, 2)? } else { 0 };
    let group = usize::try_from(group).ok().filter(|group| *group <= pattern.groups());
    let group = group.ok_or_else(|| {
        format!("the pattern has {} groups, so there is no such one", pattern.groups())
    })?;
    Ok(Node::apply(Type::Text, vec![args.text(binder, 0)?], move |args, rows| {
        let mut marks = args[0].marks.clone();
        let texts = attempt_texts(form(args, rows), &mut marks, |row, text| {
            text.push_str(pattern.extract(args[0].text(row), group));
            Ok(())
        });
        Column::new(Values::Text(texts), marks)
    }))
}
