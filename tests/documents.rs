//! The pages in `docs`, whose generated parts are what the code declares.
//!
//! A generated part is between `<!-- generated: WHAT -->` and `<!-- end -->`: the columns of the page's
//! table or of an input, the keys of a section of the pipeline file, or the formulas of the calculator.

use std::fs;
use std::path::{Path, PathBuf};

use kohort_inputs::INPUTS;
use kohort_model::TableSpec;
use kohort_pipeline::reference::{
    SectionReference, formulas_markdown, input_markdown, locales_markdown, omissions_markdown,
    sections,
};
use kohort_pipeline::tables;
use kohort_report::schema::markdown;

use crate::support::expected::assert_file;

const BEGIN: &str = "<!-- generated: ";
const END: &str = "<!-- end -->";

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// A page with its generated parts as they have to be; `part` gives one.
fn generated(page: &str, part: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (what, after) = after.split_once(" -->\n").expect("a marker ends its line");
        let (_, after) = after.split_once(END).expect("a generated part ends");
        let new = part(what).unwrap_or_else(|| panic!("nothing declares {what}"));
        text.extend([before, BEGIN, what, " -->\n", &new, END]);
        rest = after;
    }
    text + rest
}

fn check(page: &Path, part: impl Fn(&str) -> Option<String>) {
    let found =
        fs::read_to_string(page).unwrap_or_else(|cause| panic!("{}: {cause}", page.display()));
    assert_file(page, &generated(&found, part));
}

fn page_of(table: &TableSpec) -> PathBuf {
    docs().join("tables").join(table.schema.name).with_extension("md")
}

#[test]
fn every_table_has_a_page_with_its_columns() {
    for table in tables() {
        check(&page_of(table), |what| (what == "columns").then(|| markdown(table.schema)));
    }
    let mut pages: Vec<_> =
        fs::read_dir(docs().join("tables")).unwrap().map(|e| e.unwrap().path()).collect();
    pages.retain(|page| page.file_stem().is_some_and(|stem| stem != "README"));
    assert_eq!(pages.len(), tables().count(), "no page is left over");
}

#[test]
fn the_page_of_the_pipeline_file_has_every_key() {
    let all = sections();
    let page = docs().join("pipeline-file.md");
    check(&page, |what| {
        let name = what.strip_prefix("keys ").map(|name| if name == "top" { "" } else { name })?;
        all.iter().find(|section| section.name == name).map(SectionReference::markdown)
    });
    let text = fs::read_to_string(page).unwrap();
    for section in all {
        let name = if section.name.is_empty() { "top" } else { &section.name };
        assert!(text.contains(&format!("{BEGIN}keys {name} -->")), "the keys of {name}");
        for key in section.keys.iter().filter(|key| key.ty != "section") {
            let line = key.example.split(" = ").next().unwrap_or(&key.example);
            assert!(text.contains(line), "an example of {name}.{}", key.name);
        }
    }
}

#[test]
fn the_page_of_inputs_has_every_column() {
    let page = docs().join("inputs.md");
    check(&page, |what| {
        let name = what.strip_prefix("input ")?;
        INPUTS.into_iter().find(|spec| spec.input.name() == name).map(input_markdown)
    });
    let text = fs::read_to_string(page).unwrap();
    for spec in INPUTS {
        let name = spec.input.name();
        assert!(text.contains(&format!("{BEGIN}input {name} -->")), "the columns of {name}");
    }
}

#[test]
fn the_page_of_concepts_has_every_omission() {
    let page = docs().join("concepts.md");
    check(&page, |what| (what == "omissions").then(omissions_markdown));
    let text = fs::read_to_string(page).unwrap();
    assert!(text.contains(&format!("{BEGIN}omissions -->")));
}

#[test]
fn the_page_of_the_calculator_has_every_formula() {
    let page = docs().join("calculator.md");
    check(&page, |what| match what {
        "formulas" => Some(formulas_markdown()),
        "locales" => Some(locales_markdown()),
        _ => None,
    });
    let text = fs::read_to_string(page).unwrap();
    for part in ["formulas", "locales"] {
        assert!(text.contains(&format!("{BEGIN}{part} -->")), "the {part}");
    }
}
