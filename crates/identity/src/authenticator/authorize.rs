//! Whether a verified caller may do what it asks.

use std::sync::{Arc, LazyLock};

use api::call::SessionAttributes;
use api::{Authorization, CallContext, Principal, ServiceError};
use base::{AccountId, Arn};

use super::Authenticator;
use crate::managed;
use crate::policy::{Context, Decision, Document, Layer, Origin, Policies, PolicyKind, Request, Source, evaluate};
use crate::record::{Bounded as _, Group, Holder, PasswordPolicy, Policy, PolicyRef, User, key};

impl Authenticator {
    /// Allows the call, or says as AWS does why not. The policies of the resources themselves
    /// are weighed beside the caller's own.
    ///
    /// # Errors
    /// `AccessDenied`, of SNS `AuthorizationError`; or, when the caller is gone or its session's state is not at hand,
    /// the error of an invalid token.
    pub fn authorize(&self, cx: &CallContext, wanted: &Authorization) -> Result<(), ServiceError> {
        let service = wanted.action.split(':').next().unwrap_or_default();
        self.note_use(cx, service);
        if matches!(cx.principal, Principal::Unknown { .. }) {
            return Err(invalid_token());
        }
        if service == "iam" && is_plain_session(&cx.principal) {
            // Documented: sessions of GetSessionToken without MFA cannot call IAM.
            return Err(invalid_token());
        }
        if wanted.exempt {
            return Ok(());
        }
        let policies = self.policies(&cx.principal)?;
        if policies.root && policies.session.is_none() && wanted.resource_policies.is_empty() {
            return Ok(());
        }
        for resource in &wanted.resources {
            let mut context = self.context(cx);
            let own = wanted.resource_conditions.iter().filter(|(of, _)| of == resource).flat_map(|(_, keys)| keys);
            for (name, values) in wanted.conditions.iter().chain(own) {
                context.set_all(name, values.clone());
            }
            let decision = decide(&policies, &wanted.action, resource, &mut context);
            match wanted.resource_policies.iter().find(|own| own.resource == *resource) {
                Some(own) => self.weigh(cx, &wanted.action, own, &policies, &decision, context)?,
                None => refusal(cx, &wanted.action, resource, &decision).map_or(Ok(()), Err)?,
            }
        }
        Ok(())
    }

    /// What the caller's own policies, boundary and session say, for an operation that
    /// weighs it against something else, as `sts:AssumeRole` does.
    pub(crate) fn decide(
        &self,
        cx: &CallContext,
        action: &str,
        resource: &str,
        mut context: Context,
    ) -> Result<Decision, ServiceError> {
        let policies = self.policies(&cx.principal)?;
        Ok(decide(&policies, action, resource, &mut context))
    }

    /// The same for a caller that something else allows: only denials, the boundary and
    /// the session's policies can still refuse it.
    pub(crate) fn decide_bounds(
        &self,
        cx: &CallContext,
        action: &str,
        resource: &str,
        mut context: Context,
    ) -> Result<Decision, ServiceError> {
        let policies = Policies { root: true, ..self.policies(&cx.principal)? };
        Ok(decide(&policies, action, resource, &mut context))
    }

    /// All policies that bear on the caller.
    fn policies(&self, principal: &Principal) -> Result<Policies, ServiceError> {
        let account = principal.account();
        let mut policies = match principal {
            Principal::Root { .. } => Policies { root: true, ..Policies::default() },
            Principal::User { name, user_id, .. } => {
                let user = self.user(account, name, user_id).ok_or_else(invalid_token)?.value;
                let mut policies = self.user_policies(account, &user)?;
                policies.identity.extend(self.own_password(account));
                policies
            }
            Principal::AssumedRole { role_name, role_id, .. } => {
                let role = self.role(account, role_name, role_id).ok_or_else(invalid_token)?.value;
                self.holder_policies(account, role.as_ref(), role.boundary())?
            }
            Principal::Unknown { .. } => return Err(invalid_token()),
        };
        if principal.session().is_some() {
            // Without the session's state its policies are unknown: fail closed.
            let session = self.session_of(principal).ok_or_else(invalid_token)?;
            if session.has_policies() {
                let mut sources = session.inline_policies().ok_or_else(unreadable)?.to_vec();
                sources.extend(session.policy_refs.iter().filter_map(|policy| self.managed(account, policy)));
                policies.session = Some(sources);
            }
        }
        Ok(policies)
    }

    /// The policies of a user and of its groups.
    pub(crate) fn user_policies(&self, account: &AccountId, user: &User) -> Result<Policies, ServiceError> {
        let mut policies = self.holder_policies(account, user, user.boundary())?;
        for group in user.groups.iter().filter_map(|group| self.catalog.get::<Group>(&key(account, group))) {
            self.add(account, group.value.as_ref(), &mut policies.identity)?;
        }
        Ok(policies)
    }

    /// What the account's password policy allows every user, when it lets them change their own passwords (documented:
    /// it is applied at the account's level, attached to nobody).
    fn own_password(&self, account: &AccountId) -> Option<Source> {
        let policy = self.catalog.get::<PasswordPolicy>(&PasswordPolicy::key(account))?;
        let source = || Source {
            name: "the account's password policy".to_owned(),
            origin: Origin::AwsManaged,
            document: OWN_PASSWORD.clone(),
        };
        policy.value.users_may_change.then(source)
    }

