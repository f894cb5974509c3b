//! Subscriptions: their ARNs and records (cloudwatch.md §8.3).

pub(crate) mod confirmation;
pub(crate) mod endpoint;
pub(crate) mod settings;

use api::sns::{errors, types};
use api::{CallContext, Principal, ServiceError};
use store::catalog::{Catalog, Key, Versioned};

use crate::record::SubscriptionRecord;
use crate::topics::{TopicName, check_elements};

/// A subscription by its ARN: `<topic's ARN>:<UUID>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SubscriptionName {
    /// The topic.
    pub(crate) topic: TopicName,
    /// The name of its record: `TOPIC:UUID`.
    pub(crate) name: String,
}

impl SubscriptionName {
    /// The subscription that an ARN names: in the region of the call when that is signed, else
    /// wherever it is.
    ///
    /// # Errors
    /// `InvalidParameter` in the words of cloudwatch.md §8.3.
    pub(crate) fn parse(cx: &CallContext, arn: &str) -> Result<Self, ServiceError> {
        check_elements("SubscriptionArn", arn)?;
        let invalid = |what: &str| errors::invalid_parameter_exception(format!("Invalid parameter: {what}"));
        let (topic, id) = match arn.split(':').count() {
            7 => arn.rsplit_once(':').expect("a text of seven elements has a colon"),
            _ => return Err(invalid("SubscriptionId")),
        };
        let topic = TopicName::of_arn("SubscriptionArn", topic)?;
        if !is_signed(cx) || topic.scope.region == cx.region {
            let name = format!("{}:{id}", topic.name);
            return Ok(Self { topic, name });
        }
        Err(invalid("SubscriptionArn"))
    }

    /// The key of its record.
    pub(crate) fn key(&self) -> Key {
        self.topic.key_of(self.name.as_str())
    }

    /// Its ARN.
    pub(crate) fn arn(&self) -> String {
        arn(&self.topic, &self.name)
    }

    /// Its record, for a caller who may see and change it: of the account that made it or that
    /// owns the topic.
    ///
    /// # Errors
    /// `NotFound`, `AuthorizationError`.
    pub(crate) fn find(
        &self,
        cx: &CallContext,
        catalog: &Catalog,
    ) -> Result<Versioned<SubscriptionRecord>, ServiceError> {
        let found: Versioned<SubscriptionRecord> =
            catalog.get(&self.key()).ok_or_else(|| errors::not_found_exception("Subscription does not exist"))?;
        match is_of_owners(cx, &self.topic, &found.value) {
            true => Ok(found),
            false => Err(errors::authorization_error_exception("Subscription belongs to another account")),
        }
    }
}

/// Whether a call's caller is known.
pub(crate) fn is_signed(cx: &CallContext) -> bool {
    !matches!(cx.principal, Principal::Unknown { .. })
}

/// Whether a caller is of the account that owns the topic, or of the one that made the
/// subscription.
pub(crate) fn is_of_owners(cx: &CallContext, topic: &TopicName, record: &SubscriptionRecord) -> bool {
    let account = cx.account();
    is_signed(cx) && (*account == topic.scope.account || account.as_str() == record.owner)
}

/// The ARN of the subscription with this name.
pub(crate) fn arn(topic: &TopicName, name: &str) -> String {
    let topic_arn = topic.arn();
    let id = name.rsplit(':').next().unwrap_or_default();
    format!("{topic_arn}:{id}")
}

/// All subscriptions of a topic, by name.
pub(crate) fn of_topic(catalog: &Catalog, topic: &TopicName) -> Vec<(String, Versioned<SubscriptionRecord>)> {
    let prefix = format!("{}:", topic.name);
    catalog.list_prefix(&topic.scope.account, Some(&topic.scope.region), &prefix)
}

/// A subscription as lists show it.
pub(crate) fn shown(topic: &TopicName, name: &str, record: &SubscriptionRecord) -> types::Subscription {
    types::Subscription {
        subscription_arn: Some(match record.pending {
            Some(_) => "PendingConfirmation".to_owned(),
            None => arn(topic, name),
        }),
        owner: Some(record.owner.clone()),
        protocol: Some(record.protocol.as_str().to_owned()),
        endpoint: Some(endpoint::shown(&record.endpoint)),
        topic_arn: Some(topic.arn()),
    }
}
