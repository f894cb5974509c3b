//! Where a trail delivers to.

use serde_json::Value;

use crate::item;
use crate::rule::{Asked, Inventory, Parameters, TrailState, Verdict};

/// CloudTrail's type of trails.
pub(crate) const TRAIL: &str = "AWS::CloudTrail::Trail";

/// The trails that the account sees in this region.
pub(crate) fn trails(inventory: &dyn Inventory) -> Result<Vec<TrailState>, Verdict> {
    match inventory.trails() {
        Asked::Known(trails) => Ok(trails),
        Asked::Nothing => Ok(Vec::new()),
        Asked::Unknown => Err(Verdict::insufficient_data("The account's trails are not known.")),
    }
}

/// Whether a trail delivers to what `s3BucketName`, `snsTopicArn` and `cloudWatchLogsLogGroupArn` say, of those there are.
pub(crate) fn delivers_as_asked(trail: &TrailState, parameters: &Parameters) -> bool {
    let is = |name, member| {
        let actual = item::at(&trail.description, member).and_then(Value::as_str).unwrap_or_default();
        // CloudTrail tells a log group's ARN with `:*` at its end, callers write it with or without.
        parameters.text(name).is_none_or(|wanted| wanted.trim_end_matches(":*") == actual.trim_end_matches(":*"))
    };
    is("s3BucketName", "S3BucketName")
        && is("snsTopicArn", "SnsTopicARN")
        && is("cloudWatchLogsLogGroupArn", "CloudWatchLogsLogGroupArn")
}

#[cfg(test)]
pub(crate) mod examples {
    use serde_json::json;

    use super::*;
    use crate::item::Item;
    use crate::rule::shelf;

    pub(crate) const ARN: &str = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/acme";

    /// The item of a trail, with other members over its own.
    pub(crate) fn trail_item(more: Value) -> Item {
        let mut configuration = json!({
            "cloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:123456789012:log-group:trails:*",
            "cloudWatchLogsRoleArn": "arn:aws:iam::123456789012:role/trails",
            "hasCustomEventSelectors": false,
            "homeRegion": "eu-west-1",
            "includeGlobalServiceEvents": true,
            "isMultiRegionTrail": true,
            "isOrganizationTrail": false,
            "kmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "logFileValidationEnabled": true,
            "name": "acme",
            "s3BucketName": "acme-trails",
            "trailARN": ARN,
        });
        configuration.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Item { arn: Some(ARN.to_owned()), ..shelf::item(TRAIL, "acme", configuration) }
    }

    /// A trail that is logging, with other members over its own.
    pub(crate) fn trail_state(more: Value) -> TrailState {
        let mut description = json!({
            "Name": "acme",
            "S3BucketName": "acme-trails",
            "SnsTopicARN": "arn:aws:sns:eu-west-1:123456789012:trails",
            "CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:123456789012:log-group:trails:*",
            "HomeRegion": "eu-west-1",
            "IsMultiRegionTrail": false,
            "TrailARN": ARN,
        });
        description.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        TrailState { arn: ARN.to_owned(), description, is_logging: true, selectors: json!({}), logs_delivered: None }
    }
}
