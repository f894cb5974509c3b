//! `CLOUDWATCH_ALARM_RESOURCE_CHECK`: resources of a type have an alarm on a metric of theirs.

use serde_json::Value;

use crate::item::{self, Item};
use crate::rule::{Inventory, ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::untold;

/// `CLOUDWATCH_ALARM_RESOURCE_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "CLOUDWATCH_ALARM_RESOURCE_CHECK",
    trigger: Trigger::Periodic,
    subject: Subject::Resources(&["AWS::EC2::Instance", "AWS::EC2::Volume", "AWS::RDS::DBCluster", "AWS::S3::Bucket"]),
    parameters: &[
        Parameter::required("resourceType", ParameterKind::Text),
        Parameter::required("metricName", ParameterKind::Text),
    ],
    facts: &[],
    evaluate: |item, parameters, inventory| judge(item, parameters, inventory).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters, inventory: &dyn Inventory) -> Result<Verdict, Verdict> {
    if parameters.text("resourceType") != Some(&item.resource_type) {
        return Ok(Verdict::not_applicable());
    }
    let (dimension, id) = dimension(item)?;
    let metric = parameters.text("metricName").unwrap_or_default();
    let is_of_it = |alarm: &Item| {
        let is_dimension = |of: &Value| {
            let text = |key| item::at(of, key).and_then(Value::as_str);
            text("name") == Some(dimension) && text("value") == Some(id)
        };
        alarm.text("metricName") == Some(metric) && alarm.list("dimensions").iter().any(is_dimension)
    };
    let has_one = inventory.items("AWS::CloudWatch::Alarm").iter().any(|alarm| is_of_it(alarm));
    Ok(Verdict::of((!has_one).then(|| format!("No alarm watches the metric {metric} of the resource."))))
}

/// The dimension that names a resource in its service's metrics, and the name.
fn dimension(item: &Item) -> Result<(&'static str, &str), Verdict> {
    Ok(match item.resource_type.as_str() {
        "AWS::EC2::Instance" => ("InstanceId", &item.resource_id),
        "AWS::EC2::Volume" => ("VolumeId", &item.resource_id),
        "AWS::S3::Bucket" => ("BucketName", &item.resource_id),
        // A cluster's resource id is not the name by which metrics know it.
        _ => {
            let name = item.text("dbclusterIdentifier").or(item.resource_name.as_deref());
            ("DBClusterIdentifier", name.ok_or_else(|| untold("dbclusterIdentifier"))?)
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::rule::Compliance;
    use crate::rule::shelf::{self, Shelf};

    fn alarm(metric: &str, dimension: &str, value: &str) -> Item {
        let configuration = json!({
            "alarmName": "a",
            "metricName": metric,
            "dimensions": [{ "name": "StorageType", "value": "x" }, { "name": dimension, "value": value }],
        });
        shelf::item("AWS::CloudWatch::Alarm", "a", configuration)
    }

    #[test]
    fn an_alarm_is_on_the_metric_of_the_resource() {
        let instance = shelf::item("AWS::EC2::Instance", "i-1", json!({ "instanceId": "i-1" }));
        let volume = shelf::item("AWS::EC2::Volume", "vol-1", json!({ "volumeId": "vol-1" }));
        let bucket = shelf::item("AWS::S3::Bucket", "acme-logs", json!({ "name": "acme-logs" }));
        let cluster = shelf::item("AWS::RDS::DBCluster", "cluster-ACME", json!({ "dbclusterIdentifier": "acme" }));
        for (item, alarm, metric, expected) in [
            (&instance, alarm("CPUUtilization", "InstanceId", "i-1"), "CPUUtilization", Compliance::Compliant),
            (&instance, alarm("CPUUtilization", "InstanceId", "i-2"), "CPUUtilization", Compliance::NonCompliant),
            (&instance, alarm("NetworkIn", "InstanceId", "i-1"), "CPUUtilization", Compliance::NonCompliant),
            (&instance, alarm("CPUUtilization", "ImageId", "i-1"), "CPUUtilization", Compliance::NonCompliant),
            (&volume, alarm("VolumeQueueLength", "VolumeId", "vol-1"), "VolumeQueueLength", Compliance::Compliant),
            (&bucket, alarm("BucketSizeBytes", "BucketName", "acme-logs"), "BucketSizeBytes", Compliance::Compliant),
            (&cluster, alarm("CPUUtilization", "DBClusterIdentifier", "acme"), "CPUUtilization", Compliance::Compliant),
        ] {
            let parameters = json!({ "resourceType": item.resource_type, "metricName": metric });
            let shelf = Shelf { items: vec![Arc::new(alarm.clone())], ..Shelf::default() };
            assert_eq!(shelf::judged_among(&RULE, item, parameters, &shelf), expected, "{item:?} {alarm:?}");
        }
        let of_volumes = json!({ "resourceType": "AWS::EC2::Volume", "metricName": "CPUUtilization" });
        assert_eq!(shelf::judged(&RULE, &instance, of_volumes), Compliance::NotApplicable);
    }
}
