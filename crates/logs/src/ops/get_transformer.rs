//! `GetTransformer` (logs.md §8.3).

use api::logs::types;
use api::{CallContext, ServiceError};

use super::put_transformer::not_found;
use crate::transformers::{self, NAME, TransformerRecord};
use crate::{Logs, groups};

pub(super) async fn get_transformer(
    logs: &Logs,
    cx: &CallContext,
    input: types::GetTransformerRequest,
) -> Result<types::GetTransformerResponse, ServiceError> {
    let catalog = &logs.parts.catalog;
    let group = groups::identified(catalog, cx, &input.log_group_identifier)?;
    let record = catalog.get::<TransformerRecord>(&group.belonging(NAME)).ok_or_else(not_found)?.value;
    let processors = record.configurations.current().ok_or_else(not_found)?;
    Ok(types::GetTransformerResponse {
        log_group_identifier: Some(input.log_group_identifier),
        creation_time: Some(record.created.millis()),
        last_modified_time: Some(record.updated.millis()),
        transformer_config: Some(transformers::described(processors)),
    })
}
