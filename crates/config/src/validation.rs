//! What is said of inputs that break the model's constraints, where AWS's own text is another than the validator's
//! (W-4, W-5).

use api::ServiceError;
use api::config::errors;
use wire::schema::Operation;
use wire::validate::{self, Violation};
use wire::value::Value;

use crate::resource_types::is_type;

/// Characters of a rule's name.
const RULE_NAME_CHARS_MAX: usize = 128;

/// Whether an input keeps to the model's constraints.
///
/// # Errors
/// `ValidationException`, or `InvalidLimitException` for a limit.
pub(crate) fn validate(operation: &'static Operation, input: &Value) -> Result<(), ServiceError> {
    let mut violations = operation.input.map(|shape| wire::validate(shape, input)).unwrap_or_default();
    violations.retain(|violation| !is_checked_later(violation));
    let is_limit = |violation: &&Violation| {
        violation.path == "limit" || (operation.name.starts_with("Select") && violation.path == "maxResults")
    };
    if let Some(limit) = violations.iter().find(is_limit) {
        return Err(errors::invalid_limit_exception(limit.message.clone()));
    }
    for violation in violations.iter_mut().filter(|violation| violation.path.ends_with("recordingStrategy.useOnly")) {
        // AWS has the words in another order than its model.
        if let Some((start, _)) = violation.message.split_once(": [") {
            violation.message = format!(
                "{start}: [INCLUSION_BY_RESOURCE_TYPES, ALL_SUPPORTED_RESOURCE_TYPES, EXCLUSION_BY_RESOURCE_TYPES]"
            );
        }
    }
    match violations.is_empty() {
        true => Ok(()),
        false => Err(errors::validation_exception(validate::message(&violations))),
    }
}

/// Whether the operation itself says what is wrong, or nothing is.
fn is_checked_later(violation: &Violation) -> bool {
    let Violation { path, message } = violation;
    // Types that the model lacks (W-5); recording groups name all that are unknown together.
    let is_of_type = message.contains("Member must satisfy enum value set: [AWS::");
    let is_listed = path.contains("resourceTypes") && path.starts_with("configurationRecorder.");
    let names_type = value(message).is_some_and(is_type);
    let is_type_that_can_be = is_of_type && (is_listed || names_type || path.starts_with("resourceTypes"));
    // Empty names have errors of their own (REC-1, DC 2).
    let is_name = matches!(path.as_str(), "configurationRecorder.name" | "deliveryChannel.name");
    let is_empty_name = is_name && value(message) == Some("");
    // Some operations have a shorter limit for names in the model than those that take the names.
    let is_rule_name = path == "configRuleName" || path.starts_with("filters.configRuleNames");
    let is_short = is_rule_name && message.contains("less than or equal to 64");
    let is_name_that_can_be =
        is_short && value(message).is_some_and(|name| name.chars().count() <= RULE_NAME_CHARS_MAX);
    is_type_that_can_be || is_empty_name || is_name_that_can_be
}

/// The value in `Value 'X' at …`.
fn value(message: &str) -> Option<&str> {
    let rest = message.split_once('\'')?.1;
    rest.split_once("' at '").map(|(value, _)| value)
}
