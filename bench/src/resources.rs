//! AWS Config over a large upstream: finding everything, a change that touches a thousand, many rules, and a query.

use std::path::Path;
use std::time::{Duration, Instant};

use config::rules;
use http::Method;
use serde_json::{Value, json};

use crate::Failure;
use crate::cloud::{Cloud, GROUP, page_of_instances, pages};
use crate::server::{self, Running};
use crate::sizes::number;
use crate::table::{Table, ms};
use crate::{http_load, signed};

/// Instances, unless `BENCH_RESOURCES` says otherwise.
const INSTANCES: u64 = 10_000;
/// For each instance, so many volumes are made before the query.
const VOLUMES_OF_INSTANCE: usize = 9;
/// Rules that are put at once.
const RULES: usize = 60;
/// What they are, over and over. Each can be told from an instance alone.
const IDENTIFIERS: [&str; 6] = [
    "EC2_IMDSV2_CHECK",
    "EC2_INSTANCE_NO_PUBLIC_IP",
    "EC2_INSTANCE_DETAILED_MONITORING_ENABLED",
    "EC2_INSTANCE_PROFILE_ATTACHED",
    "INSTANCES_IN_VPC",
    "DESIRED_INSTANCE_TYPE",
];
const BUCKET: &str = "bench-config";
const PATIENCE: Duration = Duration::from_secs(1_200);
const PAUSE: Duration = Duration::from_millis(5);

/// Discovery, a change of a security group, rules, and an advanced query, on one server.
pub async fn measure(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let instances = number("BENCH_RESOURCES", INSTANCES)? as usize;
    let in_group = instances / 10;
    let cloud = Cloud::start(instances, in_group).await?;
    let upstream = format!("ec2=http://test:test@{}", cloud.address);
    let trailwatch = server::trailwatch(&folder.join("resources"), &["--upstream", &upstream]).await?;
    set_up(&trailwatch).await?;

    let limit = fetched(&cloud, instances).await?;
    let started = Instant::now();
    call(&trailwatch, "StartConfigurationRecorder", json!({ "ConfigurationRecorderName": "default" })).await?;
    wait(|| counted(&trailwatch, "AWS::EC2::Instance", instances)).await?;
    let took = started.elapsed();
    table.row(
        &format!("First discovery of {instances} instances"),
        seconds(took),
        format!("{} (their pages are fetched)", seconds(limit)),
        format!("{:.2} (aim ≥ 0.05)", limit.as_secs_f64() / took.as_secs_f64()),
    );

    group_changes(&trailwatch, instances, in_group, table).await?;
    rules_over(&trailwatch, instances, table).await?;

    cloud.make_volumes(instances * VOLUMES_OF_INSTANCE);
    call(&trailwatch, "StopConfigurationRecorder", json!({ "ConfigurationRecorderName": "default" })).await?;
    call(&trailwatch, "StartConfigurationRecorder", json!({ "ConfigurationRecorderName": "default" })).await?;
    wait(|| counted(&trailwatch, "AWS::EC2::Volume", instances * VOLUMES_OF_INSTANCE)).await?;
    queries(&trailwatch, table).await?;
    trailwatch.stop().await
}

/// A bucket for Config, and a recorder that is not started.
async fn set_up(trailwatch: &Running) -> Result<(), Failure> {
    let address = &trailwatch.address;
    http_load::call(address, &signed::s3(address, Method::PUT, &format!("/{BUCKET}"), b"")).await?;
    let statement = json!({
        "Effect": "Allow",
        "Principal": { "Service": "config.amazonaws.com" },
        "Action": "s3:PutObject",
        "Resource": format!("arn:aws:s3:::{BUCKET}/*"),
    });
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    let put = signed::s3(address, Method::PUT, &format!("/{BUCKET}?policy"), policy.as_bytes());
    http_load::call(address, &put).await?;
    let role = "arn:aws:iam::000000000000:role/config";
    let recorder = json!({ "ConfigurationRecorder": { "name": "default", "roleARN": role } });
    call(trailwatch, "PutConfigurationRecorder", recorder).await?;
    let channel = json!({ "DeliveryChannel": { "name": "default", "s3BucketName": BUCKET } });
    call(trailwatch, "PutDeliveryChannel", channel).await.map(drop)
}

