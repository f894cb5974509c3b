//! From a delivery policy's text to what it says, with AWS's words for what is wrong.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{Backoff, DeliveryPolicy, Level, RetryPolicy};

/// Delays together, and any one of them (documented).
const DELAY_SECS_MAX: u32 = 3600;
const RETRIES_MAX: u32 = 100;
/// The media types that AWS sends notifications as (documented); parameters may follow.
const MEDIA_TYPES: [&str; 12] = [
    "application/atom+xml",
    "application/json",
    "application/octet-stream",
    "application/soap+xml",
    "application/x-www-form-urlencoded",
    "application/xhtml+xml",
    "application/xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/plain",
    "text/xml",
];

pub(super) fn parse(text: &str, level: Level) -> Result<DeliveryPolicy, String> {
    let Ok(Value::Object(policy)) = serde_json::from_str::<Value>(text) else {
        return Err("DeliveryPolicy: failed to parse JSON.".to_owned());
    };
    let parsed = match level {
        Level::Topic => topic(&policy),
        Level::Subscription => subscription(&policy),
    };
    parsed.map_err(|problem| format!("DeliveryPolicy: {problem}"))
}

fn topic(policy: &Map<String, Value>) -> Result<DeliveryPolicy, String> {
    let mut parsed = DeliveryPolicy::default();
    for (name, value) in policy {
        match (name.as_str(), value) {
            ("http", Value::Object(http)) => parsed = topic_http(http)?,
            ("http", _) => return Err("http must be an object".to_owned()),
            _ => return Err(unknown(name)),
        }
    }
    Ok(parsed)
}

fn topic_http(http: &Map<String, Value>) -> Result<DeliveryPolicy, String> {
    let mut parsed = DeliveryPolicy::default();
    for (name, value) in http {
        let path = format!("http.{name}");
        match name.as_str() {
            "defaultHealthyRetryPolicy" => parsed.retry = retry(&path, value)?,
            "defaultThrottlePolicy" => parsed.receives_per_second_max = throttle(&path, value)?,
            "defaultRequestPolicy" => parsed.content_type = content_type(&path, value)?,
            "disableSubscriptionOverrides" => {
                let flag = value.as_bool().ok_or_else(|| format!("{path} must be true or false"))?;
                parsed.disable_subscription_overrides = flag;
            }
            "defaultSicklyRetryPolicy" if value.is_null() => {}
            _ => return Err(unknown(&path)),
        }
    }
    Ok(parsed)
}

fn subscription(policy: &Map<String, Value>) -> Result<DeliveryPolicy, String> {
    let mut parsed = DeliveryPolicy::default();
    for (name, value) in policy {
        match name.as_str() {
            "healthyRetryPolicy" => parsed.retry = retry(name, value)?,
            "throttlePolicy" => parsed.receives_per_second_max = throttle(name, value)?,
            "requestPolicy" => parsed.content_type = content_type(name, value)?,
            // AWS shows these in effective policies, which some set again as they are.
            "sicklyRetryPolicy" if value.is_null() => {}
            "guaranteed" if *value == Value::Bool(false) => {}
            _ => return Err(unknown(name)),
        }
    }
    Ok(parsed)
}

fn unknown(path: &str) -> String {
    format!("{path} is not supported")
}

/// The object of this path; none when it is null.
fn object<'a>(path: &str, value: &'a Value) -> Result<Option<&'a Map<String, Value>>, String> {
    match value {
        Value::Null => Ok(None),
        Value::Object(members) => Ok(Some(members)),
        _ => Err(format!("{path} must be an object")),
    }
}

