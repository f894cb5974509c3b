//! `UpdateTrail`

use api::cloudtrail::types::{UpdateTrailRequest, UpdateTrailResponse};
use api::{CallContext, ServiceError};
use store::catalog::{Catalog, Key, Transaction};

use crate::change::{change, store_failure};
use crate::delivery::{LogsPlace, session_key, settled_position};
use crate::digests::{ChainRecord, chain_key, end_chains};
use crate::service::CloudTrail;
use crate::trails::{
    Checked, StatusRecord, Trail, TrailRecord, check_bucket_name, check_destinations, check_global_events,
    count_change, found_at_home, merged_logs, no_room, of_account, region_without_room, topic_reference, update_output,
};

/// Changes what is given of a trail, and checks all of its destinations again (cloudtrail.md §4.2, §4.5).
pub async fn update_trail(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: UpdateTrailRequest,
) -> Result<UpdateTrailResponse, ServiceError> {
    let parts = &cloudtrail.parts;
    let trail = found_at_home(&parts.catalog, cx, &input.name)?;
    let (planned, logs) = planned(&parts.catalog, &trail, &input)?;
    let checked = Checked {
        bucket: &planned.bucket,
        prefix: planned.prefix.as_deref(),
        validation: planned.validation,
        organization: input.is_organization_trail.unwrap_or(false),
        kms_key: input.kms_key_id.as_deref().filter(|key| !key.is_empty()),
        topic: planned.topic.as_ref(),
        logs: logs.as_ref().map(Option::as_ref).map_err(Clone::clone),
    };
    check_destinations(parts, &trail.sender(), checked, cx.now).await?;
    let after = settled_position(parts).await.map_err(|error| store_failure(&error))?;
    let updated = change(&parts.catalog, || {
        let trail = found_at_home(&parts.catalog, cx, &input.name)?;
        let (mut record, logs) = self::planned(&parts.catalog, &trail, &input)?;
        record.logs = logs?;
        let mut transaction = Transaction::default();
        transaction.update(trail.key(), trail.version, &record);
        if record.multi_region && !trail.record.multi_region {
            count_change(&parts.catalog, cx.account(), &mut transaction);
        }
        follow_up(&parts.catalog, cx, &trail, &record, after, &mut transaction);
        Ok((transaction, Trail { record: record.into(), ..trail }))
    })
    .await?;
    parts.signals.digests.notify_one();
    parts.signals.logs.notify_one();
    let mut output = update_output(&updated);
    if input.sns_topic_name.as_deref() == Some("") {
        // The answer that follows the removal of the topic has both members, empty (cloudtrail.md §4.2 step 7).
        output.sns_topic_name = Some(String::new());
        output.sns_topic_arn = Some(String::new());
    }
    Ok(output)
}

/// The record as it is to be, but for the log group, which is judged later.
type Planned = (TrailRecord, Result<Option<crate::ports::LogDestination>, ServiceError>);

fn planned(catalog: &Catalog, trail: &Trail, input: &UpdateTrailRequest) -> Result<Planned, ServiceError> {
    let present = &trail.record;
    let multi_region = input.is_multi_region_trail.unwrap_or(present.multi_region);
    let global_events = input.include_global_service_events.unwrap_or(match (present.multi_region, multi_region) {
        (true, false) => false,
        (false, true) => true,
        _ => present.global_events,
    });
    if multi_region && !present.multi_region {
        let all = of_account(catalog, &trail.scope.account);
        if let Some(region) = region_without_room(&all, &trail.scope.region, true, Some(&present.id)) {
            return Err(no_room(&trail.scope.account, &region));
        }
    }
    check_global_events(multi_region, global_events)?;
    let mut record = (**present).clone();
    record.multi_region = multi_region;
    record.global_events = global_events;
    if let Some(bucket) = &input.s3_bucket_name {
        record.bucket.clone_from(bucket);
    }
    if let Some(prefix) = &input.s3_key_prefix {
        record.prefix = Some(prefix.clone()).filter(|prefix| !prefix.is_empty());
    }
    check_bucket_name(&record.bucket, record.prefix.as_deref())?;
    record.validation = input.enable_log_file_validation.unwrap_or(present.validation);
    record.topic = match input.sns_topic_name.as_deref() {
        None => record.topic,
        Some("") => None,
        Some(topic) => Some(topic_reference(topic, &trail.scope)?),
    };
    let logs = merged_logs(
        present.logs.as_ref(),
        input.cloud_watch_logs_log_group_arn.as_deref(),
        input.cloud_watch_logs_role_arn.as_deref(),
    );
    Ok((record, logs))
}

/// What a change of the trail changes of its running session and of its status.
fn follow_up(
    catalog: &Catalog,
    cx: &CallContext,
    trail: &Trail,
    record: &TrailRecord,
    after: u64,
    transaction: &mut Transaction,
) {
    let before = &trail.record;
    let (account, home) = (&trail.scope.account, &trail.scope.region);
    if let Some(number) = record.session {
        let session = session_key(trail, number);
        match (record.validation, before.multi_region && !record.multi_region) {
            (true, narrowed) => {
                begin_chain(catalog, cx, &session, home, transaction);
                if narrowed {
                    end_chains(catalog, &session, Some(home), transaction);
                }
            }
            (false, _) => end_chains(catalog, &session, None, transaction),
        }
        let place = catalog.get::<LogsPlace>(&session);
        match (&record.logs, place) {
            (Some(_), None) => drop(transaction.create(session, &LogsPlace { after })),
            (None, Some(place)) => drop(transaction.delete::<LogsPlace>(session, place.version)),
            _ => {}
        }
    }
    let (new_topic, no_logs) = (before.topic != record.topic, before.logs.is_some() && record.logs.is_none());
    if new_topic || no_logs {
        let of_trail = format!("{}/", before.id);
        for (name, found) in catalog.list_prefix::<StatusRecord>(account, Some(home), &of_trail) {
            let mut status = (*found.value).clone();
            if new_topic {
                status.notification.error = None;
            }
            if no_logs {
                status.logs = Default::default();
            }
            transaction.update(Key::regional(account, home, name), found.version, &status);
        }
    }
}

/// Lets the home region's chain go on, or begins it.
fn begin_chain(catalog: &Catalog, cx: &CallContext, session: &Key, home: &base::Region, transaction: &mut Transaction) {
    let key = chain_key(session, home);
    match catalog.get::<ChainRecord>(&key) {
        None => drop(transaction.create(key, &ChainRecord::begun(home.clone(), cx.now))),
        Some(found) if found.value.ending => {
            let going_on = ChainRecord { ending: false, ..(*found.value).clone() };
            transaction.update(key, found.version, &going_on);
        }
        Some(_) => {}
    }
}
