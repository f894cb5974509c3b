//! `ConfirmSubscription`: the token says that a subscription is wanted, or wanted again
//! (cloudwatch.md §8.3). The call may come without a signature, by a link.

use api::sns::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::{Transaction, Versioned};

use crate::Sns;
use crate::change::change;
use crate::record::{SubscriptionRecord, TokenRecord};
use crate::subscriptions::{SubscriptionName, confirmation, is_signed};
use crate::topics::TopicName;

pub(super) async fn confirm_subscription(
    sns: &Sns,
    cx: &CallContext,
    input: types::ConfirmSubscriptionInput,
) -> Result<types::ConfirmSubscriptionResponse, ServiceError> {
    // The name is not looked at: a token leads to its own topic (recorded).
    let topic = TopicName::of_arn("Topic", &input.topic_arn).map_err(|_| invalid("Invalid parameter: Topic"))?;
    if is_signed(cx) && topic.scope.region != cx.region {
        return Err(invalid("Invalid parameter: Topic"));
    }
    if !confirmation::is_token(&input.token) {
        return Err(invalid("Invalid parameter: Token"));
    }
    let authenticate = authenticate_on_unsubscribe(cx, input.authenticate_on_unsubscribe.as_deref())?;
    let _turn = sns.membership_turn.lock().await;
    let name = change(&sns.parts.catalog, || decide(sns, cx, &topic, &input.token, authenticate)).await?;
    Ok(types::ConfirmSubscriptionResponse { subscription_arn: Some(name.arn()) })
}

fn invalid(message: &str) -> ServiceError {
    errors::invalid_parameter_exception(message)
}

/// It counts in signed calls alone (documented).
fn authenticate_on_unsubscribe(cx: &CallContext, given: Option<&str>) -> Result<bool, ServiceError> {
    match given {
        None | Some("") => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(is_signed(cx)),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => Err(invalid("Invalid parameter: AuthenticateOnUnsubscribe")),
    }
}

fn decide(
    sns: &Sns,
    cx: &CallContext,
    topic: &TopicName,
    token: &str,
    authenticate: bool,
) -> Result<(Transaction, SubscriptionName), ServiceError> {
    let catalog = &sns.parts.catalog;
    let token_key = topic.key_of(token);
    let found = catalog.get::<TokenRecord>(&token_key).filter(|found| cx.now < found.value.until);
    let Versioned { value: stands_for, version } = found.ok_or_else(|| invalid("Invalid token"))?;
    let topic_name = stands_for.subscription.split(':').next().unwrap_or_default();
    let topic = TopicName { name: topic_name.to_owned(), ..topic.clone() };
    let name = SubscriptionName { topic, name: stands_for.subscription.clone() };
    let mut transaction = Transaction::default();
    let confirmed = |record: &SubscriptionRecord| SubscriptionRecord {
        pending: None,
        authenticated: is_signed(cx),
        authenticate_on_unsubscribe: authenticate,
        ..record.clone()
    };
    match (catalog.get::<SubscriptionRecord>(&name.key()), &stands_for.restores) {
        // Once is as good as twice.
        (Some(found), _) if found.value.pending.is_none() => {}
        // It waits for another token than this one, which was used up.
        (Some(found), _) if found.value.pending.as_ref().is_some_and(|pending| pending.token != token) => {
            return Err(invalid("Invalid token"));
        }
        (Some(found), _) => {
            transaction.update(name.key(), found.version, &confirmed(&found.value));
        }
        (None, Some(restored)) => {
            let found = name.topic.find(catalog)?;
            let mut record = found.value.as_ref().clone();
            record.deleted_subscriptions = record.deleted_subscriptions.saturating_sub(1);
            transaction.update(name.topic.key(), found.version, &record);
            transaction.create(name.key(), &confirmed(restored));
            // It brings the subscription back once: who ends it again gets another token.
            let used = TokenRecord { restores: None, ..TokenRecord::clone(&stands_for) };
            transaction.update(token_key, version, &used);
        }
        // It ended before it was confirmed.
        (None, None) => return Err(invalid("Invalid token")),
    }
    Ok((transaction, name))
}
