//! Every type of id, time and amount.

use polars::prelude::{Column, DataType, IntoColumn, TimeUnit};

use crate::support::{
    Folder, Maps as _, cast, dates, decimals, ints, lines, plain, segment, text, times, with_plain,
};

fn ids_of(column: Column) -> Vec<String> {
    let folder = Folder::new();
    folder.write("a.parquet", with_plain(vec![column]));
    let lines = lines(folder.source(&["a.parquet"]));
    lines.iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn customers_of_every_type() {
    let small = ints("id", &[-7, 0, 100]);
    let positive = ints("id", &[7, 0, 100]);
    for dtype in [DataType::Int8, DataType::Int16, DataType::Int32, DataType::Int64] {
        assert_eq!(ids_of(cast(&small, &dtype)), ["-7", "0", "100"], "{dtype}");
    }
    for dtype in [DataType::UInt8, DataType::UInt16, DataType::UInt32, DataType::UInt64] {
        assert_eq!(ids_of(cast(&positive, &dtype)), ["7", "0", "100"], "{dtype}");
    }
    let wide = ints("id", &[i64::MIN, -1, i64::MAX]);
    assert_eq!(ids_of(wide), [i64::MIN.to_string(), "-1".to_owned(), i64::MAX.to_string()]);
    let huge = Column::new("id".into(), [u64::MAX, 1]);
    assert_eq!(ids_of(huge), [u64::MAX.to_string(), "1".to_owned()]);
    let texts = text("id", &[Some("ann"), Some(""), Some("a name of more than twelve bytes")]);
    assert_eq!(ids_of(texts), ["ann", "", "a"]);
    let bytes: [&[u8]; 2] = [b"\xff\x00", b"abc"];
    assert_eq!(ids_of(Column::new("id".into(), bytes)), ["ff00", "abc"]);
}

#[test]
fn mapped_integers_keep_their_order() {
    let folder = Folder::new();
    let id = ints("id", &[5, -5, 0]);
    folder
        .write("a.parquet", vec![id, dates("at", &["2024-01-01"; 3]), ints("amount", &[1, 1, 1])]);
    let lines = lines(folder.source(&["a.parquet"]));
    assert_eq!(lines, ["-5 2024-01-01 100", "0 2024-01-01 100", "5 2024-01-01 100"]);
}

#[test]
fn times_of_every_unit() {
    let written = ["2024-02-29 23:59:59.999", "2024-03-01 00:00:00", "1969-12-31 23:59:59.999"];
    let expected = [
        "3 1969-12-31 300 at=1969-12-31T23:59:59.999",
        "1 2024-02-29 100 at=2024-02-29T23:59:59.999",
        "2 2024-03-01 200 at=2024-03-01T00:00:00",
    ];
    for unit in [TimeUnit::Milliseconds, TimeUnit::Microseconds, TimeUnit::Nanoseconds] {
        for zone in [None, Some("UTC")] {
            let folder = Folder::new();
            let columns = vec![
                ints("id", &[1, 2, 3]),
                times("at", unit, zone, &written),
                ints("amount", &[1, 2, 3]),
            ];
            folder.write("a.parquet", columns);
            assert_eq!(lines(folder.source(&["a.parquet"])), expected, "{unit} {zone:?}");
        }
    }
}

#[test]
fn zoned_times_fall_on_local_days() {
    let cases = [
        (chrono_tz::Europe::London, "2024-03-30 23:59:59", "2024-03-30"),
        (chrono_tz::Europe::London, "2024-03-31 00:00:00", "2024-03-31"),
        (chrono_tz::Europe::London, "2024-03-31 22:59:59", "2024-03-31"),
        (chrono_tz::Europe::London, "2024-03-31 23:00:00", "2024-04-01"),
        (chrono_tz::Europe::London, "2024-10-26 23:00:00", "2024-10-27"),
        (chrono_tz::Europe::London, "2024-10-27 23:59:59", "2024-10-27"),
        (chrono_tz::Europe::London, "2024-10-28 00:00:00", "2024-10-28"),
        (chrono_tz::America::New_York, "2024-03-10 04:59:59", "2024-03-09"),
        (chrono_tz::America::New_York, "2024-03-11 03:59:59", "2024-03-10"),
        (chrono_tz::America::New_York, "2024-11-04 04:59:59", "2024-11-03"),
        (chrono_tz::America::New_York, "2024-03-01 04:59:59", "2024-02-29"),
    ];
    for (timezone, utc, day) in cases {
        for zone in ["UTC", "Asia/Tokyo"] {
            let folder = Folder::new();
            let at = times("at", TimeUnit::Microseconds, Some(zone), &[utc]);
            folder.write("a.parquet", vec![ints("id", &[1]), at, ints("amount", &[1])]);
            let mut source = folder.source(&["a.parquet"]);
            source.timezone = timezone;
            let expected = format!("1 {day} 100 at={}", utc.replace(' ', "T"));
            assert_eq!(lines(source), [expected], "{utc} in {timezone}");
        }
    }
}

#[test]
fn naive_times_and_dates_stay_where_they_are() {
    let folder = Folder::new();
    let at = times("at", TimeUnit::Milliseconds, None, &["2024-03-31 01:30:00"]);
    folder.write("a.parquet", vec![ints("id", &[1]), at, ints("amount", &[1])]);
    folder.write(
        "b.parquet",
        vec![ints("id", &[1]), dates("at", &["2024-02-29"]), ints("amount", &[1])],
    );
    let expected = [
        ("a.parquet", "1 2024-03-31 100 at=2024-03-31T01:30:00"),
        ("b.parquet", "1 2024-02-29 100"),
    ];
    for (file, expected) in expected {
        let mut source = folder.source(&[file]);
        source.timezone = chrono_tz::America::New_York;
        assert_eq!(lines(source), [expected]);
    }
}

fn values_of(amount: Column, scale: u8) -> Vec<i64> {
    let folder = Folder::new();
    let rows = amount.len();
    let [at, _] = plain(rows);
    let id = ints("id", &vec![1; rows]);
    folder.write("a.parquet", vec![id, at, amount]);
    let mut source = folder.source(&["a.parquet"]);
    source.scale = kohort_model::Scale::new(scale).unwrap();
    let lines = lines(source);
    lines.iter().map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn amounts_of_every_type() {
    let decimal = |precision, scale, digits: &[i128]| {
        let digits: Vec<_> = digits.iter().map(|digits| Some(*digits)).collect();
        decimals("amount", precision, scale, &digits)
    };
    assert_eq!(values_of(decimal(15, 2, &[1999, -5, 0]), 2), [1999, -5, 0]);
    assert_eq!(values_of(decimal(9, 1, &[199, -5]), 2), [1990, -50]);
    assert_eq!(values_of(decimal(18, 4, &[12_350, 12_349, -12_350, 50]), 2), [124, 123, -124, 1]);
    assert_eq!(
        values_of(decimal(38, 30, &[15 * 10_i128.pow(29), -(10_i128.pow(36))]), 0),
        [2, -1_000_000]
    );
    assert_eq!(values_of(decimal(38, 0, &[i128::from(i64::MAX)]), 0), [i64::MAX]);
    let whole = ints("amount", &[19, -3]);
    for dtype in [DataType::Int8, DataType::Int16, DataType::Int32, DataType::Int64] {
        assert_eq!(values_of(cast(&whole, &dtype), 2), [1900, -300], "{dtype}");
    }
    let whole = ints("amount", &[19, 3]);
    for dtype in [DataType::UInt8, DataType::UInt16, DataType::UInt32, DataType::UInt64] {
        assert_eq!(values_of(cast(&whole, &dtype), 0), [19, 3], "{dtype}");
    }
    let floats = [19.99, -0.125, 0.125, 1e15, 0.004_999];
    let column = Column::new("amount".into(), floats);
    assert_eq!(values_of(column, 2), [1999, -13, 13, 100_000_000_000_000_000, 0]);
    let column = Column::new("amount".into(), [19.99_f32, -0.5]);
    assert_eq!(values_of(column, 2), [1999, -50]);
}

#[test]
fn expressions_are_computed_by_row() {
    let folder = Folder::new();
    let mut columns = with_plain(vec![ints("id", &[1, 2])]);
    columns.push(Column::new("Unit Price".into(), [1.25, 2.5]));
    columns.push(text("when", &[Some("01/12/2024 08:26"), Some("29/02/2024 10:00")]));
    columns.push(text("paid", &[Some("10.50"), Some("3")]));
    folder.write("a.parquet", columns);
    let mut source = folder.source(&["a.parquet"]);
    source.map("amount", "amount * \"Unit Price\"");
    source.map("ordered_at", "STRPTIME(\"when\", '%d/%m/%Y %H:%M')");
    let expected =
        ["2 2024-02-29 500 at=2024-02-29T10:00:00", "1 2024-12-01 125 at=2024-12-01T08:26:00"];
    assert_eq!(lines(source), expected);
    let mut source = folder.source(&["a.parquet"]);
    source.map("amount", "CAST(paid AS DECIMAL(38, 2))");
    source.map("customer_id", "CAST(id AS VARCHAR)");
    assert_eq!(lines(source), ["1 2024-01-01 1050", "2 2024-01-02 300"]);
    let mut source = folder.source(&["a.parquet"]);
    source.map("amount", "1");
    assert_eq!(lines(source), ["1 2024-01-01 100", "2 2024-01-02 100"]);
}

#[test]
fn statuses_reasons_segments_and_updates() {
    let folder = Folder::new();
    let long = "delivered to the customer";
    let mut columns = with_plain(vec![ints("id", &[1, 2, 3, 4, 5])]);
    columns.push(text("status", &["done", long, "cancelled", "open", "test"].map(Some)));
    columns.push(text(
        "why",
        &[None, Some(""), Some("too dear"), Some("too expensive"), Some("late")],
    ));
    columns
        .push(text("country", &[Some("UK"), None, Some(""), Some("United Kingdom"), Some("UK")]));
    columns.push(ints("shop", &[1, 2, 1, 2, 1]));
    columns.push(text("order", &["a", "b", "c", "d", "e"].map(Some)));
    columns.push(times(
        "changed",
        TimeUnit::Milliseconds,
        None,
        &["1970-01-01 00:00:01", "", "", "", ""],
    ));
    folder.write("a.parquet", columns);
    let mut source = folder.source(&["a.parquet"]);
    source.map_status("status", "status");
    let price = |text: &str| (text.to_owned(), "price".to_owned());
    let names = [price("too dear"), price("too expensive")].into();
    source.map("lost_reason", "why").names = names;
    source.segments = vec![segment("country", "country"), segment("shop", "shop")];
    source.map("order_id", "\"order\"");
    source.map("updated_at", "changed");
    let never = i64::MIN;
    let expected = [
        "1 2024-01-01 100 order=a updated=1000000 reason=unknown UK 1".to_owned(),
        format!("2 2024-01-02 200 order=b updated={never} reason=unknown (none) 2"),
        format!("3 2024-01-03 300 order=c kind=1 updated={never} reason=price (none) 1"),
        format!("4 2024-01-04 400 order=d kind=2 updated={never} reason=price United Kingdom 2"),
        format!("5 2024-01-05 500 order=e kind=3 updated={never} reason=late UK 1"),
    ];
    assert_eq!(lines(source), expected);
}

#[test]
fn many_segment_values_of_every_length() {
    let folder = Folder::new();
    let rows = 4000;
    let names: Vec<_> =
        (0..rows).map(|row| format!("{}{}", "x".repeat(row % 20), row % 700)).collect();
    let names: Vec<_> = names.iter().map(|name| Some(name.as_str())).collect();
    let id = ints("id", &vec![1; rows]);
    let at = dates("at", &vec!["2024-01-01"; rows]);
    let amount = ints("amount", &(0..4000).collect::<Vec<_>>());
    folder.write("a.parquet", vec![id, at, amount, text("name", &names).into_column()]);
    let mut source = folder.source(&["a.parquet"]);
    source.max_segment_values = 1400;
    source.segments = vec![segment("name", "name")];
    let lines = lines(source);
    assert_eq!(lines.len(), rows);
    for (row, (line, name)) in lines.iter().zip(&names).enumerate() {
        assert_eq!(*line, format!("1 2024-01-01 {} {}", row * 100, name.unwrap()));
    }
}

/// A file by another writer, with dictionaries, UUIDs, a zone, and columns that nothing here can
/// read: structures, lists of them and decimals of 60 digits.
fn foreign() -> kohort_load::Source {
    let mut source = Folder::new().source(&[]);
    source.map("customer_id", "customer");
    source.paths =
        vec![concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reading/data/types.parquet").to_owned()];
    source
}

#[test]
fn dictionaries_uuids_and_zones_of_another_writer() {
    let mut source = foreign();
    source.map("customer_id", "big");
    source.map_status("status", "status");
    source.map("order_id", "uuid");
    source.timezone = chrono_tz::America::New_York;
    source.segments = vec![segment("customer", "customer")];
    let id = |last: &str| format!("{}{last}", "\0".repeat(15));
    let expected = [
        format!("ann 2024-02-29 150 order={} at=2024-03-01T04:59:59 ann", id("\u{1}")),
        format!("bob 2024-03-01 -225 order={} kind=1 at=2024-03-01T05:00:00 bob", id("\u{2}")),
        format!("ann 2024-03-09 0 order={} at=2024-03-10T04:59:59 ann", id("\u{1}")),
        "a name of more than twelve bytes 2024-03-11 1000 order=ff000000000000000000000000000000 \
         kind=2 at=2024-03-11T04:00:00 (none)"
            .to_owned(),
    ];
    assert_eq!(lines(source), expected);
}

#[test]
fn expressions_see_the_clock_of_the_business() {
    let mut source = foreign();
    source.timezone = chrono_tz::America::New_York;
    source.map("amount", "EXTRACT(DAY FROM at)");
    source.map("ordered_at", "CAST(at AS DATE)");
    source.filter = Some("customer = 'ann' AND status = 'done'".to_owned());
    assert_eq!(lines(source), ["ann 2024-02-29 2900", "ann 2024-03-09 900"]);
}

#[test]
fn columns_that_can_not_be_read_are_in_nobodys_way() {
    let folder = Folder::new();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reading/data/types.parquet");
    for column in ["items", "address", "wide"] {
        let mut source = foreign();
        source.map("order_id", column);
        let message = folder.error(source);
        let start = format!("the column \"{column}\" of {path} is of type ");
        let end = ", which can't be read; write it as text, a number or a time, or map another one";
        assert!(message.starts_with(&start) && message.ends_with(end), "{message}");
    }
    let mut source = foreign();
    source.deduplicate = true;
    let message = folder.error(source);
    let end = ", which can't be read; deduplicate compares all columns: write the file without it, \
               or leave deduplicate out";
    assert!(message.ends_with(end), "{message}");
}
