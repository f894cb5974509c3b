//! Topics' policies: the one that every topic starts with, and permissions added to it
//! (cloudwatch.md §8.2).

use api::ServiceError;
use api::sns::errors;
use base::AccountId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::record::TopicRecord;
use crate::topics::TopicName;

/// What the default policy allows the owner's account.
const DEFAULT_ACTIONS: [&str; 8] = [
    "SNS:GetTopicAttributes",
    "SNS:SetTopicAttributes",
    "SNS:AddPermission",
    "SNS:RemovePermission",
    "SNS:DeleteTopic",
    "SNS:Subscribe",
    "SNS:ListSubscriptionsByTopic",
    "SNS:Publish",
];

/// Actions that a topic's policy can be about, in lower case. Wildcards are none of them, as in
/// AWS.
const ACTIONS: [&str; 14] = [
    "addpermission",
    "confirmsubscription",
    "deletetopic",
    "getdataprotectionpolicy",
    "gettopicattributes",
    "listsubscriptionsbytopic",
    "listtagsforresource",
    "publish",
    "putdataprotectionpolicy",
    "receive",
    "removepermission",
    "settopicattributes",
    "subscribe",
    "tagresource",
];

/// A policy whose statements stay as they were written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    statement: Box<RawValue>,
}

/// The policy of a topic that has none of its own.
pub(crate) fn default_policy(topic: &TopicName) -> String {
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": DEFAULT_ACTIONS,
            "Resource": topic.arn(),
            "Condition": {"StringEquals": {"AWS:SourceOwner": topic.scope.account.as_str()}},
        }],
    })
    .to_string()
}

/// The policy in force.
pub(crate) fn policy(topic: &TopicName, record: &TopicRecord) -> String {
    record.attributes.get("Policy").cloned().unwrap_or_else(|| default_policy(topic))
}

/// A permission to add.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Permission<'a> {
    pub(crate) label: &'a str,
    pub(crate) accounts: &'a [String],
    pub(crate) actions: &'a [String],
}

/// The policy with one more statement.
///
/// # Errors
/// `InvalidParameter` in AWS's words.
pub(crate) fn with_permission(
    policy: &str,
    topic: &TopicName,
    permission: Permission<'_>,
) -> Result<String, ServiceError> {
    let Permission { label, accounts, actions } = permission;
    let mut document = Document::parse(policy)?;
    if document.find(label).is_some() {
        return Err(invalid("Statement already exists"));
    }
    if label.is_empty() || !label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return Err(invalid("Label"));
    }
    let known = |action: &String| ACTIONS.contains(&action.to_ascii_lowercase().as_str());
    if actions.is_empty() || !actions.iter().all(known) {
        return Err(invalid("Policy statement action out of service scope!"));
    }
    if accounts.is_empty() || accounts.iter().any(|account| account.parse::<AccountId>().is_err()) {
        return Err(invalid("AWSAccountId"));
    }
    let partition = topic.scope.region.partition().as_str();
    let principals = accounts.iter().map(|account| format!("arn:{partition}:iam::{account}:root")).collect();
    let actions = actions.iter().map(|action| format!("SNS:{action}")).collect();
    let statement = json!({
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": one_or_several(principals)},
        "Action": one_or_several(actions),
        "Resource": topic.arn(),
    });
    document.statements.push(serde_json::value::to_raw_value(&statement).expect("a statement is plain data"));
    Ok(document.into_text())
}

/// The policy without the statement of this label.
///
/// # Errors
/// `InvalidParameter` when there is none.
pub(crate) fn without_permission(policy: &str, label: &str) -> Result<String, ServiceError> {
    let mut document = Document::parse(policy)?;
    let place = document.find(label).ok_or_else(|| invalid("Label"))?;
    document.statements.remove(place);
    Ok(document.into_text())
}

/// Whether a policy is about what a topic knows; its form is checked by the engine of policies.
///
/// # Errors
/// `InvalidParameter` in AWS's words.
pub(crate) fn check_actions(policy: &str) -> Result<(), ServiceError> {
    for statement in Document::parse(policy)?.statements {
        let statement: Value = serde_json::from_str(statement.get()).unwrap_or_default();
        let actions = [statement.get("Action"), statement.get("NotAction")];
        let actions = actions.into_iter().flatten().flat_map(|value| match value {
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect::<Vec<&str>>(),
        });
        for action in actions {
            let name = action.to_ascii_lowercase();
            if !name.strip_prefix("sns:").is_some_and(|name| ACTIONS.contains(&name) || name == "untagresource") {
                return Err(invalid("Policy statement action out of service scope!"));
            }
        }
    }
    Ok(())
}

