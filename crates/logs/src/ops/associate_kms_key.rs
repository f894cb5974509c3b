//! `AssociateKmsKey` (logs.md KM-1).

use api::logs::types;
use api::typed::Unit;
use api::{CallContext, ServiceError};

use super::disassociate_kms_key::target;
use crate::{Logs, kms};

pub(super) async fn associate_kms_key(
    logs: &Logs,
    cx: &CallContext,
    input: types::AssociateKmsKeyRequest,
) -> Result<Unit, ServiceError> {
    let target = target(logs, cx, input.log_group_name.as_deref(), input.resource_identifier.as_deref())?;
    Err(kms::no_key(&target.arn))
}
