//! The pointer of an output on an object store, the one object that all who publish there write.
//!
//! A store has no lock and no transaction, but can write one object on the condition that it is what
//! it was. So whatever must not happen twice or half goes through this object: a run becomes current
//! by it, and a run is only removed once it says so. Who finds that others wrote in between looks
//! again at what he wanted.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kohort_store::{Condition, Object, StoreError};
use serde::{Deserialize, Serialize};

use crate::record::{json, moment};
use crate::remote::Remote;
use crate::{PublishError, RECORD_VERSION, RunId};

pub(crate) const POINTER: &str = "current.json";

/// How often a write is tried that the store refuses, as others write.
const TRIES_AMONG_OTHERS: u32 = 6;
/// How often a write is tried that failed otherwise, after the retries that each has (see `store`).
const TRIES: u32 = 2;
/// Before the second try; twice that before the third, and so on.
const PAUSE: Duration = if cfg!(test) { Duration::ZERO } else { Duration::from_millis(100) };

/// How long a removed run is remembered. A removal takes minutes, and so does it to make a run
/// current.
const REMEMBERED: TimeDelta = TimeDelta::days(1);

/// The content of the pointer.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Content {
    record_version: u32,
    /// The run that readers see.
    pub run_id: RunId,
    /// Counts the writes. So no two contents are equal, and a store that knows versions by their
    /// content knows them apart.
    #[serde(default)]
    pub write: u64,
    /// The runs that were current before and are kept; all that are there, where it is missing.
    #[serde(default)]
    earlier: Option<BTreeSet<RunId>>,
    /// The runs whose files are removed, or are about to be: none can become current any more.
    #[serde(default)]
    removed: Vec<Removed>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Removed {
    run_id: RunId,
    #[serde(with = "moment")]
    at: DateTime<Utc>,
}

/// What the pointer says of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunStatus {
    /// Readers see it.
    Current,
    /// It was current, and is kept.
    Earlier,
    /// It is removed, or about to be.
    Removed,
    /// It never became current.
    Unpublished,
}

impl Content {
    pub fn status(&self, id: &RunId) -> RunStatus {
        if self.run_id == *id {
            RunStatus::Current
        } else if self.removed.iter().any(|removed| removed.run_id == *id) {
            RunStatus::Removed
        } else if self.earlier().any(|earlier| earlier == id) {
            RunStatus::Earlier
        } else {
            RunStatus::Unpublished
        }
    }

    /// The runs that were current before and are kept, oldest first.
    pub fn earlier(&self) -> impl DoubleEndedIterator<Item = &RunId> {
        self.earlier.iter().flatten()
    }

    /// What follows on `before` when a run becomes current.
    pub fn with_current(before: Option<&Self>, id: &RunId) -> Self {
        let mut earlier: BTreeSet<_> = before.iter().flat_map(|b| b.earlier()).cloned().collect();
        earlier.extend(before.map(|before| before.run_id.clone()));
        earlier.remove(id);
        Self {
            record_version: RECORD_VERSION,
            run_id: id.clone(),
            write: before.map_or(0, |before| before.write) + 1,
            earlier: Some(earlier),
            removed: before.map_or_else(Vec::new, |before| before.removed.clone()),
        }
    }

    /// What follows when runs are to be removed, of which none may be current.
    pub fn without(&self, ids: &BTreeSet<RunId>, now: DateTime<Utc>) -> Self {
        let mut next = Self { write: self.write + 1, ..self.clone() };
        if let Some(earlier) = &mut next.earlier {
            earlier.retain(|id| !ids.contains(id));
        }
        next.removed.retain(|old| now - old.at < REMEMBERED && !ids.contains(&old.run_id));
        next.removed.extend(ids.iter().map(|id| Removed { run_id: id.clone(), at: now }));
        next
    }
}

/// The pointer as it was when it was read.
#[derive(Clone, Debug)]
pub(crate) struct Pointer {
    pub says: Content,
    object: Object,
}

/// What is to be written after a look at the pointer.
pub(crate) enum Next {
    Write(Content),
    /// Nothing: it says so already.
    Keep,
}

