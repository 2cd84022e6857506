//! The store: objects listed, read and written.

use std::fs::{self, File};
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use object_store::path::Path as Key;
use object_store::{
    GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
    UpdateVersion, WriteMultipart,
};
use url::Url;

use crate::address::{Address, Service};
use crate::connect;
use crate::error::{Kind, StoreError, Tried, is_cut, is_unconditional, kind, reason};
use crate::runtime::block_on;

/// Ranges of one object that are asked for at the same time.
const RANGES_AT_ONCE: usize = 8;
/// How often a listing whose answer was cut short is asked for again, and a range where the server
/// does not mark versions, so that the client does not resume on its own.
const RESUMES: usize = 3;
/// Files up to this size are put in one request, larger ones in parts of at least half of it.
const ONE_PUT: u64 = 16 << 20;
const PARTS_AT_ONCE: usize = 4;
/// Parts that an object has at most; stores allow 10,000.
const PARTS: u64 = 5_000;

/// The objects of a bucket, or of a web server. Clones share their connections.
///
/// Throttling (429, 503), failures of the server and connections that are cut are met with retries
/// (see the crate); what an error says was still so after the last of them.
#[derive(Clone, Debug)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    service: Service,
    /// With a slash at its end.
    base: Arc<str>,
}

/// An object as it was when it was listed, looked up, read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its name in the store.
    pub key: String,
    /// Its URL, for people; that of the store and the key.
    pub url: String,
    /// Bytes.
    pub size: u64,
    /// When it was written by the store's clock; after [`Store::put_if`] by that of this machine.
    /// 1970-01-01 where the server does not say.
    pub modified: DateTime<Utc>,
    /// What changes with the content, as the server has it. Every object store has one, not every
    /// web server.
    pub etag: Option<String>,
    /// The version in a bucket that keeps versions; listings do not say.
    pub version: Option<String>,
}

impl Object {
    /// Whether another look at the same key found the same content, as far as the server says.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let same = match (&self.etag, &other.etag) {
            (Some(one), Some(other)) => one == other,
            // Listings know fractions of a second, headers do not.
            _ => self.modified.timestamp() == other.modified.timestamp(),
        };
        same && self.size == other.size
    }
}

/// When [`Store::put_if`] may write.
#[derive(Clone, Copy, Debug)]
pub enum Condition<'a> {
    /// There is no object of that key.
    New,
    /// The object is still this one.
    Replaces(&'a Object),
}

impl Store {
    /// The store of a URL, and the key that follows the bucket or host: that of an object or of a
    /// folder, or a pattern, as it is there. No request is made.
    ///
    /// # Errors
    /// [`StoreError::Url`], [`StoreError::Secret`]; [`StoreError::Setup`] where the environment does
    /// not fit.
    pub fn open(url: &str) -> Result<(Self, String), StoreError> {
        let address = Address::parse(url)?;
        let objects = connect::client(&address)?;
        let Address { service, base, key } = address;
        Ok((Self { objects, service, base: base.into() }, key))
    }

