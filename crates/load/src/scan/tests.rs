mod ways;

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::sync::{Arc, Mutex};

use kohort_store::Store;
use parquet::basic::{Compression, Encoding};
use parquet::column::writer::{ColumnWriter, get_typed_column_writer_mut};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int32Type,
    Int64Type, Int96, Int96Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use polars::prelude::{
    AnyValue, Column, DataFrame, DataType, IntoColumn, IntoLazy, NamedFrom, ParquetCompression,
    ParquetWriter, PlSmallStr, Series, TimeUnit, TimeZone, col, df, lit,
};

use super::{Scan, ScanError};
use crate::error::LoadError;
use crate::footer::Footer;
use crate::remote::Remote;
use ways::{Asked, WAYS, all_ways, hand, names, read};

/// Numbers that look random and are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// A column: some values, the NULLs among them.
    fn column<T>(&mut self, rows: usize, of: impl Fn(u64) -> T) -> Vec<Option<T>> {
        let nulls = [0, 3, 10][usize::try_from(self.below(3)).unwrap()];
        let distinct = [3, 1000, u64::from(u32::MAX)][usize::try_from(self.below(3)).unwrap()];
        let value = |random: &mut Self| {
            let value = random.below(distinct);
            (random.below(10) >= nulls).then(|| of(value))
        };
        (0..rows).map(|_| value(self)).collect()
    }
}

/// A table with a column of every type that the engine writes.
fn table(random: &mut Random, rows: usize) -> DataFrame {
    let signed = |n: u64| i64::try_from(n).unwrap() - 1_000_000;
    let cut = |n: u64| u8::try_from(n % 256).unwrap();
    let integers = |name: &str, dtype: DataType, random: &mut Random| {
        let numbers = random.column(rows, |n| i64::from(cut(n) / 2));
        Series::new(name.into(), numbers).cast(&dtype).unwrap().into_column()
    };
    let casts = |name: &str, dtype: DataType, random: &mut Random| {
        Series::new(name.into(), random.column(rows, signed)).cast(&dtype).unwrap().into_column()
    };
    let (milli, micro, nano) =
        (TimeUnit::Milliseconds, TimeUnit::Microseconds, TimeUnit::Nanoseconds);
    let columns: Vec<Column> = vec![
        Series::new("bool".into(), random.column(rows, |n| n % 2 == 0)).into_column(),
        integers("i8", DataType::Int8, random),
        integers("i16", DataType::Int16, random),
        integers("u8", DataType::UInt8, random),
        integers("u16", DataType::UInt16, random),
        integers("u32", DataType::UInt32, random),
        integers("u64", DataType::UInt64, random),
        integers("dec", DataType::Decimal(12, 2), random),
        integers("wide", DataType::Decimal(38, 4), random),
        integers("date", DataType::Date, random),
        casts("i32", DataType::Int32, random),
        casts("i64", DataType::Int64, random),
        casts("f64", DataType::Float64, random),
        casts("f32", DataType::Float32, random),
        casts("ms", DataType::Datetime(milli, None), random),
        casts("us", DataType::Datetime(micro, Some(TimeZone::UTC)), random),
        casts("ns", DataType::Datetime(nano, None), random),
        Series::new("text".into(), random.column(rows, |n| format!("Käse {n}"))).into_column(),
        Series::new("bytes".into(), random.column(rows, |n| n.to_be_bytes().to_vec()))
            .into_column(),
        Series::new_null("null".into(), rows).into_column(),
    ];
    DataFrame::new(rows, columns).unwrap()
}

