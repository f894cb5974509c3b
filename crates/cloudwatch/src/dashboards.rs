//! Dashboards: their names, ARNs and records (cloudwatch.md §5.2).

use api::cloudwatch::errors;
use api::{CallContext, ServiceError};
use base::AccountId;
use store::Catalog;
use store::catalog::{Key, Versioned};

use crate::record::DashboardRecord;

/// The longest name.
const NAME_LENGTH_MAX: usize = 255;

/// Checks a dashboard's name.
///
/// # Errors
/// `InvalidParameterValue`. The text on characters is recorded, with its line break at the
/// end; the one on length is ours.
pub(crate) fn check_name(name: &str) -> Result<(), ServiceError> {
    if name.is_empty() || name.len() > NAME_LENGTH_MAX {
        let message = "The value for field DashboardName must be between 1 and 255 characters long.\n";
        return Err(errors::invalid_parameter_value_exception(message));
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        let message = "The value for field DashboardName contains invalid characters. \
                       It can only contain alphanumerics, dash (-) and underscore (_).\n";
        return Err(errors::invalid_parameter_value_exception(message));
    }
    Ok(())
}

/// The key of a dashboard: dashboards are global in their account.
pub(crate) fn key(account: &AccountId, name: &str) -> Key {
    Key::global(account, name)
}

/// The ARN, which names no region.
pub(crate) fn arn(cx: &CallContext, name: &str) -> String {
    cx.arn_of("cloudwatch", "", format!("dashboard/{name}")).to_string()
}

/// The dashboard of this name.
///
/// # Errors
/// `DashboardNotFoundError`.
pub(crate) fn find(
    catalog: &Catalog,
    cx: &CallContext,
    name: &str,
) -> Result<Versioned<DashboardRecord>, ServiceError> {
    catalog.get(&key(cx.account(), name)).ok_or_else(|| not_found(&[name]))
}

/// The error for dashboards that do not exist. Clients look for "does not exist".
pub(crate) fn not_found(names: &[&str]) -> ServiceError {
    let names = names.join(", ");
    errors::dashboard_not_found_error(format!("The specified dashboard does not exist. [{names}]"))
}
