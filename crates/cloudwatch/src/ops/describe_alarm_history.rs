//! `DescribeAlarmHistory`: what happened to alarms, of those that are gone too (cloudwatch.md §6.8).

use std::collections::BTreeMap;

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};

use crate::CloudWatch;
use crate::alarms::history::{self, Entry};
use crate::alarms::shapes;
use crate::list_page::page;
use crate::record::AlarmHistoryRecord;

/// Entries a page when the caller does not say, and at most.
const PAGE: i32 = 100;

pub(super) async fn describe_alarm_history(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::DescribeAlarmHistoryInput,
) -> Result<types::DescribeAlarmHistoryOutput, ServiceError> {
    let name = input.alarm_name.as_deref();
    let mut found = history::read(&cloudwatch.parts.catalog, &cx.scope(), name, cx.now);
    found.retain(|entry| is_wanted(&input, entry));
    let ascending = input.scan_by == Some(types::ScanBy::TimestampAscending);
    let mut found: Vec<(String, Entry)> = found.into_iter().map(|entry| (position(&entry, ascending), entry)).collect();
    found.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    let whole = types::DescribeAlarmHistoryInput { max_records: None, next_token: None, ..input.clone() };
    let asked = format!("alarm history {whole:?}");
    let limit = usize::try_from(input.max_records.unwrap_or(PAGE)).expect("the model's range starts at 1");
    let page = page(&asked, found, input.next_token.as_deref(), limit, cx.now)
        .map_err(|_| errors::invalid_next_token("Request parameter NextToken is invalid"))?;
    Ok(types::DescribeAlarmHistoryOutput {
        alarm_history_items: Some(page.items.into_iter().map(item).collect()),
        next_token: page.next_token,
    })
}

/// Where an entry stands in the order that is asked for.
fn position(entry: &Entry, ascending: bool) -> String {
    let (millis, sequence) = (entry.at.millis().max(0), entry.sequence);
    match ascending {
        true => format!("{millis:020} {sequence:010} {}", entry.alarm),
        false => format!("{:020} {:010} {}", i64::MAX - millis, u32::MAX - sequence, entry.alarm),
    }
}

/// Without a name and without types, metric alarms are meant; a name says enough.
fn is_wanted(input: &types::DescribeAlarmHistoryInput, entry: &Entry) -> bool {
    let record = &*entry.record.value;
    let of_type = match input.alarm_types.as_deref() {
        Some(wanted) if !wanted.is_empty() => wanted.contains(&alarm_type(record)),
        _ => input.alarm_name.is_some() || !record.composite,
    };
    let contributor = record.contributor.as_ref().map(|(id, _)| id.as_str());
    of_type
        && input.history_item_type.is_none_or(|wanted| wanted == shapes::history_item_type(record.kind))
        && input.alarm_contributor_id.as_deref().is_none_or(|wanted| contributor == Some(wanted))
        && input.start_date.is_none_or(|start| start <= entry.at)
        && input.end_date.is_none_or(|end| entry.at <= end)
}

fn alarm_type(record: &AlarmHistoryRecord) -> types::AlarmType {
    match record.composite {
        true => types::AlarmType::CompositeAlarm,
        false => types::AlarmType::MetricAlarm,
    }
}

fn item(entry: Entry) -> types::AlarmHistoryItem {
    let record = &*entry.record.value;
    let attributes = |(_, attributes): &(_, BTreeMap<String, String>)| {
        attributes.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    types::AlarmHistoryItem {
        alarm_contributor_id: record.contributor.as_ref().map(|(id, _): &(String, _)| id.clone()),
        alarm_contributor_attributes: record.contributor.as_ref().map(attributes),
        alarm_type: Some(alarm_type(record)),
        timestamp: Some(entry.at),
        history_item_type: Some(shapes::history_item_type(record.kind)),
        history_summary: Some(record.summary.clone()),
        history_data: Some(record.data.clone()),
        alarm_name: Some(entry.alarm),
    }
}