    /// The policies of a user, group or role alone.
    pub(crate) fn holder_policies<H: Holder>(
        &self,
        account: &AccountId,
        holder: &H,
        boundary: Option<&PolicyRef>,
    ) -> Result<Policies, ServiceError> {
        let mut policies = Policies::default();
        self.add(account, holder, &mut policies.identity)?;
        // A boundary that is gone allows nothing.
        policies.boundary = boundary.map(|boundary| self.managed(account, boundary).unwrap_or_else(nothing));
        Ok(policies)
    }

    fn add<H: Holder>(&self, account: &AccountId, from: &H, to: &mut Vec<Source>) -> Result<(), ServiceError> {
        let permissions = from.permissions();
        for (name, text) in &permissions.inline {
            let document = text.document(PolicyKind::Inline).map_err(|_| unreadable())?;
            to.push(Source { name: name.clone(), origin: H::ORIGIN, document });
        }
        to.extend(permissions.attached.iter().filter_map(|policy| self.managed(account, policy)));
        Ok(())
    }

    /// The version in force of a managed policy; `None` when it is gone or cannot be read.
    pub(crate) fn managed(&self, account: &AccountId, policy: &PolicyRef) -> Option<Source> {
        match policy {
            PolicyRef::Aws(name) => {
                let found = managed::find(name)?;
                Some(Source { name: found.name.clone(), origin: Origin::AwsManaged, document: found.document.clone() })
            }
            PolicyRef::Account(name) => {
                let found = self.catalog.get::<Policy>(&key(account, name))?.value;
                match found.in_force().document.document(PolicyKind::Inline) {
                    Ok(document) => Some(Source { name: found.name.clone(), origin: Origin::OwnManaged, document }),
                    Err(problem) => {
                        tracing::error!(policy = found.name, %problem, "a stored policy cannot be read and grants nothing");
                        None
                    }
                }
            }
        }
    }
}

/// `ChangePassword` acts on its caller alone.
static OWN_PASSWORD: LazyLock<Arc<Document>> = LazyLock::new(|| {
    let text = r#"{"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": ["iam:ChangePassword", "iam:GetAccountPasswordPolicy"], "Resource": "*"}}"#;
    Arc::new(Document::parse(text, PolicyKind::Inline).expect("the text is a policy"))
});

fn nothing() -> Source {
    let document = Arc::new(Document { statements: Vec::new() });
    Source { name: "a deleted policy".to_owned(), origin: Origin::OwnManaged, document }
}

/// `aws:ResourceAccount` follows the resource, all else is the same for the call.
pub(super) fn decide(policies: &Policies, action: &str, resource: &str, context: &mut Context) -> Decision {
    match resource.parse::<Arn>() {
        Ok(arn) if !arn.account.is_empty() => context.set("aws:ResourceAccount", arn.account),
        _ => context.remove("aws:ResourceAccount"),
    }
    evaluate(policies, &Request { action, resource, context })
}

fn is_plain_session(principal: &Principal) -> bool {
    let of_session_token = matches!(principal, Principal::Root { .. } | Principal::User { .. });
    let is_plain = |session: &SessionAttributes| !session.mfa_authenticated && !session.from_console;
    of_session_token && principal.session().is_some_and(is_plain)
}

fn invalid_token() -> ServiceError {
    let message = "The security token included in the request is invalid.";
    ServiceError::common("UnrecognizedClientException", "InvalidClientTokenId", 403, message)
}

fn unreadable() -> ServiceError {
    tracing::error!("a policy of the caller cannot be read, so the call is refused");
    ServiceError::internal()
}

/// The refusal in AWS's words; `None` when the call is allowed.
pub(super) fn refusal(cx: &CallContext, action: &str, resource: &str, decision: &Decision) -> Option<ServiceError> {
    let reason = match decision {
        Decision::Allow(_) => return None,
        Decision::ExplicitDeny(found) => {
            let layer = match found.layer {
                Layer::Identity => "an identity-based policy",
                Layer::Boundary => "a permissions boundary",
                Layer::Session => "a session policy",
            };
            format!(" with an explicit deny in {layer}")
        }
        Decision::ImplicitDeny(layer) => {
            let layer = match layer {
                Layer::Identity => "identity-based policy",
                Layer::Boundary => "permissions boundary",
                Layer::Session => "session policy",
            };
            format!(" because no {layer} allows the {} action", spoken(action))
        }
    };
    Some(access_denied(cx, action, resource, &reason))
}

/// `AccessDenied` with AWS's text; `reason` follows the resource and starts with a blank.
/// The JSON services answer 400 (cloudtrail.md §0.4), query and CBOR 403 (cloudwatch.md §1.2).
pub(crate) fn access_denied(cx: &CallContext, action: &str, resource: &str, reason: &str) -> ServiceError {
    let caller = cx.principal.arn(cx.partition).map_or_else(|| "anonymous".to_owned(), |arn| arn.to_string());
    let service = action.split(':').next().unwrap_or_default();
    let status = match service {
        "cloudtrail" | "cloudtrail-data" | "logs" | "config" | "ssm" => 400,
        _ => 403,
    };
    let action = spoken(action);
    let message = format!("User: {caller} is not authorized to perform: {action} on resource: {resource}{reason}");
    match service {
        // SNS has a word of its own for it (cloudwatch.md §8.1).
        "sns" => ServiceError::common("AuthorizationErrorException", "AuthorizationError", status, message),
        _ => ServiceError::common("AccessDeniedException", "AccessDenied", status, message),
    }
}

/// An action as AWS's messages write it: SNS in capitals (observed).
pub(super) fn spoken(action: &str) -> String {
    match action.split_once(':') {
        Some(("sns", name)) => format!("SNS:{name}"),
        _ => action.to_owned(),
    }
}
