//! Items as the API has them (config.md §2.1).

use api::config::types;

use super::{Item, Relationship};

/// The version of all items.
pub const VERSION: &str = "1.3";

impl Item {
    /// `ConfigurationItem`
    pub fn to_api(&self) -> types::ConfigurationItem {
        types::ConfigurationItem {
            version: Some(VERSION.to_owned()),
            account_id: Some(self.scope.account.to_string()),
            configuration_item_capture_time: Some(self.taken),
            configuration_item_status: Some(self.status.to_api()),
            configuration_state_id: Some(self.taken.millis().to_string()),
            configuration_item_md5_hash: Some(String::new()),
            arn: self.arn.clone(),
            resource_type: Some(self.resource_type.clone()),
            resource_id: Some(self.resource_id.clone()),
            resource_name: self.resource_name.clone(),
            aws_region: Some(self.aws_region.clone()),
            availability_zone: self.availability_zone.clone(),
            resource_creation_time: self.created,
            tags: Some(self.tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect()),
            related_events: Some(Vec::new()),
            relationships: Some(self.relationships.iter().map(Relationship::to_api).collect()),
            configuration: self.configuration_text(),
            supplementary_configuration: Some(self.supplementary_texts(|_| true)),
            recording_frequency: self.delivered.map(|_| types::RecordingFrequency::Daily),
            configuration_item_delivery_time: self.delivered,
        }
    }

    /// `BaseConfigurationItem`: no tags, relationships or events.
    pub fn to_base_api(&self) -> types::BaseConfigurationItem {
        let is_no_tags = |key: &str| !matches!(key, "Tags" | "BucketTaggingConfiguration");
        types::BaseConfigurationItem {
            version: Some(VERSION.to_owned()),
            account_id: Some(self.scope.account.to_string()),
            configuration_item_capture_time: Some(self.taken),
            configuration_item_status: Some(self.status.to_api()),
            configuration_state_id: Some(self.taken.millis().to_string()),
            arn: self.arn.clone(),
            resource_type: Some(self.resource_type.clone()),
            resource_id: Some(self.resource_id.clone()),
            resource_name: self.resource_name.clone(),
            aws_region: Some(self.aws_region.clone()),
            availability_zone: self.availability_zone.clone(),
            resource_creation_time: self.created,
            configuration: self.configuration_text(),
            supplementary_configuration: Some(self.supplementary_texts(is_no_tags)),
            recording_frequency: self.delivered.map(|_| types::RecordingFrequency::Daily),
            configuration_item_delivery_time: self.delivered,
        }
    }

    fn configuration_text(&self) -> Option<String> {
        (!self.configuration.is_null()).then(|| self.configuration.to_string())
    }

    fn supplementary_texts(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
        let wanted = self.supplementary.iter().filter(|(key, _)| is_wanted(key));
        wanted.map(|(key, value)| (key.clone(), value.to_string())).collect()
    }
}

impl super::ItemStatus {
    fn to_api(self) -> types::ConfigurationItemStatus {
        self.as_str().parse().expect("the model has every status")
    }
}

impl Relationship {
    fn to_api(&self) -> types::Relationship {
        types::Relationship {
            resource_type: Some(self.resource_type.clone()),
            resource_id: self.resource_id.clone(),
            resource_name: self.resource_name.clone(),
            relationship_name: Some(self.name.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::item::{Item, ItemStatus};
    use crate::rule::shelf;

    #[test]
    fn values_are_json_text_and_strings_among_them_are_quoted() {
        let mut item = shelf::item("AWS::S3::Bucket", "acme-logs", json!({"name":"acme-logs","owner":null}));
        item.supplementary.insert("AccessControlList".to_owned(), json!(r#"{"grantSet":null}"#));
        item.supplementary.insert("IsRequesterPaysEnabled".to_owned(), json!(false));
        item.supplementary.insert("BucketTaggingConfiguration".to_owned(), json!({"tagSets":[]}));
        let api = item.to_api();
        assert_eq!(api.configuration.as_deref(), Some(r#"{"name":"acme-logs","owner":null}"#));
        let texts = api.supplementary_configuration.unwrap();
        assert_eq!(texts[0].1, r#""{\"grantSet\":null}""#);
        assert_eq!(texts[2], ("IsRequesterPaysEnabled".to_owned(), "false".to_owned()));
        assert_eq!((api.configuration_state_id.as_deref(), api.tags), (Some("1783157400000"), Some(vec![])));
        let base = item.to_base_api();
        assert!(!base.supplementary_configuration.unwrap().iter().any(|(key, _)| key == "BucketTaggingConfiguration"));
    }

    #[test]
    fn a_deleted_resource_has_no_configuration() {
        let gone = Item { status: ItemStatus::ResourceDeleted, ..shelf::item("AWS::S3::Bucket", "b", json!(null)) };
        let api = gone.to_api();
        assert_eq!((api.configuration, api.supplementary_configuration), (None, Some(vec![])));
    }

    #[test]
    fn an_item_is_read_back_as_it_was_stored() {
        let mut item = shelf::item("AWS::EC2::Instance", "i-1", json!({"z":1,"a":{"b":[null]}}));
        item.tags.insert("k".to_owned(), "v".to_owned());
        item.delivered = Some(item.taken);
        let text = serde_json::to_string(&item).unwrap();
        let read: Item = serde_json::from_str(&text).unwrap();
        assert_eq!(read, item);
        assert_eq!(read.configuration.to_string(), r#"{"z":1,"a":{"b":[null]}}"#, "the order of keys is the source's");
    }
}
