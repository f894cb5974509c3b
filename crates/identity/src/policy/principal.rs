//! Whom a trust policy names, and whether it trusts a caller.

use std::collections::BTreeMap;

use super::document::{Document, Effect, Statement};
use super::evaluate::{Request, applies};
use super::strict_json::Json;

#[cfg(test)]
mod tests;

/// `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrincipalElement {
    /// `NotPrincipal`
    pub inverted: bool,
    /// Accounts, ARNs, unique ids, or `*` for everyone.
    pub aws: Vec<String>,
    /// Service names such as `config.amazonaws.com`.
    pub services: Vec<String>,
    /// Identity providers; no caller of this server comes through one.
    pub federated: Vec<String>,
}

impl PrincipalElement {
    pub(super) fn parse(inverted: bool, value: &Json) -> Option<Self> {
        let mut element = Self { inverted, ..Self::default() };
        match value {
            Json::Text(text) if text == "*" => element.aws.push("*".to_owned()),
            Json::Object(members) if !members.is_empty() => {
                for (name, value) in members {
                    let names = value.texts()?;
                    match name.as_str() {
                        "AWS" => element.aws.extend(names),
                        "Service" => element.services.extend(names),
                        "Federated" => element.federated.extend(names),
                        "CanonicalUser" => {}
                        _ => return None,
                    }
                }
            }
            _ => return None,
        }
        Some(element)
    }
}

/// Who asks to assume a role, in the forms a trust policy may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A principal of an account.
    Account {
        /// The account.
        account: String,
        /// The ARNs it answers to, most telling first: of a session its own and its role's.
        arns: Vec<String>,
        /// The unique ids it answers to.
        ids: Vec<String>,
    },
    /// A service that acts for an account.
    Service {
        /// Such as `config.amazonaws.com`.
        name: String,
    },
    /// Whoever comes, and does not say who it is.
    Anyone,
    /// A service that uses a resource. In a resource's policy `*` is everyone, services too.
    ServiceUsing {
        /// Such as `cloudwatch.amazonaws.com`.
        name: String,
    },
}

/// What a policy that names principals says to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustDecision {
    /// The caller itself is named: within the account, no other permission is needed.
    Direct,
    /// The caller's account is named: it may hand the permission on by its own policies.
    Account,
    /// A statement denies it.
    Denied,
    /// No statement allows it.
    Silent,
}

/// Evaluates a policy that names principals: a role's trust policy, or a resource's. `bound` gives, for ARNs the policy names, the unique id that
/// the ARN stood for when the policy was written: a principal made anew under an old name
/// is not trusted.
pub fn evaluate_trust(
    document: &Document,
    caller: &Caller,
    bound: &BTreeMap<String, String>,
    request: &Request<'_>,
) -> TrustDecision {
    // A trust policy has no resources: it is about its own role.
    let applies = |statement: &&Statement| applies(statement, statement.resources.is_none(), request);
    let mut decision = TrustDecision::Silent;
    for statement in document.statements.iter().filter(applies) {
        let Some(element) = &statement.principal else { continue };
        let named = names(element, caller, bound);
        match (statement.effect, named) {
            (Effect::Deny, Named::Not) | (Effect::Allow, Named::Not) => {}
            (Effect::Deny, _) => return TrustDecision::Denied,
            (Effect::Allow, Named::Itself) => decision = TrustDecision::Direct,
            (Effect::Allow, Named::ItsAccount) if decision != TrustDecision::Direct => {
                decision = TrustDecision::Account;
            }
            (Effect::Allow, Named::ItsAccount) => {}
        }
    }
    decision
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    Itself,
    ItsAccount,
    Not,
}

fn names(element: &PrincipalElement, caller: &Caller, bound: &BTreeMap<String, String>) -> Named {
    let named = match caller {
        Caller::Service { name } if element.services.contains(name) => Named::Itself,
        Caller::ServiceUsing { name } if element.services.contains(name) => Named::Itself,
        Caller::Anyone | Caller::ServiceUsing { .. } if element.aws.iter().any(|wanted| wanted == "*") => Named::Itself,
        Caller::Anyone | Caller::Service { .. } | Caller::ServiceUsing { .. } => Named::Not,
        Caller::Account { account, arns, ids } => {
            let itself = |wanted: &String| {
                wanted == "*"
                    || ids.contains(wanted)
                    || (arns.iter().any(|arn| same_arn(arn, wanted))
                        && bound.get(wanted).is_none_or(|id| ids.contains(id)))
            };
            if element.aws.iter().any(itself) {
                Named::Itself
            } else if element.aws.iter().any(|wanted| account_of(wanted) == Some(account)) {
                Named::ItsAccount
            } else {
                Named::Not
            }
        }
    };
    match (element.inverted, named) {
        (false, named) => named,
        (true, Named::Not) => Named::Itself,
        (true, _) => Named::Not,
    }
}

/// The partition is that of the region a call came to, so it does not tell principals apart.
fn same_arn(a: &str, b: &str) -> bool {
    let rest = |arn: &str| arn.splitn(3, ':').nth(2).map(str::to_owned);
    a == b || (a.starts_with("arn:") && b.starts_with("arn:") && rest(a).is_some() && rest(a) == rest(b))
}

/// The account that a principal stands for as a whole: `111122223333` or its root's ARN.
fn account_of(principal: &str) -> Option<&str> {
    if principal.len() == 12 && principal.bytes().all(|b| b.is_ascii_digit()) {
        return Some(principal);
    }
    let mut fields = principal.splitn(6, ':');
    match (fields.next(), fields.nth(1), fields.nth(1), fields.next()) {
        (Some("arn"), Some("iam"), Some(account), Some("root")) => Some(account),
        _ => None,
    }
}
