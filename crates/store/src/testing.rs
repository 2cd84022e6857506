//! A store that lies, for tests of what is built on stores: it answers as a script has it.

use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::TimeDelta;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, Result, UpdateVersion,
};

use crate::Store;
use crate::runtime::block_on;

/// What is asked of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// An object, or what is known of one.
    Get,
    /// The objects of a folder.
    List,
    /// To write an object, whatever was there.
    Put,
    /// To write an object on a condition.
    PutIf,
    /// To remove an object.
    Delete,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is done, and answered as it should be.
    Done,
    /// It is not done.
    Refused(Answer),
    /// It is done, and the answer is an error all the same.
    Lost(Answer),
    /// The answer is an error, and it is done at [`Memory::land`]; of a write or a removal.
    Late(Answer),
    /// The content breaks off: with an error, or as if that were all; of [`Verb::Get`].
    Cut {
        /// Whether the reader notices.
        noticed: bool,
    },
    /// Answered as it would have been at some time before; of [`Verb::List`].
    Stale,
    /// All objects are said to be this much older; of [`Verb::List`].
    Older(TimeDelta),
    /// The condition is not looked at; of [`Verb::PutIf`].
    Unchecked,
}

/// An error as a store answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 403
    Denied,
    /// 409
    Conflict,
    /// 412
    Precondition,
    /// 501
    NotImplemented,
    /// 503
    Busy,
}

impl Answer {
    fn error(self, location: &Path) -> Error {
        let path = location.to_string();
        let status = match self {
            Self::Denied => "403 Forbidden",
            Self::Conflict => "409 Conflict",
            Self::Precondition => "412 Precondition Failed",
            Self::NotImplemented => "501 Not Implemented",
            Self::Busy => "503 Service Unavailable",
        };
        // As the client has it.
        let source = "Error performing a request - Server returned non-2xx status code: ";
        let source = format!("{source}{status}: ").into();
        match self {
            Self::Denied => Error::PermissionDenied { path, source },
            Self::Conflict => Error::AlreadyExists { path, source },
            Self::Precondition => Error::Precondition { path, source },
            Self::NotImplemented | Self::Busy => Error::Generic { store: "lying", source },
        }
    }
}

/// Says what becomes of a request for a key, or for the folder of that name.
type Script = dyn Fn(Verb, &str) -> Fate + Send + Sync;

/// The objects behind several stores that lie, each in its own way.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    objects: Arc<InMemory>,
    late: Arc<Mutex<Vec<Late>>>,
    /// The last true answer to a listing of everything.
    listed: Arc<Mutex<Vec<ObjectMeta>>>,
}

/// What was answered with an error and is still to be done.
#[derive(Debug)]
enum Late {
    Put(Path, PutPayload, PutOptions),
    Delete(Path),
}

impl Memory {
    /// A store that is honest.
    #[must_use]
    pub fn honest(&self) -> Store {
        self.lying(|_, _| Fate::Done)
    }

    /// A store that does as `script` says, which is asked before each request.
    #[must_use]
    pub fn lying(&self, script: impl Fn(Verb, &str) -> Fate + Send + Sync + 'static) -> Store {
        Store::from_objects(Arc::new(Lying { memory: self.clone(), script: Arc::new(script) }))
    }

    /// Does what is still to be done, as far as its conditions hold by now.
    pub fn land(&self) {
        for late in std::mem::take(&mut *locked(&self.late)) {
            // Nobody waits for the answer.
            let _ = block_on(async {
                match late {
                    Late::Put(path, payload, options) => {
                        self.put(&path, payload, options).await.map(|_| ())
                    }
                    Late::Delete(path) => self.objects.delete(&path).await,
                }
            });
        }
    }

    /// Writes as a store does that knows versions by their content.
    async fn put(
        &self,
        location: &Path,
        payload: PutPayload,
        mut options: PutOptions,
    ) -> Result<PutResult> {
        let e_tag = Some(etag(&payload.clone().into()));
        if let PutMode::Update(wanted) = &options.mode {
            let changed = || Answer::Precondition.error(location);
            let found = self.objects.get(location).await.map_err(|_| changed())?;
            let e_tag = found.meta.e_tag.clone();
            if Some(etag(&found.bytes().await?)) != wanted.e_tag {
                return Err(changed());
            }
            options.mode = PutMode::Update(UpdateVersion { e_tag, version: None });
        }
        let put = self.objects.put_opts(location, payload, options).await?;
        Ok(PutResult { e_tag, ..put })
    }

