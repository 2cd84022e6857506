//! Binding: from trees to typed nodes over the columns of a file.

use std::cmp::Ordering;
use std::sync::Arc;

use chrono_tz::{TZ_VARIANTS, Tz};
use polars::prelude::{PlSmallStr, Schema};

use crate::cast::{self, cast};
use crate::column::{Column, Marks, NULL, VALUE, Values};
use crate::compare::{self, Comparison, Set};
use crate::constants::{number, quoted};
use crate::functions;
use crate::logic::Test;
use crate::lookup::{LookUp, Lookup, LookupColumn};
use crate::node::{Load, Node, Op};
use crate::number::{self, Arithmetic};
use crate::ratio::{Ratio, power};
use crate::tree::{Target, Tree};
use crate::types::{Exact, Type, WIDE};
use crate::zone::Zone;

/// The clocks of an input.
#[derive(Clone, Debug)]
pub struct Zones {
    /// That of the business, which says on which day an instant falls.
    pub business: Arc<Zone>,
    /// That of times without a zone, where one is named for them; else they are the business's.
    pub naive: Option<Arc<Zone>>,
}

impl Zones {
    /// Of times without a zone.
    pub(crate) fn wall(&self) -> &Arc<Zone> {
        self.naive.as_ref().unwrap_or(&self.business)
    }
}

type Bound<T = Node> = Result<T, String>;

/// Binds trees to the columns of a file.
pub(crate) struct Binder<'a> {
    pub schema: &'a Schema,
    pub zones: &'a Zones,
    /// Whether times of a column of instants are of a wall clock, written as if in UTC.
    pub is_wall: &'a dyn Fn(&str) -> bool,
    /// The columns, in the order of their slots.
    pub columns: &'a [PlSmallStr],
    /// What can be looked up.
    pub lookups: &'a [Arc<Lookup>],
}

