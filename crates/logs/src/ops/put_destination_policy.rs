//! `PutDestinationPolicy` (logs.md DS-2).

use api::logs::{errors, types};
use api::{CallContext, ServiceError, Unit};
use store::catalog::{Key, Transaction};

use crate::Logs;
use crate::change::change;
use crate::subscriptions::{DestinationRecord, destination};

/// Bytes of a policy at most (logs.md §11).
const POLICY_BYTES: usize = 5120;

pub(super) async fn put_destination_policy(
    logs: &Logs,
    cx: &CallContext,
    input: types::PutDestinationPolicyRequest,
) -> Result<Unit, ServiceError> {
    if input.access_policy.len() > POLICY_BYTES {
        return Err(errors::invalid_parameter_exception("The access policy exceeds 5120 bytes."));
    }
    if let Err(reason) = logs.parts.policies.check(&input.access_policy) {
        return Err(errors::invalid_parameter_exception(format!("The access policy is invalid: {reason}")));
    }
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    let key = Key::regional(&scope.account, &scope.region, input.destination_name.as_str());
    change(catalog, || {
        let found = destination(catalog, &scope, &input.destination_name)?;
        let mut record = DestinationRecord::clone(&found.value);
        record.policy = Some(input.access_policy.clone());
        let mut transaction = Transaction::default();
        transaction.update(key.clone(), found.version, &record);
        Ok((transaction, ()))
    })
    .await?;
    Ok(Unit)
}
