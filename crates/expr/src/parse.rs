//! From SQL texts to trees.

use std::thread;

use sqlparser::ast::{
    self, BinaryOperator, CaseWhen, CastKind, CeilFloorKind, DataType, Expr, FunctionArg,
    FunctionArgExpr, FunctionArguments, TrimWhereField, UnaryOperator, Value,
};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use crate::compare::Comparison;
use crate::dialect::RowDialect;
use crate::interval::Interval;
use crate::logic::Test;
use crate::number::Arithmetic;
use crate::tree::{Target, Tree, Width};

/// The longest text that is parsed, in bytes.
const LONGEST: usize = 1 << 20;
/// The longest chain of one operator.
const TERMS: usize = 20_000;
/// Expressions within expressions.
const DEEPEST: usize = 120;
/// The parser's trees are as deep as a chain is long.
const STACK: usize = 256 << 20;

/// What a text that does not parse may lack.
const QUOTES: &str = "; a column whose name is not a plain word stands in double quotes";

type Parsed<T = Tree> = Result<T, String>;

/// The tree of a text, or in a sentence why there is none.
pub(crate) fn parse(text: &str) -> Parsed {
    if text.len() > LONGEST {
        return Err(format!("it has more than {LONGEST} bytes"));
    }
    if is_word(text.trim()) && !["true", "false", "null"].contains(&&*text.trim().to_lowercase()) {
        // Also a word of SQL, such as `interval` or `end`.
        return match refused_word(text.trim()) {
            Some(reason) => Err(reason),
            None => Ok(Tree::Column(text.trim().to_owned())),
        };
    }
    let text = text.to_owned();
    let parser = thread::Builder::new().name("kohort-sql".to_owned()).stack_size(STACK);
    let parsing = parser.spawn(move || parse_here(&text)).map_err(|error| error.to_string())?;
    parsing.join().unwrap_or_else(|_| Err("the parser gave up".to_owned()))
}

fn parse_here(text: &str) -> Parsed {
    let dialect = RowDialect;
    let read = |text: &str| {
        let parser = Parser::new(&dialect).with_recursion_limit(DEEPEST);
        let mut parser = parser.try_with_sql(text)?;
        let expr = parser.parse_expr()?;
        Ok((expr, parser.peek_token()))
    };
    let (expr, rest) = read(text).map_err(|error| {
        if text.to_lowercase().contains("between symmetric") {
            return "BETWEEN SYMMETRIC is not known here; use BETWEEN LEAST(a, b) AND \
                    GREATEST(a, b)"
                .to_owned();
        }
        message(&error)
    })?;
    if rest.token != Token::EOF {
        return Err(format!(
            "nothing is expected where {:?} stands{QUOTES}",
            rest.token.to_string()
        ));
    }
    tree(expr)
}

fn message(error: &sqlparser::parser::ParserError) -> String {
    use sqlparser::parser::ParserError as E;
    match error {
        E::TokenizerError(text) | E::ParserError(text) => {
            format!("{text}{QUOTES}")
        }
        E::RecursionLimitExceeded => {
            format!("more than {DEEPEST} expressions lie one within the other")
        }
    }
}

/// Whether a name needs no quotes.
pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Why a word without parentheses is refused.
fn refused_word(word: &str) -> Option<String> {
    let now = ["current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"];
    now.contains(&&*word.to_lowercase()).then(|| no_clock(&word.to_uppercase()))
}

fn no_clock(name: &str) -> String {
    format!(
        "{name} differs from run to run, and the same input must give the same tables; write the \
         day, such as DATE '2024-01-31', or see as_of"
    )
}

fn boxed(expr: Expr) -> Parsed<Box<Tree>> {
    tree(expr).map(Box::new)
}

fn all(exprs: Vec<Expr>) -> Parsed<Vec<Tree>> {
    exprs.into_iter().map(tree).collect()
}

