//! `Unsubscribe`: ends a subscription; one that is not there is no error (cloudwatch.md §8.3).
//! The call may come without a signature, by a link.

use api::sns::{errors, types};
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::Sns;
use crate::change::change;
use crate::record::{Protocol, SubscriptionRecord, TopicRecord};
use crate::subscriptions::{SubscriptionName, confirmation, is_of_owners, is_signed};

pub(super) async fn unsubscribe(
    sns: &Sns,
    cx: &CallContext,
    input: types::UnsubscribeInput,
) -> Result<Unit, ServiceError> {
    let name = SubscriptionName::parse(cx, &input.subscription_arn)?;
    let _turn = sns.membership_turn.lock().await;
    change(&sns.parts.catalog, || decide(sns, cx, &name)).await?;
    sns.published();
    Ok(Unit)
}

fn decide(sns: &Sns, cx: &CallContext, name: &SubscriptionName) -> Result<(Transaction, ()), ServiceError> {
    let catalog = &sns.parts.catalog;
    let mut transaction = Transaction::default();
    let Some(found) = catalog.get::<SubscriptionRecord>(&name.key()) else { return Ok((transaction, ())) };
    check_caller(cx, name, &found.value)?;
    transaction.delete::<SubscriptionRecord>(name.key(), found.version);
    let Some(topic) = catalog.get::<TopicRecord>(&name.topic.key()) else { return Ok((transaction, ())) };
    let mut record = topic.value.as_ref().clone();
    record.deleted_subscriptions += 1;
    transaction.update(name.topic.key(), topic.version, &record);
    if is_told(cx, &found.value) {
        confirmation::say_ended(sns, name, &topic.value, &found.value, cx.now, &mut transaction);
    }
    Ok((transaction, ()))
}

/// Without a signature whoever knows the ARN may end a subscription, unless it was confirmed
/// with `AuthenticateOnUnsubscribe`.
fn check_caller(cx: &CallContext, name: &SubscriptionName, record: &SubscriptionRecord) -> Result<(), ServiceError> {
    let allowed = match is_signed(cx) {
        true => is_of_owners(cx, &name.topic, record),
        false => !record.authenticate_on_unsubscribe,
    };
    match allowed {
        true => Ok(()),
        false => Err(errors::authorization_error_exception("Not authorized to end this subscription")),
    }
}

/// An endpoint that others ended is told, so that it can come back (documented). One that never
/// confirmed has nothing to come back to.
fn is_told(cx: &CallContext, record: &SubscriptionRecord) -> bool {
    let by_others = !is_signed(cx) || cx.account().as_str() != record.owner;
    let told = matches!(record.protocol, Protocol::Http | Protocol::Https | Protocol::Email | Protocol::EmailJson);
    by_others && told && record.pending.is_none()
}
