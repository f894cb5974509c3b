//! What an EBS volume is attached to.

use serde_json::Value;

use crate::item::{self, Item};
use crate::rule::Verdict;

use super::untold;

/// EC2's type of volumes.
pub(crate) const VOLUME: &str = "AWS::EC2::Volume";

/// The attachments of a volume, without those that have ended. A volume that is `available` has none.
pub(crate) fn attachments(item: &Item) -> Result<Vec<&Value>, Verdict> {
    let is_there = |attachment: &&Value| item::at(attachment, "state").and_then(Value::as_str) != Some("detached");
    match item.at("attachments").and_then(Value::as_array) {
        Some(attachments) => Ok(attachments.iter().filter(is_there).collect()),
        None if item.text("state") == Some("available") => Ok(Vec::new()),
        None => Err(untold("attachments")),
    }
}

#[cfg(test)]
pub(crate) mod examples {
    use serde_json::json;

    use super::*;
    use crate::rule::shelf;

    /// A volume as EC2 describes it, with other members over its own.
    pub(crate) fn volume(more: Value) -> Item {
        let mut configuration = json!({
            "attachments": [attachment("attached", true)],
            "availabilityZone": "eu-west-1a",
            "createTime": "2026-01-02T03:04:05.000Z",
            "encrypted": true,
            "kmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "size": 8,
            "snapshotId": "",
            "state": "in-use",
            "volumeId": "vol-0123456789abcdef0",
            "volumeType": "gp3",
        });
        configuration.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        shelf::item(VOLUME, "vol-0123456789abcdef0", configuration)
    }

    /// An attachment to an instance.
    pub(crate) fn attachment(state: &str, delete_on_termination: bool) -> Value {
        json!({
            "attachTime": "2026-01-02T03:05:00.000Z",
            "device": "/dev/xvda",
            "instanceId": "i-0123456789abcdef0",
            "state": state,
            "volumeId": "vol-0123456789abcdef0",
            "deleteOnTermination": delete_on_termination,
        })
    }
}
