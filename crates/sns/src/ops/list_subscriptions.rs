//! `ListSubscriptions`: the subscriptions that the caller's account made, in the region.

use api::sns::types;
use api::{CallContext, ServiceError};

use crate::Sns;
use crate::list_page::page;
use crate::record::SubscriptionRecord;
use crate::subscriptions::shown;
use crate::topics::TopicName;

pub(super) async fn list_subscriptions(
    sns: &Sns,
    cx: &CallContext,
    input: types::ListSubscriptionsInput,
) -> Result<types::ListSubscriptionsResponse, ServiceError> {
    // Records stand with the topic's account, which may be another.
    let all = sns.parts.catalog.list_all::<SubscriptionRecord>();
    let own = all
        .into_iter()
        .filter(|(key, found)| key.region.as_ref() == Some(&cx.region) && found.value.owner == cx.account().as_str());
    let subscriptions = own.filter_map(|(key, found)| {
        let topic = TopicName::of_key(&key, key.name.split(':').next()?)?;
        Some((format!("{}:{}", key.account, key.name), shown(&topic, &key.name, &found.value)))
    });
    let (subscriptions, next_token) = page("subscriptions", subscriptions, input.next_token.as_deref(), cx.now)?;
    Ok(types::ListSubscriptionsResponse { subscriptions: Some(subscriptions), next_token })
}
