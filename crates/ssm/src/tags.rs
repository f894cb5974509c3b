//! Tags of hosts.

use std::collections::BTreeMap;

use api::ssm::errors;
use api::ssm::types::{ResourceTypeForTagging, Tag};
use api::{CallContext, ServiceError};
use store::catalog::{Transaction, Versioned};

use crate::change::change;
use crate::instances;
use crate::record::InstanceRecord;
use crate::service::Ssm;

/// Tags one host can have.
const TAGS_MAX: usize = 50;

/// The tags after some are set.
///
/// # Errors
/// `TooManyTagsError`, and `ValidationException` for reserved keys.
pub(crate) fn merged(
    mut tags: BTreeMap<String, String>,
    given: &[Tag],
) -> Result<BTreeMap<String, String>, ServiceError> {
    if given.iter().any(|tag| tag.key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"))) {
        return Err(ServiceError::validation("Tag keys cannot start with \"aws:\"."));
    }
    tags.extend(given.iter().map(|tag| (tag.key.clone(), tag.value.clone())));
    match tags.len() > TAGS_MAX {
        true => Err(errors::too_many_tags_error("The Targets parameter includes too many tags.")),
        false => Ok(tags),
    }
}

/// The host that a call on tags is about.
///
/// # Errors
/// `InvalidResourceId`; not implemented for resources that are no hosts.
pub(crate) fn host(
    ssm: &Ssm,
    cx: &CallContext,
    operation: &str,
    resource_type: ResourceTypeForTagging,
    id: &str,
) -> Result<Versioned<InstanceRecord>, ServiceError> {
    if resource_type != ResourceTypeForTagging::ManagedInstance {
        return Err(ServiceError::not_implemented("ssm", &format!("{operation} for {resource_type}")));
    }
    let found = instances::managed(&ssm.parts.catalog, &cx.scope(), id);
    found.ok_or_else(|| errors::invalid_resource_id(format!("There is no managed instance {id}.")))
}

/// Changes the tags of a host.
///
/// # Errors
/// Those of [`host`] and of `with`.
pub(crate) async fn retag(
    ssm: &Ssm,
    cx: &CallContext,
    (operation, resource_type, id): (&str, ResourceTypeForTagging, &str),
    with: impl Fn(BTreeMap<String, String>) -> Result<BTreeMap<String, String>, ServiceError> + Send + Sync,
) -> Result<(), ServiceError> {
    let (parts, scope) = (&ssm.parts, cx.scope());
    change(&parts.catalog, || {
        let found = host(ssm, cx, operation, resource_type, id)?;
        let record = InstanceRecord { tags: with(found.value.tags.clone())?, ..InstanceRecord::clone(&found.value) };
        let mut transaction = Transaction::default();
        transaction.update(instances::key(&scope, id), found.version, &record);
        Ok((transaction, ()))
    })
    .await?;
    parts.tell_soon(&scope, id);
    Ok(())
}
