//! Evaluates expressions over a Parquet file, for comparisons with other engines.
//!
//! `eval TABLE.parquet ZONE` reads a JSON line for each expression, `{"expr": "…"}`, and writes one
//! with its type and a value a row: `null`, `{"f": "why it failed"}`, or a pair of the kind of value
//! and its text; or `{"refused": "why"}`.

use std::error::Error;
use std::io::{self, BufRead, Write};

use kohort_expr::{Columns, Mapped, Program, Type, Zones};
use polars::prelude::{
    AnyValue, DataFrame, DataType, ParquetReader, Schema, SerReader, Series, TimeUnit,
};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: eval TABLE.parquet ZONE";
    let (path, zone) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let mut frame = ParquetReader::new(std::fs::File::open(path)?).finish()?;
    frame.rechunk_mut();
    let zones = Zones::new(zone.parse()?, None);
    let schema = frame.schema().as_ref().clone();
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let text = request["expr"].as_str().ok_or("no expr")?;
        let answer = match bound(text, &schema, &zones) {
            Ok(mapped) => evaluated(&mapped, &frame),
            Err(reason) => json!({ "refused": reason }),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn bound(text: &str, schema: &Schema, zones: &Zones) -> Result<Mapped, String> {
    let program = Program::parse(text).map_err(|error| error.to_string())?;
    program.bind(&Columns { schema, zones, is_wall: &|_| false, lookups: &[] })
}

fn evaluated(mapped: &Mapped, frame: &DataFrame) -> Value {
    let ty = mapped.ty();
    let result = mapped.evaluate(frame);
    let mut rows: Vec<Value> = (0..frame.height()).map(|row| shown(&result.values, row)).collect();
    for (row, failure) in result.failures {
        rows[row] = json!({ "f": failure.to_string() });
    }
    let rows: Vec<Value> = match ty {
        // A quotient is written with 18 decimal places.
        Type::Fraction => rows
            .into_iter()
            .map(|value| match value {
                Value::Array(pair) => json!(["q", pair[1]]),
                other => other,
            })
            .collect(),
        _ => rows,
    };
    json!({ "type": ty.to_string(), "rows": rows })
}

fn shown(values: &Series, row: usize) -> Value {
    let value = values.get(row).unwrap_or(AnyValue::Null);
    let micros = |stamp: i64, unit: TimeUnit| match unit {
        TimeUnit::Milliseconds => stamp.saturating_mul(1000),
        TimeUnit::Microseconds => stamp,
        TimeUnit::Nanoseconds => stamp.div_euclid(1000),
    };
    let time = |micros: i64| {
        let time = chrono::DateTime::from_timestamp_micros(micros).map(|time| time.naive_utc());
        time.map_or_else(|| micros.to_string(), |t| t.format("%Y-%m-%dT%H:%M:%S%.6f").to_string())
    };
    match value {
        AnyValue::Null => Value::Null,
        AnyValue::Boolean(is) => json!(["b", is]),
        AnyValue::String(text) => json!(["s", text]),
        AnyValue::StringOwned(text) => json!(["s", text.as_str()]),
        AnyValue::Float64(x) => json!(["f", double(x)]),
        AnyValue::Float32(x) => json!(["f", double(f64::from(x))]),
        AnyValue::Date(day) => {
            let date = chrono::DateTime::from_timestamp(i64::from(day) * 86_400, 0);
            json!(["d", date.map_or_else(|| day.to_string(), |d| d.date_naive().to_string())])
        }
        AnyValue::Datetime(stamp, unit, zone) => {
            json!([if zone.is_some() { "z" } else { "t" }, time(micros(stamp, unit))])
        }
        AnyValue::Decimal(digits, _, scale) => json!(["n", decimal(digits, scale)]),
        AnyValue::Binary(bytes) => {
            let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
            let hex: String =
                bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
            json!(["x", hex])
        }
        other if values.dtype().is_integer() => json!(["n", other.to_string()]),
        other => json!(["o", format!("{other:?} of {:?}", DataType::from(&other))]),
    }
}

fn double(x: f64) -> String {
    if x.is_nan() {
        "nan".to_owned()
    } else if x.is_infinite() {
        if x > 0.0 { "inf".to_owned() } else { "-inf".to_owned() }
    } else {
        format!("{x:?}")
    }
}

fn decimal(digits: i128, scale: usize) -> String {
    let text = format!("{:0>width$}", digits.unsigned_abs(), width = scale + 1);
    let (whole, places) = text.split_at(text.len() - scale);
    let sign = if digits < 0 { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{places}") }
}
