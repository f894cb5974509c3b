//! The condition keys that every request has, and those of its principal.

use api::{CallContext, Principal};
use base::Arn;

use super::Authenticator;
use crate::policy::{Caller, Context};
use crate::record::{Tag, Tagged as _};

impl Authenticator {
    /// The global condition keys of a call, without those of the operation.
    pub(crate) fn context(&self, cx: &CallContext) -> Context {
        let mut context = Context::default();
        context.set("aws:SourceIp", cx.source_ip.as_str());
        context.set("aws:CurrentTime", cx.now.iso_secs());
        context.set("aws:EpochTime", cx.now.secs().to_string());
        context.set("aws:RequestedRegion", cx.region.as_str());
        context.set("aws:SecureTransport", cx.tls.is_some().to_string());
        context.set("aws:PrincipalIsAWSService", "false");
        context.set("aws:ViaAWSService", "false");
        if !cx.user_agent.is_empty() {
            context.set("aws:UserAgent", cx.user_agent.as_str());
        }
        self.set_principal(&mut context, cx);
        context
    }

    fn set_principal(&self, context: &mut Context, cx: &CallContext) {
        let principal = &cx.principal;
        context.set("aws:PrincipalAccount", principal.account().as_str());
        context.set("aws:PrincipalType", principal_type(principal));
        if let Some(id) = principal.id() {
            context.set("aws:userid", id);
        }
        if let Some(arn) = permanent_arn(cx) {
            context.set("aws:PrincipalArn", arn.to_string());
        }
        if let Principal::User { name, .. } = principal {
            context.set("aws:username", name.as_str());
        }
        if let Some(session) = principal.session() {
            context.set("aws:MultiFactorAuthPresent", session.mfa_authenticated.to_string());
            context.set("aws:TokenIssueTime", session.created.iso_secs());
            if session.mfa_authenticated {
                let age_secs = cx.now.secs() - session.created.secs();
                context.set("aws:MultiFactorAuthAge", age_secs.to_string());
            }
        }
        if let Principal::AssumedRole { source_identity: Some(source_identity), .. } = principal {
            context.set("aws:SourceIdentity", source_identity.as_str());
        }
        for Tag { key, value } in self.principal_tags(principal) {
            context.set(&format!("aws:PrincipalTag/{key}"), value);
        }
    }

    /// Tags of the user or role, then those of the session, which win.
    fn principal_tags(&self, principal: &Principal) -> Vec<Tag> {
        let mut tags = match principal {
            Principal::User { account, name, user_id, .. } => {
                self.user(account, name, user_id).map(|user| user.value.tags().to_vec())
            }
            Principal::AssumedRole { account, role_name, role_id, .. } => {
                self.role(account, role_name, role_id).map(|role| role.value.tags().to_vec())
            }
            Principal::Root { .. } | Principal::Unknown { .. } => None,
        }
        .unwrap_or_default();
        if let Some(session) = self.session_of(principal) {
            tags.extend(session.tags.iter().cloned());
        }
        tags
    }
}

fn principal_type(principal: &Principal) -> &'static str {
    match principal {
        Principal::Root { .. } => "Account",
        Principal::User { .. } => "User",
        Principal::AssumedRole { .. } => "AssumedRole",
        Principal::Unknown { .. } => "Anonymous",
    }
}

/// The ARN of the user or role behind the call: of a session, its role's (documented).
pub(crate) fn permanent_arn(cx: &CallContext) -> Option<Arn> {
    match &cx.principal {
        Principal::AssumedRole { role_name, role_path, .. } => {
            Some(cx.arn_of("iam", "", format!("role{role_path}{role_name}")))
        }
        other => other.arn(cx.partition),
    }
}

/// The caller in the forms that policies name principals in.
pub(crate) fn caller(cx: &CallContext) -> Caller {
    let own = cx.principal.arn(cx.partition).map(|arn| arn.to_string());
    let permanent = permanent_arn(cx).map(|arn| arn.to_string());
    let mut arns: Vec<String> = own.into_iter().chain(permanent).collect();
    arns.dedup();
    let mut ids: Vec<String> = cx.principal.id().into_iter().collect();
    if let Principal::AssumedRole { role_id, .. } = &cx.principal {
        ids.push(role_id.clone());
    }
    Caller::Account { account: cx.account().to_string(), arns, ids }
}
