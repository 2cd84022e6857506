//! Objects by URL: S3 and what speaks its language, Google Cloud Storage, Azure Blob Storage, and
//! files of web servers.
//!
//! All calls block. They share one runtime that this crate starts when it is first needed, and may
//! be made from any thread that is not one of an async runtime's own, several at a time.
//!
//! Credentials and endpoints come from the environment variables that the services' own tools use:
//! `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`,
//! `AWS_ENDPOINT_URL` (with `AWS_ALLOW_HTTP=true` where it is not https), `AWS_MAX_ATTEMPTS`;
//! `GOOGLE_APPLICATION_CREDENTIALS`; `AZURE_STORAGE_ACCOUNT_NAME` and `AZURE_STORAGE_ACCOUNT_KEY` or
//! `AZURE_STORAGE_SAS_KEY`; on machines of a service its metadata. Never from a URL. No error text
//! holds any.

mod address;
mod connect;
mod error;
mod post;
mod runtime;
mod scrub;
mod store;
#[doc(hidden)]
pub mod testing;

pub use address::{check_url, is_url};
pub use error::StoreError;
pub use post::post_json;
pub use scrub::scrub;
pub use store::{Condition, Object, Store};