#[test]
fn both_readers_give_what_was_written() {
    let codecs = [
        ParquetCompression::Uncompressed,
        ParquetCompression::Snappy,
        ParquetCompression::Gzip(None),
        ParquetCompression::Brotli(None),
        ParquetCompression::Zstd(None),
        ParquetCompression::Lz4Raw,
    ];
    for (seed, codec) in codecs.into_iter().enumerate() {
        let mut random = Random(seed as u64);
        let rows = 2000;
        let mut table = table(&mut random, rows);
        let file = tempfile::NamedTempFile::new().unwrap();
        let writer = ParquetWriter::new(file.as_file()).with_compression(codec);
        writer.with_row_group_size(Some(300)).finish(&mut table).unwrap();
        let mut footer = Footer::read(file.path()).unwrap();
        let columns: Vec<&'static str> =
            table.get_column_names().iter().map(|name| &*name.to_string().leak()).collect();
        if seed == 1 {
            footer.keep(&names(&columns));
        }
        assert_eq!(footer.rows(), 2000);
        let pieces = footer.pieces(700);
        assert!(pieces.len() > 2, "{pieces:?}");
        let filters = [
            col("i64").lt(lit(0i64)),
            col("text").eq(lit("Käse 1")).or(col("i32").gt_eq(lit(-999_990i32))),
            col("null").eq(lit(1i64)),
            col("i64").gt(lit(i64::MAX - 1)),
        ];
        let mut asks = vec![Asked { columns: columns.clone(), place: Some(5), ..Asked::default() }];
        for piece in pieces.into_iter().map(Some).chain([None]) {
            for filter in filters.iter().cloned().map(Some).chain([None]) {
                let at = usize::try_from(random.below(columns.len() as u64)).unwrap();
                let columns = columns[at..].iter().step_by(3).copied().collect();
                let place = (random.below(2) == 0).then_some(1 << 40);
                asks.push(Asked { columns, piece: piece.clone(), filter, place });
            }
        }
        asks.push(Asked { place: Some(3), ..Asked::default() });
        asks.push(Asked::default());
        for asked in asks {
            let expected = expected(&table, &asked);
            all_ways(&footer, file.path(), &asked, |mode, found| {
                assert_eq!(found.height(), expected.height(), "{mode} {codec:?} {asked:?}");
                if found.height() > 0 {
                    assert!(
                        found.equals_missing(&expected),
                        "{mode} {codec:?} {asked:?}\n{found}\n{expected}"
                    );
                    assert_eq!(found.schema(), expected.schema(), "{mode}");
                }
            });
        }
    }
}

/// What a scan must give of a table.
fn expected(table: &DataFrame, asked: &Asked) -> DataFrame {
    let rows = asked.piece.clone().unwrap_or(0..table.height() as u64);
    let height = usize::try_from(rows.end - rows.start).unwrap();
    let mut part = table.slice(i64::try_from(rows.start).unwrap(), height);
    let mut keep: Vec<PlSmallStr> = names(&asked.columns).into_iter().collect();
    if let Some(first) = asked.place {
        let places = (first..).take(height).collect::<Vec<_>>();
        part.with_column(Series::new("\u{1}place".into(), places).into_column()).unwrap();
        keep.push("\u{1}place".into());
    }
    if let Some(filter) = &asked.filter {
        part = part.lazy().filter(filter.clone()).collect().unwrap();
    }
    if keep.is_empty() {
        DataFrame::empty_with_height(part.height())
    } else {
        part.select(keep).unwrap()
    }
}

#[test]
fn reading_ends_when_the_receiver_has_enough() {
    let mut table = df!("a" => (0..2000).collect::<Vec<i64>>()).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    ParquetWriter::new(file.as_file()).with_row_group_size(Some(100)).finish(&mut table).unwrap();
    let footer = Footer::read(file.path()).unwrap();
    for way in WAYS {
        let frames = Arc::new(Mutex::new(0));
        let count = Arc::clone(&frames);
        let scan = Scan {
            footer: &footer,
            path: file.path(),
            piece: None,
            needed: names(&["a"]),
            filter: None,
            place: None,
        };
        let receive = move |_| {
            *count.lock().unwrap() += 1;
            false
        };
        way.of(|| hand(&scan, receive)).unwrap();
        assert_eq!(*frames.lock().unwrap(), 1, "{}", way.name);
    }
}

