//! Trails and selectors as the API has them.

use api::cloudtrail::types;
use lang::event_selector::basic::{BasicSelector, DataResource, ReadWrite};
use lang::event_selector::{FieldSelector, Selector};

use super::{InsightSelector, InsightType, Selectors, SourceCategory, Trail};

/// What DescribeTrails and GetTrail give of a trail.
pub(crate) fn described(trail: &Trail) -> types::Trail {
    let record = &trail.record;
    types::Trail {
        name: Some(trail.name.clone()),
        s3_bucket_name: Some(record.bucket.clone()),
        s3_key_prefix: record.prefix.clone(),
        sns_topic_name: record.topic.as_ref().map(|topic| topic.given.clone()),
        sns_topic_arn: record.topic.as_ref().map(|topic| topic.arn.clone()),
        include_global_service_events: Some(record.global_events),
        is_multi_region_trail: Some(record.multi_region),
        home_region: Some(trail.scope.region.to_string()),
        trail_arn: Some(trail.arn()),
        log_file_validation_enabled: Some(record.validation),
        cloud_watch_logs_log_group_arn: record.logs.as_ref().map(|logs| logs.group_arn.clone()),
        cloud_watch_logs_role_arn: record.logs.as_ref().map(|logs| logs.role_arn.clone()),
        kms_key_id: None,
        has_custom_event_selectors: Some(record.selectors != Selectors::default()),
        has_insight_selectors: Some(!record.insights.is_empty()),
        is_organization_trail: Some(false),
    }
}

/// What CreateTrail answers: the same without three members (cloudtrail.md §4.1).
pub(crate) fn create_output(trail: &Trail) -> types::CreateTrailResponse {
    let trail = described(trail);
    types::CreateTrailResponse {
        name: trail.name,
        s3_bucket_name: trail.s3_bucket_name,
        s3_key_prefix: trail.s3_key_prefix,
        sns_topic_name: trail.sns_topic_name,
        sns_topic_arn: trail.sns_topic_arn,
        include_global_service_events: trail.include_global_service_events,
        is_multi_region_trail: trail.is_multi_region_trail,
        trail_arn: trail.trail_arn,
        log_file_validation_enabled: trail.log_file_validation_enabled,
        cloud_watch_logs_log_group_arn: trail.cloud_watch_logs_log_group_arn,
        cloud_watch_logs_role_arn: trail.cloud_watch_logs_role_arn,
        kms_key_id: trail.kms_key_id,
        is_organization_trail: trail.is_organization_trail,
    }
}

/// What UpdateTrail answers.
pub(crate) fn update_output(trail: &Trail) -> types::UpdateTrailResponse {
    let trail = described(trail);
    types::UpdateTrailResponse {
        name: trail.name,
        s3_bucket_name: trail.s3_bucket_name,
        s3_key_prefix: trail.s3_key_prefix,
        sns_topic_name: trail.sns_topic_name,
        sns_topic_arn: trail.sns_topic_arn,
        include_global_service_events: trail.include_global_service_events,
        is_multi_region_trail: trail.is_multi_region_trail,
        trail_arn: trail.trail_arn,
        log_file_validation_enabled: trail.log_file_validation_enabled,
        cloud_watch_logs_log_group_arn: trail.cloud_watch_logs_log_group_arn,
        cloud_watch_logs_role_arn: trail.cloud_watch_logs_role_arn,
        kms_key_id: trail.kms_key_id,
        is_organization_trail: trail.is_organization_trail,
    }
}

/// Basic and advanced selectors as the API has them: exactly one of the two.
pub(crate) type ApiSelectors = (Option<Vec<types::EventSelector>>, Option<Vec<types::AdvancedEventSelector>>);

/// Selectors for an answer; members that were left out are filled in (cloudtrail.md §4.8).
pub(crate) fn selectors_to_api(selectors: &Selectors) -> ApiSelectors {
    match selectors {
        Selectors::Basic(selectors) => (Some(selectors.iter().map(basic_to_api).collect()), None),
        Selectors::Advanced(selectors) => (None, Some(selectors.iter().map(advanced_to_api).collect())),
    }
}

fn basic_to_api(selector: &BasicSelector) -> types::EventSelector {
    let resource = |data: &DataResource| types::DataResource {
        r#type: Some(data.resource_type.clone()),
        values: Some(data.values.clone()),
    };
    types::EventSelector {
        read_write_type: Some(match selector.read_write {
            ReadWrite::All => types::ReadWriteType::All,
            ReadWrite::ReadOnly => types::ReadWriteType::ReadOnly,
            ReadWrite::WriteOnly => types::ReadWriteType::WriteOnly,
        }),
        include_management_events: Some(selector.management),
        data_resources: Some(selector.data.iter().map(resource).collect()),
        exclude_management_event_sources: Some(selector.excluded_sources.clone()),
    }
}

