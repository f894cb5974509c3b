//! `ListMetricStreams`: the streams of the account in the region, by name.

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::Versioned;

use super::get_metric_stream::output_format;
use crate::CloudWatch;
use crate::list_page::page;
use crate::metric_streams::arn;
use crate::record::MetricStreamRecord;

/// Streams a page when the caller does not say; the model allows no more.
const PAGE: usize = 500;

pub(super) async fn list_metric_streams(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::ListMetricStreamsInput,
) -> Result<types::ListMetricStreamsOutput, ServiceError> {
    let found = cloudwatch.parts.catalog.list::<MetricStreamRecord>(cx.account(), Some(&cx.region));
    let entries = found.into_iter().map(|(name, stream)| (name.clone(), entry(cx, name, &stream))).collect();
    let limit = input.max_results.map_or(PAGE, |max| usize::try_from(max).expect("the model's range starts at 1"));
    let page = page("metric streams", entries, input.next_token.as_deref(), limit, cx.now)
        .map_err(|_| errors::invalid_next_token("Request parameter NextToken is invalid"))?;
    Ok(types::ListMetricStreamsOutput { next_token: page.next_token, entries: Some(page.items) })
}

fn entry(cx: &CallContext, name: String, found: &Versioned<MetricStreamRecord>) -> types::MetricStreamEntry {
    let stream = &found.value;
    types::MetricStreamEntry {
        arn: Some(arn(cx, &name)),
        creation_date: Some(stream.created),
        last_update_date: Some(stream.updated),
        name: Some(name),
        firehose_arn: Some(stream.firehose_arn.clone()),
        state: Some(stream.state.as_str().to_owned()),
        output_format: Some(output_format(stream.output_format)),
    }
}
