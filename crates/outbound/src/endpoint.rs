//! Where a request goes.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::uri::PathAndQuery;
use http::{HeaderValue, Uri};
use percent_encoding::percent_decode_str;

/// An `http://` or `https://` URL, taken apart.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether TLS is spoken.
    pub tls: bool,
    /// The host, without brackets where it is an IPv6 address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Host and, where it was given, port, for the `Host` header.
    pub authority: String,
    /// Path and query.
    pub path: PathAndQuery,
    /// User and password of the URL, decoded.
    pub user: Option<(String, String)>,
}

/// The text is no URL that can be sent to. It is not repeated: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the URL must be http://HOST[:PORT]/PATH or https://HOST[:PORT]/PATH")]
pub struct InvalidEndpoint;

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(url: &str) -> Result<Self, InvalidEndpoint> {
        Self::of(&url.parse::<Uri>().map_err(|_| InvalidEndpoint)?).ok_or(InvalidEndpoint)
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
            Some((user, authority)) => (Some(decoded(user)?), authority),
            None => (None, uri.authority()?.as_str()),
        };
        let host = uri.host().filter(|host| !host.is_empty())?;
        Some(Self {
            tls,
            host: host.trim_matches(['[', ']']).to_owned(),
            port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            authority: authority.to_owned(),
            path: uri.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/")),
            user,
        })
    }

    /// The URL without user and password.
    pub fn uri(&self) -> Uri {
        let scheme = if self.tls { "https" } else { "http" };
        let parts = Uri::builder().scheme(scheme).authority(self.authority.as_str());
        parts.path_and_query(self.path.clone()).build().expect("its parts come from a URI")
    }

    /// The same endpoint with another path and query.
    pub fn with_path(&self, path: PathAndQuery) -> Self {
        Self { path, ..self.clone() }
    }

    /// `Basic …` of user and password, when the URL has them.
    pub fn basic_authorization(&self) -> Option<HeaderValue> {
        let (user, password) = self.user.as_ref()?;
        let mut value =
            HeaderValue::try_from(format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

fn decoded(user: &str) -> Option<(String, String)> {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let decode = |text| percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned());
    Some((decode(name)?, decode(password)?))
}

impl fmt::Display for Endpoint {
    /// The URL without credentials and query, for logs and errors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.path.path())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Endpoint {
        url.parse().unwrap()
    }

    #[test]
    fn urls_name_where_to_send() {
        let https = endpoint("https://metrics.example.org/in?token=1");
        assert_eq!((https.tls, https.port, https.path.as_str()), (true, 443, "/in?token=1"));
        let http = endpoint("http://[::1]:8080");
        assert_eq!((http.tls, http.host.as_str(), http.port, http.path.as_str()), (false, "::1", 8080, "/"));
        assert_eq!(http.authority, "[::1]:8080");
        assert_eq!(http.uri().to_string(), "http://[::1]:8080/");
    }

    #[test]
    fn credentials_are_sent_and_never_shown() {
        let endpoint = endpoint("http://me:p%40ss@host:1/in?key=hidden");
        let header = endpoint.basic_authorization().unwrap();
        assert_eq!(header.to_str().unwrap(), format!("Basic {}", STANDARD.encode("me:p@ss")));
        assert_eq!(endpoint.uri().to_string(), "http://host:1/in?key=hidden");
        assert_eq!(format!("{endpoint} {endpoint:?}"), "http://host:1/in http://host:1/in");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["a", "ftp://h/", "/path", "http:///x", "http://u:%ff@h/"] {
            assert!(text.parse::<Endpoint>().is_err(), "{text}");
        }
    }
}
