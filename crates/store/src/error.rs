//! Errors of a store, without credentials.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use object_store::Error as Cause;

use crate::address::Service;
use crate::scrub::scrub;

/// Why an object could not be read or written. No text holds a credential.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A text that is no URL of an object.
    #[error("{url} is no URL of an object: {reason}")]
    Url {
        /// The text.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A URL with a password or a query, which is not repeated.
    #[error(
        "a URL of {scheme}:// holds a password or a query; what is secret has no place in it: \
         {remedy}"
    )]
    Secret {
        /// The scheme of the URL.
        scheme: String,
        /// Where credentials belong.
        remedy: &'static str,
    },
    /// The environment does not say enough to reach a store, or too much.
    #[error("can't reach {url}: {reason}; {remedy}")]
    Setup {
        /// The bucket or host.
        url: String,
        /// What is missing or wrong.
        reason: String,
        /// Which environment variables there are.
        remedy: &'static str,
    },
    /// An object or a bucket that is not there.
    #[error("there is no {url}; check the bucket and the key")]
    NotFound {
        /// Its URL.
        url: String,
    },
    /// The store does not let these credentials do that.
    #[error("can't {doing} {url}: access denied ({reason}); {remedy}")]
    Denied {
        /// What was tried, such as `read`.
        doing: &'static str,
        /// The object, folder or bucket.
        url: String,
        /// What the server says.
        reason: String,
        /// Which environment variables there are.
        remedy: &'static str,
    },
    /// A store that does not know conditions, or lets writes pass whose condition does not hold.
    #[error(
        "{url} can't be written on a condition: {reason}; without one, two runs at once could replace \
         each other unseen, so use a store that has conditional writes (If-Match, If-None-Match)"
    )]
    Unconditional {
        /// The object.
        url: String,
        /// What the server says, or what was found.
        reason: String,
    },
    /// [`crate::Store::put_if`] found something else than its condition says.
    #[error("{url} was written by somebody else in the meantime; nothing was overwritten")]
    Conflict {
        /// The object.
        url: String,
    },
    /// An object that is no longer what it was.
    #[error("{url} changed while it was read; run again once nothing writes to it")]
    Changed {
        /// The object.
        url: String,
    },
    /// A folder of a web server.
    #[error(
        "{url} can't be listed: a web server does not say what it has; name each object, or use \
         an object store"
    )]
    Listing {
        /// The folder or pattern.
        url: String,
    },
    /// A local file that was to be uploaded.
    #[error("can't read {}: {cause}", .path.display())]
    Local {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// Everything else, after all retries.
    #[error("can't {doing} {url}: {reason}")]
    Failed {
        /// What was tried, such as `read`.
        doing: &'static str,
        /// The object, folder or bucket.
        url: String,
        /// What the server or the system says.
        reason: String,
    },
}

/// What was tried, for the text of an error.
#[derive(Clone, Copy)]
pub(crate) struct Tried<'a> {
    pub doing: &'static str,
    pub url: &'a str,
    pub service: Service,
}

