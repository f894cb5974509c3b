//! `DeleteActivation`: no more hosts register with it. Those that did stay.

use api::ssm::errors;
use api::ssm::types::{DeleteActivationRequest, DeleteActivationResult};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::activations;
use crate::change::change;
use crate::record::ActivationRecord;
use crate::service::Ssm;

pub(super) async fn delete_activation(
    ssm: &Ssm,
    cx: &CallContext,
    input: DeleteActivationRequest,
) -> Result<DeleteActivationResult, ServiceError> {
    let catalog = &ssm.parts.catalog;
    let key = activations::key(&cx.scope(), &input.activation_id);
    change(catalog, || {
        let found = catalog.get::<ActivationRecord>(&key).ok_or_else(|| {
            let message = "The activation ID isn't valid. Verify that you entered the correct ActivationId or \
                           ActivationCode and try again.";
            errors::invalid_activation_id(message)
        })?;
        let mut transaction = Transaction::default();
        transaction.delete::<ActivationRecord>(key.clone(), found.version);
        Ok((transaction, ()))
    })
    .await?;
    Ok(DeleteActivationResult {})
}