/// Writes one row group, column by column.
fn write(
    schema: &str,
    properties: WriterProperties,
    columns: &[&dyn Fn(&mut ColumnWriter<'_>)],
) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer =
        SerializedFileWriter::new(file.reopen().unwrap(), schema, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for column in columns {
        let mut writer = group.next_column().unwrap().unwrap();
        column(writer.untyped());
        writer.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    file
}

fn texts(frame: &DataFrame, name: &str) -> Vec<Option<String>> {
    let column = frame.column(name).unwrap();
    let text = |value: AnyValue<'_>| match value {
        AnyValue::Null => None,
        AnyValue::String(text) => Some(text.to_owned()),
        AnyValue::StringOwned(text) => Some(text.to_string()),
        other => Some(other.to_string()),
    };
    (0..column.len()).map(|row| text(column.get(row).unwrap())).collect()
}

#[test]
fn values_that_frames_do_not_know_become_such_that_they_do() {
    let halves =
        [0x3c00u16, 0xfc00].map(|half| FixedLenByteArray::from(half.to_le_bytes().to_vec()));
    let uuid = 0x550e_8400_e29b_41d4_a716_4466_5544_0000_u128.to_be_bytes().to_vec();
    let times = [(0u64, 2_305_585u32), (1_000, 5_373_484)].map(|(nanos, day)| {
        let mut time = Int96::new();
        time.set_data(u32::try_from(nanos).unwrap(), 0, day);
        time
    });
    let file = write(
        "message m { optional fixed_len_byte_array(2) half (FLOAT16);
            required fixed_len_byte_array(16) uuid (UUID); optional int96 at;
            optional binary kind (ENUM); }",
        WriterProperties::builder().set_compression(Compression::SNAPPY).build(),
        &[
            &|writer| {
                let writer = get_typed_column_writer_mut::<FixedLenByteArrayType>(writer);
                writer.write_batch(&halves, Some(&[1, 0, 1]), None).unwrap();
            },
            &|writer| {
                let uuids = vec![FixedLenByteArray::from(uuid.clone()); 3];
                get_typed_column_writer_mut::<FixedLenByteArrayType>(writer)
                    .write_batch(&uuids, None, None)
                    .unwrap();
            },
            &|writer| {
                let writer = get_typed_column_writer_mut::<Int96Type>(writer);
                writer.write_batch(&times, Some(&[1, 1, 0]), None).unwrap();
            },
            &|writer| {
                let kinds = ["a", "b"].map(ByteArray::from);
                let writer = get_typed_column_writer_mut::<ByteArrayType>(writer);
                writer.write_batch(&kinds, Some(&[1, 0, 1]), None).unwrap();
            },
        ],
    );
    let footer = Footer::read(file.path()).unwrap();
    assert_eq!((&footer.int96, &footer.uuids), (&names(&["at"]), &names(&["uuid"])));
    let text = "550e8400-e29b-41d4-a716-446655440000";
    let asked = Asked { columns: vec!["at", "half", "kind", "uuid"], ..Asked::default() };
    let some = |text: &str| Some(text.to_owned());
    all_ways(&footer, file.path(), &asked, |mode, frame| {
        let schema = frame.schema();
        for (name, dtype) in schema.iter() {
            assert_eq!(footer.columns.get(name), Some(dtype), "{mode}");
        }
        assert_eq!(texts(&frame, "half"), [some("1.0"), None, some("-inf")], "{mode}");
        assert_eq!(texts(&frame, "kind"), [some("a"), None, some("b")], "{mode}");
        assert_eq!(texts(&frame, "uuid"), [some(text), some(text), some(text)], "{mode}");
        let times = frame.column("at").unwrap().datetime().unwrap().physical().clone();
        let times: Vec<_> = times.iter().collect();
        assert_eq!(times, [Some(-11_664_259_200_000_000), Some(253_402_214_400_000_001), None]);
    });
    // What has to be converted first is compared afterwards.
    for (filter, rows) in [(col("uuid").eq(lit(text)), 3), (col("uuid").eq(lit("x")), 0)] {
        let asked =
            Asked { columns: vec!["kind"], filter: Some(filter), place: Some(1), piece: None };
        all_ways(&footer, file.path(), &asked, |mode, frame| {
            assert_eq!(frame.height(), rows, "{mode}");
            assert!(rows == 0 || frame.width() == 2, "{mode}");
        });
    }
}

#[test]
fn fields_of_structs_are_columns() {
    // A struct in a struct: levels 0 to 3 are NULL at the outer, at the inner, at the value, and there.
    let file = write(
        "message m { optional group customer { optional group name { optional binary first (STRING); }
            required int64 id; } required int64 plain; optional group bag (LIST) { repeated group list {
            optional int32 element; } } required group with { required int64 point; }
            required int64 with.point; }",
        WriterProperties::builder().build(),
        &[
            &|writer| {
                let writer = get_typed_column_writer_mut::<ByteArrayType>(writer);
                writer.write_batch(&[ByteArray::from("Ann")], Some(&[0, 1, 2, 3]), None).unwrap();
            },
            &|writer| {
                let writer = get_typed_column_writer_mut::<Int64Type>(writer);
                writer.write_batch(&[1, 2, 3], Some(&[0, 1, 1, 1]), None).unwrap();
            },
            &|writer| {
                let writer = get_typed_column_writer_mut::<Int64Type>(writer);
                writer.write_batch(&[5, 6, 7, 8], None, None).unwrap();
            },
            &|writer| {
                let writer = get_typed_column_writer_mut::<Int32Type>(writer);
                writer.write_batch(&[], Some(&[0; 4]), Some(&[0; 4])).unwrap();
            },
            &|writer| {
                let writer = get_typed_column_writer_mut::<Int64Type>(writer);
                writer.write_batch(&[1, 1, 1, 1], None, None).unwrap();
            },
            &|writer| {
                let writer = get_typed_column_writer_mut::<Int64Type>(writer);
                writer.write_batch(&[2, 2, 2, 2], None, None).unwrap();
            },
        ],
    );
    let footer = Footer::read(file.path()).unwrap();
    let found: Vec<_> = footer.columns.iter_names().map(PlSmallStr::as_str).collect();
    assert_eq!(found, ["customer.name.first", "customer.id", "plain", "with.point"]);
    assert_eq!(footer.unreadable["bag"], "LIST");
    assert_eq!(
        footer.unreadable["customer"],
        "STRUCT with the fields customer.name.first, customer.id"
    );
    let asked = Asked {
        columns: vec!["customer.id", "customer.name.first", "plain", "with.point"],
        filter: Some(col("plain").gt(lit(5i64)).or(col("plain").lt_eq(lit(5i64)))),
        ..Asked::default()
    };
    all_ways(&footer, file.path(), &asked, |mode, frame| {
        let first = texts(&frame, "customer.name.first");
        assert_eq!(first, [None, None, None, Some("Ann".to_owned())], "{mode}");
        let id: Vec<_> = frame.column("customer.id").unwrap().i64().unwrap().iter().collect();
        assert_eq!(id, [None, Some(1), Some(2), Some(3)], "{mode}");
        let point: Vec<_> = frame.column("with.point").unwrap().i64().unwrap().iter().collect();
        assert_eq!(point, [Some(2); 4], "{mode}");
    });
}

