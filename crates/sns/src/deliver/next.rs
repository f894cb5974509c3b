//! What follows an attempt (cloudwatch.md §8.6). Pure.

use base::Timestamp;

use super::parcel::Parcel;
use crate::delivery_policy::Effective;
use crate::record::{DeliveryRecord, Message, Protocol, Target};

/// How an attempt went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The endpoint took it.
    Delivered,
    /// There is nobody to take it any more.
    Gone,
    /// It may be taken later.
    Passing(String),
    /// It will not be taken.
    Permanent(String),
}

/// What follows.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Next {
    /// Nothing: it is done.
    Done,
    /// Another attempt.
    Again(Timestamp),
    /// A delivery to the dead-letter queue, because of this.
    DeadLetter(Box<DeliveryRecord>, String),
    /// Nothing: it is lost, because of this.
    Lost(String),
}

/// What follows an attempt at a target, which was the `attempts`th and ended at `now`.
pub(super) fn next(parcel: &Parcel, target: &Target, attempts: u32, outcome: Outcome, now: Timestamp) -> Next {
    let cause = match outcome {
        Outcome::Delivered | Outcome::Gone => return Next::Done,
        Outcome::Permanent(cause) => cause,
        Outcome::Passing(cause) => {
            let policy = Effective::of_target(target.protocol, target.delivery_policy.as_deref());
            match policy.delay(attempts) {
                Some(delay) => return Next::Again(now.plus(delay)),
                None => format!("{cause}; it was tried {attempts} times"),
            }
        }
    };
    match &target.dead_letter_queue {
        Some(queue) => Next::DeadLetter(Box::new(dead_letter(parcel, target, queue, now)), cause),
        None => Next::Lost(cause),
    }
}

/// The dead-letter queue gets what the endpoint would have got, so the text of its protocol.
fn dead_letter(parcel: &Parcel, target: &Target, queue: &str, now: Timestamp) -> DeliveryRecord {
    let message = &parcel.record.message;
    let body = message.text_for(target.protocol, &target.endpoint).to_owned();
    DeliveryRecord {
        topic: parcel.record.topic.clone(),
        message: Message { body, per_protocol: Default::default(), ..message.clone() },
        targets: vec![Target {
            subscription: target.subscription.clone(),
            protocol: Protocol::Sqs,
            endpoint: queue.to_owned(),
            raw: target.raw,
            delivery_policy: None,
            dead_letter_queue: None,
            attempts: 0,
            due: now,
        }],
    }
}