    /// An empty store in memory, for tests of what is built on stores; its URL is `memory://`.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::from_objects(Arc::new(object_store::memory::InMemory::new()))
    }

    /// A bucket for tests.
    pub(crate) fn from_objects(objects: Arc<dyn ObjectStore>) -> Self {
        Self { objects, service: Service::Memory, base: "memory:///".into() }
    }

    /// The URL of a key, which [`Store::open`] takes apart again.
    #[must_use]
    pub fn url(&self, key: &str) -> String {
        match (self.service, Url::parse(&self.base)) {
            (Service::Web, Ok(mut url)) => {
                url.set_path(&key.replace('%', "%25"));
                url.to_string()
            }
            _ => format!("{}{key}", self.base),
        }
    }

    /// The objects in a folder and all folders under it, sorted by key; of the whole store where
    /// the folder is empty. `a/b` and `a/b/` are the same folder, and `a/bc` is not in it. A folder
    /// that is not there has no objects.
    ///
    /// # Errors
    /// [`StoreError::Listing`] for web servers; what the store says.
    pub fn list(&self, folder: &str) -> Result<Vec<Object>, StoreError> {
        let url = self.url(folder);
        if self.service == Service::Web {
            return Err(StoreError::Listing { url });
        }
        let prefix = self.key(folder)?;
        let mut resumes = 0;
        let found: Vec<ObjectMeta> = loop {
            match block_on(self.objects.list(Some(&prefix)).try_collect()) {
                Ok(found) => break found,
                Err(cause) if resumes < RESUMES && is_cut(&cause) => resumes += 1,
                Err(cause) => return Err(self.tried("list", &url).error(&cause)),
            }
        };
        let mut objects: Vec<_> = found.into_iter().map(|meta| self.object(meta)).collect();
        objects.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        Ok(objects)
    }

    /// An object without its content; `None` where there is none.
    ///
    /// # Errors
    /// What the store says.
    pub fn head(&self, key: &str) -> Result<Option<Object>, StoreError> {
        let path = self.key(key)?;
        match block_on(self.objects.head(&path)) {
            Ok(meta) => Ok(Some(self.object(meta))),
            Err(cause) if kind(&cause) == Kind::NotFound => Ok(None),
            Err(cause) => Err(self.tried("read", &self.url(key)).error(&cause)),
        }
    }

    /// A whole object, for small ones; `None` where there is none.
    ///
    /// # Errors
    /// What the store says.
    pub fn get(&self, key: &str) -> Result<Option<(Bytes, Object)>, StoreError> {
        let (path, url) = (self.key(key)?, self.url(key));
        let tried = self.tried("read", &url);
        let mut resumes = 0;
        loop {
            let read = async {
                let result = self.objects.get(&path).await?;
                let object = self.object(result.meta.clone());
                Ok((result.bytes().await?, object))
            };
            match block_on(read) {
                Ok((bytes, object)) if bytes.len() as u64 == object.size => {
                    return Ok(Some((bytes, object)));
                }
                Ok(_) if resumes >= RESUMES => {
                    return Err(tried.failed("the answer has fewer bytes than the object"));
                }
                Err(cause) if kind(&cause) == Kind::NotFound => return Ok(None),
                Err(cause) if resumes >= RESUMES || !is_cut(&cause) => {
                    return Err(tried.error(&cause));
                }
                _ => resumes += 1,
            }
        }
    }

    /// Byte ranges of an object, in their order, some of them at the same time. An empty range is
    /// no bytes.
    ///
    /// # Errors
    /// [`StoreError::Changed`] where the object is no longer what it was; [`StoreError::NotFound`];
    /// what else the store says.
    pub fn get_ranges(
        &self,
        object: &Object,
        ranges: &[Range<u64>],
    ) -> Result<Vec<Bytes>, StoreError> {
        let key = self.key(&object.key)?;
        let fetched = stream::iter(ranges.iter().cloned())
            .map(|range| self.range(&key, object, range))
            .buffered(RANGES_AT_ONCE);
        block_on(fetched.try_collect())
    }

    async fn range(
        &self,
        key: &Key,
        object: &Object,
        range: Range<u64>,
    ) -> Result<Bytes, StoreError> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let tried = self.tried("read", &object.url);
        let mut resumes = 0;
        loop {
            // A weak mark never matches, by the rules of HTTP; it is compared below like all.
            let options = GetOptions {
                range: Some(GetRange::Bounded(range.clone())),
                if_match: object.etag.clone().filter(|etag| !etag.starts_with("W/")),
                ..GetOptions::default()
            };
            let result =
                self.objects.get_opts(key, options).await.map_err(|cause| tried.error(&cause))?;
            if !object.is_same(&self.object(result.meta.clone())) {
                return Err(StoreError::Changed { url: object.url.clone() });
            }
            match result.bytes().await {
                Ok(bytes) if bytes.len() as u64 == range.end - range.start => return Ok(bytes),
                Ok(_) if resumes >= RESUMES => {
                    return Err(tried.failed("the answer has fewer bytes than were asked for"));
                }
                Err(cause) if resumes >= RESUMES || object.etag.is_some() || !is_cut(&cause) => {
                    return Err(tried.error(&cause));
                }
                _ => resumes += 1,
            }
        }
    }

    /// Writes an object, over another one if there is.
    ///
    /// # Errors
    /// What the store says.
    pub fn put(&self, key: &str, bytes: Bytes) -> Result<(), StoreError> {
        let path = self.key(key)?;
        block_on(self.objects.put(&path, PutPayload::from(bytes)))
            .map(|_| ())
            .map_err(|cause| self.tried("write", &self.url(key)).error(&cause))
    }

    /// Writes a file as an object, over another one if there is; a large file in parts, of which a
    /// few are in memory. The object is there once all of it is.
    ///
    /// # Errors
    /// [`StoreError::Local`] for the file; what the store says.
    pub fn put_file(&self, key: &str, path: &Path) -> Result<(), StoreError> {
        let local = |cause| StoreError::Local { path: path.to_owned(), cause };
        let mut file = File::open(path).map_err(local)?;
        let size = file.metadata().map_err(local)?.len();
        if size <= ONE_PUT {
            return self.put(key, fs::read(path).map_err(local)?.into());
        }
        let target = self.key(key)?;
        let url = self.url(key);
        let failed = |cause| self.tried("write", &url).error(&cause);
        let part = usize::try_from((ONE_PUT / 2).max(size.div_ceil(PARTS))).unwrap_or(usize::MAX);
        block_on(async {
            let upload = self.objects.put_multipart(&target).await.map_err(failed)?;
            let mut writer = WriteMultipart::new_with_chunk_size(upload, part);
            let sent = async {
                loop {
                    writer.wait_for_capacity(PARTS_AT_ONCE).await.map_err(failed)?;
                    let mut bytes = Vec::with_capacity(part);
                    (&mut file).take(part as u64).read_to_end(&mut bytes).map_err(local)?;
                    if bytes.is_empty() {
                        return writer.wait_for_capacity(0).await.map_err(failed);
                    }
                    writer.put(bytes.into());
                }
            };
            match sent.await {
                Ok(()) => writer.finish().await.map(|_| ()).map_err(failed),
                Err(error) => {
                    // What was sent costs money until it is taken back; the error counts more.
                    let _ = writer.abort().await;
                    Err(error)
                }
            }
        })
    }

    /// Writes an object if a condition holds, in one step: of several who try, one succeeds.
    ///
    /// An error does not say that nothing was written. An answer may be lost, and the request made
    /// again then finds what it wrote itself; so what is written should say who wrote it, and who
    /// gets an error should read it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the store says that the condition does not hold, or that others
    /// write at this very moment, so that it is worth another try if it does; for what else, see
    /// [`StoreError::Unconditional`]; what else the store says.
    pub fn put_if(
        &self,
        key: &str,
        bytes: Bytes,
        condition: Condition<'_>,
    ) -> Result<Object, StoreError> {
        let path = self.key(key)?;
        let url = self.url(key);
        let mode = match condition {
            Condition::New => PutMode::Create,
            Condition::Replaces(Object { etag: None, version: None, .. }) => {
                let reason = "the server does not mark versions with an ETag".to_owned();
                return Err(StoreError::Unconditional { url, reason });
            }
            Condition::Replaces(object) => PutMode::Update(UpdateVersion {
                e_tag: object.etag.clone(),
                version: object.version.clone(),
            }),
        };
        let options = PutOptions { mode, ..PutOptions::default() };
        let size = bytes.len() as u64;
        match block_on(self.objects.put_opts(&path, PutPayload::from(bytes), options)) {
            Ok(put) => Ok(Object {
                key: key.to_owned(),
                url,
                size,
                modified: Utc::now(),
                etag: put.e_tag,
                version: put.version,
            }),
            Err(cause) if is_unconditional(&cause) => {
                Err(StoreError::Unconditional { url, reason: reason(&cause) })
            }
            // Some stores say so where there is nothing to replace.
            Err(cause) if kind(&cause) == Kind::NotFound => Err(StoreError::Conflict { url }),
            Err(cause) => Err(self.tried("write", &url).error(&cause)),
        }
    }

    /// Removes objects; those that are not there are removed already.
    ///
    /// # Errors
    /// What the store says; others may be gone then.
    pub fn delete(&self, keys: &[String]) -> Result<(), StoreError> {
        let paths = keys.iter().map(|key| self.key(key)).collect::<Result<Vec<_>, _>>()?;
        let paths = stream::iter(paths.into_iter().map(Ok)).boxed();
        let mut deleted = self.objects.delete_stream(paths);
        block_on(async {
            while let Some(result) = deleted.next().await {
                match result {
                    Err(cause) if kind(&cause) != Kind::NotFound => {
                        return Err(self.tried("remove objects from", &self.base).error(&cause));
                    }
                    _ => (),
                }
            }
            Ok(())
        })
    }

    fn key(&self, key: &str) -> Result<Key, StoreError> {
        let wrong = |_| StoreError::Url {
            url: self.url(key),
            reason: "its path has an empty part, . or ..".to_owned(),
        };
        Key::parse(key).map_err(wrong)
    }

    fn object(&self, meta: ObjectMeta) -> Object {
        let key = String::from(meta.location);
        Object {
            url: self.url(&key),
            key,
            size: meta.size,
            modified: meta.last_modified,
            etag: meta.e_tag,
            version: meta.version,
        }
    }

    fn tried<'a>(&self, doing: &'static str, url: &'a str) -> Tried<'a> {
        Tried { doing, url, service: self.service }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(objects: &[Object]) -> Vec<&str> {
        objects.iter().map(|object| object.key.as_str()).collect()
    }

    #[test]
    fn what_is_written_is_listed_and_read() {
        let store = Store::in_memory();
        for key in ["a/x", "a/b/y=1/z", "ab/x", "c"] {
            store.put(key, Bytes::from(key.to_owned())).unwrap();
        }
        let cases: [(&str, &[&str]); 5] = [
            ("", &["a/b/y=1/z", "a/x", "ab/x", "c"]),
            ("a", &["a/b/y=1/z", "a/x"]),
            ("a/", &["a/b/y=1/z", "a/x"]),
            ("a/b/y=1", &["a/b/y=1/z"]),
            ("nowhere", &[]),
        ];
        for (folder, expected) in cases {
            assert_eq!(keys(&store.list(folder).unwrap()), expected, "{folder}");
        }
        let (bytes, object) = store.get("a/x").unwrap().unwrap();
        assert_eq!((&*bytes, object.url.as_str(), object.size), (&b"a/x"[..], "memory:///a/x", 3));
        assert!(store.head("a/x").unwrap().unwrap().is_same(&object));
        assert!(store.head("a").unwrap().is_none() && store.get("x").unwrap().is_none());

        let ranges = store.get_ranges(&object, &[1..3, 0..1, 2..2]).unwrap();
        assert_eq!(ranges, [&b"/x"[..], b"a", b""]);
        store.put("a/x", Bytes::from_static(b"new")).unwrap();
        let changed = store.get_ranges(&object, &[0..1, 1..2]);
        assert!(matches!(changed, Err(StoreError::Changed { .. })), "{changed:?}");

        store.delete(&["a/x".to_owned(), "never".to_owned(), "c".to_owned()]).unwrap();
        assert_eq!(keys(&store.list("").unwrap()), ["a/b/y=1/z", "ab/x"]);
        let gone = store.get_ranges(&object, &[0..1, 1..2]);
        assert!(matches!(gone, Err(StoreError::NotFound { .. })), "{gone:?}");
    }

    #[test]
    fn of_several_writers_one_succeeds() {
        let store = Store::in_memory();
        let write = |text: &'static [u8], condition: Condition<'_>| {
            store.put_if("current", Bytes::from_static(text), condition)
        };
        let first = write(b"1", Condition::New).unwrap();
        assert!(matches!(write(b"2", Condition::New), Err(StoreError::Conflict { .. })));
        assert!(matches!(write(b"1", Condition::New), Err(StoreError::Conflict { .. })));
        let second = write(b"2", Condition::Replaces(&first)).unwrap();
        assert!(matches!(
            write(b"3", Condition::Replaces(&first)),
            Err(StoreError::Conflict { .. })
        ));
        write(b"3", Condition::Replaces(&second)).unwrap();
        assert_eq!(&*store.get("current").unwrap().unwrap().0, b"3");

        let winners: Vec<_> = std::thread::scope(|scope| {
            let write = |n: u8| store.put_if("lock", Bytes::from(vec![n]), Condition::New).is_ok();
            let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || write(n))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(winners.iter().filter(|won| **won).count(), 1);
    }

    #[test]
    fn files_are_written_whole_whatever_their_size() {
        let store = Store::in_memory();
        let folder = tempfile::tempdir().unwrap();
        for size in [0, 5, ONE_PUT, ONE_PUT + 1, 2 * ONE_PUT + 7] {
            let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            let path = folder.path().join("x");
            fs::write(&path, &bytes).unwrap();
            store.put_file("x", &path).unwrap();
            assert!(store.get("x").unwrap().unwrap().0 == bytes, "{size}");
        }
        let missing = store.put_file("x", &folder.path().join("none"));
        assert!(matches!(missing, Err(StoreError::Local { .. })));
    }

    #[test]
    fn urls_lead_back_to_their_keys() {
        for url in ["s3://b/a b/c=%20.parquet", "http://127.0.0.1:9/a%20b/%25c.parquet"] {
            let (store, key) = Store::open(url).unwrap();
            assert_eq!(store.url(&key), url);
        }
        let (store, _) = Store::open("http://127.0.0.1:9/").unwrap();
        assert!(matches!(store.list("a"), Err(StoreError::Listing { .. })));
        let wrong = store.head("a//b");
        assert!(matches!(wrong, Err(StoreError::Url { .. })), "{wrong:?}");
    }
}
