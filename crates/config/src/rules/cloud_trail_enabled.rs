//! `CLOUD_TRAIL_ENABLED`: a trail records what happens in the account and region.

use serde_json::Value;

use crate::item;
use crate::rule::{
    Fact, Inventory, ManagedRule, Parameter, ParameterKind, Parameters, Subject, TrailState, Trigger, Verdict,
};
use crate::shapes::trail::{delivers_as_asked, trails};

/// `CLOUD_TRAIL_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "CLOUD_TRAIL_ENABLED",
    trigger: Trigger::Periodic,
    subject: Subject::Account,
    parameters: &[
        Parameter::optional("s3BucketName", ParameterKind::Text),
        Parameter::optional("snsTopicArn", ParameterKind::Text),
        Parameter::optional("cloudWatchLogsLogGroupArn", ParameterKind::Text),
    ],
    facts: &[Fact::Trails],
    evaluate: |_, parameters, inventory| judge(parameters, inventory).unwrap_or_else(|untold| untold),
};

fn judge(parameters: &Parameters, inventory: &dyn Inventory) -> Result<Verdict, Verdict> {
    let region = inventory.scope().region.to_string();
    let is_right =
        |trail: &TrailState| trail.is_logging && covers(trail, &region) && delivers_as_asked(trail, parameters);
    let has_one = trails(inventory)?.iter().any(is_right);
    Ok(Verdict::of((!has_one).then_some("No trail that is logging in this Region matches the parameters of the rule.")))
}

/// Whether a trail is of a region: at home there, or of all.
fn covers(trail: &TrailState, region: &str) -> bool {
    let is_of_all = item::at(&trail.description, "IsMultiRegionTrail").and_then(item::as_flag).unwrap_or_default();
    is_of_all || item::at(&trail.description, "HomeRegion").and_then(Value::as_str).is_none_or(|home| home == region)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::item::Item;
    use crate::rule::shelf::{self, Shelf};
    use crate::rule::{Asked, Compliance};
    use crate::shapes::trail::examples::trail_state;

    fn judged(trails: Asked<Vec<TrailState>>, parameters: &Value) -> Compliance {
        let shelf = Shelf { trails, ..Shelf::default() };
        let account = Item::of_account(&shelf.scope, shelf.now);
        shelf::judged_among(&RULE, &account, parameters.clone(), &shelf)
    }

    #[test]
    fn a_trail_is_logging_in_the_region() {
        let stopped = TrailState { is_logging: false, ..trail_state(json!({})) };
        let elsewhere = json!({ "HomeRegion": "us-east-1" });
        let everywhere = json!({ "HomeRegion": "us-east-1", "IsMultiRegionTrail": true });
        for (trails, expected) in [
            (Asked::Known(vec![trail_state(json!({}))]), Compliance::Compliant),
            (Asked::Known(vec![stopped.clone()]), Compliance::NonCompliant),
            (Asked::Known(vec![stopped, trail_state(json!({}))]), Compliance::Compliant),
            (Asked::Known(vec![trail_state(elsewhere)]), Compliance::NonCompliant),
            (Asked::Known(vec![trail_state(everywhere)]), Compliance::Compliant),
            (Asked::Known(vec![]), Compliance::NonCompliant),
            (Asked::Nothing, Compliance::NonCompliant),
            (Asked::Unknown, Compliance::InsufficientData),
        ] {
            assert_eq!(judged(trails.clone(), &json!({})), expected, "{trails:?}");
        }
    }

    #[test]
    fn one_trail_delivers_to_all_that_is_asked_for() {
        for (parameters, expected) in [
            (json!({ "s3BucketName": "acme-trails" }), Compliance::Compliant),
            (json!({ "s3BucketName": "other" }), Compliance::NonCompliant),
            (json!({ "snsTopicArn": "arn:aws:sns:eu-west-1:123456789012:trails" }), Compliance::Compliant),
            (
                json!({ "s3BucketName": "acme-trails", "snsTopicArn": "arn:aws:sns:eu-west-1:1:x" }),
                Compliance::NonCompliant,
            ),
            (
                json!({ "cloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:123456789012:log-group:trails" }),
                Compliance::Compliant,
            ),
        ] {
            let trails =
                || Asked::Known(vec![trail_state(json!({})), trail_state(json!({ "S3BucketName": "second" }))]);
            assert_eq!(judged(trails(), &parameters), expected, "{parameters}");
        }
    }
}
