//! CloudTrail's operations, one file each.

use api::cloudtrail::errors;
use api::{OperationTable, ServiceError, operations};

use crate::service::CloudTrail;

mod lookup_events;

/// The operations that are built.
pub fn table() -> OperationTable<CloudTrail> {
    operations! { CloudTrail;
        api::cloudtrail::LookupEvents => lookup_events::lookup_events;
    }
}

/// CloudTrail has an error of its own for most members (cloudtrail.md §3.4, §10.2).
pub fn validation_error(operation: &str, paths: &[String], message: String) -> ServiceError {
    match (operation, paths.first().map(String::as_str)) {
        ("LookupEvents", Some(path)) => lookup_events::validation_error(path, message),
        _ => errors::invalid_parameter_exception(message),
    }
}
