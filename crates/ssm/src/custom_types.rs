//! Types of inventory that callers made up: each is known from when it is first told until it is deleted.

use api::ServiceError;
use api::ssm::errors;
use base::Scope;
use store::catalog::{Catalog, Expect, Key, Transaction};

use crate::content::Entry;
use crate::inventory_types::version_number;
use crate::record::CustomTypeRecord;

/// Attributes of a type.
const ATTRIBUTES_MAX: usize = 50;

/// The key of a type.
pub(crate) fn key(scope: &Scope, type_name: &str) -> Key {
    Key::regional(&scope.account, &scope.region, type_name)
}

/// The types of an account and region, by name.
pub(crate) fn all(catalog: &Catalog, scope: &Scope) -> Vec<(String, CustomTypeRecord)> {
    let all = catalog.list::<CustomTypeRecord>(&scope.account, Some(&scope.region)).into_iter();
    all.map(|(name, found)| (name, CustomTypeRecord::clone(&found.value))).collect()
}

/// Whether inventory in this version of a type's schema is passed over.
pub(crate) fn is_disabled(catalog: &Catalog, scope: &Scope, type_name: &str, version: &str) -> bool {
    let found = catalog.get::<CustomTypeRecord>(&key(scope, type_name));
    let disabled = found.and_then(|found| found.value.disabled_version.clone());
    disabled.is_some_and(|disabled| version_number(version) <= version_number(&disabled))
}

/// Makes a type known with the attributes that these entries have, where it is not yet.
///
/// # Errors
/// `InvalidItemContentException` for too many attributes, `CustomSchemaCountLimitExceededException` for too many types.
pub(crate) fn note(
    catalog: &Catalog,
    transaction: &mut Transaction,
    scope: &Scope,
    (type_name, version): (&str, &str),
    entries: &[Entry],
    types_max: usize,
) -> Result<(), ServiceError> {
    let key = key(scope, type_name);
    let found = catalog.get::<CustomTypeRecord>(&key);
    let mut record = found.as_ref().map(|found| CustomTypeRecord::clone(&found.value)).unwrap_or_default();
    record.attributes.extend(entries.iter().flat_map(Entry::keys).cloned());
    if record.attributes.len() > ATTRIBUTES_MAX {
        let message = format!("The type {type_name} has more than {ATTRIBUTES_MAX} attributes.");
        return Err(crate::answer::of_type(errors::invalid_item_content_exception(message), type_name));
    }
    if found.is_none() || version_number(version) > version_number(&record.version) {
        version.clone_into(&mut record.version);
    }
    match found {
        Some(found) if *found.value == record => {
            // A deletion meanwhile must not leave entries of a type that is not known.
            transaction.check::<CustomTypeRecord>(key, Expect::Version(found.version));
        }
        Some(found) => drop(transaction.update(key, found.version, &record)),
        None => {
            if all(catalog, scope).len() >= types_max {
                let message = format!("There are {types_max} custom inventory types already.");
                return Err(errors::custom_schema_count_limit_exceeded_exception(message));
            }
            transaction.create(key, &record);
        }
    }
    Ok(())
}
