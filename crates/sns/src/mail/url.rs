//! The URL of an SMTP server.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

/// Where mail goes: `smtp://[USER:PASSWORD@]HOST[:PORT]` (STARTTLS when the server has it;
/// `?tls=required` insists, as does a login unless `?tls=optional` says otherwise), or
/// `smtps://…` for TLS from the start. Without a port it is 25, 587 where TLS is required, and
/// 465 with TLS from the start.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SmtpUrl {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: TlsUse,
    pub(super) login: Option<Login>,
}

/// When TLS is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TlsUse {
    WhenOffered,
    Required,
    FromTheStart,
}

/// Who logs in.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub user: String,
    pub password: String,
}

/// The text is no SMTP server. It is not repeated: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an SMTP server is smtp://[USER:PASSWORD@]HOST[:PORT][?tls=required|optional] or smtps://[USER:PASSWORD@]HOST[:PORT]"
)]
pub struct InvalidSmtpUrl;

impl FromStr for SmtpUrl {
    type Err = InvalidSmtpUrl;

    fn from_str(text: &str) -> Result<Self, InvalidSmtpUrl> {
        let uri: Uri = text.parse().map_err(|_| InvalidSmtpUrl)?;
        Self::of(&uri).ok_or(InvalidSmtpUrl)
    }
}

impl SmtpUrl {
    fn of(uri: &Uri) -> Option<Self> {
        let host = uri.host().filter(|host| !host.is_empty())?;
        let user = uri.authority()?.as_str().rsplit_once('@').map(|(user, _)| user);
        let login = match user {
            Some(user) => Some(login(user)?),
            None => None,
        };
        let tls = match (uri.scheme_str()?, uri.query()) {
            // A password is not sent to whoever stands in between.
            ("smtp", None) if login.is_some() => TlsUse::Required,
            ("smtp", None | Some("tls=optional")) => TlsUse::WhenOffered,
            ("smtp", Some("tls=required")) => TlsUse::Required,
            ("smtps", None) => TlsUse::FromTheStart,
            _ => return None,
        };
        let port = match tls {
            TlsUse::WhenOffered => 25,
            TlsUse::Required => 587,
            TlsUse::FromTheStart => 465,
        };
        let is_bare = matches!(uri.path(), "" | "/");
        let host = host.trim_matches(['[', ']']).to_owned();
        is_bare.then(|| Self { host, port: uri.port_u16().unwrap_or(port), tls, login })
    }
}

fn login(text: &str) -> Option<Login> {
    let (user, password) = text.split_once(':')?;
    let decoded = |text| percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned());
    Some(Login { user: decoded(user)?, password: decoded(password)? })
}

impl TryFrom<String> for SmtpUrl {
    type Error = InvalidSmtpUrl;

    fn try_from(text: String) -> Result<Self, InvalidSmtpUrl> {
        text.parse()
    }
}

impl fmt::Display for SmtpUrl {
    /// Without user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls == TlsUse::FromTheStart { "smtps" } else { "smtp" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
