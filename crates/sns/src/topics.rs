//! Topics: their ARNs and records.

use api::sns::errors;
use api::{CallContext, ServiceError};
use base::{AccountId, Arn, Region, Scope};
use store::catalog::{Catalog, Key, Versioned};

use crate::record::TopicRecord;

/// A topic by its ARN. It belongs to the account in the ARN, whoever calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TopicName {
    /// The account that owns it, and its region.
    pub(crate) scope: Scope,
    /// Its name.
    pub(crate) name: String,
}

impl TopicName {
    /// The topic that a parameter names, in the region of the call.
    ///
    /// # Errors
    /// `InvalidParameter` in the words of cloudwatch.md §8.2.
    pub(crate) fn parse(cx: &CallContext, parameter: &str, arn: &str) -> Result<Self, ServiceError> {
        let topic = Self::of_arn(parameter, arn)?;
        match topic.scope.region == cx.region {
            true => Ok(topic),
            false => Err(errors::invalid_parameter_exception(format!("Invalid parameter: {parameter}"))),
        }
    }

    /// The topic that a parameter names, in whatever region.
    ///
    /// # Errors
    /// The same.
    pub(crate) fn of_arn(parameter: &str, arn: &str) -> Result<Self, ServiceError> {
        check_elements(parameter, arn)?;
        Self::read(arn).ok_or_else(|| errors::invalid_parameter_exception(format!("Invalid parameter: {parameter}")))
    }

    fn read(arn: &str) -> Option<Self> {
        let parsed: Arn = arn.parse().ok()?;
        let account: AccountId = parsed.account.parse().ok()?;
        let region: Region = parsed.region.parse().ok()?;
        let topic = Self { scope: Scope { account, region }, name: parsed.resource };
        // What is authorized is what is touched: each topic has one ARN.
        (is_name(&topic.name) && topic.arn() == arn).then_some(topic)
    }

    /// A topic of the caller.
    pub(crate) fn own(cx: &CallContext, name: &str) -> Self {
        Self { scope: cx.scope(), name: name.to_owned() }
    }

    /// The topic that a record's key names; `None` for a key without a region, as no topic has.
    pub(crate) fn of_key(key: &Key, name: &str) -> Option<Self> {
        let scope = Scope { account: key.account.clone(), region: key.region.clone()? };
        Some(Self { scope, name: name.to_owned() })
    }

    /// Its ARN.
    pub(crate) fn arn(&self) -> String {
        let Scope { account, region } = &self.scope;
        format!("arn:{}:sns:{region}:{account}:{}", region.partition().as_str(), self.name)
    }

    /// The key of something of this topic's account and region.
    pub(crate) fn key_of(&self, name: impl Into<String>) -> Key {
        Key::regional(&self.scope.account, &self.scope.region, name)
    }

    /// The key of its record.
    pub(crate) fn key(&self) -> Key {
        self.key_of(self.name.as_str())
    }

    /// Its record.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) fn find(&self, catalog: &Catalog) -> Result<Versioned<TopicRecord>, ServiceError> {
        catalog.get(&self.key()).ok_or_else(|| errors::not_found_exception("Topic does not exist"))
    }
}

/// # Errors
/// `InvalidParameter` when the text has fewer elements than every ARN has.
pub(crate) fn check_elements(parameter: &str, arn: &str) -> Result<(), ServiceError> {
    let elements = arn.split(':').count();
    match elements < 6 {
        true => Err(errors::invalid_parameter_exception(format!(
            "Invalid parameter: {parameter} Reason: An ARN must have at least 6 elements, not {elements}"
        ))),
        false => Ok(()),
    }
}

/// Whether a text can be a topic's name; a FIFO topic's ends in `.fifo`.
pub(crate) fn is_name(text: &str) -> bool {
    let stem = text.strip_suffix(".fifo").unwrap_or(text);
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !stem.is_empty() && text.len() <= 256 && stem.bytes().all(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(arn: &str) -> String {
        TopicName::of_arn("TopicArn", arn).unwrap_err().message.unwrap()
    }

    #[test]
    fn a_topic_has_one_arn() {
        let arn = "arn:aws-cn:sns:cn-north-1:111122223333:orders.fifo";
        let topic = TopicName::of_arn("TopicArn", arn).unwrap();
        assert_eq!((topic.name.as_str(), topic.arn().as_str()), ("orders.fifo", arn));
        for other in [
            "arn:aws:sns:cn-north-1:111122223333:orders",
            "arn:aws:sqs:us-east-1:111122223333:orders",
            "arn:aws:sns:us-east-1:11112222:orders",
            "arn:aws:sns:us-east-1:111122223333:orders:more",
            "arn:aws:sns:us-east-1:111122223333:",
        ] {
            assert_eq!(message(other), "Invalid parameter: TopicArn", "{other}");
        }
        assert_eq!(
            message("orders"),
            "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"
        );
    }

    #[test]
    fn names_have_letters_digits_dashes_and_underscores() {
        for good in ["a", "A-b_9", "a.fifo", &"x".repeat(256)] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", ".fifo", "a.b", "a b", "ä", "a:b", "a.fifo.fifo", &"x".repeat(257)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
