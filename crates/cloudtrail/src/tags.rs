//! Tags of trails, event data stores and channels (cloudtrail.md §4.10).

mod resource;

use api::ServiceError;
use api::cloudtrail::{errors, types};

pub(crate) use resource::Tagged;

const TAGS_MAX: usize = 50;
const KEY_CHARS_MAX: usize = 128;
const VALUE_CHARS_MAX: usize = 256;

/// A resource's tags, in the order they were first set.
pub(crate) type Tags = Vec<(String, Option<String>)>;

/// The tags with others added: a key that is there keeps its place.
///
/// # Errors
/// `InvalidTagParameterException`, `TagsLimitExceededException`
pub(crate) fn with(mut tags: Tags, added: &[types::Tag]) -> Result<Tags, ServiceError> {
    for (place, tag) in added.iter().enumerate() {
        check(tag)?;
        if added[..place].iter().any(|before| before.key == tag.key) {
            let message = format!("The tag key {} is given more than once.", tag.key);
            return Err(errors::invalid_tag_parameter_exception(message));
        }
        match tags.iter_mut().find(|(key, _)| *key == tag.key) {
            Some((_, value)) => value.clone_from(&tag.value),
            None => tags.push((tag.key.clone(), tag.value.clone())),
        }
    }
    if tags.len() > TAGS_MAX {
        let message = format!("A resource can have at most {TAGS_MAX} tags.");
        return Err(errors::tags_limit_exceeded_exception(message));
    }
    Ok(tags)
}

fn check(tag: &types::Tag) -> Result<(), ServiceError> {
    let inside = |char: char| char.is_alphanumeric() || char.is_whitespace() || "_.:/=+-@".contains(char);
    let value = tag.value.as_deref().unwrap_or_default();
    let (key_chars, value_chars) = (tag.key.chars().count(), value.chars().count());
    let is_legal = (1..=KEY_CHARS_MAX).contains(&key_chars)
        && value_chars <= VALUE_CHARS_MAX
        && tag.key.chars().chain(value.chars()).all(inside)
        && !tag.key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"));
    match is_legal {
        true => Ok(()),
        false => Err(errors::invalid_tag_parameter_exception(format!("The tag {} is not valid.", tag.key))),
    }
}

/// The tags as the API has them.
pub(crate) fn to_api(tags: &Tags) -> Vec<types::Tag> {
    tags.iter().map(|(key, value)| types::Tag { key: key.clone(), value: value.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Vec<types::Tag> {
        let tag = |(key, value): &(&str, &str)| types::Tag { key: (*key).to_owned(), value: Some((*value).to_owned()) };
        pairs.iter().map(tag).collect()
    }

    #[test]
    fn a_key_keeps_its_place_and_gets_its_new_value() {
        let first = with(Vec::new(), &tags(&[("a", "1"), ("b", "")])).unwrap();
        let second = with(first, &tags(&[("a", "2"), ("c", "3")])).unwrap();
        let pairs: Vec<_> = second.iter().map(|(key, value)| (key.as_str(), value.as_deref().unwrap())).collect();
        assert_eq!(pairs, [("a", "2"), ("b", ""), ("c", "3")]);
    }

    #[test]
    fn doubled_and_illegal_keys_and_the_fifty_first_are_refused() {
        for bad in [&[("a", "1"), ("a", "2")][..], &[("aws:x", "")], &[("a*", "")], &[("k", &"v".repeat(257))]] {
            assert_eq!(with(Vec::new(), &tags(bad)).unwrap_err().name, "InvalidTagParameterException");
        }
        let many: Vec<_> = (0..51).map(|number| types::Tag { key: format!("k{number}"), value: None }).collect();
        assert_eq!(with(Vec::new(), &many).unwrap_err().name, "TagsLimitExceededException");
        assert!(with(Vec::new(), &many[..50]).is_ok());
    }
}
