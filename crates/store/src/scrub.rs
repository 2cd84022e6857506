//! Texts without credentials.

use std::env;

use url::form_urlencoded::byte_serialize;

/// What replaces a secret.
const HIDDEN: &str = "***";
/// A shorter value is no secret, and would be found in any text.
const SHORTEST: usize = 8;

/// A text without the credentials that may be in it: users and queries of URLs, values of
/// signatures, tokens and authorization headers, and the values of the environment's own secrets.
#[must_use]
pub fn scrub(text: &str) -> String {
    let secrets =
        secrets(env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }));
    scrub_of(text, &secrets)
}

/// The secrets among variables, as they are and as they are in URLs, the longest first.
fn secrets(variables: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let is_secret = |name: &str| {
        let of_store = ["AWS_", "AZURE_", "GOOGLE_"].iter().any(|start| name.starts_with(start));
        let secret = ["KEY", "SECRET", "TOKEN", "PASSWORD", "SAS"];
        // Names of files are no secrets, and help.
        let file = ["_FILE", "_PATH", "_URI", "_CREDENTIALS"];
        of_store
            && secret.iter().any(|part| name.contains(part))
            && !file.iter().any(|end| name.ends_with(end))
    };
    let mut secrets: Vec<_> = variables
        .filter(|(name, value)| is_secret(name) && value.len() >= SHORTEST)
        .flat_map(|(_, value)| [byte_serialize(value.as_bytes()).collect(), value])
        .collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

fn scrub_of(text: &str, secrets: &[String]) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        text = text.replace(secret.as_str(), HIDDEN);
    }
    assignments(&urls(&text))
}

/// Takes users and queries out of URLs.
fn urls(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        clean.push_str(before);
        clean.push_str("://");
        let end = after.find(|c: char| c.is_whitespace() || "\"'<>`(){}|\\,;".contains(c));
        let (url, tail) = after.split_at(end.unwrap_or(after.len()));
        let (host, _) = url.split_once('/').unwrap_or((url, ""));
        let port = host.split_once(':').map(|(_, port)| port);
        // A password may have a slash in it.
        let is_user = host.contains('@')
            || port.is_some_and(|port| !port.bytes().all(|byte| byte.is_ascii_digit()));
        let url = if is_user { url.rsplit_once('@').map_or("", |(_, url)| url) } else { url };
        match url.split_once('?') {
            Some((url, _)) => {
                clean.push_str(url);
                clean.push('?');
                clean.push_str(HIDDEN);
            }
            None => clean.push_str(url),
        }
        rest = tail;
    }
    clean.push_str(rest);
    clean
}

/// Takes out the values of `name=value`, `name: value`, `"name": "value"` and `<name>value<` where
/// the name says that they are secret, and what follows the name of a way to log in.
fn assignments(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let is_name = |c: char| c.is_alphanumeric() || "_-".contains(c);
        let Some(start) = rest.find(is_name) else { break };
        let (before, tail) = rest.split_at(start);
        clean.push_str(before);
        let (name, tail) = tail.split_at(tail.find(|c| !is_name(c)).unwrap_or(tail.len()));
        clean.push_str(name);
        rest = tail;
        let name = name.to_ascii_lowercase();
        let quoted = tail.strip_prefix(['"', '\'']).unwrap_or(tail).trim_start();
        let value = match quoted.chars().next() {
            Some('=') if is_secret(&name) => Some(&quoted[1..]),
            Some('>') if is_secret(&name) && before.ends_with('<') => Some(&quoted[1..]),
            Some(':') if is_secret_header(&name) => Some(&quoted[1..]),
            _ if ["bearer", "basic", "sharedkey"].contains(&name.as_str()) => {
                let word = tail.split_whitespace().next().unwrap_or_default();
                (word.len() >= 2 * SHORTEST).then_some(tail)
            }
            _ => None,
        };
        if let Some(value) = value {
            let value = value.trim_start_matches([' ', '"', '\'']);
            // A header ends with its line, everything else with its word.
            let end = if name.ends_with("authorization") {
                value.find(['\n', '"'])
            } else {
                value.find(|c: char| c.is_whitespace() || "\"'&<,;".contains(c))
            };
            let kept = tail.len() - value.len();
            clean.push_str(&tail[..kept]);
            clean.push_str(HIDDEN);
            rest = &value[end.unwrap_or(value.len())..];
        }
    }
    clean.push_str(rest);
    clean
}

fn is_secret(name: &str) -> bool {
    let parts = [
        "signature",
        "secret",
        "token",
        "password",
        "credential",
        "accesskey",
        "stringtosign",
        "authorization",
    ];
    ["sig", "key"].contains(&name)
        || name.starts_with("x-amz-")
        || name.ends_with("_key")
        || parts.iter().any(|part| name.contains(part))
}

/// Words of a sentence may precede a colon too.
fn is_secret_header(name: &str) -> bool {
    let headers = ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"];
    headers.contains(&name) || (name.contains(['-', '_']) && is_secret(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_taken_out_and_nothing_else() {
        let variables = [
            ("AWS_SECRET_ACCESS_KEY", "hush/hush+hush"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_SESSION_TOKEN", "short"),
            ("GOOGLE_APPLICATION_CREDENTIALS", "/etc/key-of-store.json"),
            ("HOME_KEY", "/home/somebody"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let secrets = secrets(variables.into_iter());
        let cases = [
            ("the region eu-central-1 of /home/somebody", None),
            ("can't open /etc/key-of-store.json in short", None),
            ("InvalidToken: the token is malformed", None),
            ("AuthorizationHeaderMalformed: the Authorization header is wrong", None),
            ("Basic authentication failed; s3://bucket/a@b.parquet is not there", None),
            ("key hush/hush+hush is wrong", Some("key *** is wrong")),
            ("?a=hush%2Fhush%2Bhush", Some("?a=***")),
            ("(https://me:hush@host:1/a?b=hush)", Some("(https://host:1/a?***)")),
            ("s3://me:hu/sh@bucket/a next", Some("s3://bucket/a next")),
            ("http://me:hush", Some("http://")),
            ("sv=1&sig=hush&x=2", Some("sv=1&sig=***&x=2")),
            ("X-Amz-Signature=hush X-Amz-Date=1", Some("X-Amz-Signature=*** X-Amz-Date=***")),
            ("<Token>hush</Token>", Some("<Token>***</Token>")),
            (
                "{\"access_token\": \"hush\", \"a\": 1}",
                Some("{\"access_token\": \"***\", \"a\": 1}"),
            ),
            ("authorization: AWS4 hush, hush\nnext", Some("authorization: ***\nnext")),
            ("sent Bearer hushhushhushhushhush.", Some("sent Bearer ***")),
            (
                "x-ms-copy-source-authorization: Bearer hush",
                Some("x-ms-copy-source-authorization: ***"),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(scrub_of(text, &secrets), expected.unwrap_or(text));
        }
    }
}