impl Remote {
    /// What the pointer says, `None` where nothing was published yet.
    pub fn pointer(&self) -> Result<Option<Pointer>, PublishError> {
        let Some((bytes, object)) = self.get_object(POINTER)? else { return Ok(None) };
        let path = || PathBuf::from(&object.url);
        let mut says: Content = serde_json::from_slice(&bytes)
            .map_err(|cause| PublishError::Pointer { path: path(), cause })?;
        if says.record_version > RECORD_VERSION {
            let (found, known) = (says.record_version, RECORD_VERSION);
            return Err(PublishError::RecordVersion { path: path(), found, known });
        }
        if says.earlier.is_none() {
            let mut whole: BTreeSet<_> = self.runs()?.into_iter().map(|run| run.id).collect();
            whole.remove(&says.run_id);
            says.earlier = Some(whole);
        }
        Ok(Some(Pointer { says, object }))
    }

    /// Writes the pointer as `next` has it of what it says, beginning with what was `seen`, so that
    /// no write of others is lost; gives what it says then. `is_in` says whether a later content
    /// goes back to one that `next` gave.
    ///
    /// After an error it may have been written all the same, or be so in a moment, unless `next` gave
    /// the error.
    pub fn rewrite(
        &self,
        seen: Option<&Pointer>,
        next: &dyn Fn(Option<&Content>) -> Result<Next, PublishError>,
        is_in: &dyn Fn(&Content) -> bool,
    ) -> Result<Option<Content>, PublishError> {
        let mut seen = seen.cloned();
        let mut failed: Option<StoreError> = None;
        let mut tries = 0;
        loop {
            let content = match next(seen.as_ref().map(|pointer| &pointer.says))? {
                Next::Write(content) => content,
                Next::Keep => return Ok(seen.map(|pointer| pointer.says)),
            };
            if let Some(error) = failed.take() {
                let most = match error {
                    StoreError::Conflict { .. } => TRIES_AMONG_OTHERS,
                    StoreError::Failed { .. } => TRIES,
                    _ => 1,
                };
                if tries >= most {
                    return Err(error.into());
                }
                thread::sleep(PAUSE * (1 << (tries - 1)));
            }
            tries += 1;
            let condition = seen
                .as_ref()
                .map_or(Condition::New, |pointer| Condition::Replaces(&pointer.object));
            match self.put_if(POINTER, json(&content), condition) {
                Ok(_) => return self.confirm(&content, is_in).map(|()| Some(content)),
                // It may be written all the same: whose answer was lost is refused the next time.
                Err(error) => failed = Some(error),
            }
            seen = self.pointer()?;
        }
    }

    /// Fails where the store took a write although the condition did not hold, so that what was
    /// written is lost.
    fn confirm(
        &self,
        written: &Content,
        is_in: &dyn Fn(&Content) -> bool,
    ) -> Result<(), PublishError> {
        match self.pointer() {
            Ok(Some(found)) if found.says.write >= written.write && !is_in(&found.says) => {
                Err(self.unconditional("the server took a write whose condition did not hold"))
            }
            // The store said that it is written: that it can't be read now does not bear on it.
            _ => Ok(()),
        }
    }

    fn unconditional(&self, reason: &str) -> PublishError {
        StoreError::Unconditional { url: self.url(POINTER), reason: reason.to_owned() }.into()
    }

    /// Fails where the store has no conditional writes, or takes those whose condition does not hold;
    /// tries it with an object `name`, which is gone afterwards.
    pub fn try_conditions(&self, name: &str) -> Result<(), PublishError> {
        let refused = |condition: Condition<'_>| match self.put_if(name, b"3".into(), condition) {
            Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(PublishError::from(error)),
            Ok(_) => {
                Err(self.unconditional("the server takes writes whose condition does not hold"))
            }
        };
        let tried = || -> Result<(), PublishError> {
            self.put(name, b"1".into())?;
            let Some((_, first)) = self.get_object(name)? else { return Ok(()) };
            self.put(name, b"2".into())?;
            refused(Condition::New)?;
            refused(Condition::Replaces(&first))
        };
        let tried = tried();
        // What stays goes as what killed runs left behind.
        let _ = self.delete(name);
        tried
    }
}
