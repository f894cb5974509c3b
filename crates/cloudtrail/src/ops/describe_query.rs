//! `DescribeQuery` (cloudtrail.md §7.3)

use api::cloudtrail::errors;
use api::cloudtrail::types::{
    DeliveryStatus, DescribeQueryRequest, DescribeQueryResponse, QueryStatisticsForDescribeQuery,
};
use api::{CallContext, ServiceError};

use crate::lake::queries::{self, DeliveryState, Named};
use crate::service::CloudTrail;

/// Describes one query.
pub async fn describe_query(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: DescribeQueryRequest,
) -> Result<DescribeQueryResponse, ServiceError> {
    let id = match (&input.query_id, &input.query_alias) {
        (Some(id), None) => id,
        (_, Some(alias)) => {
            return Err(errors::unsupported_operation_exception(format!(
                "The query alias {alias} is not known: this server has no dashboards, whose queries have aliases."
            )));
        }
        (None, None) => return Err(errors::invalid_parameter_exception("QueryId or QueryAlias must be given.")),
    };
    if input.refresh_id.is_some() {
        return Err(errors::invalid_parameter_exception("RefreshId can be given with a QueryAlias only."));
    }
    let owner = input.event_data_store_owner_account_id.as_deref();
    let found = queries::found(cloudtrail, cx, id, &Named { store: input.event_data_store.as_deref(), owner })?;
    let record = &found.value;
    let progress = cloudtrail.queries.progress(&queries::key(cx, id)).filter(|_| record.ended.is_none());
    let took_until = record.ended.unwrap_or(cx.now);
    let long = |count: u64| Some(i64::try_from(count).unwrap_or(i64::MAX));
    let statistics = QueryStatisticsForDescribeQuery {
        events_matched: long(progress.map_or(record.events_matched, |so_far| so_far.events_matched)),
        events_scanned: long(progress.map_or(record.events_scanned, |so_far| so_far.events_scanned)),
        bytes_scanned: long(progress.map_or(record.bytes_scanned, |so_far| so_far.bytes_scanned)),
        execution_time_in_millis: i32::try_from(took_until.millis() - record.created.millis()).ok(),
        creation_time: Some(record.created),
    };
    Ok(DescribeQueryResponse {
        query_id: Some(id.clone()),
        query_string: Some(record.statement.clone()),
        query_status: Some(queries::status(record.state)),
        query_statistics: Some(statistics),
        error_message: record.error.clone(),
        delivery_s3_uri: record.delivery.as_ref().map(|delivery| delivery.uri.clone()),
        delivery_status: record.delivery.as_ref().map(|delivery| delivered(delivery.state)),
        prompt: None,
        event_data_store_owner_account_id: input.event_data_store_owner_account_id,
    })
}

fn delivered(state: DeliveryState) -> DeliveryStatus {
    match state {
        DeliveryState::Pending => DeliveryStatus::Pending,
        DeliveryState::Succeeded => DeliveryStatus::Success,
        DeliveryState::Failed => DeliveryStatus::Failed,
        DeliveryState::FailedSigningFile => DeliveryStatus::FailedSigningFile,
        DeliveryState::ResourceNotFound => DeliveryStatus::ResourceNotFound,
        DeliveryState::AccessDenied => DeliveryStatus::AccessDenied,
        DeliveryState::AccessDeniedSigningFile => DeliveryStatus::AccessDeniedSigningFile,
        DeliveryState::Cancelled => DeliveryStatus::Cancelled,
    }
}
