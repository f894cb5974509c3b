//! The messages that Config sends: subjects and texts (config.md §5).

use base::{Scope, Timestamp};
use serde_json::{Value, json};

use crate::difference::{ChangeType, Difference};
use crate::item::Item;
use crate::notices::ComplianceChange;
use crate::results::ResultRecord;

/// Characters of a subject.
const SUBJECT_CHARS_MAX: usize = 100;
/// Bytes of a message that SNS takes; a longer one is told of by a summary (N-3).
pub const MESSAGE_BYTES_MAX: usize = 262_144;

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The subject on SNS.
    pub subject: String,
    /// The `detail-type` of the event.
    pub detail_type: &'static str,
    /// The resources of the event: the ARN of the one that changed, or none.
    pub resources: Vec<String>,
    /// The message on SNS as text, the `detail` of the event, the `invokingEvent` of a rule as text.
    pub body: Value,
}

/// What became of the object with a change that is too large for a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Oversized {
    /// It is there.
    Stored {
        /// The bucket.
        bucket: String,
        /// Its key.
        key: String,
    },
    /// It could not be written.
    Failed {
        /// Such as `NoSuchBucket`.
        code: String,
        /// What happened.
        message: String,
    },
}

/// `ConfigurationItemChangeNotification`
pub fn item_changed(difference: &Difference, item: &Item, now: Timestamp) -> Message {
    let body = json!({
        "configurationItemDiff": difference.to_json(),
        "configurationItem": item.to_stream(),
        "notificationCreationTime": now.iso_millis(),
        "messageType": "ConfigurationItemChangeNotification",
        "recordVersion": "1.3",
    });
    of_change(difference.change_type, item, body)
}

/// `OversizedConfigurationItemChangeNotification`, or `OversizedConfigurationItemChangeDeliveryFailed`.
pub fn oversized(change_type: ChangeType, item: &Item, object: &Oversized, now: Timestamp) -> Message {
    let (message_type, location, code, message) = match object {
        Oversized::Stored { bucket, key } => {
            ("OversizedConfigurationItemChangeNotification", Some(format!("{bucket}/{key}")), None, None)
        }
        Oversized::Failed { code, message } => {
            ("OversizedConfigurationItemChangeDeliveryFailed", None, Some(code), Some(message))
        }
    };
    let body = json!({
        "configurationItemSummary": item.to_summary(change_type.as_str()),
        "s3DeliverySummary": { "s3BucketLocation": location, "errorCode": code, "errorMessage": message },
        "notificationCreationTime": now.iso_millis(),
        "messageType": message_type,
        "recordVersion": "1.0",
    });
    of_change(change_type, item, body)
}

fn of_change(change_type: ChangeType, item: &Item, body: Value) -> Message {
    let word = match change_type {
        ChangeType::Create => "Created",
        ChangeType::Update | ChangeType::None => "Updated",
        ChangeType::Delete => "Deleted",
    };
    Message {
        subject: subject(&item.scope, &format!("{} {} {word} in", item.resource_type, item.resource_id)),
        detail_type: "Config Configuration Item Change",
        resources: item.arn.iter().cloned().collect(),
        body,
    }
}

/// `ConfigurationHistoryDeliveryCompleted`
pub fn history_delivered(scope: &Scope, bucket: &str, key: &str, now: Timestamp) -> Message {
    Message {
        subject: subject(scope, "Configuration History Delivery Completed for"),
        detail_type: "Config Configuration History Delivery Status",
        resources: Vec::new(),
        body: json!({
            "s3ObjectKey": key,
            "s3Bucket": bucket,
            "notificationCreationTime": now.iso_millis(),
            "messageType": "ConfigurationHistoryDeliveryCompleted",
            "recordVersion": "1.1",
        }),
    }
}

/// `ConfigurationSnapshotDeliveryStarted`
pub fn snapshot_started(scope: &Scope, snapshot_id: &str, now: Timestamp) -> Message {
    snapshot(scope, "Started", json!({ "configSnapshotId": snapshot_id }), now)
}

