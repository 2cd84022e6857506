//! Functions of days and moments. Parts of instants are those of the business's clock.

use std::sync::Arc;

use super::{Args, Bound, Function, clamped, form, function, numeric};
use crate::bind::Binder;
use crate::calendar::{self, Part};
use crate::column::{Cells, Column, Failure, NULL, Values, attempt, attempt_texts};
use crate::constants::quoted;
use crate::format::Format;
use crate::interval::Interval;
use crate::node::Node;
use crate::number::{Arithmetic, RANGE};
use crate::stamp::{Unreadable, parse_instant};
use crate::tree::Target;
use crate::types::{Exact, Type};
use crate::zone::{DAY_MICROS, Zone};

pub(crate) static FUNCTIONS: [Function; 26] = [
    function(
        &["DATE_PART", "DATEPART"],
        "'part', t",
        "a part of t: EXTRACT(part FROM t)",
        2,
        2,
        |b, args| {
            let part = part(&args.constant(0)?)?;
            Ok(extracted(b, args.time(b, 1)?, part))
        },
    ),
    function(&["YEAR"], "t", "the year", 1, 1, |b, args| single(b, args, Part::Year)),
    function(&["QUARTER"], "t", "1 to 4", 1, 1, |b, args| single(b, args, Part::Quarter)),
    function(&["MONTH"], "t", "1 to 12", 1, 1, |b, args| single(b, args, Part::Month)),
    function(&["WEEK", "WEEKOFYEAR"], "t", "the ISO week", 1, 1, |b, args| {
        single(b, args, Part::Week)
    }),
    function(&["DAY", "DAYOFMONTH"], "t", "the day of the month", 1, 1, |b, args| {
        single(b, args, Part::Day)
    }),
    function(&["DAYOFWEEK", "WEEKDAY"], "t", "0 (Sunday) to 6", 1, 1, |b, args| {
        single(b, args, Part::DayOfWeek)
    }),
    function(&["ISODOW"], "t", "1 (Monday) to 7", 1, 1, |b, args| {
        single(b, args, Part::IsoDayOfWeek)
    }),
    function(&["DAYOFYEAR"], "t", "1 to 366", 1, 1, |b, args| single(b, args, Part::DayOfYear)),
    function(&["HOUR"], "t", "0 to 23", 1, 1, |b, args| single(b, args, Part::Hour)),
    function(&["MINUTE"], "t", "0 to 59", 1, 1, |b, args| single(b, args, Part::Minute)),
    function(&["SECOND"], "t", "0 to 59", 1, 1, |b, args| single(b, args, Part::Second)),
    function(&["EPOCH"], "t", "seconds since 1970, with six places", 1, 1, |b, args| {
        single(b, args, Part::Epoch)
    }),
    function(
        &["DATE_TRUNC", "DATETRUNC"],
        "'part', t",
        "the start of t's year, month, week, …",
        2,
        2,
        truncated,
    ),
    function(
        &["DATE_DIFF", "DATEDIFF"],
        "'part', a, b",
        "how many starts of a part lie between a and b",
        3,
        3,
        |b, args| difference(b, args, calendar::difference),
    ),
    function(&["DATE_ADD"], "t, INTERVAL …", "t + INTERVAL …", 2, 2, |b, args| {
        arithmetic(b, Arithmetic::Plus, args.node(0), args.node(1))
    }),
    function(
        &["DATE_SUB", "DATESUB"],
        "'part', a, b",
        "how many whole parts lie between a and b",
        3,
        3,
        |b, args| difference(b, args, calendar::age_difference),
    ),
    function(&["DATE"], "t", "the day: CAST(t AS DATE)", 1, 1, |b, args| {
        b.cast(args.node(0), Target::Date, false)
    }),
    function(
        &["STRPTIME"],
        "text, 'format'",
        "the time that a text such as '31/12/2024' names",
        2,
        2,
        |b, args| parsed(b, args, false),
    ),
    function(
        &["TRY_STRPTIME"],
        "text, 'format'",
        "the same, and NULL where it is not readable",
        2,
        2,
        |b, args| parsed(b, args, true),
    ),
    function(&["STRFTIME"], "t, 'format'", "t as text, such as '%Y-%m'", 2, 2, |b, args| {
        printed(b, args)
    }),
    function(
        &["TO_TIMESTAMP"],
        "seconds",
        "the instant so many seconds after 1970 (UTC)",
        1,
        1,
        |b, args| epoch(b, args, 1_000_000),
    ),
    function(
        &["EPOCH_MS"],
        "milliseconds",
        "the instant so many milliseconds after 1970 (UTC)",
        1,
        1,
        |b, args| epoch(b, args, 1000),
    ),
    function(
        &["MAKE_TIMESTAMP", "EPOCH_US"],
        "microseconds | year, month, day, hour, minute, second",
        "the instant so many microseconds after 1970 (UTC), or a time of the clock",
        1,
        6,
        |b, args| {
            if args.len() == 1 { epoch(b, args, 1) } else { made_timestamp(b, args) }
        },
    ),
    function(&["MAKE_DATE"], "year, month, day", "a day", 3, 3, made),
    function(&["LAST_DAY"], "t", "the last day of t's month", 1, 1, last_day),
];

