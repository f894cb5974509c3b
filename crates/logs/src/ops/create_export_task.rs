//! `CreateExportTask` (logs.md EX-1 to EX-5).

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use base::{Timestamp, id};
use store::catalog::{Key, Transaction};

use crate::Logs;
use crate::change::change;
use crate::exports::{ExportRecord, ExportState, WRITE_TEST};
use crate::groups;
use crate::ports::BucketError;

pub(super) async fn create_export_task(
    logs: &Logs,
    cx: &CallContext,
    input: types::CreateExportTaskRequest,
) -> Result<types::CreateExportTaskResponse, ServiceError> {
    let refused = |message: &str| Err(errors::invalid_parameter_exception(message));
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    let group = groups::find(catalog, &scope, &input.log_group_name)?;
    if input.from >= input.to {
        return refused("The specified time range is invalid: from must be before to.");
    }
    let prefix = input.destination_prefix.unwrap_or_else(|| "exportedlogs".to_owned());
    if prefix.split('/').any(|part| part == "." || part == "..") {
        return refused("The destination prefix is invalid.");
    }
    // Before the bucket is written to: a second task leaves nothing there.
    refuse_second(logs, cx)?;
    let buckets = &logs.parts.buckets;
    match buckets.exists(&scope, &input.destination).await {
        Ok(true) => {}
        Ok(false) => return refused("The given bucket does not exist. Please make sure the bucket is valid."),
        Err(error) => return Err(unusable("GetBucketAcl", &error)),
    }
    let record = ExportRecord {
        name: input.task_name,
        group_id: group.id(),
        group: group.name,
        stream_prefix: input.log_stream_name_prefix,
        from: Timestamp::from_millis(input.from),
        to: Timestamp::from_millis(input.to),
        bucket: input.destination,
        prefix: prefix.trim_end_matches('/').to_owned(),
        state: ExportState::Pending,
        message: None,
        created: cx.now,
        completed: None,
    };
    let (name, body) = WRITE_TEST;
    let tested = buckets.put(&scope, &record.bucket, name, body.as_bytes().to_vec()).await;
    tested.map_err(|error| unusable("PutObject", &error))?;
    let task_id = id::uuid(&*logs.parts.entropy).to_string();
    {
        // One at a time: two calls must not both find that there is no other task.
        let _turn = logs.membership.write().await;
        change(catalog, || {
            refuse_second(logs, cx)?;
            let mut transaction = Transaction::default();
            transaction.create(Key::regional(&scope.account, &scope.region, task_id.as_str()), &record);
            Ok((transaction, ()))
        })
        .await?;
    }
    logs.parts.signals.exports.notify_one();
    Ok(types::CreateExportTaskResponse { task_id: Some(task_id) })
}

/// # Errors
/// logs.md EX-3.
fn refuse_second(logs: &Logs, cx: &CallContext) -> Result<(), ServiceError> {
    let scope = cx.scope();
    let tasks = logs.parts.catalog.list::<ExportRecord>(&scope.account, Some(&scope.region));
    match tasks.iter().any(|(_, task)| !task.value.state.is_over()) {
        true => Err(errors::limit_exceeded_exception("Resource limit exceeded.")),
        false => Ok(()),
    }
}

/// logs.md EX-4.
fn unusable(call: &str, error: &BucketError) -> ServiceError {
    tracing::warn!(%error, call, "a bucket for an export cannot be used");
    errors::invalid_parameter_exception(format!(
        "{call} call on the given bucket failed. Please check if CloudWatch Logs has been granted permission to perform \
         this operation."
    ))
}
