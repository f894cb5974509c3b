//! From a request to the operation that an upstream will perform (cloudtrail.md §11.2, §11.3).
//!
//! What is recorded and permitted must be what the upstream does. So a request is refused that could be read in more
//! than one way: with two protocols' marks, with a name that stands twice, with a path that means something else once it
//! is decoded. What is let through is rebuilt from what was understood ([`crate::rebuild()`]).

mod path;

use std::borrow::Cow;
use std::collections::HashSet;

use http::{HeaderMap, Method};
use wire::percent;

use crate::copy_source::CopySource;
use crate::tables::{Dialect, Service};
pub(crate) use path::Path;

/// The longest name of an operation.
const NAME_BYTES_MAX: usize = 128;

/// A request as it is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path as sent.
    pub path: &'a str,
    /// The query string as sent, without the question mark.
    pub query: &'a str,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The body, or as much of it as is looked at: the whole for all but the REST dialects.
    pub body: &'a [u8],
    /// The service of the signature's scope, which was proved.
    pub signed_for: &'a str,
    /// The bucket that the host names, for S3.
    pub bucket_of_host: Option<&'a str>,
}

/// A call as it was understood.
#[derive(Clone, Debug)]
pub struct Call {
    /// The service.
    pub service: &'static Service,
    /// The operation as its model spells it; `METHOD /path` when only the path is known.
    pub operation: String,
    /// The method.
    pub method: Method,
    /// How it was asked.
    pub dialect: Dialect,
    /// Whether the operation is one that the tables know.
    pub is_known: bool,
    /// What the labels of the path stand for, decoded, by their names on the wire.
    pub labels: Vec<(String, String)>,
    /// Parameters of the query string and, in query and EC2's dialect, of the form, decoded and in their order, but
    /// those that name the operation and those of a signature.
    pub parameters: Vec<(String, String)>,
    /// The version that the request names, in query and EC2's dialect.
    pub version: Option<String>,
    /// The path by segments, decoded; of a REST dialect alone.
    pub(crate) path: Path,
}

impl Call {
    /// The path that names a queue, as old clients have it, in the query protocol.
    pub(crate) fn queue_path(&self) -> Option<String> {
        let is_queue = self.service.name == "sqs" && self.dialect == Dialect::Query;
        is_queue.then(|| self.path.encoded()).filter(|path| path != "/")
    }

    /// Whether the body of the request is data, of any length, and tells nothing of what is asked.
    pub fn takes_data(&self) -> bool {
        let is_policy = self.service.name == "s3" && self.operation == "PutBucketPolicy";
        let is_rest = matches!(self.dialect, Dialect::RestJson | Dialect::RestXml);
        is_rest && !is_policy && self.service.is_data(&self.operation)
    }
}

/// Why a request is not sent on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is signed for a service that nobody knows.
    #[error("there is no service {0}")]
    UnknownService(String),
    /// It asks for nothing that its service does.
    #[error("the request names no operation of the service")]
    UnknownOperation,
    /// It could be read in more than one way.
    #[error("the request can be understood in more than one way: {0}")]
    Ambiguous(&'static str),
    /// It cannot be read.
    #[error("the request cannot be read: {0}")]
    Malformed(&'static str),
}

/// Understands a request.
///
/// # Errors
/// See [`Refused`].
pub fn identify(asked: &Asked<'_>) -> Result<Call, Refused> {
    let services: Vec<&'static Service> = Service::signed_as(asked.signed_for).collect();
    if services.is_empty() {
        return Err(Refused::UnknownService(asked.signed_for.to_owned()));
    }
    let target = single(asked.headers, "x-amz-target")?;
    let cbor = single(asked.headers, "smithy-protocol")?;
    single(asked.headers, "content-type")?;
    match (target, cbor) {
        (Some(_), Some(_)) => Err(Refused::Ambiguous("it has the marks of two protocols")),
        (None, Some(protocol)) => rpc_v2(asked, &services, protocol),
        (Some(target), None) => aws_json(asked, &services, target),
        (None, None) => match services.iter().any(|service| is_query(service)) && asks_by_action(asked) {
            true => query(asked, &services),
            false => rest(asked, &services),
        },
    }
}

/// The one value of a header.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Refused> {
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Refused::Ambiguous("a header that says what is asked stands twice"));
    }
    first.to_str().map(Some).map_err(|_| Refused::Malformed("a header is no text"))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= NAME_BYTES_MAX && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A call whose operation is named by the request. The tables' spelling counts; what they do not know is taken as it