fn part(name: &str) -> Bound<Part> {
    Part::parse(name).ok_or_else(|| {
        format!("{name:?} is no part of a time; there are {}", Part::NAMES.join(", "))
    })
}

fn single(binder: &Binder<'_>, args: &Args, part: Part) -> Bound {
    let time = args.time(binder, 0)?;
    Ok(extracted(binder, time, part))
}

/// Microseconds of the wall clock that the parts of a time are read from.
fn walls<'a>(column: &'a Column<'_>, ty: Type, zone: &Zone) -> Cells<'a, i64> {
    match ty {
        Type::Date => column.dates().map(|day| i64::from(day).saturating_mul(DAY_MICROS)),
        Type::Instant => column.times().map(|utc| zone.wall(utc)),
        _ => column.times(),
    }
}

fn extracted(binder: &Binder<'_>, time: Node, part: Part) -> Node {
    let (from, zone) = (time.ty, Arc::clone(&binder.zones.business));
    let ty = match part {
        Part::Epoch => Type::exact(18, 6),
        _ => Type::exact(10, 0),
    };
    Node::apply(ty, vec![time], move |args, _| {
        // The epoch of an instant is that of UTC.
        let values = match (part, from) {
            (Part::Epoch, Type::Instant) => args[0].times().into_owned(),
            _ => walls(&args[0], from, &zone).map(|wall| calendar::extract(part, wall)),
        };
        Column::new(Values::Narrow(values), args[0].marks.clone())
    })
}

fn truncated(binder: &Binder<'_>, args: &Args) -> Bound {
    let part = part(&args.constant(0)?)?;
    if !part.truncates() {
        return Err(format!("nothing is cut down to {part}"));
    }
    let time = args.time(binder, 1)?;
    let (from, zone) = (time.ty, Arc::clone(&binder.zones.business));
    let ty = if from == Type::Instant { Type::Instant } else { Type::Timestamp };
    let is_day = from == Type::Date;
    let node = Node::apply(ty, vec![time], move |args, rows| {
        let mut marks = args[0].marks.clone();
        let cells = if is_day { walls(&args[0], from, &zone) } else { args[0].times() };
        let values = attempt(form(args, rows), &mut marks, |row| {
            let cut = match from {
                Type::Instant => calendar::truncate_instant(part, cells.at(row), &zone),
                _ => calendar::truncate(part, cells.at(row)),
            };
            cut.ok_or(RANGE)
        });
        Column::new(Values::Time(values), marks)
    });
    // Of a day it is one: the start of a month needs no clock.
    Ok(if is_day { day_of(node) } else { node })
}

/// The day of a wall clock's time.
fn day_of(node: Node) -> Node {
    Node::apply(Type::Date, vec![node], |args, rows| {
        let mut marks = args[0].marks.clone();
        let times = args[0].times();
        let values = attempt(form(args, rows), &mut marks, |row| {
            i32::try_from(times.at(row).div_euclid(DAY_MICROS)).map_err(|_| RANGE)
        });
        Column::new(Values::Date(values), marks)
    })
}

fn difference(binder: &Binder<'_>, args: &Args, count: fn(Part, i64, i64) -> i64) -> Bound {
    let part = part(&args.constant(0)?)?;
    let (from, to) = (args.time(binder, 1)?, args.time(binder, 2)?);
    let (from_type, to_type) = (from.ty, to.ty);
    let zone = Arc::clone(&binder.zones.business);
    Ok(Node::apply(Type::exact(18, 0), vec![from, to], move |args, _| {
        let (from, to) = (walls(&args[0], from_type, &zone), walls(&args[1], to_type, &zone));
        let between = |from, to| count(part, from, to);
        let values = crate::column::zip(&from, &to, between);
        Column::new(Values::Narrow(values), args[0].marks.union(&args[1].marks))
    }))
}