/// How long it takes to fetch all pages of instances, one after the other.
async fn fetched(cloud: &Cloud, instances: usize) -> Result<Duration, Failure> {
    let started = Instant::now();
    for page in 0..pages(instances) {
        let request = signed::form(&cloud.address, "ec2", &page_of_instances(page));
        if http_load::call(&cloud.address, &request).await?.is_empty() {
            return Err("a page of instances is empty".into());
        }
    }
    Ok(started.elapsed())
}

/// A rule of the group is removed through the gateway: how long until all instances in it have their items.
async fn group_changes(
    trailwatch: &Running,
    instances: usize,
    in_group: usize,
    table: &mut Table,
) -> Result<(), Failure> {
    let form = format!(
        "Action=RevokeSecurityGroupIngress&Version=2016-11-15&GroupId={GROUP}&IpProtocol=tcp&FromPort=22&ToPort=22&CidrIp=0.0.0.0%2F0"
    );
    let before = items_of_last(trailwatch, in_group).await?;
    let started = Instant::now();
    http_load::call(&trailwatch.address, &signed::form(&trailwatch.address, "ec2", &form)).await?;
    wait(|| async { Ok(items_of_last(trailwatch, in_group).await? > before) }).await?;
    let took = started.elapsed();
    table.row(
        &format!("A security group changes that {in_group} of {instances} instances are in, to the last item"),
        seconds(took),
        "2 s (the quiet moment after the call)".to_owned(),
        format!("{:.2} (aim ≥ 0.30)", 2.0 / took.as_secs_f64()),
    );
    Ok(())
}

/// How many items the last instance in the group has.
async fn items_of_last(trailwatch: &Running, in_group: usize) -> Result<usize, Failure> {
    let asked = json!({
        "resourceType": "AWS::EC2::Instance",
        "resourceId": format!("i-{:017x}", in_group.saturating_sub(1)),
    });
    let history = call(trailwatch, "GetResourceConfigHistory", asked).await?;
    Ok(history["configurationItems"].as_array().map_or(0, Vec::len))
}