#[test]
fn encodings_that_the_engine_lacks_are_read() {
    let rows: Vec<i64> = (0..500).collect();
    let fixed: Vec<_> =
        rows.iter().map(|n| FixedLenByteArray::from((n * 7919).to_be_bytes().to_vec())).collect();
    for (encoding, version) in [(Encoding::DELTA_BYTE_ARRAY, 1), (Encoding::BYTE_STREAM_SPLIT, 2)] {
        let version = if version == 1 {
            parquet::file::properties::WriterVersion::PARQUET_1_0
        } else {
            parquet::file::properties::WriterVersion::PARQUET_2_0
        };
        let properties = WriterProperties::builder()
            .set_dictionary_enabled(false)
            .set_writer_version(version)
            .set_encoding(encoding)
            .build();
        let file = write(
            "message m { required fixed_len_byte_array(8) amount (DECIMAL(18, 2)); }",
            properties,
            &[&|writer| {
                let writer = get_typed_column_writer_mut::<FixedLenByteArrayType>(writer);
                writer.write_batch(&fixed, None, None).unwrap();
            }],
        );
        let footer = Footer::read(file.path()).unwrap();
        let asked = Asked { columns: vec!["amount"], ..Asked::default() };
        all_ways(&footer, file.path(), &asked, |mode, frame| {
            let expected: Vec<_> = rows.iter().map(|n| Some(i128::from(n * 7919))).collect();
            let found = frame.column("amount").unwrap().decimal().unwrap().physical().clone();
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{mode} {encoding}");
        });
    }
}

