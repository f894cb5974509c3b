//! Queries as tables of examples: what is read and refused, what they find, and what results are like.

mod finds;
mod reads;
mod results;

use serde_json::{Value, json};

use super::*;

/// The resources of the tests, in the order of their names.
fn documents() -> Vec<(String, Value)> {
    let of = |resource_type: &str, id: &str, configuration: Value| {
        json!({
            "accountId": "210987654321", "awsRegion": "eu-west-1", "resourceType": resource_type, "resourceId": id,
            "version": "1.3", "configurationItemCaptureTime": "2026-07-04T09:30:00.000Z",
            "configuration": configuration, "tags": [], "relationships": [], "supplementaryConfiguration": {},
        })
    };
    let tag = |key: &str, value: &str| json!({"tag": format!("{key}={value}"), "key": key, "value": value});
    let mut instance = of(
        "AWS::EC2::Instance",
        "i-1",
        json!({
            "instanceType": "t3.small", "launchTime": "2026-07-04T07:26:40.000Z", "privateIpAddress": "10.0.0.5",
            "placement": {"tenancy": "default", "hostId": null}, "state": {"code": 16, "name": "running"},
            "ebsOptimized": false,
            "networkInterfaces": [
                {"networkInterfaceId": "eni-1", "attachment": {"deviceIndex": 0}, "groups": [{"groupId": "sg-1"}]},
                {"networkInterfaceId": "eni-2", "attachment": {"deviceIndex": 1}},
            ],
        }),
    );
    instance["tags"] = json!([tag("env", "prod"), tag("Name", "web-1")]);
    instance["relationships"] = json!([
        {"resourceType": "AWS::EC2::SecurityGroup", "resourceId": "sg-1", "relationshipName": "Is associated with "},
        {"resourceType": "AWS::EC2::VPC", "resourceId": "vpc-1", "relationshipName": "Is contained in Vpc"},
    ]);
    let mut other = of("AWS::EC2::Instance", "i-2", json!({"instanceType": "m5.large", "ebsOptimized": true}));
    other["tags"] = json!([tag("env", "test")]);
    let group = of(
        "AWS::EC2::SecurityGroup",
        "sg-1",
        json!({"ipPermissions": [
            {"fromPort": 443, "ipRanges": ["0.0.0.0/0"], "ipv6Ranges": [{"cidrIpv6": "::/0"}]},
            {"fromPort": 22, "ipRanges": ["10.0.0.0/24", "192.168.1.7/32"]},
        ]}),
    );
    let private = of("AWS::EC2::SecurityGroup", "sg-2", json!({"ipPermissions": [{"ipRanges": ["10.1.0.0/16"]}]}));
    let volume = |id: &str, size: u64, encrypted: bool| {
        of("AWS::EC2::Volume", id, json!({"size": size, "encrypted": encrypted, "state": "in-use"}))
    };
    let mut bucket = of("AWS::S3::Bucket", "acme-logs", json!({"name": "acme-logs", "count": "100"}));
    bucket["supplementaryConfiguration"] = json!({
        "BucketVersioningConfiguration": {"status": "Enabled"}, "IsRequesterPaysEnabled": "false",
        "InstanceStatus": "Unmanaged",
    });
    bucket["resourceName"] = json!("acme-logs");
    let inventory = of(
        "AWS::SSM::ManagedInstanceInventory",
        "mi-1",
        json!({"AWS:Application": {"Content": [{"Name": "openssl", "Version": "3.0"}, {"Name": "bash"}]}}),
    );
    let all =
        [instance, other, group, private, volume("vol-1", 100, true), volume("vol-2", 8, false), bucket, inventory];
    let named = |document: Value| {
        let text = |name: &str| document[name].as_str().unwrap().to_owned();
        (format!("{} {}", text("resourceType"), text("resourceId")), document)
    };
    all.into_iter().map(named).collect()
}

fn plan(text: &str) -> Plan {
    Plan::new(Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")))
}

/// A page of results, read from documents as text, of which what is not wanted is passed over.
fn page(plan: &Plan, limit: usize, after: Option<Place>) -> Outcome {
    let needle = plan.needle(&|path| path.root() != "version").finder();
    let mut run = plan.run(limit, after);
    for (name, whole) in documents() {
        let text = whole.to_string();
        let known = |property: &str| match property {
            "resourceType" | "resourceId" => whole[property].as_str(),
            _ => None,
        };
        let holds = plan.condition.as_ref().is_none_or(|condition| condition.holds(&whole));
        assert!(!holds || (needle.may_match(&text) && plan.may_match(&known)), "{} is passed over", text);
        let document = plan.wanted().read(text.as_bytes()).unwrap();
        if run.offer(&name, &document).unwrap() == Going::Enough {
            break;
        }
    }
    run.finish()
}

fn results(text: &str) -> Vec<Value> {
    let outcome = page(&plan(text), 100, None);
    outcome.results.iter().map(|result| serde_json::from_str(result).unwrap()).collect()
}

/// The ids of the resources for which a condition holds.
fn found(condition: &str) -> Vec<String> {
    let results = results(&format!("SELECT resourceId WHERE {condition}"));
    results.iter().map(|result| result["resourceId"].as_str().unwrap().to_owned()).collect()
}
