//! Each type of resource, from what its service answers.

use std::collections::BTreeMap;

use api::Service;
use base::{Scope, Timestamp};
use config::Description;
use config::ports::PortError;
use serde_json::{Map, Value as Json, json};
use wire::value::Value;

use super::casing::Casing;
use super::{Listing, OwnServices};

const NO_ZONE: &str = "Not Applicable";
const REGIONAL: &str = "Regional";

impl OwnServices {
    /// Metric alarms: all of them, or the one of a name.
    pub(super) async fn alarms(&self, scope: &Scope, name: Option<&str>) -> Result<Listing, PortError> {
        let service = &*self.cloudwatch;
        let mut asked = vec![("AlarmTypes", texts("MetricAlarm"))];
        asked.extend(name.map(|name| ("AlarmNames", texts(name))));
        let alarms = self.all_pages(service, scope, ("DescribeAlarms", "MetricAlarms", "NextToken"), &asked).await?;
        let mut listing = Vec::new();
        for alarm in alarms {
            let (name, arn) = (text(&alarm, "AlarmName"), text(&alarm, "AlarmArn"));
            let Some(tags) = self.tags(service, scope, "ListTagsForResource", ("ResourceARN", "Tags"), &arn).await?
            else {
                continue;
            };
            let mut configuration = Casing::LowerRun.json(&alarm);
            if let Json::Object(members) = &mut configuration {
                members.retain(|_, value| value.as_array().is_none_or(|elements| !elements.is_empty()));
            }
            let description = Description {
                resource_name: Some(name.clone()),
                arn: Some(arn),
                availability_zone: Some(NO_ZONE.to_owned()),
                tags,
                configuration,
                ..regional(scope)
            };
            listing.push((name, description));
        }
        Ok(listing)
    }

    /// Log groups: all of them, or those whose names begin so. Their keys are CloudFormation's.
    pub(super) async fn log_groups(&self, scope: &Scope, prefix: Option<&str>) -> Result<Listing, PortError> {
        let service = &*self.logs;
        let asked: Vec<_> =
            prefix.map(|prefix| ("logGroupNamePrefix", Value::String(prefix.to_owned()))).into_iter().collect();
        let groups = self.all_pages(service, scope, ("DescribeLogGroups", "logGroups", "nextToken"), &asked).await?;
        let mut listing = Vec::new();
        for group in groups {
            let (name, arn) = (text(&group, "logGroupName"), text(&group, "arn"));
            let resource = arn.trim_end_matches(":*");
            let Some(tags) =
                self.tags(service, scope, "ListTagsForResource", ("resourceArn", "tags"), resource).await?
            else {
                continue;
            };
            let mut configuration = Map::new();
            let keys = [
                ("Arn", "arn"),
                ("LogGroupName", "logGroupName"),
                ("RetentionInDays", "retentionInDays"),
                ("KmsKeyId", "kmsKeyId"),
                ("LogGroupClass", "logGroupClass"),
            ];
            for (key, member) in keys {
                if let Some(value) = group.get(member) {
                    configuration.insert(key.to_owned(), Casing::LowerFirst.json(value));
                }
            }
            configuration.insert("Tags".to_owned(), tag_list(&tags, "Key", "Value"));
            let created = match group.get("creationTime") {
                Some(Value::Integer(millis)) => Some(Timestamp::from_millis(*millis)),
                _ => None,
            };
            let description = Description {
                resource_name: Some(name.clone()),
                arn: Some(arn),
                availability_zone: Some(REGIONAL.to_owned()),
                created,
                tags,
                configuration: Json::Object(configuration),
                ..regional(scope)
            };
            listing.push((name, description));
        }
        Ok(listing)
    }

    /// Topics. Their configuration is their attributes, but for the counts of subscriptions.
    pub(super) async fn topics(&self, scope: &Scope) -> Result<Listing, PortError> {
        let service = &*self.sns;
        let topics = self.all_pages(service, scope, ("ListTopics", "Topics", "NextToken"), &[]).await?;
        let mut listing = Vec::new();
        for topic in topics {
            let arn = text(&topic, "TopicArn");
            let asked = vec![("TopicArn", Value::String(arn.clone()))];
            let answer = self.call(service, scope, "GetTopicAttributes", asked).await;
            let Some(answer) = unless_gone(answer)? else { continue };
            let Some(tags) = self.tags(service, scope, "ListTagsForResource", ("ResourceArn", "Tags"), &arn).await?
            else {
                continue;
            };
            let mut configuration =
                answer.get("Attributes").map(|all| Casing::LowerFirst.json(all)).unwrap_or_default();
            if let Json::Object(attributes) = &mut configuration {
                attributes.retain(|name, _| !name.starts_with("Subscriptions"));
            }
            let description = Description {
                resource_name: arn.rsplit(':').next().map(str::to_owned),
                arn: Some(arn.clone()),
                availability_zone: Some(NO_ZONE.to_owned()),
                supplementary: [("Tags".to_owned(), tag_list(&tags, "key", "value"))].into(),
                tags,
                configuration,
                ..regional(scope)
            };
            listing.push((arn, description));
        }
        Ok(listing)
    }

