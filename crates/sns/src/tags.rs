//! Tags of topics.

use api::ServiceError;
use api::sns::{errors, types};

/// Tags one topic can have.
const TAGS_MAX: usize = 50;

/// The tags after some are set.
///
/// # Errors
/// `InvalidParameter` for a key given twice or a reserved one, `TagLimitExceeded`.
pub(crate) fn merged(
    mut tags: Vec<(String, String)>,
    given: &[types::Tag],
) -> Result<Vec<(String, String)>, ServiceError> {
    let invalid = |what: &str| Err(errors::invalid_parameter_exception(format!("Invalid parameter: {what}")));
    for (at, types::Tag { key, value }) in given.iter().enumerate() {
        if given[..at].iter().any(|earlier| earlier.key == *key) {
            return invalid("Duplicated keys are not allowed.");
        }
        if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
            return invalid("Tags Reason: keys that begin with aws: are reserved");
        }
        match tags.iter_mut().find(|(known, _)| known == key) {
            Some((_, known)) => known.clone_from(value),
            None => tags.push((key.clone(), value.clone())),
        }
    }
    match tags.len() > TAGS_MAX {
        true => {
            let message = "Could not complete request: tag quota of per resource exceeded";
            Err(errors::tag_limit_exceeded_exception(message))
        }
        false => Ok(tags),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(pairs: &[(&str, &str)]) -> Vec<types::Tag> {
        pairs.iter().map(|(key, value)| types::Tag { key: (*key).to_owned(), value: (*value).to_owned() }).collect()
    }

    #[test]
    fn a_key_keeps_its_place_and_may_not_be_given_twice() {
        let tags = merged(Vec::new(), &given(&[("a", "1"), ("b", "2")])).unwrap();
        let tags = merged(tags, &given(&[("a", "3")])).unwrap();
        assert_eq!(tags, [("a".to_owned(), "3".to_owned()), ("b".to_owned(), "2".to_owned())]);
        let twice = merged(Vec::new(), &given(&[("a", "1"), ("a", "2")])).unwrap_err();
        assert_eq!(twice.message.unwrap(), "Invalid parameter: Duplicated keys are not allowed.");
        assert!(merged(Vec::new(), &given(&[("AWS:a", "1")])).is_err());
    }

    #[test]
    fn the_fifty_first_tag_is_refused() {
        let keys: Vec<String> = (0..51).map(|n| format!("k{n}")).collect();
        let pairs: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "")).collect();
        assert_eq!(merged(Vec::new(), &given(&pairs)).unwrap_err().code, "TagLimitExceeded");
        assert!(merged(Vec::new(), &given(&pairs[..50])).is_ok());
    }
}