impl Binder<'_> {
    pub fn bind(&self, tree: &Tree) -> Bound {
        match tree {
            Tree::Column(name) => self.column(name),
            Tree::Null => Ok(Node::null()),
            Tree::Bool(value) => {
                let values = Values::Bool(crate::column::Cells::One(*value));
                Ok(Node::constant(Type::Bool, Column::new(values, Marks::None)))
            }
            Tree::Number(text) => number(text),
            Tree::Text(text) => Ok(quoted(text)),
            Tree::Interval(interval) => {
                let values = Values::Interval(*interval);
                Ok(Node::constant(Type::Interval, Column::new(values, Marks::None)))
            }
            Tree::Negative(value) => self.negative(value),
            Tree::Arithmetic(first, rest) => {
                let mut value = self.bind(first)?;
                for (op, term) in rest {
                    value = self.arithmetic(*op, value, self.bind(term)?)?;
                }
                Ok(value)
            }
            Tree::Compare(op, a, b) => self.compare(*op, self.bind(a)?, self.bind(b)?),
            Tree::Distinct { left, right, negated } => {
                self.distinct(self.bind(left)?, self.bind(right)?, *negated)
            }
            Tree::In { value, list, negated } => {
                let list = list.iter().map(|tree| self.bind(tree)).collect::<Bound<Vec<_>>>()?;
                let found = self.is_in(self.bind(value)?, list)?;
                Ok(if *negated { not(found) } else { found })
            }
            Tree::Between { value, low, high, negated } => {
                let value = self.bind(value)?;
                let above = Comparison::GreaterOrEqual;
                let above = self.compare(above, value.clone(), self.bind(low)?)?;
                let below = self.compare(Comparison::LessOrEqual, value, self.bind(high)?)?;
                let inside = Node::new(Type::Bool, Op::All(vec![above, below])).folded();
                Ok(if *negated { not(inside) } else { inside })
            }
            Tree::Is { value, test, negated } => self.is(self.bind(value)?, *test, *negated),
            Tree::Like { value, pattern, escape, any_case, negated } => {
                let args = (self.bind(value)?, self.bind(pattern)?);
                let like = functions::text::like(self, args, *escape, *any_case)?;
                Ok(if *negated { not(like) } else { like })
            }
            Tree::Matches { value, pattern, any_case, negated } => {
                let args = (self.bind(value)?, self.bind(pattern)?);
                let matches = functions::text::matches(self, args, *any_case)?;
                Ok(if *negated { not(matches) } else { matches })
            }
            Tree::All(trees) => {
                Ok(Node::new(Type::Bool, Op::All(self.conditions(trees)?)).folded())
            }
            Tree::Any(trees) => self.any(trees),
            Tree::Not(tree) => Ok(not(self.condition(tree)?)),
            Tree::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref())
            }
            Tree::Cast { value, to, tries } => self.cast_tree(value, *to, *tries),
            Tree::AtTimeZone(value, zone) => {
                self.at_time_zone(self.bind(value)?, &self.bind(zone)?)
            }
            Tree::Lookup { lookup, column, key } => self.look_up(lookup, column, self.bind(key)?),
            Tree::Call(name, args) => {
                let args = args.iter().map(|tree| self.bind(tree)).collect::<Bound<Vec<_>>>()?;
                functions::bind(self, name, args)
            }
        }
    }

    fn column(&self, name: &str) -> Bound {
        let dtype = self.schema.get(name).ok_or_else(|| format!("there is no column {name:?}"))?;
        let ty = Type::of(dtype).ok_or_else(|| {
            format!("nothing can be done with {name:?}, which is of type {dtype}")
        })?;
        if ty == Type::Null {
            return Ok(Node::null());
        }
        let slot = self.columns.iter().position(|column| column == name).unwrap_or(usize::MAX);
        let is_wall = ty == Type::Timestamp || ty == Type::Instant && (self.is_wall)(name);
        let wall = self.zones.naive.as_ref().filter(|_| is_wall).cloned();
        let ty = if wall.is_some() { Type::Instant } else { ty };
        Ok(Node::new(ty, Op::Column(Load { name: name.into(), slot, wall })))
    }

    /// The value of a column of a lookup, which is taken as one of the input's own would be.
    fn look_up(&self, lookup: &str, column: &str, key: Node) -> Bound {
        let of_name = |table: &&Arc<Lookup>| table.name() == lookup;
        let table = self.lookups.iter().find(of_name).ok_or_else(|| {
            format!("there is no lookup {lookup:?}; it is declared as [lookups.{lookup}]")
        })?;
        let LookupColumn { dtype, is_wall } = table.column(column)?;
        let ty = Type::of(dtype).filter(|ty| *ty != Type::Binary);
        let ty = ty.ok_or_else(|| {
            format!("nothing can be done with {lookup}.{column}, which is of type {dtype}")
        })?;
        let key = self.coerced(key, table.key())?;
        match (key.ty, table.key()) {
            (Type::Text, Type::Text) | (Type::Exact(_), Type::Exact(_)) => {}
            (Type::Null, _) => return Ok(Node::constant(ty, Column::null())),
            (found, wanted) => {
                return Err(format!(
                    "the keys of the lookup {lookup} are of type {wanted}, and what is looked for is \
                     of type {found}: use CAST(x AS {wanted})"
                ));
            }
        }
        if ty == Type::Null {
            return Ok(Node::null());
        }
        let is_wall = ty == Type::Timestamp || ty == Type::Instant && *is_wall;
        let wall = self.zones.naive.as_ref().filter(|_| is_wall).cloned();
        let ty = if wall.is_some() { Type::Instant } else { ty };
        let (table, column) = (Arc::clone(table), column.into());
        Ok(Node::new(ty, Op::LookUp(Box::new(LookUp { table, column, key, wall }))))
    }

    /// A condition; NULL of no type is one.
    pub fn condition(&self, tree: &Tree) -> Bound {
        self.as_condition(self.bind(tree)?)
    }

    pub fn as_condition(&self, node: Node) -> Bound {
        let node = self.coerced(node, Type::Bool)?;
        match node.ty {
            Type::Bool => Ok(node),
            Type::Null => Ok(Node::constant(Type::Bool, Column::null())),
            ty => Err(format!("a condition is true or false, and this is of type {ty}")),
        }
    }

    fn conditions(&self, trees: &[Tree]) -> Bound<Vec<Node>> {
        trees.iter().map(|tree| self.condition(tree)).collect()
    }

    /// Many equalities of one column are looked up rather than tried one after the other.
    fn any(&self, trees: &[Tree]) -> Bound {
        let nodes = self.conditions(trees)?;
        let column_of = |node: &Node| match &node.op {
            Op::Compare(Comparison::Equal, a, b) => match (&a.op, &b.op) {
                (Op::Column(load), Op::Const(_)) => Some(load.slot),
                _ => None,
            },
            _ => None,
        };
        let (mut groups, mut rest): (Vec<(usize, Vec<Node>)>, Vec<Node>) = (Vec::new(), Vec::new());
        for node in nodes {
            match column_of(&node) {
                None => rest.push(node),
                Some(slot) => match groups.iter_mut().find(|(of, _)| *of == slot) {
                    Some((_, group)) => group.push(node),
                    None => groups.push((slot, vec![node])),
                },
            }
        }
        for (_, group) in groups {
            if group.len() < 3 {
                rest.extend(group);
                continue;
            }
            let mut list = Vec::with_capacity(group.len());
            let mut value = Node::null();
            for node in group {
                if let Op::Compare(_, column, constant) = node.op {
                    value = *column;
                    list.push(*constant);
                }
            }
            rest.push(self.is_in(value, list)?);
        }
        Ok(match (rest.len(), rest.pop()) {
            (1, Some(only)) => only,
            (_, Some(last)) => {
                rest.push(last);
                Node::new(Type::Bool, Op::Any(rest)).folded()
            }
            _ => Node::null(),
        })
    }

    fn negative(&self, value: &Tree) -> Bound {
        let value = self.bind(value)?;
        if let (Type::Interval, Some(column)) = (value.ty, value.as_constant())
            && let Values::Interval(interval) = column.values
        {
            let interval = interval.negate().ok_or("the INTERVAL is out of range")?;
            let column = Column::new(Values::Interval(interval), Marks::None);
            return Ok(Node::constant(Type::Interval, column));
        }
        let zero = match value.ty {
            // Zero minus a float loses the sign of zero, which compares equal all the same.
            Type::Double | Type::Fraction | Type::Exact(_) | Type::Null | Type::Text => {
                number("0")?
            }
            ty => return Err(format!("a value of type {ty} has no opposite")),
        };
        let negative = self.arithmetic(Arithmetic::Minus, zero, value.clone())?;
        // The opposite has as many digits.
        Ok(match (value.ty, negative.ty) {
            (Type::Exact(exact), Type::Exact(_)) if exact.digits == 18 || exact.digits == 38 => {
                self.converted(negative, Type::Exact(exact))?
            }
            _ => negative,
        })
    }

    /// A quoted text as a constant of the type that the other side has.
    pub fn coerced(&self, node: Node, ty: Type) -> Bound {
        if !node.is_quoted || matches!(ty, Type::Text | Type::Null | Type::Interval | Type::Binary)
        {
            return Ok(node);
        }
        let text = node.as_text().unwrap_or_default().to_owned();
        let unreadable = || format!("'{text}' is no {ty}");
        let to = match ty {
            Type::Exact(_) | Type::Fraction => {
                return number(text.trim()).map_err(|_| unreadable());
            }
            Type::Double => Target::Float { is_short: false },
            Type::Bool => Target::Bool,
            Type::Date => Target::Date,
            Type::Timestamp => Target::Timestamp,
            _ => Target::Instant,
        };
        // A text of a day and a time is the day where days are, and the moment where moments are.
        let cast = self.cast(Node { is_quoted: false, ..node.clone() }, to, false)?;
        let is_read =
            |cast: &Node| cast.as_constant().is_some_and(|column| column.marks == Marks::None);
        if is_read(&cast) {
            return Ok(cast);
        }
        if ty == Type::Timestamp {
            // With an offset it is an instant, with which the clock's times are compared.
            let instant = self.cast(Node { is_quoted: false, ..node }, Target::Instant, false)?;
            if is_read(&instant) {
                return Ok(instant);
            }
        }
        Err(unreadable())
    }

    /// Two values as ones of a common type; of exact numbers each keeps its own scale.
    pub fn unified(&self, a: Node, b: Node, what: &str) -> Bound<(Node, Node, Type)> {
        let (a_type, b_type) = (a.ty, b.ty);
        let (a, b) = (self.coerced(a, b_type)?, self.coerced(b, a_type)?);
        let common = a.ty.common(b.ty).ok_or_else(|| mismatch(a.ty, b.ty, what))?;
        if matches!((a.ty, b.ty), (Type::Exact(_), Type::Exact(_))) {
            return Ok((a, b, common));
        }
        Ok((self.converted(a, common)?, self.converted(b, common)?, common))
    }

    /// Several values as ones of one type.
    pub fn all_unified(&self, nodes: Vec<Node>, what: &str) -> Bound<(Vec<Node>, Type)> {
        let typed = nodes.iter().filter(|node| !node.is_quoted && node.ty != Type::Null);
        let mut others = typed.map(|node| node.ty);
        let first = others.next();
        let seen = others.try_fold(first.unwrap_or(Type::Text), |common, ty| {
            common.common(ty).ok_or_else(|| mismatch(common, ty, what))
        })?;
        let nodes = nodes.into_iter().map(|node| self.coerced(node, seen));
        let nodes = nodes.collect::<Bound<Vec<_>>>()?;
        let common = nodes.iter().try_fold(Type::Null, |common, node| {
            common.common(node.ty).ok_or_else(|| mismatch(common, node.ty, what))
        })?;
        let nodes = nodes.into_iter().map(|node| self.converted(node, common));
        Ok((nodes.collect::<Bound<Vec<_>>>()?, common))
    }

    /// A value as one of a wider type.
    pub fn converted(&self, node: Node, to: Type) -> Bound {
        Ok(match (node.ty, to) {
            (from, to) if from == to => node,
            (Type::Null, to) => Node::constant(to, Column::null()),
            (Type::Exact(from), Type::Exact(to)) => {
                Node::apply(Type::Exact(to), vec![node], move |args, rows| {
                    number::rescaled(&args[0], from, to, number::OVERFLOW, rows)
                })
            }
            (Type::Exact(from), Type::Fraction) => {
                Node::apply(Type::Fraction, vec![node], move |args, rows| {
                    let mut marks = args[0].marks.clone();
                    let cells = args[0].wide();
                    let form = (rows, args[0].is_constant());
                    let values = crate::column::attempt(form, &mut marks, |row| {
                        Ratio::exact(cells.at(row), from.scale).ok_or(number::OVERFLOW)
                    });
                    Column::new(Values::Fraction(values), marks)
                })
            }
            (_, Type::Double) => cast::to_double(node),
            (_, Type::Timestamp) => self.cast(node, Target::Timestamp, false)?,
            (_, Type::Instant) => self.cast(node, Target::Instant, false)?,
            (from, to) => return Err(format!("a value of type {from} is no {to}")),
        })
    }

    /// A constant that no row could be cast from is refused at once.
    fn cast_tree(&self, value: &Tree, to: Target, tries: bool) -> Bound {
        let cast = self.cast(self.bind(value)?, to, tries)?;
        let failure = cast.as_constant().and_then(|column| column.marks.failure(0));
        match (value, failure) {
            (Tree::Text(text), Some(failure)) => {
                Err(format!("'{text}' is no {}: {failure}", to.ty()))
            }
            _ => Ok(cast),
        }
    }

    pub fn cast(&self, node: Node, to: Target, tries: bool) -> Bound {
        cast(node, to, tries, self.zones)
    }

    pub fn compare(&self, op: Comparison, a: Node, b: Node) -> Bound {
        let (a, b, ty) = self.unified(a, b, "compared")?;
        if matches!(ty, Type::Binary | Type::Interval) {
            return Err(format!("values of type {ty} can't be compared"));
        }
        // A constant stands on the right.
        let (op, a, b) =
            if a.is_constant() && !b.is_constant() { (op.turned(), b, a) } else { (op, a, b) };
        Ok(Node::new(Type::Bool, Op::Compare(op, Box::new(a), Box::new(b))).folded())
    }

    fn distinct(&self, a: Node, b: Node, negated: bool) -> Bound {
        let (a, b, _) = self.unified(a, b, "compared")?;
        let (a_type, b_type) = (a.ty, b.ty);
        Ok(Node::apply(Type::Bool, vec![a, b], move |args, rows| {
            let (a, b) = (&args[0], &args[1]);
            let failures = |mark: u8| if mark > NULL { mark } else { VALUE };
            let order = compare::order((a, a_type), (b, b_type));
            let mut marks = Marks::None;
            let form = number::form(args, rows);
            let values = crate::column::attempt(form, &mut marks, |row| {
                let (of_a, of_b) = (a.marks.at(row), b.marks.at(row));
                let failed = failures(of_a).max(failures(of_b));
                if failed != VALUE {
                    return Err(failed);
                }
                let differs = match (of_a, of_b) {
                    (VALUE, VALUE) => order(row) != Ordering::Equal,
                    (a, b) => a != b,
                };
                Ok(differs != negated)
            });
            Column::new(Values::Bool(values), marks)
        }))
    }

    fn is_in(&self, value: Node, list: Vec<Node>) -> Bound {
        let value = if value.is_quoted { Node { is_quoted: false, ..value } } else { value };
        let mut nodes = vec![value.clone()];
        nodes.extend(list.clone());
        let (mut nodes, common) = self.all_unified(nodes, "compared")?;
        let is_exact = matches!(common, Type::Exact(_));
        let has_set = nodes[1..].iter().all(Node::is_constant) && common != Type::Double;
        if has_set && (common == value.ty || is_exact) {
            // A value of fewer digits is looked up as it is.
            let value = if is_exact { value.clone() } else { nodes.remove(0) };
            let list: Vec<_> = nodes.iter().rev().take(list.len()).rev().collect();
            let constants: Vec<_> = list.iter().filter_map(|node| node.as_constant()).collect();
            let has_null = constants.iter().any(|column| column.marks == Marks::All(NULL));
            let set: Vec<_> =
                constants.iter().copied().filter(|c| c.marks == Marks::None).collect();
            let is_sound = constants.iter().all(|c| c.marks.failure(0).is_none());
            if let Some(found) = Set::new(common, &set).filter(|_| is_sound) {
                let list = constants.iter().map(|column| (*column).clone()).collect();
                let value = Box::new(value);
                let op = Op::In { value, list, ty: common, set: found, has_null };
                return Ok(Node::new(Type::Bool, op).folded());
            }
        }
        let equal = |other| self.compare(Comparison::Equal, value.clone(), other);
        let terms = list.into_iter().map(equal).collect::<Bound<Vec<_>>>()?;
        Ok(Node::new(Type::Bool, Op::Any(terms)).folded())
    }

    fn is(&self, value: Node, test: Test, negated: bool) -> Bound {
        let value = if test == Test::Null { value } else { self.as_condition(value)? };
        let op = Op::Is { value: Box::new(value), test, negated };
        Ok(Node::new(Type::Bool, op).folded())
    }

    fn case(
        &self,
        operand: Option<&Tree>,
        branches: &[(Tree, Tree)],
        otherwise: Option<&Tree>,
    ) -> Bound {
        let operand = operand.map(|tree| self.bind(tree)).transpose()?;
        let mut conditions = Vec::with_capacity(branches.len());
        let mut values = Vec::with_capacity(branches.len() + 1);
        for (condition, value) in branches {
            conditions.push(match &operand {
                None => self.condition(condition)?,
                Some(operand) => {
                    self.compare(Comparison::Equal, operand.clone(), self.bind(condition)?)?
                }
            });
            values.push(self.bind(value)?);
        }
        values.push(otherwise.map_or(Ok(Node::null()), |tree| self.bind(tree))?);
        self.choice(conditions, values)
    }

    /// The value of the first condition that is true, and else the last value.
    pub fn choice(&self, conditions: Vec<Node>, values: Vec<Node>) -> Bound {
        let (mut values, ty) = self.all_unified(values, "chosen from")?;
        let otherwise = Box::new(values.pop().unwrap_or_else(Node::null));
        let branches = conditions.into_iter().zip(values).collect();
        Ok(Node::new(ty, Op::Case { branches, otherwise }).folded())
    }

    fn at_time_zone(&self, value: Node, zone: &Node) -> Bound {
        let name = zone.as_text().ok_or("AT TIME ZONE needs the name of a zone in quotes")?;
        let known = TZ_VARIANTS.iter().find(|tz| tz.name().eq_ignore_ascii_case(name.trim()));
        let tz: Tz = *known.ok_or_else(|| {
            format!("{name:?} is no time zone; names are such as 'UTC' or 'Europe/Berlin'")
        })?;
        let zone = Zone::new(tz);
        let value = if value.is_quoted { self.coerced(value, Type::Timestamp)? } else { value };
        // Instants that are UTC only for want of another zone are of this one.
        let is_wall = matches!(&value.op, Op::Column(load) if (self.is_wall)(&load.name));
        match value.ty {
            Type::Instant if is_wall && self.zones.naive.is_none() => {
                Ok(Node::apply(Type::Instant, vec![value], move |args, _| {
                    let utc = args[0].times().map(|wall| zone.utc(wall));
                    Column::new(Values::Time(utc), args[0].marks.clone())
                }))
            }
            Type::Timestamp => Ok(Node::apply(Type::Instant, vec![value], move |args, _| {
                let utc = args[0].times().map(|wall| zone.utc(wall));
                Column::new(Values::Time(utc), args[0].marks.clone())
            })),
            Type::Instant => Ok(Node::apply(Type::Timestamp, vec![value], move |args, _| {
                let wall = args[0].times().map(|utc| zone.wall(utc));
                Column::new(Values::Time(wall), args[0].marks.clone())
            })),
            Type::Null => Ok(Node::null()),
            ty => Err(format!(
                "AT TIME ZONE is for timestamps, and this is of type {ty}: use CAST(x AS TIMESTAMP)"
            )),
        }
    }

    pub fn arithmetic(&self, op: Arithmetic, a: Node, b: Node) -> Bound {
        if a.ty.is_time() || b.ty.is_time() || [a.ty, b.ty].contains(&Type::Interval) {
            return functions::time::arithmetic(self, op, a, b);
        }
        let (a_type, b_type) = (a.ty, b.ty);
        let (a, b) = (self.coerced(a, b_type)?, self.coerced(b, a_type)?);
        let ty = match (a.ty, b.ty) {
            (Type::Null, ty) | (ty, Type::Null) if ty.is_number() || ty == Type::Null => {
                return Ok(Node::constant(ty, Column::null()));
            }
            (a, b) if a.is_number() && b.is_number() => a.common(b),
            _ => None,
        };
        let ty = ty.ok_or_else(|| wrong_operands(op, a.ty, b.ty))?;
        match (a.ty, b.ty) {
            (Type::Exact(x), Type::Exact(y)) => exact(op, (a, x), (b, y)),
            _ if ty == Type::Double => {
                let args = vec![cast::to_double(a), cast::to_double(b)];
                Ok(Node::apply(ty, args, move |args, rows| {
                    number::doubles(op, &args[0], &args[1], rows)
                }))
            }
            (x, y) => Ok(Node::apply(Type::Fraction, vec![a, b], move |args, rows| {
                number::quotients(op, (&args[0], x), (&args[1], y), rows)
            })),
        }
    }
}

