//! Buckets of an S3 that others serve: the few calls by which the server's own services deliver to them.
//!
//! Buckets are named in the path, or in the host where the upstream's style says so. A bucket may be in another region than the one that is signed for first: S3 then
//! says which, and the call is made once more for that one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use base::Region;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use md5::{Digest as _, Md5};
use wire::percent;

use crate::bucket_listing::ListedPage;
use crate::client::{REPLY_BYTES_MAX, Reply, SendError};
use crate::upstream::{CallError, Upstreams, element, refusal};

/// How many buckets' regions are kept in mind.
const REGIONS_MAX: usize = 1024;

/// The most keys that one call lists.
const KEYS_MAX: usize = 1000;

/// The buckets of the upstream that serves S3. Clones share what is known of them.
#[derive(Clone, Debug)]
pub struct UpstreamBuckets {
    upstreams: Upstreams,
    first: Region,
    regions: Arc<Mutex<HashMap<String, String>>>,
}

/// An object to put.
#[derive(Clone, Debug, Default)]
pub struct BucketPut {
    /// Its key.
    pub key: String,
    /// Its bytes.
    pub body: Bytes,
    /// Such as `content-type`, `x-amz-acl`: what describes it, user metadata excepted.
    pub headers: Vec<(&'static str, &'static str)>,
    /// User metadata: names without `x-amz-meta-`, in lower case.
    pub metadata: Vec<(String, String)>,
}

/// Why a bucket could not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BucketCallError {
    /// S3's code, such as `AccessDenied` or `NoSuchBucket`; `ServiceUnavailable` or `RequestTimeout` where there was
    /// no reply.
    pub code: String,
    /// What happened, for people.
    pub message: String,
    /// Whether trying again later may help.
    pub passing: bool,
}

impl UpstreamBuckets {
    /// The buckets of the upstream for `s3`. Where nothing is known of a bucket, `first` is signed for.
    pub fn new(upstreams: Upstreams, first: Region) -> Self {
        Self { upstreams, first, regions: Arc::default() }
    }

    /// Whether there is such a bucket, whoever owns it.
    ///
    /// # Errors
    /// It cannot be told.
    pub async fn exists(&self, bucket: &str) -> Result<bool, BucketCallError> {
        let reply = self.ask(bucket, Call::new(Method::HEAD, "", "")).await?;
        match reply.status {
            StatusCode::NOT_FOUND => Ok(false),
            // It is another's, or the credentials may do less than this.
            StatusCode::FORBIDDEN => Ok(true),
            status if status.is_success() => Ok(true),
            _ => Err(refused(&reply)),
        }
    }

    /// Asks for the bucket's ACL, as whoever delivers to it must be let to.
    ///
    /// # Errors
    /// The bucket is gone, the credentials may not, or S3 cannot be reached.
    pub async fn read_acl(&self, bucket: &str) -> Result<(), BucketCallError> {
        let reply = self.ask(bucket, Call::new(Method::GET, "", "?acl=")).await?;
        match reply.status {
            // An S3 without ACLs hides none.
            StatusCode::NOT_IMPLEMENTED => Ok(()),
            status if status.is_success() => Ok(()),
            _ => Err(refused(&reply)),
        }
    }

