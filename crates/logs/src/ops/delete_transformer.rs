//! `DeleteTransformer` (logs.md §8.3).

use api::logs::types;
use api::typed::Unit;
use api::{CallContext, ServiceError};

use super::put_transformer::set;
use crate::Logs;

pub(super) async fn delete_transformer(
    logs: &Logs,
    cx: &CallContext,
    input: types::DeleteTransformerRequest,
) -> Result<Unit, ServiceError> {
    set(logs, cx, &input.log_group_identifier, None).await
}