/// is, as AWS adds operations all the time.
fn named(asked: &Asked<'_>, service: &'static Service, name: &str, dialect: Dialect) -> Result<Call, Refused> {
    if !is_name(name) {
        return Err(Refused::UnknownOperation);
    }
    let known = service.operation(name);
    Ok(Call {
        service,
        operation: known.unwrap_or(name).to_owned(),
        method: asked.method.clone(),
        dialect,
        is_known: known.is_some(),
        labels: Vec::new(),
        parameters: pairs(asked.query.as_bytes())?,
        version: None,
        path: Path::default(),
    })
}

fn plain_post(asked: &Asked<'_>) -> Result<(), Refused> {
    if asked.method != Method::POST {
        return Err(Refused::UnknownOperation);
    }
    match pairs(asked.query.as_bytes())?.is_empty() {
        true => Ok(()),
        false => Err(Refused::Ambiguous("it has parameters in its URL and an operation elsewhere")),
    }
}

/// `POST /service/NAME/operation/OPERATION`
fn rpc_v2(asked: &Asked<'_>, services: &[&'static Service], protocol: &str) -> Result<Call, Refused> {
    plain_post(asked)?;
    let mut parts = asked.path.split('/').skip(1);
    let path = (parts.next(), parts.next(), parts.next(), parts.next(), parts.next());
    let (Some("service"), Some(name), Some("operation"), Some(operation), None) = path else {
        return Err(Refused::UnknownOperation);
    };
    let name = name.rsplit('.').next().unwrap_or(name);
    let found = services.iter().find(|service| service.speaks(Dialect::Cbor) && service.target == Some(name));
    match found {
        Some(service) if protocol == "rpc-v2-cbor" => named(asked, service, operation, Dialect::Cbor),
        _ => Err(Refused::UnknownOperation),
    }
}

/// `X-Amz-Target: PREFIX.OPERATION`
fn aws_json(asked: &Asked<'_>, services: &[&'static Service], target: &str) -> Result<Call, Refused> {
    plain_post(asked)?;
    if !matches!(asked.path, "" | "/") {
        return Err(Refused::Ambiguous("it names an operation in a header and has a path"));
    }
    let (prefix, operation) = target.rsplit_once('.').ok_or(Refused::UnknownOperation)?;
    let mut found = services.iter().filter(|service| speaks_json(service) && service.target == Some(prefix)).peekable();
    let Some(first) = found.peek() else {
        return Err(match Service::with_target(prefix).next() {
            Some(_) => Refused::Ambiguous("it is signed for one service and asks another"),
            None => Refused::UnknownOperation,
        });
    };
    // Some services share a prefix and have operations of their own.
    let first = *first;
    let service = found.find(|service| service.operation(operation).is_some()).unwrap_or(first);
    named(asked, service, operation, Dialect::Json)
}

fn speaks_json(service: &Service) -> bool {
    service.speaks(Dialect::Json)
}

fn is_query(service: &Service) -> bool {
    service.speaks(Dialect::Query) || service.speaks(Dialect::Ec2)
}

/// Whether a request has the form of the query protocol: parameters in a form or in the URL.
fn asks_by_action(asked: &Asked<'_>) -> bool {
    let is_form = asked.headers.get("content-type").is_some_and(|value| {
        let media_type = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
        media_type.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
    });
    let in_url = percent::pairs(asked.query.as_bytes()).any(|(name, _)| name == "Action");
    (asked.method == Method::POST && (is_form || in_url)) || (asked.method == Method::GET && in_url)
}

