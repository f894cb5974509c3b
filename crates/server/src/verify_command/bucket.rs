//! Buckets over S3's own protocol, at any endpoint that speaks it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use base::Region;
use bytes::Bytes;
use cloudtrail::verify::{FoundObject, Listed, Objects};
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, StatusCode};
use outbound::{ListedPage, Reply};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::page_client::{Call, Connection};

/// How often a read is tried that fails in passing.
const ATTEMPTS: usize = 3;
const METADATA: &str = "x-amz-meta-";
/// What a key in a path is written without escapes.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const PLAIN_IN_PATHS: &AsciiSet = &PLAIN.remove(b'/');

/// A client of buckets.
pub(super) struct BucketClient {
    connection: Connection,
    /// Where buckets are that are elsewhere.
    regions: Mutex<BTreeMap<String, Region>>,
}

impl BucketClient {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, regions: Mutex::default() }
    }

    /// Reads, and reads again what fails in passing or is in another region.
    async fn read(&self, bucket: &str, path_and_query: &str) -> Result<Reply, String> {
        let path = PathAndQuery::try_from(format!("/{bucket}{path_and_query}")).map_err(|error| error.to_string())?;
        let mut last = String::new();
        for _ in 0..ATTEMPTS {
            let region = self.region(bucket);
            let call = Call {
                method: Method::GET,
                path: path.clone(),
                headers: HeaderMap::new(),
                body: Bytes::new(),
                signing_name: "s3",
                region: &region,
            };
            match self.connection.call(call).await {
                Ok(reply) if reply.status.is_server_error() => last = refusal(&reply),
                Ok(reply) => match elsewhere(&reply).filter(|other| *other != region) {
                    Some(other) => {
                        last = format!("the bucket {bucket} is in {other}");
                        self.regions.lock().expect("no holder panics").insert(bucket.to_owned(), other);
                    }
                    None => return Ok(reply),
                },
                Err(error) => last = error.to_string(),
            }
        }
        Err(last)
    }

    fn region(&self, bucket: &str) -> Region {
        let regions = self.regions.lock().expect("no holder panics");
        regions.get(bucket).unwrap_or(self.connection.region()).clone()
    }

    async fn pages(&self, bucket: &str, prefix: &str, delimiter: &str) -> Result<ListedPage, String> {
        let mut all = ListedPage::default();
        let (prefix, mut token) = (escaped(prefix), None::<String>);
        loop {
            // Parameters in their order, as they are signed.
            let after = token.map(|token| format!("continuation-token={}&", escaped(&token))).unwrap_or_default();
            let query = format!("?{after}{delimiter}encoding-type=url&list-type=2&prefix={prefix}");
            let reply = self.read(bucket, &query).await?;
            match reply.status {
                StatusCode::OK => {}
                StatusCode::NOT_FOUND => return Ok(ListedPage::default()),
                _ => return Err(format!("s3://{bucket} cannot be listed: {}", refusal(&reply))),
            }
            let page =
                ListedPage::parse(&reply.body).ok_or_else(|| format!("the listing of s3://{bucket} cannot be read"))?;
            all.objects.extend(page.objects);
            all.folders.extend(page.folders);
            token = page.next;
            if token.is_none() {
                return Ok(all);
            }
        }
    }
}

#[async_trait]
impl Objects for BucketClient {
    async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<Listed>, String> {
        let objects = self.pages(bucket, prefix, "").await?.objects;
        Ok(objects.into_iter().map(|object| Listed { key: object.key, put: object.modified }).collect())
    }

    async fn folders(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, String> {
        let page = self.pages(bucket, prefix, "delimiter=%2F&").await?;
        let name = |folder: String| Some(folder.strip_prefix(prefix)?.trim_end_matches('/').to_owned());
        Ok(page.folders.into_iter().filter_map(name).collect())
    }

    async fn get(&self, bucket: &str, key: &str) -> Result<Option<FoundObject>, String> {
        let reply = self.read(bucket, &format!("/{}", utf8_percent_encode(key, PLAIN_IN_PATHS))).await?;
        match reply.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            _ => return Err(format!("s3://{bucket}/{key} cannot be read: {}", refusal(&reply))),
        }
        let metadata = reply.headers.iter().filter_map(|(name, value)| {
            let name = name.as_str().strip_prefix(METADATA)?;
            Some((name.to_owned(), value.to_str().ok()?.to_owned()))
        });
        Ok(Some(FoundObject { metadata: Some(metadata.collect()), body: reply.body.to_vec() }))
    }
}

/// The region that a refusal says the bucket is in.
fn elsewhere(reply: &Reply) -> Option<Region> {
    let is_refused = reply.status.is_redirection() || reply.status == StatusCode::BAD_REQUEST;
    let region = reply.headers.get("x-amz-bucket-region").filter(|_| is_refused)?;
    region.to_str().ok()?.parse().ok()
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// The code and message of an error.
fn refusal(reply: &Reply) -> String {
    let text = String::from_utf8_lossy(&reply.body);
    let member = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split_once("</")?.0.to_owned())
    };
    match member("Code") {
        Some(code) => format!("{code}: {}", member("Message").unwrap_or_default()),
        None => format!("the answer was {}", reply.status),
    }
}
