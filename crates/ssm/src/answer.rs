//! Parts of answers that several operations have.

use std::collections::BTreeMap;

use api::ServiceError;
use api::ssm::{errors, types};
use wire::value::Value;

use crate::content::Entry;

/// The error with the type of inventory that it is about.
pub(crate) fn of_type(error: ServiceError, type_name: &str) -> ServiceError {
    let shape = match &*error.name {
        "InvalidItemContentException" => errors::INVALID_ITEM_CONTENT_EXCEPTION,
        "ItemContentMismatchException" => errors::ITEM_CONTENT_MISMATCH_EXCEPTION,
        "ItemSizeLimitExceededException" => errors::ITEM_SIZE_LIMIT_EXCEEDED_EXCEPTION,
        "UnsupportedInventoryItemContextException" => errors::UNSUPPORTED_INVENTORY_ITEM_CONTEXT_EXCEPTION,
        _ => return error,
    };
    error.with_member(shape, "TypeName", Value::String(type_name.to_owned()))
}

/// Entries as the API has them.
pub(crate) fn entries(entries: Vec<Entry>) -> Vec<Vec<(String, String)>> {
    entries.into_iter().map(|entry| entry.into_iter().collect()).collect()
}

/// Tags as the API has them.
pub(crate) fn tags(tags: &BTreeMap<String, String>) -> Vec<types::Tag> {
    tags.iter().map(|(key, value)| types::Tag { key: key.clone(), value: value.clone() }).collect()
}
