//! What people get by mail.

use super::{Post, Signature, unsubscribe_url};
use crate::record::MessageKind;

/// A mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

/// The mail of the envelope, for `email-json`.
pub fn envelope_letter(post: &Post<'_>, signature: Option<&Signature>) -> Letter {
    Letter { subject: subject(post), text: post.envelope(signature) }
}

/// The mail in prose, for `email`.
pub fn letter(post: &Post<'_>) -> Letter {
    Letter { subject: subject(post), text: prose(post) }
}

fn subject(post: &Post<'_>) -> String {
    let fixed = match (&post.message.kind, &post.message.subject) {
        (MessageKind::Notification, Some(subject)) => subject,
        (MessageKind::Notification, None) => "AWS Notification Message",
        (MessageKind::SubscriptionConfirmation { .. }, _) => "AWS Notification - Subscription Confirmation",
        (MessageKind::UnsubscribeConfirmation { .. }, _) => "AWS Notification - Unsubscribe Confirmation",
    };
    fixed.to_owned()
}

fn prose(post: &Post<'_>) -> String {
    let topic = post.topic_arn;
    match (&post.message.kind, post.subscribe_url()) {
        (MessageKind::SubscriptionConfirmation { .. }, Some(url)) => format!(
            "You have chosen to subscribe to the topic:\n{topic}\n\n\
             To confirm this subscription, click or visit the link below (If this was in error no action is necessary):\n\
             {url}\n\n\
             Please do not reply directly to this email.\n"
        ),
        (MessageKind::UnsubscribeConfirmation { .. }, Some(url)) => format!(
            "Your subscription to the topic below has been deleted:\n{topic}\n\n\
             If this was not your intention, click or visit the link below to subscribe again:\n\
             {url}\n\n\
             Please do not reply directly to this email.\n"
        ),
        _ => format!(
            "{}\n\n--\n\
             If you wish to stop receiving notifications from this topic, please click or visit the link below to unsubscribe:\n\
             {}\n\n\
             Please do not reply directly to this email.\n",
            post.text,
            unsubscribe_url(post.public_url, post.subscription_arn)
        ),
    }
}
