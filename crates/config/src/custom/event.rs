//! The event that a rule's function is invoked with (config.md §6.4), with keys in the order that AWS's events have them.

use base::{Scope, Timestamp};
use serde_json::{Map, Value, json};

use super::invocation::LeftScope;
use crate::rule_book::RuleRecord;

/// What stands in an event beside what happened.
pub(super) struct Envelope<'a> {
    pub(super) scope: &'a Scope,
    pub(super) rule: &'a RuleRecord,
    /// The recorder's role.
    pub(super) role_arn: &'a str,
    pub(super) token: &'a str,
}

impl Envelope<'_> {
    /// The event as JSON. `ruleParameters` is left out where the rule has none.
    pub(super) fn event(&self, invoking: &Value, left_scope: LeftScope) -> String {
        let mut members = Map::new();
        let mut put = |key: &str, value: Value| drop(members.insert(key.to_owned(), value));
        put("version", json!("1.0"));
        put("invokingEvent", json!(invoking.to_string()));
        if let Some(parameters) = self.rule.input_parameters.as_deref().and_then(compact) {
            put("ruleParameters", json!(parameters));
        }
        put("resultToken", json!(self.token));
        put("eventLeftScope", json!(left_scope == LeftScope::Yes));
        put("executionRoleArn", json!(self.role_arn));
        put("configRuleArn", json!(self.rule.arn(self.scope)));
        put("configRuleName", json!(self.rule.name));
        put("configRuleId", json!(self.rule.id));
        put("accountId", json!(self.scope.account.as_str()));
        Value::Object(members).to_string()
    }
}

/// JSON without blanks; nothing of an object without members.
fn compact(text: &str) -> Option<String> {
    let parsed: Value = serde_json::from_str(text).ok()?;
    let is_empty = parsed.as_object().is_some_and(Map::is_empty);
    (!is_empty).then(|| parsed.to_string())
}

/// The message of the clock (R-12).
pub(super) fn scheduled(scope: &Scope, asked: Timestamp) -> Value {
    json!({
        "awsAccountId": scope.account.as_str(),
        "notificationCreationTime": asked.iso_millis(),
        "messageType": "ScheduledNotification",
        "recordVersion": "1.0",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::shelf;
    use crate::rule_book::examples::managed;

    #[test]
    fn the_event_has_its_keys_in_order_and_json_within_strings() {
        let rule = RuleRecord {
            name: "owner-tag".to_owned(),
            input_parameters: Some(r#"{ "tagKey": "owner" }"#.to_owned()),
            ..managed("EXAMPLE")
        };
        let (scope, role_arn) = (shelf::scope(), "arn:aws:iam::123456789012:role/config");
        let envelope = Envelope { scope: &scope, rule: &rule, role_arn, token: "opaque" };
        let event = envelope.event(&scheduled(&scope, shelf::now()), LeftScope::No);
        // The example of config.md §6.4 with the message of R-12.
        let expected = concat!(
            r#"{"version":"1.0","invokingEvent":"{\"awsAccountId\":\"123456789012\","#,
            r#"\"notificationCreationTime\":\"2026-07-04T09:30:00.000Z\","#,
            r#"\"messageType\":\"ScheduledNotification\",\"recordVersion\":\"1.0\"}","#,
            r#""ruleParameters":"{\"tagKey\":\"owner\"}","resultToken":"opaque","eventLeftScope":false,"#,
            r#""executionRoleArn":"arn:aws:iam::123456789012:role/config","#,
            r#""configRuleArn":"arn:aws:config:eu-west-1:123456789012:config-rule/config-rule-ab12cd","#,
            r#""configRuleName":"owner-tag","configRuleId":"config-rule-ab12cd","accountId":"123456789012"}"#,
        );
        assert_eq!(event, expected);
    }

    #[test]
    fn a_rule_without_parameters_tells_none_and_a_resource_may_have_left() {
        let scope = shelf::scope();
        for parameters in [None, Some("{}".to_owned())] {
            let rule = RuleRecord { input_parameters: parameters, ..managed("EXAMPLE") };
            let envelope = Envelope { scope: &scope, rule: &rule, role_arn: "role", token: "t" };
            let event: Value = serde_json::from_str(&envelope.event(&json!({}), LeftScope::Yes)).unwrap();
            assert_eq!((event.get("ruleParameters"), &event["eventLeftScope"]), (None, &json!(true)));
        }
    }
}
