//! `CreateTrail`

use api::cloudtrail::errors;
use api::cloudtrail::types::{CreateTrailRequest, CreateTrailResponse};
use api::{CallContext, ServiceError};
use base::id;
use store::catalog::{Catalog, Key, Transaction};

use crate::change::change;
use crate::ports::Sender;
use crate::service::CloudTrail;
use crate::tags;
use crate::trails::{
    Checked, Selectors, Trail, TrailRecord, arn, at, check_bucket_name, check_destinations, check_global_events,
    check_trail_name, count_change, create_output, given_logs, of_account, region_without_room, topic_reference,
};

/// Makes a trail, which is not logging yet. Checks come in AWS's order (cloudtrail.md §4.2).
pub async fn create_trail(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: CreateTrailRequest,
) -> Result<CreateTrailResponse, ServiceError> {
    let parts = &cloudtrail.parts;
    let scope = cx.scope();
    check_trail_name(&input.name)?;
    let multi_region = input.is_multi_region_trail.unwrap_or(false);
    check_room(&parts.catalog, cx, &input.name, multi_region)?;
    let global_events = input.include_global_service_events.unwrap_or(true);
    check_global_events(multi_region, global_events)?;
    let prefix = input.s3_key_prefix.filter(|prefix| !prefix.is_empty());
    check_bucket_name(&input.s3_bucket_name, prefix.as_deref())?;
    let topic = input.sns_topic_name.filter(|topic| !topic.is_empty());
    let topic = topic.map(|topic| topic_reference(&topic, &scope)).transpose()?;
    let logs = given_logs(input.cloud_watch_logs_log_group_arn.as_deref(), input.cloud_watch_logs_role_arn.as_deref());
    let sender = Sender { trail_arn: arn(&scope, &input.name), scope: scope.clone() };
    let checked = Checked {
        bucket: &input.s3_bucket_name,
        prefix: prefix.as_deref(),
        validation: input.enable_log_file_validation.unwrap_or(false),
        organization: input.is_organization_trail.unwrap_or(false),
        kms_key: input.kms_key_id.as_deref().filter(|key| !key.is_empty()),
        topic: topic.as_ref(),
        logs: logs.as_ref().map(Option::as_ref).map_err(Clone::clone),
    };
    check_destinations(parts, &sender, checked, cx.now).await?;
    let record = TrailRecord {
        id: id::uuid(&*parts.entropy).to_string(),
        bucket: input.s3_bucket_name,
        prefix,
        topic,
        global_events,
        multi_region,
        validation: input.enable_log_file_validation.unwrap_or(false),
        logs: logs?,
        selectors: Selectors::default(),
        insights: Vec::new(),
        tags: tags::with(Vec::new(), &input.tags_list.unwrap_or_default())?,
        session: None,
        sessions: 0,
        started: None,
        stopped: None,
    };
    let name = input.name;
    change(&parts.catalog, || {
        check_room(&parts.catalog, cx, &name, multi_region)?;
        let mut transaction = Transaction::default();
        transaction.create(Key::regional(&scope.account, &scope.region, &*name), &record);
        count_change(&parts.catalog, cx.account(), &mut transaction);
        Ok((transaction, ()))
    })
    .await?;
    Ok(create_output(&Trail { scope, name, record: record.into(), version: 0 }))
}

/// Whether the name is free in this region, and a trail has room in all regions where it will be seen.
fn check_room(catalog: &Catalog, cx: &CallContext, name: &str, multi_region: bool) -> Result<(), ServiceError> {
    if at(catalog, &cx.scope(), name).is_some() {
        let message = format!("Trail {name} already exists for customer: {}", cx.account());
        return Err(errors::trail_already_exists_exception(message));
    }
    match region_without_room(&of_account(catalog, cx.account()), &cx.region, multi_region, None) {
        None => Ok(()),
        Some(region) => Err(crate::trails::no_room(cx.account(), &region)),
    }
}