fn tree(expr: Expr) -> Parsed {
    Ok(match expr {
        Expr::Identifier(name) => column(name),
        Expr::CompoundIdentifier(names) => {
            Tree::Column(names.into_iter().map(|name| name.value).collect::<Vec<_>>().join("."))
        }
        Expr::CompoundFieldAccess { root, access_chain } => field(*root, access_chain)?,
        Expr::Nested(inner) => tree(*inner)?,
        Expr::Value(value) => literal(value.value)?,
        Expr::TypedString(typed) => {
            let to = target(&typed.data_type)?;
            let text = typed.value.into_string().ok_or("a text in quotes is expected")?;
            Tree::Cast { value: Box::new(Tree::Text(text)), to, tries: false }
        }
        Expr::Interval(interval) => Tree::Interval(self::interval(interval)?),
        Expr::UnaryOp { op, expr } => match op {
            UnaryOperator::Plus => tree(*expr)?,
            UnaryOperator::Minus => Tree::Negative(boxed(*expr)?),
            UnaryOperator::Not | UnaryOperator::BangNot => Tree::Not(boxed(*expr)?),
            op => return Err(format!("the operator {op} is not known here")),
        },
        Expr::BinaryOp { left, op, right } => binary(*left, op, *right)?,
        Expr::IsTrue(value) => is(*value, Test::True, false)?,
        Expr::IsNotTrue(value) => is(*value, Test::True, true)?,
        Expr::IsFalse(value) => is(*value, Test::False, false)?,
        Expr::IsNotFalse(value) => is(*value, Test::False, true)?,
        Expr::IsNull(value) | Expr::IsUnknown(value) => is(*value, Test::Null, false)?,
        Expr::IsNotNull(value) | Expr::IsNotUnknown(value) => is(*value, Test::Null, true)?,
        Expr::IsDistinctFrom(a, b) => distinct(*a, *b, false)?,
        Expr::IsNotDistinctFrom(a, b) => distinct(*a, *b, true)?,
        Expr::InList { expr, list, negated } => {
            Tree::In { value: boxed(*expr)?, list: all(list)?, negated }
        }
        Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => {
            Tree::In { value: boxed(*left)?, list: elements(*right)?, negated: false }
        }
        Expr::AllOp { left, compare_op: BinaryOperator::NotEq, right } => {
            Tree::In { value: boxed(*left)?, list: elements(*right)?, negated: true }
        }
        Expr::Between { expr, negated, low, high } => between(*expr, *low, *high, negated)?,
        Expr::Like { negated, any: false, expr, pattern, escape_char } => {
            like(*expr, *pattern, escape_char, false, negated)?
        }
        Expr::ILike { negated, any: false, expr, pattern, escape_char } => {
            like(*expr, *pattern, escape_char, true, negated)?
        }
        Expr::RLike { negated, expr, pattern, .. } => Tree::Matches {
            value: boxed(*expr)?,
            pattern: boxed(*pattern)?,
            any_case: false,
            negated,
        },
        Expr::Cast { kind, expr, data_type, format: None, .. } => {
            let tries = matches!(kind, CastKind::TryCast | CastKind::SafeCast);
            Tree::Cast { value: boxed(*expr)?, to: target(&data_type)?, tries }
        }
        Expr::AtTimeZone { timestamp, time_zone } => {
            Tree::AtTimeZone(boxed(*timestamp)?, boxed(*time_zone)?)
        }
        Expr::Case { operand, conditions, else_result, .. } => {
            let branch = |CaseWhen { condition, result }| Ok((tree(condition)?, tree(result)?));
            Tree::Case {
                operand: operand.map(|operand| boxed(*operand)).transpose()?,
                branches: conditions.into_iter().map(branch).collect::<Parsed<_>>()?,
                otherwise: else_result.map(|otherwise| boxed(*otherwise)).transpose()?,
            }
        }
        expr => return spelled(expr),
    })
}

/// The parser takes an AND or OR behind it for a part of the right side, which it is not.
fn distinct(left: Expr, right: Expr, negated: bool) -> Parsed {
    if let Expr::BinaryOp { op: BinaryOperator::And | BinaryOperator::Or, .. } = right {
        return Err(
            "beside AND and OR it stands in parentheses: (a IS DISTINCT FROM b) AND c".to_owned()
        );
    }
    Ok(Tree::Distinct { left: boxed(left)?, right: boxed(right)?, negated })
}