/// Rules are put, and evaluated for all instances.
async fn rules_over(trailwatch: &Running, instances: usize, table: &mut Table) -> Result<(), Failure> {
    let names: Vec<String> = (0..RULES).map(|number| format!("rule-{number:02}")).collect();
    let started = Instant::now();
    for (number, name) in names.iter().enumerate() {
        let identifier = IDENTIFIERS[number % IDENTIFIERS.len()];
        if rules::rule(identifier).is_none() {
            return Err(format!("there is no rule {identifier}").into());
        }
        let mut rule = json!({ "ConfigRuleName": name, "Source": { "Owner": "AWS", "SourceIdentifier": identifier } });
        if identifier == "DESIRED_INSTANCE_TYPE" {
            rule["InputParameters"] = json!(r#"{"instanceType":"t3.small"}"#);
        }
        call(trailwatch, "PutConfigRule", json!({ "ConfigRule": rule })).await?;
    }
    wait(|| evaluated(trailwatch, &names)).await?;
    let took = started.elapsed();
    let evaluations = (RULES * instances) as f64;
    table.row(
        &format!("{RULES} rules over {instances} instances, with their results written down"),
        format!("{}, {:.0} evaluations/s", seconds(took), evaluations / took.as_secs_f64()),
        "-".to_owned(),
        "-".to_owned(),
    );
    wait(|| told(trailwatch, instances)).await?;
    table.row("The same, to the last item of compliance", seconds(started.elapsed()), "-".to_owned(), "-".to_owned());
    Ok(())
}

/// Whether the item of how the last instance is judged, which is the last to be written, tells what all rules say.
async fn told(trailwatch: &Running, instances: usize) -> Result<bool, Failure> {
    let id = format!("AWS::EC2::Instance/i-{:017x}", instances.saturating_sub(1));
    let key = json!({ "resourceType": "AWS::Config::ResourceCompliance", "resourceId": id });
    let found = call(trailwatch, "BatchGetResourceConfig", json!({ "resourceKeys": [key] })).await?;
    let configuration = found["baseConfigurationItems"][0]["configuration"].as_str().unwrap_or_default();
    Ok(configuration.matches("\"configRuleName\"").count() == RULES)
}

/// Whether all rules were evaluated to the last instance.
async fn evaluated(trailwatch: &Running, names: &[String]) -> Result<bool, Failure> {
    for names in names.chunks(25) {
        let asked = json!({ "ConfigRuleNames": names });
        let status = call(trailwatch, "DescribeConfigRuleEvaluationStatus", asked).await?;
        let all = status["ConfigRulesEvaluationStatus"].as_array().ok_or("no status")?;
        if !all.iter().all(|rule| rule["LastSuccessfulEvaluationTime"].is_number()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Advanced queries over all resources.
async fn queries(trailwatch: &Running, table: &mut Table) -> Result<(), Failure> {
    let counts = call(trailwatch, "GetDiscoveredResourceCounts", json!({})).await?;
    let all = counts["totalDiscoveredResources"].as_u64().ok_or("no total")?;
    for (what, expression) in [
        (
            "instances by their group",
            format!(
                "SELECT resourceId, configuration.instanceType WHERE resourceType = 'AWS::EC2::Instance' \
                 AND relationships.resourceId = '{GROUP}'"
            ),
        ),
        (
            "volumes counted by size",
            "SELECT configuration.size, COUNT(*) WHERE resourceType = 'AWS::EC2::Volume' \
             AND configuration.encrypted = false GROUP BY configuration.size"
                .to_owned(),
        ),
        (
            "all counted by type",
            "SELECT resourceType, COUNT(*) GROUP BY resourceType ORDER BY COUNT(*) DESC".to_owned(),
        ),
    ] {
        let mut best = Duration::MAX;
        for _ in 0..3 {
            let started = Instant::now();
            let found =
                call(trailwatch, "SelectResourceConfig", json!({ "Expression": expression, "Limit": 100 })).await?;
            best = best.min(started.elapsed());
            if found["Results"].as_array().is_none_or(Vec::is_empty) {
                return Err(format!("nothing comes of {expression}").into());
            }
        }
        table.row(
            &format!("Advanced query over {all} resources: {what}"),
            ms(best.as_secs_f64() * 1000.0),
            format!("{:.0} ns a resource", best.as_secs_f64() * 1e9 / all as f64),
            "-".to_owned(),
        );
    }
    Ok(())
}

async fn counted(trailwatch: &Running, resource_type: &str, count: usize) -> Result<bool, Failure> {
    let counts = call(trailwatch, "GetDiscoveredResourceCounts", json!({ "resourceTypes": [resource_type] })).await?;
    Ok(counts["totalDiscoveredResources"].as_u64() == Some(count as u64))
}

/// Waits until it is so.
#[expect(clippy::disallowed_methods, reason = "what is measured is how long the machine's clock says it takes")]
async fn wait<F: Future<Output = Result<bool, Failure>>>(is_so: impl Fn() -> F) -> Result<(), Failure> {
    let started = Instant::now();
    while !is_so().await? {
        if started.elapsed() > PATIENCE {
            return Err("this takes too long".into());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

async fn call(trailwatch: &Running, operation: &str, input: Value) -> Result<Value, Failure> {
    let target = format!("StarlingDoveService.{operation}");
    let request = signed::json(&trailwatch.address, "config", &target, &input);
    let answer = http_load::call(&trailwatch.address, &request).await?;
    Ok(if answer.is_empty() { Value::Null } else { serde_json::from_slice(&answer)? })
}

fn seconds(took: Duration) -> String {
    format!("{:.2} s", took.as_secs_f64())
}
