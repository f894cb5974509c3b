//! `ListInsightsMetricData`

use std::collections::BTreeMap;

use api::cloudtrail::errors;
use api::cloudtrail::types::{self, InsightsMetricDataType};
use api::cloudtrail::types::{ListInsightsMetricDataRequest, ListInsightsMetricDataResponse};
use api::{CallContext, ServiceError};
use base::time::DAY_MS;
use base::{TimeRange, Timestamp};
use wire::page_token;

use super::lookup_events::failure;
use crate::insights::{Measured, calls_by_period};
use crate::service::CloudTrail;
use crate::trails::{InsightType, NotFoundAs, SourceCategory, Trail, found_visible, names, of_account, told_by};

/// Values of an answer at most; all that there are of one rate.
const VALUES_MAX: usize = 21_600;
/// Periods in seconds, with the days for which they are there (cloudtrail.md §7.9).
const PERIODS: [(i32, i64); 3] = [(60, 15), (300, 63), (3_600, 90)];
const PERIOD_DEFAULT: i32 = 3_600;

/// Gives a rate over time, as it is watched: how many calls there were in each period, oldest first (cloudtrail.md
/// §7.9).
pub async fn list_insights_metric_data(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: ListInsightsMetricDataRequest,
) -> Result<ListInsightsMetricDataResponse, ServiceError> {
    let parts = &cloudtrail.parts;
    let insight_type = match input.insight_type {
        types::InsightType::ApiCallRateInsight => InsightType::ApiCallRate,
        types::InsightType::ApiErrorRateInsight => InsightType::ApiErrorRate,
    };
    match (insight_type, &input.error_code) {
        (InsightType::ApiErrorRate, None) => return Err(invalid("ApiErrorRateInsight requires an ErrorCode.")),
        (InsightType::ApiCallRate, Some(_)) => return Err(invalid("ErrorCode is for ApiErrorRateInsight only.")),
        _ => {}
    }
    let named = input.trail_name.as_deref();
    let trail = named.map(|name| found_visible(&parts.catalog, cx, name, NotFoundAs::Arn)).transpose()?;
    let is_watched = match &trail {
        Some(trail) => watches(trail, insight_type, SourceCategory::Data),
        None => of_account(&parts.catalog, cx.account())
            .iter()
            .any(|trail| trail.is_in(&cx.region) && watches(trail, insight_type, SourceCategory::Management)),
    };
    if !is_watched {
        let message = format!("Insights is not enabled for {}.", insight_type.as_str());
        return Err(errors::invalid_parameter_exception(message));
    }
    let (range, period_ms) = range(&input, cx.now)?;
    let limit = usize::try_from(input.max_results.unwrap_or(i32::MAX)).unwrap_or(0).min(VALUES_MAX);
    let parameters = parameters(cx, &input);
    let from: Timestamp = match &input.next_token {
        Some(token) => page_token::decode(token, &parameters, cx.now)
            .ok_or_else(|| invalid("The next token is invalid, has expired, or belongs to other parameters."))?,
        None => range.start,
    };
    let measured = Measured {
        scope: cx.scope(),
        trail: trail.as_ref(),
        source: &input.event_source,
        name: &input.event_name,
        error: input.error_code.as_deref(),
    };
    let range = TimeRange { start: from, end: range.end };
    let counted = calls_by_period(parts, &measured, range, period_ms).await.map_err(|error| failure(&error))?;
    let (points, next) = match input.data_type {
        Some(InsightsMetricDataType::FillWithZeros) => page(filled(&counted, range, period_ms), limit),
        None | Some(InsightsMetricDataType::NonZeroData) => page(counted.into_iter(), limit),
    };
    Ok(ListInsightsMetricDataResponse {
        trail_arn: trail.map(|trail| trail.arn()),
        event_source: Some(input.event_source),
        event_name: Some(input.event_name),
        insight_type: Some(input.insight_type),
        error_code: input.error_code,
        timestamps: Some(points.iter().map(|(time, _)| *time).collect()),
        values: Some(points.iter().map(|(_, calls)| *calls as f64).collect()),
        next_token: next.map(|next| page_token::encode(&parameters, next, cx.now)),
    })
}

fn watches(trail: &Trail, insight_type: InsightType, category: SourceCategory) -> bool {
    names(&told_by(&trail.record.insights, &trail.record.selectors), insight_type, category)
}

/// The whole periods that are asked for, both ends included, and how long one is.
fn range(input: &ListInsightsMetricDataRequest, now: Timestamp) -> Result<(TimeRange, i64), ServiceError> {
    let asked = input.period.unwrap_or(PERIOD_DEFAULT);
    let Some((_, days)) = PERIODS.iter().find(|(period, _)| *period == asked) else {
        return Err(invalid("Period must be 60, 300 or 3600."));
    };
    let period_ms = i64::from(asked) * 1_000;
    let oldest = now.plus_millis(-days * DAY_MS);
    let (start, end) = (input.start_time.unwrap_or(Timestamp::MIN), input.end_time.unwrap_or(now));
    if start > end {
        return Err(invalid("The start time is after the end time."));
    }
    let start = Timestamp::from_millis(start.max(oldest).millis().div_euclid(period_ms) * period_ms);
    Ok((TimeRange { start, end: end.min(now).plus_millis(-1) }, period_ms))
}

/// All periods of a range, those without calls too.
fn filled(
    counted: &BTreeMap<Timestamp, u64>,
    range: TimeRange,
    period_ms: i64,
) -> impl Iterator<Item = (Timestamp, u64)> {
    let periods = (0..).map(move |number| range.start.plus_millis(number * period_ms));
    let inside = periods.take_while(move |time| *time <= range.end);
    inside.map(|time| (time, counted.get(&time).copied().unwrap_or(0)))
}

/// The first points, and when the next page begins, if there is one.
fn page(
    mut points: impl Iterator<Item = (Timestamp, u64)>,
    limit: usize,
) -> (Vec<(Timestamp, u64)>, Option<Timestamp>) {
    let page = points.by_ref().take(limit).collect();
    (page, points.next().map(|(time, _)| time))
}

/// Everything a token is bound to. The page size may change between pages.
fn parameters(cx: &CallContext, input: &ListInsightsMetricDataRequest) -> String {
    let ListInsightsMetricDataRequest { trail_name, event_source, event_name, insight_type, error_code, .. } = input;
    let (start, end, period, data_type) = (input.start_time, input.end_time, input.period, &input.data_type);
    let rate = format!("{trail_name:?} {event_source} {event_name} {insight_type:?} {error_code:?}");
    format!("{}/{} {rate} {start:?} {end:?} {period:?} {data_type:?}", cx.account(), cx.region)
}

fn invalid(message: &str) -> ServiceError {
    errors::invalid_parameter_exception(message)
}
