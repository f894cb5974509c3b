//! `ListPolicyVersions`: lists the versions of a managed policy, the newest first.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::find::Found;
use crate::iam::paging::page;
use crate::iam::shapes::policy_version;
use crate::managed;

pub(super) async fn list_policy_versions(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListPolicyVersionsRequest,
) -> Result<types::ListPolicyVersionsResponse, ServiceError> {
    let versions = match iam.existing_policy(cx, &input.policy_arn)? {
        Found::Aws(_) => vec![types::PolicyVersion {
            document: None,
            version_id: Some("v1".to_owned()),
            is_default_version: Some(true),
            create_date: Some(managed::CREATED),
        }],
        Found::Own(_, policy) => {
            policy.value.versions.iter().rev().map(|version| policy_version(&policy.value, version)).collect()
        }
    };
    // There are at most five, so their place in the list is key enough.
    let versions = versions.into_iter().enumerate().map(|(at, version)| (at.to_string(), version));
    let page = page(versions.collect(), input.marker.as_deref(), input.max_items)?;
    Ok(types::ListPolicyVersionsResponse {
        versions: Some(page.items),
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}
