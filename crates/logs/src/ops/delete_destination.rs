//! `DeleteDestination` (logs.md DS-3).

use api::logs::types;
use api::{CallContext, ServiceError, Unit};
use store::catalog::{Key, Transaction};

use crate::Logs;
use crate::change::change;
use crate::subscriptions::{DestinationRecord, destination};

pub(super) async fn delete_destination(
    logs: &Logs,
    cx: &CallContext,
    input: types::DeleteDestinationRequest,
) -> Result<Unit, ServiceError> {
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    let key = Key::regional(&scope.account, &scope.region, input.destination_name.as_str());
    change(catalog, || {
        let found = destination(catalog, &scope, &input.destination_name)?;
        let mut transaction = Transaction::default();
        transaction.delete::<DestinationRecord>(key.clone(), found.version);
        Ok((transaction, ()))
    })
    .await?;
    Ok(Unit)
}
