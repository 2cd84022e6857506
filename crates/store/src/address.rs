//! Addresses of objects: URLs, and the service that each belongs to.

use object_store::path::Path;
use url::Url;

use crate::error::StoreError;
use crate::scrub::scrub;

/// Who has an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    S3,
    Google,
    Azure,
    Web,
    /// Of this process alone.
    Memory,
}

impl Service {
    fn from_scheme(scheme: &str) -> Option<Self> {
        Some(match scheme.to_ascii_lowercase().as_str() {
            "s3" | "s3a" => Self::S3,
            "gs" => Self::Google,
            "az" | "abfs" | "abfss" => Self::Azure,
            "http" | "https" => Self::Web,
            _ => return None,
        })
    }

    /// Where credentials belong.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::S3 => {
                "credentials are taken from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (with \
                 AWS_SESSION_TOKEN where there is one), the place from AWS_REGION and \
                 AWS_ENDPOINT_URL (with AWS_ALLOW_HTTP=true where it is not https)"
            }
            Self::Google => {
                "credentials are taken from the file that GOOGLE_APPLICATION_CREDENTIALS names"
            }
            Self::Azure => {
                "credentials are taken from AZURE_STORAGE_ACCOUNT_NAME and \
                 AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_KEY"
            }
            Self::Web | Self::Memory => {
                "objects of web servers are read without credentials; what needs some belongs \
                 in an object store, such as s3:// with AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY in the environment"
            }
        }
    }
}

/// Whether a text is the URL of an object rather than a path: one of `s3://`, `s3a://`, `gs://`,
/// `az://`, `abfs://`, `abfss://`, `http://` and `https://`.
#[must_use]
pub fn is_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| Service::from_scheme(scheme).is_some())
}

/// Checks the form of a URL and that nothing in it is secret; asks nobody.
///
/// # Errors
/// [`StoreError::Url`] and [`StoreError::Secret`].
pub fn check_url(url: &str) -> Result<(), StoreError> {
    Address::parse(url).map(|_| ())
}

/// A URL taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub service: Service,
    /// Of the bucket or host, with a slash at its end.
    pub base: String,
    /// What follows. Keys are in URLs of stores as they are; those of web servers are decoded.
    pub key: String,
}

impl Address {
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        let wrong = |reason: &str| StoreError::Url { url: scrub(url), reason: reason.to_owned() };
        let schemes = "it starts with s3://, gs://, az://, abfss://, https:// or http://";
        let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong(schemes))?;
        let service = Service::from_scheme(scheme).ok_or_else(|| wrong(schemes))?;
        let scheme = scheme.to_ascii_lowercase();
        let (host, key) = rest.split_once('/').unwrap_or((rest, ""));
        if holds_secret(service, host, key) {
            return Err(StoreError::Secret { scheme, remedy: service.remedy() });
        }
        if host.is_empty() {
            return Err(wrong("there is no bucket or host in it"));
        }
        let base = format!("{scheme}://{host}/");
        if Url::parse(&base).is_err() {
            return Err(wrong("its bucket or host is no valid name"));
        }
        let key = if service == Service::Web {
            let folder = if key.ends_with('/') { "/" } else { "" };
            Path::from_url_path(key).map(|path| format!("{path}{folder}"))
        } else {
            Path::parse(key).map(|_| key.to_owned())
        };
        // A first part that is empty is not seen as one.
        let key = key.ok().filter(|key| !key.starts_with('/'));
        let key = key.ok_or_else(|| wrong("its path has an empty part, . or .."))?;
        Ok(Self { service, base, key })
    }
}

/// Whether there is a user with a password, or a query. In keys of stores `?` matches any letter
/// unless it is followed by `name=`.
fn holds_secret(service: Service, host: &str, key: &str) -> bool {
    let (user, host) = host.rsplit_once('@').unwrap_or(("", host));
    let container = service == Service::Azure && !user.contains(':');
    if !user.is_empty() && !container {
        return true;
    }
    let port = host.split_once(':').map(|(_, port)| port);
    if port.is_some_and(|port| !port.bytes().all(|byte| byte.is_ascii_digit()))
        || host.contains('?')
    {
        return true;
    }
    let query = key.split_once('?').map(|(_, query)| query);
    query.is_some_and(|query| {
        let name = query.split_once('=').map(|(name, _)| name);
        service == Service::Web || name.is_some_and(|name| !name.contains(['/', '*', '[', '?']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_told_from_paths() {
        let cases = [
            ("s3://bucket/a", true),
            ("HTTPS://host/a.parquet", true),
            ("abfss://c@account.dfs.core.windows.net/a", true),
            ("data/orders", false),
            ("/data/s3:/orders", false),
            ("file:///data", false),
        ];
        for (text, expected) in cases {
            assert_eq!(is_url(text), expected, "{text}");
        }
    }

    #[test]
    fn urls_are_taken_apart() {
        let cases = [
            ("s3://b/a/c.parquet", Ok(("s3://b/", "a/c.parquet"))),
            ("s3://b", Ok(("s3://b/", ""))),
            ("s3://b/a/", Ok(("s3://b/", "a/"))),
            ("S3A://b/day=%201/a@b?.parquet", Ok(("s3a://b/", "day=%201/a@b?.parquet"))),
            ("gs://b/year=202?/month=1/*", Ok(("gs://b/", "year=202?/month=1/*"))),
            ("abfss://c@a.dfs.core.windows.net/x", Ok(("abfss://c@a.dfs.core.windows.net/", "x"))),
            ("http://h:81/a%20b.parquet", Ok(("http://h:81/", "a b.parquet"))),
            ("http://h:81/a/", Ok(("http://h:81/", "a/"))),
            ("s3://b/a//c", Err("empty part")),
            ("s3://b/../c", Err("empty part")),
            ("s3://b//c", Err("empty part")),
            ("s3:///c", Err("no bucket")),
            ("ftp://h/c", Err("it starts with")),
            ("s3://user:hush@b/c", Err("AWS_SECRET_ACCESS_KEY")),
            ("s3://hush@b/c", Err("AWS_SECRET_ACCESS_KEY")),
            ("s3://b/c?X-Amz-Signature=hush", Err("AWS_SECRET_ACCESS_KEY")),
            ("s3://b?token=hush", Err("AWS_SECRET_ACCESS_KEY")),
            ("http://user:hu/sh@h/c", Err("has no place")),
            ("https://h/c?hush", Err("has no place")),
            ("az://user:hush@b/c", Err("AZURE_STORAGE_ACCOUNT_KEY")),
        ];
        for (url, expected) in cases {
            match (Address::parse(url), expected) {
                (Ok(found), Ok((base, key))) => {
                    assert_eq!((found.base.as_str(), found.key.as_str()), (base, key), "{url}");
                }
                (Err(error), Err(part)) => {
                    let text = error.to_string();
                    assert!(text.contains(part) && !text.contains("hu"), "{url}: {text}");
                }
                (found, expected) => panic!("{url}: {found:?}, not {expected:?}"),
            }
        }
    }
}
