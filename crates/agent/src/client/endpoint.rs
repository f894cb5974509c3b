//! The URL that the agent sends to.

use std::fmt;
use std::str::FromStr;

use http::Uri;

/// A server's URL: scheme, host, port and path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    tls: bool,
    host: String,
    port: u16,
    path: String,
}

/// The text is not the URL of a server.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("'{0}' is not an endpoint; it looks like http://127.0.0.1:4566")]
pub struct InvalidEndpoint(String);

impl Endpoint {
    /// Whether it is HTTPS.
    pub fn tls(&self) -> bool {
        self.tls
    }

    /// The host to connect to; an IPv6 address has no brackets.
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The path to post to.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The `Host` header: the port is left out where it is the scheme's own.
    pub fn authority(&self) -> String {
        let own = if self.tls { 443 } else { 80 };
        if self.port == own { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }
}

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, InvalidEndpoint> {
        let invalid = || InvalidEndpoint(text.to_owned());
        let uri: Uri = text.trim().parse().map_err(|_| invalid())?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(invalid()),
        };
        let authority = uri.authority().ok_or_else(invalid)?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(invalid)?.to_owned();
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(invalid());
        }
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        Ok(Self { tls, host, port, path: uri.path().to_owned() })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path == "/" { "" } else { &self.path };
        write!(f, "{}://{}{path}", if self.tls { "https" } else { "http" }, self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_url_without_query_or_user() {
        for (text, host, port, authority, path) in [
            ("http://127.0.0.1:4566", "127.0.0.1", 4566, "127.0.0.1:4566", "/"),
            ("https://monitoring.example.org/", "monitoring.example.org", 443, "monitoring.example.org", "/"),
            ("http://[::1]:80/cw", "::1", 80, "[::1]", "/cw"),
        ] {
            let endpoint: Endpoint = text.parse().unwrap();
            assert_eq!((endpoint.host(), endpoint.port(), endpoint.path()), (host, port, path), "{text}");
            assert_eq!(endpoint.authority(), authority, "{text}");
        }
        for bad in ["", "localhost:4566", "ftp://a", "http://", "http://u:p@a", "http://a/?x=1", "/only/a/path"] {
            assert!(bad.parse::<Endpoint>().is_err(), "{bad}");
        }
    }

    #[test]
    fn it_prints_as_people_write_it() {
        for text in ["http://127.0.0.1:4566", "https://a.example", "http://a:1/x"] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
    }
}