/// A name without quotes may be a word that stands for a moment.
fn column(name: ast::Ident) -> Tree {
    Tree::Column(name.value)
}

/// Functions with a spelling of their own.
fn spelled(expr: Expr) -> Parsed {
    Ok(match expr {
        Expr::Extract { field, expr, .. } => {
            Tree::Call("DATE_PART".to_owned(), vec![Tree::Text(field.to_string()), tree(*expr)?])
        }
        Expr::Ceil { expr, field } => rounded("CEIL", *expr, &field)?,
        Expr::Floor { expr, field } => rounded("FLOOR", *expr, &field)?,
        Expr::Position { expr, r#in } => {
            Tree::Call("STRPOS".to_owned(), vec![tree(*r#in)?, tree(*expr)?])
        }
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            let start = substring_from.map_or(Ok(Tree::Number("1".to_owned())), |at| tree(*at))?;
            let mut args = vec![tree(*expr)?, start];
            if let Some(length) = substring_for {
                args.push(tree(*length)?);
            }
            Tree::Call("SUBSTR".to_owned(), args)
        }
        Expr::Trim { expr, trim_where, trim_what, trim_characters } => {
            let name = match trim_where {
                None | Some(TrimWhereField::Both) => "TRIM",
                Some(TrimWhereField::Leading) => "LTRIM",
                Some(TrimWhereField::Trailing) => "RTRIM",
            };
            let mut args = vec![tree(*expr)?];
            args.extend(trim_what.map(|what| tree(*what)).transpose()?);
            args.extend(all(trim_characters.unwrap_or_default())?);
            Tree::Call(name.to_owned(), args)
        }
        Expr::Function(function) => call(function)?,
        Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
            return Err("a query within the expression has no place in a mapping".to_owned());
        }
        Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => return Err(NOT_A_ROW.to_owned()),
        Expr::SimilarTo { .. } => return Err("use ~ instead of SIMILAR TO".to_owned()),
        Expr::Collate { .. } => {
            return Err("texts are compared byte by byte: leave COLLATE out".to_owned());
        }
        Expr::Array(_)
        | Expr::Struct { .. }
        | Expr::Map(_)
        | Expr::Dictionary(_)
        | Expr::Tuple(_)
        | Expr::Lambda(_) => {
            return Err("lists, structs and maps can't be made here".to_owned());
        }
        Expr::InUnnest { .. } => return Err("use IN (…) with the values".to_owned()),
        expr => {
            let text: String = expr.to_string().chars().take(60).collect();
            return Err(format!("{text} is nothing that a mapping can have"));
        }
    })
}

/// What aggregates and the like are refused with.
pub(crate) const NOT_A_ROW: &str = "it does not give one value for each row on its own; \
    aggregates, windows and * have no place in a mapping";

fn literal(value: Value) -> Parsed {
    Ok(match value {
        Value::Null => Tree::Null,
        Value::Boolean(value) => Tree::Bool(value),
        Value::Number(digits, _) => Tree::Number(digits),
        Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => Tree::Text(text),
        Value::DollarQuotedString(text) => Tree::Text(text.value),
        value => return Err(format!("{value} is no constant that is known here")),
    })
}

fn is(value: Expr, test: Test, negated: bool) -> Parsed {
    Ok(Tree::Is { value: boxed(value)?, test, negated })
}

fn like(
    value: Expr,
    pattern: Expr,
    escape: Option<ast::ValueWithSpan>,
    any_case: bool,
    negated: bool,
) -> Parsed {
    let escape = escape.map(|escape| {
        let text = escape.into_string().unwrap_or_default();
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (Some(escape), None) => Ok(escape),
            _ => Err(format!("ESCAPE {text:?} is not one character")),
        }
    });
    let escape = escape.transpose()?;
    Ok(Tree::Like { value: boxed(value)?, pattern: boxed(pattern)?, escape, any_case, negated })
}

fn between(value: Expr, low: Expr, high: Expr, negated: bool) -> Parsed {
    Ok(Tree::Between { value: boxed(value)?, low: boxed(low)?, high: boxed(high)?, negated })
}