/// An advanced selector for an answer.
pub(crate) fn advanced_to_api(selector: &Selector) -> types::AdvancedEventSelector {
    let field = |field: &FieldSelector| types::AdvancedFieldSelector {
        field: field.field.clone(),
        equals: field.equals.clone(),
        starts_with: field.starts_with.clone(),
        ends_with: field.ends_with.clone(),
        not_equals: field.not_equals.clone(),
        not_starts_with: field.not_starts_with.clone(),
        not_ends_with: field.not_ends_with.clone(),
    };
    types::AdvancedEventSelector {
        name: selector.name.clone(),
        field_selectors: selector.fields.iter().map(field).collect(),
    }
}

/// Basic selectors of a request.
pub(crate) fn selectors_of_api(selectors: Vec<types::EventSelector>) -> Vec<BasicSelector> {
    let resource = |data: types::DataResource| DataResource {
        resource_type: data.r#type.unwrap_or_default(),
        values: data.values.unwrap_or_default(),
    };
    let selector = |selector: types::EventSelector| BasicSelector {
        read_write: match selector.read_write_type {
            None | Some(types::ReadWriteType::All) => ReadWrite::All,
            Some(types::ReadWriteType::ReadOnly) => ReadWrite::ReadOnly,
            Some(types::ReadWriteType::WriteOnly) => ReadWrite::WriteOnly,
        },
        management: selector.include_management_events.unwrap_or(true),
        data: selector.data_resources.unwrap_or_default().into_iter().map(resource).collect(),
        excluded_sources: selector.exclude_management_event_sources.unwrap_or_default(),
    };
    selectors.into_iter().map(selector).collect()
}

/// Advanced selectors of a request.
pub(crate) fn advanced_of_api(selectors: Vec<types::AdvancedEventSelector>) -> Vec<Selector> {
    let field = |field: types::AdvancedFieldSelector| FieldSelector {
        field: field.field,
        equals: field.equals,
        starts_with: field.starts_with,
        ends_with: field.ends_with,
        not_equals: field.not_equals,
        not_starts_with: field.not_starts_with,
        not_ends_with: field.not_ends_with,
    };
    let selector = |selector: types::AdvancedEventSelector| Selector {
        name: selector.name,
        fields: selector.field_selectors.into_iter().map(field).collect(),
    };
    selectors.into_iter().map(selector).collect()
}

/// Insight selectors for an answer; categories that were left out are filled in.
pub(crate) fn insights_to_api(selectors: &[InsightSelector]) -> Vec<types::InsightSelector> {
    let category = |category: &SourceCategory| match category {
        SourceCategory::Management => types::SourceEventCategory::Management,
        SourceCategory::Data => types::SourceEventCategory::Data,
    };
    let selector = |selector: &InsightSelector| types::InsightSelector {
        insight_type: Some(match selector.insight_type {
            InsightType::ApiCallRate => types::InsightType::ApiCallRateInsight,
            InsightType::ApiErrorRate => types::InsightType::ApiErrorRateInsight,
        }),
        event_categories: Some(selector.categories.iter().map(category).collect()),
    };
    selectors.iter().map(selector).collect()
}

/// Insight selectors of a request; what is wrong with them, where something is (cloudtrail.md §4.9).
pub(crate) fn insights_of_api(selectors: Vec<types::InsightSelector>) -> Result<Vec<InsightSelector>, String> {
    let mut all: Vec<InsightSelector> = Vec::new();
    for selector in selectors {
        let insight_type = match selector.insight_type {
            Some(types::InsightType::ApiCallRateInsight) => InsightType::ApiCallRate,
            Some(types::InsightType::ApiErrorRateInsight) => InsightType::ApiErrorRate,
            None => return Err("An insight selector has no InsightType.".to_owned()),
        };
        let category = |category: &types::SourceEventCategory| match category {
            types::SourceEventCategory::Management => SourceCategory::Management,
            types::SourceEventCategory::Data => SourceCategory::Data,
        };
        let mut categories: Vec<_> = match &selector.event_categories {
            None => vec![SourceCategory::Management],
            Some(given) => given.iter().map(category).collect(),
        };
        if categories.is_empty() {
            return Err(format!("EventCategories of {} are empty.", insight_type.as_str()));
        }
        if all.iter().any(|before| before.insight_type == insight_type) {
            return Err(format!("{} occurs more than once.", insight_type.as_str()));
        }
        categories.sort_unstable();
        categories.dedup();
        all.push(InsightSelector { insight_type, categories });
    }
    Ok(all)
}
