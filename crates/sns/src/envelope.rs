//! What subscribers get: envelopes, headers, what is signed (cloudwatch.md §8.4). Pure.

mod http_headers;
mod lambda_event;
mod letter;
mod links;
mod queue;

use std::fmt::Write as _;

use crate::record::{Message, MessageKind};

pub use http_headers::http_headers;
pub use lambda_event::lambda_event;
pub use letter::{Letter, envelope_letter, letter};
pub use links::{subscribe_url, unsubscribe_url};
pub use queue::{QueueAddress, Recipient, gateway_request, send_message};

/// A message on its way to one subscription, with all that its texts name.
#[derive(Clone, Copy, Debug)]
pub struct Post<'a> {
    /// The message.
    pub message: &'a Message,
    /// The topic's ARN.
    pub topic_arn: &'a str,
    /// The subscription's ARN.
    pub subscription_arn: &'a str,
    /// The text that this subscriber gets.
    pub text: &'a str,
    /// What links start with, such as `http://127.0.0.1:4566`.
    pub public_url: &'a str,
}

/// A signature over [`Post::string_to_sign`], with the URL of the certificate that proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// `1` or `2`.
    pub version: String,
    /// Base64.
    pub value: String,
    /// Where the certificate is.
    pub certificate_url: String,
}

impl Post<'_> {
    /// The link that confirms, or restores, the subscription; `None` for notifications.
    pub fn subscribe_url(&self) -> Option<String> {
        let token = self.message.kind.token()?;
        Some(subscribe_url(self.public_url, self.topic_arn, token))
    }

    /// What is signed: keys and values, each on a line of its own, sorted by key.
    pub fn string_to_sign(&self) -> String {
        let message = self.message;
        let at = message.published.iso_millis();
        let mut lines = vec![("Message", self.text), ("MessageId", &message.id)];
        let subscribe_url = self.subscribe_url();
        match (&subscribe_url, &message.subject) {
            (Some(url), _) => lines.push(("SubscribeURL", url)),
            (None, Some(subject)) => lines.push(("Subject", subject)),
            (None, None) => {}
        }
        lines.push(("Timestamp", &at));
        lines.extend(message.kind.token().map(|token| ("Token", token)));
        lines.extend([("TopicArn", self.topic_arn), ("Type", message.kind.as_str())]);
        lines.iter().fold(String::new(), |mut all, (key, value)| {
            let _ = writeln!(all, "{key}\n{value}");
            all
        })
    }

    /// The envelope: JSON with a key on each line, as AWS writes it. Without a signature, as
    /// FIFO topics send it, there are no fields about one.
    pub fn envelope(&self, signature: Option<&Signature>) -> String {
        let mut lines = self.lines_before(signature);
        if self.message.kind == MessageKind::Notification {
            lines.text("UnsubscribeURL", &unsubscribe_url(self.public_url, self.subscription_arn));
            lines.attributes(self.message);
        }
        lines.close()
    }

    fn lines_before(&self, signature: Option<&Signature>) -> Lines {
        let message = self.message;
        let mut lines = Lines::default();
        lines.text("Type", message.kind.as_str());
        lines.text("MessageId", &message.id);
        match &message.kind {
            MessageKind::Notification => lines.maybe("SequenceNumber", message.sequence_number.as_deref()),
            confirmation => lines.maybe("Token", confirmation.token()),
        }
        lines.text("TopicArn", self.topic_arn);
        if message.kind == MessageKind::Notification {
            lines.maybe("Subject", message.subject.as_deref());
        }
        lines.text("Message", self.text);
        lines.maybe("SubscribeURL", self.subscribe_url().as_deref());
        lines.text("Timestamp", &message.published.iso_millis());
        if let Some(signature) = signature {
            lines.text("SignatureVersion", &signature.version);
            lines.text("Signature", &signature.value);
            lines.text("SigningCertURL", &signature.certificate_url);
        }
        lines
    }
}

impl MessageKind {
    /// The value of `Type`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Notification => "Notification",
            Self::SubscriptionConfirmation { .. } => "SubscriptionConfirmation",
            Self::UnsubscribeConfirmation { .. } => "UnsubscribeConfirmation",
        }
    }

    /// The token of a confirmation.
    pub fn token(&self) -> Option<&str> {
        match self {
            Self::Notification => None,
            Self::SubscriptionConfirmation { token } | Self::UnsubscribeConfirmation { token } => Some(token),
        }
    }
}

/// A JSON object that is written a key a line, with spaces around the colons.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn start(&mut self, key: &str) {
        self.0.push_str(if self.0.is_empty() { "{\n  " } else { ",\n  " });
        quote(&mut self.0, key);
        self.0.push_str(" : ");
    }

    fn text(&mut self, key: &str, value: &str) {
        self.start(key);
        quote(&mut self.0, value);
    }

    fn maybe(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    fn attributes(&mut self, message: &Message) {
        if message.attributes.is_empty() {
            return;
        }
        self.start("MessageAttributes");
        for (at, (name, attribute)) in message.attributes.iter().enumerate() {
            self.0.push_str(if at == 0 { "{\n    " } else { ",\n    " });
            quote(&mut self.0, name);
            self.0.push_str(" : {\"Type\":");
            quote(&mut self.0, &attribute.data_type);
            self.0.push_str(",\"Value\":");
            quote(&mut self.0, &attribute.value);
            self.0.push('}');
        }
        self.0.push_str("\n  }");
    }

    fn close(mut self) -> String {
        self.0.push_str("\n}");
        self.0
    }
}

/// Appends a text as JSON.
fn quote(into: &mut String, text: &str) {
    into.push_str(&serde_json::Value::from(text).to_string());
}

#[cfg(test)]
mod tests;
