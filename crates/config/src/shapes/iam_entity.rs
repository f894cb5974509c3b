//! What items of IAM's users, groups, roles and policies say.

use serde_json::Value;

use crate::item::{self, Item};
use crate::policy::Policy;
use crate::rule::{Asked, Inventory, UserCredentials, Verdict};

use super::untold;

/// IAM's type of users.
pub(crate) const USER: &str = "AWS::IAM::User";
/// IAM's type of groups.
pub(crate) const GROUP: &str = "AWS::IAM::Group";
/// IAM's type of roles.
pub(crate) const ROLE: &str = "AWS::IAM::Role";

/// The policies within a user, group or role. IAM leaves the list out where there are none, so that its absence says it.
pub(crate) fn inline_policies(item: &Item) -> Result<&[Value], Verdict> {
    described(item)?;
    Ok(item.list(match item.resource_type.as_str() {
        USER => "userPolicyList",
        GROUP => "groupPolicyList",
        _ => "rolePolicyList",
    }))
}

/// The ARNs of the managed policies of a user, group or role. Absence says that there are none, as above.
pub(crate) fn attached_policy_arns(item: &Item) -> Result<Vec<&str>, Verdict> {
    described(item)?;
    let arn = |policy| item::at(policy, "policyArn")?.as_str();
    Ok(item.list("attachedManagedPolicies").iter().filter_map(arn).collect())
}

/// The name of a user, group or role.
pub(crate) fn name(item: &Item) -> Option<&str> {
    let path = match item.resource_type.as_str() {
        USER => "userName",
        GROUP => "groupName",
        _ => "roleName",
    };
    item.resource_name.as_deref().or_else(|| item.text(path))
}

/// How a user can sign in; of one who is gone by now no rule has to say anything.
pub(crate) fn credentials(item: &Item, inventory: &dyn Inventory) -> Result<UserCredentials, Verdict> {
    match inventory.user_credentials(name(item).ok_or_else(|| untold("userName"))?) {
        Asked::Known(credentials) => Ok(credentials),
        Asked::Nothing => Err(Verdict::not_applicable()),
        Asked::Unknown => Err(Verdict::insufficient_data("The user's credentials are not known.")),
    }
}

/// The document of a managed policy's default version.
pub(crate) fn default_document(item: &Item) -> Result<Policy, Verdict> {
    let default_id = item.at("defaultVersionId");
    let is_default = |version: &&Value| {
        item::at(version, "isDefaultVersion")
            .and_then(item::as_flag)
            .unwrap_or_else(|| default_id.is_some() && version.get("versionId") == default_id)
    };
    let version = item.list("policyVersionList").iter().find(is_default);
    let document = version.and_then(|version| version.get("document"));
    document.and_then(Policy::of).ok_or_else(|| untold("the document of the default version"))
}

/// Whether a managed policy is used as a boundary of permissions and attached to nobody.
pub(crate) fn is_only_boundary(item: &Item) -> bool {
    let count = |path| item.integer(path).unwrap_or_default();
    count("permissionsBoundaryUsageCount") > 0 && count("attachmentCount") == 0
}

fn described(item: &Item) -> Result<(), Verdict> {
    if item.configuration.is_object() { Ok(()) } else { Err(untold("anything of its policies")) }
}

#[cfg(test)]
pub(crate) mod examples {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use serde_json::json;

    use super::*;
    use crate::rule::shelf;

    /// A user, group or role named `acme`, with more of its configuration.
    pub(crate) fn entity(resource_type: &str, more: Value) -> Item {
        let word = resource_type.rsplit("::").next().unwrap().to_lowercase();
        let mut configuration = json!({
            "path": "/",
            "arn": format!("arn:aws:iam::123456789012:{word}/acme"),
            "createDate": "2026-01-02T03:04:05.000Z",
        });
        configuration[format!("{word}Name")] = json!("acme");
        configuration.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut item = shelf::item(resource_type, "AIDAEXAMPLEEXAMPLE001", configuration);
        item.resource_name = Some("acme".to_owned());
        item
    }

    /// A customer's policy of two versions, of which the second is the default.
    pub(crate) fn policy(statement: Value) -> Item {
        let encoded = |document: Value| utf8_percent_encode(&document.to_string(), NON_ALPHANUMERIC).to_string();
        let former =
            json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } });
        let document = json!({ "Version": "2012-10-17", "Statement": statement });
        let configuration = json!({
            "policyName": "acme",
            "arn": "arn:aws:iam::123456789012:policy/acme",
            "defaultVersionId": "v2",
            "attachmentCount": 0,
            "permissionsBoundaryUsageCount": 0,
            "policyVersionList": [
                { "document": encoded(former), "versionId": "v1", "isDefaultVersion": false },
                { "document": encoded(document), "versionId": "v2", "isDefaultVersion": true },
            ],
        });
        shelf::item("AWS::IAM::Policy", "ANPAEXAMPLEEXAMPLE001", configuration)
    }
}