/// The elements of `ARRAY[…]`, `[…]` or `(…)`.
fn elements(list: Expr) -> Parsed<Vec<Tree>> {
    match list {
        Expr::Array(array) => all(array.elem),
        Expr::Tuple(values) => all(values),
        Expr::Nested(inner) => elements(*inner),
        other => Ok(vec![tree(other)?]),
    }
}

fn rounded(name: &str, expr: Expr, field: &CeilFloorKind) -> Parsed {
    match field {
        CeilFloorKind::DateTimeField(ast::DateTimeField::NoDateTime) => {
            Ok(Tree::Call(name.to_owned(), vec![tree(expr)?]))
        }
        _ => Err(format!("{name} takes one number")),
    }
}

/// A field of a struct is a column of the name `struct.field`.
fn field(root: Expr, chain: Vec<ast::AccessExpr>) -> Parsed {
    let Tree::Column(mut name) = tree(root)? else {
        return Err("only columns have fields".to_owned());
    };
    for access in chain {
        match access {
            ast::AccessExpr::Dot(Expr::Identifier(field)) => {
                name.push('.');
                name.push_str(&field.value);
            }
            ast::AccessExpr::Subscript(ast::Subscript::Index {
                index:
                    Expr::Value(ast::ValueWithSpan { value: Value::SingleQuotedString(field), .. }),
            }) => {
                name.push('.');
                name.push_str(&field);
            }
            _ => return Err("elements of lists can't be read; fields of structs can".to_owned()),
        }
    }
    Ok(Tree::Column(name))
}

fn interval(interval: ast::Interval) -> Parsed<Interval> {
    let number = match *interval.value {
        Expr::Value(value) => match value.value {
            Value::SingleQuotedString(text) | Value::Number(text, _) => text,
            _ => return Err("an INTERVAL is a text in quotes, or a number and a unit".to_owned()),
        },
        _ => return Err("an INTERVAL is a text in quotes, or a number and a unit".to_owned()),
    };
    let text = match interval.leading_field {
        Some(unit) => format!("{number} {unit}"),
        None => number,
    };
    Interval::parse(&text)
}

/// Chains of one kind of operator are as deep on their left as they are long.
fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Parsed {
    if let Some(kind) = Chain::of(&op) {
        let mut terms = vec![(op, right)];
        let mut first = left;
        loop {
            match first {
                Expr::BinaryOp { left, op, right } if Chain::of(&op) == Some(kind) => {
                    terms.push((op, *right));
                    first = *left;
                }
                other => {
                    first = other;
                    break;
                }
            }
            if terms.len() > TERMS {
                return Err(format!("it has more than {TERMS} terms in one chain; use IN (…)"));
            }
        }
        terms.reverse();
        return kind.tree(first, terms);
    }
    let pattern = |any_case, negated| {
        move |value, pattern| Tree::Matches { value, pattern, any_case, negated }
    };
    let (left, right) = (boxed(left)?, boxed(right)?);
    let comparison = match op {
        BinaryOperator::Eq => Comparison::Equal,
        BinaryOperator::NotEq => Comparison::NotEqual,
        BinaryOperator::Lt => Comparison::Less,
        BinaryOperator::LtEq => Comparison::LessOrEqual,
        BinaryOperator::Gt => Comparison::Greater,
        BinaryOperator::GtEq => Comparison::GreaterOrEqual,
        BinaryOperator::PGRegexMatch => return Ok(pattern(false, false)(left, right)),
        BinaryOperator::PGRegexIMatch => return Ok(pattern(true, false)(left, right)),
        BinaryOperator::PGRegexNotMatch => return Ok(pattern(false, true)(left, right)),
        BinaryOperator::PGRegexNotIMatch => return Ok(pattern(true, true)(left, right)),
        op => return Err(format!("the operator {op} is not known here")),
    };
    Ok(Tree::Compare(comparison, left, right))
}

/// Operators that are done one after the other.
#[derive(Clone, Copy, PartialEq)]
enum Chain {
    And,
    Or,
    Sum,
    Product,
    Text,
}