fn one_or_several(mut values: Vec<String>) -> Value {
    match values.len() {
        1 => Value::String(values.remove(0)),
        _ => values.into(),
    }
}

fn invalid(what: &str) -> ServiceError {
    errors::invalid_parameter_exception(format!("Invalid parameter: {what}"))
}

struct Document {
    version: Option<String>,
    id: Option<String>,
    statements: Vec<Box<RawValue>>,
}

impl Document {
    fn parse(policy: &str) -> Result<Self, ServiceError> {
        // `Policy Error: null` is what AWS says of a policy that it cannot read.
        Self::read(policy).map_err(|_| invalid("Policy Error: null"))
    }

    fn read(policy: &str) -> Result<Self, serde_json::Error> {
        let Policy { version, id, statement } = serde_json::from_str(policy)?;
        let statements = match statement.get().starts_with('[') {
            true => serde_json::from_str(statement.get())?,
            false => vec![statement],
        };
        Ok(Self { version, id, statements })
    }

    /// The place of the statement of this label.
    fn find(&self, label: &str) -> Option<usize> {
        self.statements.iter().position(|statement| {
            let statement: Value = serde_json::from_str(statement.get()).unwrap_or_default();
            statement.get("Sid").and_then(Value::as_str) == Some(label)
        })
    }

    fn into_text(self) -> String {
        let statement = serde_json::value::to_raw_value(&self.statements).expect("statements are JSON");
        let policy = Policy { version: self.version, id: self.id, statement };
        serde_json::to_string(&policy).expect("a policy is plain data")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic() -> TopicName {
        TopicName::of_arn("TopicArn", "arn:aws:sns:us-east-1:111122223333:t").unwrap()
    }

    fn permission<'a>(label: &'a str, accounts: &'a [String], actions: &'a [String]) -> Permission<'a> {
        Permission { label, accounts, actions }
    }

    #[test]
    fn the_default_policy_is_aws_own() {
        assert_eq!(
            default_policy(&topic()),
            r#"{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"arn:aws:sns:us-east-1:111122223333:t","Condition":{"StringEquals":{"AWS:SourceOwner":"111122223333"}}}]}"#
        );
    }

    #[test]
    fn permissions_come_and_go_and_leave_the_rest_as_it_was() {
        let before = default_policy(&topic());
        let (accounts, actions) = (["444455556666".to_owned()], ["Publish".to_owned()]);
        let after = with_permission(&before, &topic(), permission("p", &accounts, &actions)).unwrap();
        let added = r#"{"Sid":"p","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"SNS:Publish","Resource":"arn:aws:sns:us-east-1:111122223333:t"}]}"#;
        assert!(after.starts_with(before.trim_end_matches("]}")) && after.ends_with(added), "{after}");
        let again = with_permission(&after, &topic(), permission("p", &accounts, &actions)).unwrap_err();
        assert_eq!(again.message.unwrap(), "Invalid parameter: Statement already exists");
        assert_eq!(without_permission(&after, "p").unwrap(), before);
        assert_eq!(without_permission(&before, "p").unwrap_err().message.unwrap(), "Invalid parameter: Label");
    }

    #[test]
    fn actions_of_other_services_are_out_of_scope() {
        let accounts = ["444455556666".to_owned()];
        for action in ["Fly", "*", "SNS:Publish"] {
            let actions = [action.to_owned()];
            let refused = with_permission(&default_policy(&topic()), &topic(), permission("p", &accounts, &actions));
            let message = refused.unwrap_err().message.unwrap();
            assert_eq!(message, "Invalid parameter: Policy statement action out of service scope!");
        }
        for (action, fits) in
            [(r#""sns:Publish""#, true), (r#"["SNS:Subscribe","sqs:SendMessage"]"#, false), (r#""sns:*""#, false)]
        {
            let policy =
                format!(r#"{{"Statement":{{"Effect":"Allow","Principal":"*","Action":{action},"Resource":"*"}}}}"#);
            assert_eq!(check_actions(&policy).is_ok(), fits, "{action}");
        }
    }
}
