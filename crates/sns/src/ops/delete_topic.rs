//! `DeleteTopic`: removes a topic with its subscriptions; a topic that is not there is no error.

use api::sns::types;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::Sns;
use crate::change::change;
use crate::record::{DeduplicationRecord, FifoRecord, SubscriptionRecord, TopicRecord};
use crate::subscriptions;
use crate::topics::TopicName;

pub(super) async fn delete_topic(
    sns: &Sns,
    cx: &CallContext,
    input: types::DeleteTopicInput,
) -> Result<Unit, ServiceError> {
    let topic = TopicName::parse(cx, "TopicArn", &input.topic_arn)?;
    let catalog = &sns.parts.catalog;
    let _turn = sns.membership_turn.lock().await;
    change(catalog, || {
        let mut transaction = Transaction::default();
        let Some(found) = catalog.get::<TopicRecord>(&topic.key()) else { return Ok((transaction, ())) };
        // Invariant: subscriptions come and go with a change of the topic's record, so that none
        // is left behind.
        transaction.delete::<TopicRecord>(topic.key(), found.version);
        for (name, found) in subscriptions::of_topic(catalog, &topic) {
            transaction.delete::<SubscriptionRecord>(topic.key_of(name), found.version);
        }
        if let Some(found) = catalog.get::<FifoRecord>(&topic.key()) {
            transaction.delete::<FifoRecord>(topic.key(), found.version);
        }
        let scope = &topic.scope;
        let prefix = format!("{}:", topic.name);
        let told = catalog.list_prefix::<DeduplicationRecord>(&scope.account, Some(&scope.region), &prefix);
        for (name, found) in told {
            transaction.delete::<DeduplicationRecord>(topic.key_of(name), found.version);
        }
        Ok((transaction, ()))
    })
    .await?;
    Ok(Unit)
}