    async fn get(&self, location: &Path, options: GetOptions) -> Result<(GetResult, Bytes)> {
        let whole = self.objects.get(location).await?.bytes().await?;
        let plain = GetOptions { if_match: None, ..options.clone() };
        let mut found = self.objects.get_opts(location, plain).await?;
        found.meta.e_tag = Some(etag(&whole));
        options.check_preconditions(&found.meta)?;
        let part =
            usize::try_from(found.range.start).ok().zip(usize::try_from(found.range.end).ok());
        let part = part.map_or_else(Bytes::new, |(start, end)| whole.slice(start..end));
        Ok((found, part))
    }

    async fn list(&self, fate: Fate) -> Result<Vec<ObjectMeta>> {
        if fate == Fate::Stale {
            return Ok(locked(&self.listed).clone());
        }
        let mut found: Vec<_> = self.objects.list(None).try_collect().await?;
        // Others give other marks than ours.
        for meta in &mut found {
            meta.e_tag = None;
        }
        locked(&self.listed).clone_from(&found);
        if let Fate::Older(by) = fate {
            for meta in &mut found {
                meta.last_modified -= by;
            }
        }
        Ok(found)
    }
}

fn etag(content: &Bytes) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone)]
struct Lying {
    memory: Memory,
    script: Arc<Script>,
}

impl Lying {
    /// What becomes of a removal.
    async fn delete(&self, location: Path) -> Result<Path> {
        let answer = match (self.script)(Verb::Delete, location.as_ref()) {
            Fate::Refused(answer) => return Err(answer.error(&location)),
            Fate::Late(answer) => {
                let error = answer.error(&location);
                locked(&self.memory.late).push(Late::Delete(location));
                return Err(error);
            }
            Fate::Lost(answer) => Some(answer),
            _ => None,
        };
        self.memory.objects.delete(&location).await?;
        answer.map_or(Ok(()), |answer| Err(answer.error(&location))).map(|()| location)
    }
}

impl fmt::Debug for Lying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lying")
    }
}

impl fmt::Display for Lying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a store that lies")
    }
}

#[async_trait]
impl ObjectStore for Lying {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        mut options: PutOptions,
    ) -> Result<PutResult> {
        let verb = match options.mode {
            PutMode::Overwrite => Verb::Put,
            PutMode::Create | PutMode::Update(_) => Verb::PutIf,
        };
        let answer = match (self.script)(verb, location.as_ref()) {
            Fate::Refused(answer) => return Err(answer.error(location)),
            Fate::Late(answer) => {
                locked(&self.memory.late).push(Late::Put(location.clone(), payload, options));
                return Err(answer.error(location));
            }
            Fate::Lost(answer) => Some(answer),
            Fate::Unchecked => {
                options.mode = PutMode::Overwrite;
                None
            }
            _ => None,
        };
        let put = self.memory.put(location, payload, options).await?;
        answer.map_or(Ok(put), |answer| Err(answer.error(location)))
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.memory.objects.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let cut = match (self.script)(Verb::Get, location.as_ref()) {
            Fate::Refused(answer) | Fate::Lost(answer) | Fate::Late(answer) => {
                return Err(answer.error(location));
            }
            Fate::Cut { noticed } => Some(noticed),
            _ => None,
        };
        let (found, mut part) = self.memory.get(location, options).await?;
        let mut pieces = Vec::new();
        if let Some(noticed) = cut {
            part.truncate(part.len() / 2);
            let cut = Error::Generic { store: "lying", source: "connection reset by peer".into() };
            pieces.extend(noticed.then_some(Err(cut)));
        }
        pieces.insert(0, Ok(part));
        Ok(GetResult { payload: GetResultPayload::Stream(stream::iter(pieces).boxed()), ..found })
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let lying = self.clone();
        let delete = move |location: Result<Path>| {
            let lying = lying.clone();
            async move { lying.delete(location?).await }
        };
        locations.then(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (lying, prefix) = (self.clone(), prefix.cloned().unwrap_or_default());
        let listed = async move {
            let fate = (lying.script)(Verb::List, prefix.as_ref());
            if let Fate::Refused(answer) | Fate::Lost(answer) | Fate::Late(answer) = fate {
                return Err(answer.error(&prefix));
            }
            let mut found = lying.memory.list(fate).await?;
            found.retain(|meta| {
                meta.location.prefix_match(&prefix).is_some_and(|mut rest| rest.next().is_some())
            });
            Ok(stream::iter(found.into_iter().map(Ok)))
        };
        stream::once(listed).try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.memory.objects.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.memory.objects.copy_opts(from, to, options).await
    }
}
