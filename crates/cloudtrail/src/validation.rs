//! What is said of inputs that break the model's constraints: CloudTrail has an error of its own for most members
//! (cloudtrail.md §3.4, §4.8, §10.2).

use api::ServiceError;
use api::cloudtrail::errors;
use wire::schema::Operation;
use wire::validate::{self, Violation};
use wire::value::Value;

use crate::ops::lookup_events;

/// Whether an input keeps to the model's constraints.
///
/// # Errors
/// The error of the first member that does not.
pub(crate) fn validate(operation: &'static Operation, input: &Value) -> Result<(), ServiceError> {
    let mut violations = operation.input.map(|shape| wire::validate(shape, input)).unwrap_or_default();
    // A tag's value may be empty (cloudtrail.md §4.2 step 10), whatever the model says.
    violations.retain(|violation| !is_empty_tag_value(violation));
    let Some(first) = violations.first() else { return Ok(()) };
    let member = first.path.split('.').next().unwrap_or_default();
    let message = validate::message(&violations);
    Err(match (operation.name, member) {
        ("LookupEvents", _) => lookup_events::validation_error(&first.path, message),
        ("PutEventSelectors", "eventSelectors") if first.path.ends_with("readWriteType") => {
            let value = quoted(&first.message).unwrap_or_default();
            errors::invalid_event_selectors_exception(format!("Value {value} for ReadWriteType is invalid."))
        }
        ("PutEventSelectors", "eventSelectors" | "advancedEventSelectors") => {
            errors::invalid_event_selectors_exception(message)
        }
        ("CreateEventDataStore" | "UpdateEventDataStore", "advancedEventSelectors") => {
            errors::invalid_event_selectors_exception(message)
        }
        (_, "eventDataStore") => errors::event_data_store_arn_invalid_exception(message),
        (_, "channel") => errors::channel_arn_invalid_exception(message),
        ("CreateChannel", "source") => errors::invalid_source_exception(message),
        ("StartQuery", "queryStatement") => errors::invalid_query_statement_exception(message),
        ("StartQuery", "deliveryS3Uri") => errors::invalid_s3_prefix_exception(message),
        ("ListQueries", "queryStatus") => errors::invalid_query_status_exception(message),
        ("GetQueryResults", "maxQueryResults") | ("ListQueries", "maxResults") => {
            errors::invalid_max_results_exception(message)
        }
        ("GetQueryResults" | "ListQueries", "nextToken") => errors::invalid_next_token_exception(message),
        ("ListEventDataStores", "maxResults") => errors::invalid_max_results_exception(message),
        ("StartImport", "destinations") | ("ListImports", "destination") => {
            errors::event_data_store_arn_invalid_exception(message)
        }
        ("ListEventDataStores" | "ListChannels" | "ListImports" | "ListImportFailures", "nextToken") => {
            errors::invalid_next_token_exception(message)
        }
        ("DeleteResourcePolicy" | "GetResourcePolicy" | "PutResourcePolicy", "resourceArn") => {
            errors::resource_arn_not_valid_exception(message)
        }
        ("PutResourcePolicy", "resourcePolicy") => errors::resource_policy_not_valid_exception(message),
        ("CreateChannel", "tags") | (_, "tagsList") => errors::invalid_tag_parameter_exception(message),
        ("PutInsightSelectors", "insightSelectors") => errors::invalid_insight_selectors_exception(message),
        ("CreateTrail" | "UpdateTrail" | "DeleteTrail" | "GetTrail" | "StartLogging" | "StopLogging", "name")
        | ("PutEventSelectors" | "GetEventSelectors" | "PutInsightSelectors" | "GetInsightSelectors", "trailName") => {
            errors::invalid_trail_name_exception(message)
        }
        ("CreateTrail", "s3BucketName") => errors::invalid_s3_bucket_name_exception(message),
        _ => errors::invalid_parameter_exception(message),
    })
}

fn is_empty_tag_value(violation: &Violation) -> bool {
    (violation.path.starts_with("tagsList.") || violation.path.starts_with("tags."))
        && violation.path.ends_with(".value")
        && violation.message.starts_with("Value ''")
}

/// The value in `Value 'X' at …`.
fn quoted(message: &str) -> Option<&str> {
    let rest = message.split_once('\'')?.1;
    rest.split_once("' at '").map(|(value, _)| value)
}
