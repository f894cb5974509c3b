//! What is said of inputs that break the model's constraints, where it differs from the generic form (logs.md W-6).

use api::ServiceError;
use api::logs::errors;
use wire::schema::Operation;
use wire::validate::{self, Violation};
use wire::value::Value;

/// Operations that know `ValidationException` and not `InvalidParameterException`: deliveries, scheduled queries and
/// tables in S3.
const NEWER: [&str; 28] = [
    "AssociateSourceToS3TableIntegration",
    "CreateDelivery",
    "CreateScheduledQuery",
    "DeleteDelivery",
    "DeleteDeliveryDestination",
    "DeleteDeliveryDestinationPolicy",
    "DeleteDeliverySource",
    "DeleteScheduledQuery",
    "DescribeConfigurationTemplates",
    "DescribeDeliveries",
    "DescribeDeliveryDestinations",
    "DescribeDeliverySources",
    "DisassociateSourceFromS3TableIntegration",
    "GetDelivery",
    "GetDeliveryDestination",
    "GetDeliveryDestinationPolicy",
    "GetDeliverySource",
    "GetScheduledQuery",
    "GetScheduledQueryHistory",
    "ListScheduledQueries",
    "ListSourcesForS3TableIntegration",
    "PutDeliveryDestination",
    "PutDeliveryDestinationPolicy",
    "PutDeliverySource",
    "UpdateDeliveryConfiguration",
    "UpdateScheduledQuery",
    "CreateImportTask",
    "ListAggregateLogGroupSummaries",
];

/// Whether an input keeps to the model's constraints.
///
/// # Errors
/// `InvalidParameterException` or `ValidationException`, as the operation knows them.
pub(crate) fn validate(operation: &'static Operation, input: &Value) -> Result<(), ServiceError> {
    let mut violations = operation.input.map(|shape| wire::validate(shape, input)).unwrap_or_default();
    if operation.name == "PutLogEvents" {
        // A bad entity does not fail the call (logs.md PE-8); the operation judges it.
        violations.retain(|violation| violation.path != "entity" && !violation.path.starts_with("entity."));
    }
    if operation.name == "PutMetricFilter" {
        violations.retain(|violation| !is_pattern_of_namespace(violation));
    }
    if violations.is_empty() {
        return Ok(());
    }
    if names_are_judged_first(operation) && is_long(input, "logGroupName") {
        let message = "Invalid LogGroup or LogStream, both must have length less than or equal to 512.";
        return Err(errors::invalid_parameter_exception(message));
    }
    for violation in &mut violations {
        hide_identifier(violation);
        if violation.path == "metricTransformations" {
            violation.message = unit_before_dimensions(&violation.message);
        }
    }
    let message = validate::message(&violations);
    match NEWER.contains(&operation.name) {
        true => Err(errors::validation_exception(message)),
        false => Err(errors::invalid_parameter_exception(message)),
    }
}

/// AWS takes namespaces that the model's pattern forbids (logs.md MF-2).
fn is_pattern_of_namespace(violation: &Violation) -> bool {
    violation.path.ends_with(".metricNamespace") && violation.message.contains("regular expression pattern")
}

/// AWS prints the members of transformations in an order that is not the model's (logs.md W-6).
fn unit_before_dimensions(message: &str) -> String {
    let swapped = |printed: &str| {
        let (before, rest) = printed.split_once(", dimensions=")?;
        let (dimensions, rest) = rest.split_once(", unit=")?;
        let (unit, after) = rest.split_once(')')?;
        Some(format!("{before}, unit={unit}, dimensions={dimensions}){after}"))
    };
    let parts = message.split("MetricTransformation(");
    let parts: Vec<String> = parts.map(|part| swapped(part).unwrap_or_else(|| part.to_owned())).collect();
    parts.join("MetricTransformation(")
}

/// logs.md LG-2: recorded of these two alone.
fn names_are_judged_first(operation: &Operation) -> bool {
    matches!(operation.name, "CreateLogGroup" | "DeleteMetricFilter")
}

fn is_long(input: &Value, member: &str) -> bool {
    input.get(member).and_then(Value::as_str).is_some_and(|text| text.chars().count() > 512)
}

/// AWS does not repeat identifiers of groups: `Value at 'logGroupIdentifier' failed …` (logs.md W-6).
fn hide_identifier(violation: &mut Violation) {
    if violation.path != "logGroupIdentifier" {
        return;
    }
    // The value may hold anything, quotes too: the clause's own end is what can be relied on.
    let shown = format!(" at '{}' failed to satisfy constraint: ", violation.path);
    if let Some(at) = violation.message.rfind(&shown) {
        violation.message = format!("Value{}", &violation.message[at..]);
    }
}

#[cfg(test)]
mod tests {
    use wire::value::Struct;

    use super::*;

    fn refusal(operation: &str, members: &[(&str, Value)]) -> (String, String) {
        let operation = api::logs::SERVICE.operation(operation).unwrap();
        let shape = operation.input.unwrap();
        let mut input = Struct::new(shape);
        for (name, value) in members {
            input.set(shape.structure().unwrap().member(name).unwrap().0, value.clone());
        }
        let error = validate(operation, &Value::Struct(input)).unwrap_err();
        (error.name.into_owned(), error.message.unwrap())
    }

    fn text(text: &str) -> Value {
        Value::String(text.to_owned())
    }

    #[test]
    fn long_names_of_groups_have_words_of_their_own() {
        let long = text(&"a".repeat(513));
        let words = "Invalid LogGroup or LogStream, both must have length less than or equal to 512.";
        let expected = ("InvalidParameterException".to_owned(), words.to_owned());
        assert_eq!(refusal("CreateLogGroup", &[("logGroupName", long.clone())]), expected);
        assert_eq!(
            refusal("DeleteMetricFilter", &[("logGroupName", long.clone()), ("filterName", text("f"))]),
            expected
        );
        let generic = refusal("DeleteLogGroup", &[("logGroupName", long)]).1;
        assert!(generic.ends_with("Member must have length less than or equal to 512"), "{generic}");
    }

    #[test]
    fn identifiers_are_not_repeated() {
        let arn = "arn:aws:logs:us-east-1:111122223333:log-group:a:*";
        assert_eq!(
            refusal("DescribeLogStreams", &[("logGroupIdentifier", text(arn))]).1,
            "1 validation error detected: Value at 'logGroupIdentifier' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: [\\w#+=/:,.@-]*"
        );
    }

    #[test]
    fn the_newer_operations_have_another_code() {
        let (code, message) = refusal("GetDelivery", &[]);
        assert_eq!(code, "ValidationException");
        assert_eq!(
            message,
            "1 validation error detected: Value null at 'id' failed to satisfy constraint: Member must not be null"
        );
        assert_eq!(refusal("GetLogEvents", &[]).0, "InvalidParameterException");
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        let members = [("logStreamName", text("s")), ("limit", Value::Integer(10_001))];
        assert_eq!(
            refusal("GetLogEvents", &members).1,
            "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have \
             value less than or equal to 10000"
        );
    }
}
