//! What the files of an input have in common: one form of ids, one kind of times, types that fit.

use kohort_model::{IdType, Number, NumberUnit, ValueKind};
use polars::prelude::DataType;

use crate::columns::amount::is_number;
use crate::columns::ids::is_bytes;
use crate::columns::is_integer;
use crate::columns::time::Clock;
use crate::error::{LoadError, TypeIn};
use crate::files::SourceFile;
use crate::mapping::{Mapping, Role};
use crate::share::IdForm;

/// What all files of an input have in common.
pub(crate) struct Forms {
    pub ids: Vec<IdForm>,
    pub clock: Clock,
    /// Of the roles that are times, as far as they are mapped and known.
    clocks: Vec<(Role, Clock)>,
}

impl Forms {
    /// Of the mapped values; `types` gives the types that one has in each of the files, by its place.
    ///
    /// # Errors
    /// Where a type does not fit, or files differ.
    pub fn of(
        mappings: &[Mapping],
        types: &dyn Fn(usize) -> Vec<DataType>,
        files: &[SourceFile],
    ) -> Result<Self, LoadError> {
        let types = |role| {
            let place = mappings.iter().position(|mapping| mapping.role == role)?;
            Some((&mappings[place], types(place)))
        };
        let mut ids = Vec::new();
        for mapping in mappings.iter().filter(|mapping| mapping.is_id()) {
            if let Some((mapping, types)) = types(mapping.role) {
                let of = id_type(mapping, &types, files)?;
                ids.push(IdForm { role: mapping.role, of, unsigned_by: None });
            }
        }
        let mut clocks = Vec::new();
        for mapping in mappings.iter().filter(|mapping| mapping.is_time()) {
            if let Some((mapping, types)) = types(mapping.role) {
                clocks.extend(clock(mapping, &types, files)?.map(|clock| (mapping.role, clock)));
            }
        }
        for mapping in mappings {
            let Some((_, types)) = types(mapping.role) else { continue };
            check(mapping, &types, files)?;
        }
        let time = mappings.iter().find(|m| matches!(m.kind, Some(ValueKind::Time(_))));
        let clock = clocks.iter().find(|(role, _)| Some(*role) == time.map(|time| time.role));
        let clock = clock.map_or(Clock::Date, |(_, clock)| *clock);
        Ok(Self { ids, clock, clocks })
    }

    /// The kind of times that a role has.
    pub fn clock_of(&self, role: Role) -> Clock {
        let found = self.clocks.iter().find(|(of, _)| *of == role);
        found.map_or(Clock::Date, |(_, clock)| *clock)
    }

    /// The type of columns of a role's ids.
    pub fn id_of(&self, role: Role) -> &'static DataType {
        let found = self.ids.iter().find(|ids| ids.role == role);
        match found {
            Some(ids) if is_bytes(ids.of) => &DataType::String,
            _ => &DataType::Int64,
        }
    }
}

fn wrong_type(mapping: &Mapping, found: &DataType, file: &SourceFile, advice: String) -> LoadError {
    LoadError::Type {
        key: mapping.name.clone(),
        expression: mapping.text.clone(),
        path: file.path.clone(),
        found: found.to_string(),
        advice,
    }
}

/// The types that a single file decides about.
fn check(mapping: &Mapping, types: &[DataType], files: &[SourceFile]) -> Result<(), LoadError> {
    let fits = |dtype: &DataType| match dtype {
        _ if *dtype == DataType::Null => true,
        _ if mapping.is_number() => is_number(dtype),
        _ if mapping.is_condition() => dtype.is_bool(),
        _ if mapping.is_text() => !dtype.is_nested() && *dtype != DataType::Binary,
        _ => true,
    };
    let wrong = types.iter().zip(files).find(|(dtype, _)| !fits(dtype));
    let Some((found, file)) = wrong else { return Ok(()) };
    let advice = match mapping.kind {
        kind if mapping.is_number() => {
            let (what, cast) = match kind {
                Some(ValueKind::Score) => ("a score", "INTEGER"),
                Some(ValueKind::Number(Number { unit: NumberUnit::Units, .. })) => {
                    ("a number of units", "BIGINT")
                }
                _ => ("an amount", "DECIMAL(38, 2)"),
            };
            let advice = format!("{what} is a decimal, an integer or a float");
            match found {
                DataType::String => format!("{advice}: use CAST({} AS {cast})", mapping.text),
                _ => advice,
            }
        }
        _ if mapping.is_condition() => "a condition is true or false".to_owned(),
        _ => "it needs a value that can be written as text".to_owned(),
    };
    Err(wrong_type(mapping, found, file, advice))
}

