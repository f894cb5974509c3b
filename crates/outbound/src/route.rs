//! Where calls go: upstreams with their options, and which of them takes a call.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use crate::endpoint::{Endpoint, InvalidEndpoint};

/// How long the beginning of an answer may take, and how long there may be nothing in the middle of one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// No wait is longer.
const TIMEOUT_SECONDS_MAX: u64 = 3600;

/// How an S3 is told which bucket is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BucketStyle {
    /// `https://HOST/BUCKET/KEY`
    #[default]
    Path,
    /// `https://BUCKET.HOST/KEY`
    Host,
}

/// An upstream: `[SERVICE=]URL[#OPTION=VALUE,…]`. User and password of the URL are the access key id and the secret to
/// sign with; without them calls are signed with the caller's own key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Route {
    /// The service by its signing name; all that nobody else serves when absent.
    pub service: Option<String>,
    /// Where it is served, with the credentials to sign with.
    pub endpoint: Endpoint,
    /// `style=path|host`, for S3.
    pub style: BucketStyle,
    /// `roots=FILE`: the certificates that it is believed by, PEM; else those that the machine trusts.
    pub roots: Option<PathBuf>,
    /// `timeout=SECONDS`: how long the beginning of an answer may take.
    pub head_timeout: Duration,
    /// `idle=SECONDS`: how long there may be nothing in the middle of one.
    pub idle_timeout: Duration,
    /// `services=A+B`: what an upstream for all may be asked for; all where it is empty.
    pub services: Vec<String>,
}

/// The text names no upstream. Nothing of it is repeated: it may hold a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRoute {
    /// The URL is not one.
    #[error("an upstream is [SERVICE=]URL[#OPTIONS], where {0}")]
    Url(#[from] InvalidEndpoint),
    /// The URL has a path, which no call would go to.
    #[error("the URL of an upstream has no path and no query")]
    Path,
    /// The service is not a signing name.
    #[error("an upstream is [SERVICE=]URL[#OPTIONS], where SERVICE is a service's signing name, such as ec2")]
    Service,
    /// The options are not known.
    #[error(
        "options of an upstream are style=path|host, roots=FILE, timeout=SECONDS, idle=SECONDS and services=A+B, \
         with commas between them, each once"
    )]
    Options,
    /// An option would change nothing.
    #[error("{0}")]
    NoEffect(&'static str),
}

const STYLE: &str = "style= of an upstream is for S3 alone: s3=URL#style=host";
const STYLE_OF_ADDRESS: &str = "style=host of an upstream needs a host with a name: buckets stand before it";
const ROOTS: &str = "roots= of an upstream is for https:// alone";
const SERVICES: &str = "services= is for an upstream without a service, which serves them all";

impl FromStr for Route {
    type Err = InvalidRoute;

    fn from_str(text: &str) -> Result<Self, InvalidRoute> {
        let (place, options) = text.split_once('#').unwrap_or((text, ""));
        let named = place.split_once('=').filter(|(name, _)| !name.contains(['/', ':']));
        let (service, url) = match named {
            Some((name, url)) => (Some(name), url),
            None => (None, place),
        };
        if service.is_some_and(|name| !is_signing_name(name)) {
            return Err(InvalidRoute::Service);
        }
        let endpoint: Endpoint = url.parse()?;
        if endpoint.path.as_str() != "/" {
            return Err(InvalidRoute::Path);
        }
        let mut route = Self {
            service: service.map(str::to_owned),
            endpoint,
            style: BucketStyle::default(),
            roots: None,
            head_timeout: HEAD_TIMEOUT,
            idle_timeout: IDLE_TIMEOUT,
            services: Vec::new(),
        };
        let mut seen = Vec::new();
        for option in options.split(',').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').ok_or(InvalidRoute::Options)?;
            if seen.contains(&name) {
                return Err(InvalidRoute::Options);
            }
            seen.push(name);
            route.set(name, value).ok_or(InvalidRoute::Options)?;
        }
        route.heeding(&seen)
    }
}

impl TryFrom<String> for Route {
    type Error = InvalidRoute;

    fn try_from(text: String) -> Result<Self, InvalidRoute> {
        text.parse()
    }
}

