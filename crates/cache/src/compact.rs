//! Compaction: few files of blocks, and little in them that nobody needs.

use std::collections::{BTreeMap, BTreeSet};

use kohort_disk::DiskError;

use crate::{Segment, State};

/// Files of blocks that stay at most.
const MOST_FILES: usize = 8;

/// Which files are written anew as one. Given are, from the oldest to the newest, the bytes of each
/// and those of them that are in use. A file goes where more than half of it is of no use, and
/// where what is put together anyway is half as large as it or more: so that each byte is written
/// again only as often as its neighbours double.
fn to_rewrite(files: &[(u64, u64)]) -> BTreeSet<usize> {
    let mut chosen: BTreeSet<usize> =
        (0..files.len()).filter(|file| files[*file].1 * 2 < files[*file].0).collect();
    let mut gathered = 0;
    for (file, (_, used)) in files.iter().enumerate().rev() {
        let is_newest = file + 1 == files.len();
        if is_newest || gathered * 2 >= *used {
            gathered += used;
            chosen.insert(file);
        } else if files.len() - chosen.len() < MOST_FILES {
            break;
        } else {
            gathered += used;
            chosen.insert(file);
        }
    }
    // One file that is in full use stays as it is.
    let is_sparse = |file: &usize| files[*file].1 * 2 < files[*file].0;
    if chosen.len() == 1 && !chosen.iter().any(is_sparse) {
        chosen.clear();
    }
    chosen
}

impl State {
    /// Puts files together where that pays; whether blocks are elsewhere now. The old files stay until
    /// a manifest names the new one.
    pub(super) fn compact(&mut self) -> Result<bool, DiskError> {
        let mut used: BTreeMap<&str, u64> =
            self.sizes.keys().map(|name| (name.as_str(), 0)).collect();
        for block in self.shares.values().flat_map(|share| &share.blocks) {
            *used.entry(&block.file).or_default() += block.bytes;
        }
        // Run ids sort by time.
        let files: Vec<(u64, u64)> = (used.iter())
            .map(|(name, used)| (self.sizes.get(*name).copied().unwrap_or(0), *used))
            .collect();
        let chosen = to_rewrite(&files);
        if chosen.is_empty() {
            return Ok(false);
        }
        let names: BTreeSet<String> = used
            .keys()
            .enumerate()
            .filter(|(i, _)| chosen.contains(i))
            .map(|(_, n)| (*n).to_owned())
            .collect();
        let segment = Segment::create(&self.folder, &format!("{}-all", self.id))?;
        let mut shares = self.shares.clone();
        let mut damaged = Vec::new();
        for share in shares.values_mut() {
            for block in share.blocks.iter_mut().filter(|block| names.contains(&block.file)) {
                match self.read(block) {
                    Some(bytes) => *block = segment.write(&bytes)?,
                    None => damaged.push(share.key.clone()),
                }
            }
        }
        // What cannot be read is read from its file the next time.
        for key in &damaged {
            shares.remove(key);
        }
        segment.finish()?;
        self.shares = shares;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_size_are_put_together() {
        // Bytes and bytes in use of each file, oldest first, and which are written anew.
        type Case = (&'static [(u64, u64)], &'static [usize]);
        let cases: [Case; 8] = [
            (&[], &[]),
            (&[(100, 100)], &[]),
            (&[(100, 40)], &[0]),
            (&[(100, 100), (1, 1)], &[]),
            (&[(100, 100), (60, 60)], &[0, 1]),
            (&[(1000, 1000), (4, 4), (2, 2), (1, 1)], &[1, 2, 3]),
            (&[(1000, 400), (100, 100), (1, 1)], &[0, 2]),
            (&[(900, 900), (300, 300), (100, 100), (30, 30), (10, 10), (3, 3), (1, 1)], &[]),
        ];
        for (files, expected) in cases {
            let chosen: Vec<_> = to_rewrite(files).into_iter().collect();
            assert_eq!(chosen, expected, "{files:?}");
        }
    }

    #[test]
    fn there_are_never_many_files() {
        // A file a night, of one size, for two years.
        let mut files: Vec<(u64, u64)> = Vec::new();
        let mut written = 0;
        for _ in 0..730 {
            files.push((100, 100));
            let chosen = to_rewrite(&files);
            let bytes: u64 = chosen.iter().map(|file| files[*file].1).sum();
            written += bytes;
            if !chosen.is_empty() {
                let mut place = 0;
                files.retain(|_| {
                    place += 1;
                    !chosen.contains(&(place - 1))
                });
                files.push((bytes, bytes));
            }
            assert!(files.len() <= MOST_FILES, "{files:?}");
        }
        assert!(written < 730 * 100 * 12, "{written}");
    }
}
