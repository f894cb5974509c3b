//! `CreateActivation`: lets hosts register that have no credentials.

use std::time::Duration;

use api::ssm::errors;
use api::ssm::types::{CreateActivationRequest, CreateActivationResult};
use api::{CallContext, ServiceError};
use base::{Timestamp, id};
use store::catalog::Transaction;

use crate::activations;
use crate::change::change;
use crate::record::ActivationRecord;
use crate::service::Ssm;
use crate::tags;

const DAY: Duration = Duration::from_secs(86_400);
const LIFETIME_MAX: Duration = Duration::from_secs(30 * 86_400);

pub(super) async fn create_activation(
    ssm: &Ssm,
    cx: &CallContext,
    input: CreateActivationRequest,
) -> Result<CreateActivationResult, ServiceError> {
    let parts = &ssm.parts;
    let code = activations::new_code(&*parts.entropy);
    let activation_id = id::uuid(&*parts.entropy).to_string();
    let record = ActivationRecord {
        code_digest: activations::code_digest(&code),
        description: input.description,
        default_instance_name: input.default_instance_name,
        iam_role: input.iam_role,
        registration_limit: input.registration_limit.unwrap_or(1),
        registrations: 0,
        expires: expires(input.expiration_date, cx.now)?,
        created: cx.now,
        tags: tags::merged(Default::default(), &input.tags.unwrap_or_default())
            .map_err(|error| errors::invalid_parameters(error.message.unwrap_or_default()))?,
    };
    change(&parts.catalog, || {
        let mut transaction = Transaction::default();
        transaction.create(activations::key(&cx.scope(), &activation_id), &record);
        Ok((transaction, ()))
    })
    .await?;
    Ok(CreateActivationResult { activation_id: Some(activation_id), activation_code: Some(code) })
}

/// # Errors
/// `InvalidParameters`
fn expires(given: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, ServiceError> {
    let Some(given) = given else { return Ok(now.plus(DAY)) };
    match given > now && given <= now.plus(LIFETIME_MAX) {
        true => Ok(given),
        false => {
            let message = "The expiration date of an activation is in the future, and at most 30 days away.";
            Err(errors::invalid_parameters(message))
        }
    }
}
