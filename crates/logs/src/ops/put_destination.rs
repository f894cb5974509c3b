//! `PutDestination` (logs.md DS-1).

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::{Key, Transaction};

use crate::Logs;
use crate::change::change;
use crate::subscriptions::{DestinationRecord, Sender, Target, control_message, destination_described};
use crate::tags::{self, too_many};

pub(super) async fn put_destination(
    logs: &Logs,
    cx: &CallContext,
    input: types::PutDestinationRequest,
) -> Result<types::PutDestinationResponse, ServiceError> {
    let unusable = || {
        let message = "Could not deliver test message to specified destination. Check if the destination is valid.";
        errors::invalid_parameter_exception(message)
    };
    let target = Target::parse(&input.target_arn).filter(|target| !matches!(target, Target::Lambda(_)));
    let target = target.ok_or_else(unusable)?;
    let sender = Sender::of_test(&logs.parts, cx.account());
    let control = control_message(target.checked_as().unwrap_or_default(), cx.now.millis());
    if let Err(failure) = sender.test(&target, &control).await {
        tracing::warn!(target = input.target_arn, reason = failure.message, "a test delivery failed");
        return Err(unusable());
    }
    let given = tags::merged(Vec::new(), &input.tags.unwrap_or_default(), too_many)?;
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    let key = Key::regional(&scope.account, &scope.region, input.destination_name.as_str());
    let record = change(catalog, || {
        let found = catalog.get::<DestinationRecord>(&key);
        let mut transaction = Transaction::default();
        let fresh = DestinationRecord {
            target_arn: input.target_arn.clone(),
            role_arn: input.role_arn.clone(),
            policy: None,
            tags: given.clone(),
            created: cx.now,
        };
        let record = match found {
            None => {
                transaction.create(key.clone(), &fresh);
                fresh
            }
            Some(found) => {
                let record = DestinationRecord {
                    policy: found.value.policy.clone(),
                    tags: found.value.tags.clone(),
                    created: found.value.created,
                    ..fresh
                };
                transaction.update(key.clone(), found.version, &record);
                record
            }
        };
        Ok((transaction, record))
    })
    .await?;
    let described = destination_described(&scope, &input.destination_name, &record);
    Ok(types::PutDestinationResponse { destination: Some(described) })
}
