//! `ListMetrics`: the metrics that had data of late (cloudwatch.md §2).

use api::cloudwatch::errors;
use api::cloudwatch::types::{ListMetricsInput, ListMetricsOutput};
use api::{CallContext, ServiceError};
use base::time::DAY_MS;
use serde::{Deserialize, Serialize};
use store::metric::{Metric, MetricFilter};
use wire::page_token;

use crate::CloudWatch;
use crate::api_metric;

const PAGE_METRICS: usize = 500;
/// Metrics are listed for two weeks after their last data.
const LISTED_MS: i64 = 14 * DAY_MS;
const RECENT_MS: i64 = 3 * 3_600_000;

/// The last metric of a page.
#[derive(Serialize, Deserialize)]
struct Position {
    namespace: String,
    name: String,
    dimensions: Vec<(String, String)>,
}

pub(super) async fn list_metrics(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: ListMetricsInput,
) -> Result<ListMetricsOutput, ServiceError> {
    let parameters = parameters(cx, &input);
    let after = match &input.next_token {
        None => None,
        Some(token) => {
            let position: Position = page_token::decode(token, &parameters, cx.now).ok_or_else(invalid_token)?;
            Some(Metric::from(position))
        }
    };
    // No accounts are linked, so that another account's metrics are none.
    let own = input.owning_account.as_deref().is_none_or(|account| account == cx.account().as_str());
    let found = match own {
        true => cloudwatch.parts.metrics.list(&cx.scope(), &filter(cx, &input), after.as_ref(), PAGE_METRICS + 1),
        false => Vec::new(),
    };
    let page = &found[..found.len().min(PAGE_METRICS)];
    let next = page.last().filter(|_| found.len() > PAGE_METRICS);
    let owners = || page.iter().map(|_| cx.account().to_string()).collect();
    Ok(ListMetricsOutput {
        metrics: Some(page.iter().map(api_metric::to_api).collect()),
        next_token: next.map(|metric| page_token::encode(&parameters, Position::of(metric), cx.now)),
        owning_accounts: input.include_linked_accounts.unwrap_or_default().then(owners),
    })
}

fn filter(cx: &CallContext, input: &ListMetricsInput) -> MetricFilter {
    let age_ms = if input.recently_active.is_some() { RECENT_MS } else { LISTED_MS };
    let dimensions = input.dimensions.iter().flatten();
    MetricFilter {
        namespace: input.namespace.clone(),
        name: input.metric_name.clone(),
        dimensions: dimensions.map(|filter| (filter.name.clone(), filter.value.clone())).collect(),
        active_since: Some(cx.now.plus_millis(-age_ms)),
    }
}

/// Everything a token is bound to.
fn parameters(cx: &CallContext, input: &ListMetricsInput) -> String {
    let asked = ListMetricsInput { next_token: None, ..input.clone() };
    format!("ListMetrics {}/{} {asked:?}", cx.account(), cx.region)
}

fn invalid_token() -> ServiceError {
    errors::invalid_parameter_value_exception("Request parameter NextToken is invalid")
}

impl Position {
    fn of(metric: &Metric) -> Self {
        let dimensions = metric.dimensions.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        Self {
            namespace: metric.namespace.to_string(),
            name: metric.name.to_string(),
            dimensions: dimensions.collect(),
        }
    }
}

impl From<Position> for Metric {
    fn from(position: Position) -> Self {
        let dimensions = position.dimensions.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self {
            namespace: position.namespace.into(),
            name: position.name.into(),
            dimensions: dimensions.collect::<Vec<_>>().into(),
        }
    }
}
