//! Tags of recorders and stored queries (config.md §8.5).

use api::config::{errors, types};
use api::{CallContext, ServiceError};
use base::Scope;
use store::catalog::{Catalog, Transaction, Versioned};

use crate::recorder::{self, RecorderRecord};
use crate::service::Config;
use crate::stored_queries::{self, StoredQueryRecord};

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
    for tag in given {
        let (key, value) = (tag.key.clone().unwrap_or_default(), tag.value.clone().unwrap_or_default());
        if key.is_empty() || !key.chars().chain(value.chars()).all(is_legal) {
            let message = format!("The tag key or value is not valid: {key}");
            return Err(errors::validation_exception(message));
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

fn is_legal(char: char) -> bool {
    char.is_alphanumeric() || char.is_whitespace() || "_.:/=+-@".contains(char)
}

/// What has tags, as found.
pub(crate) enum Tagged {
    Recorder(Versioned<RecorderRecord>),
    StoredQuery(String, Versioned<StoredQueryRecord>),
}

impl Tagged {
    pub(crate) fn tags(&self) -> &Tags {
        match self {
            Self::Recorder(found) => &found.value.tags,
            Self::StoredQuery(_, found) => &found.value.tags,
        }
    }

    /// The change that puts other tags in the place of these.
    fn with(&self, scope: &Scope, tags: Tags) -> Transaction {
        let mut transaction = Transaction::default();
        if tags == *self.tags() {
            return transaction;
        }
        match self {
            Self::Recorder(found) => {
                let record = RecorderRecord { tags, ..RecorderRecord::clone(&found.value) };
                transaction.update(recorder::key(scope), found.version, &record);
            }
            Self::StoredQuery(name, found) => {
                let record = StoredQueryRecord { tags, ..StoredQueryRecord::clone(&found.value) };
                transaction.update(stored_queries::key(scope, name), found.version, &record);
            }
        }
        transaction
    }
}

/// What an ARN names.
///
/// # Errors
/// `ResourceNotFoundException`
pub(crate) fn found(config: &Config, cx: &CallContext, arn: &str) -> Result<Tagged, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    find(catalog, &scope, arn)
        .ok_or_else(|| errors::resource_not_found_exception(format!("ResourceArn '{arn}' does not exist")))
}

/// What an ARN names, if it is there.
pub(crate) fn find(catalog: &Catalog, scope: &Scope, arn: &str) -> Option<Tagged> {
    if let Some(found) = recorder::find(catalog, scope).filter(|found| found.value.arn(scope) == arn) {
        return Some(Tagged::Recorder(found));
    }
    let (name, found) = stored_queries::of_arn(catalog, scope, arn)?;
    Some(Tagged::StoredQuery(name, found))
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
    let is_recording = crate::change::change(&parts.catalog, || {
        let found = found(config, cx, arn)?;
        let transaction = found.with(&cx.scope(), changed(found.tags().clone())?);
        let is_recording = matches!(&found, Tagged::Recorder(found) if found.value.is_recording);
        Ok((transaction, is_recording))
    })
    .await?;
    match is_recording {
        true => parts.record_recorder(&cx.scope(), cx.now).await,
        false => Ok(()),
    }
}
