//! Parquet files of wrong words: their footers above all, which say where everything is.

use std::fs;

use kohort_load::open;
use kohort_testkit::hostile::attack;
use polars::prelude::{Column, DataType};

use crate::support::{Folder, cast, dates, decimals, ints, read, segment, text};

#[global_allocator]
static ALLOCATOR: kohort_testkit::hostile::Watched = kohort_testkit::hostile::Watched;

#[test]
fn hostile_files_are_refused_or_read() {
    let folder = Folder::new();
    let ids = ints("id", &[1, 2, 3, 4, 5, 6, 7]);
    let country = text("country", &["UK", "FR", "UK", "", "Österreich", "UK", "FR"].map(Some));
    let at = dates("at", &["2024-01-01"; 7]);
    let files = [
        vec![ids.clone(), at.clone(), ints("amount", &[7; 7]), country.clone()],
        vec![cast(&ids, &DataType::String), at, decimals("amount", 12, 2, &[Some(5); 7]), country],
    ];
    let files: Vec<Vec<u8>> = (files.into_iter().enumerate())
        .map(|(n, columns): (usize, Vec<Column>)| {
            fs::read(folder.write(&format!("good/{n}.parquet"), columns)).unwrap()
        })
        .collect();
    fs::create_dir(folder.path("bad")).unwrap();
    let mut source = folder.source(&["bad/a.parquet"]);
    source.segments = vec![segment("country", "country")];
    source.filter = Some("country IS NULL OR country != 'FR'".to_owned());
    attack(1000, |mutator| {
        let (whole, other) = (mutator.pick(&files).clone(), mutator.pick(&files).clone());
        let end = whole.len() - 8;
        let footer = u32::from_le_bytes(whole[end..][..4].try_into().unwrap()) as usize;
        let mut changed = whole.clone();
        if mutator.below(3) == 0 {
            mutator.bytes(&mut changed, &other);
        } else {
            let mut metadata = whole[end - footer..end].to_vec();
            mutator.bytes(&mut metadata, &other[other.len() / 2..]);
            changed.truncate(end - footer);
            changed.extend_from_slice(&metadata);
            changed.extend_from_slice(&u32::try_from(metadata.len()).unwrap().to_le_bytes());
            changed.extend_from_slice(b"PAR1");
        }
        fs::write(folder.path("bad/a.parquet"), changed).unwrap();
        match open(source.clone()) {
            Ok(opened) => drop(read(&opened).map_err(|error| error.to_string())),
            Err(error) => drop(error.to_string()),
        }
    });
}