    /// The trails whose home the region is. They have no name beside their id, and no tags: those are supplementary.
    pub(super) async fn trails(&self, scope: &Scope) -> Result<Listing, PortError> {
        let service = &*self.cloudtrail;
        let asked = vec![("includeShadowTrails", Value::Boolean(false))];
        let answer = self.call(service, scope, "DescribeTrails", asked).await?;
        let mut listing = Vec::new();
        for trail in answer.get("trailList").and_then(Value::as_list).unwrap_or_default() {
            let arn = text(trail, "TrailARN");
            let tags = self.call(service, scope, "ListTags", vec![("ResourceIdList", texts(&arn))]).await;
            let Some(tags) = unless_gone(tags)? else { continue };
            let of_trail = tags.get("ResourceTagList").and_then(Value::as_list).and_then(<[Value]>::first);
            let tags = of_trail.and_then(|found| found.get("TagsList")).map(read_tags).unwrap_or_default();
            let description = Description {
                arn: Some(arn),
                availability_zone: Some(REGIONAL.to_owned()),
                supplementary: [("Tags".to_owned(), tag_list(&tags, "key", "value"))].into(),
                configuration: Casing::LowerFirst.json(trail),
                ..regional(scope)
            };
            listing.push((text(trail, "Name"), description));
        }
        Ok(listing)
    }

    /// The tags of a resource; `None` when it went meanwhile.
    async fn tags(
        &self,
        service: &dyn Service,
        scope: &Scope,
        operation: &'static str,
        (asked, answered): (&'static str, &'static str),
        arn: &str,
    ) -> Result<Option<BTreeMap<String, String>>, PortError> {
        let answer = self.call(service, scope, operation, vec![(asked, Value::String(arn.to_owned()))]).await;
        Ok(unless_gone(answer)?.map(|answer| answer.get(answered).map(read_tags).unwrap_or_default()))
    }
}

/// What is the same of all that belongs to a region.
fn regional(scope: &Scope) -> Description {
    Description { aws_region: scope.region.to_string(), ..Description::default() }
}

/// An answer, when what was asked for is still there.
fn unless_gone(answer: Result<Value, PortError>) -> Result<Option<Value>, PortError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.code.contains("NotFound") => Ok(None),
        Err(error) => Err(error),
    }
}

fn text(value: &Value, member: &str) -> String {
    value.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A list of one text.
fn texts(one: &str) -> Value {
    Value::List(vec![Value::String(one.to_owned())])
}

/// Tags, whether they are a map or a list of keys and values.
fn read_tags(value: &Value) -> BTreeMap<String, String> {
    match value {
        Value::Map(entries) => {
            let entry = |(key, value): &(String, Value)| (key.clone(), value.as_str().unwrap_or_default().to_owned());
            entries.iter().map(entry).collect()
        }
        Value::List(tags) => tags.iter().map(|tag| (text(tag, "Key"), text(tag, "Value"))).collect(),
        _ => BTreeMap::new(),
    }
}

fn tag_list(tags: &BTreeMap<String, String>, key: &str, value: &str) -> Json {
    tags.iter().map(|(name, of_name)| json!({key: name, value: of_name})).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_is_left_out_and_other_errors_are_told() {
        let failed = |code: &str| Err(PortError { code: code.to_owned(), message: String::new() });
        for code in ["NotFound", "ResourceNotFoundException", "TrailNotFoundException"] {
            assert_eq!(unless_gone(failed(code)), Ok(None), "{code}");
        }
        assert!(unless_gone(failed("InternalFailure")).is_err());
    }

    #[test]
    fn tags_are_read_from_maps() {
        let tags = read_tags(&Value::Map(vec![("team".to_owned(), Value::String("ops".to_owned()))]));
        assert_eq!(tag_list(&tags, "key", "value"), json!([{"key": "team", "value": "ops"}]));
    }
}