/// `ConfigurationSnapshotDeliveryCompleted`
pub fn snapshot_delivered(scope: &Scope, snapshot_id: &str, bucket: &str, key: &str, now: Timestamp) -> Message {
    let members = json!({ "configSnapshotId": snapshot_id, "s3ObjectKey": key, "s3Bucket": bucket });
    snapshot(scope, "Completed", members, now)
}

/// `ConfigurationSnapshotDeliveryFailed`. What it says of the failure is ours.
pub fn snapshot_failed(scope: &Scope, snapshot_id: &str, code: &str, message: &str, now: Timestamp) -> Message {
    let members = json!({ "configSnapshotId": snapshot_id, "errorCode": code, "errorMessage": message });
    snapshot(scope, "Failed", members, now)
}

fn snapshot(scope: &Scope, outcome: &str, mut body: Value, now: Timestamp) -> Message {
    body["notificationCreationTime"] = json!(now.iso_millis());
    body["messageType"] = json!(format!("ConfigurationSnapshotDelivery{outcome}"));
    body["recordVersion"] = json!("1.1");
    Message {
        subject: subject(scope, &format!("Configuration Snapshot Delivery {outcome} for")),
        detail_type: "Config Configuration Snapshot Delivery Status",
        resources: Vec::new(),
        body,
    }
}

/// `ComplianceChangeNotification` (N-4)
pub(crate) fn compliance_changed(scope: &Scope, change: &ComplianceChange, now: Timestamp) -> Message {
    let ComplianceChange { rule_name, rule_arn, resource_type, resource_id, new, old } = change;
    let result = |result: &ResultRecord| {
        json!({
            "evaluationResultIdentifier": {
                "evaluationResultQualifier": {
                    "configRuleName": rule_name,
                    "resourceType": resource_type,
                    "resourceId": resource_id,
                },
                "orderingTimestamp": result.ordering.iso_millis(),
            },
            "complianceType": result.compliance.as_str(),
            "resultRecordedTime": result.recorded.iso_millis(),
            "configRuleInvokedTime": result.invoked.iso_millis(),
            "annotation": result.annotation,
            "resultToken": null,
        })
    };
    let body = json!({
        "awsAccountId": scope.account.to_string(),
        "configRuleName": rule_name,
        "configRuleARN": rule_arn,
        "resourceType": resource_type,
        "resourceId": resource_id,
        "awsRegion": scope.region.to_string(),
        "newEvaluationResult": result(new),
        "oldEvaluationResult": old.as_ref().map(result),
        "notificationCreationTime": now.iso_millis(),
        "messageType": "ComplianceChangeNotification",
        "recordVersion": "1.0",
    });
    let what = format!("{resource_type} {resource_id} is {} with {rule_name} in", new.compliance.as_str());
    Message {
        subject: subject(scope, &what),
        detail_type: "Config Rules Compliance Change",
        resources: Vec::new(),
        body,
    }
}

/// `ConfigRulesEvaluationStarted`
pub(crate) fn evaluation_started(scope: &Scope, rules: &[String], now: Timestamp) -> Message {
    Message {
        subject: subject(scope, "Config Rules Evaluation Started for"),
        detail_type: "Config Rules Re-evaluation Status",
        resources: Vec::new(),
        body: json!({
            "awsAccountId": scope.account.to_string(),
            "awsRegion": scope.region.to_string(),
            "configRuleNames": rules,
            "notificationCreationTime": now.iso_millis(),
            "messageType": "ConfigRulesEvaluationStarted",
            "recordVersion": "1.0",
        }),
    }
}

