//! Resource policies: what services of AWS may do, for an account or for one group (logs.md §5.5).

use api::ServiceError;
use api::logs::{errors, types};
use serde_json::Value;
use store::catalog::Key;

use crate::groups::{self, Group};
use crate::record::ResourcePolicyRecord;

/// Policies that an account can have in a region (logs.md RP-1).
pub(crate) const POLICIES_MAX: usize = 10;

/// What a policy is for.
#[derive(Clone, Debug)]
pub(crate) enum PolicyScope {
    /// The account, by the policy's name.
    Account(Key),
    /// One group, which has at most one.
    Group(Group),
}

impl PolicyScope {
    /// The key of the policy's record.
    pub(crate) fn key(&self) -> Key {
        match self {
            Self::Account(key) => key.clone(),
            Self::Group(group) => group.belonging("policy"),
        }
    }
}

/// How keys of an account's policies start.
pub(crate) const ACCOUNT: &str = "account:";

/// The policy that a call names: by a name, or by the ARN of a group (logs.md RP-1).
///
/// # Errors
/// `InvalidParameterException` for none; logs.md LG-4.
pub(crate) fn named(
    logs: &crate::Logs,
    cx: &api::CallContext,
    name: Option<&str>,
    resource_arn: Option<&str>,
) -> Result<PolicyScope, ServiceError> {
    match (name, resource_arn) {
        (_, Some(arn)) => Ok(PolicyScope::Group(group_of(logs, cx, arn)?)),
        (Some(name), None) if !name.is_empty() => {
            let scope = cx.scope();
            Ok(PolicyScope::Account(Key::regional(&scope.account, &scope.region, format!("{ACCOUNT}{name}"))))
        }
        _ => Err(errors::invalid_parameter_exception("Either policyName or resourceArn must be specified.")),
    }
}

/// The group of a policy's `resourceArn`; AWS's own ARNs of groups end in `:*` at times.
///
/// # Errors
/// `InvalidParameterException` when it is no group's; logs.md LG-4.
pub(crate) fn group_of(logs: &crate::Logs, cx: &api::CallContext, arn: &str) -> Result<Group, ServiceError> {
    if !arn.starts_with("arn:") {
        return Err(errors::invalid_parameter_exception(format!("The resource {arn} is no ARN of a log group.")));
    }
    groups::identified(&logs.parts.catalog, cx, arn.strip_suffix(":*").unwrap_or(arn))
}

/// A document as it is kept: with a version, and lists of one principal as that principal (logs.md RP-3).
///
/// # Errors
/// `InvalidParameterException` when it is no JSON object.
pub(crate) fn normalized(document: &str) -> Result<String, ServiceError> {
    let invalid = || errors::invalid_parameter_exception("The policy document is not valid JSON.");
    let mut document: Value = serde_json::from_str(document).map_err(|_| invalid())?;
    let members = document.as_object_mut().ok_or_else(invalid)?;
    members.entry("Version").or_insert_with(|| Value::String("2008-10-17".to_owned()));
    match members.get_mut("Statement") {
        Some(Value::Array(statements)) => statements.iter_mut().for_each(collapse_principals),
        Some(statement) => collapse_principals(statement),
        None => {}
    }
    Ok(document.to_string())
}

fn collapse_principals(statement: &mut Value) {
    for member in ["Principal", "NotPrincipal"] {
        let Some(Value::Object(principals)) = statement.get_mut(member) else { continue };
        for (_, named) in principals.iter_mut() {
            if let Value::Array(list) = named
                && let [one] = list.as_mut_slice()
            {
                *named = one.take();
            }
        }
    }
}

/// What the API shows of a policy (logs.md RP-2).
pub(crate) fn described(
    name: Option<&str>,
    group: Option<&Group>,
    record: &ResourcePolicyRecord,
) -> types::ResourcePolicy {
    types::ResourcePolicy {
        policy_name: name.map(str::to_owned),
        policy_document: Some(record.document.clone()),
        last_updated_time: Some(record.updated.millis()),
        policy_scope: Some(match group {
            Some(_) => types::PolicyScope::Resource,
            None => types::PolicyScope::Account,
        }),
        resource_arn: group.map(Group::arn),
        revision_id: group.map(|_| record.revision.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_kept_with_a_version_and_single_principals() {
        let given = r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":["es.amazonaws.com"]},
            "Action":"logs:PutLogEvents","Resource":["*"]},{"Principal":{"Service":["a","b"]}}]}"#;
        let kept: Value = serde_json::from_str(&normalized(given).unwrap()).unwrap();
        assert_eq!(kept["Version"], "2008-10-17");
        assert_eq!(kept["Statement"][0]["Principal"]["Service"], "es.amazonaws.com");
        assert_eq!(kept["Statement"][0]["Resource"], serde_json::json!(["*"]));
        assert_eq!(kept["Statement"][1]["Principal"]["Service"], serde_json::json!(["a", "b"]));
        assert!(normalized("[]").is_err() && normalized("{").is_err());
    }
}