/// `Action`, `Version` and parameters.
fn query(asked: &Asked<'_>, services: &[&'static Service]) -> Result<Call, Refused> {
    let (in_url, in_form) = (pairs(asked.query.as_bytes())?, pairs(asked.body)?);
    if (!in_url.is_empty() && !in_form.is_empty()) || (asked.method == Method::GET && !asked.body.is_empty()) {
        return Err(Refused::Ambiguous("it has parameters both in its URL and in its body"));
    }
    let mut parameters = if in_form.is_empty() { in_url } else { in_form };
    none_twice(&parameters, |_| false)?;
    // One that decodes twice would find another name.
    let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if !parameters.iter().all(|(name, _)| is_plain(name)) {
        return Err(Refused::Malformed("a parameter has a name that none has"));
    }
    let mut take = |name: &str| {
        let at = parameters.iter().position(|(found, _)| found == name)?;
        Some(parameters.remove(at).1)
    };
    let action = take("Action").ok_or(Refused::UnknownOperation)?;
    let version = take("Version");
    if version.as_ref().is_some_and(|version| !version.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
    {
        return Err(Refused::Malformed("its version is none"));
    }
    // Services under one name differ in their versions; those that do not are one service in several models.
    let speaking = || services.iter().copied().filter(|service| is_query(service));
    let of_version = |service: &&'static Service| version.as_deref().is_none_or(|version| version == service.version);
    let known = speaking().filter(of_version).filter(|service| service.operation(&action).is_some());
    let preferred = known.max_by_key(|service| service.name == asked.signed_for);
    let service = preferred.or_else(|| speaking().find(of_version)).or_else(|| speaking().next());
    let service = service.ok_or(Refused::UnknownOperation)?;
    // Queues were once asked at their own URLs.
    if service.name != "sqs" && !matches!(asked.path, "" | "/") {
        return Err(Refused::Ambiguous("it names an operation in its parameters and has a path"));
    }
    let dialect = if service.speaks(Dialect::Ec2) { Dialect::Ec2 } else { Dialect::Query };
    let path = Path::read(asked.path, path::Style::Strict)?;
    let url = Asked { query: "", ..*asked };
    Ok(Call { parameters, version, path, ..named(&url, service, &action, dialect)? })
}

/// Method, path, and what else tells operations apart.
fn rest(asked: &Asked<'_>, services: &[&'static Service]) -> Result<Call, Refused> {
    let speaking = services.iter().copied().filter(|one| one.speaks(Dialect::RestJson) || one.speaks(Dialect::RestXml));
    // Of those under S3's name one is spoken to with the account in a header, the other by bucket and key.
    let is_control = asked.headers.contains_key("x-amz-account-id") && asked.path.starts_with("/v20180820/");
    let speaking: Vec<_> =
        speaking.filter(|one| asked.signed_for != "s3" || is_control == (one.name != "s3")).collect();
    let first = *speaking.first().ok_or(Refused::UnknownOperation)?;
    let is_s3 = first.name == "s3";
    let style = if is_s3 { path::Style::Keys } else { path::Style::Strict };
    let path = Path::read(asked.path, style)?;
    let path = match asked.bucket_of_host.filter(|_| is_s3) {
        Some(bucket) => path.below(bucket),
        None => path,
    };
    let parameters = pairs(asked.query.as_bytes())?;
    none_twice(&parameters, |name| !is_s3 && !speaking.iter().any(|one| one.tells_by_query(name)))?;
    if is_s3 && !path.segments().first().is_none_or(|bucket| is_bucket(bucket)) {
        return Err(Refused::Malformed("its path names no bucket"));
    }
    let parts = Parts { parameters: &parameters, headers: asked.headers };
    let segments = path.segments();
    let best = speaking.iter().filter_map(|one| Some((*one, one.bound(asked.method.as_str(), &segments, &parts)?)));
    let Some((service, found)) = best.max_by(|(_, one), (_, other)| one.cmp_precision(other)) else {
        path.means_the_same_decoded(|segments| {
            speaking.iter().all(|one| one.bound(asked.method.as_str(), segments, &parts).is_none())
        })?;
        return unbound(asked, first, path, parameters);
    };
    if !is_s3 {
        path.means_the_same_decoded(|segments| {
            let again = speaking.iter().filter_map(|one| one.bound(asked.method.as_str(), segments, &parts));
            again.map(|one| one.operation).all(|operation| operation == found.operation)
        })?;
    } else {
        told_once(service, &found.queries, &parameters, asked.method)?;
        told_where_it_belongs(found.operation, &parameters, asked.headers)?;
    }
    let dialect = if service.speaks(Dialect::RestXml) { Dialect::RestXml } else { Dialect::RestJson };
    let label = |(name, parts): &(&str, Vec<&str>)| ((*name).to_owned(), parts.join("/"));
    let (operation, labels) = (found.operation.to_owned(), found.labels.iter().map(label).collect());
    let method = asked.method.clone();
    Ok(Call { service, operation, method, dialect, is_known: true, labels, parameters, version: None, path })
}

