//! `email` and `email-json`: a mail.

use store::catalog::{Key, Transaction};
use tokio::time::Instant;

use super::{Attempt, Courier, Failure};
use crate::deliver::parcel::Parcel;
use crate::envelope::{Post, envelope_letter, letter};
use crate::mail::{MailError, Outgoing};
use crate::record::{MessageKind, Protocol, SubscriptionRecord, Target, TopicRecord};
use crate::subscriptions::confirmation;

impl Courier {
    pub(super) async fn mail(&self, parcel: &Parcel, target: &Target, post: &Post<'_>) -> Attempt {
        // One that is missing comes back with the server's next start.
        let Some(mail) = &self.parts.outlets.mail else {
            return Err(Failure::Passing("no mail server is configured: start the server with --smtp URL".to_owned()));
        };
        let is_notification = post.message.kind == MessageKind::Notification;
        if is_notification && self.is_one_too_many(&target.endpoint) {
            return self.put_back_to_pending(parcel, target).await;
        }
        let letter = match target.protocol {
            Protocol::EmailJson => envelope_letter(post, parcel.signature(post, &self.parts.signer).await?.as_ref()),
            _ => letter(post),
        };
        let topic = Key { name: parcel.record.topic.clone(), ..parcel.key.clone() };
        let topic = self.parts.catalog.get::<TopicRecord>(&topic);
        let display_name = topic.as_ref().and_then(|topic| topic.value.attributes.get("DisplayName"));
        let subscriber = target.subscription.rsplit(':').next().unwrap_or_default();
        let id = format!("{}.{subscriber}", post.message.id);
        let outgoing = Outgoing {
            to: &target.endpoint,
            sender: display_name.map(String::as_str),
            subject: &letter.subject,
            text: &letter.text,
            id: &id,
            at: post.message.published,
        };
        mail.send(&outgoing).await.map_err(|error| match error {
            MailError::Refused(_) => Failure::Permanent(error.to_string()),
            MailError::Passing(_) => Failure::Passing(error.to_string()),
        })
    }

    fn is_one_too_many(&self, address: &str) -> bool {
        self.mail_rate.lock().expect("no holder of this lock can panic").exceeds(address, Instant::now())
    }

    /// Who gets too many mails is asked again whether they want them, when they next subscribe.
    async fn put_back_to_pending(&self, parcel: &Parcel, target: &Target) -> Attempt {
        let Some(found) = self.subscription(parcel, target) else { return Err(Failure::Gone) };
        let pending = confirmation::pending(None, self.parts.clock.now(), &*self.parts.entropy);
        let record = SubscriptionRecord { pending: Some(pending), authenticated: false, ..(*found.value).clone() };
        let mut transaction = Transaction::default();
        let key = Key { name: target.subscription.clone(), ..parcel.key.clone() };
        transaction.update(key, found.version, &record);
        match self.parts.catalog.commit(transaction).await {
            Ok(()) => {
                let subscription = parcel.subscription_arn(target);
                tracing::warn!(subscription, "more than 10 mails a second: it waits for confirmation again");
                Err(Failure::Gone)
            }
            // It is looked at anew.
            Err(error) => Err(Failure::Passing(error.to_string())),
        }
    }
}
