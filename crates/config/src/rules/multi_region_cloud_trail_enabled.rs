//! `MULTI_REGION_CLOUD_TRAIL_ENABLED`: a trail records the management events of all regions.

use crate::item;
use crate::rule::{
    Fact, Inventory, ManagedRule, Parameter, ParameterKind, Parameters, Subject, TrailState, Trigger, Verdict,
};
use crate::shapes::management_events::{management_events, other_events};
use crate::shapes::trail::{delivers_as_asked, trails};

/// `MULTI_REGION_CLOUD_TRAIL_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "MULTI_REGION_CLOUD_TRAIL_ENABLED",
    trigger: Trigger::Periodic,
    subject: Subject::Account,
    parameters: &[
        Parameter::optional("s3BucketName", ParameterKind::Text),
        Parameter::optional("snsTopicArn", ParameterKind::Text),
        Parameter::optional("cloudWatchLogsLogGroupArn", ParameterKind::Text),
        Parameter::optional("includeManagementEvents", ParameterKind::Boolean),
        Parameter::optional("readWriteType", ParameterKind::Text),
    ],
    facts: &[Fact::Trails],
    evaluate: |_, parameters, inventory| judge(parameters, inventory).unwrap_or_else(|untold| untold),
};

fn judge(parameters: &Parameters, inventory: &dyn Inventory) -> Result<Verdict, Verdict> {
    let trails = trails(inventory)?;
    let is_kept = trails.iter().any(|trail| is_right(trail, parameters));
    Ok(Verdict::of((!is_kept).then_some("No multi-Region trail that is logging matches the parameters of the rule.")))
}

fn is_right(trail: &TrailState, parameters: &Parameters) -> bool {
    let is_of_all_regions =
        item::at(&trail.description, "IsMultiRegionTrail").and_then(item::as_flag).unwrap_or_default();
    trail.is_logging && is_of_all_regions && delivers_as_asked(trail, parameters) && records_as_asked(trail, parameters)
}

/// Whether events are recorded as asked, which is all of management's unless something else is said.
fn records_as_asked(trail: &TrailState, parameters: &Parameters) -> bool {
    let of_management = management_events(&trail.selectors);
    if of_management.leaves_out {
        return false;
    }
    let recorded = match parameters.text("includeManagementEvents") {
        Some(_) if !parameters.is_true("includeManagementEvents") => {
            if of_management.any {
                return false;
            }
            other_events(&trail.selectors)
        }
        _ => of_management,
    };
    let wanted = match parameters.text("readWriteType").unwrap_or("All").to_ascii_lowercase().as_str() {
        "readonly" => (true, false),
        "writeonly" => (false, true),
        _ => (true, true),
    };
    recorded.any && (recorded.reads, recorded.writes) == wanted
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::item::Item;
    use crate::rule::shelf::{self, Shelf};
    use crate::rule::{Asked, Compliance};

    fn trail(more: Value, selectors: Value) -> TrailState {
        let mut description = json!({
            "Name": "acme",
            "S3BucketName": "acme-trails",
            "IncludeGlobalServiceEvents": true,
            "IsMultiRegionTrail": true,
            "HomeRegion": "eu-west-1",
            "SnsTopicARN": "arn:aws:sns:eu-west-1:123456789012:trails",
            "CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:123456789012:log-group:trails:*",
        });
        description.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        TrailState {
            arn: "arn:aws:cloudtrail:eu-west-1:123456789012:trail/acme".to_owned(),
            description,
            is_logging: true,
            selectors,
            logs_delivered: None,
        }
    }

    fn basic(selector: Value) -> Value {
        json!({ "EventSelectors": [selector], "AdvancedEventSelectors": [] })
    }

    fn judged(trails: Vec<TrailState>, parameters: &Value) -> Compliance {
        let shelf = Shelf { trails: Asked::Known(trails), ..Shelf::default() };
        let account = Item::of_account(&shelf.scope, shelf.now);
        shelf::judged_among(&RULE, &account, parameters.clone(), &shelf)
    }

    #[test]
    fn one_trail_of_all_regions_is_as_asked() {
        let all = || basic(json!({ "ReadWriteType": "All", "IncludeManagementEvents": true }));
        let writes = || basic(json!({ "ReadWriteType": "WriteOnly", "IncludeManagementEvents": true }));
        let none = || basic(json!({ "ReadWriteType": "All", "IncludeManagementEvents": false }));
        let without_keys = || basic(json!({ "ExcludeManagementEventSources": ["kms.amazonaws.com"] }));
        let plain = || json!({});
        for (trail, parameters, expected) in [
            (trail(plain(), all()), plain(), Compliance::Compliant),
            (trail(plain(), json!({})), plain(), Compliance::Compliant),
            (trail(json!({ "IsMultiRegionTrail": false }), all()), plain(), Compliance::NonCompliant),
            (TrailState { is_logging: false, ..trail(plain(), all()) }, plain(), Compliance::NonCompliant),
            (trail(plain(), all()), json!({ "s3BucketName": "acme-trails" }), Compliance::Compliant),
            (trail(plain(), all()), json!({ "s3BucketName": "other" }), Compliance::NonCompliant),
            (
                trail(plain(), all()),
                json!({ "snsTopicArn": "arn:aws:sns:eu-west-1:123456789012:other" }),
                Compliance::NonCompliant,
            ),
            (
                trail(plain(), all()),
                json!({ "cloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:123456789012:log-group:trails" }),
                Compliance::Compliant,
            ),
            (trail(plain(), writes()), plain(), Compliance::NonCompliant),
            (trail(plain(), writes()), json!({ "readWriteType": "WriteOnly" }), Compliance::Compliant),
            (trail(plain(), all()), json!({ "readWriteType": "ReadOnly" }), Compliance::NonCompliant),
            (trail(plain(), all()), json!({ "readWriteType": "ALL" }), Compliance::Compliant),
            (trail(plain(), none()), plain(), Compliance::NonCompliant),
            (trail(plain(), none()), json!({ "includeManagementEvents": "false" }), Compliance::Compliant),
            (trail(plain(), all()), json!({ "includeManagementEvents": "false" }), Compliance::NonCompliant),
            (trail(plain(), without_keys()), plain(), Compliance::NonCompliant),
        ] {
            assert_eq!(judged(vec![trail.clone()], &parameters), expected, "{trail:?} {parameters}");
        }
    }

    #[test]
    fn what_one_trail_lacks_another_does_not_make_up() {
        let in_one_region = trail(json!({ "IsMultiRegionTrail": false }), json!({}));
        let right = trail(json!({ "S3BucketName": "second" }), json!({}));
        let bucket = json!({ "s3BucketName": "acme-trails" });
        assert_eq!(judged(vec![in_one_region.clone(), right.clone()], &json!({})), Compliance::Compliant);
        assert_eq!(judged(vec![in_one_region, right], &bucket), Compliance::NonCompliant);
        assert_eq!(judged(Vec::new(), &json!({})), Compliance::NonCompliant);
    }

    #[test]
    fn unknown_trails_are_no_verdict() {
        let shelf = Shelf::default();
        let account = Item::of_account(&shelf.scope, shelf.now);
        assert_eq!(shelf::judged_among(&RULE, &account, json!({}), &shelf), Compliance::InsufficientData);
    }
}