impl Chain {
    fn of(op: &BinaryOperator) -> Option<Self> {
        Some(match op {
            BinaryOperator::And => Self::And,
            BinaryOperator::Or => Self::Or,
            BinaryOperator::Plus | BinaryOperator::Minus => Self::Sum,
            BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Modulo
            | BinaryOperator::DuckIntegerDivide => Self::Product,
            BinaryOperator::StringConcat => Self::Text,
            _ => return None,
        })
    }

    fn tree(self, first: Expr, rest: Vec<(BinaryOperator, Expr)>) -> Parsed {
        if let Self::Sum | Self::Product = self {
            let rest = rest.into_iter().map(|(op, term)| {
                let op = match op {
                    BinaryOperator::Plus => Arithmetic::Plus,
                    BinaryOperator::Minus => Arithmetic::Minus,
                    BinaryOperator::Multiply => Arithmetic::Times,
                    BinaryOperator::Divide => Arithmetic::Over,
                    BinaryOperator::Modulo => Arithmetic::Remainder,
                    _ => Arithmetic::WholeOver,
                };
                Ok((op, tree(term)?))
            });
            return Ok(Tree::Arithmetic(boxed(first)?, rest.collect::<Parsed<_>>()?));
        }
        let mut terms = vec![tree(first)?];
        for (_, term) in rest {
            terms.push(tree(term)?);
        }
        Ok(match self {
            Self::And => Tree::All(terms),
            Self::Or => Tree::Any(terms),
            _ => Tree::Call("||".to_owned(), terms),
        })
    }
}

fn call(function: ast::Function) -> Parsed {
    let name = function.name.to_string().to_uppercase();
    if function.over.is_some() || function.filter.is_some() || !function.within_group.is_empty() {
        return Err(NOT_A_ROW.to_owned());
    }
    let list = match function.args {
        FunctionArguments::None => {
            return match refused_word(&name) {
                Some(reason) => Err(reason),
                // A word such as `user`, which is a column here.
                None => Ok(Tree::Column(function.name.to_string())),
            };
        }
        FunctionArguments::Subquery(_) => {
            return Err("a query within the expression has no place in a mapping".to_owned());
        }
        FunctionArguments::List(list) => list,
    };
    if crate::functions::AGGREGATES.contains(&&*name) {
        return Err(NOT_A_ROW.to_owned());
    }
    if refused_word(&name).is_some() || ["NOW", "TODAY", "GETDATE", "SYSDATE"].contains(&&*name) {
        return Err(no_clock(&name));
    }
    if ["RANDOM", "RAND", "UUID", "GEN_RANDOM_UUID"].contains(&&*name) {
        return Err(format!(
            "{name}() differs from run to run, and the same input must give the same tables"
        ));
    }
    if list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
        return Err(NOT_A_ROW.to_owned());
    }
    if name == "LOOKUP" {
        return lookup(list.args);
    }
    let args = list.args.into_iter().map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => tree(expr),
        FunctionArg::Unnamed(_) => Err(NOT_A_ROW.to_owned()),
        _ => Err(format!("the arguments of {name} have no names")),
    });
    let args = args.collect::<Parsed<Vec<_>>>()?;
    Ok(match (&*name, args) {
        ("TRY_CAST", _) => return Err("write TRY_CAST(value AS TYPE)".to_owned()),
        (_, args) => Tree::Call(name, args),
    })
}

/// `LOOKUP(products.category, sku)`: the first argument is no column of the row.
fn lookup(args: Vec<FunctionArg>) -> Parsed {
    let unnamed = |arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => tree(expr),
        _ => Err(NOT_A_ROW.to_owned()),
    };
    let mut args = args.into_iter().map(unnamed).collect::<Parsed<Vec<_>>>()?.into_iter();
    let (Some(Tree::Column(named)), Some(key), None) = (args.next(), args.next(), args.next())
    else {
        return Err(LOOKUP.to_owned());
    };
    // The name of a lookup is a word; that of a column may have points in it.
    let (lookup, column) = named.split_once('.').ok_or(LOOKUP)?;
    let (lookup, column) = (lookup.to_owned(), column.to_owned());
    Ok(Tree::Lookup { lookup, column, key: Box::new(key) })
}

