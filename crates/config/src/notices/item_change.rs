//! An item and the one before it, and the messages that tell of the two.

use base::{Scope, Timestamp};
use store::StoreError;
use store::config_item::Resource;

use crate::channel::ChannelRecord;
use crate::difference::Difference;
use crate::item::Item;
use crate::messages::{self, MESSAGE_BYTES_MAX, Message, Oversized};
use crate::ports::{NewObject, ObjectContent, PortError, Sender};
use crate::present::{self, resource_of};
use crate::rule::ResourceKey;
use crate::service::Parts;

/// An item of which is to be told, and the one before.
pub(crate) struct ItemChange {
    pub(crate) before: Option<Item>,
    pub(crate) item: Item,
}

impl ItemChange {
    /// The item of a resource that was taken then; `None` when it is kept no more.
    ///
    /// # Errors
    /// The table of past items cannot be read.
    pub(crate) async fn find(
        parts: &Parts,
        scope: &Scope,
        key: &ResourceKey,
        taken: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let ResourceKey { resource_type, resource_id } = key;
        let found = present::find(&parts.catalog, scope, resource_type, resource_id);
        let newest = found.map(|found| found.present.item).filter(|item| item.taken == taken);
        let item = match newest {
            Some(item) => Some(item),
            None => {
                let (resource_type, resource_id) = (resource_type.clone(), resource_id.clone());
                let resource = Resource { scope: scope.clone(), resource_type, resource_id };
                past(parts, &resource, taken).await?.filter(|item| item.taken == taken)
            }
        };
        let Some(item) = item else { return Ok(None) };
        let before = past(parts, &resource_of(&item), taken.plus_millis(-1)).await?;
        let before = before.filter(|before| before.status.is_recorded());
        Ok(Some(Self { before, item }))
    }

    /// What is different.
    pub(crate) fn difference(&self) -> Difference {
        Difference::between(self.before.as_ref(), &self.item)
    }

    /// Whether a message is too large to be sent.
    pub(crate) fn is_oversized(message: &Message) -> bool {
        message.body.to_string().len() > MESSAGE_BYTES_MAX
    }

    /// The message of a change that is too large for one: where it is instead (N-3). Written once more, the object is
    /// what it was.
    pub(crate) async fn oversized(
        &self,
        parts: &Parts,
        channel: Option<&ChannelRecord>,
        sender: &Sender,
        now: Timestamp,
    ) -> Message {
        let difference = self.difference();
        let stored = match channel {
            Some(channel) => self.stored(parts, channel, sender, &difference, now).await,
            None => Oversized::Failed {
                code: "NoAvailableDeliveryChannel".to_owned(),
                message: "There is no delivery channel.".to_owned(),
            },
        };
        messages::oversized(difference.change_type, &self.item, &stored, now)
    }

    async fn stored(
        &self,
        parts: &Parts,
        channel: &ChannelRecord,
        sender: &Sender,
        difference: &Difference,
        now: Timestamp,
    ) -> Oversized {
        let message = messages::item_changed(difference, &self.item, now);
        let object = NewObject {
            key: oversized_key(channel, &self.item),
            body: crate::delivery::gzipped(message.body.to_string().as_bytes()),
            content: ObjectContent::PackedJson,
            kms_key_arn: channel.kms_key_arn.clone(),
        };
        match parts.outlets.buckets.put(sender, &channel.bucket, &object).await {
            Ok(()) => Oversized::Stored { bucket: channel.bucket.clone(), key: object.key },
            Err(PortError { code, message }) => Oversized::Failed { code, message },
        }
    }
}

async fn past(parts: &Parts, resource: &Resource, at: Timestamp) -> Result<Option<Item>, StoreError> {
    let past = parts.items.at(resource, at).await?;
    Ok(past.map(|past| serde_json::from_str(&past.item).expect("a stored item is one")))
}

/// The key of the object with a change that is too large for a message (DC-18).
fn oversized_key(channel: &ChannelRecord, item: &Item) -> String {
    let Item { scope, resource_type, resource_id, taken, .. } = item;
    let folder = crate::delivery::day_folder(channel, scope, *taken, "OversizedChangeNotification");
    let (account, region, time) = (&scope.account, &scope.region, taken.iso_basic());
    format!(
        "{folder}/{resource_type}/{resource_id}/{account}_Config_{region}_ChangeNotification_{resource_type}_{resource_id}_{time}_1.json.gz"
    )
}
