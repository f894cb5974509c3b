//! `DeregisterManagedInstance`: nothing is taken from the host any more.

use api::ssm::errors;
use api::ssm::types::{DeregisterManagedInstanceRequest, DeregisterManagedInstanceResult};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::instances;
use crate::record::InstanceRecord;
use crate::service::Ssm;

pub(super) async fn deregister_managed_instance(
    ssm: &Ssm,
    cx: &CallContext,
    input: DeregisterManagedInstanceRequest,
) -> Result<DeregisterManagedInstanceResult, ServiceError> {
    let (parts, scope, id) = (&ssm.parts, cx.scope(), input.instance_id);
    change(&parts.catalog, || {
        let found = instances::managed(&parts.catalog, &scope, &id)
            .ok_or_else(|| errors::invalid_instance_id(format!("The instance {id} is not registered.")))?;
        let last_contact = parts.contacts.last(&scope, &id, &found.value);
        let deregistered = Some(cx.now);
        let record = InstanceRecord { deregistered, last_contact, ..InstanceRecord::clone(&found.value) };
        let mut transaction = Transaction::default();
        transaction.update(instances::key(&scope, &id), found.version, &record);
        Ok((transaction, ()))
    })
    .await?;
    parts.forget_contact(&scope, &id);
    parts.tell_soon(&scope, &id);
    Ok(DeregisterManagedInstanceResult {})
}