#[test]
fn columns_of_one_name_are_in_nobodys_way() {
    let number = |writer: &mut ColumnWriter<'_>| {
        get_typed_column_writer_mut::<Int64Type>(writer).write_batch(&[1], None, None).unwrap();
    };
    let truth = |writer: &mut ColumnWriter<'_>| {
        get_typed_column_writer_mut::<BoolType>(writer).write_batch(&[true], None, None).unwrap();
    };
    let file = write(
        "message m { required int64 a; required boolean b; required int64 a; }",
        WriterProperties::builder().build(),
        &[&number, &truth, &number],
    );
    let footer = Footer::read(file.path()).unwrap();
    let error = footer.check("a", Path::new("f.parquet")).unwrap_err().to_string();
    assert!(error.starts_with("f.parquet has more than one column \"a\""), "{error}");
    footer.check("b", file.path()).unwrap();
    let asked = Asked { columns: vec!["b"], ..Asked::default() };
    all_ways(&footer, file.path(), &asked, |_, frame| assert_eq!(frame.shape(), (1, 1)));
}

#[test]
fn damage_is_an_error_that_names_column_and_row_group() {
    let mut table = df!(
        "good" => (0..900i64).collect::<Vec<_>>(),
        "bad" => (0..900).map(|n| format!("{}", n * 7919)).collect::<Vec<_>>(),
    )
    .unwrap();
    for codec in [
        ParquetCompression::Uncompressed,
        ParquetCompression::Zstd(None),
        ParquetCompression::Snappy,
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        let writer = ParquetWriter::new(file.as_file()).with_compression(codec);
        writer.with_row_group_size(Some(300)).finish(&mut table).unwrap();
        let footer = Footer::read(file.path()).unwrap();
        let bad = footer.meta.find("bad").unwrap();
        let group = footer.meta.groups.len() - 1;
        let chunk = footer.meta.groups[group].chunks[bad].clone().unwrap();
        let (start, end) = (
            usize::try_from(chunk.bytes.start).unwrap(),
            usize::try_from(chunk.bytes.end).unwrap(),
        );
        let mut bytes = fs::read(file.path()).unwrap();
        // All of the second half, so that no codec can make sense of it.
        bytes[start.midpoint(end)..end].fill(0xff);
        let other = tempfile::NamedTempFile::new().unwrap();
        fs::write(other.path(), &bytes).unwrap();
        let footer = Footer::read(other.path()).unwrap();
        let asked = Asked { columns: vec!["bad", "good"], ..Asked::default() };
        for way in WAYS {
            let mode = way.name;
            let error = way.of(|| read(&footer, other.path(), &asked));
            let error = error.expect_err(mode).of(Path::new("f.parquet"));
            let text = error.to_string();
            let expected = format!("f.parquet is damaged in column \"bad\" (row group {group}); ");
            assert!(text.starts_with(&expected), "{mode} {codec:?} {text}");
            assert!(matches!(error, LoadError::Damaged { reason, .. } if !reason.0.is_empty()));
        }
        let good = Asked { columns: vec!["good"], ..Asked::default() };
        all_ways(&footer, other.path(), &good, |_, frame| assert_eq!(frame.height(), 900));
    }
}

