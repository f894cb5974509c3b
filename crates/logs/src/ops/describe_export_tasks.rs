//! `DescribeExportTasks` (logs.md EX-7).

use api::logs::types;
use api::{CallContext, ServiceError};

use crate::Logs;
use crate::exports::{ExportRecord, ExportState};
use crate::list_page::{self, Asked, Order};

pub(super) async fn describe_export_tasks(
    logs: &Logs,
    cx: &CallContext,
    input: types::DescribeExportTasksRequest,
) -> Result<types::DescribeExportTasksResponse, ServiceError> {
    let scope = cx.scope();
    let parameters = format!("{:?}", ("DescribeExportTasks", &scope, &input.task_id, input.status_code));
    let asked = Asked {
        parameters: &parameters,
        token: input.next_token.as_deref(),
        limit: list_page::limit(input.limit),
        order: Order::Descending,
        now: cx.now,
    };
    let mut found: Vec<_> = logs
        .parts
        .catalog
        .list::<ExportRecord>(&scope.account, Some(&scope.region))
        .into_iter()
        .filter(|(id, task)| {
            input.task_id.as_ref().is_none_or(|wanted| wanted == id)
                && input.status_code.is_none_or(|wanted| wanted == code(task.value.state))
        })
        .map(|(id, task)| ((task.value.created.millis(), id.clone()), described(id, &task.value)))
        .collect();
    found.sort_unstable_by(|(a, _), (b, _)| b.cmp(a));
    let (export_tasks, next_token) = list_page::page(&asked, found)?;
    Ok(types::DescribeExportTasksResponse { export_tasks: Some(export_tasks), next_token })
}

fn code(state: ExportState) -> types::ExportTaskStatusCode {
    match state {
        ExportState::Pending => types::ExportTaskStatusCode::Pending,
        ExportState::Running => types::ExportTaskStatusCode::Running,
        ExportState::PendingCancel => types::ExportTaskStatusCode::PendingCancel,
        ExportState::Completed => types::ExportTaskStatusCode::Completed,
        ExportState::Failed => types::ExportTaskStatusCode::Failed,
        ExportState::Cancelled => types::ExportTaskStatusCode::Cancelled,
    }
}

fn described(id: String, task: &ExportRecord) -> types::ExportTask {
    types::ExportTask {
        task_id: Some(id),
        task_name: task.name.clone(),
        log_group_name: Some(task.group.clone()),
        from: Some(task.from.millis()),
        to: Some(task.to.millis()),
        destination: Some(task.bucket.clone()),
        destination_prefix: Some(task.prefix.clone()),
        status: Some(types::ExportTaskStatus { code: Some(code(task.state)), message: task.message.clone() }),
        execution_info: Some(types::ExportTaskExecutionInfo {
            creation_time: Some(task.created.millis()),
            completion_time: task.completed.map(base::Timestamp::millis),
        }),
    }
}