/// Days and moments plus and minus days, intervals and each other.
pub(crate) fn arithmetic(binder: &Binder<'_>, op: Arithmetic, a: Node, b: Node) -> Bound {
    let wrong = |a: &Node, b: &Node| {
        format!("{} is not for values of the types {} and {}", op.sign(), a.ty, b.ty)
    };
    let (a, b) = match (op, a.ty, b.ty) {
        (Arithmetic::Plus | Arithmetic::Minus, _, _) => (a, b),
        _ => return Err(wrong(&a, &b)),
    };
    let b = if a.ty.is_time() && b.is_quoted { binder.coerced(b, a.ty)? } else { b };
    match (a.ty, b.ty) {
        (ty, Type::Null) | (Type::Null, ty) => {
            let ty = if ty == Type::Interval { Type::Timestamp } else { ty };
            Ok(Node::constant(ty, Column::null()))
        }
        (ty, Type::Interval) if ty.is_time() => moved(binder, op, a, &b),
        (Type::Interval, ty) if ty.is_time() && op == Arithmetic::Plus => moved(binder, op, b, &a),
        (Type::Date, Type::Exact(Exact { scale: 0, .. })) => Ok(days_later(a, b, op)),
        (Type::Exact(Exact { scale: 0, .. }), Type::Date) if op == Arithmetic::Plus => {
            Ok(days_later(b, a, op))
        }
        (Type::Date, Type::Date) if op == Arithmetic::Minus => {
            Ok(Node::apply(Type::exact(10, 0), vec![a, b], |args, _| {
                let (a, b) = (args[0].dates(), args[1].dates());
                let days = crate::column::zip(&a, &b, |a, b| i64::from(a) - i64::from(b));
                Column::new(Values::Narrow(days), args[0].marks.union(&args[1].marks))
            }))
        }
        (a_type, b_type) if a_type.is_time() && b_type.is_time() => Err(format!(
            "the difference of {a_type} and {b_type} has no unit: use DATE_DIFF('day', a, b)"
        )),
        _ => Err(wrong(&a, &b)),
    }
}

fn days_later(date: Node, days: Node, op: Arithmetic) -> Node {
    Node::apply(Type::Date, vec![date, days], move |args, rows| {
        let (dates, days) = (args[0].dates(), args[1].wide());
        let mut marks = args[0].marks.union(&args[1].marks);
        let values = attempt(form(args, rows), &mut marks, |row| {
            let days = clamped(days.at(row));
            let days = if op == Arithmetic::Minus { days.checked_neg() } else { Some(days) };
            days.and_then(|days| calendar::add_days(dates.at(row), days)).ok_or(RANGE)
        });
        Column::new(Values::Date(values), marks)
    })
}

/// A time and an interval. A day that is moved by whole days is a day.
fn moved(binder: &Binder<'_>, op: Arithmetic, time: Node, interval: &Node) -> Bound {
    let interval = interval.as_constant().map(|column| column.values.clone());
    let Some(Values::Interval(interval)) = interval else {
        return Err("an INTERVAL is a constant".to_owned());
    };
    let minus = op == Arithmetic::Minus;
    let interval: Interval = if minus { interval.negate() } else { Some(interval) }
        .ok_or("the INTERVAL is out of range")?;
    let (from, zone) = (time.ty, Arc::clone(&binder.zones.business));
    let ty = if from == Type::Instant { Type::Instant } else { Type::Timestamp };
    let node = Node::apply(ty, vec![time], move |args, rows| {
        let mut marks = args[0].marks.clone();
        let cells = if from == Type::Date { walls(&args[0], from, &zone) } else { args[0].times() };
        let values = attempt(form(args, rows), &mut marks, |row| {
            let later = match from {
                Type::Instant => interval.after_instant(cells.at(row), &zone),
                _ => interval.after(cells.at(row)),
            };
            later.ok_or(RANGE)
        });
        Column::new(Values::Time(values), marks)
    });
    let is_day = from == Type::Date && interval.is_whole_days();
    Ok(if is_day { day_of(node) } else { node })
}

fn parsed(binder: &Binder<'_>, args: &Args, tries: bool) -> Bound {
    let text = args.text(binder, 0)?;
    let format = Format::compile(&args.constant(1)?)?;
    format.readable()?;
    let ty = if format.has_offset() { Type::Instant } else { Type::Timestamp };
    Ok(Node::apply(ty, vec![text], move |args, rows| {
        let mut marks = args[0].marks.clone();
        let values = attempt(form(args, rows), &mut marks, |row| {
            format.parse(args[0].text(row)).map_err(|error| mark(error, tries))
        });
        Column::new(Values::Time(values), marks)
    }))
}

