//! Items as messages and files have them (config.md §2.2): values parsed, times as text, other names, keys in the order
//! that AWS's messages have them.

use base::Timestamp;
use serde_json::{Map, Value, json};

use super::api_shape::VERSION;
use super::{Item, Relationship};

impl Item {
    /// The item in a message or a file.
    pub fn to_stream(&self) -> Value {
        let mut members = Map::new();
        let mut put = |key: &str, value: Value| drop(members.insert(key.to_owned(), value));
        put("relatedEvents", json!([]));
        put("relationships", self.relationships.iter().map(Relationship::to_stream).collect());
        put("configuration", self.configuration.clone());
        put("supplementaryConfiguration", json!(self.supplementary));
        put("tags", json!(self.tags));
        self.put_summary(put);
        if let Some(delivered) = self.delivered {
            members.insert("recordingFrequency".to_owned(), json!("DAILY"));
            members.insert("configurationItemDeliveryTime".to_owned(), json!(delivered.iso_millis()));
        }
        Value::Object(members)
    }

    /// What a message tells of an item that is too large for it (config.md §5.3), after the kind of change.
    pub fn to_summary(&self, change_type: &str) -> Value {
        let mut members = Map::new();
        members.insert("changeType".to_owned(), json!(change_type));
        self.put_summary(|key, value| drop(members.insert(key.to_owned(), value)));
        Value::Object(members)
    }

    fn put_summary(&self, mut put: impl FnMut(&str, Value)) {
        put("configurationItemVersion", json!(VERSION));
        put("configurationItemCaptureTime", json!(self.taken.iso_millis()));
        put("configurationStateId", json!(self.taken.millis()));
        put("awsAccountId", json!(self.scope.account.as_str()));
        put("configurationItemStatus", json!(self.status.as_str()));
        put("resourceType", json!(self.resource_type));
        put("resourceId", json!(self.resource_id));
        put("resourceName", json!(self.resource_name));
        put("ARN", json!(self.arn));
        put("awsRegion", json!(self.aws_region));
        put("availabilityZone", json!(self.availability_zone));
        put("configurationStateMd5Hash", json!(""));
        put("resourceCreationTime", json!(self.created.map(Timestamp::iso_millis)));
    }
}

impl Relationship {
    /// The relationship in a message or a file.
    pub fn to_stream(&self) -> Value {
        json!({
            "resourceId": self.resource_id,
            "resourceName": self.resource_name,
            "resourceType": self.resource_type,
            "name": self.name,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::item::Relationship;
    use crate::rule::shelf;

    #[test]
    fn the_shape_is_that_of_messages() {
        let mut item = shelf::item("AWS::EC2::SecurityGroup", "sg-01bb", json!({"groupName":"web"}));
        item.relationships.push(Relationship {
            resource_type: "AWS::EC2::VPC".to_owned(),
            resource_id: Some("vpc-01dd".to_owned()),
            resource_name: None,
            name: "Is contained in Vpc".to_owned(),
        });
        item.supplementary.insert("AccessControlList".to_owned(), json!(r#"{"grantSet":null}"#));
        item.arn = Some("arn:aws:ec2:eu-west-1:123456789012:security-group/sg-01bb".to_owned());
        item.availability_zone = Some("Not Applicable".to_owned());
        // The shape of config.md §2.2, which is that of items seen in public code.
        let expected = concat!(
            r#"{"relatedEvents":[],"relationships":[{"resourceId":"vpc-01dd","resourceName":null,"#,
            r#""resourceType":"AWS::EC2::VPC","name":"Is contained in Vpc"}],"configuration":{"groupName":"web"},"#,
            r#""supplementaryConfiguration":{"AccessControlList":"{\"grantSet\":null}"},"tags":{},"#,
            r#""configurationItemVersion":"1.3","configurationItemCaptureTime":"2026-07-04T09:30:00.000Z","#,
            r#""configurationStateId":1783157400000,"awsAccountId":"123456789012","configurationItemStatus":"OK","#,
            r#""resourceType":"AWS::EC2::SecurityGroup","resourceId":"sg-01bb","resourceName":null,"#,
            r#""ARN":"arn:aws:ec2:eu-west-1:123456789012:security-group/sg-01bb","awsRegion":"eu-west-1","#,
            r#""availabilityZone":"Not Applicable","configurationStateMd5Hash":"","resourceCreationTime":null}"#,
        );
        assert_eq!(item.to_stream().to_string(), expected);
    }

    #[test]
    fn the_item_of_a_day_says_when_it_was_handed_on() {
        let mut item = shelf::item("AWS::EC2::Volume", "vol-1", json!({}));
        assert!(item.to_stream().get("recordingFrequency").is_none());
        item.delivered = Some(item.taken.plus_millis(1));
        let stream = item.to_stream();
        assert_eq!(stream["recordingFrequency"], "DAILY");
        assert_eq!(stream["configurationItemDeliveryTime"], "2026-07-04T09:30:00.001Z");
    }
}
