//! The account's password policy, where there is one.

use api::iam::errors;
use api::{CallContext, ServiceError};
use store::catalog::Versioned;

use super::Iam;
use crate::record::PasswordPolicy;

/// The account's password policy.
///
/// # Errors
/// `NoSuchEntity`, in words that say domain for account (observed in AWS).
pub(crate) fn existing(iam: &Iam, cx: &CallContext) -> Result<Versioned<PasswordPolicy>, ServiceError> {
    iam.catalog.get::<PasswordPolicy>(&PasswordPolicy::key(cx.account())).ok_or_else(|| {
        let message = format!("The Password Policy with domain name {} cannot be found.", cx.account());
        errors::no_such_entity_exception(message)
    })
}
