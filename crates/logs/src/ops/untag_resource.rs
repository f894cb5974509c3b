//! `UntagResource` (logs.md TG-2).

use api::logs::types;
use api::typed::Unit;
use api::{CallContext, ServiceError};

use crate::change::change;
use crate::{Logs, tagged, tags};

pub(super) async fn untag_resource(
    logs: &Logs,
    cx: &CallContext,
    input: types::UntagResourceRequest,
) -> Result<Unit, ServiceError> {
    let catalog = &logs.parts.catalog;
    change(catalog, || {
        let edit = |tags| Ok(tags::without(tags, &input.tag_keys));
        Ok((tagged::edit(catalog, cx, &input.resource_arn, &edit)?, Unit))
    })
    .await
}