impl Route {
    fn set(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "style" => {
                self.style = match value {
                    "path" => BucketStyle::Path,
                    "host" => BucketStyle::Host,
                    _ => return None,
                }
            }
            "roots" if !value.is_empty() => self.roots = Some(PathBuf::from(value)),
            "timeout" => self.head_timeout = seconds(value)?,
            "idle" => self.idle_timeout = seconds(value)?,
            "services" => {
                self.services = value.split('+').map(str::to_owned).collect();
                return self.services.iter().all(|name| is_signing_name(name)).then_some(());
            }
            _ => return None,
        }
        Some(())
    }

    /// The same, if all of these options change something.
    fn heeding(self, options: &[&str]) -> Result<Self, InvalidRoute> {
        let why = match &self {
            _ if options.contains(&"style") && self.service.as_deref() != Some("s3") => STYLE,
            _ if self.style == BucketStyle::Host && self.endpoint.host.parse::<IpAddr>().is_ok() => STYLE_OF_ADDRESS,
            _ if self.roots.is_some() && !self.endpoint.tls => ROOTS,
            _ if options.contains(&"services") && self.service.is_some() => SERVICES,
            _ => return Ok(self),
        };
        Err(InvalidRoute::NoEffect(why))
    }

    /// Whether it may be asked for what is signed for this service.
    pub(crate) fn allows(&self, signed_for: &str) -> bool {
        self.services.is_empty() || self.services.iter().any(|name| name == signed_for)
    }

    /// Endpoint and target of a call about a bucket, from the target `/BUCKET…` of the style that has it in the path.
    /// A bucket whose name is no name of a host, or which no certificate for `*.HOST` covers, stays there in any
    /// style, as with the SDKs.
    pub fn placed(&self, bucket: Option<&str>, target: String) -> (Endpoint, String) {
        let in_host = bucket.filter(|name| self.style == BucketStyle::Host && is_label(name, self.endpoint.tls));
        let below = in_host.and_then(|name| Some((name, target.strip_prefix('/')?.strip_prefix(name)?)));
        let below = below.filter(|(_, rest)| rest.is_empty() || rest.starts_with(['/', '?']));
        let Some((bucket, below)) = below else { return (self.endpoint.clone(), target) };
        let target = if below.starts_with('/') { below.to_owned() } else { format!("/{below}") };
        let endpoint = Endpoint {
            host: format!("{bucket}.{}", self.endpoint.host),
            authority: format!("{bucket}.{}", self.endpoint.authority),
            ..self.endpoint.clone()
        };
        (endpoint, target)
    }
}

/// Whether a bucket's name can stand before a host's: labels of DNS in lower case, one alone where TLS is spoken.
fn is_label(bucket: &str, tls: bool) -> bool {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_one = |label: &str| {
        !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.bytes().all(inside)
    };
    (3..=63).contains(&bucket.len()) && bucket.split('.').all(is_one) && !(tls && bucket.contains('.'))
}

fn seconds(text: &str) -> Option<Duration> {
    let seconds = text.parse().ok().filter(|seconds| (1..=TIMEOUT_SECONDS_MAX).contains(seconds))?;
    Some(Duration::from_secs(seconds))
}

fn is_signing_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Whether the server serves a service itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServedHere {
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// The upstream that takes calls signed for a service: the one that was named for it, else one for all, which never
/// takes what the server serves itself.
pub fn route<'r>(routes: &'r [Route], signed_for: &str, here: ServedHere) -> Option<&'r Route> {
    chosen(routes, |route| route, signed_for, here)
}