/// A subject within its length; a longer one ends in `...`.
pub fn subject(scope: &Scope, what: &str) -> String {
    let subject = format!("[AWS Config:{}] {what} Account {}", scope.region, scope.account);
    // SNS takes ASCII alone in a subject, and no line breaks.
    let plain: String =
        subject.chars().map(|char| if char.is_ascii() && !char.is_control() { char } else { '?' }).collect();
    match plain.len() > SUBJECT_CHARS_MAX {
        true => format!("{}...", &plain[..SUBJECT_CHARS_MAX - 3]),
        false => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::shelf;

    #[test]
    fn a_change_is_told_with_its_difference_and_the_item() {
        let mut item = shelf::item("AWS::EC2::Volume", "vol-1", json!({"size":1}));
        item.arn = Some("arn:aws:ec2:eu-west-1:123456789012:volume/vol-1".to_owned());
        let message = item_changed(&Difference::between(None, &item), &item, shelf::now().plus_millis(4));
        assert_eq!(message.subject, "[AWS Config:eu-west-1] AWS::EC2::Volume vol-1 Created in Account 123456789012");
        assert_eq!(message.resources, ["arn:aws:ec2:eu-west-1:123456789012:volume/vol-1"]);
        let keys: Vec<_> = message.body.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            ["configurationItemDiff", "configurationItem", "notificationCreationTime", "messageType", "recordVersion"]
        );
        assert_eq!(message.body["configurationItem"]["configuration"], json!({"size":1}));
        assert_eq!(message.body["notificationCreationTime"], "2026-07-04T09:30:00.004Z");
    }

    #[test]
    fn what_is_too_large_is_told_by_where_it_is() {
        let item = shelf::item("AWS::EC2::Volume", "vol-1", json!({"size":1}));
        let stored = Oversized::Stored { bucket: "b".to_owned(), key: "k/x.json.gz".to_owned() };
        let body = oversized(ChangeType::Update, &item, &stored, shelf::now()).body;
        let summary = body["configurationItemSummary"].as_object().unwrap();
        assert_eq!((summary.keys().next().unwrap().as_str(), &summary["changeType"]), ("changeType", &json!("UPDATE")));
        assert!(!summary.contains_key("configuration"));
        assert_eq!(
            body["s3DeliverySummary"],
            json!({"s3BucketLocation":"b/k/x.json.gz","errorCode":null,"errorMessage":null})
        );
        let failed = Oversized::Failed { code: "NoSuchBucket".to_owned(), message: "it is gone".to_owned() };
        let body = oversized(ChangeType::Update, &item, &failed, shelf::now()).body;
        assert_eq!(body["messageType"], "OversizedConfigurationItemChangeDeliveryFailed");
        assert_eq!(body["s3DeliverySummary"]["errorCode"], "NoSuchBucket");
    }

    #[test]
    fn deliveries_are_told_with_the_keys_in_order() {
        let (scope, now) = (shelf::scope(), shelf::now());
        for (message, expected) in [
            (
                history_delivered(&scope, "acme-config", "k", now),
                r#"{"s3ObjectKey":"k","s3Bucket":"acme-config","notificationCreationTime":"2026-07-04T09:30:00.000Z","messageType":"ConfigurationHistoryDeliveryCompleted","recordVersion":"1.1"}"#,
            ),
            (
                snapshot_started(&scope, "id", now),
                r#"{"configSnapshotId":"id","notificationCreationTime":"2026-07-04T09:30:00.000Z","messageType":"ConfigurationSnapshotDeliveryStarted","recordVersion":"1.1"}"#,
            ),
            (
                snapshot_delivered(&scope, "id", "acme-config", "k", now),
                r#"{"configSnapshotId":"id","s3ObjectKey":"k","s3Bucket":"acme-config","notificationCreationTime":"2026-07-04T09:30:00.000Z","messageType":"ConfigurationSnapshotDeliveryCompleted","recordVersion":"1.1"}"#,
            ),
        ] {
            assert_eq!(message.body.to_string(), expected);
        }
        let subject = history_delivered(&scope, "b", "k", now).subject;
        assert_eq!(subject, "[AWS Config:eu-west-1] Configuration History Delivery Completed for Account 123456789012");
    }

    #[test]
    fn a_subject_is_ascii_of_at_most_100_characters() {
        let long = subject(&shelf::scope(), &format!("{} is NON_COMPLIANT with x in", "é".repeat(80)));
        assert_eq!((long.len(), &long[97..]), (100, "..."));
        assert!(long.is_ascii());
    }
}