fn mark(error: Unreadable, tries: bool) -> u8 {
    match error {
        _ if tries => NULL,
        Unreadable::Malformed => Failure::Unreadable as u8,
        Unreadable::Range => RANGE,
        Unreadable::Offset => Failure::Offset as u8,
    }
}

fn printed(binder: &Binder<'_>, args: &Args) -> Bound {
    // DuckDB takes the two in either order.
    let (time, format) = match args.node(0).as_text() {
        Some(format) => (args.time(binder, 1)?, format.to_owned()),
        None => (args.time(binder, 0)?, args.constant(1)?),
    };
    let format = Format::compile(&format)?;
    let (from, zone) = (time.ty, Arc::clone(&binder.zones.business));
    Ok(Node::apply(Type::Text, vec![time], move |args, rows| {
        let mut marks = args[0].marks.clone();
        let cells = walls(&args[0], from, &zone);
        let instants = args[0].times();
        let name = zone.tz().name();
        let texts = attempt_texts(form(args, rows), &mut marks, |row, text| {
            let offset = if from == Type::Instant { zone.offset(instants.at(row)) } else { 0 };
            let name = if from == Type::Instant { name } else { "" };
            format.write(cells.at(row), offset, name, text);
            Ok(())
        });
        Column::new(Values::Text(texts), marks)
    }))
}

/// Of a text it is what a cast to TIMESTAMPTZ makes of it.
fn epoch(binder: &Binder<'_>, args: &Args, factor: i64) -> Bound {
    let node = args.node(0);
    if node.ty == Type::Text && factor == 1_000_000 {
        let zone = Arc::clone(binder.zones.wall());
        return Ok(Node::apply(Type::Instant, vec![node], move |args, rows| {
            let mut marks = args[0].marks.clone();
            let values = attempt(form(args, rows), &mut marks, |row| {
                parse_instant(args[0].text(row), &zone).map_err(|error| mark(error, false))
            });
            Column::new(Values::Time(values), marks)
        }));
    }
    let number = args.number(binder, 0)?;
    let number = match number.ty {
        Type::Fraction => crate::cast::to_double(number),
        _ => number,
    };
    Ok(numeric::micros_of(number, factor))
}

fn made(binder: &Binder<'_>, args: &Args) -> Bound {
    let parts = (0..3).map(|place| args.integer(binder, place)).collect::<Bound<Vec<_>>>()?;
    Ok(Node::apply(Type::Date, parts, |args, rows| {
        let mut marks = crate::column::Marks::of(args);
        let parts: Vec<_> = args.iter().map(Column::wide).collect();
        let values = attempt(form(args, rows), &mut marks, |row| {
            let part = |place: usize| clamped(parts[place].at(row));
            calendar::make_date(part(0), part(1), part(2)).ok_or(RANGE)
        });
        Column::new(Values::Date(values), marks)
    }))
}

fn made_timestamp(binder: &Binder<'_>, args: &Args) -> Bound {
    if args.len() != 6 {
        return Err("a time of the clock has year, month, day, hour, minute and second".to_owned());
    }
    let parts = (0..6).map(|place| args.integer(binder, place)).collect::<Bound<Vec<_>>>()?;
    Ok(Node::apply(Type::Timestamp, parts, |args, rows| {
        let mut marks = crate::column::Marks::of(args);
        let parts: Vec<_> = args.iter().map(Column::wide).collect();
        let values = attempt(form(args, rows), &mut marks, |row| {
            let part = |place: usize| clamped(parts[place].at(row));
            let day = calendar::make_date(part(0), part(1), part(2)).ok_or(RANGE)?;
            let second = part(5).checked_mul(calendar::SECOND_MICROS).ok_or(RANGE)?;
            calendar::make_timestamp(day, part(3), part(4), second).ok_or(RANGE)
        });
        Column::new(Values::Time(values), marks)
    }))
}

fn last_day(binder: &Binder<'_>, args: &Args) -> Bound {
    let month = Args { name: args.name.clone(), nodes: vec![quoted("month"), args.node(0)] };
    let start = truncated(binder, &month)?;
    let start = binder.cast(start, Target::Date, false)?;
    let zone = Arc::clone(&binder.zones.business);
    let next = Interval { months: 1, days: -1, micros: 0 };
    let moved = Node::apply(Type::Timestamp, vec![start], move |args, rows| {
        let mut marks = args[0].marks.clone();
        let cells = walls(&args[0], Type::Date, &zone);
        let values =
            attempt(form(args, rows), &mut marks, |row| next.after(cells.at(row)).ok_or(RANGE));
        Column::new(Values::Time(values), marks)
    });
    Ok(day_of(moved))
}
