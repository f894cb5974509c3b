//! What a server says of its trails over the CloudTrail API.

use base::{AccountId, Arn, Region, Timestamp};
use bytes::Bytes;
use cloudtrail::verify::{ChainName, FoundChain, Newest, PublicKeys};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::{Value as Json, json};

use super::{Asked, public_keys};
use crate::page_client::{Call, Connection};
use crate::run::Failure;

const HOUR_MS: i64 = 3_600_000;
/// Digests of late files may be signed with keys that came later.
const LATER_MS: i64 = 31 * 24 * HOUR_MS;

/// Asks a server.
pub(super) struct CloudTrailClient(Connection);

/// A trail as it is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DescribedTrail {
    pub(super) account: AccountId,
    pub(super) name: String,
    pub(super) home: Region,
    pub(super) bucket: String,
    pub(super) prefix: Option<String>,
}

impl DescribedTrail {
    pub(super) fn arn(account: &AccountId, home: &Region, name: &str) -> String {
        format!("arn:{}:cloudtrail:{home}:{account}:trail/{name}", home.partition().as_str())
    }
}

impl CloudTrailClient {
    pub(super) fn new(connection: Connection) -> Self {
        Self(connection)
    }

    /// The trails that are seen in the region; the one that is asked for where it is named.
    pub(super) async fn describe(&self, asked: &Asked) -> Result<Vec<DescribedTrail>, Failure> {
        let region = asked.home.as_ref().unwrap_or(self.0.region());
        let answer = self.call(region, "DescribeTrails", &json!({})).await?;
        let trails = answer["trailList"].as_array().cloned().unwrap_or_default();
        trails
            .iter()
            .map(|trail| described(trail).ok_or_else(|| "the server names a trail without ARN".into()))
            .collect()
    }

    /// The keys that the digests of a chain may be signed with.
    pub(super) async fn public_keys(&self, chain: &FoundChain) -> Result<PublicKeys, Failure> {
        let (from, to) = (chain.first.plus_millis(-HOUR_MS), chain.last.plus_millis(LATER_MS));
        let range = json!({"StartTime": from.secs(), "EndTime": to.secs()});
        public_keys::read(&self.call(&chain.name.region, "ListPublicKeys", &range).await?)
    }

    /// When the newest digest was delivered.
    pub(super) async fn newest(&self, name: &ChainName) -> Result<Newest, Failure> {
        let arn = DescribedTrail::arn(&name.account, &name.home, &name.trail);
        match self.call(&name.region, "GetTrailStatus", &json!({"Name": arn})).await {
            Ok(status) => {
                let delivered = status["LatestDigestDeliveryTime"].as_f64().and_then(Timestamp::from_secs_f64);
                Ok(delivered.map_or(Newest::Unknown, Newest::Delivered))
            }
            // It was deleted, or is another account's.
            Err(error) if ["TrailNotFound", "AccessDenied"].iter().any(|code| error.to_string().contains(code)) => {
                Ok(Newest::Unknown)
            }
            Err(error) => Err(error),
        }
    }

    async fn call(&self, region: &Region, operation: &str, input: &Json) -> Result<Json, Failure> {
        let target = format!("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.{operation}");
        let headers = HeaderMap::from_iter([
            (header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1")),
            (header::HeaderName::from_static("x-amz-target"), HeaderValue::try_from(target)?),
        ]);
        let call = Call {
            method: Method::POST,
            path: PathAndQuery::from_static("/"),
            headers,
            body: Bytes::from(input.to_string()),
            signing_name: "cloudtrail",
            region,
        };
        let reply = self.0.call(call).await?;
        let answer = serde_json::from_slice::<Json>(&reply.body).unwrap_or_default();
        if reply.status.is_success() {
            return Ok(answer);
        }
        let code = answer["__type"].as_str().and_then(|code| code.rsplit('#').next()).unwrap_or(reply.status.as_str());
        let message = answer["message"].as_str().or(answer["Message"].as_str()).unwrap_or_default();
        Err(format!("{operation} at {}: {code}: {message}", self.0.endpoint()).into())
    }
}

fn described(trail: &Json) -> Option<DescribedTrail> {
    let arn: Arn = trail["TrailARN"].as_str()?.parse().ok()?;
    Some(DescribedTrail {
        account: arn.account.parse().ok()?,
        name: arn.resource.strip_prefix("trail/")?.to_owned(),
        home: arn.region.parse().ok()?,
        bucket: trail["S3BucketName"].as_str()?.to_owned(),
        prefix: trail["S3KeyPrefix"].as_str().filter(|prefix| !prefix.is_empty()).map(str::to_owned),
    })
}
