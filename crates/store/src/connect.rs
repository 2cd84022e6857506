//! Connections: from a bucket's URL and the environment to a client.

use std::collections::BTreeMap;
use std::env;
use std::sync::{Arc, Mutex, PoisonError};

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::memory::InMemory;
use object_store::{ClientConfigKey, ObjectStore, RetryConfig};

use crate::address::{Address, Service};
use crate::error::{StoreError, reason};

/// Clients by the URL of their bucket or host.
static KNOWN: Mutex<BTreeMap<String, Arc<dyn ObjectStore>>> = Mutex::new(BTreeMap::new());

/// The client of a bucket or host; one for all who ask.
pub(crate) fn client(address: &Address) -> Result<Arc<dyn ObjectStore>, StoreError> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(client) = known.get(&address.base) {
        return Ok(Arc::clone(client));
    }
    let client = build(address).map_err(|cause| StoreError::Setup {
        url: address.base.clone(),
        reason: reason(&cause),
        remedy: address.service.remedy(),
    })?;
    known.insert(address.base.clone(), Arc::clone(&client));
    Ok(client)
}

fn build(address: &Address) -> object_store::Result<Arc<dyn ObjectStore>> {
    let (url, retry) = (&address.base, retries(env::var("AWS_MAX_ATTEMPTS").ok().as_deref()));
    Ok(match address.service {
        Service::S3 => {
            Arc::new(AmazonS3Builder::from_env().with_url(url).with_retry(retry).build()?)
        }
        Service::Google => {
            Arc::new(GoogleCloudStorageBuilder::from_env().with_url(url).with_retry(retry).build()?)
        }
        Service::Azure => {
            Arc::new(MicrosoftAzureBuilder::from_env().with_url(url).with_retry(retry).build()?)
        }
        Service::Web => {
            let builder = HttpBuilder::new().with_url(url).with_retry(retry);
            Arc::new(builder.with_config(ClientConfigKey::AllowHttp, "true").build()?)
        }
        Service::Memory => Arc::new(InMemory::new()),
    })
}

/// Throttling and cut connections are met with up to ten retries, further and further apart, within
/// three minutes. `AWS_MAX_ATTEMPTS` says otherwise, the first attempt included, for every store.
fn retries(attempts: Option<&str>) -> RetryConfig {
    let config = RetryConfig::default();
    match attempts.and_then(|attempts| attempts.trim().parse::<usize>().ok()) {
        Some(attempts) => RetryConfig { max_retries: attempts.saturating_sub(1), ..config },
        None => config,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_may_ask_for_fewer_attempts() {
        for (text, expected) in
            [(None, 10), (Some("3"), 2), (Some("1"), 0), (Some("0"), 0), (Some("x"), 10)]
        {
            assert_eq!(retries(text).max_retries, expected);
        }
    }

    #[test]
    fn a_bucket_has_one_client() {
        let address = Address::parse("http://127.0.0.1:9/x").unwrap();
        let (a, b) = (client(&address).unwrap(), client(&address).unwrap());
        assert!(Arc::ptr_eq(&a, &b));
    }
}
