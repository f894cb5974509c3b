//! Keys for encryption (logs.md KM-1): there is no provider of keys, so every key is refused.

use api::ServiceError;
use api::logs::errors;

/// The refusal of a key for a resource.
pub(crate) fn no_key(arn: &str) -> ServiceError {
    // AWS's words, and the reason.
    errors::invalid_parameter_exception(format!(
        "The specified KMS key does not exist or is not allowed to be used with Arn '{arn}': this server has no \
         provider of keys."
    ))
}
