//! Where metric streams deliver: what stands in the place of AWS's delivery streams.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use outbound::Endpoint;
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
        url.parse().map(Self::Http).map_err(|_| FORMS)
    }
}

impl fmt::Display for Destination {
    /// The URL without credentials and query, for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(endpoint) => write!(f, "{endpoint}"),
            Self::File(path) => write!(f, "file://{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_where_to_send() {
        assert!(matches!("https://h/in".parse(), Ok(Destination::Http(endpoint)) if endpoint.tls));
        assert_eq!("file:///var/a%20b".parse(), Ok(Destination::File(PathBuf::from("/var/a b"))));
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
