//! `PutDeliveryDestinationPolicy` (logs.md §8.6). It speaks of deliveries from other accounts, of which there are none.

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::Logs;
use crate::change::change;
use crate::deliveries::{self, DeliveryDestinationRecord};

pub(super) async fn put_delivery_destination_policy(
    logs: &Logs,
    cx: &CallContext,
    input: types::PutDeliveryDestinationPolicyRequest,
) -> Result<types::PutDeliveryDestinationPolicyResponse, ServiceError> {
    if let Err(reason) = logs.parts.policies.check(&input.delivery_destination_policy) {
        return Err(errors::validation_exception(format!("The delivery destination policy is invalid: {reason}")));
    }
    let policy = input.delivery_destination_policy;
    set(logs, cx, &input.delivery_destination_name, Some(&policy)).await?;
    let policy = Some(types::Policy { delivery_destination_policy: Some(policy) });
    Ok(types::PutDeliveryDestinationPolicyResponse { policy })
}

/// Gives a destination a policy, or takes it away.
///
/// # Errors
/// logs.md DL-1.
pub(super) async fn set(
    logs: &Logs,
    cx: &CallContext,
    name: &str,
    policy: Option<&String>,
) -> Result<(), ServiceError> {
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    change(catalog, || {
        let found = deliveries::destination(catalog, &scope, name)?;
        let record = DeliveryDestinationRecord { policy: policy.cloned(), ..(*found.value).clone() };
        let mut transaction = Transaction::default();
        transaction.update(deliveries::key(&scope, name), found.version, &record);
        Ok((transaction, ()))
    })
    .await
}
