//! Where metric streams deliver: what stands in the place of AWS's delivery streams.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::uri::PathAndQuery;
use http::{HeaderValue, Uri};
use percent_encoding::percent_decode_str;
use serde::Deserialize;

/// The destinations of a server, by the names of the delivery streams they stand for.
pub type Destinations = BTreeMap<String, Destination>;

/// One destination with its name, as `NAME=URL`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct NamedDestination {
    /// The delivery stream's name: what follows `deliverystream/` in its ARN.
    pub name: String,
    /// Where its data goes.
    pub destination: Destination,
}

/// Where data goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Each batch is the body of a POST.
    Http(Endpoint),
    /// Each batch is appended to a file, by its absolute path.
    File(PathBuf),
}

/// Where a POST goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether TLS is spoken.
    pub(crate) tls: bool,
    /// The host, without brackets where it is an IPv6 address.
    pub(crate) host: String,
    /// The port.
    pub(crate) port: u16,
    /// Host and, where it was given, port, for the `Host` header.
    pub(crate) authority: String,
    /// Path and query.
    pub(crate) path: PathAndQuery,
    /// Basic credentials, when the URL has a user.
    pub(crate) authorization: Option<HeaderValue>,
}

/// The text names no destination. The URL is not repeated: it may hold a password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a metric stream destination is NAME=URL, where {0}")]
pub struct InvalidDestination(&'static str);

const FORMS: InvalidDestination =
    InvalidDestination("URL is http://HOST[:PORT]/PATH, https://HOST[:PORT]/PATH or file:///PATH");

impl FromStr for NamedDestination {
    type Err = InvalidDestination;

    fn from_str(text: &str) -> Result<Self, InvalidDestination> {
        let (name, url) = text.split_once('=').ok_or(FORMS)?;
        let inside = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        if name.is_empty() || name.len() > 64 || !name.bytes().all(inside) {
            return Err(InvalidDestination("NAME is a delivery stream's: 1 to 64 of A-Z, a-z, 0-9, '_', '.' and '-'"));
        }
        Ok(Self { name: name.to_owned(), destination: url.parse()? })
    }
}

impl TryFrom<String> for NamedDestination {
    type Error = InvalidDestination;

    fn try_from(text: String) -> Result<Self, InvalidDestination> {
        text.parse()
    }
}

impl FromStr for Destination {
    type Err = InvalidDestination;

    fn from_str(url: &str) -> Result<Self, InvalidDestination> {
        if let Some(path) = url.strip_prefix("file://") {
            let path = percent_decode_str(path).decode_utf8().map_err(|_| FORMS)?;
            // What follows `file://` up to the next slash would be a host.
            return if path.starts_with('/') && !path.ends_with('/') {
                Ok(Self::File(PathBuf::from(path.as_ref())))
            } else {
                Err(FORMS)
            };
        }
        Endpoint::of(&url.parse::<Uri>().map_err(|_| FORMS)?).map(Self::Http).ok_or(FORMS)
    }
}

impl Endpoint {
    fn of(uri: &Uri) -> Option<Self> {
        let tls = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let (user, authority) = match uri.authority()?.as_str().rsplit_once('@') {
            Some((user, authority)) => (Some(user), authority),
            None => (None, uri.authority()?.as_str()),
        };
        let host = uri.host().filter(|host| !host.is_empty())?;
        Some(Self {
            tls,
            host: host.trim_matches(['[', ']']).to_owned(),
            port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            authority: authority.to_owned(),
            path: uri.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/")),
            authorization: user.map(basic).transpose().ok()?,
        })
    }
}

/// `Basic …` of the `user:password` of a URL.
fn basic(user: &str) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let decoded: Vec<u8> =
        percent_decode_str(name).chain([b':'].iter().copied()).chain(percent_decode_str(password)).collect();
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(decoded)))?;
    value.set_sensitive(true);
    Ok(value)
}

impl fmt::Display for Destination {
    /// The URL without credentials and query, for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(endpoint) => write!(f, "{endpoint:?}"),
            Self::File(path) => write!(f, "file://{}", path.display()),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.path.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Endpoint {
        match url.parse().unwrap() {
            Destination::Http(endpoint) => endpoint,
            Destination::File(_) => panic!("{url} is no file"),
        }
    }

    #[test]
    fn urls_name_where_to_send() {
        let https = endpoint("https://metrics.example.org/in?token=1");
        assert_eq!((https.tls, https.port, https.path.as_str()), (true, 443, "/in?token=1"));
        let http = endpoint("http://[::1]:8080");
        assert_eq!((http.tls, http.host.as_str(), http.port, http.path.as_str()), (false, "::1", 8080, "/"));
        assert_eq!(http.authority, "[::1]:8080");
        assert_eq!("file:///var/a%20b".parse(), Ok(Destination::File(PathBuf::from("/var/a b"))));
    }

    #[test]
    fn credentials_are_sent_and_never_shown() {
        let endpoint = endpoint("http://me:p%40ss@host:1/in?key=hidden");
        let header = endpoint.authorization.clone().unwrap();
        assert_eq!(header.to_str().unwrap(), format!("Basic {}", STANDARD.encode("me:p@ss")));
        assert_eq!(endpoint.authority, "host:1");
        let shown = format!(
            "{} {:?}",
            Destination::Http(endpoint.clone()),
            NamedDestination { name: "a".to_owned(), destination: Destination::Http(endpoint) }
        );
        assert!(
            !shown.contains("p%40ss") && !shown.contains("hidden") && shown.contains("http://host:1/in"),
            "{shown}"
        );
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "a",
            "=http://h/",
            "a=ftp://h/",
            "a=file://host/x",
            "a=file:///",
            "a=/path",
            "a b=http://h/",
            "a=http:///x",
        ] {
            assert!(text.parse::<NamedDestination>().is_err(), "{text}");
        }
        let named: NamedDestination = "a.b-c_1=file:///tmp/x".parse().unwrap();
        assert_eq!(named.name, "a.b-c_1");
    }
}