    /// Puts an object, encrypted by S3 where it can. It is the upstream's when this resolves; putting the same once
    /// more changes nothing.
    ///
    /// # Errors
    /// The bucket is gone, the credentials may not, or S3 cannot be reached.
    pub async fn put(&self, bucket: &str, object: BucketPut) -> Result<(), BucketCallError> {
        let mut headers = HeaderMap::new();
        for (name, value) in object.headers {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        for (name, value) in &object.metadata {
            let name = HeaderName::try_from(format!("x-amz-meta-{name}")).map_err(|error| unsendable(&error))?;
            headers.insert(name, HeaderValue::try_from(value).map_err(|error| unsendable(&error))?);
        }
        // Buckets that lock their objects take none without it.
        let hash = HeaderValue::try_from(STANDARD.encode(Md5::digest(&object.body)));
        headers.insert(MD5, hash.expect("Base64 is a header's value"));
        let plain = Call { headers, body: object.body, ..Call::new(Method::PUT, &object.key, "") };
        let mut encrypted = plain.clone();
        encrypted.headers.insert(ENCRYPTION, HeaderValue::from_static("AES256"));
        let mut reply = self.ask(bucket, encrypted).await?;
        if reply.status == StatusCode::NOT_IMPLEMENTED {
            // MinIO without keys refuses to encrypt.
            tracing::debug!(bucket, "the upstream does not encrypt: the object is put as it is");
            reply = self.ask(bucket, plain).await?;
        }
        match reply.status.is_success() {
            true => Ok(()),
            false => Err(refused(&reply)),
        }
    }

    /// The region of a bucket, whoever owns it; `None` where there is no such bucket. An S3 that tells of no regions
    /// has all its buckets in the one that is signed for first.
    ///
    /// # Errors
    /// It cannot be told.
    pub async fn region(&self, bucket: &str) -> Result<Option<Region>, BucketCallError> {
        let reply = self.ask(bucket, Call::new(Method::HEAD, "", "")).await?;
        match reply.status {
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::FORBIDDEN => Ok(Some(self.region_of(&reply, bucket))),
            status if status.is_success() => Ok(Some(self.region_of(&reply, bucket))),
            _ => Err(refused(&reply)),
        }
    }

    fn region_of(&self, reply: &Reply, bucket: &str) -> Region {
        let told = region_told(reply).or_else(|| self.regions().get(bucket).cloned());
        told.and_then(|told| told.parse().ok()).unwrap_or_else(|| self.first.clone())
    }

    /// The keys that start with a prefix and sort after another key, in order, `count` at most.
    ///
    /// # Errors
    /// The bucket is gone, the credentials may not list it, S3 cannot be reached or answers something else.
    pub async fn list(
        &self,
        bucket: &str,
        prefix: &str,
        after: &str,
        count: usize,
    ) -> Result<Vec<String>, BucketCallError> {
        // Parameters in their order, as they are signed. S3 gives a thousand keys at most.
        let mut query = format!("?encoding-type=url&list-type=2&max-keys={}&prefix=", count.min(KEYS_MAX));
        percent::encode_into(&mut query, prefix.as_bytes());
        if !after.is_empty() {
            query.push_str("&start-after=");
            percent::encode_into(&mut query, after.as_bytes());
        }
        let reply = self.ask(bucket, Call::new(Method::GET, "", query)).await?;
        if !reply.status.is_success() {
            return Err(refused(&reply));
        }
        let page = ListedPage::parse(&reply.body).ok_or_else(|| BucketCallError {
            code: "InternalError".to_owned(),
            message: format!("the listing of the bucket {bucket} cannot be read"),
            passing: false,
        })?;
        Ok(page.objects.into_iter().map(|object| object.key).collect())
    }

    /// The bytes of an object.
    ///
    /// # Errors
    /// It is gone or longer than `bytes_max`, the credentials may not read it, or S3 cannot be reached.
    pub async fn get(&self, bucket: &str, key: &str, bytes_max: u64) -> Result<Bytes, BucketCallError> {
        let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
        let reply = self.ask(bucket, Call { bytes_max, ..Call::new(Method::GET, key, "") }).await?;
        match reply.status.is_success() {
            true => Ok(reply.body),
            false => Err(refused(&reply)),
        }
    }

    /// Makes a call about a bucket: for its region, as far as that is known.
    async fn ask(&self, bucket: &str, call: Call) -> Result<Reply, BucketCallError> {
        let known = self.regions().get(bucket).cloned();
        let region = known.unwrap_or_else(|| self.first.to_string());
        let reply = self.ask_in(&region, bucket, call.clone()).await?;
        let Some(other) = region_told(&reply).filter(|told| *told != region) else { return Ok(reply) };
        {
            let mut regions = self.regions();
            if regions.len() >= REGIONS_MAX {
                regions.clear();
            }
            regions.insert(bucket.to_owned(), other.clone());
        }
        match reply.status.is_success() {
            true => Ok(reply),
            false => self.ask_in(&other, bucket, call).await,
        }
    }

    async fn ask_in(&self, region: &str, bucket: &str, call: Call) -> Result<Reply, BucketCallError> {
        let mut path = String::from("/");
        percent::encode_into(&mut path, bucket.as_bytes());
        if !call.key.is_empty() {
            path.push('/');
            percent::encode_path_into(&mut path, call.key.as_bytes());
        }
        path.push_str(&call.query);
        let path = PathAndQuery::try_from(path).map_err(|error| unsendable(&error))?;
        let parts = (call.method, path, call.headers, call.body);
        let reply = self.upstreams.ask_s3(region, bucket, parts, call.bytes_max).await;
        reply.map_err(|error| unreached(&error))
    }

    fn regions(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.regions.lock().expect("no holder of this lock panics")
    }
}

const MD5: HeaderName = HeaderName::from_static("content-md5");
const ENCRYPTION: HeaderName = HeaderName::from_static("x-amz-server-side-encryption");

/// A request about a bucket or a key of it.
#[derive(Clone)]
struct Call {
    method: Method,
    key: String,
    query: String,
    headers: HeaderMap,
    body: Bytes,
    /// So much of the reply is read.
    bytes_max: usize,
}

impl Call {
    fn new(method: Method, key: &str, query: impl Into<String>) -> Self {
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        Self { method, key: key.to_owned(), query: query.into(), headers, body, bytes_max: REPLY_BYTES_MAX }
    }
}

/// The region that S3 says the bucket is in.
fn region_told(reply: &Reply) -> Option<String> {
    let in_header = reply.headers.get("x-amz-bucket-region").and_then(|value| value.to_str().ok());
    let told = match in_header {
        Some(region) => Some(region.to_owned()),
        None if reply.status.is_success() => None,
        None => element(&String::from_utf8_lossy(&reply.body), "Region"),
    };
    told.filter(|region| region.parse::<Region>().is_ok())
}

/// What a refusal says; a reply to HEAD says nothing but its status.
fn refused(reply: &Reply) -> BucketCallError {
    let error = refusal(reply);
    let passing = error.is_passing();
    let (code, message) = match error {
        CallError::Refused { code, message, .. } => (code, message),
        other => (String::new(), other.to_string()),
    };
    let code = match reply.status {
        _ if !reply.body.is_empty() => code,
        StatusCode::FORBIDDEN => "AccessDenied".to_owned(),
        StatusCode::NOT_FOUND => "NoSuchBucket".to_owned(),
        StatusCode::MOVED_PERMANENTLY => "PermanentRedirect".to_owned(),
        _ => code.replace(' ', ""),
    };
    BucketCallError { message: format!("{code}: {message} (status {})", reply.status), code, passing }
}

fn unreached(error: &CallError) -> BucketCallError {
    let code = match error {
        CallError::Send { cause: SendError::TimedOut(_), .. } => "RequestTimeout",
        _ => "ServiceUnavailable",
    };
    BucketCallError { code: code.to_owned(), message: error.to_string(), passing: error.is_passing() }
}

fn unsendable(error: &dyn std::error::Error) -> BucketCallError {
    BucketCallError { code: "InvalidRequest".to_owned(), message: error.to_string(), passing: false }
}

#[cfg(test)]
mod tests;
