//! Reading documents that must be objects.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Reads a JSON object as a structure. Read directly, a list of the members' values would do as well.
///
/// # Errors
/// The text is not an object of that form.
pub(crate) fn read_object<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    let members: Map<String, Value> = serde_json::from_str(text)?;
    serde_json::from_value(members.into())
}