/// How a value is looked up.
pub(crate) const LOOKUP: &str = "the first argument of LOOKUP is a column of a lookup, and the second \
    the key that is looked for: LOOKUP(products.category, sku)";

/// The type that a cast names.
fn target(ty: &DataType) -> Parsed<Target> {
    use ast::ExactNumberInfo as Info;
    use ast::TimezoneInfo as Zone;
    let decimal = |info: &Info| match *info {
        // As in DuckDB; PostgreSQL keeps all digits, which no column can.
        Info::None => (18, 3),
        Info::Precision(digits) => (digits, 0),
        Info::PrecisionAndScale(digits, scale) => (digits, u64::try_from(scale).unwrap_or(99)),
    };
    Ok(match ty {
        DataType::TinyInt(None) | DataType::Int8(None) if is_tiny(ty) => Target::Integer(Width::I8),
        DataType::SmallInt(None) | DataType::Int2(None) => Target::Integer(Width::I16),
        DataType::Int(None) | DataType::Integer(None) | DataType::Int4(None) => {
            Target::Integer(Width::I32)
        }
        DataType::BigInt(None) | DataType::Int8(None) | DataType::Int64 => {
            Target::Integer(Width::I64)
        }
        DataType::HugeInt => Target::Integer(Width::I128),
        DataType::UTinyInt => Target::Integer(Width::U8),
        DataType::USmallInt => Target::Integer(Width::U16),
        DataType::UBigInt => Target::Integer(Width::U64),
        DataType::Decimal(info) | DataType::Numeric(info) | DataType::Dec(info) => {
            let (digits, scale) = decimal(info);
            match (u16::try_from(digits), u16::try_from(scale)) {
                (Ok(digits @ 1..=38), Ok(scale)) if scale <= digits => {
                    Target::Decimal { digits, scale }
                }
                _ => return Err(format!("{ty} is no decimal of at most 38 digits")),
            }
        }
        DataType::Double(_) | DataType::DoublePrecision | DataType::Float8 | DataType::Float64 => {
            Target::Float { is_short: false }
        }
        DataType::Float(_) | DataType::Real | DataType::Float4 => Target::Float { is_short: true },
        DataType::Varchar(_)
        | DataType::Text
        | DataType::String(_)
        | DataType::CharacterVarying(_)
        | DataType::Char(None) => Target::Text,
        DataType::Boolean | DataType::Bool => Target::Bool,
        DataType::Date => Target::Date,
        DataType::Timestamp(_, Zone::None | Zone::WithoutTimeZone) | DataType::Datetime(_) => {
            Target::Timestamp
        }
        DataType::Timestamp(_, Zone::WithTimeZone | Zone::Tz) => Target::Instant,
        ty => named(&ty.to_string().to_uppercase())?,
    })
}

fn is_tiny(ty: &DataType) -> bool {
    matches!(ty, DataType::TinyInt(_))
}

/// Types that the parser knows by no name of its own.
fn named(name: &str) -> Parsed<Target> {
    Ok(match name {
        "UINTEGER" | "UINT32" => Target::Integer(Width::U32),
        "UTINYINT" | "UINT8" => Target::Integer(Width::U8),
        "USMALLINT" | "UINT16" => Target::Integer(Width::U16),
        "UBIGINT" | "UINT64" => Target::Integer(Width::U64),
        "HUGEINT" | "INT128" => Target::Integer(Width::I128),
        "INT16" => Target::Integer(Width::I16),
        "INT32" | "SIGNED" => Target::Integer(Width::I32),
        "LONG" => Target::Integer(Width::I64),
        "TIMESTAMPTZ" => Target::Instant,
        _ => {
            return Err(format!(
                "nothing is cast to {name}; the types are SMALLINT, INTEGER, BIGINT, UBIGINT, \
                 HUGEINT, DECIMAL(p, s), DOUBLE, VARCHAR, BOOLEAN, DATE, TIMESTAMP, TIMESTAMPTZ"
            ));
        }
    })
}
