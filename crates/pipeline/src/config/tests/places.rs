//! `[outputs] path` and `keep_runs`: where runs go, and how many stay.

use super::mistakes::errors_in;
use super::*;

#[test]
fn outputs_are_paths_or_urls() {
    let cases = [
        ("out", "/home/shop/out"),
        ("../out", "/home/out"),
        ("/out/", "/out/"),
        ("s3://bucket/out", "s3://bucket/out"),
        ("gs://bucket/a/out/", "gs://bucket/a/out/"),
        ("file:///out", "/home/shop/file:/out"),
    ];
    for (path, expected) in cases {
        let pipeline = small(&[&format!("outputs.path={path}")]);
        assert_eq!(pipeline.output, Path::new(expected), "{path}");
    }
}

#[test]
fn runs_that_stay() {
    for (overrides, expected) in
        [(&[] as &[&str], 7), (&["outputs.keep_runs=1"], 1), (&["outputs.keep_runs=365"], 365)]
    {
        let pipeline = small(overrides);
        assert_eq!(pipeline.keep_runs, expected);
        assert_eq!(pipeline.digest(), small(&[]).digest(), "it bears on no table");
    }
    let found = errors_in(
        SMALL,
        &[&["outputs.keep_runs=0"], &["outputs.keep_runs=all"], &["outputs.keep_runs=1.5"]],
    );
    insta::assert_snapshot!(found, @r#"
    --set outputs.keep_runs=0: outputs.keep_runs is the number 0; it must be a whole number of runs from 1 to 10000
    --set outputs.keep_runs=all: outputs.keep_runs is the text "all"; it must be a whole number of runs from 1 to 10000
    --set outputs.keep_runs=1.5: outputs.keep_runs is the number 1.5; it must be a whole number of runs from 1 to 10000
    "#);
}
