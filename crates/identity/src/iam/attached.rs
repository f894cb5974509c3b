//! Attaching managed policies to users, groups and roles.

use api::iam::{errors, types};
use api::{CallContext, ServiceError};

use super::Iam;
use super::change::touch;
use super::find::{Found, policy_not_found};
use super::paging::{Page, page};
use crate::record::{Holder, PolicyRef, fold};

/// Managed policies that can be attached to one user, group or role (default quota).
pub(crate) const ATTACHED_MAX: usize = 10;

impl Iam {
    /// Attaches a policy; attaching it again changes nothing.
    pub(crate) async fn attach<H: Holder>(&self, cx: &CallContext, name: &str, arn: &str) -> Result<(), ServiceError> {
        self.edit(cx, name, |record: &mut H, transaction| {
            let found = self.policy(cx, arn)?.ok_or_else(|| not_attachable("Policy", arn))?;
            let attached = &mut record.permissions_mut().attached;
            let policy = found.reference();
            if attached.contains(&policy) {
                return Ok(());
            }
            if attached.len() >= ATTACHED_MAX {
                return Err(errors::limit_exceeded_exception(format!(
                    "Cannot exceed quota for {}: {ATTACHED_MAX}",
                    H::ATTACHED_QUOTA
                )));
            }
            attached.push(policy);
            // A deletion of the policy that saw it unattached must fail.
            if let Found::Own(key, found) = found {
                touch(transaction, key, &found);
            }
            Ok(())
        })
        .await
    }

    /// Detaches a policy.
    pub(crate) async fn detach<H: Holder>(&self, cx: &CallContext, name: &str, arn: &str) -> Result<(), ServiceError> {
        self.edit(cx, name, |record: &mut H, _| {
            let policy = self.existing_policy(cx, arn)?.reference();
            let attached = &mut record.permissions_mut().attached;
            let at = attached.iter().position(|other| *other == policy).ok_or_else(|| policy_not_found(arn))?;
            attached.remove(at);
            Ok(())
        })
        .await
    }

    /// A page of the attached policies.
    pub(crate) fn list_attached<H: Holder>(
        &self,
        cx: &CallContext,
        name: &str,
        path_prefix: Option<&str>,
        marker: Option<&str>,
        max_items: Option<i32>,
    ) -> Result<Page<types::AttachedPolicy>, ServiceError> {
        let (_, record) = self.find::<H>(cx, name)?;
        let mut items = Vec::new();
        for policy in &record.value.permissions().attached {
            let Some((name, arn)) = self.arn_of_ref(cx, policy) else { continue };
            let path = arn.split_once(":policy").map_or("", |(_, path)| path);
            if path_prefix.is_none_or(|prefix| path.starts_with(prefix)) {
                let shape = types::AttachedPolicy { policy_name: Some(name), policy_arn: Some(arn.clone()) };
                items.push((arn, shape));
            }
        }
        items.sort_by(|(a, _), (b, _)| a.cmp(b));
        page(items, marker, max_items)
    }
}

impl Found {
    /// The policy as records refer to it.
    pub(crate) fn reference(&self) -> PolicyRef {
        match self {
            Self::Aws(policy) => PolicyRef::Aws(format!("{}{}", &policy.path[1..], policy.name)),
            Self::Own(_, policy) => PolicyRef::Account(fold(&policy.value.name)),
        }
    }
}

/// The policy is not there to be attached; `kind` is `Policy`, or `Scope ARN:` for a boundary.
pub(crate) fn not_attachable(kind: &str, arn: &str) -> ServiceError {
    errors::no_such_entity_exception(format!("{kind} {arn} does not exist or is not attachable."))
}
