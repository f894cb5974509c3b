//! The operations on rules and packs of organizations, of which no account here is a member.

use api::config::errors;
use api::{CallContext, ServiceError};

use crate::service::Config;

/// Answers as AWS does to an account outside of every organization, whatever it asks (config.md §8.3).
///
/// # Errors
/// `OrganizationAccessDeniedException`, with the text that was recorded of `DescribeOrganizationConformancePacks`.
pub async fn refuse<Input, Output>(_config: &Config, _cx: &CallContext, _input: Input) -> Result<Output, ServiceError> {
    let message = "This action can only be made by accounts in an AWS Organization";
    Err(errors::organization_access_denied_exception(message))
}
