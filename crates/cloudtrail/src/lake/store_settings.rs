//! What an event data store can be set up as (cloudtrail.md §7.1).

use api::ServiceError;
use api::cloudtrail::{errors, types};
use lang::event_selector::{FieldSelector, Invalid, Selector, StoreContent, check_for_store};

use super::stores::Billing;
use crate::trails::{advanced_of_api, is_key_reference};

/// Days of retention at most, with each way of paying.
const EXTENDABLE_DAYS_MAX: u32 = 3653;
const FIXED_DAYS_MAX: u32 = 2557;
/// Days of retention, unless asked for otherwise.
const EXTENDABLE_DAYS: u32 = 366;
const FIXED_DAYS: u32 = 2557;
const DAYS_MIN: u32 = 7;

/// The way of paying.
pub(crate) fn billing_of_api(mode: types::BillingMode) -> Billing {
    match mode {
        types::BillingMode::ExtendableRetentionPricing => Billing::ExtendableRetention,
        types::BillingMode::FixedRetentionPricing => Billing::FixedRetention,
    }
}

/// Days of retention; `asked` for, or what goes without saying with this way of paying.
///
/// # Errors
/// `InvalidParameterException`
pub(crate) fn retention_days(asked: Option<i32>, billing: Billing) -> Result<u32, ServiceError> {
    let (default, most) = match billing {
        Billing::ExtendableRetention => (EXTENDABLE_DAYS, EXTENDABLE_DAYS_MAX),
        Billing::FixedRetention => (FIXED_DAYS, FIXED_DAYS_MAX),
    };
    let Some(asked) = asked else { return Ok(default) };
    let days = u32::try_from(asked).ok().filter(|days| (DAYS_MIN..=most).contains(days));
    days.ok_or_else(|| {
        let message = format!("A retention period of {asked} is invalid. Specify between {DAYS_MIN} and {most} days.");
        errors::invalid_parameter_exception(message)
    })
}

/// The selectors of a store that was given none: all management events.
pub(crate) fn default_selectors() -> Vec<Selector> {
    let fields = vec![FieldSelector::equal("eventCategory", &["Management"])];
    vec![Selector { name: Some("Default management events".to_owned()), fields }]
}

/// Checked selectors, with what they make a store keep.
///
/// # Errors
/// `InvalidEventSelectorsException`; `UnsupportedOperationException` for events that nothing on this server makes.
pub(crate) fn selectors_of_api(
    selectors: Vec<types::AdvancedEventSelector>,
) -> Result<(Vec<Selector>, StoreContent), ServiceError> {
    let selectors = advanced_of_api(selectors);
    let invalid = |Invalid(text): Invalid| errors::invalid_event_selectors_exception(text);
    match check_for_store(&selectors).map_err(invalid)? {
        StoreContent::ConfigurationItems | StoreContent::Evidence => Err(errors::unsupported_operation_exception(
            "This server puts neither configuration items nor evidence into event data stores.",
        )),
        content => Ok((selectors, content)),
    }
}

/// A store belongs to its account alone.
///
/// # Errors
/// `OrganizationsNotInUseException`
pub(crate) fn check_organization(asked: Option<bool>) -> Result<(), ServiceError> {
    match asked {
        Some(true) => Err(errors::organizations_not_in_use_exception(
            "This server has no organizations; an event data store can be one of its account alone.",
        )),
        _ => Ok(()),
    }
}

/// There is no provider of keys, so none can be used.
///
/// # Errors
/// `InsufficientEncryptionPolicyException` for what could name a key, `InvalidKmsKeyIdException` for any other text.
pub(crate) fn check_key(asked: Option<&str>) -> Result<(), ServiceError> {
    match asked {
        None => Ok(()),
        Some(key) if is_key_reference(key) => Err(errors::insufficient_encryption_policy_exception(format!(
            "Insufficient permissions to access KMS key {key}. This server has no provider of keys."
        ))),
        Some(key) => Err(errors::invalid_kms_key_id_exception(format!("Invalid keyId {key}"))),
    }
}
