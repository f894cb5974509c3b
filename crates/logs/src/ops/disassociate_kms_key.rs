//! `DisassociateKmsKey` (logs.md KM-1).

use api::logs::{errors, types};
use api::typed::Unit;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::groups::{self, Group};
use crate::{Logs, record};

pub(super) async fn disassociate_kms_key(
    logs: &Logs,
    cx: &CallContext,
    input: types::DisassociateKmsKeyRequest,
) -> Result<Unit, ServiceError> {
    change(&logs.parts.catalog, || {
        let target = target(logs, cx, input.log_group_name.as_deref(), input.resource_identifier.as_deref())?;
        let mut transaction = Transaction::default();
        if let Some(group) = target.group.filter(|group| group.record.kms_key_id.is_some()) {
            let record = record::LogGroupRecord { kms_key_id: None, ..(*group.record).clone() };
            group.update(&mut transaction, &record);
        }
        Ok((transaction, Unit))
    })
    .await
}

/// What a key is for: a group, or the results of queries.
pub(super) struct Target {
    /// Its ARN.
    pub(super) arn: String,
    /// The group, unless it is the results.
    pub(super) group: Option<Group>,
}

/// What a call on keys acts on: exactly one of the two names it.
///
/// # Errors
/// `InvalidParameterException` for none, both, or an ARN of something else; logs.md LG-4.
pub(super) fn target(
    logs: &Logs,
    cx: &CallContext,
    name: Option<&str>,
    identifier: Option<&str>,
) -> Result<Target, ServiceError> {
    let catalog = &logs.parts.catalog;
    let group = match (name, identifier) {
        (Some(name), None) => groups::find(catalog, &cx.scope(), name)?,
        (None, Some(identifier)) if identifier == groups::arn_of(&cx.scope(), "query-result:*") => {
            return Ok(Target { arn: identifier.to_owned(), group: None });
        }
        (None, Some(identifier)) if identifier.starts_with("arn:") => groups::identified(catalog, cx, identifier)?,
        _ => {
            let message = "Exactly one of logGroupName and resourceIdentifier must be specified, the latter as an ARN.";
            return Err(errors::invalid_parameter_exception(message));
        }
    };
    Ok(Target { arn: group.arn(), group: Some(group) })
}
