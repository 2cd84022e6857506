//! The schema of `run.json`: it describes what is written, all of it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::{
    AlertRecord, Calibration, CheckCounts, LateRows, LookupRecord, RUN_SCHEMA, RiskRecord,
    TableRecord,
};

/// A record with something in every list and every option.
pub(super) fn full() -> RunRecord {
    let mut record = record(&id(0));
    let text = str::to_owned;
    let file = &mut record.inputs[0].files[0];
    file.modified_us = Some(1_732_239_891_000_000);
    file.identity = Some(text("00ff"));
    file.rows_by_month = BTreeMap::from([(text("2024-09"), 9)]);
    record.inputs[0].rejected.insert(text("a \"b\"\n\\"), 1);
    record.inputs[0].rounded_amounts = 4;
    record.inputs[0].days_after_as_of = [(text("paid_at"), 83)].into();
    record.as_of_from = Some(text("inputs.orders.ordered_at"));
    let file = |rows, rows_read| FileRecord { rows, rows_read, ..FileRecord::default() };
    // One that was known from earlier, and one of which nothing had to be read.
    record.inputs[0].files.extend([file(30, 0), file(500, 0)]);
    record.lookups = vec![LookupRecord {
        lookup: text("products"),
        files: vec![file(3, 3)],
        columns: vec![text("category")],
        rows: 2,
        rows_without_key: 1,
        digest: "0f".repeat(16),
    }];
    record.warnings = vec![text("orders: INT96 times are taken as UTC")];
    let late = |grain: &str, day| LateRows {
        input: text("orders"),
        grain: text(grain),
        period: Day(day),
        rows_added: 3,
        rows_removed: 1,
    };
    record.late = vec![late("week", 19_000), late("week", 19_007), late("month", 18_993)];
    record.risk_model = Some(RiskRecord {
        held_out_from: Day(19_000),
        fitted: 10,
        fitted_churned: 2,
        held_out: 4,
        held_out_churned: 1,
        auc: Some(0.75),
        calibration: vec![Calibration { observations: 4, expected: 0.5, churned: 1 }],
        coefficients: BTreeMap::from([(text("recency"), -0.5)]),
    });
    record.inputs[0].files_reused = 1;
    record.fingerprint = Some("0f".repeat(32));
    let alert = |value: Option<&str>| AlertRecord {
        metric: text("churn_rate"),
        grain: text("month"),
        period: Day(19_000),
        segment: text("country"),
        segment_value: value.map(text),
        value: 0.5,
        direction: text("above"),
        status: text("act"),
        threshold: 0.25,
    };
    record.alerts = Some(vec![alert(Some("GB")), alert(None)]);
    record.checks = CheckCounts { passed: 9, warned: 2, failed: 0 };
    let (rows, bytes, digest) = (5, 700, "0f".repeat(32));
    let files = [(text("lost_sales.parquet"), digest.clone())].into();
    let left_out = [(text("events_without_cart"), 3)].into();
    record.tables =
        vec![TableRecord { name: text("lost_sales"), rows, bytes, digest, files, left_out }];
    record.pipeline_digest = "0f".repeat(32);
    record.memory_limit_bytes = Some(1 << 32);
    record
}

/// Follows a value and its schema: both have the same properties, each is described, and each value
/// is of its type. Notes the definitions that were used.
fn follow(value: &Value, schema: &Value, root: &Value, at: &str, used: &mut BTreeSet<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix("#/$defs/").unwrap();
        used.insert(name.to_owned());
        return follow(value, &root["$defs"][name], root, at, used);
    }
    assert!(schema["description"].is_string(), "{at} is not described");
    if let Some(choices) = schema["anyOf"].as_array() {
        let [this, null] = &choices[..] else { panic!("{at} is one or null") };
        assert_eq!(null["type"], "null", "{at}");
        if !value.is_null() {
            follow(value, this, root, at, used);
        }
        return;
    }
    if let Some(names) = schema["enum"].as_array() {
        return assert!(names.contains(value), "{at} is {value}");
    }
    if schema.get("const").is_some() {
        return assert_eq!(schema["const"], *value, "{at}");
    }
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let types = schema["type"].as_array().map_or(std::slice::from_ref(&schema["type"]), |t| t);
    assert!(types.iter().any(|ty| ty == found), "{at} is {found}, not of {types:?}");
    match value {
        Value::Object(entries) => {
            if let Some(properties) = schema["properties"].as_object() {
                let names: Vec<_> = properties.keys().collect();
                assert_eq!(entries.keys().collect::<Vec<_>>(), names, "properties of {at}");
                for (name, value) in entries {
                    follow(value, &properties[name], root, &format!("{at}.{name}"), used);
                }
            } else {
                let ty = &schema["additionalProperties"]["type"];
                let fits = |value: &Value| match ty.as_str() {
                    Some("number") => value.is_number(),
                    Some("string") => value.is_string(),
                    _ => value.is_u64(),
                };
                assert!(entries.values().all(fits), "{at} is {value}");
            }
        }
        Value::Array(items) if schema["items"].get("$ref").is_some() => {
            for item in items {
                follow(item, &schema["items"], root, at, used);
            }
        }
        Value::Array(items) if schema["items"]["type"] == "string" => {
            assert!(items.iter().all(Value::is_string), "{at} is {value}");
        }
        Value::Array(items) => {
            let names = schema["items"]["enum"].as_array().unwrap();
            assert!(items.iter().all(|item| names.contains(item)), "{at} is {value}");
        }
        _ => {}
    }
}

#[test]
fn the_schema_says_what_is_written() {
    let schema: Value = serde_json::from_str(RUN_SCHEMA).unwrap();
    let mut used = BTreeSet::new();
    for record in [full(), record(&id(0))] {
        let json = serde_json::from_slice(&record.to_json()).unwrap();
        follow(&json, &schema, &schema, "run.json", &mut used);
    }
    let defined: BTreeSet<_> = schema["$defs"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(used, defined);
    for object in schema["$defs"].as_object().unwrap().values().chain([&schema]) {
        let properties: BTreeSet<_> = object["properties"].as_object().unwrap().keys().collect();
        let required = object["required"].as_array().unwrap();
        let required: BTreeSet<_> = required.iter().map(|name| name.as_str().unwrap()).collect();
        assert!(properties.iter().map(|name| name.as_str()).eq(required), "{object}");
    }
}
