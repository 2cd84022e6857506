//! The manifest: what is kept of a form, and where.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use kohort_disk::{DiskError, KOHORT_VERSION, own, read_file, replace_file, sync_folder};
use kohort_model::Day;
use serde::{Deserialize, Serialize};

use crate::{STATE_VERSION, Unusable, segment};

/// The manifest's file.
pub(crate) const NAME: &str = "state.json";
/// How each manifest begins, whichever kohort wrote it.
pub(crate) const BEGIN: &[u8] = b"{\"state_version\":";
/// The next manifest, until it is whole.
pub(crate) const NEW: &str = "state.json.new";

/// What a part of an input left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// BLAKE3 of all that decides what is read of the part, in hexadecimal.
    pub key: String,
    /// The input's name in the pipeline file.
    pub input: String,
    /// BLAKE3 of what its files hold, in hexadecimal: the same as long as they do not change, however
    /// they are read.
    pub identity: String,
    /// When it was read, in microseconds since 1970-01-01 UTC.
    pub read_at: i64,
    /// The rows of its files.
    pub files: Vec<FileCounts>,
    /// Rows that were handed on, by business-local day since 1970-01-01, in order.
    pub days: Vec<(i32, u64)>,
    /// Where its rows are.
    pub blocks: Vec<BlockRef>,
}

/// The rows of a file, as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCounts {
    /// Path or URL.
    pub path: String,
    /// All of them.
    pub rows: u64,
    /// Those that `where` kept out.
    pub filtered: u64,
    /// Those that equal another.
    pub duplicates: u64,
    /// Those that could not be used, by reason.
    pub rejected: BTreeMap<String, u64>,
    /// Those whose amount was rounded.
    pub rounded: u64,
    /// First business-local day since 1970-01-01 of those that were in the future.
    pub future: Option<i32>,
    /// Those that fail each check of a column.
    #[serde(default)]
    pub checks: Vec<u64>,
    /// Of each value of which the pipeline names some texts, the rows of its texts.
    #[serde(default)]
    pub texts: Vec<BTreeMap<String, u64>>,
    /// By lookup the rows in which it lacks a key, and the first of the keys.
    #[serde(default)]
    pub unknown_keys: BTreeMap<String, (u64, Vec<String>)>,
}

/// Where a block is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockRef {
    /// File in the folder of its form.
    pub file: String,
    /// Where it begins.
    pub offset: u64,
    /// Its length.
    pub bytes: u64,
    /// BLAKE3 in hexadecimal.
    pub digest: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Manifest {
    state_version: u32,
    kohort_version: String,
    /// BLAKE3 of the shares as they are written, in hexadecimal.
    digest: String,
    pub shares: Vec<Share>,
}

impl Manifest {
    pub fn new(shares: Vec<Share>) -> Self {
        let digest = digest(&shares);
        let kohort_version = KOHORT_VERSION.to_owned();
        Self { state_version: STATE_VERSION, kohort_version, digest, shares }
    }

    /// The manifest in a folder, where there is one.
    pub fn read(folder: &Path) -> Result<Option<Self>, Unusable> {
        let path = folder.join(NAME);
        let damaged = |cause: String| Unusable::Damaged(format!("{}: {cause}", path.display()));
        let json = match read_file(&path) {
            Ok(json) => json,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(damaged(error.to_string())),
        };
        Self::parse(&json, &damaged).map(Some)
    }

    /// The manifest that a file holds.
    pub fn parse(json: &[u8], damaged: &dyn Fn(String) -> Unusable) -> Result<Self, Unusable> {
        #[derive(Deserialize)]
        struct Version {
            state_version: u32,
            kohort_version: String,
        }

        let Version { state_version, kohort_version } =
            serde_json::from_slice(json).map_err(|error| damaged(error.to_string()))?;
        if (state_version, &*kohort_version) != (STATE_VERSION, KOHORT_VERSION) {
            return Err(Unusable::Version(kohort_version));
        }
        let manifest: Self =
            serde_json::from_slice(json).map_err(|error| damaged(error.to_string()))?;
        if digest(&manifest.shares) != manifest.digest {
            return Err(damaged("its digest does not fit".to_owned()));
        }
        if !are_sound(&manifest.shares) {
            return Err(damaged("it names what no run keeps".to_owned()));
        }
        Ok(manifest)
    }

    /// Whether what has the name of the manifest is one, of any version, damaged or not; or nothing has.
    pub fn is_own(folder: &Path) -> bool {
        let path = folder.join(NAME);
        path.symlink_metadata().is_err() || own::begins_as(&path, BEGIN)
    }

    /// Whether there is one whose header can be read, whichever kohort wrote it.
    pub fn is_there(folder: &Path) -> bool {
        let is_ours = own::is_file(&folder.join(NAME)) && Self::is_own(folder);
        is_ours && matches!(Self::read(folder), Ok(Some(_)) | Err(Unusable::Version(_)))
    }

    /// Replaces the manifest in one step.
    pub fn write(&self, folder: &Path) -> Result<(), DiskError> {
        let json = serde_json::to_vec(self).unwrap_or_default();
        replace_file(&folder.join(NAME), &folder.join(NEW), &json)?;
        sync_folder(folder)
    }
}

/// Whether days are such as inputs have, the names of files such as runs give, and whatever is added
/// up of the numbers has room.
fn are_sound(shares: &[Share]) -> bool {
    let files = || shares.iter().flat_map(|share| &share.files);
    let days = || shares.iter().flat_map(|share| &share.days);
    let blocks = || shares.iter().flat_map(|share| &share.blocks);
    let rows = |file: &FileCounts| {
        let FileCounts {
            rows, filtered, duplicates, rounded, rejected, checks, unknown_keys, ..
        } = file;
        let unknown = unknown_keys.values().map(|(rows, _)| rows);
        let all = rejected.values().chain(checks).chain(unknown);
        let all = all.chain([rows, filtered, duplicates, rounded]);
        sum(all.copied())
    };
    let is_day = |day: i32| (Day::MIN.0..=Day::MAX.0).contains(&day);
    files().try_fold(0_u64, |all, file| all.checked_add(rows(file)?)).is_some()
        && sum(days().map(|(_, rows)| *rows)).is_some()
        && sum(blocks().map(|block| block.bytes)).is_some()
        && days().map(|(day, _)| *day).chain(files().filter_map(|file| file.future)).all(is_day)
        && blocks().all(|block| segment::is_named(&block.file))
}

fn sum(mut numbers: impl Iterator<Item = u64>) -> Option<u64> {
    numbers.try_fold(0_u64, u64::checked_add)
}

fn digest(shares: &[Share]) -> String {
    blake3::hash(&serde_json::to_vec(shares).unwrap_or_default()).to_hex().to_string()
}
