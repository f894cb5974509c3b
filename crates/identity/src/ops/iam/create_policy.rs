//! `CreatePolicy`: creates a managed policy.

use api::iam::{errors, types};
use api::{CallContext, ServiceError};
use base::id::{IdKind, unique_id};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::iam::find::POLICIES_MAX;
use crate::iam::inline::checked;
use crate::iam::usage::Usage;
use crate::iam::{shapes, tags};
use crate::policy::PolicyKind;
use crate::record::{Policy, PolicyText, PolicyVersion, key};

pub(super) async fn create_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::CreatePolicyRequest,
) -> Result<types::CreatePolicyResponse, ServiceError> {
    let document = managed_document(&input.policy_document)?;
    let id = unique_id(IdKind::Policy, cx.account(), &*iam.entropy);
    let key = key(cx.account(), &input.policy_name);
    let created = cx.now.truncate_to_secs();
    let policy = Policy {
        name: input.policy_name,
        path: input.path.unwrap_or_else(|| "/".to_owned()),
        id,
        created,
        updated: created,
        description: input.description,
        tags: tags::initial(input.tags)?,
        default_version: 1,
        last_version: 1,
        versions: vec![PolicyVersion { number: 1, created, document }],
    };
    iam.change(|| {
        if iam.catalog.get::<Policy>(&key).is_some() {
            let message = format!("A policy called {} already exists. Duplicate names are not allowed.", policy.name);
            return Err(errors::entity_already_exists_exception(message));
        }
        iam.ensure_room::<Policy>(cx, "PoliciesPerAccount", POLICIES_MAX)?;
        let mut transaction = Transaction::default();
        transaction.create(key.clone(), &policy);
        Ok((transaction, ()))
    })
    .await?;
    let shape = types::Policy {
        description: policy.description.clone(),
        tags: shapes::tags(&policy.tags),
        ..shapes::policy_in_list(cx, &policy, Usage::default())
    };
    Ok(types::CreatePolicyResponse { policy: Some(shape) })
}

/// The most characters of a managed policy, blanks not counted (fixed quota).
pub(super) const CHARS_MAX: usize = 6144;

/// A checked document of a managed policy.
pub(super) fn managed_document(text: &str) -> Result<PolicyText, ServiceError> {
    let document = checked(text, PolicyKind::Managed)?;
    if document.counted_len() > CHARS_MAX {
        let message = format!("Cannot exceed quota for PolicySize: {CHARS_MAX}");
        return Err(errors::limit_exceeded_exception(message));
    }
    Ok(document)
}
