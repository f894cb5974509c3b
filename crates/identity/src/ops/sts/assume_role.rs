//! `AssumeRole`: temporary credentials that act as a role.

use std::sync::Arc;

use api::sts::types;
use api::{CallContext, Principal, ServiceError};
use base::{AccountId, Arn};

use crate::authenticator::{access_denied, caller};
use crate::policy::{Context, PolicyKind, Request, TrustDecision, evaluate_trust};
use crate::record::{Holder as _, Role, Tag, fold, key};
use crate::session::{Session, Subject};
use crate::sts::Sts;
use crate::sts::second_factor::SecondFactor;
use crate::sts::session_input::{invalid_parameter, packed_size, session_tags};

/// How long a session lasts when the caller does not say, and at most when a role assumes
/// a role (documented).
const SECS_DEFAULT: i32 = 3600;
const ACTION: &str = "sts:AssumeRole";

pub(super) async fn assume_role(
    sts: &Sts,
    cx: &CallContext,
    input: types::AssumeRoleRequest,
) -> Result<types::AssumeRoleResponse, ServiceError> {
    if input.provided_contexts.as_ref().is_some_and(|contexts| !contexts.is_empty()) {
        return Err(invalid_parameter("ProvidedContexts are not supported: there are no context providers here."));
    }
    let factor = sts.second_factor(cx, input.serial_number.as_deref(), input.token_code.clone()).await?;
    let caller_session = sts.authenticator.session_of(&cx.principal);
    let inherited = caller_session.as_deref().map(inherited_tags).unwrap_or_default();
    let tags = session_tags(input.tags.clone(), &inherited)?;
    let source_identity = source_identity(&input, &cx.principal)?;
    let (account, role) = permitted_role(sts, cx, &input, source_identity.as_deref(), factor)?;
    let secs = duration_secs(&input, cx, &role)?;
    let policies = sts.session_policies(&account, input.policy, input.policy_arns)?;
    let packed_policy_size = packed_size(&policies, &tags)?;
    let transitive = transitive_keys(input.transitive_tag_keys.unwrap_or_default(), &tags, &inherited)?;

    let subject =
        Subject::Role { key: fold(&role.name), id: role.id.clone(), session_name: input.role_session_name.clone() };
    let mut session = Session::new(account, subject, cx.now, i64::from(secs), &*sts.entropy);
    session.mfa = factor == SecondFactor::Proved;
    session.policies = policies.inline;
    session.policy_refs = policies.managed;
    session.tags = tags;
    session.transitive_tag_keys = transitive;
    session.source_identity.clone_from(&source_identity);
    let arn = Arn {
        account: session.account.to_string(),
        ..cx.arn_of("sts", "", format!("assumed-role/{}/{}", role.name, input.role_session_name))
    };
    Ok(types::AssumeRoleResponse {
        credentials: Some(sts.issue(&session)),
        assumed_role_user: Some(types::AssumedRoleUser {
            assumed_role_id: format!("{}:{}", role.id, input.role_session_name),
            arn: arn.to_string(),
        }),
        packed_policy_size,
        source_identity,
    })
}

/// The role, if the caller may assume it. That there is no such role looks the same as
/// that it is not trusted, as in AWS.
fn permitted_role(
    sts: &Sts,
    cx: &CallContext,
    input: &types::AssumeRoleRequest,
    source_identity: Option<&str>,
    factor: SecondFactor,
) -> Result<(AccountId, Arc<Role>), ServiceError> {
    let denied = || access_denied(cx, ACTION, &input.role_arn, "");
    if matches!(cx.principal, Principal::Root { .. }) && !sts.authenticator.is_dev() {
        let message = "Roles may not be assumed by root accounts.";
        return Err(ServiceError::common("AccessDenied", "AccessDenied", 403, message));
    }
    let arn: Arn =
        input.role_arn.parse().map_err(|_| ServiceError::validation(format!("{} is invalid", input.role_arn)))?;
    let account: AccountId = arn.account.parse().map_err(|_| denied())?;
    let path_and_name = arn.resource.strip_prefix("role").filter(|_| arn.service == "iam").ok_or_else(denied)?;
    let name = path_and_name.rsplit('/').next().unwrap_or_default();
    let role = sts.catalog.get::<Role>(&key(&account, name)).map(|found| found.value).ok_or_else(denied)?;
    if path_and_name != format!("{}{}", role.path(), role.name()) {
        return Err(denied());
    }
    // Decided over the role that was found, whatever spelling of its ARN was given.
    let role_arn =
        Arn { account: account.to_string(), ..cx.arn_of("iam", "", format!("role{path_and_name}")) }.to_string();
    let mut context = context(sts, cx, input, source_identity, &role);
    if factor == SecondFactor::Proved {
        context.set("aws:MultiFactorAuthPresent", "true");
        context.set("aws:MultiFactorAuthAge", "0");
    }
    let document = role.trust.document(PolicyKind::Trust).map_err(|problem| {
        tracing::error!(role = role.name, %problem, "a stored trust policy cannot be read and trusts no one");
        denied()
    })?;
    for action in actions(input, source_identity) {
        let request = Request { action, resource: &role_arn, context: &context };
        let trust = evaluate_trust(&document, &caller(cx), &role.bound, &request);
        // In one account a trust policy that names the caller is enough; one that names the
        // account leaves it to the caller's own policies. Across accounts both must allow.
        let own = match trust {
            TrustDecision::Direct if account == *cx.account() => {
                sts.authenticator.decide_bounds(cx, action, &role_arn, context.clone())?
            }
            TrustDecision::Direct | TrustDecision::Account => {
                sts.authenticator.decide(cx, action, &role_arn, context.clone())?
            }
            TrustDecision::Denied | TrustDecision::Silent => {
                return Err(access_denied(cx, action, &role_arn, ""));
            }
        };
        if !own.is_allowed() {
            return Err(access_denied(cx, action, &role_arn, ""));
        }
    }
    Ok((account, role))
}

