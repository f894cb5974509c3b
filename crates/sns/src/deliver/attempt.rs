//! One attempt to bring a message to a subscriber.

mod gateway;
mod http;
mod lambda;
mod letter;
mod sqs;

use std::time::Duration;

use ::http::StatusCode;
use outbound::{CallError, CalledResource, OnBehalf, Reply, SendError};
use store::catalog::{Key, Versioned};

use super::next::Outcome;
use super::parcel::Parcel;
use crate::Parts;
use crate::envelope::Post;
use crate::record::{MessageKind, Protocol, SubscriptionRecord, Target};
use crate::signing::SigningError;

/// How long an endpoint may take (cloudwatch.md §8.6).
const TIMEOUT: Duration = Duration::from_secs(15);

/// Makes attempts.
pub(super) struct Courier {
    parts: Parts,
    queue_urls: sqs::QueueUrls,
}

/// Why an attempt failed.
enum Failure {
    Passing(String),
    Permanent(String),
}

type Attempt = Result<(), Failure>;

impl Courier {
    pub fn new(parts: Parts) -> Self {
        Self { parts, queue_urls: sqs::QueueUrls::default() }
    }

    /// Tries to bring a message to a target.
    pub async fn attempt(&self, parcel: &Parcel, target: &Target, public_url: &str) -> Outcome {
        if self.is_gone(parcel, target) {
            return Outcome::Gone;
        }
        let subscription_arn = parcel.subscription_arn(target);
        let post = Post {
            message: &parcel.record.message,
            topic_arn: parcel.topic_arn(),
            subscription_arn: &subscription_arn,
            text: parcel.record.message.text_for(target.protocol, &target.endpoint),
            public_url,
        };
        let attempt = match target.protocol {
            Protocol::Http | Protocol::Https => self.post_over_http(parcel, target, &post).await,
            Protocol::Sqs => self.send_to_queue(parcel, target, &post).await,
            Protocol::Lambda => self.invoke(parcel, target, &post).await,
            Protocol::Email | Protocol::EmailJson => self.mail(parcel, target, &post).await,
            Protocol::Sms | Protocol::Application => self.hand_to_gateway(target, &post).await,
        };
        match attempt {
            Ok(()) => Outcome::Delivered,
            Err(Failure::Passing(cause)) => Outcome::Passing(cause),
            Err(Failure::Permanent(cause)) => Outcome::Permanent(cause),
        }
    }

    /// Whether nobody is to get it any more: the subscription was removed, or put back to wait
    /// for a confirmation. The word that it was removed is for its endpoint all the same, and a
    /// message to a phone number has no subscription.
    fn is_gone(&self, parcel: &Parcel, target: &Target) -> bool {
        let kind = &parcel.record.message.kind;
        if matches!(kind, MessageKind::UnsubscribeConfirmation { .. }) || target.subscription.is_empty() {
            return false;
        }
        match self.subscription(parcel, target) {
            None => true,
            Some(found) => *kind == MessageKind::Notification && found.value.pending.is_some(),
        }
    }

    fn subscription(&self, parcel: &Parcel, target: &Target) -> Option<Versioned<SubscriptionRecord>> {
        self.parts.catalog.get(&Key { name: target.subscription.clone(), ..parcel.key.clone() })
    }
}

/// On whose behalf a message goes to an upstream: the topic's account. `told` is what may be recorded of the call.
fn on_behalf(parcel: &Parcel, target: &Target, called: CalledResource, told: serde_json::Value) -> OnBehalf {
    OnBehalf {
        source_arn: Some(parcel.topic_arn().to_owned()),
        resource: Some(called),
        parameters: told,
        attempt: outbound::Attempt::after(target.attempts),
        ..OnBehalf::new(parcel.key.account.clone(), "sns.amazonaws.com")
    }
}

/// What the status of an endpoint or a gateway means: it took the message, asks to be asked
/// again, or does not want it.
fn judged(reply: &Reply) -> Attempt {
    let status = reply.status;
    if status.is_success() {
        Ok(())
    } else if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        Err(Failure::Passing(format!("the endpoint answered {status}")))
    } else {
        Err(Failure::Permanent(format!("the endpoint answered {status}")))
    }
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Fenced => Self::Permanent(error.to_string()),
            other => Self::Passing(other.to_string()),
        }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        // An upstream that is missing comes back with the server's next start.
        match error.is_passing() || matches!(error, CallError::NoUpstream(_)) {
            true => Self::Passing(error.to_string()),
            false => Self::Permanent(error.to_string()),
        }
    }
}

impl From<SigningError> for Failure {
    fn from(error: SigningError) -> Self {
        Self::Passing(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn statuses_say_whether_to_try_again() {
        for (status, expected) in [(200, "ok"), (204, "ok"), (301, "permanent"), (400, "permanent"), (404, "permanent")]
            .into_iter()
            .chain([(429, "passing"), (500, "passing"), (503, "passing")])
        {
            let status = StatusCode::from_u16(status).unwrap();
            let attempt = judged(&Reply { status, headers: Default::default(), body: Bytes::new() });
            let judged = match attempt {
                Ok(()) => "ok",
                Err(Failure::Passing(_)) => "passing",
                Err(_) => "permanent",
            };
            assert_eq!(judged, expected, "{status}");
        }
    }
}
