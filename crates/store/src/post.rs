//! Posts of JSON to a web server.

use std::time::Duration;

use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use url::Url;

use crate::address::Service;
use crate::error::{StoreError, Tried, reason};
use crate::runtime::block_on;

/// Sends a JSON document to a web server, once; an answer other than 2xx is an error. A user and a
/// password in the URL become its basic authentication; errors do not repeat them.
///
/// # Errors
/// [`StoreError::Url`] for what is no URL, else [`StoreError::Failed`].
pub fn post_json(url: &str, body: Vec<u8>, timeout: Duration) -> Result<(), StoreError> {
    let web = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let target = web.ok_or_else(|| StoreError::Url {
        url: crate::scrub(url),
        reason: "it starts with https:// or http://".to_owned(),
    })?;
    let shown = shown(&target);
    let tried = Tried { doing: "post to", url: &shown, service: Service::Web };
    block_on(async {
        let client = Client::builder().build().map_err(|error| tried.failed(reason(&error)))?;
        let request = client.post(target).timeout(timeout).body(body);
        let request = request.header(CONTENT_TYPE, "application/json");
        let answer = request.send().await;
        let answer = answer.map_err(|error| tried.failed(reason(&error.without_url())))?;
        let status = answer.status();
        if status.is_success() {
            Ok(())
        } else {
            Err(tried.failed(format!("the server answers {status}")))
        }
    })
}

/// A URL without user, password and query.
fn shown(url: &Url) -> String {
    let host = &url[url::Position::BeforeHost..url::Position::AfterPath];
    format!("{}://{host}", url.scheme())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Answers one request and gives back its first bytes.
    fn server(answer: &'static str) -> (u16, thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut text = String::new();
            let mut bytes = [0; 4096];
            while !text.ends_with("{\"a\":1}") {
                let read = stream.read(&mut bytes).unwrap();
                text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
            }
            stream.write_all(answer.as_bytes()).unwrap();
            text
        });
        (port, served)
    }

    #[test]
    fn documents_are_posted_and_refusals_are_errors() {
        let send = |url: &str| post_json(url, b"{\"a\":1}".to_vec(), Duration::from_secs(10));
        let (port, at_work) = server("HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n");
        send(&format!("http://127.0.0.1:{port}/api")).unwrap();
        let request = at_work.join().unwrap().to_lowercase();
        assert!(request.starts_with("post /api "), "{request}");
        assert!(request.contains("content-type: application/json"), "{request}");

        let (port, at_work) = server("HTTP/1.1 500 Oops\r\ncontent-length: 4\r\n\r\nhush");
        let url = format!("http://user:hush@127.0.0.1:{port}/api?key=hush");
        let error = send(&url).unwrap_err().to_string();
        at_work.join().unwrap();
        let expected = format!("can't post to http://127.0.0.1:{port}/api: the server answers 500");
        assert!(error.starts_with(&expected) && !error.contains("hush"), "{error}");

        let error = send("http://user:hush@127.0.0.1:1/").unwrap_err().to_string();
        assert!(error.contains("refused") && !error.contains("hush"), "{error}");
        assert!(matches!(send("mailto:a@b"), Err(StoreError::Url { .. })));
    }
}