fn retry(path: &str, value: &Value) -> Result<Option<RetryPolicy>, String> {
    let Some(members) = object(path, value)? else { return Ok(None) };
    let number = |name: &str, min: u32, max: Option<u32>| whole_number(members, path, name, min, max);
    let required = |name: &str, min: u32, max: u32| {
        number(name, min, Some(max))?.ok_or_else(|| format!("{path}.{name} must be specified"))
    };
    let retry = RetryPolicy {
        min_delay_target: required("minDelayTarget", 1, DELAY_SECS_MAX)?,
        max_delay_target: required("maxDelayTarget", 1, DELAY_SECS_MAX)?,
        num_retries: required("numRetries", 0, RETRIES_MAX)?,
        num_max_delay_retries: number("numMaxDelayRetries", 0, None)?.unwrap_or(0),
        num_no_delay_retries: number("numNoDelayRetries", 0, None)?.unwrap_or(0),
        num_min_delay_retries: number("numMinDelayRetries", 0, None)?.unwrap_or(0),
        backoff_function: backoff(path, members.get("backoffFunction"))?,
    };
    let known = [
        "minDelayTarget",
        "maxDelayTarget",
        "numRetries",
        "numMaxDelayRetries",
        "numNoDelayRetries",
        "numMinDelayRetries",
        "backoffFunction",
    ];
    if let Some(other) = members.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(unknown(&format!("{path}.{other}")));
    }
    if retry.max_delay_target < retry.min_delay_target {
        return Err(format!("{path}.maxDelayTarget must be greater than or equal to minDelayTarget"));
    }
    let phases = [retry.num_min_delay_retries, retry.num_no_delay_retries, retry.num_max_delay_retries];
    if phases.into_iter().map(u64::from).sum::<u64>() > u64::from(retry.num_retries) {
        return Err(format!(
            "{path}.numRetries must be greater than or equal to total of numMinDelayRetries, numNoDelayRetries and \
             numMaxDelayRetries"
        ));
    }
    if retry.total() > Duration::from_secs(u64::from(DELAY_SECS_MAX)) {
        return Err(format!("{path}: the total of all delays must be less than or equal to {DELAY_SECS_MAX} seconds"));
    }
    Ok(Some(retry))
}

fn whole_number(
    members: &Map<String, Value>,
    path: &str,
    name: &str,
    min: u32,
    max: Option<u32>,
) -> Result<Option<u32>, String> {
    let value = match members.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value,
    };
    let number = value.as_i64().ok_or_else(|| format!("{path}.{name} must be an integer"))?;
    if number < i64::from(min) {
        return Err(format!("{path}.{name} must be greater than or equal to {min}"));
    }
    match (max, u32::try_from(number)) {
        (Some(max), _) if number > i64::from(max) => Err(format!("{path}.{name} must be less than or equal to {max}")),
        (_, Ok(number)) => Ok(Some(number)),
        (_, Err(_)) => Err(format!("{path}.{name} must be less than or equal to {}", u32::MAX)),
    }
}

fn backoff(path: &str, value: Option<&Value>) -> Result<Backoff, String> {
    match value {
        None | Some(Value::Null) => Ok(Backoff::Linear),
        Some(value) => match value.as_str() {
            Some("linear") => Ok(Backoff::Linear),
            Some("arithmetic") => Ok(Backoff::Arithmetic),
            Some("geometric") => Ok(Backoff::Geometric),
            Some("exponential") => Ok(Backoff::Exponential),
            Some(other) => Err(format!("{path}.backoffFunction: the value [{other}] is not a valid backoff function")),
            None => Err(format!("{path}.backoffFunction: the value [{value}] is not a valid backoff function")),
        },
    }
}

fn throttle(path: &str, value: &Value) -> Result<Option<u32>, String> {
    let Some(members) = object(path, value)? else { return Ok(None) };
    let mut found = None;
    for (name, value) in members {
        match name.as_str() {
            "maxReceivesPerSecond" if value.is_null() => {}
            "maxReceivesPerSecond" => {
                let number = value.as_i64().ok_or_else(|| format!("{path}.{name} must be an integer"))?;
                let number = u32::try_from(number).ok().filter(|number| *number >= 1);
                found = Some(number.ok_or_else(|| format!("{path}.{name} must be >= 1"))?);
            }
            _ => return Err(unknown(&format!("{path}.{name}"))),
        }
    }
    Ok(found)
}

fn content_type(path: &str, value: &Value) -> Result<Option<String>, String> {
    let Some(members) = object(path, value)? else { return Ok(None) };
    let mut found = None;
    for (name, value) in members {
        match (name.as_str(), value) {
            ("headerContentType", Value::Null) => {}
            ("headerContentType", Value::String(text)) if is_media_type(text) => found = Some(text.clone()),
            ("headerContentType", _) => {
                return Err(format!("{path}.{name}: the value {value} is not a supported content type"));
            }
            _ => return Err(unknown(&format!("{path}.{name}"))),
        }
    }
    Ok(found)
}

fn is_media_type(text: &str) -> bool {
    let essence = text.split(';').next().unwrap_or_default().trim();
    MEDIA_TYPES.contains(&essence) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}
