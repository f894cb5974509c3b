//! `RegisterManagedInstance`: gives a host an id. It needs no signature: the activation's code is the secret.

use api::ssm::errors;
use api::ssm::types::{RegisterManagedInstanceRequest, RegisterManagedInstanceResult};
use api::{CallContext, ServiceError};
use base::Scope;
use store::catalog::Transaction;

use crate::activations;
use crate::change::change;
use crate::instances;
use crate::record::{ActivationRecord, InstanceRecord, Origin};
use crate::service::Ssm;
use crate::tags;

pub(super) async fn register_managed_instance(
    ssm: &Ssm,
    cx: &CallContext,
    input: RegisterManagedInstanceRequest,
) -> Result<RegisterManagedInstanceResult, ServiceError> {
    let parts = &ssm.parts;
    let RegisterManagedInstanceRequest { activation_id, activation_code, fingerprint, tags, .. } = input;
    let new_id = instances::new_id(&*parts.entropy);
    let given = tags.unwrap_or_default();
    let id = change(&parts.catalog, || {
        let (scope, found) =
            activations::presented(&parts.catalog, &cx.scope(), &activation_id, &activation_code, cx.now)?;
        let mut transaction = Transaction::default();
        let again = fingerprint.as_ref().and_then(|own| registered(ssm, &scope, &activation_id, own));
        if let Some(id) = again {
            return Ok((transaction, id));
        }
        activations::check_room(&found.value)?;
        let tags = tags::merged(found.value.tags.clone(), &given)
            .map_err(|error| errors::invalid_activation(error.message.unwrap_or_default()))?;
        let record =
            InstanceRecord { tags, ..InstanceRecord::new(origin(&activation_id, &found.value, &fingerprint), cx.now) };
        let registrations = found.value.registrations + 1;
        let activation = ActivationRecord { registrations, ..ActivationRecord::clone(&found.value) };
        transaction.update(activations::key(&scope, &activation_id), found.version, &activation);
        transaction.create(instances::key(&scope, &new_id), &record);
        Ok((transaction, new_id.clone()))
    })
    .await?;
    Ok(RegisterManagedInstanceResult { instance_id: Some(id) })
}

fn origin(activation_id: &str, activation: &ActivationRecord, fingerprint: &Option<String>) -> Origin {
    Origin::Activation {
        activation_id: activation_id.to_owned(),
        iam_role: activation.iam_role.clone(),
        name: activation.default_instance_name.clone(),
        fingerprint: fingerprint.clone(),
    }
}

/// The host that registered with the activation before and takes itself for the same.
fn registered(ssm: &Ssm, scope: &Scope, activation_id: &str, own: &str) -> Option<String> {
    let all = ssm.parts.catalog.list::<InstanceRecord>(&scope.account, Some(&scope.region)).into_iter();
    let is_same = |record: &InstanceRecord| match &record.origin {
        Origin::Activation { activation_id: with, fingerprint: Some(fingerprint), .. } => {
            record.deregistered.is_none() && with == activation_id && fingerprint == own
        }
        _ => false,
    };
    all.into_iter().find(|(_, found)| is_same(&found.value)).map(|(id, _)| id)
}