/// The same, among things that have a route.
pub(crate) fn chosen<'r, T>(
    all: &'r [T],
    of: impl Fn(&T) -> &Route,
    signed_for: &str,
    here: ServedHere,
) -> Option<&'r T> {
    let named = all.iter().find(|one| of(one).service.as_deref() == Some(signed_for));
    let for_all = || all.iter().find(|one| of(one).service.is_none()).filter(|one| of(one).allows(signed_for));
    named.or_else(|| if here == ServedHere::No { for_all() } else { None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Route, InvalidRoute> {
        text.parse()
    }

    #[test]
    fn an_upstream_has_options() {
        let text = "s3=https://AK:secret@minio:9000#style=host,roots=/etc/ca.pem,timeout=5,idle=600";
        let route = parsed(text).unwrap();
        assert_eq!(route.service.as_deref(), Some("s3"));
        assert_eq!(route.endpoint.user, Some(("AK".to_owned(), "secret".to_owned())));
        assert_eq!((route.style, route.roots), (BucketStyle::Host, Some(PathBuf::from("/etc/ca.pem"))));
        assert_eq!((route.head_timeout.as_secs(), route.idle_timeout.as_secs()), (5, 600));
        let all = parsed("http://moto:5000#services=ec2+rds").unwrap();
        assert_eq!((all.service, all.services.len(), all.style), (None, 2, BucketStyle::Path));
    }

    #[test]
    fn what_names_no_upstream_is_refused() {
        for (text, expected) in [
            ("EC2=http://h", InvalidRoute::Service),
            ("http://h/path", InvalidRoute::Path),
            ("http://h?x=y", InvalidRoute::Path),
            ("ec2=h", InvalidRoute::Url(InvalidEndpoint)),
            ("http://h#style=both", InvalidRoute::Options),
            ("http://h#timeout=0", InvalidRoute::Options),
            ("http://h#timeout", InvalidRoute::Options),
            ("http://h#services=A", InvalidRoute::Options),
            ("http://h#timeout=5,timeout=6", InvalidRoute::Options),
            ("http://h#other=1", InvalidRoute::Options),
            ("http://key:12#3@h", InvalidRoute::Options),
            ("ec2=http://h#services=ec2", InvalidRoute::NoEffect(SERVICES)),
            ("ec2=http://h#style=path", InvalidRoute::NoEffect(STYLE)),
            ("http://h#style=host", InvalidRoute::NoEffect(STYLE)),
            ("s3=http://10.0.0.1:9000#style=host", InvalidRoute::NoEffect(STYLE_OF_ADDRESS)),
            ("http://h#roots=ca.pem", InvalidRoute::NoEffect(ROOTS)),
            ("=http://h/", InvalidRoute::Service),
        ] {
            assert_eq!(parsed(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn no_secret_is_shown() {
        let route = parsed("ec2=https://AK:secret@h:1#timeout=5").unwrap();
        let refused = parsed("ec2=https://AK:secret@h:1#style=host").unwrap_err();
        let shown = format!("{route:?} {refused:?} {refused}");
        assert!(!shown.contains("secret") && shown.contains("https://h:1/"), "{shown}");
    }

    #[test]
    fn buckets_stand_before_a_host_where_they_are_names_of_one() {
        let place = |route: &str, bucket: &str, target: &str| {
            let (endpoint, target) = parsed(route).unwrap().placed(Some(bucket), target.to_owned());
            format!("{} {} {target}", endpoint.host, endpoint.authority)
        };
        for (route, bucket, target, expected) in [
            ("s3=http://h:9", "bkt", "/bkt/a", "h h:9 /bkt/a"),
            ("s3=http://h:9#style=host", "bkt", "/bkt/a?x=", "bkt.h bkt.h:9 /a?x="),
            ("s3=http://h:9#style=host", "bkt", "/bkt", "bkt.h bkt.h:9 /"),
            ("s3=http://h:9#style=host", "bkt", "/bkt?acl=", "bkt.h bkt.h:9 /?acl="),
            ("s3=http://h:9#style=host", "a.b", "/a.b/k", "a.b.h a.b.h:9 /k"),
            ("s3=https://h:9#style=host", "a.b", "/a.b/k", "h h:9 /a.b/k"),
            ("s3=http://h:9#style=host", "Old_Bucket", "/Old_Bucket/k", "h h:9 /Old_Bucket/k"),
            ("s3=http://h:9#style=host", "evil.example/x", "/evil.example%2Fx/k", "h h:9 /evil.example%2Fx/k"),
            ("s3=http://h:9#style=host", "a..b", "/a..b/k", "h h:9 /a..b/k"),
        ] {
            assert_eq!(place(route, bucket, target), expected, "{route} {bucket}");
        }
    }

    #[test]
    fn calls_go_to_the_upstream_of_their_service_or_to_one_for_all_that_nobody_serves() {
        let routes = [parsed("sns=http://a").unwrap(), parsed("http://b#services=ec2+sns+logs").unwrap()];
        let host = |service: &str, here| route(&routes, service, here).map(|route| route.endpoint.host.clone());
        for (service, here, expected) in [
            ("sns", ServedHere::Yes, Some("a")),
            ("sns", ServedHere::No, Some("a")),
            ("ec2", ServedHere::No, Some("b")),
            ("logs", ServedHere::Yes, None),
            ("rds", ServedHere::No, None),
        ] {
            assert_eq!(host(service, here).as_deref(), expected, "{service} {here:?}");
        }
    }
}
