//! `DeleteConformancePack`

use api::config::types::DeleteConformancePackRequest;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use super::put_conformance_pack::busy;
use crate::change::change;
use crate::conformance::pack::{self, PackRecord, PackState};
use crate::service::Config;

/// Lets a pack and its rules go; a job does it (config.md §8.2).
pub async fn delete_conformance_pack(
    config: &Config,
    cx: &CallContext,
    input: DeleteConformancePackRequest,
) -> Result<Unit, ServiceError> {
    let (parts, scope, name) = (&config.parts, cx.scope(), input.conformance_pack_name);
    change(&parts.catalog, || {
        let found = pack::named(&parts.catalog, &scope, &name)?;
        if found.value.is_busy() {
            return Err(busy(&name));
        }
        let record = PackRecord {
            state: PackState::Deleting,
            requested: cx.now,
            completed: None,
            ..PackRecord::clone(&found.value)
        };
        let mut transaction = Transaction::default();
        transaction.update(pack::key(&scope, &name), found.version, &record);
        Ok((transaction, ()))
    })
    .await?;
    parts.signals.packs.notify_one();
    Ok(Unit)
}
