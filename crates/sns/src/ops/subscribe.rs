//! `Subscribe`: has a topic's messages delivered to an endpoint (cloudwatch.md §8.3).

use api::sns::{errors, types};
use api::{CallContext, ServiceError};
use base::{AccountId, id};
use store::catalog::{Transaction, Versioned};

use crate::Sns;
use crate::change::change;
use crate::record::{SubscriptionRecord, TopicRecord};
use crate::subscriptions::endpoint::{self, Consent};
use crate::subscriptions::settings::{self, Subject};
use crate::subscriptions::{self, SubscriptionName, confirmation};
use crate::topics::TopicName;

/// Subscriptions of one topic that may have a filter policy (cloudwatch.md §10).
const FILTER_POLICIES_MAX: usize = 200;

pub(super) async fn subscribe(
    sns: &Sns,
    cx: &CallContext,
    input: types::SubscribeInput,
) -> Result<types::SubscribeResponse, ServiceError> {
    let topic = TopicName::parse(cx, "TopicArn", &input.topic_arn)?;
    let _turn = sns.membership_turn.lock().await;
    let (name, pending) = change(&sns.parts.catalog, || decide(sns, cx, &topic, &input)).await?;
    if pending {
        sns.published();
    }
    let subscription_arn = match pending && !input.return_subscription_arn.unwrap_or(false) {
        true => "pending confirmation".to_owned(),
        false => name.arn(),
    };
    Ok(types::SubscribeResponse { subscription_arn: Some(subscription_arn) })
}

/// What Subscribe does: the subscription, and whether it waits for its confirmation.
fn decide(
    sns: &Sns,
    cx: &CallContext,
    topic: &TopicName,
    input: &types::SubscribeInput,
) -> Result<(Transaction, (SubscriptionName, bool)), ServiceError> {
    let found = topic.find(&sns.parts.catalog)?;
    let endpoint = input.endpoint.as_deref().unwrap_or_default();
    let checked = endpoint::check(&sns.parts.outlets, found.value.is_fifo(), &input.protocol, endpoint)?;
    let given = input.attributes.as_deref().unwrap_or_default();
    let subject = Subject {
        outlets: &sns.parts.outlets,
        topic,
        protocol: checked.protocol,
        endpoint: &checked.endpoint,
        owner: cx.account().as_str(),
    };
    let attributes = settings::set_all(subject, given).map_err(|problem| match problem.as_str() {
        "AttributeName" => invalid("AttributeName"),
        other => invalid(&format!("Attributes Reason: {other}")),
    })?;
    let all = subscriptions::of_topic(&sns.parts.catalog, topic);
    let same = all
        .iter()
        .find(|(_, other)| other.value.protocol == checked.protocol && other.value.endpoint == checked.endpoint);
    if let Some((name, existing)) = same {
        if !settings::agrees(&existing.value.attributes, given, &attributes) {
            return Err(invalid("Attributes Reason: Subscription already exists with different attributes"));
        }
        let name = SubscriptionName { topic: topic.clone(), name: name.clone() };
        return Ok(again(sns, cx, name, &found, existing));
    }
    if attributes.contains_key("FilterPolicy") {
        check_filter_policies(&all)?;
    }
    let name = format!("{}:{}", topic.name, id::uuid(&*sns.parts.entropy));
    let name = SubscriptionName { topic: topic.clone(), name };
    let confirmed = is_confirmed(&checked.consent, cx.account());
    let record = SubscriptionRecord {
        protocol: checked.protocol,
        endpoint: checked.endpoint,
        owner: cx.account().to_string(),
        principal: cx.principal.arn(cx.partition).map(|arn| arn.to_string()).unwrap_or_default(),
        attributes,
        pending: (!confirmed).then(|| confirmation::pending(None, cx.now, &*sns.parts.entropy)),
        authenticated: confirmed,
        authenticate_on_unsubscribe: false,
        created: cx.now,
    };
    let mut transaction = Transaction::default();
    // Invariant: see `DeleteTopic`.
    transaction.update(topic.key(), found.version, found.value.as_ref());
    transaction.create(name.key(), &record);
    confirmation::ask(sns, &name, &found.value, &record, cx.now, &mut transaction);
    Ok((transaction, (name, !confirmed)))
}

fn invalid(what: &str) -> ServiceError {
    errors::invalid_parameter_exception(format!("Invalid parameter: {what}"))
}

fn is_confirmed(consent: &Consent, caller: &AccountId) -> bool {
    match consent {
        Consent::Endpoint => false,
        Consent::Account(account) => account == caller,
        Consent::None => true,
    }
}

/// A subscription that is there: it is asked for its confirmation again when it still waits.
fn again(
    sns: &Sns,
    cx: &CallContext,
    name: SubscriptionName,
    topic: &Versioned<TopicRecord>,
    existing: &Versioned<SubscriptionRecord>,
) -> (Transaction, (SubscriptionName, bool)) {
    let mut transaction = Transaction::default();
    let Some(before) = &existing.value.pending else { return (transaction, (name, false)) };
    let pending = confirmation::pending(Some(before), cx.now, &*sns.parts.entropy);
    let record = SubscriptionRecord { pending: Some(pending), ..existing.value.as_ref().clone() };
    transaction.update(name.key(), existing.version, &record);
    confirmation::ask(sns, &name, &topic.value, &record, cx.now, &mut transaction);
    (transaction, (name, true))
}

/// Whether one more subscription of a topic may have a filter policy.
///
/// # Errors
/// `FilterPolicyLimitExceeded`; the words are ours.
pub(super) fn check_filter_policies(all: &[(String, Versioned<SubscriptionRecord>)]) -> Result<(), ServiceError> {
    let filtered = all.iter().filter(|(_, found)| found.value.attributes.contains_key("FilterPolicy")).count();
    match filtered < FILTER_POLICIES_MAX {
        true => Ok(()),
        false => {
            let message = format!("A topic can have no more than {FILTER_POLICIES_MAX} filter policies");
            Err(errors::filter_policy_limit_exceeded_exception(message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_agrees_by_subscribing_itself() {
        let account = |text: &str| text.parse::<AccountId>().unwrap();
        let (own, other) = (account("111122223333"), account("444455556666"));
        assert!(is_confirmed(&Consent::Account(own.clone()), &own));
        assert!(!is_confirmed(&Consent::Account(other), &own));
        assert!(!is_confirmed(&Consent::Endpoint, &own) && is_confirmed(&Consent::None, &own));
    }
}
