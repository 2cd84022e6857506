//! What is seen of rows in passing: the texts that somebody asks for, and days.

use std::collections::BTreeMap;

use kohort_load::{FileReport, Needs, Opened, Reading, Source, ValueTexts, open};
use kohort_model::{Day, Input};
use polars::prelude::Column;

use crate::support::{ALL, Folder, Maps as _, NOW, Nothing, dates, ints, plain, read, text};

/// `key: text rows, … | other rows, …` of each value.
fn shown(values: &[ValueTexts]) -> Vec<String> {
    let rows = |of: &BTreeMap<String, u64>| {
        let each: Vec<_> = of.iter().map(|(text, rows)| format!("{text} {rows}")).collect();
        each.join(", ")
    };
    let line = |value: &ValueTexts| {
        format!("{}: {} | {}", value.key, rows(&value.texts.named), rows(&value.texts.others))
    };
    values.iter().map(line).collect()
}

/// What a count finds that reads nothing else.
fn counted(opened: &Opened) -> (Vec<String>, Vec<FileReport>) {
    let texts = opened.texts();
    let reading = Reading {
        needs: ALL,
        now: NOW,
        threads: 2,
        memory_limit: None,
        known: &[],
        texts: &texts,
        progress: &|_| (),
        done: &|_, _| Ok(()),
    };
    let files = opened.count_texts(&reading).unwrap();
    (shown(&opened.counted_texts(&files)), files)
}

fn orders(folder: &Folder, paths: &[&str]) -> Source {
    let mut source = folder.source(paths);
    source.map_status("status", "status");
    let names = ["dear", "never"].map(|text| (text.to_owned(), "price".to_owned())).into();
    source.map("lost_reason", "LOWER(why)").names = names;
    source
}

type Change = fn(&mut Source);

#[test]
fn texts_are_those_of_rows_that_the_filter_lets_through() {
    let folder = Folder::new();
    let [at, amount] = plain(5);
    // The last row has no customer; it is rejected, and counts.
    let id = Column::new("id".into(), [Some(1), Some(2), Some(3), Some(4), None]);
    let states = [Some("done"), Some("Done"), None, Some("cancelled"), Some("done")];
    let why = text("why", &[None, Some("DEAR"), Some("dear"), Some(""), Some("weather")]);
    folder.write("a.parquet", vec![id, at, amount, text("status", &states), why]);
    let [at, amount] = plain(2);
    let twice = [ints("id", &[1, 1]), ints("amount", &[1, 1]), dates("at", &["2024-01-01"; 2])];
    let twice =
        twice.into_iter().chain([text("status", &[Some("done"); 2]), text("why", &[None, None])]);
    folder.write("twice.parquet", twice.collect());
    folder.write("b.parquet", vec![ints("id", &[7, 8]), at, amount]);

    let all = ["status: cancelled 1, done 2 | Done 1", "lost_reason: dear 2 |  1, weather 1"];
    let few = ["status: cancelled 1, done 1 | ", "lost_reason:  |  1"];
    let cases: [(&[&str], Change, [&str; 2]); 4] = [
        (&["a.parquet"], |_| (), all),
        (&["a.parquet", "b.parquet"], |_| (), all),
        (&["a.parquet"], |source| source.filter = Some("amount IN (1, 4)".to_owned()), few),
        (
            &["twice.parquet"],
            |source| source.deduplicate = true,
            ["status: done 1 | ", "lost_reason:  | "],
        ),
    ];
    for (paths, change, expected) in cases {
        let mut source = orders(&folder, paths);
        change(&mut source);
        let opened = open(source).unwrap();
        let (report, _) = read(&opened).unwrap();
        assert_eq!(shown(&opened.texts_seen(&report)), expected, "{paths:?}");
        let (found, files) = counted(&opened);
        assert_eq!(found, expected, "{paths:?}");
        let rows = |files: &[FileReport]| -> u64 {
            files.iter().map(|file| file.rows - file.filtered - file.duplicates).sum()
        };
        assert_eq!(rows(&files), rows(&report.files), "{paths:?}");
        let kept: Vec<_> = report.files[0].texts.iter().map(kohort_load::TextsSeen::all).collect();
        assert_eq!(opened.sorted_out(&kept), report.files[0].texts);
    }

    // What was not read is not known.
    let opened = open(orders(&folder, &["a.parquet"])).unwrap();
    let few = Needs { order_ids: false, instants: false, reasons: false };
    let (report, _) = opened.read(few, NOW, 1, &|_| (), &|| Nothing).unwrap();
    assert_eq!(shown(&opened.texts_seen(&report)), all[..1]);
}

#[test]
fn of_every_input_what_the_pipeline_names() {
    let folder = Folder::new();
    let [at, _] = plain(3);
    let what = text("what", &[Some("visit"), Some("buy"), Some("visit")]);
    folder.write("a.parquet", vec![ints("id", &[1, 2, 3]), at, what]);
    let named = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let of = |input| folder.source_of(&["a.parquet"], input);
    let contacts = |holdout: &[&str]| {
        let mut source = of(Input::Contacts);
        source.map("campaign", "what");
        source.map("variant", "what").lists = vec![named(holdout)];
        source
    };
    let touchpoints = |steps: &[&str]| {
        let mut source = of(Input::Touchpoints);
        source.map("step", "what").named = named(steps);
        source
    };
    let cases: [(Source, &[&str]); 4] = [
        (contacts(&["buy"]), &["variant: buy 1 | visit 2"]),
        (touchpoints(&["visit", "buy"]), &["step: buy 1, visit 2 | "]),
        (touchpoints(&[]), &[]),
        (of(Input::Prospects), &[]),
    ];
    for (source, expected) in cases {
        let opened = open(source).unwrap();
        let (report, _) = read(&opened).unwrap();
        assert_eq!(shown(&opened.texts_seen(&report)), expected);
        assert_eq!(counted(&opened).0, expected);
    }
}

#[test]
fn rows_before_the_earliest_day_are_rejected() {
    let folder = Folder::new();
    let at = ["2022-01-01", "1970-01-01", "", "2019-12-31", "2020-01-01"];
    let days = vec![ints("id", &[1, 2, 3, 4, 5]), dates("at", &at), ints("amount", &[1; 5])];
    folder.write("a.parquet", days);
    let day = |text: &str| Day::from(text.parse::<chrono::NaiveDate>().unwrap());
    let last = day("2022-01-01");
    for (earliest, early, first, has_gap) in [
        (None, 0, "1970-01-01", true),
        (Some("1970-01-01"), 0, "1970-01-01", true),
        (Some("1970-01-02"), 1, "2019-12-31", false),
        (Some("2020-01-01"), 2, "2020-01-01", false),
        (Some("2022-01-01"), 3, "2022-01-01", false),
    ] {
        let source = Source { earliest: earliest.map(day), ..folder.source(&["a.parquet"]) };
        let (report, lines) = read(&open(source).unwrap()).unwrap();
        let rejected: Vec<_> = report.rejected.iter().map(|(r, n)| (r.as_str(), *n)).collect();
        let mut expected = vec![("before_earliest", early), ("null_time", 1)];
        expected.retain(|(_, rows)| *rows > 0);
        assert_eq!(rejected, expected, "{earliest:?}");
        assert_eq!(lines.len() as u64, report.accepted());
        let days = report.days();
        assert_eq!((days.first(), days.last()), (Some(day(first)), Some(last)), "{earliest:?}");
        let gap = has_gap.then(|| (day("1970-01-01"), day("2019-12-31")));
        assert_eq!(days.gap(None), gap, "{earliest:?}");
    }
}
