//! Trails for measurements: a bucket that lets CloudTrail in, and trails that log to it.

use http::Method;
use serde_json::{Value, json};

use crate::Failure;
use crate::{http_load, signed};

/// The bucket of all trails.
pub const BUCKET: &str = "bench-trails";

/// Makes the bucket.
pub async fn make_bucket(address: &str) -> Result<(), Failure> {
    http_load::call(address, &signed::s3(address, Method::PUT, &format!("/{BUCKET}"), b"")).await?;
    let statement = |action: &str, resource: &str| {
        let principal = json!({ "Service": "cloudtrail.amazonaws.com" });
        json!({ "Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource })
    };
    let (bucket, objects) = (format!("arn:aws:s3:::{BUCKET}"), format!("arn:aws:s3:::{BUCKET}/*"));
    let statements = [statement("s3:GetBucketAcl", &bucket), statement("s3:PutObject", &objects)];
    let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let put = signed::s3(address, Method::PUT, &format!("/{BUCKET}?policy"), policy.as_bytes());
    http_load::call(address, &put).await.map(drop)
}

/// A trail to be made.
pub struct NewTrail<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whose events it takes.
    pub regions: Regions,
    /// Advanced event selectors; the default ones when there are none.
    pub selectors: Option<Value>,
}

/// Whose events a trail takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Regions {
    /// Those of its home region.
    Home,
    /// Those of all.
    All,
}

/// Makes a trail that logs to the bucket.
pub async fn start(address: &str, trail: &NewTrail<'_>) -> Result<(), Failure> {
    let NewTrail { name, regions, selectors } = trail;
    let of_all = *regions == Regions::All;
    let made = json!({ "Name": name, "S3BucketName": BUCKET, "IsMultiRegionTrail": of_all });
    call(address, "CreateTrail", &made).await?;
    if let Some(selectors) = selectors {
        let put = json!({ "TrailName": name, "AdvancedEventSelectors": selectors });
        call(address, "PutEventSelectors", &put).await?;
    }
    call(address, "StartLogging", &json!({ "Name": name })).await?;
    let status = call(address, "GetTrailStatus", &json!({ "Name": name })).await?;
    match status["IsLogging"].as_bool() {
        Some(true) => Ok(()),
        _ => Err(format!("the trail {name} does not log").into()),
    }
}

async fn call(address: &str, operation: &str, input: &Value) -> Result<Value, Failure> {
    let target = format!("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.{operation}");
    let answer = http_load::call(address, &signed::json(address, "cloudtrail", &target, input)).await?;
    Ok(serde_json::from_slice(&answer)?)
}
