//! The alarm of a backtest: the JSON that `aws cloudwatch put-metric-alarm --cli-input-json`
//! takes, read and checked as PutMetricAlarm does.

use api::cloudwatch::types::PutMetricAlarmInput;
use api::{CallContext, FromValue as _, Service as _, ServiceError};
use http::{HeaderMap, Method, Uri};
use serde_json::Value as Json;
use wire::protocol::decode_input;
use wire::schema::{Kind, Protocol, Shape};
use wire::{RawRequest, Target};

use crate::CloudWatch;
use crate::alarms::validate::alarm_of;
use crate::record::AlarmRecord;

/// The alarm's name and what it is. Actions and tags are checked and have no effect.
///
/// # Errors
/// Those of PutMetricAlarm; `ValidationError` for members that it does not have, which the AWS CLI
/// refuses too.
pub(super) fn alarm(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    given: &Json,
) -> Result<(String, AlarmRecord), ServiceError> {
    let service = cloudwatch.schema();
    let operation = service.operation("PutMetricAlarm").expect("the model has it");
    if let Some(unknown) = operation.input.and_then(|shape| unknown_member(shape, given, "")) {
        return Err(ServiceError::validation(format!("Unknown parameter in the alarm: {unknown}")));
    }
    let body = given.to_string();
    let request = RawRequest {
        method: Method::POST,
        uri: Uri::from_static("/"),
        headers: HeaderMap::new(),
        body: body.clone().into(),
    };
    let target = Target { service, operation, protocol: Protocol::Json10 };
    let input = decode_input(&target, &request, body.as_bytes()).map_err(|error| {
        let words = error.message.unwrap_or_default();
        ServiceError::validation(format!("The alarm cannot be read: {words}"))
    })?;
    cloudwatch.validate(operation, &input)?;
    let input = PutMetricAlarmInput::from_value(input);
    let record = alarm_of(&input, &cx.scope(), cx.now)?;
    Ok((input.alarm_name, record))
}

/// The path of the first member that the model does not have.
fn unknown_member(shape: &Shape, given: &Json, path: &str) -> Option<String> {
    match (&shape.kind, given) {
        (Kind::Structure(structure), Json::Object(members)) => members.iter().find_map(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match structure.members.iter().find(|member| member.name == name) {
                Some(member) => unknown_member(member.shape, value, &path),
                None => Some(path),
            }
        }),
        (Kind::List(list), Json::Array(items)) => {
            let member = |(at, item)| unknown_member(list.member, item, &format!("{path}[{at}]"));
            items.iter().enumerate().find_map(member)
        }
        _ => None,
    }
}
