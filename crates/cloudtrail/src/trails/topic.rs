//! The topic of a trail, by name or ARN (cloudtrail.md §4.2 step 7).

use api::ServiceError;
use api::cloudtrail::errors;
use base::{Arn, Scope};
use serde::{Deserialize, Serialize};

const LENGTH_MAX: usize = 256;

/// A topic as it was given, and its ARN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TopicReference {
    pub(crate) given: String,
    pub(crate) arn: String,
}

/// The topic that a text names, for a trail homed here.
///
/// # Errors
/// `InvalidSnsTopicNameException`
pub(crate) fn topic_reference(given: &str, scope: &Scope) -> Result<TopicReference, ServiceError> {
    let invalid = |message: &str| errors::invalid_sns_topic_name_exception(message);
    if given.len() > LENGTH_MAX {
        return Err(invalid("The SNS topic name is longer than 256 characters."));
    }
    let arn = match given.starts_with("arn:") {
        false => Arn {
            partition: scope.region.partition().as_str().to_owned(),
            service: "sns".to_owned(),
            region: scope.region.to_string(),
            account: scope.account.to_string(),
            resource: given.to_owned(),
        },
        true => {
            let arn: Option<Arn> = given.parse().ok();
            let arn = arn.filter(|arn| arn.service == "sns" && !arn.region.is_empty() && !arn.account.is_empty());
            arn.ok_or_else(|| invalid("The SNS topic ARN is not valid."))?
        }
    };
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if arn.resource.ends_with(".fifo") {
        return Err(invalid("CloudTrail does not publish to FIFO topics."));
    }
    if !arn.resource.bytes().all(inside) {
        return Err(invalid("The SNS topic name is not valid."));
    }
    Ok(TopicReference { given: given.to_owned(), arn: arn.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_expanded_and_arns_taken_as_they_are() {
        let scope = Scope { account: "111122223333".parse().unwrap(), region: "eu-west-1".parse().unwrap() };
        let arn = |given| topic_reference(given, &scope).map(|topic| topic.arn);
        assert_eq!(arn("news").unwrap(), "arn:aws:sns:eu-west-1:111122223333:news");
        let elsewhere = "arn:aws:sns:us-east-1:444455556666:news";
        assert_eq!(arn(elsewhere).unwrap(), elsewhere);
        for bad in ["a b", "news.fifo", "arn:aws:sqs:us-east-1:444455556666:q", "arn:aws", &"x".repeat(257)] {
            assert_eq!(arn(bad).unwrap_err().name, "InvalidSnsTopicNameException", "{bad}");
        }
    }
}
