//! Tags of users, roles and policies.

use api::ServiceError;
use api::iam::{errors, types};

use super::paging::{Page, page};
use super::shapes::tag_list;
use crate::record::{Tag, Tagged, fold};

/// Tags one resource can have.
const TAGS_MAX: usize = 50;

/// The tags of a new resource.
pub(crate) fn initial(given: Option<Vec<types::Tag>>) -> Result<Vec<Tag>, ServiceError> {
    merged(&[], given.unwrap_or_default())
}

/// The tags after some are set: a key that differs by case alone is the same key, and takes
/// the new case.
pub(crate) fn merged(before: &[Tag], given: Vec<types::Tag>) -> Result<Vec<Tag>, ServiceError> {
    let mut keys: Vec<String> = given.iter().map(|tag| fold(&tag.key)).collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.len() != given.len() {
        let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
        return Err(errors::invalid_input_exception(message));
    }
    if given.iter().any(|tag| fold(&tag.key).starts_with("aws:")) {
        let message = "aws: prefixed tag key names are not allowed for external use.";
        return Err(errors::invalid_input_exception(message));
    }
    let mut tags = before.to_vec();
    for types::Tag { key, value } in given {
        match tags.iter_mut().find(|tag| fold(&tag.key) == fold(&key)) {
            Some(tag) => *tag = Tag { key, value },
            None => tags.push(Tag { key, value }),
        }
    }
    if tags.len() > TAGS_MAX {
        return Err(errors::limit_exceeded_exception("The number of tags has reached the maximum limit."));
    }
    Ok(tags)
}

/// Removes tags; keys that are not there are no error (documented).
pub(crate) fn remove(record: &mut impl Tagged, keys: &[String]) {
    record.tags_mut().retain(|tag| !keys.iter().any(|key| fold(key) == fold(&tag.key)));
}

/// A page of tags, by key.
pub(crate) fn list(
    tags: &[Tag],
    marker: Option<&str>,
    max_items: Option<i32>,
) -> Result<Page<types::Tag>, ServiceError> {
    let mut items: Vec<(String, types::Tag)> = tag_list(tags).into_iter().map(|tag| (fold(&tag.key), tag)).collect();
    items.sort_by(|(a, _), (b, _)| a.cmp(b));
    page(items, marker, max_items)
}
