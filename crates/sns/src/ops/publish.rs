//! `Publish`: one message to a topic, or to a phone (cloudwatch.md §8.4).

use api::sns::{errors, types};
use api::{CallContext, ServiceError};

use crate::Sns;
use crate::publish::Given;
use crate::record::Protocol;
use crate::subscriptions::endpoint::{check_outlet, is_phone_number};
use crate::topics::TopicName;

pub(super) async fn publish(
    sns: &Sns,
    cx: &CallContext,
    input: types::PublishInput,
) -> Result<types::PublishResponse, ServiceError> {
    let destination = destination(cx, &input)?;
    let given = Given {
        subject: input.subject,
        message: input.message,
        structure: input.message_structure,
        attributes: input.message_attributes.unwrap_or_default(),
        group_id: input.message_group_id,
        deduplication_id: input.message_deduplication_id,
    };
    let taken = match destination {
        Destination::Topic(topic) => {
            let taken = sns.publish_all(&topic, &[given], cx.now).await?;
            taken.into_iter().next().expect("there is an answer for every message")
        }
        Destination::Phone(number) => {
            check_outlet(&sns.parts.outlets, Protocol::Sms).map_err(|_| no_gateway())?;
            sns.publish_to_phone(&cx.scope(), &number, given, cx.now).await?
        }
    };
    Ok(types::PublishResponse { message_id: Some(taken.message_id), sequence_number: taken.sequence_number })
}

enum Destination {
    Topic(TopicName),
    Phone(String),
}

fn invalid(what: &str) -> ServiceError {
    errors::invalid_parameter_exception(format!("Invalid parameter: {what}"))
}

fn no_gateway() -> ServiceError {
    invalid("PhoneNumber Reason: this server sends no text messages; start it with --sms-gateway URL")
}

/// Where a message goes. A TargetArn may name a topic too.
fn destination(cx: &CallContext, input: &types::PublishInput) -> Result<Destination, ServiceError> {
    match (&input.topic_arn, &input.target_arn, &input.phone_number) {
        (Some(arn), None, None) => TopicName::parse(cx, "TopicArn", arn).map(Destination::Topic),
        (None, Some(arn), None) if arn.contains(":endpoint/") => {
            Err(invalid("TargetArn Reason: No endpoint found for the target arn specified"))
        }
        (None, Some(arn), None) => TopicName::parse(cx, "TargetArn", arn).map(Destination::Topic),
        (None, None, Some(number)) if is_phone_number(number) => Ok(Destination::Phone(number.clone())),
        (None, None, Some(number)) => Err(invalid(&format!("PhoneNumber Reason: {number} is not valid to publish to"))),
        (None, None, None) => Err(invalid("TopicArn or TargetArn Reason: no value for required parameter")),
        _ => Err(invalid("only one of TopicArn, TargetArn and PhoneNumber can be given")),
    }
}
