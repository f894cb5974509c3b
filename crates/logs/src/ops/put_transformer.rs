//! `PutTransformer` (logs.md §8.3).

use api::logs::{errors, types};
use api::typed::Unit;
use api::{CallContext, ServiceError};
use lang::transform::Processor;
use store::catalog::Transaction;

use crate::change::change;
use crate::transformers::{self, NAME, TransformerRecord};
use crate::{Logs, groups};

pub(super) async fn put_transformer(
    logs: &Logs,
    cx: &CallContext,
    input: types::PutTransformerRequest,
) -> Result<Unit, ServiceError> {
    let (processors, _) = transformers::checked(input.transformer_config)?;
    set(logs, cx, &input.log_group_identifier, Some(&processors)).await
}

/// Sets a group's transformer from now on, or takes it away.
///
/// # Errors
/// logs.md LG-4, TR-1, TR-5.
pub(super) async fn set(
    logs: &Logs,
    cx: &CallContext,
    identifier: &str,
    processors: Option<&Vec<Processor>>,
) -> Result<Unit, ServiceError> {
    let catalog = &logs.parts.catalog;
    // The group must not go while it is given a transformer.
    let _stays = logs.membership.read().await;
    change(catalog, || {
        let group = groups::identified(catalog, cx, identifier)?;
        group.require_standard("A transformer", errors::invalid_parameter_exception)?;
        let found = catalog.get::<TransformerRecord>(&group.belonging(NAME));
        let mut record = found.as_ref().map(|found| (*found.value).clone()).unwrap_or_default();
        match (record.configurations.current(), processors) {
            (None, None) => return Err(not_found()),
            (None, Some(_)) => record.created = cx.now,
            (Some(_), _) => {}
        }
        record.configurations.set(cx.now, group.kept_from(cx.now), processors.cloned());
        record.updated = cx.now;
        let mut transaction = Transaction::default();
        match found {
            Some(found) => transaction.update(group.belonging(NAME), found.version, &record),
            None => transaction.create(group.belonging(NAME), &record),
        };
        Ok((transaction, Unit))
    })
    .await
}

/// logs.md TR-5.
pub(super) fn not_found() -> ServiceError {
    errors::resource_not_found_exception("The specified log group has no transformer.")
}
