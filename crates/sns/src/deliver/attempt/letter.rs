//! `email` and `email-json`: a mail.

use store::catalog::Key;

use super::{Attempt, Courier, Failure};
use crate::deliver::parcel::Parcel;
use crate::envelope::{Post, envelope_letter, letter};
use crate::mail::{MailError, Outgoing};
use crate::record::{Protocol, Target, TopicRecord};

impl Courier {
    pub(super) async fn mail(&self, parcel: &Parcel, target: &Target, post: &Post<'_>) -> Attempt {
        // One that is missing comes back with the server's next start.
        let Some(mail) = &self.parts.outlets.mail else {
            return Err(Failure::Passing("no mail server is configured: start the server with --smtp URL".to_owned()));
        };
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
}
