//! `CLOUDTRAIL_SECURITY_TRAIL_ENABLED`: a trail is as security wants it: of all regions and of what has none, all
//! management events, validated, encrypted.

use serde_json::Value;

use crate::item;
use crate::rule::{Fact, Inventory, ManagedRule, Subject, TrailState, Trigger, Verdict};
use crate::shapes::management_events::{Recorded, management_events};
use crate::shapes::trail::trails;

/// `CLOUDTRAIL_SECURITY_TRAIL_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "CLOUDTRAIL_SECURITY_TRAIL_ENABLED",
    trigger: Trigger::Periodic,
    subject: Subject::Account,
    parameters: &[],
    facts: &[Fact::Trails],
    evaluate: |_, _, inventory| judge(inventory).unwrap_or_else(|untold| untold),
};

fn judge(inventory: &dyn Inventory) -> Result<Verdict, Verdict> {
    let has_one = trails(inventory)?.iter().any(is_secure);
    Ok(Verdict::of((!has_one).then_some("No trail follows the best practices for security.")))
}

fn is_secure(trail: &TrailState) -> bool {
    let is_set = |name| item::at(&trail.description, name).and_then(item::as_flag).unwrap_or_default();
    let is_encrypted =
        item::at(&trail.description, "KmsKeyId").and_then(Value::as_str).is_some_and(|id| !id.is_empty());
    let all = Recorded { any: true, reads: true, writes: true, leaves_out: false };
    trail.is_logging
        && is_set("IsMultiRegionTrail")
        && is_set("IncludeGlobalServiceEvents")
        && is_set("LogFileValidationEnabled")
        && is_encrypted
        && management_events(&trail.selectors) == all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::item::Item;
    use crate::rule::shelf::{self, Shelf};
    use crate::rule::{Asked, Compliance};
    use crate::shapes::trail::examples::trail_state;

    fn secure(more: Value, selectors: Value) -> TrailState {
        let mut description = json!({ "IsMultiRegionTrail": true, "IncludeGlobalServiceEvents": true,
            "LogFileValidationEnabled": true, "KmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/k" });
        description.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        TrailState { selectors, ..trail_state(description) }
    }

    fn judged(trails: Asked<Vec<TrailState>>) -> Compliance {
        let shelf = Shelf { trails, ..Shelf::default() };
        shelf::judged_among(&RULE, &Item::of_account(&shelf.scope, shelf.now), json!({}), &shelf)
    }

    #[test]
    fn one_trail_is_all_that_is_asked_for() {
        let all = || json!({ "EventSelectors": [{ "ReadWriteType": "All", "IncludeManagementEvents": true }] });
        let without_kms = json!({ "EventSelectors": [{ "ExcludeManagementEventSources": ["kms.amazonaws.com"] }] });
        for (more, selectors, expected) in [
            (json!({}), json!({}), Compliance::Compliant),
            (json!({}), all(), Compliance::Compliant),
            (json!({ "IsMultiRegionTrail": false }), all(), Compliance::NonCompliant),
            (json!({ "IncludeGlobalServiceEvents": false }), all(), Compliance::NonCompliant),
            (json!({ "LogFileValidationEnabled": null }), all(), Compliance::NonCompliant),
            (json!({ "KmsKeyId": null }), all(), Compliance::NonCompliant),
            (json!({}), json!({ "EventSelectors": [{ "ReadWriteType": "WriteOnly" }] }), Compliance::NonCompliant),
            (json!({}), without_kms, Compliance::NonCompliant),
        ] {
            let trail = secure(more.clone(), selectors.clone());
            assert_eq!(judged(Asked::Known(vec![trail])), expected, "{more} {selectors}");
        }
    }

    #[test]
    fn it_is_one_trail_and_logs() {
        let stopped = TrailState { is_logging: false, ..secure(json!({}), json!({})) };
        assert_eq!(judged(Asked::Known(vec![stopped.clone()])), Compliance::NonCompliant);
        assert_eq!(judged(Asked::Known(vec![stopped, secure(json!({}), json!({}))])), Compliance::Compliant);
        let halves = vec![
            secure(json!({ "KmsKeyId": null }), json!({})),
            secure(json!({ "IsMultiRegionTrail": false }), json!({})),
        ];
        assert_eq!(judged(Asked::Known(halves)), Compliance::NonCompliant);
        assert_eq!(judged(Asked::Nothing), Compliance::NonCompliant);
        assert_eq!(judged(Asked::Unknown), Compliance::InsufficientData);
    }
}
