//! Rules that are policies in Guard's language (config.md §6.5).

use serde_json::{Map, Value, json};

use crate::guard::{Outcome, Policy};
use crate::item::Item;
use crate::rule::Verdict;
use crate::rule_state::RuleError;

/// Whether a text is a policy.
///
/// # Errors
/// Where and why it is none.
pub(crate) fn check(text: &str) -> Result<(), String> {
    Policy::parse(text).map(drop).map_err(|error| error.to_string())
}

/// What a policy says of an item: the rules that are broken are the annotation.
///
/// # Errors
/// The text is no policy, or it is not evaluated within bounds.
pub(crate) fn evaluate(text: &str, item: &Item) -> Result<Verdict, RuleError> {
    let policy = Policy::parse(text).map_err(|error| RuleError::new("InvalidPolicy", error.to_string()))?;
    let outcome = policy.evaluate(&document(item));
    let outcome = outcome.map_err(|error| RuleError::new("PolicyEvaluationFailed", error.to_string()))?;
    Ok(match outcome {
        Outcome::Pass => Verdict::compliant(),
        Outcome::Fail(rules) => Verdict::non_compliant(rules.join(", ")),
        Outcome::Skip => Verdict::not_applicable(),
    })
}

/// The item as policies see it: with the names of the API, and what is text there as values.
fn document(item: &Item) -> Value {
    let relationships = item.relationships.iter().map(|related| {
        json!({
            "resourceType": related.resource_type,
            "resourceId": related.resource_id,
            "resourceName": related.resource_name,
            "relationshipName": related.name,
        })
    });
    let mut members = Map::new();
    let mut put = |key: &str, value: Value| drop(members.insert(key.to_owned(), value));
    put("version", json!("1.3"));
    put("accountId", json!(item.scope.account.as_str()));
    put("configurationItemCaptureTime", json!(item.taken.iso_millis()));
    put("configurationItemStatus", json!(item.status.as_str()));
    put("configurationStateId", json!(item.taken.millis().to_string()));
    put("resourceType", json!(item.resource_type));
    put("resourceId", json!(item.resource_id));
    put("awsRegion", json!(item.aws_region));
    put("tags", json!(item.tags));
    put("relatedEvents", json!([]));
    put("relationships", relationships.collect());
    put("configuration", item.configuration.clone());
    put("supplementaryConfiguration", json!(item.supplementary));
    for (key, value) in [
        ("arn", json!(item.arn)),
        ("resourceName", json!(item.resource_name)),
        ("availabilityZone", json!(item.availability_zone)),
        ("resourceCreationTime", json!(item.created.map(base::Timestamp::iso_millis))),
    ] {
        // What is not known does not exist, so that `exists` says so.
        if !value.is_null() {
            put(key, value);
        }
    }
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::shelf;

    /// The example of config.md §6.5.
    const EXAMPLE: &str =
        r#"rule encrypted when resourceType == "AWS::EC2::Volume" { configuration.encrypted == true }"#;

    #[test]
    fn verdicts_follow_the_policy_and_name_what_is_broken() {
        for (resource_type, encrypted, expected) in [
            ("AWS::EC2::Volume", true, Verdict::compliant()),
            ("AWS::EC2::Volume", false, Verdict::non_compliant("encrypted")),
            ("AWS::EC2::Instance", false, Verdict::not_applicable()),
        ] {
            let item = shelf::item(resource_type, "r-1", json!({"encrypted": encrypted}));
            assert_eq!(evaluate(EXAMPLE, &item).unwrap(), expected, "{resource_type} {encrypted}");
        }
    }

    #[test]
    fn what_is_no_policy_is_an_error() {
        assert!(check(EXAMPLE).is_ok());
        assert_eq!(check("rule a {\n  b ==\n}").unwrap_err(), "line 3: a name is missing");
        let item = shelf::item("AWS::EC2::Volume", "vol-1", json!({}));
        assert_eq!(evaluate("", &item).unwrap_err().code, "InvalidPolicy");
        assert_eq!(evaluate("rule a { a }", &item).unwrap_err().code, "PolicyEvaluationFailed");
    }

    #[test]
    fn tags_relations_and_times_can_be_asked_for() {
        let mut item = shelf::item("AWS::EC2::Volume", "vol-1", json!({}));
        item.tags = [("team".to_owned(), "web".to_owned())].into();
        item.supplementary.insert("Policy".to_owned(), json!({"Version": "2012-10-17"}));
        let text = r#"
            rule all {
                tags.team in ["web", "db"]
                supplementaryConfiguration.Policy.Version == /^2012/
                relationships empty
                arn !exists
                configurationItemCaptureTime == '2026-07-04T09:30:00.000Z'
            }"#;
        assert_eq!(evaluate(text, &item).unwrap(), Verdict::compliant());
    }
}