fn exact(op: Arithmetic, (a, x): (Node, Exact), (b, y): (Node, Exact)) -> Bound {
    if op == Arithmetic::Over {
        return Ok(quotient((a, x), (b, y)));
    }
    let to = op.exact(x, y).ok_or_else(|| {
        format!(
            "the product would have {} decimal places, more than {WIDE}: ROUND one of its factors",
            x.scale + y.scale
        )
    })?;
    Ok(Node::apply(Type::Exact(to), vec![a, b], move |args, rows| {
        number::exact(op, (&args[0], x), (&args[1], y), to, rows)
    }))
}

/// A constant divisor such as 100 moves the point; any other makes a fraction.
fn quotient((a, x): (Node, Exact), (b, y): (Node, Exact)) -> Node {
    let constant = b.as_constant().filter(|column| column.marks == Marks::None);
    let moved = constant.and_then(|column| {
        let (factor, places) = number::finite(column.wide().at(0), y.scale)?;
        let (scale, up) = match i32::from(x.scale) + places {
            scale @ 0..=38 => (u16::try_from(scale).ok()?, 0),
            scale @ -18..=-1 => (0, u16::try_from(-scale).ok()?),
            _ => return None,
        };
        let factor = factor.checked_mul(power(up)?)?;
        let digits = u16::try_from(factor.unsigned_abs().checked_ilog10()?).ok()? + 1;
        let digits = if factor == 1 || factor == -1 { 0 } else { digits };
        Some((factor, Exact::new((x.digits + digits).max(scale), scale)))
    });
    let Some((factor, to)) = moved else {
        return Node::apply(Type::Fraction, vec![a, b], move |args, rows| {
            let (x, y) = (Type::Exact(x), Type::Exact(y));
            number::quotients(Arithmetic::Over, (&args[0], x), (&args[1], y), rows)
        });
    };
    let values = Values::Wide(crate::column::Cells::One(factor));
    let factor = Column::new(values, Marks::None);
    // At its own scale a factor is a whole number; the places are the result's.
    let of = Exact::new(to.digits - x.digits.min(to.digits), 0);
    let at = Exact::new(to.digits, x.scale);
    Node::apply(Type::Exact(to), vec![a], move |args, rows| {
        number::exact(Arithmetic::Times, (&args[0], x), (&factor, of), at, rows)
    })
}

pub(crate) fn not(node: Node) -> Node {
    Node::new(Type::Bool, Op::Not(Box::new(node))).folded()
}

fn mismatch(a: Type, b: Type, what: &str) -> String {
    let advice = match (a, b) {
        (Type::Text, other) | (other, Type::Text) => {
            format!(": use CAST(x AS {other}) of the text")
        }
        _ => String::new(),
    };
    format!("values of the types {a} and {b} can't be {what}{advice}")
}

fn wrong_operands(op: Arithmetic, a: Type, b: Type) -> String {
    let sign = op.sign();
    let advice = if [a, b].contains(&Type::Text) {
        ": use CAST(x AS DECIMAL(38, 2)) of the text"
    } else {
        ""
    };
    format!("{sign} is for numbers, and these are of the types {a} and {b}{advice}")
}
