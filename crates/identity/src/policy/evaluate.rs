//! The decision over one action on one resource.

use std::sync::Arc;

use super::context::Context;
use super::document::{Document, Effect, Position, Resources, Statement};
use super::pattern::Fields;

#[cfg(test)]
mod tests;

/// All policies that bear on a caller.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    /// The caller is an account's root: allowed unless something denies.
    pub root: bool,
    /// Policies of the user or role, and of the user's groups.
    pub identity: Vec<Source>,
    /// The permissions boundary; what it does not allow is not allowed.
    pub boundary: Option<Source>,
    /// The policies given when the session was made; `None` when none were given.
    pub session: Option<Vec<Source>>,
}

/// A policy and where it comes from.
#[derive(Clone, Debug)]
pub struct Source {
    /// A name or an ARN, for explanations.
    pub name: String,
    /// What it belongs to.
    pub origin: Origin,
    /// The policy.
    pub document: Arc<Document>,
}

/// What a policy belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Inside a user.
    User,
    /// Inside a group.
    Group,
    /// Inside a role.
    Role,
    /// Managed, one of AWS's.
    AwsManaged,
    /// Managed, one of the account's own.
    OwnManaged,
    /// Given with a request.
    Given,
}

/// What the caller wants.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Such as `iam:CreateUser`.
    pub action: &'a str,
    /// An ARN, or `*` for an operation that has no resource.
    pub resource: &'a str,
    /// The condition keys.
    pub context: &'a Context,
}

/// A set of policies that must allow by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The caller's own policies and its groups'.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// The session's policies.
    Session,
}

/// A statement that decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The layer the policy belongs to.
    pub layer: Layer,
    /// The policy's name.
    pub policy: String,
    /// What the policy belongs to.
    pub origin: Origin,
    /// The statement's place in the policy, from 0.
    pub statement: usize,
    /// The statement's id.
    pub sid: Option<String>,
    /// Where the statement starts and ends in its policy's text.
    pub place: (Position, Position),
}

/// The decision and its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Allowed, by these statements of the caller's own policies (none for root).
    Allow(Vec<Match>),
    /// A statement denies.
    ExplicitDeny(Match),
    /// Nothing in this layer allows.
    ImplicitDeny(Layer),
}

impl Decision {
    /// Whether the call may go on.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allow(_))
    }
}

/// Decides: a denial anywhere wins; else every layer that is there must allow; what
/// nothing allows is denied, save for root.
pub fn evaluate(policies: &Policies, request: &Request<'_>) -> Decision {
    let layers = [
        (Layer::Identity, Some(policies.identity.as_slice())),
        (Layer::Boundary, policies.boundary.as_ref().map(std::slice::from_ref)),
        (Layer::Session, policies.session.as_deref()),
    ];
    let mut own = Vec::new();
    for (layer, sources) in layers {
        if let Some(denial) = matching(layer, sources.unwrap_or_default(), Effect::Deny, request).next() {
            return Decision::ExplicitDeny(denial);
        }
    }
    for (layer, sources) in layers {
        let Some(sources) = sources else { continue };
        let allowing: Vec<Match> = matching(layer, sources, Effect::Allow, request).collect();
        if layer == Layer::Identity && policies.root {
            continue;
        }
        if allowing.is_empty() {
            return Decision::ImplicitDeny(layer);
        }
        if layer == Layer::Identity {
            own = allowing;
        }
    }
    Decision::Allow(own)
}

fn matching<'a>(
    layer: Layer,
    sources: &'a [Source],
    effect: Effect,
    request: &'a Request<'a>,
) -> impl Iterator<Item = Match> + 'a {
    sources.iter().flat_map(move |source| {
        let statements = source.document.statements.iter().enumerate();
        statements.filter(move |(_, statement)| statement.effect == effect && applies(statement, false, request)).map(
            move |(at, statement)| Match {
                layer,
                policy: source.name.clone(),
                origin: source.origin,
                place: (statement.start, statement.end),
                statement: at,
                sid: statement.sid.clone(),
            },
        )
    })
}

/// Whether a statement is about the request; `unnamed` is the answer where it names no resources.
pub(super) fn applies(statement: &Statement, unnamed: bool, request: &Request<'_>) -> bool {
    let about_resource = match &statement.resources {
        Some(resources) => covers(resources, statement.effect, request),
        None => unnamed,
    };
    statement.actions.cover(request.action)
        && about_resource
        && statement.conditions.iter().all(|condition| condition.holds(request.context))
}

/// A pattern whose variable has no value matches nothing. Under `NotResource` that would
/// widen an allowance, so there the statement then allows nothing, and still denies.
fn covers(resources: &Resources, effect: Effect, request: &Request<'_>) -> bool {
    let mut unresolved = false;
    let mut matched = false;
    for pattern in &resources.patterns {
        match pattern.matches(request.resource, Fields::Resource, request.context) {
            Some(found) => matched |= found,
            None => unresolved = true,
        }
    }
    match (resources.inverted, matched) {
        (false, matched) => matched,
        (true, true) => false,
        (true, false) => !unresolved || effect == Effect::Deny,
    }
}
