//! Tags of what has an ARN (config.md §8.5).

use api::config::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::service::Config;
use crate::tagged::{self, Tagged};

const TAGS_MAX: usize = 50;

/// Tags, in the order in which they were first set.
pub(crate) type Tags = Vec<(String, String)>;

/// The tags with others set.
///
/// # Errors
/// `ValidationException`, `TooManyTagsException`, or `InvalidInput` for keys that differ in case alone.
pub(crate) fn with(mut tags: Tags, given: &[types::Tag]) -> Result<Tags, ServiceError> {
    if given.len() > TAGS_MAX {
        let message = "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50.";
        return Err(errors::validation_exception(message));
    }
    let mut seen = std::collections::HashSet::new();
    for (at, tag) in given.iter().enumerate() {
        let (key, value) = (tag.key.clone().unwrap_or_default(), tag.value.clone().unwrap_or_default());
        if key.is_empty() || !key.chars().all(is_legal) {
            return Err(illegal(&key, at, "key", "+"));
        }
        if !value.chars().all(is_legal) {
            return Err(illegal(&value, at, "value", "*"));
        }
        if !seen.insert(key.to_lowercase()) {
            let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return Err(ServiceError::common("InvalidInput", "InvalidInput", 400, message));
        }
        match tags.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = value,
            None => tags.push((key, value)),
        }
    }
    match tags.len() > TAGS_MAX {
        true => Err(errors::too_many_tags_exception("You have reached the limit of the number of tags you can use.")),
        false => Ok(tags),
    }
}

fn illegal(text: &str, at: usize, member: &str, times: &str) -> ServiceError {
    errors::validation_exception(format!(
        "1 validation error detected: Value '{text}' at 'tags.{}.member.{member}' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{{L}}\\p{{Z}}\\p{{N}}_.:/=+\\-@]{times}",
        at + 1
    ))
}

/// Letters, blanks, numbers and some signs; line breaks and tabs are not blanks.
fn is_legal(char: char) -> bool {
    char.is_alphanumeric() || (char.is_whitespace() && !char.is_control()) || "_.:/=+-@".contains(char)
}

/// What an ARN names.
///
/// # Errors
/// `ResourceNotFoundException`
pub(crate) fn found(config: &Config, cx: &CallContext, arn: &str) -> Result<Tagged, ServiceError> {
    tagged::find(&config.parts.catalog, &cx.scope(), arn)
        .ok_or_else(|| errors::resource_not_found_exception(format!("ResourceArn '{arn}' does not exist")))
}

/// Changes the tags of what an ARN names.
///
/// # Errors
/// `ResourceNotFoundException`, and those of the change.
pub(crate) async fn change(
    config: &Config,
    cx: &CallContext,
    arn: &str,
    changed: impl Fn(Tags) -> Result<Tags, ServiceError> + Send + Sync,
) -> Result<(), ServiceError> {
    let parts = &config.parts;
    let is_of_running_recorder = crate::change::change(&parts.catalog, || {
        let found = found(config, cx, arn)?;
        let tags = changed(found.tags().clone())?;
        let mut transaction = Transaction::default();
        if tags != *found.tags() {
            found.put(&cx.scope(), tags, &mut transaction);
        }
        Ok((transaction, matches!(found, Tagged::Recorder(recorder) if recorder.value.is_recording)))
    })
    .await?;
    match is_of_running_recorder {
        true => parts.record_recorder(&cx.scope(), cx.now).await,
        false => Ok(()),
    }
}
