//! Types that join or leave what is recorded, one by one (config.md §1.3).

use std::sync::Arc;

use api::config::errors;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::recorder::{self, RecorderRecord};
use crate::recording_group::{RecordingGroup, check_types, once};
use crate::service::Config;

/// What types are to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Recorded,
    NotRecorded,
}

/// Changes which types the recorder of an ARN records; all of them or none.
///
/// # Errors
/// `NoSuchConfigurationRecorderException`, or `ValidationException`.
pub(crate) async fn change_types(
    config: &Config,
    cx: &CallContext,
    arn: &str,
    types: Vec<String>,
    wish: Wish,
) -> Result<Arc<RecorderRecord>, ServiceError> {
    let (parts, scope) = (&config.parts, cx.scope());
    check_types(&types, "resourceTypes")?;
    let types = once(types);
    let record = change(&parts.catalog, || {
        let found = recorder::find(&parts.catalog, &scope).filter(|found| found.value.arn(&scope) == arn);
        let found = found.ok_or_else(|| recorder::no_such_recorder(arn))?;
        let group = changed(&found.value.group, &types, wish)?;
        let record = RecorderRecord { group, ..RecorderRecord::clone(&found.value) };
        let mut transaction = Transaction::default();
        transaction.update(recorder::key(&scope), found.version, &record);
        Ok((transaction, Arc::new(record)))
    })
    .await?;
    if record.is_recording {
        parts.sweep_soon(&scope);
        parts.record_recorder(&scope, cx.now).await?;
    }
    Ok(record)
}

/// The group after types joined or left.
fn changed(group: &RecordingGroup, types: &[String], wish: Wish) -> Result<RecordingGroup, ServiceError> {
    // Being in the list is being recorded, or the opposite of it.
    let (list, joins) = match group {
        RecordingGroup::Only(list) => (list, wish == Wish::Recorded),
        RecordingGroup::AllBut(list) => (list, wish == Wish::NotRecorded),
        RecordingGroup::All { .. } => {
            let message = "Resource types can be associated with and disassociated from a configuration recorder only when its recording strategy is INCLUSION_BY_RESOURCE_TYPES or EXCLUSION_BY_RESOURCE_TYPES.";
            return Err(errors::validation_exception(message));
        }
    };
    if let Some(settled) = types.iter().find(|named| list.contains(named) == joins) {
        let state = if wish == Wish::Recorded { "already" } else { "not" };
        let message = format!("The resource type {settled} is {state} recorded by the configuration recorder.");
        return Err(errors::validation_exception(message));
    }
    let mut list = list.clone();
    match joins {
        true => list.extend_from_slice(types),
        false => list.retain(|named| !types.contains(named)),
    }
    match group {
        RecordingGroup::Only(_) if list.is_empty() => {
            let message = "A configuration recorder must record at least one resource type.";
            Err(errors::validation_exception(message))
        }
        RecordingGroup::Only(_) => Ok(RecordingGroup::Only(list)),
        // Nothing is left out any more.
        _ if list.is_empty() => Ok(RecordingGroup::All { global_types: true }),
        _ => Ok(RecordingGroup::AllBut(list)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(types: &[&str]) -> Vec<String> {
        types.iter().map(|named| (*named).to_owned()).collect()
    }

    #[test]
    fn joining_and_leaving_by_the_kind_of_list() {
        use RecordingGroup::{All, AllBut, Only};
        let (recorded, not) = (Wish::Recorded, Wish::NotRecorded);
        for (group, types, wish, expected) in [
            (Only(list(&["a"])), &["b"][..], recorded, Some(Only(list(&["a", "b"])))),
            (Only(list(&["a", "b"])), &["a"], not, Some(Only(list(&["b"])))),
            (Only(list(&["a"])), &["b", "a"], recorded, None),
            (Only(list(&["a"])), &["b"], not, None),
            (Only(list(&["a"])), &["a"], not, None),
            (AllBut(list(&["a", "b"])), &["a"], recorded, Some(AllBut(list(&["b"])))),
            (AllBut(list(&["a"])), &["b"], not, Some(AllBut(list(&["a", "b"])))),
            (AllBut(list(&["a"])), &["b"], recorded, None),
            (AllBut(list(&["a"])), &["a"], recorded, Some(All { global_types: true })),
            (All { global_types: false }, &["a"], not, None),
        ] {
            let told = format!("{group:?} {types:?} {wish:?}");
            let changed = changed(&group, &list(types), wish);
            assert!(changed.as_ref().err().is_none_or(|error| error.name == "ValidationException"));
            assert_eq!(changed.ok(), expected, "{told}");
        }
    }
}
