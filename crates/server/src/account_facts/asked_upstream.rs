//! Facts about EC2 and S3 that an upstream tells.

use std::collections::BTreeMap;

use base::Scope;
use bytes::Bytes;
use config::ports::PRINCIPAL;
use config::rule::{Asked, PublicAccessBlock};
use gateway::input::{Tree, tree};
use http::Method;
use http::uri::PathAndQuery;
use outbound::{CallError, CallForm, OnBehalf, UpstreamCall, Upstreams};
use serde_json::Value as Json;

/// The version of EC2's API.
const EC2_VERSION: &str = "2016-11-15";
/// Snapshots of a page.
const SNAPSHOTS_PAGE: &str = "1000";
/// Values that a filter of EC2 can have.
const FILTER_VALUES_MAX: usize = 200;

/// `ec2:GetEbsEncryptionByDefault`
pub(super) async fn ebs_encryption_by_default(upstreams: &Upstreams, scope: &Scope) -> Asked<bool> {
    let answer = ec2(upstreams, scope, "GetEbsEncryptionByDefault", Vec::new()).await;
    match answer.as_ref().and_then(|answer| text(answer, "ebsEncryptionByDefault")) {
        Some(word) => Asked::Known(word == "true"),
        None => Asked::Unknown,
    }
}

/// `s3:GetAccountPublicAccessBlock`, which is S3 Control's `GetPublicAccessBlock`.
pub(super) async fn account_public_access_block(upstreams: &Upstreams, scope: &Scope) -> Asked<PublicAccessBlock> {
    let form = CallForm::Rest {
        operation: "GetPublicAccessBlock",
        method: Method::GET,
        path: PathAndQuery::from_static("/v20180820/configuration/publicAccessBlock"),
        headers: vec![("x-amz-account-id", scope.account.to_string())],
        body: Bytes::new(),
    };
    match asked(upstreams, scope, "s3", form).await {
        Ok(Some((root, answer))) if root == "PublicAccessBlockConfiguration" => {
            let is_set = |name| text(&answer, name) == Some("true");
            Asked::Known(PublicAccessBlock {
                block_acls: is_set("BlockPublicAcls"),
                ignore_acls: is_set("IgnorePublicAcls"),
                block_policy: is_set("BlockPublicPolicy"),
                restrict_buckets: is_set("RestrictPublicBuckets"),
            })
        }
        Ok(_) => Asked::Unknown,
        Err(CallError::Refused { code, .. }) if code == "NoSuchPublicAccessBlockConfiguration" => Asked::Nothing,
        Err(error) => unknown(&error),
    }
}

/// The account's snapshots that everybody can restore. Emulators do not all heed who can restore, so that each of those
/// that are listed is asked.
pub(super) async fn public_snapshots(upstreams: &Upstreams, scope: &Scope) -> Asked<Vec<String>> {
    let mut public = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let mut parameters =
            parameters(&[("Owner.1", "self"), ("RestorableBy.1", "all"), ("MaxResults", SNAPSHOTS_PAGE)]);
        parameters.extend(token.take().map(|token| ("NextToken".to_owned(), token)));
        let Some(page) = ec2(upstreams, scope, "DescribeSnapshots", parameters).await else { return Asked::Unknown };
        for snapshot in items(&page, "snapshotSet") {
            let Some(id) = text(snapshot, "snapshotId") else { continue };
            let asked = parameters_of_permissions(id);
            let Some(answer) = ec2(upstreams, scope, "DescribeSnapshotAttribute", asked).await else {
                return Asked::Unknown;
            };
            if items(&answer, "createVolumePermission").any(|permission| text(permission, "group") == Some("all")) {
                public.push(id.to_owned());
            }
        }
        match text(&page, "nextToken").filter(|next| !next.is_empty()) {
            Some(next) => token = Some(next.to_owned()),
            None => return Asked::Known(public),
        }
    }
}