impl Tried<'_> {
    pub fn failed(self, reason: impl Into<String>) -> StoreError {
        let reason = scrub(&reason.into());
        StoreError::Failed { doing: self.doing, url: self.url.to_owned(), reason }
    }

    pub fn error(self, cause: &Cause) -> StoreError {
        let (doing, url, remedy) = (self.doing, self.url.to_owned(), self.service.remedy());
        match kind(cause) {
            Kind::NotFound => StoreError::NotFound { url },
            Kind::Precondition if doing == "read" => StoreError::Changed { url },
            Kind::Precondition => StoreError::Conflict { url },
            Kind::Denied => StoreError::Denied { doing, url, reason: reason(cause), remedy },
            Kind::Other => match reason(cause) {
                // Listings know one kind of error only.
                reason if ["401", "403"].iter().any(|code| reason.starts_with(&answers(code))) => {
                    StoreError::Denied { doing, url, reason, remedy }
                }
                reason if reason.contains("URL scheme is not allowed") => {
                    StoreError::Setup { url, reason: "its endpoint is not https".into(), remedy }
                }
                reason => StoreError::Failed { doing, url, reason },
            },
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    NotFound,
    /// A condition of a request does not hold.
    Precondition,
    Denied,
    Other,
}

/// Whether an answer broke off, rather than that there was none; requests are retried already.
pub(crate) fn is_cut(error: &Cause) -> bool {
    let mut texts = chain(error).map(ToString::to_string);
    kind(error) == Kind::Other && !texts.any(|text| text.starts_with("Error performing "))
}

/// What went wrong; where a read is resumed, it is further down the chain.
pub(crate) fn kind(error: &Cause) -> Kind {
    let of = |error: &Cause| match error {
        Cause::NotFound { .. } => Some(Kind::NotFound),
        Cause::Precondition { .. } | Cause::AlreadyExists { .. } | Cause::NotModified { .. } => {
            Some(Kind::Precondition)
        }
        Cause::PermissionDenied { .. } | Cause::Unauthenticated { .. } => Some(Kind::Denied),
        _ => None,
    };
    chain(error).find_map(|error| error.downcast_ref().and_then(of)).unwrap_or(Kind::Other)
}

/// Whether a conditional write failed because the store, or its configuration, has none.
pub(crate) fn is_unconditional(error: &Cause) -> bool {
    matches!(error, Cause::NotImplemented { .. } | Cause::NotSupported { .. })
        || reason(error).starts_with(&answers("501"))
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// The innermost cause in one line, with the number of retries and without secrets.
pub(crate) fn reason(error: &(dyn Error + 'static)) -> String {
    let texts: Vec<_> = chain(error).map(ToString::to_string).collect();
    let innermost = texts.last().map_or("", String::as_str);
    let said = scrub(&said(innermost));
    let retries = texts.iter().find_map(|text| {
        let (_, after) = text.split_once(", after ")?;
        after.split_once(" retries").map(|(n, _)| n).filter(|n| n.parse::<u32>().is_ok())
    });
    match retries {
        Some(retries) => format!("{said} (after {retries} retries)"),
        None => said,
    }
}

/// A server's answer: its status, and of its body only what is meant for people. An answer that
/// refuses a signature repeats what was signed.
fn said(text: &str) -> String {
    let Some((_, answer)) = text.split_once("Server returned non-2xx status code: ") else {
        return one_line(text);
    };
    let (status, body) = answer.split_once(": ").unwrap_or((answer, ""));
    let element = |name: &str| {
        let (_, rest) = body.split_once(&format!("<{name}>"))?;
        rest.split_once("</").map(|(value, _)| one_line(value)).filter(|value| !value.is_empty())
    };
    let said: Vec<_> = [element("Code"), element("Message")].into_iter().flatten().collect();
    match said.as_slice() {
        [] => answers(status),
        said => format!("{}, {}", answers(status), said.join(": ")),
    }
}

fn answers(status: &str) -> String {
    format!("the server answers {status}")
}

fn one_line(text: &str) -> String {
    const LONGEST: usize = 300;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_answer_only_what_is_meant_for_people_is_kept() {
        let cases = [
            ("connection refused\nfurther", "connection refused"),
            (
                "Server returned non-2xx status code: 503 Service Unavailable: ",
                "the server answers 503 Service Unavailable",
            ),
            (
                "Server returned non-2xx status code: 403 Forbidden: <?xml version=\"1.0\"?>\n\
                 <Error><Code>SignatureDoesNotMatch</Code><Message>The signature differs.\
                 </Message><StringToSign>AWS4 abc</StringToSign></Error>",
                "the server answers 403 Forbidden, SignatureDoesNotMatch: The signature differs.",
            ),
            (
                "Server returned non-2xx status code: 500 Oops: {\"request\": \"secret\"}",
                "the server answers 500 Oops",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(said(text), expected);
        }
    }
}
