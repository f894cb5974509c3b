//! What a configuration of events is for (cloudtrail.md §9.1).

use api::ServiceError;
use api::cloudtrail::errors;
use lang::event_selector::StoreContent;

use super::stores::EventDataStore;

/// What the events are of, as it was named.
pub(crate) enum Configured<'a> {
    Trail(&'a str),
    EventDataStore(&'a str),
}

/// The one of the two that is given.
///
/// # Errors
/// `InvalidParameterCombinationException`
pub(crate) fn configured<'a>(trail: Option<&'a str>, store: Option<&'a str>) -> Result<Configured<'a>, ServiceError> {
    match (trail, store) {
        (Some(trail), None) => Ok(Configured::Trail(trail)),
        (None, Some(store)) => Ok(Configured::EventDataStore(store)),
        _ => Err(errors::invalid_parameter_combination_exception(
            "Specify either TrailName or EventDataStore, but not both.",
        )),
    }
}

/// Only stores that copy calls have a configuration.
///
/// # Errors
/// `InvalidEventDataStoreCategoryException`
pub(crate) fn check_category(store: &EventDataStore) -> Result<(), ServiceError> {
    match store.content() {
        StoreContent::Calls => Ok(()),
        _ => Err(errors::invalid_event_data_store_category_exception(
            "Event data stores of management events, data events and network activity alone can be configured.",
        )),
    }
}