/// Tags and a source identity take permissions of their own (documented).
fn actions(input: &types::AssumeRoleRequest, source_identity: Option<&str>) -> Vec<&'static str> {
    let tags = input.tags.as_ref().is_some_and(|tags| !tags.is_empty());
    let optional = [(tags, "sts:TagSession"), (source_identity.is_some(), "sts:SetSourceIdentity")];
    let optional = optional.into_iter().filter(|(asked, _)| *asked).map(|(_, action)| action);
    std::iter::once(ACTION).chain(optional).collect()
}

fn context(
    sts: &Sts,
    cx: &CallContext,
    input: &types::AssumeRoleRequest,
    source_identity: Option<&str>,
    role: &Role,
) -> Context {
    let mut context = sts.authenticator.context(cx);
    context.set("sts:RoleSessionName", input.role_session_name.as_str());
    if let Some(external_id) = &input.external_id {
        context.set("sts:ExternalId", external_id.as_str());
    }
    if let Some(source_identity) = source_identity {
        context.set("sts:SourceIdentity", source_identity);
    }
    let tags = input.tags.as_deref().unwrap_or_default();
    for types::Tag { key, value } in tags {
        context.set(&format!("aws:RequestTag/{key}"), value.as_str());
    }
    if !tags.is_empty() {
        context.set_all("aws:TagKeys", tags.iter().map(|tag| tag.key.clone()).collect());
    }
    if let Some(keys) = input.transitive_tag_keys.clone().filter(|keys| !keys.is_empty()) {
        context.set_all("sts:TransitiveTagKeys", keys);
    }
    for Tag { key, value } in &role.tags {
        context.set(&format!("aws:ResourceTag/{key}"), value.as_str());
        context.set(&format!("iam:ResourceTag/{key}"), value.as_str());
    }
    context
}

/// The source identity goes on through a chain of roles and cannot change (documented).
fn source_identity(input: &types::AssumeRoleRequest, principal: &Principal) -> Result<Option<String>, ServiceError> {
    let present = match principal {
        Principal::AssumedRole { source_identity, .. } => source_identity.clone(),
        _ => None,
    };
    match (&input.source_identity, present) {
        (Some(asked), Some(present)) if *asked != present => {
            let message = "The source identity cannot be changed in a chain of roles.";
            Err(ServiceError::common("AccessDenied", "AccessDenied", 403, message))
        }
        (asked, present) => Ok(asked.clone().or(present)),
    }
}

fn duration_secs(input: &types::AssumeRoleRequest, cx: &CallContext, role: &Role) -> Result<i32, ServiceError> {
    let Some(secs) = input.duration_seconds else { return Ok(SECS_DEFAULT) };
    let is_chained = matches!(cx.principal, Principal::AssumedRole { .. });
    if is_chained && secs > SECS_DEFAULT {
        let message =
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining";
        return Err(ServiceError::validation(message));
    }
    if secs > role.max_session_secs {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(ServiceError::validation(message));
    }
    Ok(secs)
}

fn inherited_tags(session: &Session) -> Vec<Tag> {
    let is_transitive = |tag: &&Tag| session.transitive_tag_keys.iter().any(|key| fold(key) == fold(&tag.key));
    session.tags.iter().filter(is_transitive).cloned().collect()
}

/// The keys that go on further: those asked for, which must be tags, and those that came.
fn transitive_keys(asked: Vec<String>, tags: &[Tag], inherited: &[Tag]) -> Result<Vec<String>, ServiceError> {
    if asked.iter().any(|key| !tags.iter().any(|tag| fold(&tag.key) == fold(key))) {
        return Err(invalid_parameter("The specified transitive tag keys must be included in the requested tags."));
    }
    Ok(asked.into_iter().chain(inherited.iter().map(|tag| tag.key.clone())).collect())
}