#[test]
fn a_file_that_is_cut_or_written_anew_is_an_error() {
    let mut table = df!("a" => (0..90_000i64).collect::<Vec<_>>()).unwrap();
    for way in WAYS {
        let mode = way.name;
        let file = tempfile::NamedTempFile::new().unwrap();
        ParquetWriter::new(file.as_file()).finish(&mut table).unwrap();
        let footer = Footer::read(file.path()).unwrap();
        let mut source = footer.source(file.path()).unwrap();
        OpenOptions::new().write(true).open(file.path()).unwrap().set_len(100).unwrap();
        let asked = Asked { columns: vec!["a"], ..Asked::default() };
        let found = way.of(|| read(&footer, file.path(), &asked));
        assert!(matches!(found, Err(ScanError::Changed)), "{mode} {found:?}");
        // Cut once it was opened.
        assert!(matches!(
            source.fetch(std::iter::once(4..5000).collect()),
            Err(ScanError::Changed)
        ));
        let paged = super::Paged::new(Arc::new(source), 5000, 1);
        let read = parquet::file::reader::ChunkReader::get_bytes(&super::Pages(paged), 4, 4000);
        assert!(read.is_err());
    }
}

#[test]
fn ends_that_are_no_footers_have_their_reasons() {
    let trailer = |length: u32| [&length.to_le_bytes()[..], b"PAR1"].concat();
    let cases: [(Vec<u8>, &str); 6] = [
        (Vec::new(), "(it is empty)"),
        (vec![0; 5000], "(it holds nothing but zeros)"),
        (b"PAR1 and what follows".to_vec(), "(it starts as one, but its end is missing)"),
        (
            [b"PAR1", &trailer(99)[..]].concat(),
            "(its footer should have 107 bytes, the whole file has 12)",
        ),
        ([b"PAR1", &[0xff; 9][..], &trailer(9)].concat(), "(its footer is damaged)"),
        (b"PAR1xxxxxxxPARE".to_vec(), "is encrypted"),
    ];
    for (bytes, expected) in cases {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        let error = Footer::read(file.path()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let error = Footer::read(Path::new("/dev/null")).unwrap_err().to_string();
    assert!(error.starts_with("/dev/null is a device"), "{error}");
}

#[test]
fn an_object_is_read_as_the_file_is_and_as_of_one_moment() {
    let mut table = table(&mut Random(7), 1000);
    let file = tempfile::NamedTempFile::new().unwrap();
    ParquetWriter::new(file.as_file()).with_row_group_size(Some(300)).finish(&mut table).unwrap();
    let store = Store::in_memory();
    store.put("x.parquet", fs::read(file.path()).unwrap().into()).unwrap();
    let object = store.head("x.parquet").unwrap().unwrap();
    let remote = Remote { store, object };
    let local = Footer::read(file.path()).unwrap();
    let url = Path::new("memory:///x.parquet");
    let fetched = Footer::fetch(&remote, url).unwrap();
    assert_eq!((local.hash(), local.rows()), (fetched.hash(), fetched.rows()));
    assert_eq!((&local.columns, fetched.is_remote()), (&fetched.columns, true));
    for (columns, piece) in
        [(vec!["i64", "text"], None), (vec!["f64"], local.pieces(1).get(1).cloned())]
    {
        let asked = Asked { columns, piece, place: Some(1), ..Asked::default() };
        let expected = expected(&table, &asked);
        all_ways(&fetched, url, &asked, |mode, found| {
            assert!(found.equals_missing(&expected), "{mode} {asked:?}");
        });
    }
    remote.store.put("x.parquet", "another".into()).unwrap();
    let asked = Asked { columns: vec!["i64"], ..Asked::default() };
    for way in WAYS {
        let mode = way.name;
        let found = way.of(|| read(&fetched, url, &asked));
        assert!(matches!(found, Err(ScanError::Changed)), "{mode} {found:?}");
    }
}