/// One property that all files share; an error names the first file that differs.
fn shared<T: Copy + PartialEq>(
    mapping: &Mapping,
    found: &[(T, &DataType, &SourceFile)],
    advice: &str,
) -> Result<Option<T>, LoadError> {
    let Some((first, ..)) = found.first() else { return Ok(None) };
    let Some(other) = found.iter().position(|(property, ..)| property != first) else {
        return Ok(Some(*first));
    };
    let type_in = |place: usize| {
        let (_, found, file) = &found[place];
        Box::new(TypeIn { found: found.to_string(), path: file.path.clone() })
    };
    Err(LoadError::MixedTypes {
        key: mapping.name.clone(),
        expression: mapping.text.clone(),
        first: type_in(0),
        second: type_in(other),
        advice: advice.to_owned(),
    })
}

fn id_type(
    mapping: &Mapping,
    types: &[DataType],
    files: &[SourceFile],
) -> Result<IdType, LoadError> {
    let text = &mapping.text;
    let mut found = Vec::with_capacity(types.len());
    for (dtype, file) in types.iter().zip(files) {
        let bytes = match dtype {
            DataType::Null => continue,
            DataType::String | DataType::Binary => true,
            dtype if is_integer(dtype) => false,
            _ => {
                let advice = format!(
                    "an id is an integer, text or binary: use CAST({text} AS BIGINT) or \
                     CAST({text} AS VARCHAR)"
                );
                return Err(wrong_type(mapping, dtype, file, advice));
            }
        };
        found.push((bytes, dtype, file));
    }
    let advice = format!("make them one with CAST({text} AS VARCHAR)");
    let any = |wanted| types.contains(&wanted);
    Ok(match shared(mapping, &found, &advice)? {
        Some(true) if any(DataType::Binary) => IdType::Binary,
        Some(true) => IdType::Text,
        _ if any(DataType::UInt64) => IdType::Unsigned,
        _ => IdType::Signed,
    })
}

fn clock(
    mapping: &Mapping,
    types: &[DataType],
    files: &[SourceFile],
) -> Result<Option<Clock>, LoadError> {
    let text = &mapping.text;
    let mut found = Vec::with_capacity(types.len());
    for (dtype, file) in types.iter().zip(files) {
        if *dtype == DataType::Null {
            continue;
        }
        let Some(clock) = Clock::of(dtype) else {
            return Err(wrong_type(mapping, dtype, file, time_advice(text, dtype)));
        };
        found.push((clock, dtype, file));
    }
    let has = |wanted: Clock| found.iter().any(|(clock, ..)| *clock == wanted);
    let advice = if has(Clock::Date) {
        format!("make them one with CAST({text} AS DATE)")
    } else {
        "say in which zone those without one are, with timezone = \"…\" in the section of the \
         input"
            .to_owned()
    };
    shared(mapping, &found, &advice)
}

/// What to write for a time that is not one.
fn time_advice(text: &str, found: &DataType) -> String {
    if *found == DataType::String {
        return format!(
            "a time is a date or a timestamp: use CAST({text} AS DATE), of texts with an offset \
             CAST({text} AS TIMESTAMPTZ), and for other notations STRPTIME({text}, '%d/%m/%Y %H:%M')"
        );
    }
    format!(
        "a time is a date or a timestamp: use TO_TIMESTAMP({text}) of seconds since 1970, \
         EPOCH_MS({text}) of milliseconds"
    )
}
