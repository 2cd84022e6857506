//! Run ids: names of runs that sort by time.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, Timelike, Utc};
use serde::{Deserialize, Serialize};

const SECONDS: &str = "%Y%m%dT%H%M%SZ";
/// Characters of the seconds and the hyphen.
const PREFIX: usize = 17;
/// Digits of the part of a second.
const PART: usize = 4;

/// The name of a run, such as `20261122T014451Z-3f9a`: the UTC second in which it started and
/// the part of that second in 65536ths, so that names sort by time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

/// A text that is no [`RunId`].
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no run id; one looks like 20261122T014451Z-3f9a")]
pub struct InvalidRunId(pub String);

impl RunId {
    /// Characters of each.
    pub const LENGTH: usize = PREFIX + PART;

    /// The id of a run that starts at `moment`, in the years 0 to 9999.
    #[must_use]
    pub fn at(moment: DateTime<Utc>) -> Self {
        // A leap second counts on past the billion.
        let nanos = u64::from(moment.nanosecond()).min(999_999_999);
        let part = (nanos << 16) / 1_000_000_000;
        Self(format!("{}-{part:04x}", moment.format(SECONDS)))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunId {
    type Err = InvalidRunId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_id = text.split_at_checked(PREFIX).is_some_and(|(seconds, part)| {
            seconds.strip_suffix('-').is_some_and(|seconds| {
                seconds.len() == PREFIX - 1
                    && NaiveDateTime::parse_from_str(seconds, SECONDS).is_ok()
            }) && part.len() == PART
                && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        });
        if is_id { Ok(Self(text.to_owned())) } else { Err(InvalidRunId(text.to_owned())) }
    }
}

impl TryFrom<String> for RunId {
    type Error = InvalidRunId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_the_time_and_sort_by_it() {
        let cases = [
            ("2026-11-22T01:44:50.999999999Z", "20261122T014450Z-ffff"),
            ("2026-11-22T01:44:51Z", "20261122T014451Z-0000"),
            ("2026-11-22T01:44:51.000015259Z", "20261122T014451Z-0001"),
            ("2026-11-22T01:44:51.5Z", "20261122T014451Z-8000"),
            ("2026-12-31T23:59:60.5Z", "20261231T235960Z-ffff"),
        ];
        let ids = cases.map(|(moment, expected)| {
            let id = RunId::at(moment.parse().unwrap());
            assert_eq!(id.as_str(), expected, "{moment}");
            assert_eq!(id, expected.parse().unwrap());
            id
        });
        assert!(ids.is_sorted());
    }

    #[test]
    fn other_texts_are_no_ids() {
        let cases = [
            "",
            "latest",
            "20261122T014451Z",
            "20261122T014451Z-3f9",
            "20261122T014451Z-3f9a1",
            "20261122T014451Z-3F9A",
            "20261322T014451Z-3f9a",
            "20261122T014451Z_3f9a",
            "20261122T014451Z-3f9a/../x",
            "äöüäöüäöüäöüäöüä",
        ];
        for text in cases {
            assert!(text.parse::<RunId>().is_err(), "{text}");
        }
    }
}
