//! `CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED`: trails deliver to CloudWatch Logs.

use crate::item::Item;
use crate::rule::{Fact, Inventory, ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::trail::{TRAIL, trails};
use crate::shapes::{described, filled_text, untold};

const HOUR_MILLIS: i64 = 60 * 60 * 1000;

/// `CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED",
    trigger: Trigger::Periodic,
    subject: Subject::Resources(&[TRAIL]),
    parameters: &[Parameter::optional("expectedDeliveryWindowAge", ParameterKind::Integer)],
    facts: &[Fact::Trails],
    evaluate: |item, parameters, inventory| judge(item, parameters, inventory).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters, inventory: &dyn Inventory) -> Result<Verdict, Verdict> {
    described(item)?;
    if filled_text(item, "cloudWatchLogsLogGroupArn").is_none() {
        return Ok(Verdict::non_compliant("The trail has no log group."));
    }
    let Some(hours) = parameters.integer("expectedDeliveryWindowAge") else { return Ok(Verdict::compliant()) };
    let arn = item.arn.as_deref().or_else(|| item.text("trailARN")).ok_or_else(|| untold("an ARN"))?;
    let trails = trails(inventory)?;
    let own = trails.iter().find(|trail| trail.arn == arn);
    let own = own.ok_or_else(|| Verdict::insufficient_data("What the trail has delivered is not known."))?;
    let earliest = inventory.now().plus_millis(hours.saturating_mul(-HOUR_MILLIS));
    let is_late = own.logs_delivered.is_none_or(|delivered| delivered < earliest);
    Ok(Verdict::of(is_late.then(|| format!("Nothing was delivered to CloudWatch Logs within {hours} hours."))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::shelf::{self, Shelf};
    use crate::rule::{Asked, Compliance, TrailState};
    use crate::shapes::trail::examples::{trail_item, trail_state};

    #[test]
    fn a_trail_has_a_log_group() {
        for (more, expected) in [
            (json!({}), Compliance::Compliant),
            (json!({ "cloudWatchLogsLogGroupArn": "" }), Compliance::NonCompliant),
            (json!({ "cloudWatchLogsLogGroupArn": null }), Compliance::NonCompliant),
        ] {
            assert_eq!(shelf::judged(&RULE, &trail_item(more.clone()), json!({})), expected, "{more}");
        }
    }

    #[test]
    fn the_last_delivery_is_within_the_hours() {
        for (hours_ago, expected) in [
            (Some(0), Compliance::Compliant),
            (Some(6), Compliance::Compliant),
            (Some(7), Compliance::NonCompliant),
            (None, Compliance::NonCompliant),
        ] {
            let logs_delivered = hours_ago.map(|hours: i64| shelf::now().plus_millis(-hours * HOUR_MILLIS));
            let trails = Asked::Known(vec![TrailState { logs_delivered, ..trail_state(json!({})) }]);
            let shelf = Shelf { trails, ..Shelf::default() };
            let parameters = json!({ "expectedDeliveryWindowAge": "6" });
            let told = shelf::judged_among(&RULE, &trail_item(json!({})), parameters, &shelf);
            assert_eq!(told, expected, "{hours_ago:?}");
        }
        let parameters = json!({ "expectedDeliveryWindowAge": "6" });
        assert_eq!(shelf::judged(&RULE, &trail_item(json!({})), parameters), Compliance::InsufficientData);
    }
}
