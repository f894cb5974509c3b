//! `DescribeLogStreams` (logs.md LS-3 to LS-6).

use api::logs::errors;
use api::logs::types::{self, OrderBy};
use api::{CallContext, ServiceError};
use store::log_event::StreamStats;

use crate::Logs;
use crate::groups::{self, Group};
use crate::list_page::{self, Asked, Order};
use crate::sequence_token::sequence_token;
use crate::streams::{self, Stream};

pub(super) async fn describe_log_streams(
    logs: &Logs,
    cx: &CallContext,
    input: types::DescribeLogStreamsRequest,
) -> Result<types::DescribeLogStreamsResponse, ServiceError> {
    let catalog = &logs.parts.catalog;
    let (name, identifier) = (input.log_group_name.as_deref(), input.log_group_identifier.as_deref());
    let group = groups::named(catalog, cx, name, identifier)?;
    let order_by = input.order_by.unwrap_or(OrderBy::LogStreamName);
    if order_by == OrderBy::LastEventTime && input.log_stream_name_prefix.is_some() {
        let message = "Cannot order by LastEventTime with a logStreamNamePrefix.";
        return Err(errors::invalid_parameter_exception(message));
    }
    let order = if input.descending == Some(true) { Order::Descending } else { Order::Ascending };
    let parameters =
        format!("{:?}", ("DescribeLogStreams", group.id(), &input.log_stream_name_prefix, order_by, order));
    let asked = Asked {
        parameters: &parameters,
        token: input.next_token.as_deref(),
        limit: list_page::limit(input.limit),
        order,
        now: cx.now,
    };
    let prefix = input.log_stream_name_prefix.as_deref().unwrap_or_default();
    let mut found: Vec<((i64, String), Stream)> = streams::list(catalog, &group, prefix)
        .into_iter()
        .map(|stream| {
            // Streams without events sort as if their time were 0; ties by name (logs.md LS-6).
            let time = match order_by {
                OrderBy::LastEventTime => {
                    logs.parts.events.stream_stats(stream.id()).map_or(0, |stats| stats.last.millis())
                }
                OrderBy::LogStreamName => 0,
            };
            ((time, stream.name.clone()), stream)
        })
        .collect();
    found.sort_by(|(one, _), (other, _)| match order {
        Order::Ascending => one.cmp(other),
        Order::Descending => other.cmp(one),
    });
    let (page, next_token) = list_page::page(&asked, found)?;
    let described =
        page.iter().map(|stream| described(&group, stream, logs.parts.events.stream_stats(stream.id()))).collect();
    Ok(types::DescribeLogStreamsResponse { log_streams: Some(described), next_token })
}

fn described(group: &Group, stream: &Stream, stats: Option<StreamStats>) -> types::LogStream {
    types::LogStream {
        log_stream_name: Some(stream.name.clone()),
        creation_time: Some(stream.record.created.millis()),
        first_event_timestamp: stats.map(|stats| stats.first.millis()),
        last_event_timestamp: stats.map(|stats| stats.last.millis()),
        last_ingestion_time: stats.map(|stats| stats.last_ingested.millis()),
        upload_sequence_token: stats.map(|stats| sequence_token(stats.last_ingested, stream.id().0)),
        arn: Some(streams::arn(group, &stream.name)),
        // Since 2019 (logs.md LS-5).
        stored_bytes: Some(0),
    }
}
