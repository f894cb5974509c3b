//! Types of resources: which are known, and what can be one (W-5).

use api::ServiceError;
use api::config::errors;
use wire::schema::{Kind, Shape};

/// Types that the server knows and AWS's model does not.
const OWN: &[&str] = &["AWS::EC2::KeyPair", "AWS::Logs::LogGroup"];

/// IAM's types, which belong to no region; recording all types records them only when it is said so (REC-7).
pub const GLOBAL_IAM: &[&str] = &["AWS::IAM::Group", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::User"];

/// What says how a recorder is set up; it is recorded always (REC-8).
pub const RECORDER: &str = "AWS::Config::ConfigurationRecorder";

/// How rules judge a resource.
pub const RESOURCE_COMPLIANCE: &str = "AWS::Config::ResourceCompliance";

/// How rules of a conformance pack judge (config.md §8.2).
pub const PACK_COMPLIANCE: &str = "AWS::Config::ConformancePackCompliance";

/// Types that are recorded continuously, whatever is said (REC-9).
pub const ALWAYS_CONTINUOUS: &[&str] = &[PACK_COMPLIANCE, RECORDER, RESOURCE_COMPLIANCE];

/// The types of AWS's model, in its order.
pub fn of_model() -> &'static [&'static str] {
    match input_member(&api::config::SERVICE, "GetResourceConfigHistory", "resourceType").map(|shape| &shape.kind) {
        Some(Kind::String(text)) => text.values,
        _ => &[],
    }
}

fn input_member(service: &'static wire::schema::Service, operation: &str, member: &str) -> Option<&'static Shape> {
    let operation = service.operations.iter().find(|known| known.name == operation)?;
    let (_, member) = operation.input?.structure()?.member(member)?;
    Some(member.shape)
}

/// Whether a type can be named in a recording group: one of the model's, of the server's own, or one of others'.
pub fn is_known(resource_type: &str) -> bool {
    of_model().contains(&resource_type) || OWN.contains(&resource_type) || is_third_party(resource_type)
}

/// Whether a text can be a type: `Org::Service::Type`, `Org::Type`, or the account.
pub fn is_type(text: &str) -> bool {
    let is_part = |part: &str| (2..=64).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let parts: Vec<_> = text.split("::").collect();
    text == crate::item::ACCOUNT_TYPE || ((2..=3).contains(&parts.len()) && parts.into_iter().all(is_part))
}

/// # Errors
/// `InvalidParameterValueException` for what cannot be a type, which nothing would ever be of. The text is ours.
pub(crate) fn check_type(text: &str) -> Result<(), ServiceError> {
    match is_type(text) {
        true => Ok(()),
        false => Err(errors::invalid_parameter_value_exception(format!(
            "The resource type {text} is invalid: it is not of the form AWS::Service::Type."
        ))),
    }
}

/// Whether a type is one that callers put themselves, and not AWS's.
pub fn is_third_party(resource_type: &str) -> bool {
    is_type(resource_type) && resource_type.split("::").count() == 3 && !is_reserved(resource_type)
}

/// Whether the organisation of a type is one that callers may not use (H-6).
pub fn is_reserved(resource_type: &str) -> bool {
    let organisation = resource_type.split("::").next().unwrap_or_default();
    ["aws", "amzn", "amazon", "alexa", "custom"].iter().any(|reserved| organisation.eq_ignore_ascii_case(reserved))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_a_type_and_what_is_known() {
        for (text, type_, known) in [
            ("AWS::EC2::Instance", true, true),
            ("AWS::::Account", true, false),
            ("AWS::Logs::LogGroup", true, true),
            ("AWS::EC2::Nothing", true, false),
            ("MyOrg::Net::Router", true, true),
            ("My-Org::Net::Router", false, false),
            ("Custom::Net::Router", true, false),
            ("A::Net::Router", false, false),
            ("AWS::EC2", true, false),
            ("Instance", false, false),
            ("", false, false),
        ] {
            assert_eq!((is_type(text), is_known(text)), (type_, known), "{text}");
        }
        assert_eq!(of_model().len(), 533);
    }
}
