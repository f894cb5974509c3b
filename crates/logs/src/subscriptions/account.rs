//! Subscription filters of an account: what the document of such a policy says (logs.md AP-4).

use lang::filter_pattern::FilterPattern;
use serde::Deserialize;

use super::target::Target;
use crate::json_object::read_object;

/// What a subscription filter policy says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccountSubscriptionDocument {
    /// Where to: a stream, a function, a logical destination, or an HTTP endpoint.
    pub(crate) destination: String,
    /// The role that was named.
    pub(crate) role_arn: Option<String>,
    /// Which events.
    pub(crate) filter_pattern: String,
    /// Whether records of one log stream go to one shard.
    pub(crate) by_log_stream: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    destination_arn: String,
    role_arn: Option<String>,
    #[serde(default)]
    filter_pattern: String,
    distribution: Option<Distribution>,
}

#[derive(Deserialize)]
enum Distribution {
    Random,
    ByLogStream,
}

impl AccountSubscriptionDocument {
    /// What a document says.
    ///
    /// # Errors
    /// What is wrong with it, in words for the caller.
    pub(crate) fn parse(document: &str) -> Result<Self, String> {
        let document: Document = read_object(document)
            .map_err(|error| format!("The policyDocument is not a valid subscription filter policy: {error}."))?;
        FilterPattern::parse(&document.filter_pattern).map_err(|error| error.message)?;
        Ok(Self {
            destination: document.destination_arn,
            role_arn: document.role_arn,
            filter_pattern: document.filter_pattern,
            by_log_stream: !matches!(document.distribution, Some(Distribution::Random)),
        })
    }

    /// Whether events go to the function of this name.
    pub(crate) fn is_to_function(&self, name: &str) -> bool {
        let Some(Target::Lambda(arn)) = Target::parse(&self.destination) else { return false };
        let named = arn.resource.strip_prefix("function:").unwrap_or_default();
        // An alias or a version may follow.
        named.split(':').next() == Some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_names_a_destination_and_may_say_more() {
        let parsed = AccountSubscriptionDocument::parse(r#"{"DestinationArn": "http://h/"}"#).unwrap();
        assert_eq!((parsed.filter_pattern.as_str(), parsed.by_log_stream, parsed.role_arn), ("", true, None));
        let text = r#"{"DestinationArn": "d", "RoleArn": "r", "FilterPattern": "ERROR", "Distribution": "Random"}"#;
        let parsed = AccountSubscriptionDocument::parse(text).unwrap();
        assert_eq!((parsed.filter_pattern.as_str(), parsed.by_log_stream), ("ERROR", false));
        for wrong in [
            "{}",
            "[]",
            "x",
            r#"{"DestinationArn": "d", "Distribution": "random"}"#,
            r#"{"DestinationArn": "d", "FilterPattern": "a-b"}"#,
            r#"{"DestinationArn": "d", "Other": 1}"#,
        ] {
            assert!(AccountSubscriptionDocument::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_function_is_known_by_its_name_with_or_without_a_version() {
        for (destination, expected) in [
            ("arn:aws:lambda:us-east-1:111122223333:function:f", true),
            ("arn:aws:lambda:us-east-1:111122223333:function:f:7", true),
            ("arn:aws:lambda:us-east-1:111122223333:function:ff", false),
            ("arn:aws:kinesis:us-east-1:111122223333:stream/f", false),
        ] {
            let document = format!(r#"{{"DestinationArn": "{destination}"}}"#);
            let parsed = AccountSubscriptionDocument::parse(&document).unwrap();
            assert_eq!(parsed.is_to_function("f"), expected, "{destination}");
        }
    }
}
