//! Tags of groups, and of other resources that have them (logs.md TG-1).

use api::ServiceError;
use api::logs::errors;
use wire::value::Value;

/// Tags one resource can have.
const TAGS_MAX: usize = 50;

/// Tags in the order they were first set.
pub(crate) type Tags = Vec<(String, String)>;

/// The tags after some are set.
///
/// # Errors
/// `InvalidParameterException` for a reserved key; what `too_many` says past fifty.
pub(crate) fn merged(
    mut tags: Tags,
    given: &[(String, String)],
    too_many: impl FnOnce() -> ServiceError,
) -> Result<Tags, ServiceError> {
    for (key, value) in given {
        if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
            let message = format!("The tag key {key} is reserved: tag keys must not start with aws:.");
            return Err(errors::invalid_parameter_exception(message));
        }
        match tags.iter_mut().find(|(known, _)| known == key) {
            Some((_, known)) => known.clone_from(value),
            None => tags.push((key.clone(), value.clone())),
        }
    }
    match tags.len() > TAGS_MAX {
        true => Err(too_many()),
        false => Ok(tags),
    }
}

/// The tags after some keys are taken away; absent ones are no error (logs.md TG-3).
pub(crate) fn without(mut tags: Tags, keys: &[String]) -> Tags {
    tags.retain(|(key, _)| !keys.contains(key));
    tags
}

/// For the operations that go by ARNs (logs.md TG-1).
pub(crate) fn too_many_of(arn: &str) -> ServiceError {
    let message = format!("The resource {arn} can have at most {TAGS_MAX} tags.");
    let name = Value::String(arn.to_owned());
    errors::too_many_tags_exception(message).with_member(errors::TOO_MANY_TAGS_EXCEPTION, "resourceName", name)
}

/// For the operations that go by names.
pub(crate) fn too_many() -> ServiceError {
    errors::invalid_parameter_exception(format!("A log group can have at most {TAGS_MAX} tags."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_key_keeps_its_place_and_can_be_taken_away() {
        let tags = merged(Vec::new(), &pairs(&[("a", "1"), ("b", "2"), ("a", "3")]), too_many).unwrap();
        assert_eq!(tags, pairs(&[("a", "3"), ("b", "2")]));
        assert_eq!(without(tags, &["a".to_owned(), "absent".to_owned()]), pairs(&[("b", "2")]));
    }

    #[test]
    fn reserved_keys_and_the_fifty_first_tag_are_refused() {
        let reserved = merged(Vec::new(), &pairs(&[("AWS:x", "")]), too_many).unwrap_err();
        assert_eq!(reserved.name, "InvalidParameterException");
        let many: Tags = (0..51).map(|n| (format!("k{n}"), String::new())).collect();
        let refused = merged(Vec::new(), &many, || too_many_of("arn")).unwrap_err();
        assert_eq!(refused.name, "TooManyTagsException");
        assert!(merged(Vec::new(), &many[..50], too_many).is_ok());
    }
}
