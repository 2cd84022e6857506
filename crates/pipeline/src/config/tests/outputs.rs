//! `[outputs] format` and `partition_by`.

use kohort_publish::Layout;

use super::mistakes::errors_in;
use super::*;

fn hive(column: &str) -> Layout {
    Layout::Hive { partition_by: column.to_owned() }
}

#[test]
fn layouts() {
    let cases: [(&[&str], Layout, &str); 6] = [
        (&[], Layout::Files, ""),
        (&["outputs.format=parquet"], Layout::Files, ""),
        (&["outputs.format=hive"], hive("grain"), "format: hive, partition_by: grain"),
        (
            &["outputs.format=hive", "outputs.partition_by=period"],
            hive("period"),
            "format: hive, partition_by: period",
        ),
        // No table has the usual column.
        (
            &["outputs.format=hive", "outputs.tables=customers"],
            hive("grain"),
            "format: hive, partition_by: grain",
        ),
        (&["outputs.format=delta"], Layout::Delta, "format: delta"),
    ];
    let plain = small(&[]).digest();
    for (overrides, layout, expected) in cases {
        let pipeline = small(overrides);
        assert_eq!(pipeline.layout, layout, "{overrides:?}");
        let listed: Vec<_> = (pipeline.settings().into_iter())
            .filter_map(|(key, value)| {
                let key = key.strip_prefix("outputs.")?;
                (key != "path" && key != "tables").then(|| format!("{key}: {value}"))
            })
            .collect();
        assert_eq!(listed.join(", "), expected, "{overrides:?}");
        assert_eq!(pipeline.digest() == plain, layout == Layout::Files, "{overrides:?}");
    }
}

#[test]
fn wrong_layouts() {
    let found = errors_in(
        SMALL,
        &[
            &["outputs.format=iceberg"],
            &["outputs.format=3"],
            &["outputs.partition_by=grain"],
            &["outputs.format=delta", "outputs.partition_by=grain"],
            &["outputs.format=hive", "outputs.partition_by=", "outputs.tables=clv_models"],
            &["outputs.format=hive", "outputs.partition_by=cohrt", "outputs.tables=cohort_curve"],
            &[
                "outputs.format=hive",
                "outputs.partition_by=customer_id",
                "outputs.tables=customers",
            ],
            &["outputs.format=delta", "outputs.path=s3://bucket/out"],
        ],
    );
    insta::assert_snapshot!(found, @r#"
    --set outputs.format=iceberg: outputs.format is "iceberg". Allowed: parquet, hive, delta
    --set outputs.format=3: outputs.format is the number 3; it must be "parquet", "hive" or "delta"
    --set outputs.partition_by=grain: outputs.partition_by names the column that divides tables, but outputs.format is not "hive"; set it so, or remove partition_by
    --set outputs.partition_by=grain: outputs.partition_by names the column that divides tables, but outputs.format is not "hive"; set it so, or remove partition_by
    --set outputs.partition_by=: outputs.partition_by is an empty text; it must be a key column such as "grain"
    --set outputs.partition_by=cohrt: outputs.partition_by is "cohrt". Allowed: grain, segment, segment_value, k
    --set outputs.partition_by=customer_id: outputs.partition_by names the column that divides tables, but no table asked for has a text, a date or a whole number in its key; remove it, or ask for other tables
    --set outputs.format=delta: outputs.format is "delta", but outputs.path is on an object store, where Kohort writes no Delta log; write to a folder, or set it to "parquet" or "hive"
    "#);
}