/// Nothing that is decoded to something with a slash in it, and nothing that no bucket is named. The path `/` has one
/// empty segment.
fn is_bucket(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

/// A request to a path that the tables do not know: it is called by method and path.
fn unbound(
    asked: &Asked<'_>,
    service: &'static Service,
    path: Path,
    parameters: Vec<(String, String)>,
) -> Result<Call, Refused> {
    if service.name == "s3" {
        return Err(Refused::UnknownOperation);
    }
    let dialect = if service.speaks(Dialect::RestXml) { Dialect::RestXml } else { Dialect::RestJson };
    let (method, operation) = (asked.method.clone(), format!("{} {}", asked.method, path.encoded()));
    let labels = Vec::new();
    Ok(Call { service, operation, method, dialect, is_known: false, labels, parameters, version: None, path })
}

/// S3 tells its operations apart by names in the query string: one that the operation is not told by makes another
/// server perform another.
fn told_once(
    service: &Service,
    queries: &[&str],
    parameters: &[(String, String)],
    method: &Method,
) -> Result<(), Refused> {
    let stray = parameters.iter().map(|(name, _)| name.as_str()).find(|name| {
        // A part may be asked for alone.
        let harmless = *name == "partNumber" && (method == Method::GET || method == Method::HEAD);
        service.tells_by_query_in_any_case(name) && !queries.contains(name) && !harmless
    });
    match stray {
        Some(_) => Err(Refused::Ambiguous("its query string asks for several things")),
        None => Ok(()),
    }
}

/// Some servers of S3 take parameters of the query string for the headers of that name, as presigned requests have
/// them; and a source is looked at by more operations than have one.
fn told_where_it_belongs(operation: &str, parameters: &[(String, String)], headers: &HeaderMap) -> Result<(), Refused> {
    const HARMLESS: &[&str] = &["x-amz-checksum-", "x-amz-meta-", "x-amz-sdk-checksum-algorithm", "x-amz-user-agent"];
    const OTHER_SIGNATURE: &[&str] = &["awsaccesskeyid", "signature"];
    let is_headers = |name: &str| {
        let name = name.to_ascii_lowercase();
        let is_other = name.starts_with("x-amz-") && !HARMLESS.iter().any(|prefix| name.starts_with(prefix));
        is_other || OTHER_SIGNATURE.contains(&name.as_str())
    };
    if parameters.iter().any(|(name, _)| is_headers(name)) {
        return Err(Refused::Ambiguous("its query string holds what belongs in a header"));
    }
    if let Some(source) = single(headers, "x-amz-copy-source")? {
        if !matches!(operation, "CopyObject" | "UploadPartCopy") {
            return Err(Refused::Ambiguous("it names a source and is no copy"));
        }
        if CopySource::read(source).is_none() {
            return Err(Refused::Ambiguous("the source of the copy"));
        }
    }
    if headers.contains_key("x-amz-rename-source") && operation != "RenameObject" {
        return Err(Refused::Ambiguous("it names a source and renames nothing"));
    }
    Ok(())
}

/// What tells REST operations apart beside method and path.
struct Parts<'a> {
    parameters: &'a [(String, String)],
    headers: &'a HeaderMap,
}

impl crate::tables::AskedFor for Parts<'_> {
    fn has_query(&self, name: &str, value: Option<&str>) -> bool {
        self.parameters.iter().any(|(found, is)| found == name && value.is_none_or(|value| value == is))
    }

    fn has_header(&self, name: &str) -> bool {
        self.headers.contains_key(name)
    }
}

/// Decoded pairs, but those of a presigned request.
fn pairs(text: &[u8]) -> Result<Vec<(String, String)>, Refused> {
    let mut all = Vec::new();
    for (name, value) in percent::raw_pairs(text) {
        let (name, value) = (decoded(name)?, decoded(value)?);
        if !name.strip_prefix("X-Amz-").is_some_and(|rest| SIGNATURE.contains(&rest)) {
            all.push((name, value));
        }
    }
    Ok(all)
}

/// Which of two parameters of one name counts is each server's own idea. Lists in query strings of REST services stand
/// once for each element, which tells no operations apart.
fn none_twice(parameters: &[(String, String)], may_repeat: impl Fn(&str) -> bool) -> Result<(), Refused> {
    let mut seen = HashSet::new();
    match parameters.iter().any(|(name, _)| !may_repeat(name) && !seen.insert(name.to_ascii_lowercase())) {
        true => Err(Refused::Ambiguous("a parameter stands twice")),
        false => Ok(()),
    }
}

/// Parts of a presigned request.
const SIGNATURE: &[&str] =
    &["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature", "Security-Token", "Content-Sha256"];

fn decoded(text: &[u8]) -> Result<String, Refused> {
    match percent::decode_component(text) {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| not_utf8()),
        Cow::Owned(bytes) => String::from_utf8(bytes).map_err(|_| not_utf8()),
    }
}

fn not_utf8() -> Refused {
    Refused::Malformed("its URL or form is not UTF-8")
}

#[cfg(test)]
mod tests;
