//! A record's message, with what is made once for all its subscribers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use base::Region;
use store::catalog::Key;
use tokio::sync::OnceCell;

use crate::envelope::{Post, Signature};
use crate::record::{DeliveryRecord, MessageKind, Target};
use crate::signing::{Signer, SigningError};

/// Signatures of a message by the text that is signed, shared by all its records: a message has
/// one for all subscribers, or one for each protocol with a text of its own.
#[derive(Default)]
pub(super) struct Signatures(Mutex<HashMap<String, Arc<OnceCell<Signature>>>>);

/// A message on its way.
pub(super) struct Parcel {
    pub key: Key,
    pub record: Arc<DeliveryRecord>,
    topic_arn: String,
    /// What ARNs in the topic's place start with: `arn:aws:sns:region:account:`.
    arn_start: String,
    signatures: Arc<Signatures>,
}

impl Parcel {
    pub fn new(key: Key, record: Arc<DeliveryRecord>, signatures: Arc<Signatures>) -> Self {
        let region = key.region.as_ref().map_or("", Region::as_str);
        let partition = key.region.as_ref().map_or("aws", |region| region.partition().as_str());
        let arn_start = format!("arn:{partition}:sns:{region}:{}:", key.account);
        let topic_arn = format!("{arn_start}{}", record.topic);
        Self { key, record, topic_arn, arn_start, signatures }
    }

    pub fn topic_arn(&self) -> &str {
        &self.topic_arn
    }

    /// The ARN of a subscription, empty for what is sent to no subscription.
    pub fn subscription_arn(&self, target: &Target) -> String {
        match target.subscription.as_str() {
            "" => String::new(),
            key => format!("{}{key}", self.arn_start),
        }
    }

    /// Whether it may be sent without the envelope.
    pub fn is_raw(&self, target: &Target) -> bool {
        target.raw && self.record.message.kind == MessageKind::Notification
    }

    /// The signature that a post carries; none for messages of FIFO topics.
    pub async fn signature(&self, post: &Post<'_>, signer: &Signer) -> Result<Option<Signature>, SigningError> {
        if post.message.sequence_number.is_some() {
            return Ok(None);
        }
        self.signed(post, signer).await.map(Some)
    }

    /// The signature of a post, made once for all that have the same text.
    pub async fn signed(&self, post: &Post<'_>, signer: &Signer) -> Result<Signature, SigningError> {
        let cell = {
            let mut signatures = self.signatures.0.lock().expect("no holder of this lock can panic");
            match signatures.get(post.text) {
                Some(cell) => cell.clone(),
                None => signatures.entry(post.text.to_owned()).or_default().clone(),
            }
        };
        let signature = cell.get_or_try_init(|| async {
            let version = if post.message.signature_version == "2" { "2" } else { "1" };
            let value = signer.sign(version, post.string_to_sign()).await?;
            let path = signer.certificate_path().await?;
            let certificate_url = format!("{}{path}", post.public_url.trim_end_matches('/'));
            Ok::<_, SigningError>(Signature { version: version.to_owned(), value, certificate_url })
        });
        signature.await.cloned()
    }
}