/// The tags of images by their ids. Images that are gone are left out.
pub(super) async fn image_tags(
    upstreams: &Upstreams,
    scope: &Scope,
    image_ids: &[String],
) -> Asked<BTreeMap<String, BTreeMap<String, String>>> {
    let mut tags = BTreeMap::new();
    for ids in image_ids.chunks(FILTER_VALUES_MAX) {
        // Asked for by their ids, one that is gone fails all.
        let mut parameters = parameters(&[("Filter.1.Name", "image-id")]);
        parameters.extend(ids.iter().zip(1..).map(|(id, at)| (format!("Filter.1.Value.{at}"), id.clone())));
        let Some(answer) = ec2(upstreams, scope, "DescribeImages", parameters).await else { return Asked::Unknown };
        for image in items(&answer, "imagesSet") {
            let Some(id) = text(image, "imageId") else { continue };
            let tag = |tag: &Json| Some((text(tag, "key")?.to_owned(), text(tag, "value").unwrap_or("").to_owned()));
            tags.insert(id.to_owned(), items(image, "tagSet").filter_map(tag).collect());
        }
    }
    Asked::Known(tags)
}

fn parameters_of_permissions(snapshot_id: &str) -> Vec<(String, String)> {
    parameters(&[("SnapshotId", snapshot_id), ("Attribute", "createVolumePermission")])
}

fn parameters(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What EC2 answers; nothing where none is there, or none answers so.
async fn ec2(
    upstreams: &Upstreams,
    scope: &Scope,
    action: &'static str,
    parameters: Vec<(String, String)>,
) -> Option<Json> {
    let form = CallForm::Query { version: EC2_VERSION, action, parameters };
    match asked(upstreams, scope, "ec2", form).await {
        Ok(Some((root, answer))) if root.strip_suffix("Response") == Some(action) => Some(answer),
        Ok(_) => None,
        Err(error) => {
            unknown::<()>(&error);
            None
        }
    }
}

async fn asked(
    upstreams: &Upstreams,
    scope: &Scope,
    service: &'static str,
    form: CallForm,
) -> Result<Option<(String, Json)>, CallError> {
    let on_behalf = OnBehalf::new(scope.account.clone(), PRINCIPAL);
    let reply = upstreams.call(UpstreamCall { service, region: scope.region.to_string(), form, on_behalf }).await?;
    Ok(tree(&reply.body, Tree::Plain))
}

/// A failure is for the log; that nobody serves the service is known.
fn unknown<T>(error: &CallError) -> Asked<T> {
    if !matches!(error, CallError::NoUpstream(_)) {
        tracing::warn!(%error, "what a rule asks for could not be told");
    }
    Asked::Unknown
}

fn text<'a>(value: &'a Json, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

/// The elements of a set, which one element alone does not show to be one.
fn items<'a>(value: &'a Json, set: &str) -> impl Iterator<Item = &'a Json> {
    let found = value.get(set).and_then(|set| set.get("item"));
    match found {
        Some(Json::Array(all)) => all.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
    .iter()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sets_of_none_one_and_several_are_read() {
        for (set, expected) in [
            (json!({}), 0),
            (json!({"snapshotSet": ""}), 0),
            (json!({"snapshotSet": {"item": {"snapshotId": "snap-1"}}}), 1),
            (json!({"snapshotSet": {"item": [{"snapshotId": "snap-1"}, {"snapshotId": "snap-2"}]}}), 2),
        ] {
            assert_eq!(items(&set, "snapshotSet").count(), expected, "{set}");
        }
    }

    #[tokio::test]
    async fn without_an_upstream_nothing_is_known() {
        let clock = std::sync::Arc::new(base::SystemClock);
        let none = Upstreams::new(Vec::new(), outbound::Trust::Machine, outbound::Fence::Open, clock).unwrap();
        let scope = Scope { account: "111122223333".parse().unwrap(), region: "eu-west-1".parse().unwrap() };
        assert_eq!(ebs_encryption_by_default(&none, &scope).await, Asked::Unknown);
        assert_eq!(account_public_access_block(&none, &scope).await, Asked::Unknown);
        assert_eq!(public_snapshots(&none, &scope).await, Asked::Unknown);
        assert_eq!(image_tags(&none, &scope, &["ami-1".to_owned()]).await, Asked::Unknown);
    }
}
