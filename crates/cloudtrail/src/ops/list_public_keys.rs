//! `ListPublicKeys`

use api::cloudtrail::errors;
use api::cloudtrail::types::{ListPublicKeysRequest, ListPublicKeysResponse, PublicKey};
use api::{CallContext, ServiceError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wire::value::Blob;

use crate::service::CloudTrail;

/// Lists the region's keys whose validity touches a range of time, all in one page; without a range those that are
/// valid now (cloudtrail.md §6.6). Tokens are not looked at: AWS takes any.
pub async fn list_public_keys(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: ListPublicKeysRequest,
) -> Result<ListPublicKeysResponse, ServiceError> {
    let end = input.end_time.unwrap_or(cx.now);
    let start = input.start_time.unwrap_or(end.min(cx.now));
    if start > end {
        return Err(errors::invalid_time_range_exception("The start time is after the end time."));
    }
    let keys = cloudtrail.parts.keys.public(&cx.region, start, end);
    let listed = |(fingerprint, key): (String, std::sync::Arc<crate::digests::DigestKeyRecord>)| PublicKey {
        value: STANDARD.decode(&key.public).ok().map(Blob),
        validity_start_time: Some(key.valid_from),
        validity_end_time: Some(key.valid_to),
        fingerprint: Some(fingerprint),
    };
    Ok(ListPublicKeysResponse { public_key_list: Some(keys.into_iter().map(listed).collect()), next_token: None })
}
