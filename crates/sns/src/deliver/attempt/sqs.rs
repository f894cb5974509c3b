//! `sqs`: SendMessage of the upstream that serves queues.

use std::collections::HashMap;
use std::sync::Mutex;

use base::Arn;
use outbound::{CallForm, CalledResource, OnBehalf, UpstreamCall};
use serde_json::{Value, json};

use super::{Attempt, Courier, Failure, on_behalf};
use crate::deliver::parcel::Parcel;
use crate::envelope::{Post, QueueAddress, send_message};
use crate::record::Target;

/// Queues whose URL is kept in mind.
const QUEUES_MAX: usize = 10_000;

/// The URLs of queues by their ARN, as the upstream names them.
#[derive(Default)]
pub(super) struct QueueUrls(Mutex<HashMap<String, String>>);

impl QueueUrls {
    fn get(&self, arn: &str) -> Option<String> {
        self.0.lock().expect("no holder of this lock can panic").get(arn).cloned()
    }

    fn keep(&self, arn: &str, url: &str) {
        let mut all = self.0.lock().expect("no holder of this lock can panic");
        if all.len() >= QUEUES_MAX {
            // What is dropped can be asked for again.
            all.clear();
        }
        all.insert(arn.to_owned(), url.to_owned());
    }

    fn forget(&self, arn: &str) {
        self.0.lock().expect("no holder of this lock can panic").remove(arn);
    }
}

impl Courier {
    pub(super) async fn send_to_queue(&self, parcel: &Parcel, target: &Target, post: &Post<'_>) -> Attempt {
        let arn = &target.endpoint;
        let parsed: Arn = arn.parse().map_err(|error: base::arn::InvalidArn| Failure::Permanent(error.to_string()))?;
        let is_raw = parcel.is_raw(target);
        let body = match is_raw {
            true => post.text.to_owned(),
            false => post.envelope(parcel.signature(post, &self.parts.signer).await?.as_ref()),
        };
        let url = match self.queue_urls.get(arn) {
            Some(url) => url,
            None => self.ask_for_url(parcel, target, &parsed).await?,
        };
        let queue = QueueAddress { arn, url: &url };
        let input = send_message(post, &queue, &body, is_raw).map_err(Failure::Permanent)?;
        let on_behalf = on_behalf(parcel, target, queue_of(target), json!({ "queueUrl": url }));
        let call = sqs_call(&parsed, "AmazonSQS.SendMessage", input, on_behalf);
        match self.parts.outlets.upstreams.call_for_effect(call).await {
            Ok(()) => Ok(()),
            Err(error) => {
                // A queue that was made again may have another URL.
                self.queue_urls.forget(arn);
                Err(error.into())
            }
        }
    }

    async fn ask_for_url(&self, parcel: &Parcel, target: &Target, parsed: &Arn) -> Result<String, Failure> {
        let input = json!({"QueueName": parsed.resource, "QueueOwnerAWSAccountId": parsed.account});
        let told = json!({"queueName": parsed.resource, "queueOwnerAWSAccountId": parsed.account});
        let on_behalf = on_behalf(parcel, target, queue_of(target), told);
        let call = sqs_call(parsed, "AmazonSQS.GetQueueUrl", input, on_behalf);
        let reply = self.parts.outlets.upstreams.call(call).await?;
        let reply: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
        let Some(url) = reply["QueueUrl"].as_str() else {
            return Err(Failure::Passing("the upstream gave no URL for the queue".to_owned()));
        };
        self.queue_urls.keep(&target.endpoint, url);
        Ok(url.to_owned())
    }
}

fn sqs_call(queue: &Arn, target: &'static str, body: Value, on_behalf: OnBehalf) -> UpstreamCall {
    let form = CallForm::Json { version: "1.0", target, body };
    UpstreamCall { service: "sqs", region: queue.region.clone(), form, on_behalf }
}

fn queue_of(target: &Target) -> CalledResource {
    CalledResource { resource_type: "AWS::SQS::Queue", arn: target.endpoint.clone() }
}
