use std::fs;
use std::path::Path;

use arrow::array::RecordBatch;

use super::{begin, example, id, meta, publish, record};
use crate::layout::write_table;
use crate::{DiskError, Layout, PublishError, PublishedRun, PublishedTable};

#[test]
fn tables_are_found() {
    let root = tempfile::tempdir().unwrap();
    (1..=2).for_each(|second| publish(root.path(), second));
    // (path below the output, the run that is meant)
    let cases = [
        ("", 2),
        ("current", 2),
        ("runs/20261122T014401Z-0000", 1),
        ("current/example.parquet", 2),
        ("runs/20261122T014401Z-0000/example.parquet", 1),
    ];
    for (path, second) in cases {
        let table = PublishedTable::open(&root.path().join(path), "example").unwrap();
        assert_eq!(table.rows(), 4, "{path}");
        let run = root.path().join("runs").join(id(second).as_str()).canonicalize().unwrap();
        let folder = table.path().parent().unwrap().canonicalize().unwrap();
        assert_eq!(folder, run, "{path}");
    }
}

#[test]
fn a_run_stays_the_same_while_another_becomes_current() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), 1);
    let run = PublishedRun::open(root.path()).unwrap();
    publish(root.path(), 2);
    let published = run.record().unwrap();
    assert_eq!(published.run_id, id(1));
    assert_eq!(published.tables[0].name, "example");
    assert_eq!(run.tables().unwrap(), ["example"]);
    assert!(run.table("example").unwrap().path().starts_with(run.folder()));
}

fn refused(path: &Path, table: &str) -> String {
    let opened = PublishedTable::open(path, table);
    opened.unwrap_err().to_string().replace(path.to_str().unwrap(), "PATH")
}

#[test]
fn errors_say_what_to_do() {
    let nothing = "no published tables at PATH; name an output folder, the folder of a run or a \
                   .parquet file, or publish with `kohort run` first";
    let root = tempfile::tempdir().unwrap();
    assert_eq!(refused(&root.path().join("missing"), "example"), nothing);
    assert_eq!(refused(root.path(), "example"), nothing);
    drop(begin(root.path(), 1));
    assert_eq!(refused(root.path(), "example"), nothing);
    begin(root.path(), 1).commit(&record(&id(1)), 7).unwrap();
    assert_eq!(
        refused(root.path(), "example"),
        "no table example in PATH/runs/20261122T014401Z-0000; the tables there: none"
    );
    publish(root.path(), 2);
    fs::copy(root.path().join("current/example.parquet"), root.path().join("current/a.parquet"))
        .unwrap();
    assert_eq!(
        refused(root.path(), "exmaple"),
        "no table exmaple in PATH/runs/20261122T014402Z-0000; the tables there: a, example"
    );
    let damaged = "; the file is damaged or something else, a new `kohort run` replaces it";
    let table = root.path().join("current/example.parquet");
    let bytes = fs::read(&table).unwrap();
    for end in [0, 3, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&table, &bytes[..end]).unwrap();
        let text = refused(&table, "example");
        assert!(text.starts_with("cannot read PATH as Parquet: "), "{text}");
        assert!(text.ends_with(damaged), "{text}");
    }
}

/// Layout, file and what is done to it; the file that is at fault, and why.
type Case<'a> = (&'a Layout, &'a str, &'a dyn Fn(&Path), &'a str, &'a str);

#[test]
fn tables_are_what_the_run_wrote() {
    let parts = Layout::Hive { partition_by: "period".to_owned() };
    let (file, part) = ("example.parquet", "example/period=1970-01-01/part-0.parquet");
    let missing = "it is missing";
    let surplus = "run.json does not name it as a file of its table";
    let content = "its content does not have the BLAKE3 in run.json";
    let damaged = |path: &Path| {
        let mut bytes = fs::read(path).unwrap();
        bytes[10] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    let other = |path: &Path| drop(write_table(path.to_owned(), &example(), None).unwrap());
    let twin = |path: &Path| {
        let folder = path.parent().unwrap().with_file_name("period=2024-01-01");
        fs::create_dir(&folder).unwrap();
        fs::copy(path, folder.join("part-0.parquet")).unwrap();
    };
    let whole = |path: &Path| other(&path.ancestors().nth(2).unwrap().with_extension("parquet"));
    let another = "example/period=2024-01-01/part-0.parquet";
    let cases: [Case<'_>; 7] = [
        (&Layout::Files, file, &damaged, file, content),
        (&Layout::Files, file, &other, file, content),
        (&Layout::Files, file, &|path| fs::remove_file(path).unwrap(), file, missing),
        (&parts, part, &damaged, part, content),
        (&parts, part, &|path| fs::remove_file(path).unwrap(), part, missing),
        (&parts, part, &twin, another, surplus),
        (&parts, part, &whole, "example/period=1969-12-31/part-0.parquet", missing),
    ];
    for (number, (layout, path, change, at_fault, fault)) in cases.into_iter().enumerate() {
        let root = tempfile::tempdir().unwrap();
        let staging = begin(root.path(), 1).in_layout(layout.clone());
        let mut record = record(&id(1));
        record.tables.push(staging.write_table(&example(), &meta()).unwrap());
        let folder = staging.commit(&record, 7).unwrap().folder;
        let read = |table: Result<PublishedTable, PublishError>| -> Result<usize, PublishError> {
            let batches = table?.batches()?.collect::<Result<Vec<_>, _>>()?;
            Ok(batches.iter().map(RecordBatch::num_rows).sum::<usize>())
        };
        let run = || PublishedRun::open(root.path()).unwrap().table("example");
        let direct = || PublishedTable::open_at(&folder.join(path.split('/').next().unwrap()));
        assert_eq!(read(run()).unwrap(), 4, "case {number}");
        assert_eq!(read(direct()).unwrap(), 4, "case {number}");
        change(&folder.join(path));
        let error = read(run()).unwrap_err();
        let expected = format!(
            "{} is not what the run wrote: {fault}; a new `kohort run` replaces it",
            folder.join(at_fault).display()
        );
        assert_eq!(error.to_string(), expected, "case {number}");
        assert_eq!(read(direct()).unwrap_err().to_string(), expected, "case {number}");
    }
}

#[test]
fn records_are_checked() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), 1);
    let run = PublishedRun::open(root.path()).unwrap();
    let path = run.folder().join("run.json");
    let json = fs::read_to_string(&path).unwrap();
    let with_more = json.replacen('{', "{\"added_later\": [],", 1);
    fs::write(&path, with_more).unwrap();
    assert_eq!(run.record().unwrap().run_id, id(1));

    fs::write(&path, "{\"record_version\": 2}").unwrap();
    let error = run.record().unwrap_err();
    assert!(matches!(error, PublishError::RecordVersion { found: 2, known: 1, .. }), "{error}");
    for bad in ["", "{}", "{\"record_version\": 1}", &json[..json.len() / 2]] {
        fs::write(&path, bad).unwrap();
        let error = run.record().unwrap_err();
        assert!(matches!(error, PublishError::Record { .. }), "{error}");
    }
    fs::remove_file(&path).unwrap();
    let error = run.record().unwrap_err();
    assert!(matches!(error, PublishError::Disk(DiskError::Read { .. })), "{error}");
}
