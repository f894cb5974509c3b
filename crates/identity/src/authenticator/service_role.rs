//! Roles that services act as: CloudTrail writing to a log group, Config reading resources.

use std::sync::Arc;

use base::{AccountId, Arn, Region, Timestamp};

use super::Authenticator;
use crate::policy::{Caller, Context, Decision, Layer, PolicyKind, Request, TrustDecision, evaluate, evaluate_trust};
use crate::record::{Bounded as _, Holder as _, Role, key};

/// A role that trusts the service that asked for it.
#[derive(Clone, Debug)]
pub struct ServiceRole {
    account: AccountId,
    arn: String,
    role: Arc<Role>,
}

/// Why a service cannot act as a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceRoleError {
    /// The text is no role's ARN, or there is no such role.
    #[error("there is no such role")]
    NotFound,
    /// The trust policy does not name the service, or its conditions do not hold.
    #[error("the role does not trust the service")]
    NotTrusted,
}

impl Authenticator {
    /// The role of this ARN, for a service such as `cloudtrail.amazonaws.com` that acts in
    /// `region` for `source_account` on the resource `source_arn` (for conditions on
    /// `aws:SourceAccount` and `aws:SourceArn`).
    ///
    /// # Errors
    /// See [`ServiceRoleError`].
    pub fn service_role(
        &self,
        role_arn: &str,
        service: &str,
        source_account: &AccountId,
        source_arn: Option<&str>,
        now: Timestamp,
    ) -> Result<ServiceRole, ServiceRoleError> {
        let arn: Arn = role_arn.parse().map_err(|_| ServiceRoleError::NotFound)?;
        let account: AccountId = arn.account.parse().map_err(|_| ServiceRoleError::NotFound)?;
        let path_and_name = arn.resource.strip_prefix("role").filter(|_| arn.service == "iam");
        let path_and_name = path_and_name.ok_or(ServiceRoleError::NotFound)?;
        let name = path_and_name.rsplit('/').next().unwrap_or_default();
        let found = self.catalog.get::<Role>(&key(&account, name)).map(|found| found.value);
        let named = |role: &Arc<Role>| path_and_name == format!("{}{}", role.path(), role.name());
        let role = found.filter(named).ok_or(ServiceRoleError::NotFound)?;
        let mut context = Context::default();
        context.set("aws:CurrentTime", now.iso_secs());
        context.set("aws:EpochTime", now.secs().to_string());
        context.set("aws:SourceAccount", source_account.as_str());
        context.set("aws:PrincipalIsAWSService", "true");
        context.set("aws:PrincipalServiceName", service);
        if let Some(source_arn) = source_arn {
            context.set("aws:SourceArn", source_arn);
        }
        let document = role.trust.document(PolicyKind::Trust).map_err(|_| ServiceRoleError::NotTrusted)?;
        let request = Request { action: "sts:AssumeRole", resource: role_arn, context: &context };
        let caller = Caller::Service { name: service.to_owned() };
        match evaluate_trust(&document, &caller, &role.bound, &request) {
            TrustDecision::Direct => Ok(ServiceRole { account, arn: role_arn.to_owned(), role }),
            _ => Err(ServiceRoleError::NotTrusted),
        }
    }

    /// What the role's policies say of an action on a resource, evaluated anew each time.
    pub fn decide_for_role(
        &self,
        role: &ServiceRole,
        action: &str,
        resource: &str,
        region: &Region,
        now: Timestamp,
    ) -> Decision {
        let denied = Decision::ImplicitDeny(Layer::Identity);
        let Some(present) = self.role(&role.account, &role.role.name, &role.role.id) else { return denied };
        let Ok(policies) = self.holder_policies(&role.account, present.value.as_ref(), present.value.boundary()) else {
            return denied;
        };
        let mut context = Context::default();
        context.set("aws:CurrentTime", now.iso_secs());
        context.set("aws:EpochTime", now.secs().to_string());
        context.set("aws:RequestedRegion", region.as_str());
        context.set("aws:PrincipalArn", role.arn.as_str());
        context.set("aws:PrincipalAccount", role.account.as_str());
        context.set("aws:PrincipalType", "AssumedRole");
        for tag in &present.value.tags {
            context.set(&format!("aws:PrincipalTag/{}", tag.key), tag.value.as_str());
        }
        evaluate(&policies, &Request { action, resource, context: &context })
    }
}
