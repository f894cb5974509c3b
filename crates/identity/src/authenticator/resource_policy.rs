//! Policies of resources, beside those of callers.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use api::{CallContext, Principal, ResourcePolicy, ServiceError};
use base::{AccountId, Timestamp};

use super::Authenticator;
use super::authorize::{access_denied, decide, refusal, spoken};
use super::keys_of_request::caller;
use crate::policy::{
    Caller, Context, Decision, Document, Policies, PolicyKind, Request, TrustDecision, evaluate_trust,
};

/// Documents kept at hand.
const DOCUMENTS_MAX: usize = 1000;

/// Policies of resources by their text, so that they are not parsed for every call.
#[derive(Default)]
pub(super) struct ResourceDocuments(Mutex<HashMap<Arc<str>, Arc<Document>>>);

impl ResourceDocuments {
    /// The document of a text; `None` when it cannot be read.
    fn get(&self, text: &Arc<str>) -> Option<Arc<Document>> {
        let mut all = self.0.lock().expect("no holder of this lock can panic");
        if let Some(known) = all.get(text) {
            return Some(known.clone());
        }
        let document = Document::parse(text, PolicyKind::Resource)
            .map_err(|problem| tracing::error!(%problem, "the policy of a resource cannot be read and grants nothing"))
            .ok()?;
        if all.len() >= DOCUMENTS_MAX {
            // What is dropped can be parsed again.
            all.clear();
        }
        let document = Arc::new(document);
        all.insert(text.clone(), document.clone());
        Some(document)
    }
}

impl Authenticator {
    /// Whether a call may use a resource that has a policy, given what the caller's own policies
    /// say. A denial on either side wins. Within the owner's account one side must allow, across
    /// accounts both.
    pub(super) fn weigh(
        &self,
        cx: &CallContext,
        action: &str,
        own: &ResourcePolicy,
        policies: &Policies,
        decision: &Decision,
        mut context: Context,
    ) -> Result<(), ServiceError> {
        let resource = own.resource.as_str();
        let refused = |decision| refusal(cx, action, resource, decision).map_or(Ok(()), Err);
        if matches!(decision, Decision::ExplicitDeny(_)) {
            return refused(decision);
        }
        // What the default policies of topics ask for.
        context.set("aws:SourceOwner", cx.account().as_str());
        let says = match own.policy.as_ref().and_then(|text| self.resource_documents.get(text)) {
            Some(document) => {
                let request = Request { action, resource, context: &context };
                evaluate_trust(&document, &caller(cx), &BTreeMap::new(), &request)
            }
            None => TrustDecision::Silent,
        };
        match (says, own.owner == *cx.account()) {
            (TrustDecision::Denied, _) => {
                Err(access_denied(cx, action, resource, " with an explicit deny in a resource-based policy"))
            }
            (_, true) if decision.is_allowed() => Ok(()),
            // What allows a user by itself is not bounded by the user's permissions boundary;
            // what allows a role is (documented).
            (TrustDecision::Direct, true) if matches!(cx.principal, Principal::User { .. }) => Ok(()),
            (TrustDecision::Direct, true) => {
                let bounds = Policies { root: true, ..policies.clone() };
                refused(&decide(&bounds, action, resource, &mut context))
            }
            (TrustDecision::Account | TrustDecision::Silent, true) => refused(decision),
            (TrustDecision::Silent, false) => {
                let reason = format!(" because no resource-based policy allows the {} action", spoken(action));
                Err(access_denied(cx, action, resource, &reason))
            }
            (TrustDecision::Direct | TrustDecision::Account, false) => refused(decision),
        }
    }

    /// Whether the policy of a resource lets a service act on it, for the resource `source_arn` of
    /// `source_account` (for conditions on `aws:SourceArn`, `aws:SourceAccount` and
    /// `AWS:SourceOwner`). A policy that cannot be read lets nobody.
    pub fn service_may(
        policy: &str,
        service: &str,
        action: &str,
        resource: &str,
        source_arn: &str,
        source_account: &AccountId,
        now: Timestamp,
    ) -> bool {
        let Ok(document) = Document::parse(policy, PolicyKind::Resource) else { return false };
        let mut context = Context::default();
        context.set("aws:CurrentTime", now.iso_secs());
        context.set("aws:EpochTime", now.secs().to_string());
        context.set("aws:SourceArn", source_arn);
        context.set("aws:SourceAccount", source_account.as_str());
        context.set("aws:SourceOwner", source_account.as_str());
        context.set("aws:PrincipalIsAWSService", "true");
        context.set("aws:PrincipalServiceName", service);
        context.set("aws:SecureTransport", "true");
        let caller = Caller::ServiceUsing { name: service.to_owned() };
        let request = Request { action, resource, context: &context };
        matches!(evaluate_trust(&document, &caller, &BTreeMap::new(), &request), TrustDecision::Direct)
    }

    /// Whether a text is the policy of a resource.
    ///
    /// # Errors
    /// What is wrong with it, in AWS's words.
    pub fn check_resource_policy(text: &str) -> Result<(), String> {
        Document::parse(text, PolicyKind::Resource).map(|_| ()).map_err(|malformed| malformed.0)
    }
}
